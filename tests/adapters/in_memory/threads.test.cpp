// SPDX-License-Identifier: MIT
// The in-memory adapter and its stores used by many threads at the same time. Run it with ThreadSanitizer.
#include <castore/adapters/in_memory.hpp>
#include <castore/testing/adapter_conformance/latch.hpp>
#include "core/pokemons.hpp"
#include "core/support.hpp"
#include "support/catch.hpp"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <concepts>
#include <cstddef>
#include <functional>
#include <future>
#include <optional>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

using castore::InMemoryEventStorageAdapter;
using castore::push_event_group;
using castore::Version;
using castore_tests::at;
using castore_tests::Pokemon;
using castore_tests::PokemonAppeared;
using castore_tests::PokemonEvents;
using castore_tests::PokemonHealed;
using castore_tests::PokemonLeveledUp;
using castore_tests::PokemonStore;
using castore_tests::records_of;

namespace {

/// Runs `work(number)` in so many threads at once. What they find wrong they count: assertions are for the main thread.
void run_threads(int count, const std::function<void(int)>& work) {
  castore::testing::detail::Latch start{static_cast<std::size_t>(count)};
  std::vector<std::future<void>> threads;
  for (int number = 0; number < count; ++number) {
    threads.push_back(std::async(std::launch::async, [&work, &start, number] {
      start.arrive_and_wait();
      work(number);
    }));
  }
  for (std::future<void>& thread : threads) thread.get();
}

/// Pushes so many level-ups, each again until nobody else is faster; how often somebody was is added to `conflicts`.
void level_up(PokemonStore& store, const std::string& id, int times, std::atomic<int>& conflicts) {
  for (int done = 0; done < times;) {
    const auto pokemon = store.get_aggregate(id);
    if (store.try_push_event(id, (pokemon ? pokemon->version : 0) + 1, PokemonLeveledUp{})) {
      ++done;
    } else {
      ++conflicts;
    }
  }
}

/// True when the future is ready in time; a test that would hang fails instead.
template <class Value>
bool is_ready_soon(std::future<Value>& future) {
  return future.wait_for(std::chrono::seconds{20}) == std::future_status::ready;
}

}  // namespace

TEST_CASE("threads that push to different aggregates do not disturb each other") {
  constexpr int threads = 8;
  constexpr int pushes = 200;
  InMemoryEventStorageAdapter storage;
  PokemonStore store{"POKEMONS", storage};
  std::atomic<int> conflicts = 0;
  run_threads(threads, [&](int number) { level_up(store, "pokemon " + std::to_string(number), pushes, conflicts); });
  CHECK(conflicts == 0);
  for (int number = 0; number < threads; ++number) {
    CHECK(store.get_existing_aggregate("pokemon " + std::to_string(number)).level == pushes);
  }
  CHECK(store.list_aggregate_ids().aggregate_ids.size() == threads);
}

TEST_CASE("of threads that push the same version exactly one wins each time") {
  constexpr int threads = 8;
  constexpr int rounds = 100;
  InMemoryEventStorageAdapter storage;
  PokemonStore store{"POKEMONS", storage};
  std::vector<std::atomic<int>> winners(rounds);
  run_threads(threads, [&](int number) {
    for (int round = 0; round < rounds; ++round) {
      if (store.try_push_event("pikachu", round + 1, PokemonAppeared{"", number})) ++winners.at(static_cast<std::size_t>(round));
    }
  });
  for (const auto& winner : winners) {
    if (winner != 1) FAIL_CHECK("a version was won " << winner << " times");
  }
  CHECK(store.get_events("pikachu").size() == rounds);
}

TEST_CASE("threads that push to one aggregate lose nothing and leave no gap") {
  constexpr int threads = 4;
  constexpr int pushes = 100;
  InMemoryEventStorageAdapter storage;
  PokemonStore store{"POKEMONS", storage};
  std::atomic<int> conflicts = 0;
  run_threads(threads, [&](int) { level_up(store, "pikachu", pushes, conflicts); });
  const auto history = store.get_history("pikachu");
  CHECK(history.aggregate->level == threads * pushes);
  REQUIRE(history.events.size() == threads * pushes);
  CHECK(history.events.back().version() == threads * pushes);
}

