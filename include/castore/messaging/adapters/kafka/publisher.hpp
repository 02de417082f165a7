// SPDX-License-Identifier: MIT
#ifndef CASTORE_MESSAGING_ADAPTERS_KAFKA_PUBLISHER_HPP
#define CASTORE_MESSAGING_ADAPTERS_KAFKA_PUBLISHER_HPP

#include <castore/config.hpp>
#include <castore/detail/text.hpp>
#include <castore/messaging/adapters/kafka/client.hpp>
#include <castore/messaging/adapters/kafka/message.hpp>
#include <castore/messaging/detail/message_recipient.hpp>
#include <castore/messaging/errors.hpp>

#include <librdkafka/rdkafka.h>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <exception>
#include <memory>
#include <mutex>
#include <numeric>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

namespace castore::detail {

/// An idempotent producer, which several threads and adapters may share. A fatal error ends it, and another one is
/// made.
class KafkaProducer {
 public:
  KafkaProducer(KafkaSettings settings, std::chrono::milliseconds timeout, std::size_t max_message_size)
      : settings_{std::move(settings)}, timeout_{timeout}, max_message_size_{max_message_size}, client_{make()} {}

  /// Publishes messages and waits until the topic has all of them. Of those with the same key one is on its way at a
  /// time: it may be refused when a later one is taken, which would overtake it.
  /// @throws MessagesNotPublishedError
  void publish(const std::string& topic, const std::vector<KafkaOutgoingMessage>& messages) {
    refuse_too_large(messages);
    const std::shared_ptr<rd_kafka_t> client = current();
    Call call{.topic = topic, .messages = messages};
    std::unordered_map<std::string_view, std::size_t> lanes;
    for (std::size_t index = 0; index < messages.size(); ++index) {
      const auto [lane, is_new] = lanes.try_emplace(messages[index].key, call.lanes.size());
      if (is_new) call.lanes.emplace_back();
      call.lanes[lane->second].push_back(index);
    }
    // Each is reported within its time-out, as librdkafka promises.
    const SteadyTime deadline = time_after(timeout_);
    for (std::size_t lane = 0; lane < call.lanes.size(); ++lane) call.send(client.get(), lane, 0);
    while (true) {
      for (const Report& report : call.take_reports()) {
        if (report.error != RD_KAFKA_RESP_ERR_NO_ERROR) {
          call.refuse(report.lane, report.place, report.error);
        } else if (report.place + 1 < call.lanes[report.lane].size()) {
          const bool is_late = std::chrono::steady_clock::now() >= deadline;
          if (is_late) call.refuse(report.lane, report.place + 1, RD_KAFKA_RESP_ERR__MSG_TIMED_OUT);
          if (!is_late) call.send(client.get(), report.lane, report.place + 1);
        }
      }
      if (call.on_their_way == 0) break;
      constexpr int longest = 20;  // another thread may be told instead
      rd_kafka_poll(client.get(), longest);
    }
    if (!call.refused.empty()) call.throw_refused();
  }

  /// In bytes, of a message with its headers.
  std::size_t max_message_size() const noexcept { return max_message_size_; }

  /// The client at the moment.
  std::shared_ptr<rd_kafka_t> current() {
    const std::scoped_lock lock{mutex_};
    if (rd_kafka_fatal_error(client_.get(), nullptr, 0) != RD_KAFKA_RESP_ERR_NO_ERROR) client_ = make();
    return client_;
  }

 private:
  struct Report {
    std::size_t lane = 0;
    std::size_t place = 0;
    rd_kafka_resp_err_t error = RD_KAFKA_RESP_ERR_NO_ERROR;
  };
  struct Call;
  /// What librdkafka keeps of a message: whom to tell.
  struct Place {
    Call* call = nullptr;
    std::size_t lane = 0;
    std::size_t place = 0;
  };
  /// The messages of a call, and what is known of them.
  struct Call {
    const std::string& topic;
    const std::vector<KafkaOutgoingMessage>& messages;
    std::vector<std::vector<std::size_t>> lanes{};
    std::size_t on_their_way = 0;
    std::vector<std::size_t> refused{};
    std::string why{};
    bool may_help = true;
    rd_kafka_resp_err_t cause = RD_KAFKA_RESP_ERR_NO_ERROR;
    std::mutex mutex{};
    std::vector<Report> reports{};

