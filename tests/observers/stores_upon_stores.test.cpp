// SPDX-License-Identifier: MIT
#include <castore/observers/observed_event_store.hpp>

#include <castore/adapters/sqlite.hpp>
#include <castore/castore.hpp>
#include <castore/log.hpp>
#include <castore/messaging.hpp>
#include <castore/messaging/outbox_relay.hpp>
#include <castore/observers.hpp>
#include <castore/snapshots.hpp>
#include <castore/testing/adapter_conformance/latch.hpp>
#include "core/pokemons.hpp"
#include "observers/recorder.hpp"
#include "support/catch.hpp"

#include <cstddef>
#include <exception>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <thread>
#include <tuple>
#include <vector>

using castore::AsyncProjection;
using castore::ConnectedEventStore;
using castore::EventInfo;
using castore::InlineProjections;
using castore::InMemoryEventStorageAdapter;
using castore::ObservedEventStore;
using castore::ObservedMessageChannel;
using castore::SnapshotEventStore;
using castore::SqliteEventStorageAdapter;
using castore::SqliteTransaction;
using castore_tests::PokemonAppeared;
using castore_tests::PokemonLeveledUp;
using castore_tests::PokemonStore;
using castore_tests::Recorder;
using castore_tests::Told;

namespace {

/// A read model that refuses levels below 0.
struct Counts {
  static constexpr std::string_view name = "counts";
  static constexpr int version = 1;
  void create(SqliteTransaction& tx) const { tx.execute("CREATE TABLE counts (id TEXT)"); }
  void operator()(SqliteTransaction& tx, const PokemonAppeared& event, const EventInfo<PokemonAppeared>& info) const {
    if (event.level < 0) throw std::domain_error{"below 0"};
    tx.execute("INSERT INTO counts VALUES (?)", info.aggregate_id);
  }
};

/// An aggregate that has snapshots.
struct Leveled {
  std::string aggregate_id;
  castore::Version version = 0;
  int level = 0;
};
struct LeveledReducer {
  static constexpr int version = 1;
  void operator()(Leveled& leveled, const PokemonAppeared& event) const { leveled.level = event.level; }
};
using LeveledStore = castore::EventStore<castore::Events<PokemonAppeared>, Leveled, LeveledReducer>;

const Told pushed = {"start push POKEMONS pikachu x1", "end push POKEMONS pikachu x1: 1 at 1"};
const Told loaded = {"start get_aggregate POKEMONS pikachu", "end get_aggregate POKEMONS pikachu: 1"};

/// A store pushes one event, and loads; then it is refused.
template <class Store>
void check_that_it_is_told(Store& store, const Recorder& recorder) {
  store.push_event("pikachu", 1, PokemonAppeared{"Pikachu", 5});
  CHECK(recorder.told() == pushed);
  CHECK(store.get_aggregate("pikachu")->level == 5);
  CHECK(recorder.told() == loaded);
  CHECK_FALSE(store.try_push_event("pikachu", 1, PokemonAppeared{"Pikachu", 5}));
  CHECK(recorder.told() == Told{"start push POKEMONS pikachu x1", "end push POKEMONS pikachu x1: 0, conflict"});
}

struct Carrier {
  void publish_messages(std::span<const castore::MessageView> messages, const castore::PublishMessageOptions&) {
    taken += messages.size();
  }
  std::size_t taken = 0;
};

}  // namespace

TEST_CASE("a store with inline projections is observed, and an observed one has inline projections", "[observers]") {
  SqliteEventStorageAdapter storage{":memory:"};
  PokemonStore pokemons{"POKEMONS", storage};
  const Recorder recorder;
  SECTION("observed last") {
    InlineProjections projecting{pokemons, storage, Counts{}};
    projecting.hand_over();
    ObservedEventStore observed{projecting, recorder};
    check_that_it_is_told(observed, recorder);
    CHECK_THROWS_AS(observed.push_event("missingno", 1, PokemonAppeared{"MissingNo", -1}), castore::ProjectionError);
    const Told told = recorder.told();
    REQUIRE(told.size() == 2);
    CHECK(told.back().starts_with("end push POKEMONS missingno x1: 0, "));
    CHECK_FALSE(pokemons.get_aggregate("missingno"));
  }
  SECTION("observed first") {
    ObservedEventStore observed{pokemons, recorder};
    InlineProjections projecting{observed, storage, Counts{}};
    projecting.hand_over();
    recorder.told();
    check_that_it_is_told(projecting, recorder);
  }
}