TEST_CASE("readers see a whole prefix of the history while it is appended to and overwritten") {
  InMemoryEventStorageAdapter storage;
  PokemonStore store{"POKEMONS", storage};
  store.push_event("pikachu", 1, PokemonAppeared{"a name too long to be kept in place", 0});
  std::atomic<bool> done = false;
  std::atomic<int> wrong = 0;
  run_threads(4, [&](int number) {
    if (number == 0) {
      for (Version version = 2; version <= 400; ++version) {
        store.push_event("pikachu", version, PokemonLeveledUp{});
        if (version % 20 == 0) {
          store.push_event("pikachu", 1, PokemonAppeared{"a name too long to be kept in place", 0}, {.force = true});
        }
      }
      done = true;
      return;
    }
    Version before = 0;
    while (!done) {
      Version now = 0;
      if (number == 1) {
        now = static_cast<Version>(records_of(storage, "POKEMONS", "pikachu").size());
      } else {
        const auto pokemon = number == 2 ? store.get_aggregate("pikachu") : store.get_history("pikachu").aggregate;
        now = pokemon.value().version;
        if (pokemon->level != now - 1) ++wrong;
      }
      if (now < before) ++wrong;
      before = now;
    }
  });
  CHECK(wrong == 0);
  CHECK(store.get_existing_aggregate("pikachu").version == 400);
}

TEST_CASE("a history that turns from objects into records under its readers reads the same") {
  InMemoryEventStorageAdapter storage;
  PokemonStore store{"POKEMONS", storage};
  std::atomic<int> wrong = 0;
  run_threads(3, [&](int number) {
    for (int round = 0; round < 60; ++round) {
      const std::string id = "pokemon " + std::to_string(round);
      if (number == 0) {
        store.push_event(id, 1, PokemonAppeared{"Pikachu", 0});
        const castore::PushRecord record{"POKEMONS", {id, 2, "POKEMON_LEVELED_UP", at(0), "", ""}};
        if (storage.push_events({&record, 1}, {}).status != castore::PushOutcome::pushed) ++wrong;
        store.push_event(id, 3, PokemonLeveledUp{});
      } else {
        const auto pokemon = store.get_aggregate(id);
        if (pokemon && pokemon->level != pokemon->version - 1) ++wrong;
      }
    }
  });
  CHECK(wrong == 0);
}

TEST_CASE("groups over the same aggregates in any order neither wait for each other for ever nor mix") {
  constexpr int threads = 6;
  constexpr int transfers = 150;
  constexpr int accounts = 5;
  InMemoryEventStorageAdapter storage;
  PokemonStore a{"A", storage};
  PokemonStore b{"B", storage};
  const auto id = [](int number) { return "account " + std::to_string(number); };
  for (int number = 0; number < accounts; ++number) {
    a.push_event(id(number), 1, PokemonAppeared{"", 0});
    b.push_event(id(number), 1, PokemonAppeared{"", 0});
  }
  std::atomic<int> pushed = 0;
  run_threads(threads, [&](int number) {
    for (int done = 0; done < transfers; ++done) {
      const std::string from = id((number + done) % accounts);
      const std::string to = id((number * 3 + done * 2) % accounts);
      const Version from_version = a.get_existing_aggregate(from).version;
      const Version to_version = b.get_existing_aggregate(to).version;
      try {
        // Half of the threads name the stores the other way round.
        if (number % 2 == 0) {
          push_event_group(a.group_event(from, from_version + 1, PokemonLeveledUp{}),
                           b.group_event(to, to_version + 1, PokemonLeveledUp{}));
        } else {
          push_event_group(b.group_event(to, to_version + 1, PokemonLeveledUp{}),
                           a.group_event(from, from_version + 1, PokemonLeveledUp{}));
        }
        ++pushed;
      } catch (const castore::EventAlreadyExistsError&) {
      }
    }
  });
  int levels_of_a = 0;
  int levels_of_b = 0;
  for (int number = 0; number < accounts; ++number) {
    levels_of_a += a.get_existing_aggregate(id(number)).level;
    levels_of_b += b.get_existing_aggregate(id(number)).level;
    CHECK(a.get_existing_aggregate(id(number)).level == a.get_existing_aggregate(id(number)).version - 1);
  }
  CHECK(pushed > 0);
  CHECK(levels_of_a == pushed);
  CHECK(levels_of_b == pushed);
}

TEST_CASE("a list shows every aggregate that was there when it began while others are pushed") {
  constexpr int before = 150;
  InMemoryEventStorageAdapter storage;
  PokemonStore store{"POKEMONS", storage};
  for (int number = 0; number < before; ++number) {
    store.push_event("old " + std::to_string(number), 1, PokemonLeveledUp{}, {.timestamp = at(number % 10)});
  }
  std::atomic<bool> done = false;
  std::atomic<int> wrong = 0;
  run_threads(4, [&](int number) {
    if (number < 2) {
      for (int round = 0; round < 200; ++round) {
        store.push_event("new " + std::to_string(number) + "/" + std::to_string(round), 1, PokemonLeveledUp{},
                         {.timestamp = at(round % 12)});
      }
      done = true;
      return;
    }
    do {
      std::vector<std::string> seen;
      for (const auto& entry : store.aggregate_ids({.limit = 7, .reverse = number == 3})) {
        if (entry.aggregate_id.starts_with("old")) seen.push_back(entry.aggregate_id);
      }
      std::sort(seen.begin(), seen.end());
      if (seen.size() != before || std::adjacent_find(seen.begin(), seen.end()) != seen.end()) ++wrong;
    } while (!done);
  });
  CHECK(wrong == 0);
  CHECK(store.list_aggregate_ids().aggregate_ids.size() == before + 400);
}

