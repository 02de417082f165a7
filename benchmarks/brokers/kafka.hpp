// SPDX-License-Identifier: MIT
#ifndef CASTORE_BENCHMARKS_BROKERS_KAFKA_HPP
#define CASTORE_BENCHMARKS_BROKERS_KAFKA_HPP

/// @file
/// Kafka beside librdkafka by hand, on librdkafka's mock cluster in this process.

#include "brokers/messages.hpp"
#include "support/compare.hpp"

#include <castore/messaging/adapters/kafka.hpp>

#include <librdkafka/rdkafka.h>
#include <librdkafka/rdkafka_mock.h>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

namespace benchmarks::brokers {

using Settings = std::vector<std::pair<std::string, std::string>>;

inline rd_kafka_conf_t* kafka_conf(const Settings& settings) {
  rd_kafka_conf_t* const conf = rd_kafka_conf_new();
  for (const auto& [name, value] : settings) {
    expect(rd_kafka_conf_set(conf, name.c_str(), value.c_str(), nullptr, 0) == RD_KAFKA_CONF_OK, name.c_str());
  }
  return conf;
}

class MockKafka {
 public:
  MockKafka()
      : owner_{rd_kafka_new(RD_KAFKA_PRODUCER, kafka_conf({{"log_level", "0"}}), nullptr, 0)},
        cluster_{rd_kafka_mock_cluster_new(owner_, 1)} {
    for (const char* const topic : {"castore", "by_hand"}) {
      expect(rd_kafka_mock_topic_create(cluster_, topic, 4, 1) == RD_KAFKA_RESP_ERR_NO_ERROR, "no topic");
    }
  }
  MockKafka(const MockKafka&) = delete;
  MockKafka& operator=(const MockKafka&) = delete;
  ~MockKafka() {
    rd_kafka_mock_cluster_destroy(cluster_);
    rd_kafka_destroy(owner_);
  }

  std::string brokers() const { return rd_kafka_mock_cluster_bootstraps(cluster_); }

 private:
  rd_kafka_t* owner_;
  rd_kafka_mock_cluster_t* cluster_;
};

/// librdkafka with the same settings as the library's.
class HandKafka {
 public:
  explicit HandKafka(const std::string& brokers) {
    rd_kafka_conf_t* const conf = kafka_conf({{"bootstrap.servers", brokers},
                                              {"enable.idempotence", "true"},
                                              {"acks", "all"},
                                              {"linger.ms", "0"},
                                              {"partitioner", "murmur2_random"}});
    rd_kafka_conf_set_opaque(conf, this);
    rd_kafka_conf_set_dr_msg_cb(conf, [](rd_kafka_t*, const rd_kafka_message_t* message, void* self) {
      static_cast<HandKafka*>(self)->on_report(*message);
    });
    producer_ = rd_kafka_new(RD_KAFKA_PRODUCER, conf, nullptr, 0);
    consumer_ = rd_kafka_new(RD_KAFKA_CONSUMER,
                             kafka_conf({{"bootstrap.servers", brokers},
                                         {"group.id", "by_hand"},
                                         {"enable.auto.commit", "false"},
                                         {"auto.offset.reset", "earliest"}}),
                             nullptr, 0);
    expect(producer_ != nullptr && consumer_ != nullptr, "the settings do not fit");
    rd_kafka_poll_set_consumer(consumer_);
    rd_kafka_topic_partition_list_t* const topics = rd_kafka_topic_partition_list_new(1);
    rd_kafka_topic_partition_list_add(topics, "by_hand", RD_KAFKA_PARTITION_UA);
    rd_kafka_subscribe(consumer_, topics);
    rd_kafka_topic_partition_list_destroy(topics);
  }
  HandKafka(const HandKafka&) = delete;
  HandKafka& operator=(const HandKafka&) = delete;
  ~HandKafka() {
    rd_kafka_consumer_close(consumer_);
    rd_kafka_destroy(consumer_);
    rd_kafka_destroy(producer_);
  }

  /// @param in_order Whether each message is sent after the one before it of its aggregate is confirmed; without that,
  /// later ones are in the topic when one is refused.
  void publish(const std::string& topic, const std::vector<HandMessage>& messages, bool in_order) {
    const Chains chains{messages, in_order};
    topic_ = &topic;
    publishing_ = &messages;
    chains_ = &chains;
    left_ = messages.size();
    for (const std::size_t index : chains.first) send(index);
    while (left_ > 0 && !is_refused_) rd_kafka_poll(producer_, 100);
    expect(!is_refused_, "a message was refused");
  }

