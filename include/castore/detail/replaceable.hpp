// SPDX-License-Identifier: MIT
#ifndef CASTORE_DETAIL_REPLACEABLE_HPP
#define CASTORE_DETAIL_REPLACEABLE_HPP

#include <castore/config.hpp>

#include <memory>
#include <optional>
#include <type_traits>
#include <utility>

namespace castore::detail {

/// A value, or none, that can be replaced by what a function makes of it. There are two places, and the next value is
/// made in the one that is free: assigning it would move it once more.
template <class Value>
class Replaceable {
 public:
  constexpr Replaceable() noexcept {}
  constexpr explicit Replaceable(std::optional<Value>&& value) {
    if (value) current_ = std::construct_at(std::addressof(first_.value), *std::move(value));
  }
  constexpr ~Replaceable() {
    if (current_) std::destroy_at(current_);
  }
  Replaceable(const Replaceable&) = delete;
  Replaceable& operator=(const Replaceable&) = delete;

  constexpr explicit operator bool() const noexcept { return current_ != nullptr; }
  constexpr Value& operator*() noexcept { return *current_; }
  constexpr Value* operator->() noexcept { return current_; }
  /// @pre There is none.
  constexpr Value& emplace() { return *(current_ = std::construct_at(std::addressof(first_.value))); }

  /// @param next `Value(Value&&)`; when it throws, the value is what it left of it.
  /// @pre There is one.
  template <class Next>
  constexpr void replace(const Next& next) {
    Value* const free = current_ == std::addressof(first_.value) ? std::addressof(second_.value) : std::addressof(first_.value);
    if (std::is_constant_evaluated()) {
      std::construct_at(free, next(std::move(*current_)));
    } else {
      ::new (static_cast<void*>(free)) Value(next(std::move(*current_)));
    }
    std::destroy_at(std::exchange(current_, free));
  }

 private:
  union Place {
    constexpr Place() noexcept {}
    constexpr ~Place() {}
    Value value;
  };

  Place first_{};
  Place second_{};
  Value* current_ = nullptr;
};

}  // namespace castore::detail

#endif
