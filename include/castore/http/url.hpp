// SPDX-License-Identifier: MIT
#ifndef CASTORE_HTTP_URL_HPP
#define CASTORE_HTTP_URL_HPP

/// @file
/// The target of a request in its parts. Sources: RFC 3986, Uniform Resource Identifier; for `+` the URL Standard,
/// application/x-www-form-urlencoded.

#include <castore/detail/text.hpp>
#include <castore/http/problem.hpp>

#include <algorithm>
#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace castore::detail {

struct HttpTarget {
  std::string path{};
  std::vector<std::pair<std::string, std::string>> parameters{};
};

inline int hexadecimal_digit(char letter) noexcept {
  if (letter >= '0' && letter <= '9') return letter - '0';
  const char lower = lower_ascii(letter);
  return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

/// What a URL names to reach a server that listens at an address. One that stands for all of a machine's is not reached
/// itself.
inline std::string host_of_address(const std::string& address) {
  if (address == "127.0.0.1" || address == "0.0.0.0" || address == "::") return "localhost";
  return address.find(':') == std::string::npos ? address : '[' + address + ']';
}

/// @throws HttpProblem when an escape is not one, or the text is not UTF-8 without NUL
inline std::string unescape_url(std::string_view text, bool plus_is_space) {
  std::string result;
  result.reserve(text.size());
  for (std::size_t place = 0; place < text.size(); ++place) {
    if (text[place] == '%') {
      const int high = place + 2 < text.size() ? hexadecimal_digit(text[place + 1]) : -1;
      const int low = high < 0 ? -1 : hexadecimal_digit(text[place + 2]);
      if (low < 0) throw HttpProblem{400, "invalid_url", "the URL has a % without two hexadecimal digits after it"};
      result += static_cast<char>(high * 16 + low);
      place += 2;
    } else {
      result += plus_is_space && text[place] == '+' ? ' ' : text[place];
    }
  }
  if (!is_utf8_without_nul(result)) {
    throw HttpProblem{400, "invalid_url", "the URL is not UTF-8 without NUL once its escapes are replaced"};
  }
  return result;
}

/// @throws HttpProblem
inline HttpTarget parse_target(std::string_view target) {
  HttpTarget result;
  const std::size_t question = target.find('?');
  result.path = unescape_url(target.substr(0, question), false);
  if (question == std::string_view::npos) return result;
  for (std::string_view left = target.substr(question + 1); !left.empty();) {
    const std::string_view pair = left.substr(0, left.find('&'));
    left.remove_prefix((std::min)(pair.size() + 1, left.size()));
    if (pair.empty()) continue;
    const std::size_t equals = pair.find('=');
    const std::string_view value = equals == std::string_view::npos ? std::string_view{} : pair.substr(equals + 1);
    result.parameters.emplace_back(unescape_url(pair.substr(0, equals), true), unescape_url(value, true));
  }
  return result;
}

}  // namespace castore::detail

#endif
