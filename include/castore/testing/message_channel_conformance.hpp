// SPDX-License-Identifier: MIT
#ifndef CASTORE_TESTING_MESSAGE_CHANNEL_CONFORMANCE_HPP
#define CASTORE_TESTING_MESSAGE_CHANNEL_CONFORMANCE_HPP

/// @file
/// The contract of a message channel adapter as tests, for any adapter and any test framework.
///
/// With Catch2, a few lines make one test case of every law (`castore/testing/catch2_message_channel.hpp`):
/// @code
/// struct MyFixture {
///   MyBroker broker;
///   MyAdapter channel{broker};
///   MyAdapter& adapter() { return channel; }
///   std::vector<castore::testing::ReceivedMessage> receive(std::size_t count) { ... }  // what has come since
/// };
/// const bool registered = castore::testing::register_message_channel_laws<MyFixture>("my channel");
/// @endcode
/// Without a framework: `check_message_channel_laws([] { return std::make_unique<MyFixture>(); })` returns violations.

#include <castore/core/context.hpp>
#include <castore/messaging/errors.hpp>
#include <castore/messaging/message_json.hpp>
#include <castore/testing/adapter_conformance/expect.hpp>
#include <castore/testing/adapter_conformance/law.hpp>
#include <castore/testing/adapter_conformance/run_threads.hpp>
#include <castore/testing/message_channel_conformance/channel_under_test.hpp>

#include <nlohmann/json.hpp>

#include <algorithm>
#include <cstddef>
#include <exception>
#include <limits>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace castore::testing {

/// @brief A sentence about what every message channel adapter does, and the function that finds out.
struct MessageChannelLaw {
  int law = 0;                                       ///< Its number; several tests share one.
  std::string_view name{};                           ///< Unique.
  void (*check)(const ChannelUnderTest&) = nullptr;  ///< Throws unless the law is kept. It wants an empty channel.
  /// @brief Whether it says anything about such an adapter.
  bool (*applies)(const MessageChannelProperties&) = [](const MessageChannelProperties&) { return true; };
};

