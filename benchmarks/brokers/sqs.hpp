// SPDX-License-Identifier: MIT
#ifndef CASTORE_BENCHMARKS_BROKERS_SQS_HPP
#define CASTORE_BENCHMARKS_BROKERS_SQS_HPP

/// @file
/// Amazon SQS beside the same requests by libcurl, on FIFO queues of a test server, which keep each aggregate's order.

#include "brokers/messages.hpp"
#include "support/compare.hpp"
#include "support/hand_aws_client.hpp"

#include <castore/messaging/adapters/sqs.hpp>

#include <nlohmann/json.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <random>
#include <string>
#include <vector>

namespace benchmarks::brokers {

class HandSqs {
 public:
  explicit HandSqs(const std::string& endpoint) : client_{endpoint, "sqs", "AmazonSQS."} {}

  std::string create_queue(const std::string& name) {
    return ask("CreateQueue", {{"QueueName", name}, {"Attributes", {{"FifoQueue", "true"}}}})["QueueUrl"];
  }
  void delete_queue(const std::string& url) { ask("DeleteQueue", {{"QueueUrl", url}}); }

  /// In batches of ten of different aggregates, as the messages come.
  void publish(const std::string& url, const std::vector<HandMessage>& messages) {
    for (std::size_t first = 0; first < messages.size(); first += batch_size) {
      nlohmann::json request{{"QueueUrl", url}, {"Entries", nlohmann::json::array()}};
      for (std::size_t index = first; index < (std::min)(first + batch_size, messages.size()); ++index) {
        const HandMessage& one = messages[index];
        std::string body = one.to_json();
        const std::string content = castore::detail::hexadecimal(castore::detail::sha256(body)).substr(0, 16);
        request["Entries"].push_back(
            {{"Id", std::to_string(index - first)},
             {"MessageBody", std::move(body)},
             {"MessageAttributes", {{"messageId", {{"DataType", "String"}, {"StringValue", one.id()}}}}},
             {"MessageGroupId", one.aggregate()},
             {"MessageDeduplicationId", one.id() + "#" + content}});
      }
      const nlohmann::json answer = ask("SendMessageBatch", request);
      expect(answer.at("Successful").size() == request["Entries"].size(), "SQS refused a message");
    }
  }

  void receive(const std::string& url, std::size_t count) {
    std::int64_t cents = 0;
    while (count > 0) {
      const nlohmann::json answer = ask(
          "ReceiveMessage",
          {{"QueueUrl", url}, {"MaxNumberOfMessages", batch_size}, {"VisibilityTimeout", 30}, {"WaitTimeSeconds", 10}});
      if (!answer.contains("Messages")) continue;
      nlohmann::json request{{"QueueUrl", url}, {"Entries", nlohmann::json::array()}};
      for (const nlohmann::json& message : answer["Messages"]) {
        const auto& body = message.at("Body").get_ref<const std::string&>();
        cents += HandMessage::from_json(body.begin(), body.end()).version;
        request["Entries"].push_back(
            {{"Id", std::to_string(request["Entries"].size())}, {"ReceiptHandle", message.at("ReceiptHandle")}});
      }
      expect(ask("DeleteMessageBatch", request).at("Successful").size() == request["Entries"].size(),
             "SQS did not delete a message");
      count -= answer["Messages"].size();
    }
    keep(cents);
  }

 private:
  static constexpr std::size_t batch_size = 10;

  nlohmann::json ask(const char* operation, const nlohmann::json& request) {
    return nlohmann::json::parse(client_.call(operation, request.dump()));
  }

  HandAwsClient client_;
};

inline void compare_sqs(const std::string& endpoint) {
  constexpr std::size_t count = 1'000;
  constexpr int rounds = 9;
  Accounts accounts;
  HandSqs hand{endpoint};
  const std::string name = std::to_string(std::random_device{}());
  const std::string url = hand.create_queue("castore-" + name + ".fifo");
  const std::string hand_url = hand.create_queue("hand-" + name + ".fifo");
  const castore::AwsHttpClientOptions client{
      .region = std::string{aws_region}, .endpoint = endpoint, .credentials = aws_credentials};
  castore::SqsMessageQueueAdapter adapter{url, {.client = client}};
  const Queue queue{"QUEUE", accounts.store, adapter};
  castore::SqsConsumer consumer{queue, url, {.client = client}};
  Batches batches{count};
  Batches hand_batches{count};

  compare(
      "SQS, publish", count, rounds,
      [&] {
        const std::vector<Message> messages = as_library_messages(batches.next());
        const double time = seconds([&] { queue.publish_messages(messages); });
        receive_by_library(consumer, count);
        return time;
      },
      [&] {
        const std::vector<HandMessage> messages = hand_batches.next();
        const double time = seconds([&] { hand.publish(hand_url, messages); });
        hand.receive(hand_url, count);
        return time;
      });
  compare(
      "SQS, receive", count, rounds,
      [&] {
        hand.publish(url, batches.next());
        return receive_by_library(consumer, count);
      },
      [&] {
        hand.publish(hand_url, hand_batches.next());
        return seconds([&] { hand.receive(hand_url, count); });
      });
  hand.delete_queue(url);
  hand.delete_queue(hand_url);
}

}  // namespace benchmarks::brokers

#endif
