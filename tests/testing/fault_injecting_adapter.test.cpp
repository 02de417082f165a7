// SPDX-License-Identifier: MIT
#include <castore/testing/fault_injecting_adapter.hpp>

#include <castore/castore.hpp>
#include <castore/testing/adapter_conformance.hpp>
#include <castore/testing/fault.hpp>
#include "support/catch.hpp"
#include "testing/pokemons.hpp"
#include "testing/records_adapter.hpp"

#include <chrono>
#include <concepts>
#include <cstddef>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

namespace {

using castore::testing::conflicts;
using castore::testing::delays;
using castore::testing::Fault;
using castore::testing::FaultInjectingAdapter;
using castore::testing::fails_after;
using castore::testing::fails_before;
using castore::testing::follows;
using castore::testing::passes;
using castore::testing::StorageOperation;
using kit_tests::PokemonAppeared;
using kit_tests::PokemonLeveledUp;
using kit_tests::PokemonStore;
using kit_tests::RecordsAdapter;
using kit_tests::TrainerJoined;
using kit_tests::TrainerStore;

using Typed = FaultInjectingAdapter<castore::InMemoryEventStorageAdapter>;
using Records = FaultInjectingAdapter<RecordsAdapter>;

static_assert(castore::EventStorageAdapter<Typed> && castore::KeepsTypedEvents<Typed>);
static_assert(castore::EventStorageAdapter<Records> && !castore::KeepsTypedEvents<Records>);
static_assert(castore::EventStorageAdapter<FaultInjectingAdapter<castore::AnyEventStorageAdapter>>);
static_assert(castore::properties_of<Typed>() == castore::AdapterProperties{});
static_assert(castore::properties_of<Records>() == RecordsAdapter::properties);

/// The adapters below are tested both ways.
template <class Adapter>
struct Faulty {
  Adapter real{};
  FaultInjectingAdapter<Adapter> storage{real};
  PokemonStore pokemons{"POKEMONS", storage};
  PokemonStore real_pokemons{"POKEMONS", real};
};

template <class Function>
castore::StorageError storage_error_of(Function&& function) {
  try {
    function();
  } catch (const castore::StorageError& error) {
    return error;
  }
  FAIL("nothing was thrown");
  return castore::StorageError{""};
}

TEMPLATE_TEST_CASE("without faults every operation passes and is counted", "", castore::InMemoryEventStorageAdapter,
                   RecordsAdapter) {
  Faulty<TestType> faulty;
  faulty.pokemons.push_event("pikachu", 1, PokemonAppeared{"Pikachu", 5});
  faulty.pokemons.push_events("pikachu", 1, PokemonLeveledUp{}, PokemonLeveledUp{});
  CHECK(faulty.pokemons.get_existing_aggregate("pikachu").level == 7);
  CHECK(faulty.pokemons.get_events("pikachu").size() == 3);
  CHECK(faulty.pokemons.list_aggregate_ids().aggregate_ids.size() == 1);
  CHECK(faulty.storage.calls(StorageOperation::push_events) == 2);
  CHECK(faulty.storage.calls(StorageOperation::get_events) == 2);
  CHECK(faulty.storage.calls(StorageOperation::list_aggregate_ids) == 1);
  CHECK(faulty.storage.faults(StorageOperation::push_events) == 0);
}

TEMPLATE_TEST_CASE("a push that fails before has written nothing", "", castore::InMemoryEventStorageAdapter,
                   RecordsAdapter) {
  Faulty<TestType> faulty;
  faulty.storage.inject(StorageOperation::push_events, fails_before());
  const auto error = storage_error_of([&] { faulty.pokemons.push_event("pikachu", 1, PokemonAppeared{}); });
  CHECK(error.retryable());
  CHECK(error.outcome() == castore::StorageError::Outcome::unknown);
  CHECK(error.what() == std::string_view{"castore: injected fault: push_events lost its connection; whether it took "
                                         "effect is unknown"});
  CHECK_FALSE(faulty.real_pokemons.get_aggregate("pikachu"));
  CHECK(faulty.storage.faults(StorageOperation::push_events) == 1);
  faulty.pokemons.push_event("pikachu", 1, PokemonAppeared{});
  CHECK(faulty.real_pokemons.get_aggregate("pikachu"));
}

TEMPLATE_TEST_CASE("a push that fails after has written all, and looks the same", "",
                   castore::InMemoryEventStorageAdapter, RecordsAdapter) {
  Faulty<TestType> faulty;
  faulty.storage.inject(StorageOperation::push_events, fails_after());
  const auto error = storage_error_of([&] {
    faulty.pokemons.push_events("pikachu", 0, PokemonAppeared{"Pikachu", 5}, PokemonLeveledUp{});
  });
  CHECK(error.retryable());
  CHECK(error.outcome() == castore::StorageError::Outcome::unknown);
  CHECK(error.what() == std::string_view{"castore: injected fault: push_events lost its connection; whether it took "
                                         "effect is unknown"});
  CHECK(faulty.real_pokemons.get_existing_aggregate("pikachu").level == 6);
  CHECK_FALSE(faulty.pokemons.try_push_event("pikachu", 1, PokemonAppeared{}));
}

TEMPLATE_TEST_CASE("loads and lists can fail, before and after", "", castore::InMemoryEventStorageAdapter,
                   RecordsAdapter) {
  Faulty<TestType> faulty;
  faulty.pokemons.push_event("pikachu", 1, PokemonAppeared{});
  faulty.storage.inject(StorageOperation::get_events, {fails_before(), fails_after()});
  faulty.storage.inject(StorageOperation::list_aggregate_ids, {fails_before(), fails_after()});
  for (int time = 0; time < 2; ++time) {
    const auto error = storage_error_of([&] { (void)faulty.pokemons.get_events("pikachu"); });
    CHECK(error.retryable());
    CHECK(error.outcome() == castore::StorageError::Outcome::not_done);
    CHECK(storage_error_of([&] { (void)faulty.pokemons.list_aggregate_ids(); }).retryable());
  }
  CHECK(faulty.pokemons.get_events("pikachu").size() == 1);
  CHECK(faulty.pokemons.list_aggregate_ids().aggregate_ids.size() == 1);
}

TEST_CASE("a load that fails after has handed out its events") {
  Faulty<RecordsAdapter> faulty;
  faulty.pokemons.push_event("pikachu", 1, PokemonAppeared{});
  int seen = 0;
  const auto load = [&] {
    faulty.storage.get_events("POKEMONS", "pikachu", {}, [&seen](const castore::EventRecordView&) { ++seen; });
  };
  faulty.storage.inject(StorageOperation::get_events, {fails_before(), fails_after()});
  storage_error_of(load);
  CHECK(seen == 0);
  storage_error_of(load);
  CHECK(seen == 1);
}

TEST_CASE("a fault throws the exception it was given, unchanged") {
  Faulty<castore::InMemoryEventStorageAdapter> faulty;
  faulty.storage.inject(StorageOperation::push_events,
                        {fails_before(castore::StorageError{"disk full"}), fails_after(std::pair{1, 2})});
  const auto error = storage_error_of([&] { faulty.pokemons.push_event("pikachu", 1, PokemonAppeared{}); });
  CHECK_FALSE(error.retryable());
  CHECK(error.what() == std::string_view{"castore: disk full"});
  try {
    faulty.pokemons.push_event("pikachu", 1, PokemonAppeared{});
    FAIL("nothing was thrown");
  } catch (const std::pair<int, int>& thrown) {
    CHECK(thrown == std::pair{1, 2});
  }
}

TEMPLATE_TEST_CASE("an injected conflict writes nothing and names the event it was told to", "",
                   castore::InMemoryEventStorageAdapter, RecordsAdapter) {
  Faulty<TestType> faulty;
  TrainerStore trainers{"TRAINERS", faulty.storage};
  faulty.storage.inject(StorageOperation::push_events, {conflicts(), conflicts(1)});
  CHECK_FALSE(faulty.pokemons.try_push_event("pikachu", 1, PokemonAppeared{}));
  try {
    push_event_group(faulty.pokemons.group_event("pikachu", 1, PokemonAppeared{}),
                     trainers.group_event("ash", 1, TrainerJoined{"Ash"}));
    FAIL("nothing was thrown");
  } catch (const castore::EventAlreadyExistsError& error) {
    CHECK(error.event_store_id() == "TRAINERS");
    CHECK(error.aggregate_id() == "ash");
    CHECK(error.version() == 1);
  }
  CHECK_FALSE(faulty.real_pokemons.get_aggregate("pikachu"));
}

TEST_CASE("a conflict in an operation that is no push is a mistake of the test") {
  Faulty<castore::InMemoryEventStorageAdapter> faulty;
  faulty.storage.inject(StorageOperation::get_events, conflicts());
  try {
    (void)faulty.pokemons.get_events("pikachu");
    FAIL("nothing was thrown");
  } catch (const std::logic_error& error) {
    CHECK(error.what() == std::string_view{"castore: a conflict was injected into an operation that is not a push"});
  }
}

TEST_CASE("the nth operation from now on meets its fault, and only that") {
  Faulty<castore::InMemoryEventStorageAdapter> faulty;
  faulty.pokemons.push_event("pikachu", 1, PokemonAppeared{});
  faulty.storage.inject(StorageOperation::push_events, conflicts(), 3);
  std::vector<bool> pushed;
  for (castore::Version version = 2; version <= 5; ++version) {
    pushed.push_back(faulty.pokemons.try_push_event("pikachu", version > 3 ? version - 1 : version, PokemonLeveledUp{})
                         .has_value());
  }
  CHECK(pushed == std::vector<bool>{true, true, false, true});
  try {
    faulty.storage.inject(StorageOperation::push_events, conflicts(), 0);
    FAIL("nothing was thrown");
  } catch (const std::invalid_argument& error) {
    CHECK(error.what() == std::string_view{"castore: the next operation is number 1"});
  }
}

TEST_CASE("a sequence of faults is met in turn, clear forgets the rest") {
  Faulty<castore::InMemoryEventStorageAdapter> faulty;
  faulty.storage.inject(StorageOperation::push_events, {conflicts(), passes(), conflicts(), conflicts()});
  const auto push = [&](castore::Version version) {
    return faulty.pokemons.try_push_event("pikachu", version, PokemonAppeared{}).has_value();
  };
  CHECK_FALSE(push(1));
  CHECK(push(1));
  CHECK_FALSE(push(2));
  faulty.storage.clear();
  CHECK(push(2));
  CHECK(faulty.storage.calls(StorageOperation::push_events) == 4);
  CHECK(faulty.storage.faults(StorageOperation::push_events) == 2);
}

TEST_CASE("a rule decides about every operation without a fault of its own") {
  Faulty<castore::InMemoryEventStorageAdapter> faulty;
  faulty.storage.inject_by_rule(StorageOperation::push_events,
                                [](std::size_t number) { return number % 2 == 0 ? conflicts() : passes(); });
  faulty.storage.inject(StorageOperation::push_events, conflicts(), 3);
  std::vector<bool> pushed;
  castore::Version version = 1;
  for (int time = 1; time <= 5; ++time) {
    pushed.push_back(faulty.pokemons.try_push_event("pikachu", version, PokemonAppeared{}).has_value());
    if (pushed.back()) ++version;
  }
  CHECK(pushed == std::vector<bool>{true, false, false, false, true});
  faulty.storage.clear();
  CHECK(faulty.pokemons.try_push_event("pikachu", version, PokemonAppeared{}));
}

TEST_CASE("a delay comes before the operation") {
  Faulty<castore::InMemoryEventStorageAdapter> faulty;
  faulty.storage.inject(StorageOperation::push_events, delays(std::chrono::milliseconds{20}));
  const auto start = std::chrono::steady_clock::now();
  faulty.pokemons.push_event("pikachu", 1, PokemonAppeared{});
  CHECK(std::chrono::steady_clock::now() - start >= std::chrono::milliseconds{20});
  CHECK(faulty.storage.faults(StorageOperation::push_events) == 1);
}

TEST_CASE("another writer can come just before a push, through the same adapter") {
  Faulty<castore::InMemoryEventStorageAdapter> faulty;
  faulty.storage.inject(StorageOperation::push_events,
                        follows([&] { faulty.pokemons.push_event("pikachu", 1, PokemonAppeared{"Raichu", 1}); }));
  CHECK_FALSE(faulty.pokemons.try_push_event("pikachu", 1, PokemonAppeared{"Pikachu", 5}));
  CHECK(faulty.real_pokemons.get_existing_aggregate("pikachu").name == "Raichu");
}

struct NoJson {
  static constexpr std::string_view type = "NO_JSON";
  int value = 0;
};
struct Thing : castore::Aggregate {
  int value = 0;
};
struct ThingReducer {
  void operator()(Thing& thing, const NoJson& event) const { thing.value = event.value; }
};

TEST_CASE("typed events pass as typed events") {
  castore::InMemoryEventStorageAdapter real;
  Typed storage{real};
  castore::EventStore<castore::Events<NoJson>, Thing, ThingReducer, Typed> things{"THINGS", storage};
  things.push_event("a", 1, NoJson{3});
  CHECK(things.get_existing_aggregate("a").value == 3);
}

TEST_CASE("it takes the place of a store's own adapter, of whatever type that is") {
  PokemonStore pokemons{"POKEMONS", std::make_shared<castore::InMemoryEventStorageAdapter>()};
  pokemons.push_event("pikachu", 1, PokemonAppeared{"Pikachu", 5});
  FaultInjectingAdapter storage{pokemons.event_storage_adapter()};
  pokemons.set_event_storage_adapter(storage);
  CHECK(pokemons.get_existing_aggregate("pikachu").level == 5);
  storage.inject(StorageOperation::push_events, conflicts());
  CHECK_FALSE(pokemons.try_push_event("pikachu", 2, PokemonLeveledUp{}));
  CHECK(pokemons.try_push_event("pikachu", 2, PokemonLeveledUp{}));
}

TEST_CASE("it can share its storage") {
  auto real = std::make_shared<castore::InMemoryEventStorageAdapter>();
  const std::weak_ptr<castore::InMemoryEventStorageAdapter> watch = real;
  {
    const auto storage = std::make_shared<Typed>(std::move(real));
    PokemonStore pokemons{"POKEMONS", storage};
    pokemons.push_event("pikachu", 1, PokemonAppeared{});
    CHECK_FALSE(watch.expired());
  }
  CHECK(watch.expired());
}

TEST_CASE("threads lose no count and each fault is met once") {
  constexpr std::size_t thread_count = 4;
  constexpr std::size_t pushes_each = 100;
  Faulty<castore::InMemoryEventStorageAdapter> faulty;
  for (std::size_t number = 1; number <= 50; ++number) {
    faulty.storage.inject(StorageOperation::push_events, conflicts(), 4 * number);
  }
  std::vector<std::size_t> conflicts_met(thread_count);
  {
    std::vector<std::jthread> threads;
    for (std::size_t index = 0; index < thread_count; ++index) {
      threads.emplace_back([&, index] {
        castore::Version version = 1;
        for (std::size_t push = 0; push < pushes_each; ++push) {
          if (faulty.pokemons.try_push_event("pokemon " + std::to_string(index), version, PokemonAppeared{})) {
            ++version;
          } else {
            ++conflicts_met[index];
          }
        }
      });
    }
  }
  CHECK(conflicts_met[0] + conflicts_met[1] + conflicts_met[2] + conflicts_met[3] == 50);
  CHECK(faulty.storage.calls(StorageOperation::push_events) == thread_count * pushes_each);
  CHECK(faulty.storage.faults(StorageOperation::push_events) == 50);
}

TEST_CASE("without faults it keeps the laws that its storage keeps") {
  struct Fixture {
    castore::InMemoryEventStorageAdapter real;
    Typed storage{real};
    Typed& adapter() { return storage; }
  };
  for (const auto& violation : castore::testing::check_adapter_laws([] { return Fixture{}; })) FAIL(violation.what());
  SUCCEED();
}

}  // namespace
