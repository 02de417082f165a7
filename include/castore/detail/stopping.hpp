// SPDX-License-Identifier: MIT
#ifndef CASTORE_DETAIL_STOPPING_HPP
#define CASTORE_DETAIL_STOPPING_HPP

/// @file
/// `std::stop_token` for what every program includes: where the standard library has none, a token that never asks to
/// stop stands in its place.

#include <castore/config.hpp>

#include <version>

#ifdef __cpp_lib_jthread
#include <stop_token>
#endif

namespace castore::detail {

#ifdef __cpp_lib_jthread
using StopToken = std::stop_token;
template <class Function>
using StopCallback = std::stop_callback<Function>;
#else
struct StopToken {
  bool stop_requested() const noexcept { return false; }
};
template <class Function>
struct StopCallback {
  StopCallback(const StopToken&, const Function&) noexcept {}
};
#endif

}  // namespace castore::detail

#endif