  void receive(std::size_t count) {
    std::int64_t cents = 0;
    while (count > 0) {
      constexpr std::size_t max_messages = 1'000;
      std::vector<rd_kafka_message_t*> messages;
      while (messages.size() < max_messages) {
        rd_kafka_message_t* const message = rd_kafka_consumer_poll(consumer_, messages.empty() ? 1'000 : 0);
        if (message == nullptr) break;
        expect(message->err == RD_KAFKA_RESP_ERR_NO_ERROR, rd_kafka_err2str(message->err));
        messages.push_back(message);
      }
      for (rd_kafka_message_t* const message : messages) {
        const auto* const data = static_cast<const char*>(message->payload);
        cents += HandMessage::from_json(data, data + message->len).version;
        rd_kafka_message_destroy(message);
      }
      if (!messages.empty()) {
        expect(rd_kafka_commit(consumer_, nullptr, 0) == RD_KAFKA_RESP_ERR_NO_ERROR, "cannot commit");
      }
      count -= messages.size();
    }
    keep(cents);
  }

 private:
  void send(std::size_t index) {
    const HandMessage& one = (*publishing_)[index];
    const std::string body = one.to_json();
    const std::string key = one.aggregate();
    const std::string id = one.id();
    // A message that is sent has its place as its opaque value.
    const rd_kafka_resp_err_t status = rd_kafka_producev(
        producer_, RD_KAFKA_V_TOPIC(topic_->c_str()), RD_KAFKA_V_KEY(key.data(), key.size()),
        RD_KAFKA_V_VALUE(const_cast<char*>(body.data()), body.size()),
        RD_KAFKA_V_HEADER("messageId", id.data(), static_cast<ssize_t>(id.size())),
        RD_KAFKA_V_OPAQUE(reinterpret_cast<void*>(index)), RD_KAFKA_V_MSGFLAGS(RD_KAFKA_MSG_F_COPY), RD_KAFKA_V_END);
    is_refused_ = is_refused_ || status != RD_KAFKA_RESP_ERR_NO_ERROR;
  }
  void on_report(const rd_kafka_message_t& message) {
    is_refused_ = is_refused_ || message.err != RD_KAFKA_RESP_ERR_NO_ERROR;
    const std::size_t after = chains_->after[reinterpret_cast<std::size_t>(message._private)];
    if (after != Chains::none) send(after);
    --left_;
  }

  rd_kafka_t* producer_ = nullptr;
  rd_kafka_t* consumer_ = nullptr;
  const std::string* topic_ = nullptr;
  const std::vector<HandMessage>* publishing_ = nullptr;
  const Chains* chains_ = nullptr;
  std::size_t left_ = 0;
  bool is_refused_ = false;
};

inline void compare_kafka() {
  constexpr std::size_t count = 2'000;
  constexpr int rounds = 11;
  Accounts accounts;
  const MockKafka cluster;
  HandKafka hand{cluster.brokers()};
  castore::KafkaMessageChannelAdapter adapter{{.brokers = cluster.brokers()}, "castore"};
  const Queue queue{"QUEUE", accounts.store, adapter};
  castore::KafkaConsumer consumer{queue, {.brokers = cluster.brokers()}, "castore", "castore"};
  Batches batches{count};
  Batches hand_batches{count};

  compare_publishing(
      "Kafka", rounds, batches, hand_batches, queue, consumer,
      [&](const std::vector<HandMessage>& messages, bool in_order) { hand.publish("by_hand", messages, in_order); },
      [&](std::size_t messages) { hand.receive(messages); });

  // librdkafka has fetched them before, in a thread of its own, as it does for whoever is slower than its brokers.
  constexpr std::size_t many = 10'000;
  Batches large_batches{many};
  const auto wait_until_fetched = [] { std::this_thread::sleep_for(std::chrono::milliseconds{1'000}); };
  compare(
      "Kafka, receive", many, rounds,
      [&] {
        hand.publish("castore", large_batches.next(), false);
        wait_until_fetched();
        return receive_by_library(consumer, many);
      },
      [&] {
        hand.publish("by_hand", large_batches.next(), false);
        wait_until_fetched();
        return seconds([&] { hand.receive(many); });
      });
}

}  // namespace benchmarks::brokers

#endif
