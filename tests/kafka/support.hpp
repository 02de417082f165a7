// SPDX-License-Identifier: MIT
#ifndef CASTORE_TESTS_KAFKA_SUPPORT_HPP
#define CASTORE_TESTS_KAFKA_SUPPORT_HPP

/// @file
/// What the tests of Kafka share: librdkafka's own mock cluster, and short spellings.

#include <castore/messaging/adapters/kafka.hpp>

#include "messaging/broker_support.hpp"
#include "support/catch.hpp"

#include <librdkafka/rdkafka.h>
#include <librdkafka/rdkafka_mock.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace castore::kafka_tests {

using Json = nlohmann::json;
using namespace broker_tests;

/// Brokers in this program, on the loopback, with the topic `monsters`.
class Cluster {
 public:
  explicit Cluster(int partitions = 2)
      : owner_{detail::kafka_client(RD_KAFKA_PRODUCER, detail::kafka_settings({.brokers = "127.0.0.1:1"}, {}))},
        cluster_{rd_kafka_mock_cluster_new(owner_.get(), 1)} {
    create("monsters", partitions);
  }
  Cluster(const Cluster&) = delete;
  Cluster& operator=(const Cluster&) = delete;
  ~Cluster() { rd_kafka_mock_cluster_destroy(cluster_); }

  void create(const std::string& topic, int partitions = 1) {
    if (rd_kafka_mock_topic_create(cluster_, topic.c_str(), partitions, 1) != RD_KAFKA_RESP_ERR_NO_ERROR) {
      throw std::runtime_error{"the topic cannot be made"};
    }
  }
  KafkaSettings settings() const {
    return {.brokers = rd_kafka_mock_cluster_bootstraps(cluster_),
            .more = {{"reconnect.backoff.ms", "20"},
                     {"reconnect.backoff.max.ms", "100"},
                     {"heartbeat.interval.ms", "200"},
                     {"session.timeout.ms", "6000"},
                     {"topic.metadata.refresh.interval.ms", "500"},
                     {"fetch.wait.max.ms", "50"},
                     {"retry.backoff.ms", "20"}}};
  }
  rd_kafka_mock_cluster_t* handle() const { return cluster_; }

  enum Request : std::int16_t { produce = 0, fetch = 1, commit_offsets = 8, heartbeat = 12 };
  template <class... Errors>
  void fail(Request request, Errors... errors) {
    rd_kafka_mock_push_request_errors(cluster_, request, sizeof...(errors), errors...);
  }
  void set_down(bool is_down) {
    if (is_down) rd_kafka_mock_broker_set_down(cluster_, 1);
    if (!is_down) rd_kafka_mock_broker_set_up(cluster_, 1);
  }

  struct Stored {
    std::string key{};
    std::string body{};
    std::string id{};
    std::string replay{};
    std::string reason{};
    std::map<std::string, std::string> headers{};
  };
  /// What a topic has, partition by partition.
  std::vector<Stored> contents(const std::string& topic = "monsters", int partitions = 2) const {
    const detail::KafkaPointer<rd_kafka_t> reader = detail::kafka_client(
        RD_KAFKA_CONSUMER,
        detail::kafka_settings(settings(), {{"group.id", "reader"}, {"enable.partition.eof", "true"}}));
    const detail::KafkaPointer<rd_kafka_topic_partition_list_t> list{rd_kafka_topic_partition_list_new(partitions)};
    for (int partition = 0; partition < partitions; ++partition) {
      rd_kafka_topic_partition_list_add(list.get(), topic.c_str(), partition)->offset = RD_KAFKA_OFFSET_BEGINNING;
    }
    rd_kafka_poll_set_consumer(reader.get());
    rd_kafka_assign(reader.get(), list.get());
    std::vector<Stored> stored;
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds{60};
    for (int ends = 0; ends < partitions && std::chrono::steady_clock::now() < deadline;) {
      const detail::KafkaPointer<rd_kafka_message_t> message{rd_kafka_consumer_poll(reader.get(), 100)};
      if (!message) continue;
      if (message->err == RD_KAFKA_RESP_ERR__PARTITION_EOF) ++ends;
      if (message->err != RD_KAFKA_RESP_ERR_NO_ERROR) continue;
      rd_kafka_headers_t* headers = nullptr;
      rd_kafka_message_headers(message.get(), &headers);
      const auto header = [&](const char* name) {
        const void* value = nullptr;
        std::size_t size = 0;
        if (headers == nullptr) return std::string{};
        rd_kafka_header_get_last(headers, name, &value, &size);
        return std::string{detail::kafka_text(value, size)};
      };
      stored.push_back({std::string{detail::kafka_text(message->key, message->key_len)},
                        std::string{detail::kafka_text(message->payload, message->len)}, header("messageId"),
                        header("replay"), header("reason"), headers_of(*message)});
    }
    rd_kafka_consumer_close(reader.get());
    return stored;
  }
  static std::map<std::string, std::string> headers_of(const rd_kafka_message_t& message) {
    std::map<std::string, std::string> all;
    rd_kafka_headers_t* headers = nullptr;
    const char* name = nullptr;
    const void* value = nullptr;
    std::size_t size = 0;
    if (rd_kafka_message_headers(&message, &headers) != RD_KAFKA_RESP_ERR_NO_ERROR) return all;
    for (std::size_t index = 0; rd_kafka_header_get_all(headers, index, &name, &value, &size) == 0; ++index) {
      all[name] = detail::kafka_text(value, size);
    }
    return all;
  }
  /// The offset that a group has committed; below 0: none.
  std::int64_t committed(const std::string& group = "group") const {
    const detail::KafkaPointer<rd_kafka_t> reader =
        detail::kafka_client(RD_KAFKA_CONSUMER, detail::kafka_settings(settings(), {{"group.id", group}}));
    const detail::KafkaPointer<rd_kafka_topic_partition_list_t> list{rd_kafka_topic_partition_list_new(1)};
    rd_kafka_topic_partition_list_add(list.get(), "monsters", 0);
    if (rd_kafka_committed(reader.get(), list.get(), 60'000) != RD_KAFKA_RESP_ERR_NO_ERROR) return -1;
    return list->elems[0].offset;
  }
  Log ids(const std::string& aggregate) const {
    Log names;
    for (const Stored& stored : contents()) {
      if (stored.key == "MONSTERS#" + aggregate) names.push_back(stored.id);
    }
    return names;
  }

 private:
  detail::KafkaPointer<rd_kafka_t> owner_;
  rd_kafka_mock_cluster_t* cluster_;
};

}  // namespace castore::kafka_tests

#endif
