// SPDX-License-Identifier: MIT
#include <castore/detail/function_signature.hpp>
#include "support/catch.hpp"

#include <concepts>
#include <string>
#include <type_traits>

using castore::detail::FunctionSignature;
using castore::detail::KnownSignature;

namespace {

template <class Function, class Result, class... Parameters>
inline constexpr bool has_signature =
    std::same_as<FunctionSignature<std::remove_const_t<Function>>, KnownSignature<Result, Parameters...>>;

using Function = int(const std::string&, int*);
using NoexceptFunction = void(char) noexcept;

struct Overloaded {
  int operator()(int) const;
  int operator()(char) const;
};
struct NotConst {
  double operator()(int&&);
};

}  // namespace

TEST_CASE("a function's signature is read from its one call operator") {
  const auto lambda = [](const std::string&, int& number) -> int& { return number; };
  const auto changing = [count = 0](int) mutable noexcept { return ++count; };
  const auto nothing = [] {};
  STATIC_REQUIRE(has_signature<decltype(+[](int) {}), void, int>);
  STATIC_REQUIRE(has_signature<decltype(lambda), int&, const std::string&, int&>);
  STATIC_REQUIRE(has_signature<decltype(changing), int, int>);
  STATIC_REQUIRE(has_signature<decltype(nothing), void>);
  STATIC_REQUIRE(has_signature<NotConst, double, int&&>);
}

TEST_CASE("a function's signature is read from functions and pointers to them") {
  STATIC_REQUIRE(has_signature<Function, int, const std::string&, int*>);
  STATIC_REQUIRE(has_signature<Function*, int, const std::string&, int*>);
  STATIC_REQUIRE(has_signature<NoexceptFunction, void, char>);
}

TEST_CASE("what is generic or overloaded or no function has no known signature") {
  const auto generic = [](auto) {};
  STATIC_REQUIRE_FALSE(FunctionSignature<std::remove_const_t<decltype(generic)>>::is_known);
  STATIC_REQUIRE_FALSE(FunctionSignature<Overloaded>::is_known);
  STATIC_REQUIRE_FALSE(FunctionSignature<int>::is_known);
}
