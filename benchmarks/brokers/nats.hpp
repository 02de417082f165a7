// SPDX-License-Identifier: MIT
#ifndef CASTORE_BENCHMARKS_BROKERS_NATS_HPP
#define CASTORE_BENCHMARKS_BROKERS_NATS_HPP

/// @file
/// NATS JetStream beside libnats by hand.

#include "brokers/messages.hpp"
#include "support/compare.hpp"

#include <castore/messaging/adapters/nats.hpp>

#include <nats/nats.h>
#include <nlohmann/json.hpp>

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace benchmarks::brokers {

/// libnats, with its defaults.
class HandNats {
 public:
  explicit HandNats(const std::string& url) {
    check(natsConnection_ConnectTo(&connection_, url.c_str()));
    check(natsConnection_JetStream(&jet_stream_, connection_, nullptr));
    jsStreamConfig stream;
    jsStreamConfig_Init(&stream);
    const char* subjects[] = {"hand.>"};
    stream.Name = "BENCHMARK_BY_HAND";
    stream.Subjects = subjects;
    stream.SubjectsLen = 1;
    js_DeleteStream(jet_stream_, stream.Name, nullptr, nullptr);
    check(js_AddStream(nullptr, jet_stream_, &stream, nullptr, nullptr));
    jsSubOptions options;
    jsSubOptions_Init(&options);
    options.Stream = stream.Name;
    options.Config.AckPolicy = js_AckExplicit;
    options.Config.MaxAckPending = max_messages;
    check(js_PullSubscribe(&messages_, jet_stream_, "hand.>", "reader", nullptr, &options, nullptr));
    check(natsInbox_Create(&inbox_));
    check(natsConnection_SubscribeSync(&answers_, connection_, (std::string{inbox_} + ".*").c_str()));
    check(natsSubscription_SetPendingLimits(answers_, -1, -1));
  }
  HandNats(const HandNats&) = delete;
  HandNats& operator=(const HandNats&) = delete;
  ~HandNats() {
    js_DeleteStream(jet_stream_, "BENCHMARK_BY_HAND", nullptr, nullptr);
    natsSubscription_Destroy(answers_);
    natsInbox_Destroy(inbox_);
    natsSubscription_Destroy(messages_);
    jsCtx_Destroy(jet_stream_);
    natsConnection_Destroy(connection_);
  }

  /// Each message after the one before it of its aggregate is in the stream.
  void publish_in_order(const std::vector<HandMessage>& messages) {
    const Chains chains{messages, true};
    const auto send = [&](std::size_t index) {
      natsMsg* const message = make(messages[index], std::string{inbox_} + "." + std::to_string(index));
      const natsStatus status = natsConnection_PublishMsg(connection_, message);
      natsMsg_Destroy(message);
      check(status);
    };
    for (const std::size_t index : chains.first) send(index);
    const std::size_t prefix = std::string{inbox_}.size() + 1;
    for (std::size_t left = messages.size(); left > 0; --left) {
      natsMsg* answer = nullptr;
      check(natsSubscription_NextMsg(&answer, answers_, timeout));
      const auto index = static_cast<std::size_t>(std::atoll(natsMsg_GetSubject(answer) + prefix));
      const char* const data = natsMsg_GetData(answer);
      const auto json = nlohmann::json::parse(data, data + natsMsg_GetDataLength(answer));
      natsMsg_Destroy(answer);
      expect(!json.contains("error"), "the stream refused a message");
      if (chains.after[index] != Chains::none) send(chains.after[index]);
    }
  }

  /// All at once: when one is refused, later ones of its aggregate are in the stream without it.
  void publish(const std::vector<HandMessage>& messages) {
    for (const HandMessage& one : messages) {
      natsMsg* message = make(one, {});
      const natsStatus status = js_PublishMsgAsync(jet_stream_, &message, nullptr);
      natsMsg_Destroy(message);
      check(status);
    }
    jsPubOptions options;
    jsPubOptions_Init(&options);
    options.MaxWait = timeout;
    check(js_PublishAsyncComplete(jet_stream_, &options));
  }

  /// @param is_confirmed Whether the server's word is awaited that it has heard the acknowledgements.
  void receive(std::size_t count, bool is_confirmed) {
    std::int64_t cents = 0;
    while (count > 0) {
      natsMsgList list{};
      check(natsSubscription_Fetch(&list, messages_, max_messages, timeout, nullptr));
      for (int index = 0; index < list.Count; ++index) {
        natsMsg* const message = list.Msgs[index];
        const char* const data = natsMsg_GetData(message);
        cents += HandMessage::from_json(data, data + natsMsg_GetDataLength(message)).version;
        if (is_confirmed) {
          const std::string reply = std::string{inbox_} + ".0";
          check(natsConnection_PublishRequestString(connection_, natsMsg_GetReply(message), reply.c_str(), "+ACK"));
        } else {
          check(natsMsg_Ack(message, nullptr));
        }
      }
      for (int index = 0; is_confirmed && index < list.Count; ++index) {
        natsMsg* answer = nullptr;
        check(natsSubscription_NextMsg(&answer, answers_, timeout));
        natsMsg_Destroy(answer);
      }
      count -= static_cast<std::size_t>(list.Count);
      natsMsgList_Destroy(&list);
    }
    keep(cents);
  }

 private:
  static constexpr int max_messages = 256;
  static constexpr std::int64_t timeout = 10'000;

  static void check(natsStatus status) { expect(status == NATS_OK, natsStatus_GetText(status)); }

  /// With the same subject, header and body as the library's.
  static natsMsg* make(const HandMessage& one, const std::string& reply) {
    const std::string body = one.to_json();
    const std::string subject = "hand." + one.store + "." + one.aggregate_id;
    natsMsg* message = nullptr;
    check(natsMsg_Create(&message, subject.c_str(), reply.empty() ? nullptr : reply.c_str(), body.data(),
                         static_cast<int>(body.size())));
    check(natsMsgHeader_Set(message, "Nats-Msg-Id", (one.id() + "#" + castore::detail::nats_hash(body)).c_str()));
    return message;
  }

  natsConnection* connection_ = nullptr;
  jsCtx* jet_stream_ = nullptr;
  natsSubscription* messages_ = nullptr;
  natsInbox* inbox_ = nullptr;
  natsSubscription* answers_ = nullptr;
};

inline void compare_nats(const std::string& url) {
  constexpr std::size_t count = 2'000;
  constexpr int rounds = 11;
  Accounts accounts;
  const auto connection = std::make_shared<castore::NatsConnection>(url);
  const auto delete_stream = [&] {
    try {
      connection->ask("STREAM.DELETE.BENCHMARK_CASTORE", nlohmann::json::object());
    } catch (const castore::NatsError&) {  // there is none
    }
  };
  delete_stream();
  connection->create_stream({.name = "BENCHMARK_CASTORE", .subjects = {"castore.>"}});
  castore::NatsMessageChannelAdapter adapter{connection, {.subject_prefix = "castore"}};
  const Queue queue{"QUEUE", accounts.store, adapter};
  castore::NatsConsumer consumer{queue, connection, "BENCHMARK_CASTORE", "reader"};
  HandNats hand{url};
  Batches batches{count};
  Batches hand_batches{count};

  compare_publishing(
      "NATS", rounds, batches, hand_batches, queue, consumer,
      [&](const std::vector<HandMessage>& messages, bool in_order) {
        in_order ? hand.publish_in_order(messages) : hand.publish(messages);
      },
      [&](std::size_t messages) { hand.receive(messages, true); });

  const auto receive = [&] {
    queue.publish_messages(as_library_messages(batches.next()));
    return receive_by_library(consumer, count);
  };
  const auto receive_by_hand = [&](bool is_confirmed) {
    hand.publish(hand_batches.next());
    return seconds([&] { hand.receive(count, is_confirmed); });
  };
  compare("NATS, receive", count, rounds, receive, [&] { return receive_by_hand(true); });
  compare("  / acknowledgements unconfirmed", count, rounds, receive, [&] { return receive_by_hand(false); });
  delete_stream();
}

}  // namespace benchmarks::brokers

#endif