TEST_CASE("a store with snapshots is observed, and an observed one has snapshots", "[observers]") {
  InMemoryEventStorageAdapter storage;
  LeveledStore pokemons{"POKEMONS", storage};
  const Recorder recorder;
  SECTION("observed last") {
    SnapshotEventStore fast{pokemons, storage, {.policy = castore::every(1)}};
    ObservedEventStore observed{fast, recorder};
    check_that_it_is_told(observed, recorder);
    observed.push_event("pikachu", 1, PokemonAppeared{"Pikachu", 7}, {.force = true});
    CHECK(recorder.told().size() == 2);
    CHECK(observed.get_aggregate("pikachu")->level == 7);
  }
  SECTION("observed first") {
    ObservedEventStore observed{pokemons, recorder};
    SnapshotEventStore fast{observed, storage, {.policy = castore::every(1)}};
    fast.push_event("pikachu", 1, PokemonAppeared{"Pikachu", 5});
    CHECK(recorder.told() == pushed);
    CHECK(fast.get_aggregate("pikachu")->level == 5);  // saves a snapshot
    CHECK(fast.get_aggregate("pikachu")->level == 5);  // begins with it
    for (const std::string& told : recorder.told()) CHECK(told.find("get_aggregate POKEMONS pikachu") != told.npos);
  }
}

TEST_CASE("a connected store is observed with what it publishes, and an observed one is connected", "[observers]") {
  InMemoryEventStorageAdapter storage;
  PokemonStore pokemons{"POKEMONS", storage};
  Carrier carrier;
  const castore::NotificationMessageQueue queue{"QUEUE", pokemons, carrier};
  const Recorder recorder;
  const ObservedMessageChannel channel{queue, recorder};
  const Told both = {"start push POKEMONS pikachu x1", "start publish POKEMONS pikachu QUEUE x1",
                     "end publish POKEMONS pikachu QUEUE x1: 1", "end push POKEMONS pikachu x1: 1 at 1"};
  SECTION("observed last") {
    ConnectedEventStore connected{pokemons, channel, [](const auto&, const std::exception_ptr&) {}};
    ObservedEventStore observed{connected, recorder};
    observed.push_event("pikachu", 1, PokemonAppeared{"Pikachu", 5});
    CHECK(recorder.told() == both);
  }
  SECTION("observed first") {
    ObservedEventStore observed{pokemons, recorder};
    ConnectedEventStore connected{observed, channel, [](const auto&, const std::exception_ptr&) {}};
    connected.push_event("pikachu", 1, PokemonAppeared{"Pikachu", 5});
    CHECK(recorder.told() == both);
  }
  CHECK(carrier.taken == 1);
}

TEST_CASE("a projection and a relay tell the observer among their options, also of observed stores", "[observers]") {
  SqliteEventStorageAdapter storage{":memory:"};
  PokemonStore pokemons{"POKEMONS", storage};
  const Recorder of_store;
  ObservedEventStore observed{pokemons, of_store};
  observed.push_event("pikachu", 1, PokemonAppeared{"Pikachu", 5});
  of_store.told();
  const Recorder recorder;

  AsyncProjection counts{storage, std::tie(observed), Counts{}, {.observer = recorder}};
  counts.catch_up();
  CHECK(recorder.told() == Told{"start poll POKEMONS counts", "end poll POKEMONS counts: 1 at 1"});

  Carrier carrier;
  const castore::NotificationMessageQueue queue{"QUEUE", observed, carrier};
  castore::OutboxRelay relay{"relay", storage, std::tie(observed), queue, {.observer = recorder}};
  relay.catch_up();
  CHECK(recorder.told() == Told{"start poll POKEMONS relay", "end poll POKEMONS relay: 1 at 1"});
  CHECK(carrier.taken == 1);

  castore::StateCarryingMessageQueue states{"STATES", observed, carrier};
  castore::OutboxRelay state_relay{"states", storage, std::tie(observed), states};
  state_relay.catch_up();
  CHECK(of_store.told() == loaded);  // a message's state is loaded
}

TEST_CASE("threads push and load through one observed store", "[observers]") {
  constexpr int thread_count = 4;
  constexpr int events = 50;
  InMemoryEventStorageAdapter storage;
  PokemonStore pokemons{"POKEMONS", storage};
  const Recorder recorder;
  ObservedEventStore observed{pokemons, recorder};
  castore::testing::detail::Latch begin{thread_count};
  std::vector<std::thread> threads;
  for (int thread = 0; thread < thread_count; ++thread) {
    threads.emplace_back([&, id = std::to_string(thread)] {
      begin.arrive_and_wait();
      observed.push_event(id, 1, PokemonAppeared{"Pikachu", 1});
      for (int event = 1; event < events; ++event) {
        const auto version = observed.get_existing_aggregate(id).version;
        observed.push_event(id, version + 1, PokemonLeveledUp{});
        if (!observed.try_push_event("contested", event, PokemonAppeared{"Mew", event})) {
          static_cast<void>(observed.get_events("contested"));
        }
      }
    });
  }
  for (std::thread& thread : threads) thread.join();

  const Told told = recorder.told();
  std::size_t started = 0;
  std::size_t own_pushes = 0;
  std::size_t contested = 0;
  for (const std::string& line : told) {
    if (line.starts_with("start ")) ++started;
    if (!line.starts_with("end push ") || line.ends_with("conflict")) continue;
    ++(line.starts_with("end push POKEMONS contested ") ? contested : own_pushes);
  }
  CHECK(started * 2 == told.size());
  CHECK(own_pushes == thread_count * events);
  CHECK(contested == pokemons.get_events("contested").size());
}
