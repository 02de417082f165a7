// SPDX-License-Identifier: MIT
#ifndef CASTORE_MESSAGING_ADAPTERS_RABBITMQ_ERRORS_HPP
#define CASTORE_MESSAGING_ADAPTERS_RABBITMQ_ERRORS_HPP

#include <castore/config.hpp>
#include <castore/core/errors.hpp>
#include <castore/detail/text.hpp>

#include <string>
#include <string_view>

namespace castore {

/// @brief RabbitMQ refused something, or could not be reached, or did not answer in time. Nested in what the adapter
/// and the consumer throw.
/// **Handling:** as that of the error around it. `code()` is explained in AMQP 0-9-1's list of reply codes.
class CASTORE_DETAIL_THROWN RabbitMqError : public Error {
 public:
  /// @brief What the library throws. @param broker Such as `RabbitMQ at localhost:5672`. @param code AMQP's reply code,
  /// 0 when there is none. @param text What the broker or the connection says.
  RabbitMqError(const std::string& broker, int code, std::string_view text, bool retryable)
      : Error{"castore: " + broker + ": " + detail::safe_text(text)}, code_{code}, retryable_{retryable} {}

  /// @brief AMQP's reply code, such as 404 when there is no such queue; 0 when the connection failed.
  int code() const noexcept { return code_; }
  /// @brief True when the same may succeed a little later.
  bool retryable() const noexcept { return retryable_; }

 private:
  int code_;
  bool retryable_;
};

}  // namespace castore

#endif
