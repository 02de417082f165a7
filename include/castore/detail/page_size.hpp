// SPDX-License-Identifier: MIT
#ifndef CASTORE_DETAIL_PAGE_SIZE_HPP
#define CASTORE_DETAIL_PAGE_SIZE_HPP

#include <castore/config.hpp>

#include <algorithm>
#include <cstddef>

namespace castore::detail {

/// How many events to fetch at once, so that those with large payloads take no more memory than many small ones.
class PageSize {
 public:
  /// @param most Events in a page, from 1.
  explicit PageSize(std::size_t most) noexcept : most_{most} { next_ = (std::min)(most, first); }

  std::size_t next() const noexcept { return next_; }
  /// An event was fetched.
  void add(std::size_t bytes) noexcept {
    bytes_ += bytes;
    ++events_;
  }
  /// The page is done.
  void turn() noexcept {
    if (events_ == 0) return;
    const std::size_t fitting = (std::max)(bytes_wanted / (bytes_ / events_ + 1), std::size_t{1});
    next_ = (std::min)({most_, fitting, next_ * growth});
    bytes_ = events_ = 0;
  }

 private:
  static constexpr std::size_t first = 16;
  static constexpr std::size_t growth = 4;
  static constexpr std::size_t bytes_wanted = std::size_t{4} * 1024 * 1024;

  std::size_t most_;
  std::size_t next_ = first;
  std::size_t bytes_ = 0;
  std::size_t events_ = 0;
};

}  // namespace castore::detail

#endif
