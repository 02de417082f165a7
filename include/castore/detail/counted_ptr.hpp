// SPDX-License-Identifier: MIT
#ifndef CASTORE_DETAIL_COUNTED_PTR_HPP
#define CASTORE_DETAIL_COUNTED_PTR_HPP

#include <castore/config.hpp>

#include <atomic>
#include <cstddef>
#include <utility>

namespace castore::detail {

/// What a `CountedPtr` can own: derive from it. A copy has no owners.
class Counted {
 protected:
  Counted() = default;
  Counted(const Counted&) noexcept {}
  Counted& operator=(const Counted&) noexcept { return *this; }
  ~Counted() = default;

 private:
  template <class Value>
  friend class CountedPtr;
  std::atomic<std::size_t> owners_{0};
};

/// Shared ownership, like `std::shared_ptr`, with less to compile; and `is_unique` is exact: once true, everything other
/// owners did has happened before, and nobody but the caller can make a second owner.
template <class Value>
class CountedPtr {
 public:
  CountedPtr() = default;
  /// Becomes one of its owners. @pre `value` is not a null pointer.
  explicit CountedPtr(Value* value) noexcept : value_{value} { add_owner(); }
  CountedPtr(const CountedPtr& other) noexcept : value_{other.value_} {
    if (value_) add_owner();
  }
  CountedPtr(CountedPtr&& other) noexcept : value_{std::exchange(other.value_, nullptr)} {}
  CountedPtr& operator=(CountedPtr other) noexcept {
    std::swap(value_, other.value_);
    return *this;
  }
  ~CountedPtr() {
    if (value_ && owners().fetch_sub(1, std::memory_order_acq_rel) == 1) delete value_;
  }

  explicit operator bool() const noexcept { return value_ != nullptr; }
  Value& operator*() const noexcept { return *value_; }
  Value* operator->() const noexcept { return value_; }
  /// True when nobody else owns it. @pre There is one.
  bool is_unique() const noexcept { return owners().load(std::memory_order_acquire) == 1; }

  friend bool operator==(const CountedPtr& left, const CountedPtr& right) noexcept {
    return left.value_ == right.value_;
  }

 private:
  std::atomic<std::size_t>& owners() const noexcept { return static_cast<Counted&>(*value_).owners_; }
  void add_owner() const noexcept { owners().fetch_add(1, std::memory_order_relaxed); }

  Value* value_ = nullptr;
};

}  // namespace castore::detail

#endif
