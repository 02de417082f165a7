// SPDX-License-Identifier: MIT
#ifndef CASTORE_MESSAGING_ADAPTERS_SQS_SOURCE_HPP
#define CASTORE_MESSAGING_ADAPTERS_SQS_SOURCE_HPP

#include <castore/aws/client.hpp>
#include <castore/aws/retry.hpp>
#include <castore/config.hpp>
#include <castore/detail/text.hpp>
#include <castore/messaging/adapters/aws/batch_channel.hpp>
#include <castore/messaging/adapters/aws/delivered_event.hpp>
#include <castore/messaging/adapters/aws/message_url.hpp>
#include <castore/messaging/adapters/sqs/message.hpp>
#include <castore/messaging/adapters/sqs/receipts.hpp>
#include <castore/messaging/cloud_events.hpp>
#include <castore/messaging/delivery.hpp>
#include <castore/messaging/detail/message_engine.hpp>
#include <castore/messaging/detail/message_recipient.hpp>

#include <nlohmann/json.hpp>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <exception>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace castore::detail {

/// Asks a queue for messages.
/// Source: Amazon SQS API Reference, ReceiveMessage.
template <class Message>
class SqsSource {
 public:
  using Delivery = typename MessageEngine<Message>::Delivery;

  struct Options {
    MessageRetryOptions retry{};
    std::chrono::seconds wait_time{};
    std::size_t max_messages = 0;
    std::function<Message(const std::string& body)> parse{};
    MessageReader reader{};
    std::function<void(const std::string& body, const std::exception_ptr&)> on_invalid_message{};
  };

  SqsSource(std::shared_ptr<SqsReceipts> receipts, Options options)
      : receipts_{std::move(receipts)}, options_{std::move(options)} {}

  /// @param until When it is to be back. @param add Takes what has come. @param stop Ends the waiting between tries.
  /// @throws MessageSourceError, and what a client or `on_invalid_message` throws
  template <class Add>
  void receive(const std::optional<SteadyTime>& until, const Add& add, const StopToken& stop) {
    add(receive(until, stop));
  }

  /// @throws MessageSourceError
  void settle() { receipts_->settle(); }

 private:
  std::vector<Delivery> receive(const std::optional<SteadyTime>& until, const StopToken& stop) {
    const SteadyTime now = std::chrono::steady_clock::now();
    std::chrono::seconds wait = options_.wait_time;
    if (until) wait = std::clamp(std::chrono::floor<std::chrono::seconds>(*until - now), std::chrono::seconds{0}, wait);
    const nlohmann::json answer =
        receipts_->receive({{"QueueUrl", receipts_->queue_url()},
                            {"MaxNumberOfMessages", options_.max_messages},
                            {"VisibilityTimeout", receipts_->visibility_timeout().count()},
                            {"WaitTimeSeconds", wait.count()},
                            {"MessageAttributeNames", asked_attributes()},
                            {"MessageSystemAttributeNames", {"ApproximateReceiveCount", "MessageGroupId"}}},
                           stop);
    std::vector<Delivery> deliveries;
    std::set<std::string> broken_groups;
    std::exception_ptr unreachable;
    const auto messages = answer.find("Messages");
    if (messages == answer.end() || !messages->is_array()) return deliveries;
    // They were handed out shortly before the answer came, as waiting ends with the first message.
    constexpr std::chrono::seconds longest_way{2};
    const SteadyTime handed_out = (std::max)(now, std::chrono::steady_clock::now() - longest_way);
    std::vector<std::string> handles;
    for (const nlohmann::json& received : *messages) {
      handles.push_back(text_member(received, "ReceiptHandle"));
      if (!handles.back().empty()) receipts_->add(handles.back(), handed_out);
    }
    try {
      for (const nlohmann::json& received : *messages) {
        if (std::optional<Delivery> delivery = read(received, broken_groups, unreachable)) {
          deliveries.push_back(*std::move(delivery));
        }
      }
    } catch (...) {  // the user's `on_invalid_message` may throw
      receipts_->give_back_held(handles);
      throw;
    }
    return deliveries;
  }

  static const nlohmann::json& member(const nlohmann::json& json, const char* name) {
    static const nlohmann::json none = nlohmann::json::object();
    const auto found = json.is_object() ? json.find(name) : json.end();
    return found == json.end() ? none : *found;
  }

  static const std::vector<std::string>& asked_attributes() {
    static const std::vector<std::string> names = [] {
      std::vector<std::string> all{"replay", "content-type"};
      for (const char* const name : {"specversion", "id", "source", "type", "subject", "time", "replay"}) {
        all.push_back(std::string{sqs_cloud_event_prefix}.append(name));
      }
      return all;
    }();
    return names;
  }

  /// Reads what is kept elsewhere, but does not ask again when nobody answers there: others would wait for it too long.
  MessageReader reader_until(std::exception_ptr& unreachable) const {
    if (!options_.reader) return {};
    return [this, &unreachable](const std::string& url) {
      if (unreachable) std::rethrow_exception(unreachable);
      try {
        return options_.reader(url);
      } catch (const AwsConnectionError& error) {
        if (error.retryable()) unreachable = std::current_exception();
        throw;
      } catch (const AwsError& error) {
        if (is_transient_aws_error(error)) unreachable = std::current_exception();
        throw;
      }
    };
  }

  std::optional<Delivery> read(const nlohmann::json& received, std::set<std::string>& broken_groups,
                               std::exception_ptr& unreachable) {
    const std::string handle = text_member(received, "ReceiptHandle");
    if (handle.empty()) return std::nullopt;
    const nlohmann::json& attributes = member(received, "Attributes");
    const std::string group = text_member(attributes, "MessageGroupId");
    const int attempt =
        (std::max)(1, parse_integer<int>(text_member(attributes, "ApproximateReceiveCount")).value_or(1));
    const std::string body = text_member(received, "Body");
    if (!group.empty() && broken_groups.contains(group)) {  // it must not overtake what cannot be read
      receipts_->give_back(handle, std::chrono::milliseconds{0});
      return std::nullopt;
    }
    // Those before it may have taken long to read. If it was too long, somebody else may have it.
    if (!receipts_->extend(handle)) {
      if (!group.empty()) broken_groups.insert(group);
      return std::nullopt;
    }
    std::map<std::string, std::string> headers;
    for (const auto& [name, attribute] : member(received, "MessageAttributes").items()) {
      headers.emplace(name, text_member(attribute, "StringValue"));
    }
    try {
      const ReceivedBody read =
          read_body(body, headers["content-type"], headers, {sqs_cloud_event_prefix}, reader_until(unreachable));
      return Delivery{.recipient = nullptr,
                      .message = std::make_shared<const Message>(options_.parse(read.json)),
                      .replay = read.replay || headers["replay"] == "1",
                      .attempt = attempt,
                      .receipt = std::make_shared<SqsReceipt>(receipts_, handle, text_member(received, "MessageId"))};
    } catch (...) {
      if (!group.empty()) broken_groups.insert(group);
      receipts_->give_back(handle, message_retry_delay(options_.retry, attempt));
      if (options_.on_invalid_message) options_.on_invalid_message(body, std::current_exception());
      return std::nullopt;
    }
  }

  std::shared_ptr<SqsReceipts> receipts_;
  Options options_;
};

}  // namespace castore::detail

#endif
