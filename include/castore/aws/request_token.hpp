// SPDX-License-Identifier: MIT
#ifndef CASTORE_AWS_REQUEST_TOKEN_HPP
#define CASTORE_AWS_REQUEST_TOKEN_HPP

#include <castore/config.hpp>
#include <castore/detail/random_token.hpp>

#include <cstddef>
#include <string>

namespace castore::detail {

/// Characters that nobody else uses. @param size DynamoDB takes up to 36.
inline std::string new_client_request_token(std::size_t size = 32) { return random_token(size); }

}  // namespace castore::detail

#endif
