// SPDX-License-Identifier: MIT
#ifndef CASTORE_TESTS_SQS_BATCH_PUBLISHING_HPP
#define CASTORE_TESTS_SQS_BATCH_PUBLISHING_HPP

/// @file
/// What every adapter does that sends batches to a service of AWS. A `Fixture` has a channel of its own:
/// `adapter(plan, max_attempts)`, `take_ids()` of the messages that came, `operation` of its service, and
/// `knows_what_it_has` when it drops what is sent again.

#include "sqs/support.hpp"

#include <castore/aws/client.hpp>
#include <castore/messaging/errors.hpp>

#include <algorithm>
#include <cstddef>
#include <set>
#include <string>
#include <vector>

namespace castore::sqs_tests {

using Ids = std::vector<std::string>;
using Indices = std::vector<std::size_t>;
using Operations = std::vector<std::string>;

inline std::vector<MonsterMessage> some_of(const std::string& id, int count) {
  std::vector<MonsterMessage> messages;
  for (int version = 1; version <= count; ++version) messages.push_back(appeared(id, version));
  return messages;
}

inline Indices batch_sizes(const FaultPlan& plan) {
  Indices sizes;
  for (const Json& request : plan.log()) sizes.push_back(request["body"]["Entries"].size());
  return sizes;
}

template <class Fixture>
void sends_again_what_could_not_be_done() {
  for (const char* const fault :
       {"throttle", "error500", "error503", "drop_before", "drop_after", "cut_json", "silent"}) {
    CAPTURE(fault);
    const Fixture fixture;
    const FaultPlan plan{{fault}};
    auto adapter = fixture.adapter(plan);
    publish(adapter, {appeared("a"), appeared("b")});
    CHECK(plan.operations() == Operations(2, Fixture::operation));
    const Ids ids = fixture.take_ids();
    CHECK(std::set<std::string>(ids.begin(), ids.end()) == std::set<std::string>{"MONSTERS#a#1", "MONSTERS#b#1"});
    if (Fixture::knows_what_it_has) CHECK(ids.size() == 2);
  }
}

template <class Fixture>
void names_what_it_could_not_send() {
  const Fixture fixture;
  const FaultPlan plan{{"pass", "drop_before", "drop_before"}};
  auto adapter = fixture.adapter(plan, 2);
  const auto error = error_of<MessagesNotPublishedError>([&] { publish(adapter, some_of("a", 25)); });
  CHECK(error.retryable());
  CHECK(error.indices() == Indices{10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24});
  CHECK(fixture.take_ids().size() == 10);
  const FaultPlan cut{{"drop_before"}};
  auto once = fixture.adapter(cut, 1);
  CHECK(nested_of<AwsConnectionError>([&] { publish(once, some_of("a", 1)); }).request_sent());
}

template <class Fixture>
void does_not_repeat_what_is_refused_as_a_whole() {
  const Fixture fixture;
  const FaultPlan plan{{"denied", "denied"}};
  auto adapter = fixture.adapter(plan);
  const auto error = error_of<MessagesNotPublishedError>([&] { publish(adapter, some_of("a", 2)); });
  CHECK_FALSE(error.retryable());
  CHECK(error.indices() == Indices{0, 1});
  CHECK(plan.log().size() == 1);
  CHECK(nested_of<AwsError>([&] { publish(adapter, some_of("a", 2)); }).code() == "AccessDeniedException");
}

/// @param reason What the service says of a message that it refuses.
template <class Fixture>
void tells_what_of_a_batch_failed(const std::string& reason) {
  const Fixture fixture;
  const FaultPlan failing{{{{"some_fail", {1}}}, {{"some_throttled", {0}}}}};
  auto adapter = fixture.adapter(failing);
  publish(adapter, {appeared("a"), appeared("b"), appeared("c")});
  CHECK(batch_sizes(failing) == Indices{3, 1, 1});
  Ids ids = fixture.take_ids();
  std::ranges::sort(ids);
  CHECK(ids == Ids{"MONSTERS#a#1", "MONSTERS#b#1", "MONSTERS#c#1"});

  const FaultPlan refusing{{{{"some_refused", {1}}}}};
  auto other = fixture.adapter(refusing);
  const auto error = error_of<MessagesNotPublishedError>([&] {
    publish(other, {appeared("a"), appeared("b"), appeared("c")});
  });
  CHECK(error.indices() == Indices{1});
  CHECK_FALSE(error.retryable());
  CHECK(std::string{error.what()} == "castore: 1 message(s) were not published: the message 'MONSTERS#b#1': " + reason);
  CHECK(fixture.take_ids() == Ids{"MONSTERS#a#1", "MONSTERS#c#1"});

  const FaultPlan always{Json(4, Json{{"some_fail", {0}}})};
  auto third = fixture.adapter(always, 3);
  const auto failed = error_of<MessagesNotPublishedError>([&] { publish(third, {appeared("a"), appeared("b")}); });
  CHECK(failed.indices() == Indices{0});
  CHECK(failed.retryable());
}

/// @param around How many bytes a message of MONSTERS#b#1 has besides its JSON.
template <class Fixture>
void keeps_to_the_size_of_batches(std::size_t around) {
  const Fixture fixture;
  const FaultPlan plan;
  auto adapter = fixture.adapter(plan);
  const std::string third(90'000, 'x');
  publish(adapter, {appeared("a", 1, third), appeared("b", 1, third), appeared("c", 1, third), appeared("d", 1)});
  CHECK(batch_sizes(plan) == Indices{2, 2});

  const std::size_t overhead = Json(appeared("b", 1, "")).dump().size() + around;
  publish(adapter, {appeared("b", 1, std::string(262'144 - overhead, 'x'))});  // just fits
  const auto error = error_of<MessagesNotPublishedError>([&] {
    publish(adapter, {appeared("a"), appeared("b", 1, std::string(262'145 - overhead, 'x')), appeared("c")});
  });
  CHECK(error.indices() == Indices{0, 1, 2});
  CHECK_FALSE(error.retryable());
  CHECK(std::string{error.what()} ==
        "castore: 3 message(s) were not published: the message 'MONSTERS#b#1' (at index 1) has 262145 bytes, more than "
        "the 262144 that are allowed; nothing was sent");
  CHECK(plan.log().size() == 3);
}

}  // namespace castore::sqs_tests

#endif
