// SPDX-License-Identifier: MIT
#ifndef CASTORE_AWS_CALLER_HPP
#define CASTORE_AWS_CALLER_HPP

#include <castore/aws/client.hpp>
#include <castore/aws/deadline.hpp>
#include <castore/aws/json_scanner.hpp>
#include <castore/aws/retry.hpp>
#include <castore/detail/stopping.hpp>

#include <algorithm>
#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>

namespace castore::detail {

/// What an operation tries, and what is known of it.
struct AwsAction {
  std::string what;  ///< As an error says it after "cannot": `push to table 'events'`.
  bool is_write = false;
  bool may_be_done = false;            ///< Of a write: an attempt that failed may have done it.
  std::optional<Deadline> deadline{};  ///< Of all attempts and look-ups; set when the first one begins.
  int attempts = 0;                    ///< Of the last call.
  const StopToken* stop = nullptr;     ///< Ends the waiting between attempts.
};

/// @return Whether there is another attempt, which is due now.
inline bool wait_to_repeat(const AwsRetryPolicy& policy, const AwsAction& action) {
  const auto wait = aws_wait(policy, action.attempts);
  if (action.attempts >= policy.max_attempts || wait >= time_until(*action.deadline)) return false;
  if (action.stop == nullptr) {
    policy.sleep(wait);
    return true;
  }
  constexpr std::chrono::milliseconds part{100};  // a stop is noticed after it
  for (auto left = wait; left.count() > 0 && !action.stop->stop_requested(); left -= part) {
    policy.sleep((std::min)(left, part));
  }
  return !action.stop->stop_requested();
}

/// Does something, again where that may help.
/// @tparam ServiceError Of the exceptions that `is_transient` is asked about.
/// @param attempt Is given the time by which it is to end.
/// @throws What the attempt threw, when it would not help to repeat it, or did not.
template <class ServiceError, class IsTransient, class Attempt>
auto repeat_aws_attempts(const AwsRetryPolicy& policy, AwsAction& action, const IsTransient& is_transient,
                         const Attempt& attempt) {
  // The first attempt has the client's own time.
  Deadline deadline = action.deadline.value_or(no_deadline);
  if (!action.deadline) action.deadline = deadline_after(policy.deadline);
  for (action.attempts = 1;; ++action.attempts, deadline = *action.deadline) {
    try {
      return attempt(deadline);
    } catch (const ServiceError& error) {
      if (!is_transient(error)) throw;
      if (action.is_write && error.http_status() >= 500) action.may_be_done = true;
      if (!wait_to_repeat(policy, action)) throw;
    } catch (const AwsConnectionError& error) {
      if (action.is_write && error.request_sent()) action.may_be_done = true;
      if (!error.retryable() || !wait_to_repeat(policy, action)) throw;
    }
  }
}

/// Calls a client of any type, again where that may help.
class AwsCaller {
 public:
  template <AwsClient Client>
  AwsCaller(std::shared_ptr<Client> client, AwsRetryPolicy policy)
      : call_{[client = std::move(client)](std::string_view operation, const std::string& request,
                                           Deadline deadline) -> std::string {
          if constexpr (requires { client->call(operation, request, deadline); }) {
            return client->call(operation, request, deadline);
          } else {
            return client->call(operation, request);
          }
        }},
        policy_{std::move(policy)} {
    if (policy_.max_attempts < 1) throw std::invalid_argument{"castore: max_attempts is below 1; 1 means no retry"};
  }

  /// @tparam ServiceError Of the exceptions that `is_transient` is asked about.
  /// @throws What the client threw, when it would not help to repeat the request, or did not.
  template <class ServiceError, class IsTransient>
  std::string call(std::string_view operation, const std::string& request, AwsAction& action,
                   const IsTransient& is_transient) const {
    return repeat_aws_attempts<ServiceError>(policy_, action, is_transient, [&](Deadline deadline) {
      std::string answer = call_(operation, request, deadline);
      if (!is_whole_json_object(answer)) throw AwsConnectionError{"the answer is cut or not JSON", true};
      return answer;
    });
  }

  const AwsRetryPolicy& policy() const noexcept { return policy_; }

 private:
  std::function<std::string(std::string_view, const std::string&, Deadline)> call_;
  AwsRetryPolicy policy_;
};

}  // namespace castore::detail

#endif
