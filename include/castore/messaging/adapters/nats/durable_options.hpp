// SPDX-License-Identifier: MIT
#ifndef CASTORE_MESSAGING_ADAPTERS_NATS_DURABLE_OPTIONS_HPP
#define CASTORE_MESSAGING_ADAPTERS_NATS_DURABLE_OPTIONS_HPP

#include <castore/config.hpp>
#include <castore/detail/text.hpp>
#include <castore/messaging/adapters/nats/connection.hpp>
#include <castore/messaging/detail/dead_letter.hpp>

#include <nlohmann/json.hpp>

#include <chrono>
#include <cstddef>
#include <string>
#include <utility>

namespace castore::detail {

struct NatsDurableOptions {
  std::string stream{};
  std::string durable{};
  std::string filter_subject{};
  std::string dead_letter_subject{};
  std::chrono::milliseconds ack_wait{};
  std::size_t max_messages = 0;
  ErrorListener on_error{};
};

/// What the server knows of a consumer. @param name `stream.durable` @throws NatsError
inline nlohmann::json nats_durable_info(const NatsConnection& connection, const std::string& name) {
  return connection.ask("CONSUMER.INFO." + name, nlohmann::json::object());
}

/// Makes the consumer unless it is there, and learns what is different from the options.
/// @throws NatsError
inline void open_nats_durable(const NatsConnection& connection, const std::string& name, NatsDurableOptions& options) {
  nlohmann::json info;
  try {
    info = nats_durable_info(connection, name);
  } catch (const NatsError& error) {
    constexpr int consumer_not_found = 10014;
    if (error.code() != consumer_not_found) throw;
    nlohmann::json config{{"durable_name", options.durable},
                          {"deliver_policy", "all"},
                          {"ack_policy", "explicit"},
                          {"ack_wait", std::chrono::nanoseconds{options.ack_wait}.count()},
                          {"max_deliver", -1},
                          {"max_ack_pending", options.max_messages},
                          {"replay_policy", "instant"}};
    if (!options.filter_subject.empty()) config["filter_subject"] = options.filter_subject;
    info = connection.ask("CONSUMER.DURABLE.CREATE." + name,
                          {{"stream_name", options.stream}, {"config", std::move(config)}});
  }
  const nlohmann::json config = info.value("config", nlohmann::json::object());
  if (config.contains("deliver_subject") || config.value("ack_policy", std::string{}) != "explicit") {
    throw NatsError{"the consumer " + in_quotes(options.durable) + " must be a pull consumer with explicit acks",
                    false};
  }
  if (number_at(config, "max_deliver") > 0) {
    throw NatsError{
        "the consumer " + in_quotes(options.durable) + " gives up messages by itself; make it with max_deliver = -1",
        false};
  }
  const std::chrono::nanoseconds ack_wait{number_at(config, "ack_wait")};
  options.ack_wait = std::chrono::floor<std::chrono::milliseconds>(ack_wait);
  if (const auto most = number_at(config, "max_ack_pending"); most > 0) {
    options.max_messages = static_cast<std::size_t>(most);
  }
}

}  // namespace castore::detail

#endif
