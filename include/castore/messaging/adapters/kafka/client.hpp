// SPDX-License-Identifier: MIT
#ifndef CASTORE_MESSAGING_ADAPTERS_KAFKA_CLIENT_HPP
#define CASTORE_MESSAGING_ADAPTERS_KAFKA_CLIENT_HPP

/// @file
/// librdkafka's clients. Source: librdkafka 2.0, rdkafka.h, INTRODUCTION.md and CONFIGURATION.md.

#include <castore/config.hpp>
#include <castore/core/errors.hpp>
#include <castore/detail/text.hpp>

#include <librdkafka/rdkafka.h>

#include <algorithm>
#include <array>
#include <iterator>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace castore {

/// @brief What librdkafka or a broker of Kafka said.
/// **Handling:** call again when `retryable()`; else report, or fix what the message names.
class CASTORE_DETAIL_THROWN KafkaError : public Error {
 public:
  /// @brief An error of librdkafka. @param code Its `rd_kafka_resp_err_t`.
  KafkaError(const std::string& what, int code, bool retryable)
      : Error{"castore: Kafka: " + what}, code_{code}, retryable_{retryable} {}

  /// @brief librdkafka's number of the error: below 0 its own ones, above 0 those of brokers.
  int code() const noexcept { return code_; }
  /// @brief True when the same call may succeed a little later without anybody's help.
  bool retryable() const noexcept { return retryable_; }

 private:
  int code_;
  bool retryable_;
};

/// @brief How to reach Kafka.
struct KafkaSettings {
  std::string brokers{};  ///< `host:port`, some of the cluster with commas between.
  /// @brief librdkafka's own settings, such as `{"security.protocol", "SASL_SSL"}`. An error names one, not its value.
  std::vector<std::pair<std::string, std::string>> more{};
};

namespace detail {

struct KafkaDeleter {
  void operator()(rd_kafka_t* client) const { rd_kafka_destroy(client); }
  void operator()(rd_kafka_conf_t* settings) const { rd_kafka_conf_destroy(settings); }
  void operator()(rd_kafka_message_t* message) const { rd_kafka_message_destroy(message); }
  void operator()(rd_kafka_topic_partition_list_t* list) const { rd_kafka_topic_partition_list_destroy(list); }
  void operator()(rd_kafka_error_t* error) const { rd_kafka_error_destroy(error); }
  void operator()(rd_kafka_headers_t* headers) const { rd_kafka_headers_destroy(headers); }
};
template <class Object>
using KafkaPointer = std::unique_ptr<Object, KafkaDeleter>;

/// Whether what failed may go well later.
inline bool is_transient_kafka_error(rd_kafka_resp_err_t error) {
  constexpr rd_kafka_resp_err_t lasting[] = {RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE,
                                             RD_KAFKA_RESP_ERR_INVALID_MSG_SIZE,
                                             RD_KAFKA_RESP_ERR_INVALID_MSG,
                                             RD_KAFKA_RESP_ERR_TOPIC_EXCEPTION,
                                             RD_KAFKA_RESP_ERR_RECORD_LIST_TOO_LARGE,
                                             RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED,
                                             RD_KAFKA_RESP_ERR_GROUP_AUTHORIZATION_FAILED,
                                             RD_KAFKA_RESP_ERR_CLUSTER_AUTHORIZATION_FAILED,
                                             RD_KAFKA_RESP_ERR_TRANSACTIONAL_ID_AUTHORIZATION_FAILED,
                                             RD_KAFKA_RESP_ERR_UNSUPPORTED_SASL_MECHANISM,
                                             RD_KAFKA_RESP_ERR_SASL_AUTHENTICATION_FAILED,
                                             RD_KAFKA_RESP_ERR_INVALID_REQUIRED_ACKS,
                                             RD_KAFKA_RESP_ERR_INVALID_RECORD,
                                             RD_KAFKA_RESP_ERR__AUTHENTICATION,
                                             RD_KAFKA_RESP_ERR__UNKNOWN_TOPIC,
                                             RD_KAFKA_RESP_ERR__INVALID_ARG};
  return std::ranges::find(lasting, error) == std::end(lasting);
}

inline KafkaError kafka_error(rd_kafka_resp_err_t error) {
  return KafkaError{safe_text(rd_kafka_err2str(error)), error, is_transient_kafka_error(error)};
}

/// Settings of a client, to which those of the user are added.
/// @throws std::invalid_argument
inline KafkaPointer<rd_kafka_conf_t> kafka_settings(const KafkaSettings& settings,
                                                    const std::vector<std::pair<std::string, std::string>>& ours) {
  KafkaPointer<rd_kafka_conf_t> native{rd_kafka_conf_new()};
  const auto set = [&](const std::string& name, const std::string& value) {
    std::array<char, 512> why{};
    if (rd_kafka_conf_set(native.get(), name.c_str(), value.c_str(), why.data(), why.size()) != RD_KAFKA_CONF_OK) {
      throw std::invalid_argument{"castore: Kafka does not take the setting " + in_quotes(name)};
    }
  };
  set("bootstrap.servers", settings.brokers);
  for (const auto& [name, value] : settings.more) set(name, value);
  for (const auto& [name, value] : ours) set(name, value);
  rd_kafka_conf_set_log_cb(native.get(), [](const rd_kafka_t*, int, const char*, const char*) {});
  return native;
}

/// @throws KafkaError
inline KafkaPointer<rd_kafka_t> kafka_client(rd_kafka_type_t type, KafkaPointer<rd_kafka_conf_t> settings) {
  std::array<char, 512> why{};
  KafkaPointer<rd_kafka_t> client{rd_kafka_new(type, settings.get(), why.data(), why.size())};
  if (!client)
    throw KafkaError{"the settings do not fit: " + safe_text(why.data()), RD_KAFKA_RESP_ERR__INVALID_ARG, false};
  static_cast<void>(settings.release());  // the client has them now
  return client;
}

}  // namespace detail

}  // namespace castore

#endif
