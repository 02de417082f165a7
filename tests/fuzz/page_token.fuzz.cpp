// SPDX-License-Identifier: MIT
// A page token is understood or refused by its own error.

#include <castore/core/page_token.hpp>

#include "fuzz/fuzz.hpp"

#include <castore/core/errors.hpp>
#include <castore/core/event_storage_adapter.hpp>

#include <string>
#include <string_view>

using namespace castore_fuzz;

void try_input(std::string_view input) {
  const auto resolve = [](std::string token) {
    is_taken<castore::InvalidPageTokenError>([&] {
      const auto request = castore::resolve_page_request({.page_token = token});
      require(request.last.has_value(), "a token has the entry after which its page starts");
      const std::string again = castore::make_page_token(request, *request.last);
      const auto repeated = castore::resolve_page_request({.page_token = again});
      require(repeated.last == request.last && repeated.limit == request.limit && repeated.reverse == request.reverse,
              "a token of what was read is read as the same");
    });
  };
  resolve(std::string{input});
  resolve(castore::detail::make_token(castore::detail::page_token_prefix, input));  // the checksum is right
}
