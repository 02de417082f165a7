// SPDX-License-Identifier: MIT
#include <castore/testing/fake_clock.hpp>

#include <castore/castore.hpp>
#include "support/catch.hpp"
#include "testing/pokemons.hpp"

#include <chrono>
#include <cstddef>
#include <set>
#include <thread>
#include <vector>

namespace {

using castore::testing::FakeClock;
using namespace std::chrono_literals;

TEST_CASE("a fake clock stands still until it is set or advanced") {
  FakeClock clock;
  CHECK(castore::format_timestamp(clock()) == "2022-01-01T00:00:00.000Z");
  CHECK(castore::format_timestamp(clock()) == "2022-01-01T00:00:00.000Z");
  clock.advance(90s);
  CHECK(castore::format_timestamp(clock()) == "2022-01-01T00:01:30.000Z");
  clock.set(castore::Timestamp{1ms});
  CHECK(castore::format_timestamp(clock()) == "1970-01-01T00:00:00.001Z");
}

TEST_CASE("a fake clock with a step goes on after each reading, but not when it is looked at") {
  FakeClock clock{castore::Timestamp{10ms}, 5ms};
  CHECK(clock.now() == castore::Timestamp{10ms});
  CHECK(clock() == castore::Timestamp{10ms});
  CHECK(clock() == castore::Timestamp{15ms});
  CHECK(clock.now() == castore::Timestamp{20ms});
  clock.set_step(0ms);
  CHECK(clock() == castore::Timestamp{20ms});
  CHECK(clock() == castore::Timestamp{20ms});
}

TEST_CASE("copies of a fake clock show the same time, also the one that an event store holds") {
  FakeClock clock{castore::Timestamp{10ms}};
  castore::InMemoryEventStorageAdapter storage;
  kit_tests::PokemonStore pokemons{"POKEMONS", storage, {.clock = clock}};
  CHECK(pokemons.push_event("pikachu", 1, kit_tests::PokemonAppeared{"Pikachu", 5}).event.timestamp ==
        castore::Timestamp{10ms});
  clock.advance(1h);
  CHECK(pokemons.push_event("pikachu", 2, kit_tests::PokemonLeveledUp{}).event.timestamp ==
        castore::Timestamp{10ms + 1h});
}

TEST_CASE("threads that read a fake clock with a step never read the same time") {
  constexpr std::size_t thread_count = 4;
  constexpr std::size_t readings = 500;
  const FakeClock clock{castore::Timestamp{0ms}, 1ms};
  std::vector<std::vector<castore::Timestamp>> read(thread_count);
  {
    std::vector<std::jthread> threads;
    for (auto& mine : read) {
      threads.emplace_back([&mine, clock] {
        for (std::size_t reading = 0; reading < readings; ++reading) mine.push_back(clock());
      });
    }
  }
  std::set<castore::Timestamp> all;
  for (const auto& mine : read) all.insert(mine.begin(), mine.end());
  CHECK(all.size() == thread_count * readings);
  CHECK(clock.now() == castore::Timestamp{std::chrono::milliseconds{thread_count * readings}});
}

}  // namespace
