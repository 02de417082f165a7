// SPDX-License-Identifier: MIT
#ifndef CASTORE_DETAIL_TOKEN_HPP
#define CASTORE_DETAIL_TOKEN_HPP

/// @file
/// The text form of tokens that users keep and give back: prefix, checksum, fields, each but the last with a `;` behind.

#include <castore/detail/text.hpp>
#include <castore/fwd.hpp>

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace castore::detail {

/// FNV-1a, 32 bits (https://datatracker.ietf.org/doc/html/draft-eastlake-fnv): a token that was cut or changed on its
/// way is noticed. It does not stop somebody from making one up, and need not.
inline std::uint32_t token_checksum(std::string_view text) noexcept {
  std::uint32_t hash = 2166136261U;
  for (const char character : text) hash = (hash ^ static_cast<unsigned char>(character)) * 16777619U;
  return hash;
}

inline std::string make_token(std::string_view prefix, std::string_view fields) {
  return std::string{prefix} + std::to_string(token_checksum(fields)) + ';' + std::string{fields};
}

/// Takes a token apart. What it gives points into the token.
template <class InvalidTokenError>
class TokenReader {
 public:
  /// @throws InvalidTokenError unless prefix and checksum are right.
  TokenReader(std::string_view token, std::string_view prefix) : token_{token}, left_{token} {
    demand(token.starts_with(prefix));
    left_.remove_prefix(prefix.size());
    const std::string_view checksum = field();
    demand(checksum == std::to_string(token_checksum(left_)));
  }

  /// @throws InvalidTokenError
  void demand(bool condition) const {
    if (!condition) throw InvalidTokenError{token_};
  }
  std::string_view field() {
    const std::size_t end = left_.find(';');
    demand(end != std::string_view::npos);
    const std::string_view field = left_.substr(0, end);
    left_.remove_prefix(end + 1);
    return field;
  }
  template <class Integer>
  Integer number(std::string_view field) const {
    const auto value = parse_integer<Integer>(field);
    demand(value.has_value());
    return *value;
  }
  /// What stands behind the fields that were read.
  std::string_view rest() const noexcept { return left_; }

 private:
  std::string_view token_;
  std::string_view left_;
};

}  // namespace castore::detail

#endif
