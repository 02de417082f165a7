// SPDX-License-Identifier: MIT
#ifndef CASTORE_DETAIL_FUNCTION_REF_HPP
#define CASTORE_DETAIL_FUNCTION_REF_HPP

#include <castore/config.hpp>

#include <concepts>
#include <functional>
#include <memory>
#include <type_traits>
#include <utility>

namespace castore::detail {

/// A non-owning reference to something callable: two pointers, no allocation. It must not outlive what it refers to.
/// The shape is that of std::function_ref (C++26, P0792).
template <class Signature>
class FunctionRef;

template <class Result, class... Arguments>
class FunctionRef<Result(Arguments...)> {
 public:
  template <class Function>
    requires(!std::same_as<std::remove_cvref_t<Function>, FunctionRef> &&
             std::is_invocable_r_v<Result, Function&, Arguments...>)
  FunctionRef(Function&& function) noexcept {  // NOLINT(google-explicit-constructor): callers pass a lambda
    using Target = std::remove_reference_t<Function>;
    if constexpr (std::is_function_v<Target>) {
      function_.plain = reinterpret_cast<void (*)()>(&function);
      call_ = [](Callee callee, Arguments... arguments) -> Result {
        return static_cast<Result>(
            reinterpret_cast<Target*>(callee.plain)(std::forward<Arguments>(arguments)...));
      };
    } else {
      function_.object = const_cast<void*>(static_cast<const void*>(std::addressof(function)));
      call_ = [](Callee callee, Arguments... arguments) -> Result {
        return static_cast<Result>(
            std::invoke(*static_cast<Target*>(callee.object), std::forward<Arguments>(arguments)...));
      };
    }
  }

  Result operator()(Arguments... arguments) const { return call_(function_, std::forward<Arguments>(arguments)...); }

 private:
  union Callee {
    void* object;
    void (*plain)();
  };
  Callee function_{};
  Result (*call_)(Callee, Arguments...) = nullptr;
};

}  // namespace castore::detail

#endif
