// SPDX-License-Identifier: MIT
#include <castore/messaging/outbox_relay.hpp>

#include <castore/castore.hpp>
#include <castore/messaging/inbox.hpp>
#include <castore/messaging/message_queue.hpp>
#include <castore/testing/fake_feed.hpp>
#include "core/pokemons.hpp"
#include "core/support.hpp"
#include "support/catch.hpp"

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <exception>
#include <optional>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <thread>
#include <tuple>
#include <utility>
#include <vector>

using castore::MessageView;
using castore::OutboxRelay;
using castore::PollResult;
using castore::testing::FakeFeed;
using castore_tests::error_of;
using castore_tests::PokemonAppeared;
using castore_tests::PokemonLeveledUp;
using castore_tests::PokemonStore;

namespace {

/// A broker that takes what it is told to take.
struct Broker {
  void publish_messages(std::span<const MessageView> messages, const castore::PublishMessageOptions&) {
    if (calls++ < failures) throw std::runtime_error{"no broker"};
    std::vector<std::size_t> refused;
    for (std::size_t index = 0; index < messages.size(); ++index) {
      const std::string id =
          std::string{messages[index].header().aggregate_id} + std::to_string(messages[index].header().version.value());
      const auto one = std::find(refuses.begin(), refuses.end(), id);
      if (one == refuses.end()) {
        taken += id + " ";
      } else {
        if (refuses_once) refuses.erase(one);
        refused.push_back(index);
      }
    }
    if (!refused.empty()) throw castore::MessagesNotPublishedError{refused, "too many", is_retryable};
  }

  std::vector<std::string> refuses{};
  bool refuses_once = true;
  bool is_retryable = true;
  int failures = 0;
  int calls = 0;
  std::string taken{};
};

struct Scene {
  FakeFeed storage;
  PokemonStore pokemons{"POKEMONS", storage};
  Broker broker;
  castore::NotificationMessageQueue<PokemonStore> queue{"QUEUE", pokemons, broker};

  Scene() {
    castore::push_event_group(
        pokemons.group_event("a", 1, PokemonAppeared{"A", 1}), pokemons.group_event("b", 1, PokemonAppeared{"B", 1}),
        pokemons.group_event("a", 2, PokemonLeveledUp{}), pokemons.group_event("b", 2, PokemonLeveledUp{}),
        pokemons.group_event("a", 3, PokemonLeveledUp{}));
  }
};

}  // namespace

TEST_CASE("a relay publishes every event of its stores once when nothing fails") {
  Scene scene;
  OutboxRelay relay{"relay", scene.storage, std::tie(scene.pokemons), scene.queue, {.batch_size = 2}};
  CHECK(relay.catch_up() == PollResult{5, 5, true});
  CHECK(scene.broker.taken == "a1 b1 a2 b2 a3 ");
  OutboxRelay again{"relay", scene.storage, std::tie(scene.pokemons), scene.queue};
  CHECK(again.catch_up() == PollResult{0, 5, true});
}

TEST_CASE("a relay publishes again from the first refused message of each aggregate") {
  Scene scene;
  scene.broker.refuses = {"a2"};
  OutboxRelay relay{"relay", scene.storage, std::tie(scene.pokemons), scene.queue};
  CHECK(relay.catch_up() == PollResult{5, 5, true});
  CHECK(scene.broker.taken == "a1 b1 b2 a3 a2 a3 ");

  // Where it is refused again and again, what was taken is not published again, and the checkpoint stays before it.
  Scene stuck;
  stuck.broker.refuses = {"a1"};
  stuck.broker.refuses_once = false;
  OutboxRelay other{"relay", stuck.storage, std::tie(stuck.pokemons), stuck.queue};
  CHECK(error_of<castore::MessagesNotPublishedError>([&] { other.poll(); }).retryable());
  CHECK(other.position() == 0);
  CHECK(stuck.broker.taken == "b1 a2 b2 a3 a2 a3 ");
  stuck.broker.refuses.clear();
  stuck.broker.taken.clear();
  CHECK(other.catch_up() == PollResult{5, 5, true});
  CHECK(stuck.broker.taken == "a1 a2 a3 ");
}

TEST_CASE("what a broker refuses for good stops a relay before it, or is left out") {
  Scene scene;
  scene.broker.refuses = {"b1"};
  scene.broker.refuses_once = false;
  scene.broker.is_retryable = false;
  OutboxRelay relay{"relay", scene.storage, std::tie(scene.pokemons), scene.queue};
  const auto error = error_of<castore::SubscriptionStoppedError>([&] { relay.poll(); });
  CHECK(error.position() == 2);
  CHECK(error.aggregate_id() == "b");
  CHECK(relay.position() == 1);

  OutboxRelay skipping{
      "skipping",
      scene.storage,
      std::tie(scene.pokemons),
      scene.queue,
      {.on_error = [](const std::exception_ptr&, const castore::EventPlace&, int) { return castore::Skip{}; }}};
  CHECK(skipping.catch_up() == PollResult{5, 5, true});
  CHECK(skipping.dead_letters().at(0).position == 2);
  scene.broker.refuses.clear();
  CHECK(skipping.retry_dead_letters() == 0);
  CHECK(skipping.dead_letters().empty());
}

