// SPDX-License-Identifier: MIT
#ifndef CASTORE_TESTS_LOG_SUPPORT_READ_MODEL_CHECKS_HPP
#define CASTORE_TESTS_LOG_SUPPORT_READ_MODEL_CHECKS_HPP

/// @file
/// What subscriptions, projections and relays promise, checked over any storage: see read_models.hpp for `Log`.

#include <castore/castore.hpp>
#include <castore/log.hpp>
#include <castore/messaging/message_queue.hpp>
#include <castore/messaging/outbox_relay.hpp>
#include <castore/testing/project.hpp>
#include "core/pokemons.hpp"
#include "core/support.hpp"
#include "log/support/read_models.hpp"
#include "log/support/relayed.hpp"
#include "support/catch.hpp"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <exception>
#include <future>
#include <map>
#include <memory>
#include <optional>
#include <random>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <thread>
#include <tuple>
#include <utility>
#include <vector>

namespace log_tests {

using castore::AsyncProjection;
using castore::EventDetail;
using castore::EventPlace;
using castore::InlineProjections;
using castore::PollResult;
using castore::ProjectionVersions;
using castore::Subscription;
using castore_tests::error_of;

/// A storage with a store.
template <class Log>
struct Scene {
  std::shared_ptr<Log> log = std::make_shared<Log>();
  std::shared_ptr<typename Log::Storage> adapter = log->open();
  std::shared_ptr<PokemonStore> pokemons = std::make_shared<PokemonStore>("POKEMONS", *adapter);