namespace detail {

inline void expect_same_messages(std::vector<std::string> seen, std::vector<std::string> expected,
                                 std::string_view what) {
  std::ranges::sort(seen);
  std::ranges::sort(expected);
  expect_equal(seen, expected, what);
}

// Law 1: what comes out is what went in.

inline void a_message_comes_as_its_json(const ChannelUnderTest& channel) {
  const std::string text{"\"quotes\"\n\\ \t é 漢 \U0001F600 # ' <&> \x7F"};
  const ChannelLawMessage message = channel_message("STORE", "a", 1, text);
  channel.publish({message});
  const auto received = channel.receive(1);
  expect_equal(received.size(), std::size_t{1}, "messages that came");
  expect(same_json(nlohmann::json::parse(received.front().json), nlohmann::json(message)),
         nlohmann::json(message).dump(), received.front().json);
}

inline void a_message_carries_the_context_of_its_event(const ChannelUnderTest& channel) {
  const Context context{"order \"7\"", "OTHER#b#2", "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"};
  ChannelLawMessage message = channel_message("STORE", "a", 1);
  message.event.release<ChannelNoted>().context = context;
  channel.publish({message});
  const auto received = channel.receive(1);
  expect_equal(received.size(), std::size_t{1}, "messages that came");
  const auto again = nlohmann::json::parse(received.front().json).get<ChannelLawMessage>();
  expect(*again.event.context() == context, nlohmann::json(message).dump(), received.front().json);
}

inline void any_id_and_version_can_be_sent(const ChannelUnderTest& channel) {
  const Version last = (std::numeric_limits<Version>::max)();
  channel.publish({channel_message("A", "B#1", 1), channel_message("A#B", "1", 1), channel_message("STORE", "", 1),
                   channel_message("'\"`;", "__proto__", 1), channel_message("STORE", "\U0001F600 é", 1),
                   channel_message("STORE", std::string(400, 'x'), 1), channel_message("STORE", "a", last)});
  expect_same_messages(names_of(channel.receive(7)),
                       {"A/B#1#1", "A#B/1#1", "STORE/#1", "'\"`;/__proto__#1", "STORE/\U0001F600 é#1",
                        "STORE/" + std::string(400, 'x') + "#1", "STORE/a#" + std::to_string(last)},
                       "messages that came");
}

// Law 2: everything comes, and as often as it was published.

inline void all_messages_of_a_call_come(const ChannelUnderTest& channel) {
  std::vector<ChannelLawMessage> messages;
  std::vector<std::string> names;
  for (int index = 0; index < 25; ++index) {  // brokers take ten at once
    // Of different sizes: a channel that sorts by size must not lose any.
    messages.push_back(channel_message("STORE", "a" + std::to_string(index), 1,
                                       std::string(static_cast<std::size_t>(index * 37 % 25) * 100, 'x')));
    names.push_back("STORE/a" + std::to_string(index) + "#1");
  }
  channel.publish(messages);
  expect_same_messages(names_of(channel.receive(25)), names, "messages that came");
}

inline void a_call_without_messages_is_nothing(const ChannelUnderTest& channel) {
  channel.publish({});
  expect_equal(names_of(channel.receive(0)), {}, "messages that came");
}

inline void what_is_published_again_comes_again(const ChannelUnderTest& channel) {
  const ChannelLawMessage message = channel_message("STORE", "a", 1, "as it was");
  const ChannelLawMessage rewritten = channel_message("STORE", "a", 1, "as it should have been");
  channel.publish({message});
  channel.publish({rewritten});
  channel.publish({message}, true);
  expect_equal(channel.receive(3).size(), channel.properties().carries_replay ? std::size_t{3} : std::size_t{2},
               "messages that came of one that was published, forcibly rewritten, and replayed");
}

// Law 3: the order within an aggregate.

inline void messages_of_an_aggregate_keep_their_order(const ChannelUnderTest& channel) {
  std::vector<std::string> expected;
  for (int call = 0; call < 3; ++call) {
    std::vector<ChannelLawMessage> messages;
    for (int index = 1; index <= 13; ++index) {
      const Version version = call * 13 + index;
      messages.push_back(channel_message("STORE", "a", version, std::string(version % 3 == 0 ? 1000 : 1, 'x')));
      messages.push_back(channel_message("OTHER", "a", version));
      expected.push_back("STORE/a#" + std::to_string(version));
    }
    channel.publish(messages);
  }
  std::vector<std::string> seen = names_of(channel.receive(78));
  std::erase_if(seen, [](const std::string& name) { return name.starts_with("OTHER"); });
  expect_equal(seen, expected, "messages of one aggregate, in the order they came");
}

// Law 4: replays.

inline void a_replay_is_told_from_what_is_new(const ChannelUnderTest& channel) {
  channel.publish({channel_message("STORE", "new", 1)});
  channel.publish({channel_message("STORE", "old", 1)}, true);
  for (const ReceivedMessage& message : channel.receive(2)) {
    const bool is_old = names_of({message}).front() == "STORE/old#1";
    expect(message.replay == is_old, is_old ? "a replay" : "no replay", message.replay ? "a replay" : "no replay");
  }
}

// Law 5: threads.

inline void threads_may_publish_at_the_same_time(const ChannelUnderTest& channel) {
  constexpr std::size_t threads = 4;
  constexpr int messages = 12;
  run_threads(threads, [&](std::size_t thread) {
    for (int version = 1; version <= messages; ++version) {
      channel.publish({channel_message("STORE", "a" + std::to_string(thread), version)});
    }
  });
  std::vector<std::string> expected;
  for (std::size_t thread = 0; thread < threads; ++thread) {
    for (int version = 1; version <= messages; ++version) {
      expected.push_back("STORE/a" + std::to_string(thread) + "#" + std::to_string(version));
    }
  }
  expect_same_messages(names_of(channel.receive(expected.size())), expected, "messages that came");
}

// Law 6: refusing.

inline void what_is_refused_does_not_come_and_is_named(const ChannelUnderTest& channel) {
  std::vector<ChannelLawMessage> messages;
  for (std::size_t index = 0; index <= channel.properties().max_messages; ++index) {
    messages.push_back(channel_message("STORE", "a" + std::to_string(index), 1));
  }
  const auto error = expect_error<MessagesNotPublishedError>("MessagesNotPublishedError", "a call is too large",
                                                             [&] { channel.publish(messages); });
  std::set<std::size_t> refused{error.indices().begin(), error.indices().end()};
  expect(!refused.empty() && *refused.rbegin() < messages.size(), "indices of messages", "none, or others");
  std::vector<std::string> expected;
  for (std::size_t index = 0; index < messages.size(); ++index) {
    if (!refused.contains(index)) expected.push_back("STORE/a" + std::to_string(index) + "#1");
  }
  channel.publish({channel_message("STORE", "later", 1)});
  expected.emplace_back("STORE/later#1");
  expect_same_messages(names_of(channel.receive(expected.size())), expected, "messages that came");
}

}  // namespace detail

