// SPDX-License-Identifier: MIT
#ifndef CASTORE_BENCHMARKS_BROKERS_RABBITMQ_HPP
#define CASTORE_BENCHMARKS_BROKERS_RABBITMQ_HPP

/// @file
/// RabbitMQ beside librabbitmq by hand.

#include "brokers/messages.hpp"
#include "support/compare.hpp"

#include <castore/messaging/adapters/rabbitmq.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

namespace benchmarks::brokers {

/// librabbitmq: one connection that publishes, and one that receives.
class HandRabbitMq {
 public:
  explicit HandRabbitMq(const std::string& url) : publishing_{connect(url)}, receiving_{connect(url)} {
    for (const char* const name : {"benchmark_castore", "benchmark_by_hand"}) {
      const amqp_bytes_t place = amqp_cstring_bytes(name);
      amqp_exchange_declare(publishing_, channel, place, amqp_cstring_bytes("topic"), 0, 1, 0, 0, amqp_empty_table);
      check(amqp_get_rpc_reply(publishing_));
      amqp_queue_declare(publishing_, channel, place, 0, 1, 0, 0, amqp_empty_table);
      check(amqp_get_rpc_reply(publishing_));
      amqp_queue_bind(publishing_, channel, place, place, amqp_cstring_bytes("#"), amqp_empty_table);
      check(amqp_get_rpc_reply(publishing_));
    }
    amqp_confirm_select(publishing_, channel);
    check(amqp_get_rpc_reply(publishing_));
    amqp_basic_qos(receiving_, channel, 0, 100, 0);
    check(amqp_get_rpc_reply(receiving_));
    amqp_basic_consume(receiving_, channel, amqp_cstring_bytes("benchmark_by_hand"), amqp_empty_bytes, 0, 0, 0,
                       amqp_empty_table);
    check(amqp_get_rpc_reply(receiving_));
  }
  HandRabbitMq(const HandRabbitMq&) = delete;
  HandRabbitMq& operator=(const HandRabbitMq&) = delete;
  ~HandRabbitMq() {
    for (const char* const name : {"benchmark_castore", "benchmark_by_hand"}) {
      amqp_queue_delete(publishing_, channel, amqp_cstring_bytes(name), 0, 0);
      amqp_exchange_delete(publishing_, channel, amqp_cstring_bytes(name), 0);
    }
    amqp_destroy_connection(receiving_);
    amqp_destroy_connection(publishing_);
  }

  /// Persistent, mandatory and confirmed. @param in_order Whether each message is sent after the one before it of its
  /// aggregate is confirmed; without that, later ones are in the queue when one is refused.
  void publish(const std::string& exchange, const std::vector<HandMessage>& messages, bool in_order) {
    const Chains chains{messages, in_order};
    std::map<std::uint64_t, std::size_t> in_flight;
    const auto send = [&](std::size_t index) {
      in_flight.emplace(++last_tag_, index);
      send_one(exchange, messages[index]);
    };
    for (const std::size_t index : chains.first) send(index);
    while (!in_flight.empty()) {
      amqp_frame_t frame{};
      expect(amqp_simple_wait_frame(publishing_, &frame) == AMQP_STATUS_OK, "the connection ended");
      expect(frame.frame_type == AMQP_FRAME_METHOD && frame.payload.method.id == AMQP_BASIC_ACK_METHOD,
             "the broker refused a message");
      const auto& ack = *static_cast<const amqp_basic_ack_t*>(frame.payload.method.decoded);
      const auto begin = ack.multiple != 0 ? in_flight.begin() : in_flight.find(ack.delivery_tag);
      const auto end = in_flight.upper_bound(ack.delivery_tag);
      std::vector<std::size_t> confirmed;
      for (auto each = begin; each != end; ++each) confirmed.push_back(each->second);
      in_flight.erase(begin, end);
      amqp_maybe_release_buffers(publishing_);
      for (const std::size_t index : confirmed) {
        if (chains.after[index] != Chains::none) send(chains.after[index]);
      }
    }
  }

  void receive(std::size_t count) {
    std::int64_t cents = 0;
    for (; count > 0; --count) {
      amqp_maybe_release_buffers(receiving_);
      amqp_envelope_t envelope{};
      check(amqp_consume_message(receiving_, &envelope, nullptr, 0));
      const auto* const data = static_cast<const char*>(envelope.message.body.bytes);
      cents += HandMessage::from_json(data, data + envelope.message.body.len).version;
      expect(amqp_basic_ack(receiving_, channel, envelope.delivery_tag, 0) == 0, "the connection ended");
      amqp_destroy_envelope(&envelope);
    }
    keep(cents);
  }