TEST_CASE("a reducer that waits holds up no writer and no reader of any aggregate") {
  InMemoryEventStorageAdapter storage;
  PokemonStore store{"POKEMONS", storage};
  store.push_events("pikachu", 0, PokemonAppeared{"Pikachu", 5}, PokemonHealed{});
  std::promise<void> entered;
  std::promise<void> released;
  std::shared_future<void> release = released.get_future();
  const auto reducer = [&entered, release](Pokemon& pokemon, const auto& event) {
    if constexpr (std::same_as<std::remove_cvref_t<decltype(event)>, PokemonHealed>) {
      entered.set_value();
      release.wait();
    }
    ++pokemon.level;
  };
  const castore::EventStore<PokemonEvents, Pokemon, decltype(reducer)> slow{"POKEMONS", storage, {.reducer = reducer}};
  auto loading = std::async(std::launch::async, [&] { return slow.get_existing_aggregate("pikachu").version; });
  entered.get_future().wait();

  auto others = std::async(std::launch::async, [&] {
    store.push_event("pikachu", 3, PokemonLeveledUp{});
    store.push_event("pikachu", 1, PokemonAppeared{"Raichu", 9}, {.force = true});
    for (int number = 0; number < 300; ++number) {
      store.push_event("pokemon " + std::to_string(number), 1, PokemonLeveledUp{});
    }
    push_event_group(store.group_event("pikachu", 4, PokemonLeveledUp{}), store.group_event("eevee", 1, PokemonHealed{}));
    return store.get_existing_aggregate("pikachu").version + static_cast<Version>(store.list_aggregate_ids().aggregate_ids.size());
  });
  const bool was_ready = is_ready_soon(others);
  released.set_value();
  CHECK(was_ready);
  CHECK(others.get() == 4 + 302);
  CHECK(loading.get() == 2);
}

TEST_CASE("a first push whose reducer waits holds up nobody else") {
  InMemoryEventStorageAdapter storage;
  PokemonStore store{"POKEMONS", storage};
  std::promise<void> entered;
  std::promise<void> released;
  std::shared_future<void> release = released.get_future();
  const auto reducer = [&entered, release](Pokemon& pokemon, const auto&) {
    entered.set_value();
    release.wait();
    ++pokemon.level;
  };
  castore::EventStore<PokemonEvents, Pokemon, decltype(reducer)> slow{"POKEMONS", storage, {.reducer = reducer}};
  auto pushing =
      std::async(std::launch::async, [&] { return slow.try_push_event("pikachu", 1, PokemonHealed{}).has_value(); });
  entered.get_future().wait();
  auto faster = std::async(std::launch::async, [&] {
    return store.try_push_event("pikachu", 1, PokemonAppeared{"Pikachu", 5}).has_value();
  });
  const bool was_ready = is_ready_soon(faster);
  released.set_value();
  CHECK(was_ready);
  CHECK(faster.get());
  CHECK_FALSE(pushing.get());
  CHECK(store.get_existing_aggregate("pikachu").name == "Pikachu");
}

TEST_CASE("on_event_pushed may wait without holding up anybody else") {
  InMemoryEventStorageAdapter storage;
  PokemonStore store{"POKEMONS", storage};
  std::promise<void> entered;
  std::promise<void> released;
  std::shared_future<void> release = released.get_future();
  PokemonStore slow{"POKEMONS", storage, {.on_event_pushed = [&entered, release](const auto&) {
                      entered.set_value();
                      release.wait();
                    }}};
  auto pushing = std::async(std::launch::async, [&] { slow.push_event("pikachu", 1, PokemonLeveledUp{}); });
  entered.get_future().wait();
  auto next = std::async(std::launch::async, [&] { store.push_event("pikachu", 2, PokemonLeveledUp{}); });
  const bool was_ready = is_ready_soon(next);
  released.set_value();
  CHECK(was_ready);
  pushing.get();
  CHECK(store.get_existing_aggregate("pikachu").version == 2);
}
