// SPDX-License-Identifier: MIT
// A body in SQS, an event of EventBridge, an answer of either and an error of S3 may be any text: each is taken or
// refused, an answer takes no message that it does not name, and an error repeats no secret.

#include <castore/messaging/adapters/event_bridge_s3.hpp>

#include "fuzz/fuzz.hpp"

#include <castore/messaging/adapters/sqs_s3.hpp>

#include <castore/aws/credentials.hpp>
#include <castore/aws/error_answers.hpp>
#include <castore/messaging/errors.hpp>

#include <nlohmann/json.hpp>

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

using namespace castore_fuzz;

namespace {

struct Client {
  std::string answer{};

  std::string call(std::string_view, const std::string&) const { return answer; }
};

/// Publishes two messages, of which an answer says something. @return How many were taken.
template <class Adapter>
std::size_t publish(Adapter adapter) {
  const castore::AggregateExistsMessage messages[] = {{"STORE", "a", {}}, {"STORE", "b", {}}};
  const castore::MessageView views[] = {castore::MessageView{messages[0]}, castore::MessageView{messages[1]}};
  try {
    adapter.publish_messages(views, {});
    return 2;
  } catch (const castore::MessagesNotPublishedError& error) {
    require(!error.indices().empty() && error.indices().size() <= 2, "it names messages");
    require(std::string_view{error.what()}.size() < 4'000, "what it says is bounded");
    return 2 - error.indices().size();
  }
}

/// How many elements an answer has in its member.
std::size_t count_in(std::string_view answer, const char* member) {
  const nlohmann::json json = nlohmann::json::parse(answer, nullptr, false);
  return json.is_object() && json.contains(member) && json[member].is_array() ? json[member].size() : 0;
}

}  // namespace

void try_input(std::string_view input) {
  const std::string text{input};
  const auto client = std::make_shared<Client>(Client{text});
  const castore::AwsRetryPolicy once{.max_attempts = 1};
  require(publish(castore::SqsMessageQueueAdapter{client, "https://sqs/a", {.retry = once}}) <=
              count_in(input, "Successful"),
          "SQS took no more than it says");
  require(
      publish(castore::EventBridgeMessageBusAdapter{client, "default", {.retry = once}}) <= count_in(input, "Entries"),
      "EventBridge took no more than it says");

  static const castore::S3HttpClient s3{
      "bucket", {.region = "eu-west-1", .credentials = castore::AwsCredentials{"id", "key", "", {}}}};
  const castore::MessageReader reader = [&text](const std::string& url) {
    const std::optional<std::string> key = s3.key_of(url);
    require(!key || !key->empty(), "a key is not empty");
    return text;
  };
  is_taken<castore::InvalidMessageError>([&] { castore::detail::read_body(text, "", {}, {"ce-"}, reader); });
  is_taken<castore::InvalidMessageError>([&] { castore::detail::read_body(text, "", {}, {"ce-"}, {}); });
  (void)s3.key_of(input);

  constexpr std::string_view secrets[] = {"wJalrXUtnFEMI/K7MDENG", ""};
  for (const std::string& body : {text, "<Code>" + text + "</Code><Message>" + text + std::string{secrets[0]}}) {
    const castore::AwsError error = castore::detail::read_s3_error({.status = 400, .body = body}, secrets);
    require(error.code().size() <= 100 && std::string_view{error.what()}.size() < 2'000, "what it says is bounded");
    require(!castore::detail::repeats_secret(error.what(), secrets), "it repeats no secret");
  }
}