/// @brief Every law of the contract, in the order of their numbers.
inline constexpr MessageChannelLaw all_message_channel_laws[] = {
    {1, "a message comes out as the JSON it is", &detail::a_message_comes_as_its_json},
    {1, "a message carries the context of its event", &detail::a_message_carries_the_context_of_its_event},
    {1, "messages of any ids and versions can be sent", &detail::any_id_and_version_can_be_sent},
    {2, "all messages of a call come", &detail::all_messages_of_a_call_come},
    {2, "a call without messages is nothing", &detail::a_call_without_messages_is_nothing},
    {2, "what is published again comes again", &detail::what_is_published_again_comes_again},
    {3, "messages of an aggregate keep their order", &detail::messages_of_an_aggregate_keep_their_order,
     [](const MessageChannelProperties& properties) { return properties.keeps_order; }},
    {4, "a replay is told from what is new", &detail::a_replay_is_told_from_what_is_new,
     [](const MessageChannelProperties& properties) { return properties.carries_replay; }},
    {5, "threads may publish at the same time", &detail::threads_may_publish_at_the_same_time},
    {6, "what is refused does not come and is named", &detail::what_is_refused_does_not_come_and_is_named,
     [](const MessageChannelProperties& properties) { return properties.max_messages > 0; }},
};

/// @brief Runs the test of one law. @throws LawViolation
template <MessageChannelFixture Fixture>
void check_message_channel_law(const MessageChannelLaw& law, Fixture& fixture) {
  const ChannelUnderTest channel{fixture};
  try {
    (law.check)(channel);
  } catch (const detail::Deviation& deviation) {
    throw LawViolation{law.law, law.name, deviation.expected, deviation.seen};
  } catch (const std::exception& error) {
    std::throw_with_nested(
        LawViolation{law.law, law.name, "no such exception", std::string{"exception: "} + error.what()});
  }
}

/// @brief Runs the tests of all laws that apply.
/// @param make_fixture Returns a pointer to a `MessageChannelFixture`, owning it; each over an empty channel.
/// @return What was violated; nothing for an adapter that keeps the contract.
template <class MakeFixture>
[[nodiscard]] std::vector<LawViolation> check_message_channel_laws(MakeFixture&& make_fixture) {
  using Fixture = std::remove_cvref_t<decltype(*make_fixture())>;
  std::vector<LawViolation> violations;
  for (const MessageChannelLaw& law : all_message_channel_laws) {
    if (!law.applies(message_channel_properties<Fixture>())) continue;
    const auto fixture = make_fixture();
    try {
      check_message_channel_law(law, *fixture);
    } catch (const LawViolation& violation) {
      violations.push_back(violation);
    }
  }
  return violations;
}

}  // namespace castore::testing

#endif