TEST_CASE("a relay that runs tries again what may pass") {
  Scene scene;
  scene.broker.refuses = {"a1", "b2"};
  OutboxRelay relay{"relay", scene.storage, std::tie(scene.pokemons), scene.queue, {.batch_size = 1}};
  std::jthread runner{[&](const std::stop_token& stop) { relay.run(stop); }};
  CHECK(relay.wait_until(5, std::chrono::seconds{10}));
  runner.request_stop();
  runner.join();
  CHECK(scene.broker.taken == "a1 b1 a2 b2 a3 ");
}

TEST_CASE("a relay sends each event with its own store's aggregate, as it was then") {
  FakeFeed storage;
  PokemonStore pokemons{"POKEMONS", storage};
  PokemonStore monsters{"MONSTERS", storage};
  monsters.push_events("a", 0, PokemonAppeared{"Mew", 1}, PokemonLeveledUp{});
  pokemons.push_event("a", 1, PokemonAppeared{"Pikachu", 5});
  struct {
    void publish_messages(std::span<const MessageView> messages, const castore::PublishMessageOptions&) {
      using Message = castore::StateCarryingMessage<castore_tests::PokemonEvents, castore_tests::Pokemon>;
      for (const MessageView& view : messages) {
        const Message& message = *view.get_if<Message>();
        sent += message.event_store_id + " " + message.aggregate.name + " " + std::to_string(message.aggregate.level) +
                ", ";
      }
    }
    std::string sent{};
  } broker;
  castore::StateCarryingMessageQueue queue{"QUEUE", std::tie(pokemons, monsters), broker};
  OutboxRelay relay{"relay", storage, std::tie(pokemons, monsters), queue};
  CHECK(relay.catch_up() == PollResult{3, 3, true});
  CHECK(broker.sent == "MONSTERS Mew 1, MONSTERS Mew 2, POKEMONS Pikachu 5, ");
}

TEST_CASE("a relay stops before an event of an unknown type, and leaves nothing out") {
  FakeFeed storage;
  PokemonStore pokemons{"POKEMONS", storage, {.unknown_events = castore::UnknownEvents::skip}};
  pokemons.push_event("a", 1, PokemonAppeared{"A", 1});
  const castore::PushRecord unknown{"POKEMONS", {"a", 2, "POKEMON_SANG", castore_tests::at(1), "{}", ""}};
  REQUIRE(storage.push_events({&unknown, 1}, {}) == castore::PushOutcome{.position = 2});
  pokemons.push_event("b", 1, PokemonAppeared{"B", 1});
  Broker broker;
  castore::NotificationMessageQueue<PokemonStore> queue{"QUEUE", pokemons, broker};
  OutboxRelay relay{"relay", storage, std::tie(pokemons), queue};
  for (int times = 0; times < 2; ++times) {
    const auto error = error_of<castore::SubscriptionStoppedError>([&] { relay.catch_up(); });
    CHECK(error.position() == 2);
    CHECK(error.type() == "POKEMON_SANG");
    CHECK(relay.position() == 1);
  }
  CHECK(broker.taken == "a1 ");
}

TEST_CASE("no two events have the same message id, whatever their stores and aggregates are called") {
  const auto id = [](std::string_view store, std::string_view aggregate, std::optional<castore::Version> version) {
    return castore::message_id(
        castore::MessageHeader{.event_store_id = store, .aggregate_id = aggregate, .version = version});
  };
  CHECK(id("POKEMONS", "pikachu", 3) == "POKEMONS#pikachu#3");
  CHECK(id("POKEMONS", "pikachu", std::nullopt) == "POKEMONS#pikachu");
  CHECK(id("POKEMONS", "red#1%", 3) == "POKEMONS#red#1%#3");
  CHECK(id("A", "B#1", 2) == "A#B#1#2");
  CHECK(id("A#B", "1", 2) == "A%23B#1#2");
  CHECK(id("A%23B", "1", 2) == "A%2523B#1#2");
  CHECK(id("A", "B", 1) == "A#B#1");
  CHECK(id("A", "B#1", std::nullopt) == "A#B%231");
}

TEST_CASE("an inbox knows the messages that came before, by the same ids at every attempt") {
  Scene scene;
  const castore::Inbox inbox{"shipping"};
  const castore::NotificationMessage<castore_tests::PokemonEvents> message{
      "POKEMONS", castore::EventDetail<PokemonLeveledUp>{.aggregate_id = "a", .version = 2, .payload = {}}};
  const std::string id = castore::message_id(message);
  CHECK(id == "POKEMONS#a#2");
  const auto receive = [&](bool fails) {
    bool is_new = false;
    try {
      scene.storage.transact([&](castore::testing::FakeTransaction& tx) {
        is_new = inbox.is_new(tx, id);
        if (fails) throw std::runtime_error{"no room"};
      });
    } catch (const std::runtime_error&) {
      CHECK(fails);
    }
    return is_new;
  };
  CHECK(receive(true));
  CHECK(receive(false));
  CHECK_FALSE(receive(false));
  scene.storage.transact([&](castore::testing::FakeTransaction& tx) {
    CHECK(castore::Inbox{"billing"}.is_new(tx, id));
    inbox.forget(tx, "POKEMONS#a#3");  // which never came
    inbox.forget(tx, id);
  });
  CHECK(receive(false));
  CHECK_FALSE(receive(false));
  CHECK_THROWS_AS(castore::Inbox{""}, std::invalid_argument);
}
