// SPDX-License-Identifier: MIT
#ifndef CASTORE_DETAIL_FUNCTION_SIGNATURE_HPP
#define CASTORE_DETAIL_FUNCTION_SIGNATURE_HPP

#include <castore/config.hpp>

#include <cstddef>
#include <tuple>
#include <type_traits>

namespace castore::detail {

template <class... Types>
struct TypeList {
  static constexpr std::size_t size = sizeof...(Types);
  template <std::size_t Index>
  using At = std::tuple_element_t<Index, std::tuple<Types...>>;
};

/// What can be read off a function object: nothing when it is generic or overloaded.
struct UnknownSignature {
  static constexpr bool is_known = false;
};

template <class ResultType, class... ParameterTypes>
struct KnownSignature {
  static constexpr bool is_known = true;
  using Result = ResultType;
  using Parameters = TypeList<ParameterTypes...>;
};

// A noexcept function converts to one that is not, so these cover both.
template <class Result, class... Parameters>
KnownSignature<Result, Parameters...> signature_of(Result (*)(Parameters...));
template <class Result, class Class, class... Parameters>
KnownSignature<Result, Parameters...> signature_of(Result (Class::*)(Parameters...));
template <class Result, class Class, class... Parameters>
KnownSignature<Result, Parameters...> signature_of(Result (Class::*)(Parameters...) const);

template <class Function>
struct SignatureOf {
  using type = UnknownSignature;
};
template <class Function>
  requires requires { signature_of(&Function::operator()); }
struct SignatureOf<Function> {
  using type = decltype(signature_of(&Function::operator()));
};
template <class Function>
  requires std::is_function_v<std::remove_pointer_t<Function>>
struct SignatureOf<Function> {
  using type = decltype(signature_of(static_cast<std::decay_t<Function>>(nullptr)));
};

template <class Function>
using FunctionSignature = typename SignatureOf<Function>::type;

}  // namespace castore::detail

#endif
