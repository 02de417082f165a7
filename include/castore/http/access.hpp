// SPDX-License-Identifier: MIT
#ifndef CASTORE_HTTP_ACCESS_HPP
#define CASTORE_HTTP_ACCESS_HPP

/// @file
/// Who may ask for what. Browsers send requests for whatever page is open, so two headers that a page cannot choose are
/// looked at: `Host` has the name by which the server was reached, `Origin` that of the page.

#include <castore/detail/text.hpp>
#include <castore/http/message.hpp>
#include <castore/http/options.hpp>
#include <castore/http/problem.hpp>
#include <castore/http/route.hpp>

#include <algorithm>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace castore::detail {

/// The name in `name:port`, also of `[::1]:80`.
inline std::string_view host_name(std::string_view host) noexcept {
  const std::size_t colon = host.rfind(':');
  if (colon == std::string_view::npos || colon + 1 == host.size()) return host;
  const auto is_digit = [](char letter) { return letter >= '0' && letter <= '9'; };
  return std::ranges::all_of(host.substr(colon + 1), is_digit) ? host.substr(0, colon) : host;
}

/// @throws HttpProblem
inline void check_host(const HttpApiRequest& request, const HttpApiOptions& options) {
  const auto host = only_header(request.headers, "Host");
  if (!host) throw HttpProblem{400, "invalid_host", "a request has one header Host"};
  const auto is_it = [name = host_name(*host)](const std::string& known) { return is_same_ignoring_case(name, known); };
  if (std::ranges::none_of(options.hosts, is_it)) {
    throw HttpProblem{421, "unknown_host",
                      "this server is not " + in_quotes(*host) + "; ask for it by a name that it was told (hosts)"};
  }
}

/// A page may ask when it came from here. What is not a page sends neither header. @throws HttpProblem
inline void check_origin(const HttpApiRequest& request) {
  const auto refuse = [] {
    throw HttpProblem{403, "foreign_origin", "pages of other origins may not ask this server"};
  };
  if (has_header(request.headers, "Origin")) {
    const auto origin = only_header(request.headers, "Origin").value_or("");
    const std::size_t slashes = origin.find("://");
    const bool is_http = origin.starts_with("http://") || origin.starts_with("https://");
    if (!is_http || !is_same_ignoring_case(origin.substr(slashes + 3), request.header("Host"))) refuse();
  }
  const std::string_view site = request.header("Sec-Fetch-Site");
  if (!site.empty() && site != "same-origin" && site != "none") refuse();
}

/// Takes as long whatever the first difference is.
inline bool is_same_secret(std::string_view left, std::string_view right) noexcept {
  if (left.size() != right.size()) return false;
  unsigned difference = 0;
  for (std::size_t place = 0; place < left.size(); ++place) {
    difference |= static_cast<unsigned>(static_cast<unsigned char>(left[place]) ^ static_cast<unsigned char>(right[place]));
  }
  return difference == 0;
}

/// @throws HttpProblem
inline void authorize(const HttpApiRequest& request, HttpOperation operation, const HttpApiOptions& options) {
  if (options.authorize) {
    if (options.authorize(request, operation)) return;
    throw HttpProblem{403, "not_permitted", "this is not permitted to you"};
  }
  if (operation == HttpOperation::read) return;
  if (options.token.empty()) {
    throw HttpProblem{403, "read_only", "this server only reads; castore serve --allow-writes lets it write"};
  }
  constexpr std::string_view scheme = "bearer ";
  const std::string_view given = request.header("Authorization");
  const bool is_bearer = given.size() > scheme.size() && is_same_ignoring_case(given.substr(0, scheme.size()), scheme);
  if (!is_bearer || !is_same_secret(given.substr(scheme.size()), options.token)) {
    throw HttpProblem{401, "token_needed", "writing needs the header Authorization: Bearer, with the server's token"};
  }
  if (operation == HttpOperation::force && !options.allow_force) {
    throw HttpProblem{403, "force_not_permitted", "force is not permitted; castore serve --allow-force permits it"};
  }
}

}  // namespace castore::detail

#endif