  typename Log::Storage& storage() const { return *adapter; }
  PokemonStore& store() const { return *pokemons; }
  /// The rows of a projection.
  template <class Projection>
  std::string rows(const Projection& projection) const {
    return log_tests::read(*adapter, projection.model);
  }
  std::string all() const { return fold(*adapter, last_position); }
  void push(const std::string& id, Version version) const {
    if (version == 1) {
      pokemons->push_event(id, version, PokemonAppeared{id, 1});
    } else {
      pokemons->push_event(id, version, PokemonLeveledUp{});
    }
  }
};

/// Calls a function, again when another runner was faster. @return How often one was.
template <class Function>
int insist(const Function& function) {
  for (int lost = 0;; ++lost) {
    try {
      function();
      return lost;
    } catch (const castore::ProjectionTakenOverError&) {
    }
  }
}

/// Law 15.
template <class Log, class Projection>
void inline_asynchronous_rebuilt_and_folded_are_equal() {
  struct Checked : Scene<Log> {
    Projection projection() const { return Projection{*this->log}; }
    std::string read() const {
      const std::string rows = this->rows(projection());
      CHECK(rows == this->all());
      return rows;
    }
  };
  const auto make = [](auto& store, const std::string& id, Version version, std::mt19937_64&) -> castore::GroupedEvent {
    if (version == 1) return store.group_event(id, version, PokemonAppeared{id, 1});
    return store.group_event(id, version, PokemonLeveledUp{});
  };
  castore::testing::check_projection([] { return Checked{}; }, make, std::random_device{}(), 24);
}

/// Law 14.
template <class Log>
void of_two_runners_the_loser_leaves_no_trace() {
  const Scene<Log> scene;
  for (Version version = 1; version <= 3; ++version) scene.push("a", version);
  const Trace<Log> trace{*scene.log};
  const auto second = scene.log->open();
  PokemonStore same{"POKEMONS", *second};
  AsyncProjection one{scene.storage(), std::tie(scene.store()), trace, {.batch_size = 1}};
  AsyncProjection other{*second, std::tie(same), trace, {.batch_size = 2}};
  CHECK(one.poll() == PollResult{1, 1, false});
  CHECK(other.poll() == PollResult{2, 3, true});
  const auto error = error_of<castore::ProjectionTakenOverError>([&] { one.poll(); });
  CHECK(error.name() == "trace");
  CHECK(error.version() == 1);
  CHECK(error.position() == 1);
  CHECK(scene.rows(trace) == scene.all());

  constexpr Version last = 30;
  for (Version version = 4; version <= last; ++version) scene.push("a", version);
  std::atomic<int> failures{0};
  const auto run = [&](auto& projection) {
    return std::jthread{[&failures, &projection] {
      try {
        insist([&] { projection.catch_up(); });
      } catch (...) {
        ++failures;
      }
    }};
  };
  { const std::jthread threads[] = {run(one), run(other)}; }
  CHECK(failures == 0);
  CHECK(one.position() == last);
  CHECK(scene.rows(trace) == scene.all());
}

/// Law 16. @param in_a_statement Whether what fails is a statement of the database.
template <class Log>
void an_inline_projection_that_fails_leaves_neither_event_nor_row() {
  const Scene<Log> scene;
  const Trace<Log> trace{*scene.log};
  InlineProjections inlined{scene.store(), scene.storage(), trace};
  inlined.hand_over();
  inlined.push_event("a", 1, PokemonAppeared{"A", 1});
  const auto push = [&] {
    castore::push_event_group(inlined.group_event("a", 2, PokemonLeveledUp{}),
                              inlined.group_event("b", 1, PokemonAppeared{"B", 0}),
                              inlined.group_event("a", 3, PokemonLeveledUp{}));
  };
  const auto error = error_of<castore::ProjectionError>(push);
  CHECK(error.name() == "trace");
  CHECK(error.version() == 1);
  CHECK(error.event_store_id() == "POKEMONS");
  CHECK(error.aggregate_id() == "b");
  CHECK(error.event_version() == 1);
  CHECK(error.type() == "POKEMON_APPEARED");
  CHECK(scene.store().get_events("b").empty());
  CHECK(scene.store().get_events("a").size() == 1);
  CHECK(scene.rows(trace) == "a=1:1 ");

  CHECK_FALSE(inlined.try_push_event("a", 1, PokemonAppeared{"A", 1}));
  CHECK(scene.rows(trace) == "a=1:1 ");
  inlined.push_event("b", 1, PokemonAppeared{"B", 1});
  CHECK(scene.rows(trace) == scene.all());
}

/// Law 17.
template <class Log>
void a_projection_that_is_handed_over_under_load_has_each_event_once() {
  const Scene<Log> scene;
  const Trace<Log> trace{*scene.log};
  InlineProjections inlined{scene.store(), scene.storage(), trace};
  constexpr int pushes = 40;
  std::atomic<int> pushed{0};
  std::atomic<int> failures{0};
  std::vector<std::jthread> writers;
  for (int writer = 0; writer < 3; ++writer) {
    writers.emplace_back([&, writer] {
      const std::string id = "p" + std::to_string(writer);
      const std::string grouped = "g" + std::to_string(writer);
      try {
        for (int version = 1; version <= pushes; ++version) {
          castore::push_event_group(inlined.group_event(id, version, PokemonLeveledUp{}),
                                    inlined.group_event(grouped, version, PokemonLeveledUp{}));
          ++pushed;
        }
      } catch (...) {
        ++failures;
      }
    });
  }
  while (pushed < pushes / 2 && failures == 0) std::this_thread::yield();
  inlined.hand_over();
  writers.clear();
  inlined.push_event("last", 1, PokemonLeveledUp{});
  CHECK(failures == 0);
  CHECK(scene.rows(trace) == scene.all());
  AsyncProjection late{scene.storage(), std::tie(scene.store()), trace};
  CHECK(error_of<castore::ProjectionTakenOverError>([&] { late.catch_up(); }).name() == "trace");
  CHECK(scene.rows(trace) == scene.all());
}

/// Keeps the transaction of a push open.
template <class Log>
struct Waits {
  static constexpr std::string_view name = "waits";
  static constexpr int version = 1;

