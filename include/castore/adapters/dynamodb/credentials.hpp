// SPDX-License-Identifier: MIT
#ifndef CASTORE_ADAPTERS_DYNAMODB_CREDENTIALS_HPP
#define CASTORE_ADAPTERS_DYNAMODB_CREDENTIALS_HPP

#include <castore/core/errors.hpp>

#include <chrono>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <utility>

namespace castore {

/// @brief Who asks AWS: two keys and, where they are temporary, a session token and when they end.
struct AwsCredentials {
  std::string access_key_id{};                                        ///< Says who asks; no secret.
  std::string secret_access_key{};                                    ///< Signs the requests; a secret.
  std::string session_token{};                                        ///< Empty: none.
  std::optional<std::chrono::system_clock::time_point> expires_at{};  ///< Unset: never.

  friend bool operator==(const AwsCredentials&, const AwsCredentials&) = default;
};

/// @brief Gets credentials from wherever they are. It is called by one thread at a time, and again before those it gave
/// expire or when AWS says that they have.
using AwsCredentialsProvider = std::function<AwsCredentials()>;

/// @brief There are no credentials, or none could be got where they should be.
/// **Handling:** fix the set-up: the message says where was looked. It never holds a secret.
class AwsCredentialsError : public Error {
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

  /// @throws AwsCredentialsError, and whatever the provider throws
  AwsCredentials get() {
    const std::lock_guard lock{mutex_};
    const Clock::time_point now = clock_();
    if (current_ && !expires_within(now < not_again_before_ ? std::chrono::minutes{0} : refreshed_before_expiry, now)) {
      return *current_;
    }
    try {
      current_ = provider_();
      not_again_before_ = now + wait_after_failure;
    } catch (...) {
      // The old ones still work: a later call tries again.
      if (!current_ || expires_within({}, now)) throw;
      not_again_before_ = now + wait_after_failure;
    }
    return *current_;
  }

  /// Says that AWS refused these. @return Whether `get` may have others now.
  bool refuse(const AwsCredentials& refused) {
    const std::lock_guard lock{mutex_};
    if (current_ != refused) return true;
    current_ = provider_();
    return current_ != refused;
  }

 private:
  bool expires_within(std::chrono::seconds time, Clock::time_point now) const {
    return current_->expires_at && *current_->expires_at - now <= time;
  }

  AwsCredentialsProvider provider_;
  std::function<Clock::time_point()> clock_;
  std::mutex mutex_;
  std::optional<AwsCredentials> current_;
  Clock::time_point not_again_before_{};
};

}  // namespace detail
}  // namespace castore

#endif