 private:
  static constexpr amqp_channel_t channel = 1;

  static void check(const amqp_rpc_reply_t& reply) {
    expect(reply.reply_type == AMQP_RESPONSE_NORMAL, "RabbitMQ does not do what it is asked for");
  }

  static amqp_connection_state_t connect(std::string url) {
    amqp_connection_info info{};
    expect(amqp_parse_url(url.data(), &info) == AMQP_STATUS_OK, "the URL is not valid");
    const amqp_connection_state_t state = amqp_new_connection();
    amqp_socket_t* const socket = amqp_tcp_socket_new(state);
    expect(amqp_socket_open(socket, info.host, info.port) == AMQP_STATUS_OK, "RabbitMQ cannot be reached");
    check(amqp_login(state, info.vhost, 0, 131'072, 0, AMQP_SASL_METHOD_PLAIN, info.user, info.password));
    amqp_channel_open(state, channel);
    check(amqp_get_rpc_reply(state));
    return state;
  }

  static amqp_bytes_t bytes(std::string_view text) {
    return {.len = text.size(), .bytes = const_cast<char*>(text.data())};
  }

  /// With the same properties as the library's.
  void send_one(const std::string& exchange, const HandMessage& one) {
    const std::string body = one.to_json();
    const std::string key = one.store + "." + std::string{MoneyDeposited::type};
    const std::string aggregate = one.aggregate();
    const std::string id = one.id();
    amqp_table_entry_t header{};
    header.key = amqp_cstring_bytes("aggregate");
    header.value.kind = AMQP_FIELD_KIND_UTF8;
    header.value.value.bytes = bytes(aggregate);
    amqp_basic_properties_t properties{};
    properties._flags = AMQP_BASIC_CONTENT_TYPE_FLAG | AMQP_BASIC_DELIVERY_MODE_FLAG | AMQP_BASIC_TIMESTAMP_FLAG |
                        AMQP_BASIC_HEADERS_FLAG | AMQP_BASIC_MESSAGE_ID_FLAG | AMQP_BASIC_TYPE_FLAG;
    properties.content_type = amqp_cstring_bytes("application/json");
    properties.delivery_mode = AMQP_DELIVERY_PERSISTENT;
    properties.timestamp =
        static_cast<std::uint64_t>(std::chrono::floor<std::chrono::seconds>(one.timestamp.time_since_epoch()).count());
    properties.headers = {.num_entries = 1, .entries = &header};
    properties.message_id = bytes(id);
    properties.type = bytes(MoneyDeposited::type);
    expect(amqp_basic_publish(publishing_, channel, bytes(exchange), bytes(key), 1, 0, &properties, bytes(body)) ==
               AMQP_STATUS_OK,
           "the connection ended");
  }

  amqp_connection_state_t publishing_;
  amqp_connection_state_t receiving_;
  std::uint64_t last_tag_ = 0;
};

inline void compare_rabbitmq(const std::string& url) {
  constexpr std::size_t count = 2'000;
  constexpr int rounds = 11;
  Accounts accounts;
  HandRabbitMq hand{url};
  castore::RabbitMqMessageChannelAdapter adapter{url, "benchmark_castore"};
  const Queue queue{"QUEUE", accounts.store, adapter};
  castore::RabbitMqConsumer consumer{queue, url, "benchmark_castore", {.reject_dead_letters = true}};
  Batches batches{count};
  Batches hand_batches{count};

  compare_publishing(
      "RabbitMQ", rounds, batches, hand_batches, queue, consumer,
      [&](const std::vector<HandMessage>& messages, bool in_order) {
        hand.publish("benchmark_by_hand", messages, in_order);
      },
      [&](std::size_t messages) { hand.receive(messages); });
  compare(
      "RabbitMQ, receive", count, rounds,
      [&] {
        hand.publish("benchmark_castore", batches.next(), false);
        return receive_by_library(consumer, count);
      },
      [&] {
        hand.publish("benchmark_by_hand", hand_batches.next(), false);
        return seconds([&] { hand.receive(count); });
      });
}

}  // namespace benchmarks::brokers

#endif
