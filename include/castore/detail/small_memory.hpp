// SPDX-License-Identifier: MIT
#ifndef CASTORE_DETAIL_SMALL_MEMORY_HPP
#define CASTORE_DETAIL_SMALL_MEMORY_HPP

#include <cstddef>
#include <memory_resource>

namespace castore::detail {

struct SmallBuffer {
  alignas(std::max_align_t) std::byte bytes[1024];
};

/// Memory for the containers of one call: of the stack as long as it suffices, then of the heap.
class SmallMemory : private SmallBuffer, public std::pmr::monotonic_buffer_resource {
 public:
  SmallMemory() noexcept : monotonic_buffer_resource{bytes, sizeof bytes} {}
};

}  // namespace castore::detail

#endif
