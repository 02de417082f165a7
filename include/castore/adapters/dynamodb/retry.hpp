// SPDX-License-Identifier: MIT
#ifndef CASTORE_ADAPTERS_DYNAMODB_RETRY_HPP
#define CASTORE_ADAPTERS_DYNAMODB_RETRY_HPP

#include <castore/adapters/dynamodb/client.hpp>
#include <castore/aws/retry.hpp>

#include <algorithm>
#include <iterator>
#include <string>
#include <string_view>

namespace castore::detail {

/// True when the same request may succeed a little later. A transaction that a condition also failed for does not: it
/// is decided.
inline bool is_transient(const DynamoDbError& error) {
  constexpr std::string_view codes[] = {"TransactionConflictException", "TransactionInProgressException",
                                        "ReplicatedWriteConflictException"};
  constexpr std::string_view reasons[] = {"TransactionConflict", "ThrottlingError", "ProvisionedThroughputExceeded",
                                          "DuplicateRequest"};
  if (is_transient_aws_error(error) || std::ranges::find(codes, error.code()) != std::end(codes)) return true;
  bool any = false;
  for (const std::string& reason : error.cancellation_reasons()) {
    if (reason.empty() || reason == "None") continue;
    if (std::ranges::find(reasons, reason) == std::end(reasons)) return false;
    any = true;
  }
  return any;
}

}  // namespace castore::detail

#endif