  void operator()(typename Log::Transaction&, const PokemonLeveledUp&) const {
    *has_begun = true;
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds{10};
    while (!*may_end && std::chrono::steady_clock::now() < deadline) std::this_thread::yield();
  }

  std::atomic<bool>* has_begun;
  std::atomic<bool>* may_end;
};

/// Law 17, when a push has begun before the hand-over and ends after it.
template <class Log>
void a_hand_over_has_the_event_of_a_push_that_is_on_its_way() {
  const Scene<Log> scene;
  const Trace<Log> trace{*scene.log};
  std::atomic<bool> has_begun{false};
  std::atomic<bool> may_end{false};
  const Waits<Log> waits{&has_begun, &may_end};
  InlineProjections{scene.store(), scene.storage(), waits}.hand_over();
  InlineProjections both{scene.store(), scene.storage(), trace, waits};
  scene.push("a", 1);
  AsyncProjection{scene.storage(), std::tie(scene.store()), trace}.catch_up();
  auto pushing = std::async(std::launch::async, [&] { both.push_event("a", 2, PokemonLeveledUp{}); });
  while (!has_begun && pushing.wait_for(std::chrono::milliseconds{1}) != std::future_status::ready) continue;
  auto handing_over = std::async(std::launch::async, [&] {
    InlineProjections{scene.store(), scene.storage(), trace}.hand_over();
  });
  CHECK(handing_over.wait_for(std::chrono::milliseconds{100}) == std::future_status::timeout);
  may_end = true;
  pushing.get();
  handing_over.get();
  CHECK(scene.rows(trace) == scene.all());
}

/// Law 18.
template <class Log>
void a_handler_sees_what_it_named_and_partitions_see_each_event_once() {
  const Scene<Log> scene;
  const auto model = scene.log->model(1);
  const auto partitioned = scene.log->model(2);
  using Transaction = typename Log::Transaction;
  scene.storage().transact([&](Transaction& tx) {
    model.create(tx);
    partitioned.create(tx);
  });
  PokemonStore monsters{"MONSTERS", scene.storage()};
  for (const char* const id : {"a", "b", "c", "d", "e", "f"}) scene.push(id, 1);
  for (const char* const id : {"a", "b", "c", "d", "e", "f"}) scene.push(id, 2);
  monsters.push_event("mew", 1, PokemonLeveledUp{});
  Subscription levels{"levels", scene.storage(), std::tie(scene.store()),
                      castore::SubscriptionOptions{.batch_size = 4}};
  const PollResult all = levels.catch_up([&](Transaction& tx, const EventDetail<PokemonLeveledUp>& event) {
    model.add(tx, event.aggregate_id, event.version);
  });
  CHECK(all == PollResult{6, 13, true});
  CHECK(log_tests::read(scene.storage(), model) == "a=1:2 b=1:2 c=1:2 d=1:2 e=1:2 f=1:2 ");

  std::size_t events = 0;
  for (std::size_t index = 0; index < 2; ++index) {
    Subscription part{"part", scene.storage(), std::tie(scene.store()),
                      castore::SubscriptionOptions{.batch_size = 5, .partition = {index, 2}}};
    const PollResult result = part.catch_up([&](Transaction& tx, const auto& event, const EventPlace&) {
      partitioned.add(tx, event.aggregate_id, event.version);
    });
    CHECK(result.position == 13);
    CHECK(result.events > 0);
    events += result.events;
  }
  CHECK(events == 12);
  CHECK(log_tests::read(scene.storage(), partitioned) == scene.all());
}

/// Law 19.
template <class Log>
void an_event_that_fails_is_tried_again_left_out_or_the_end() {
  const Scene<Log> scene;
  const Trace<Log> trace{*scene.log};
  castore::ErrorAnswer answer = castore::Retry{};
  std::string asked;
  AsyncProjection list{scene.storage(),
                       std::tie(scene.store()),
                       trace,
                       {.on_error = [&](const std::exception_ptr&, const EventPlace& place, int attempt) {
                         asked += place.id() + "/" + std::to_string(attempt) + " ";
                         if (attempt == 2) answer = castore::Skip{};
                         return answer;
                       }}};
  scene.push("a", 1);
  scene.store().push_event("b", 1, PokemonAppeared{"B", 0});  // 2
  scene.push("a", 2);
  CHECK(list.catch_up() == PollResult{3, 3, true});
  CHECK(asked == "POKEMONS#b#1/1 POKEMONS#b#1/2 ");
  CHECK(scene.rows(trace) == "a=2:33 ");
  std::vector<castore::EventDeadLetter> letters = list.dead_letters();
  REQUIRE(letters.size() == 1);
  CHECK(letters[0].position == 2);
  CHECK(letters[0].attempts == 2);
  CHECK_FALSE(letters[0].error.empty());
  CHECK(castore::system_timestamp() - letters[0].at < std::chrono::minutes{1});

  CHECK(list.retry_dead_letters() == 1);
  letters = list.dead_letters();
  REQUIRE(letters.size() == 1);
  CHECK(letters[0].attempts == 3);
  CHECK(scene.rows(trace) == "a=2:33 ");
  castore_tests::PokemonStore repaired{"POKEMONS", scene.storage()};
  repaired.push_event("b", 1, PokemonAppeared{"B", 1}, {.force = true});
  CHECK(list.retry_dead_letters() == 0);
  CHECK(list.dead_letters().empty());
  CHECK(scene.rows(trace) == "a=2:33 b=1:1 ");

  const auto failing = scene.store().push_event("c", 1, PokemonAppeared{"C", 0}).position;
  CHECK(list.catch_up().is_caught_up);
  CHECK(list.drop_dead_letter(*failing));
  CHECK_FALSE(list.drop_dead_letter(*failing));
  CHECK(list.dead_letters().empty());

  answer = castore::Stop{};
  scene.push("a", 3);
  const auto end = scene.store().push_event("d", 1, PokemonAppeared{"D", 0}).position;
  scene.push("a", 4);
  const auto error = error_of<castore::SubscriptionStoppedError>([&] { list.catch_up(); });
  CHECK(error.position() == *end);
  CHECK(error.aggregate_id() == "d");
  CHECK(error.attempts() == 1);
  CHECK(list.position() == *end - 1);
  CHECK(scene.rows(trace) == "a=3:1026 b=1:1 ");
}

/// Law 20.
template <class Log>
void a_wait_ends_when_the_read_model_has_the_event_or_with_a_stop() {
  using namespace std::chrono_literals;
  const Scene<Log> scene;
  const Trace<Log> trace{*scene.log};
  AsyncProjection list{scene.storage(), std::tie(scene.store()), trace};
  AsyncProjection watcher{scene.storage(), std::tie(scene.store()), trace};  // another object, which does not run
  std::atomic<int> failures{0};
  std::jthread runner{[&](const std::stop_token& stop) {
    try {
      list.run(stop);
    } catch (...) {
      ++failures;
    }
  }};
  for (Version version = 1; version <= 5; ++version) {
    scene.push("a", version);
    const auto pushed = scene.store().push_event("b", version, PokemonLeveledUp{});
    CHECK((version % 2 == 0 ? list : watcher).wait_until(*pushed.position, 20s));
    CHECK(scene.rows(trace) == scene.all());
  }
  CHECK(list.wait_until_caught_up(20s));
  CHECK_FALSE(list.wait_until(1'000, 1ms));
  std::jthread stopper{[&] {
    std::this_thread::sleep_for(10ms);
    runner.request_stop();
  }};
  CHECK_FALSE(list.wait_until(1'000, 20s));
  runner.join();
  CHECK(failures == 0);
}

/// Laws 21 and 22.
template <class Log>
void a_new_version_is_built_next_to_the_old_one_and_takes_over_when_it_has_caught_up() {
  const Scene<Log> scene;
  const Trace<Log, 1> old_trace{*scene.log};
  const Trace<Log, 2> new_trace{*scene.log};
  AsyncProjection old_list{scene.storage(), std::tie(scene.store()), old_trace};
  AsyncProjection new_list{scene.storage(), std::tie(scene.store()), new_trace, {.batch_size = 2}};
  ProjectionVersions versions{scene.storage(), "trace"};
  for (Version version = 1; version <= 4; ++version) scene.push("a", version);
  old_list.catch_up();
  versions.activate(old_trace);
  CHECK(new_list.poll() == PollResult{2, 2, false});
  const auto behind = error_of<castore::ProjectionBehindError>([&] { versions.activate(new_trace); });
  CHECK(behind.position() == 2);
  CHECK(behind.active_version() == 1);
  CHECK(behind.active_position() == 4);
  CHECK(versions.active() == 1);
  CHECK(scene.rows(old_trace) == scene.all());
  CHECK(scene.rows(new_trace) == fold(scene.storage(), 2));
  new_list.catch_up();
  versions.activate(new_trace);
  CHECK(versions.active() == 2);
  CHECK_THROWS_AS(versions.retire(new_trace), std::invalid_argument);
  versions.retire(old_trace);
  CHECK(versions.position(1) == 0);
  CHECK(versions.position(2) == 4);
  scene.push("a", 5);
  CHECK(error_of<castore::ProjectionTakenOverError>([&] { old_list.poll(); }).position() == 4);
  CHECK(new_list.catch_up() == PollResult{1, 5, true});
  CHECK(scene.rows(new_trace) == scene.all());
  AsyncProjection again{scene.storage(), std::tie(scene.store()), old_trace};
  CHECK(again.catch_up() == PollResult{5, 5, true});
  CHECK(scene.rows(old_trace) == scene.all());
}

/// Law 23.
template <class Log>
void an_event_that_cannot_be_decoded_stops_with_its_position() {
  const Scene<Log> scene;
  const Trace<Log> trace{*scene.log};
  scene.push("a", 1);
  const castore::PushRecord damaged[] = {
      {"POKEMONS", {"x", 1, "POKEMON_APPEARED", castore_tests::at(1), R"({"name":7})", ""}},
      {"POKEMONS", {"x", 2, "POKEMON_SANG", castore_tests::at(1), "{}", ""}}};
  REQUIRE(scene.storage().push_events(damaged, {}) == castore::PushOutcome{});
  scene.push("a", 2);
  AsyncProjection list{scene.storage(), std::tie(scene.store()), trace};
  for (int time = 0; time < 2; ++time) {
    const auto error = error_of<castore::SubscriptionStoppedError>([&] { list.catch_up(); });
    CHECK(error.position() == 2);
    CHECK(error.type() == "POKEMON_APPEARED");
    CHECK(list.position() == 1);
    CHECK(scene.rows(trace) == "a=1:1 ");
  }
  AsyncProjection skips{
      scene.storage(),
      std::tie(scene.store()),
      trace,
      {.on_error = [](const std::exception_ptr&, const EventPlace&, int) { return castore::Skip{}; }}};
  CHECK(skips.catch_up() == PollResult{3, 4, true});
  CHECK(scene.rows(trace) == "a=2:33 ");
  REQUIRE(skips.dead_letters().size() == 2);
  CHECK(skips.dead_letters()[1].error.find("POKEMON_SANG") != std::string::npos);
}

/// A broker that refuses some of every batch, and remembers the ids of what it took.
struct Broker {
  void publish_messages(std::span<const castore::MessageView> messages, const castore::PublishMessageOptions&) {
    std::vector<std::size_t> refused;
    for (std::size_t index = 0; index < messages.size(); ++index) {
      const castore::MessageHeader header = messages[index].header();
      if (random() % 3 == 0) {
        refused.push_back(index);
      } else {
        taken.push_back({std::string{header.event_store_id} + "#" + std::string{header.aggregate_id}, *header.version});
      }
      if (--left == 0) throw std::runtime_error{"the broker has gone"};
    }
    if (!refused.empty()) throw castore::MessagesNotPublishedError{refused, "too many", true};
  }

  std::mt19937 random{5};
  int left = 0;
  std::vector<std::pair<std::string, Version>> taken{};
};

/// Law 24.
template <class Log>
void a_relay_publishes_every_event_in_the_order_of_versions() {
  const Scene<Log> scene;
  for (Version version = 1; version <= 8; ++version) {
    castore::push_event_group(scene.store().group_event("a", version, PokemonLeveledUp{}),
                              scene.store().group_event("b", version, PokemonLeveledUp{}));
  }
  Broker broker;
  castore::NotificationMessageQueue<PokemonStore> queue{"QUEUE", scene.store(), broker};
  // Each one begins where the one before it ended, which the broker's end has ended.
  Position position = 0;
  for (int relays = 0; position < 16 && relays < 200; ++relays) {
    castore::OutboxRelay relay{"relay", scene.storage(), std::tie(scene.store()), queue, {.batch_size = 6}};
    broker.left = 3 + relays % 9;
    try {
      position = relay.catch_up().position;
    } catch (const castore::SubscriptionStoppedError&) {
    } catch (const castore::MessagesNotPublishedError& error) {
      CHECK(error.retryable());
    }
  }
  CHECK(position == 16);
  const std::map<std::string, Version> all{{"POKEMONS#a", 8}, {"POKEMONS#b", 8}};
  CHECK(received_in_order(broker.taken) == all);
}

/// All of them; to be called in a test case.
template <class Log>
void check_read_models() {
  SECTION("inline, asynchronous, rebuilt and folded read models are equal") {
    inline_asynchronous_rebuilt_and_folded_are_equal<Log, Trace<Log>>();
  }
  SECTION("inline, asynchronous, rebuilt and folded read models are equal that take batches") {
    inline_asynchronous_rebuilt_and_folded_are_equal<Log, BatchTrace<Log>>();
  }
  SECTION("of two runners the loser leaves no trace") { of_two_runners_the_loser_leaves_no_trace<Log>(); }
  SECTION("an inline projection that fails leaves neither event nor row") {
    an_inline_projection_that_fails_leaves_neither_event_nor_row<Log>();
  }
  SECTION("a projection that is handed over under load has each event once") {
    a_projection_that_is_handed_over_under_load_has_each_event_once<Log>();
  }
  SECTION("a hand-over has the event of a push that is on its way") {
    a_hand_over_has_the_event_of_a_push_that_is_on_its_way<Log>();
  }
  SECTION("a handler sees what it named, and partitions see each event once") {
    a_handler_sees_what_it_named_and_partitions_see_each_event_once<Log>();
  }
  SECTION("an event that fails is tried again, left out, or the end") {
    an_event_that_fails_is_tried_again_left_out_or_the_end<Log>();
  }
  SECTION("a wait ends when the read model has the event, or with a stop") {
    a_wait_ends_when_the_read_model_has_the_event_or_with_a_stop<Log>();
  }
  SECTION("a new version is built next to the old one, and takes over when it has caught up") {
    a_new_version_is_built_next_to_the_old_one_and_takes_over_when_it_has_caught_up<Log>();
  }
  SECTION("an event that cannot be decoded stops with its position") {
    an_event_that_cannot_be_decoded_stops_with_its_position<Log>();
  }
  SECTION("a relay publishes every event in the order of versions, also when a broker refuses some and goes") {
    a_relay_publishes_every_event_in_the_order_of_versions<Log>();
  }
}

}  // namespace log_tests

#endif
