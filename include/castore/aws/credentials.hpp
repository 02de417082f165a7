// SPDX-License-Identifier: MIT
#ifndef CASTORE_AWS_CREDENTIALS_HPP
#define CASTORE_AWS_CREDENTIALS_HPP

#include <castore/aws/client.hpp>
#include <castore/aws/deadline.hpp>
#include <castore/config.hpp>
#include <castore/core/errors.hpp>

#include <chrono>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <utility>

namespace castore {

/// @brief Who asks AWS: two keys and, where they are temporary, a session token and when they end.
/// @code
/// const castore::AwsCredentials credentials{.access_key_id = id, .secret_access_key = secret};
/// @endcode
struct AwsCredentials {
  std::string access_key_id{};                                        ///< Says who asks; not a secret.
  std::string secret_access_key{};                                    ///< Signs the requests; a secret.
  std::string session_token{};                                        ///< Empty: none.
  std::optional<std::chrono::system_clock::time_point> expires_at{};  ///< Unset: never.

  friend bool operator==(const AwsCredentials&, const AwsCredentials&) = default;
};

/// @brief Gets credentials from wherever they are. It is called by one thread at a time, and again before those it gave
/// expire or when AWS says that they have.
using AwsCredentialsProvider = std::function<AwsCredentials()>;

/// @brief No place holds credentials, or the place that should hold them could not be read.
/// **Handling:** fix the set-up: the message says where was looked. It never holds a secret.
class CASTORE_DETAIL_THROWN AwsCredentialsError : public Error {
 public:
  /// @brief What a provider throws that has none; `what` must hold no secret.
  explicit AwsCredentialsError(const std::string& what) : Error{"castore: AWS credentials: " + what} {}
};

namespace detail {

/// Keeps credentials and gets new ones before they expire. Any number of threads may use it.
class CachedCredentials {
 public:
  using Clock = std::chrono::system_clock;
  static constexpr std::chrono::minutes refreshed_before_expiry{5};
  static constexpr std::chrono::seconds wait_after_failure{10};

  CachedCredentials(AwsCredentialsProvider provider, std::function<Clock::time_point()> clock)
      : provider_{std::move(provider)}, clock_{std::move(clock)} {}

  /// While one thread gets new ones, the others go on with the old ones or, when these have expired, wait.
  /// @throws AwsCredentialsError, whatever the provider throws, and AwsConnectionError when waiting took too long
  AwsCredentials get(Deadline deadline = no_deadline) {
    std::unique_lock lock{mutex_};
    const auto are_valid_for = [this](std::chrono::seconds time, Clock::time_point now) {
      return current_ && !(current_->expires_at && *current_->expires_at - now <= time);
    };
    for (;;) {
      const Clock::time_point now = clock_();
      const bool may_ask = !is_asking_ && now >= not_again_before_;
      if (are_valid_for(may_ask ? std::chrono::seconds{refreshed_before_expiry} : std::chrono::seconds{0}, now)) break;
      if (is_asking_) {
        wait(lock, deadline);
        continue;
      }
      try {
        ask(lock);
        not_again_before_ = now + wait_after_failure;
      } catch (...) {
        // The old ones still work: a later call tries again.
        if (!are_valid_for({}, now)) throw;
        not_again_before_ = now + wait_after_failure;
      }
      break;
    }
    return *current_;
  }

  /// Says that AWS refused these. @return Whether `get` may have others now.
  bool refuse(const AwsCredentials& refused, Deadline deadline = no_deadline) {
    std::unique_lock lock{mutex_};
    while (is_asking_) wait(lock, deadline);
    if (current_ != refused) return true;
    ask(lock);
    return current_ != refused;
  }

 private:
  /// Not under the lock, as a provider may take its time.
  void ask(std::unique_lock<std::mutex>& lock) {
    is_asking_ = true;
    lock.unlock();
    std::optional<AwsCredentials> answer;
    const auto end = [&] {
      lock.lock();
      is_asking_ = false;
      asked_.notify_all();
    };
    try {
      answer = provider_();
    } catch (...) {
      end();
      throw;
    }
    end();
    current_ = std::move(answer);
  }

  void wait(std::unique_lock<std::mutex>& lock, Deadline deadline) {
    if (deadline == no_deadline) {
      asked_.wait(lock);
    } else if (asked_.wait_until(lock, deadline) == std::cv_status::timeout && is_asking_) {
      throw AwsConnectionError{"another thread was getting AWS credentials until the time was over", false};
    }
  }

  AwsCredentialsProvider provider_;
  std::function<Clock::time_point()> clock_;
  std::mutex mutex_;
  std::condition_variable asked_;
  bool is_asking_ = false;
  std::optional<AwsCredentials> current_;
  Clock::time_point not_again_before_{};
};

}  // namespace detail
}  // namespace castore

#endif
