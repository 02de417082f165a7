// SPDX-License-Identifier: MIT
#ifndef CASTORE_AWS_RETRY_HPP
#define CASTORE_AWS_RETRY_HPP

#include <castore/aws/client.hpp>

#include <algorithm>
#include <chrono>
#include <functional>
#include <iterator>
#include <random>
#include <string_view>
#include <thread>

namespace castore {

/// @brief How often and when a request to a service of AWS is sent again: after throttling, an answer of 5xx, a lost
/// connection, an answer that cannot be read, or, by DynamoDB, a conflict with another transaction.
///
/// The wait before retry n is drawn evenly from 0 to `first * 2^(n-1)`, at most `longest`: "full jitter"
/// (AWS Architecture Blog, "Exponential Backoff And Jitter").
/// @code
/// const castore::AwsRetryPolicy patient{.max_attempts = 20, .deadline = std::chrono::seconds{60}};
/// @endcode
struct AwsRetryPolicy {
  int max_attempts = 10;                                        ///< From 1, which never retries.
  std::chrono::milliseconds first{50};                          ///< The upper bound of the first wait.
  std::chrono::milliseconds longest = std::chrono::seconds{5};  ///< The upper bound of all waits.
  /// @brief For an operation, such as a push, with all its attempts, waits and look-ups, and for each page of a load or
  /// list. No attempt begins later; one that runs is ended then by a client that takes a deadline, as the library's own
  /// do. The first attempt is always made, and ends by the client's own time-out.
  std::chrono::milliseconds deadline = std::chrono::seconds{30};
  /// @brief Waits; by default it puts the thread to sleep.
  std::function<void(std::chrono::milliseconds)> sleep{
      [](std::chrono::milliseconds duration) { std::this_thread::sleep_for(duration); }};
};

namespace detail {

inline std::chrono::milliseconds aws_wait(const AwsRetryPolicy& policy, int retry) {
  using Count = std::chrono::milliseconds::rep;
  const Count longest = std::max<Count>(0, policy.longest.count());
  Count limit = std::clamp<Count>(policy.first.count(), 0, longest);
  for (; retry > 1 && limit < longest && limit > 0; --retry) limit = limit > longest / 2 ? longest : 2 * limit;
  static thread_local std::minstd_rand random{std::random_device{}()};
  return std::chrono::milliseconds{std::uniform_int_distribution<Count>{0, limit}(random)};
}

/// True when the same request may succeed a little later.
inline bool is_transient_aws_error(const AwsError& error) {
  constexpr std::string_view codes[] = {"ProvisionedThroughputExceededException",
                                        "Throttling",
                                        "ThrottlingException",
                                        "ThrottledException",
                                        "RequestThrottled",
                                        "RequestThrottledException",
                                        "RequestLimitExceeded",
                                        "LimitExceededException",
                                        "TooManyRequestsException",
                                        "SlowDown",
                                        "RequestTimeout",
                                        "InternalError",
                                        "InternalServerError",
                                        "InternalFailure",
                                        "InternalException",
                                        "ServiceUnavailable"};
  return error.http_status() >= 500 || error.http_status() == 429 ||
         std::ranges::find(codes, error.code()) != std::end(codes);
}

}  // namespace detail
}  // namespace castore

#endif
