// SPDX-License-Identifier: MIT
#include <castore/log/subscription.hpp>

#include <castore/adapters/in_memory.hpp>
#include <castore/castore.hpp>
#include <castore/log.hpp>
#include "core/pokemons.hpp"
#include "observers/recorder.hpp"
#include "support/catch.hpp"

#include <stdexcept>
#include <string>
#include <tuple>

using castore::InMemoryEventStorageAdapter;
using castore_tests::Pokemon;
using castore_tests::PokemonAppeared;
using castore_tests::PokemonEvents;
using castore_tests::PokemonLeveledUp;
using castore_tests::PokemonReducer;
using castore_tests::Recorder;
using castore_tests::Told;

using PokemonStore = castore::EventStore<PokemonEvents, Pokemon, PokemonReducer>;

TEST_CASE("an observer is told of each look of a subscription", "[log]") {
  InMemoryEventStorageAdapter storage;
  PokemonStore pokemons{"POKEMONS", storage};
  PokemonStore others{"OTHERS", storage};
  const Recorder recorder;
  castore::Subscription audit{"audit", storage, std::tie(pokemons), {.batch_size = 2, .observer = recorder}};
  const auto handler = [](const auto& event) {
    if (event.aggregate_id == "missingno") throw std::domain_error{"no"};
  };

  audit.poll(handler);
  CHECK(recorder.told() == Told{"start poll POKEMONS audit", "end poll POKEMONS audit: 0"});
  pokemons.push_events("pikachu", 0, PokemonAppeared{"Pikachu", 5}, PokemonLeveledUp{}, PokemonLeveledUp{});
  audit.catch_up(handler);
  CHECK(recorder.told() == Told{"start poll POKEMONS audit", "end poll POKEMONS audit: 2 at 2",
                                "start poll POKEMONS audit", "end poll POKEMONS audit: 1 at 3"});
  pokemons.push_event("missingno", 1, PokemonAppeared{"MissingNo", 1});
  CHECK_THROWS_AS(audit.poll(handler), castore::SubscriptionStoppedError);
  const Told told = recorder.told();
  REQUIRE(told.size() == 2);
  CHECK(told.back().starts_with("end poll POKEMONS audit: 0 at 3, "));
  castore::Subscription from_begin{"from begin", storage, std::tie(pokemons), {.observer = recorder}};
  CHECK_THROWS_AS(from_begin.poll(handler), castore::SubscriptionStoppedError);
  CHECK(recorder.told().back().starts_with("end poll POKEMONS from begin: 3 at 3, "));

  castore::Subscription of_two{"both", storage, std::tie(pokemons, others), {.observer = recorder}};
  of_two.poll([](const auto&) {});
  CHECK(recorder.told() == Told{"start poll both", "end poll both: 4 at 4"});
}