    void send(rd_kafka_t* client, std::size_t lane, std::size_t place) {
      const KafkaOutgoingMessage& message = messages[lanes[lane][place]];
      KafkaPointer<rd_kafka_headers_t> headers{rd_kafka_headers_new(message.headers.size())};
      for (const auto& [header, value] : message.headers) {
        rd_kafka_header_add(headers.get(), header.data(), static_cast<ssize_t>(header.size()), value.data(),
                            static_cast<ssize_t>(value.size()));
      }
      auto whom = std::make_unique<Place>(Place{this, lane, place});
      rd_kafka_vu_t parts[6] = {};
      parts[0].vtype = RD_KAFKA_VTYPE_TOPIC;
      parts[0].u.cstr = topic.c_str();
      parts[1].vtype = RD_KAFKA_VTYPE_KEY;
      parts[1].u.mem = {const_cast<char*>(message.key.data()), message.key.size()};
      parts[2].vtype = RD_KAFKA_VTYPE_VALUE;
      parts[2].u.mem = {const_cast<char*>(message.body.data()), message.body.size()};
      parts[3].vtype = RD_KAFKA_VTYPE_HEADERS;
      parts[3].u.headers = headers.get();
      parts[4].vtype = RD_KAFKA_VTYPE_OPAQUE;
      parts[4].u.ptr = whom.get();
      parts[5].vtype = RD_KAFKA_VTYPE_MSGFLAGS;
      parts[5].u.i = RD_KAFKA_MSG_F_COPY;
      rd_kafka_resp_err_t status = RD_KAFKA_RESP_ERR_NO_ERROR;
      while (true) {
        const KafkaPointer<rd_kafka_error_t> error{rd_kafka_produceva(client, parts, std::size(parts))};
        status = error ? rd_kafka_error_code(error.get()) : RD_KAFKA_RESP_ERR_NO_ERROR;
        if (status != RD_KAFKA_RESP_ERR__QUEUE_FULL) break;
        constexpr int shortly = 20;  // until others have left
        rd_kafka_poll(client, shortly);
      }
      ++on_their_way;
      if (status == RD_KAFKA_RESP_ERR_NO_ERROR) {
        static_cast<void>(headers.release());
        static_cast<void>(whom.release());
      } else {
        const std::scoped_lock lock{mutex};
        reports.push_back({lane, place, status});
      }
    }

    std::vector<Report> take_reports() {
      const std::scoped_lock lock{mutex};
      on_their_way -= reports.size();
      return std::exchange(reports, {});
    }

    /// A message and what is left of its lane, as it must not overtake it.
    void refuse(std::size_t lane, std::size_t place, rd_kafka_resp_err_t error) {
      const std::vector<std::size_t>& indices = lanes[lane];
      if (why.empty()) {
        why = messages[indices[place]].name + ": " + without_prefix(kafka_error(error).what());
        cause = error;
      }
      may_help = may_help && is_transient_kafka_error(error);
      refused.insert(refused.end(), indices.begin() + static_cast<std::ptrdiff_t>(place), indices.end());
    }

    [[noreturn]] void throw_refused() {
      std::ranges::sort(refused);
      try {
        throw kafka_error(cause);
      } catch (const KafkaError&) {
        std::throw_with_nested(MessagesNotPublishedError{std::move(refused), why, may_help});
      }
    }
  };

  static void on_report(rd_kafka_t*, const rd_kafka_message_t* message, void*) {
    const std::unique_ptr<Place> whom{static_cast<Place*>(message->_private)};
    const std::scoped_lock lock{whom->call->mutex};
    whom->call->reports.push_back({whom->lane, whom->place, message->err});
  }

  std::shared_ptr<rd_kafka_t> make() const {
    KafkaPointer<rd_kafka_conf_t> settings =
        kafka_settings(settings_, {{"enable.idempotence", "true"},
                                   {"acks", "all"},
                                   {"linger.ms", "0"},
                                   {"partitioner", "murmur2_random"},  // as the clients in Java have it
                                   {"message.timeout.ms", std::to_string(timeout_.count())},
                                   {"message.max.bytes", std::to_string(max_message_size_)}});
    rd_kafka_conf_set_dr_msg_cb(settings.get(), &on_report);
    return kafka_client(RD_KAFKA_PRODUCER, std::move(settings));
  }

  /// Before anything is sent.
  void refuse_too_large(const std::vector<KafkaOutgoingMessage>& messages) const {
    for (const KafkaOutgoingMessage& message : messages) {
      if (message.size() <= max_message_size_) continue;
      std::vector<std::size_t> all(messages.size());
      std::iota(all.begin(), all.end(), std::size_t{0});
      throw MessagesNotPublishedError{std::move(all),
                                      message.name + " (at index " + std::to_string(&message - messages.data()) +
                                          ") has " + std::to_string(message.size()) + " bytes, more than the " +
                                          std::to_string(max_message_size_) + " that are allowed; nothing was sent",
                                      false};
    }
  }

  KafkaSettings settings_;
  std::chrono::milliseconds timeout_;
  std::size_t max_message_size_;
  std::mutex mutex_;
  std::shared_ptr<rd_kafka_t> client_;
};

}  // namespace castore::detail

#endif
