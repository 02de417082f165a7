// SPDX-License-Identifier: MIT
#ifndef CASTORE_DETAIL_RANDOM_TOKEN_HPP
#define CASTORE_DETAIL_RANDOM_TOKEN_HPP

#include <castore/config.hpp>

#include <cstddef>
#include <cstdint>
#include <random>
#include <string>

namespace castore::detail {

/// Hexadecimal digits that nobody else has: 128 bits unless told otherwise.
inline std::string random_token(std::size_t size = 32) {
  constexpr char digits[] = "0123456789abcdef";
  std::random_device device;
  std::string token;
  while (token.size() < size) {
    std::uint32_t bits = device();
    for (int digit = 0; digit < 8; ++digit, bits >>= 4U) token += digits[bits & 0xFU];
  }
  return token;
}

}  // namespace castore::detail

#endif
