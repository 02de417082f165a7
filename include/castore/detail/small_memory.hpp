// SPDX-License-Identifier: MIT
#ifndef CASTORE_DETAIL_SMALL_MEMORY_HPP
#define CASTORE_DETAIL_SMALL_MEMORY_HPP

#include <array>
#include <cstddef>
#include <memory_resource>

namespace castore::detail {

/// Memory for the containers of one call: of the stack as long as it suffices, then of the heap.
class SmallMemory : public std::pmr::monotonic_buffer_resource {
 public:
  SmallMemory() : monotonic_buffer_resource{buffer_.data(), buffer_.size()} {}

 private:
  alignas(std::max_align_t) std::array<std::byte, 1024> buffer_;
};

}  // namespace castore::detail

#endif
