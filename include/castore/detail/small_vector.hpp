// SPDX-License-Identifier: MIT
#ifndef CASTORE_DETAIL_SMALL_VECTOR_HPP
#define CASTORE_DETAIL_SMALL_VECTOR_HPP

#include <castore/config.hpp>

#include <cstddef>
#include <memory>
#include <utility>

namespace castore::detail {

/// A vector for the time of one call: of at most `capacity` elements, which lie on the stack when they are `few`. It
/// takes less time than `std::pmr::vector` with a buffer, and much less to compile.
template <class Value, std::size_t few = 8>
class SmallVector {
 public:
  explicit SmallVector(std::size_t capacity)
      : on_heap_{capacity > few ? capacity : 0},
        data_{on_heap_ ? std::allocator<Value>{}.allocate(on_heap_) : reinterpret_cast<Value*>(on_stack_)} {}
  ~SmallVector() {
    std::destroy_n(data_, size_);
    if (on_heap_) std::allocator<Value>{}.deallocate(data_, on_heap_);
  }
  SmallVector(const SmallVector&) = delete;
  SmallVector& operator=(const SmallVector&) = delete;

  /// @pre There are fewer than the capacity.
  template <class... Arguments>
  void emplace_back(Arguments&&... arguments) {
    ::new (static_cast<void*>(data_ + size_)) Value{std::forward<Arguments>(arguments)...};
    ++size_;
  }

  std::size_t size() const noexcept { return size_; }
  Value* data() noexcept { return data_; }
  const Value* data() const noexcept { return data_; }
  Value* begin() noexcept { return data_; }
  const Value* begin() const noexcept { return data_; }
  Value* end() noexcept { return data_ + size_; }
  const Value* end() const noexcept { return data_ + size_; }
  Value& operator[](std::size_t index) noexcept { return data_[index]; }
  const Value& operator[](std::size_t index) const noexcept { return data_[index]; }

 private:
  alignas(Value) std::byte on_stack_[few * sizeof(Value)];
  std::size_t on_heap_;
  Value* data_;
  std::size_t size_ = 0;
};

}  // namespace castore::detail

#endif
