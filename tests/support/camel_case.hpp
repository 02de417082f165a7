// SPDX-License-Identifier: MIT
#ifndef CASTORE_TESTS_SUPPORT_CAMEL_CASE_HPP
#define CASTORE_TESTS_SUPPORT_CAMEL_CASE_HPP

/// @file
/// Events with names in camel case and fields that may be missing, which programs in TypeScript write and read, too.

#include <castore/core/any_event_storage_adapter.hpp>
#include <castore/core/event_store.hpp>
#include <castore/core/events.hpp>
#include <castore/fwd.hpp>
#include <castore/json.hpp>
#include <castore/reflection.hpp>

#include "support/catch.hpp"

#include <nlohmann/json.hpp>

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace castore_tests::camel_case {

struct HomeTown {
  std::string town_name;
  std::optional<int> zip_code;
  static constexpr auto json_case = castore::JsonCase::camel;
  friend bool operator==(const HomeTown&, const HomeTown&) = default;
};
struct PokemonCaught {
  static constexpr std::string_view type = "POKEMON_CAUGHT";
  std::string trainer_id;
  std::optional<std::string> nick_name;
  std::optional<HomeTown> home_town;
  std::vector<std::optional<int>> past_levels;
  static constexpr auto json_case = castore::JsonCase::camel;
  friend bool operator==(const PokemonCaught&, const PokemonCaught&) = default;
};
struct Pokemon {
  std::string aggregate_id;
  castore::Version version = 0;
  std::vector<PokemonCaught> caught;
};
struct Reducer {
  void operator()(Pokemon& pokemon, const PokemonCaught& event) const { pokemon.caught.push_back(event); }
};

/// Castore pushes and we load, we push and Castore loads: what it knows of an aggregate is `get(id)`, its events as
/// JSON; and `push(event)` pushes one.
template <class Push, class Get>
void share(castore::AnyEventStorageAdapter storage, const std::string& id, const Push& push, const Get& get) {
  using Json = nlohmann::json;
  castore::EventStore<castore::Events<PokemonCaught>, Pokemon, Reducer> store{"POKEMONS", storage};
  const std::vector<PokemonCaught> events{
      {"ash", "Pika \xc3\xa9", HomeTown{"Pallet", 12345}, {1, std::nullopt, 3}},
      {"misty", std::nullopt, HomeTown{"Cerulean", std::nullopt}, {}},
      {"brock", std::nullopt, std::nullopt, {std::nullopt}},
  };
  const Json full{{"trainerId", "ash"},
                  {"nickName", "Pika \xc3\xa9"},
                  {"homeTown", {{"townName", "Pallet"}, {"zipCode", 12345}}},
                  {"pastLevels", {1, nullptr, 3}}};
  const Json partly{{"trainerId", "misty"}, {"homeTown", {{"townName", "Cerulean"}}}, {"pastLevels", Json::array()}};
  const Json nulls{{"trainerId", "brock"}, {"nickName", nullptr}, {"homeTown", nullptr}, {"pastLevels", {nullptr}}};
  const Json absent{{"trainerId", "brock"}, {"pastLevels", {nullptr}}};

  int version = 0;
  for (const Json& payload : {full, partly, nulls}) {
    push(Json{{"aggregateId", id},
              {"version", ++version},
              {"type", "POKEMON_CAUGHT"},
              {"timestamp", "2022-01-01T12:00:00.000Z"},
              {"payload", payload}});
  }
  CHECK(store.get_existing_aggregate(id).caught == events);
  for (const PokemonCaught& event : events) store.push_event(id, ++version, event);
  const Json seen = get(id);
  REQUIRE(seen.size() == 6);
  const Json expected[] = {full, partly, nulls, full, partly, absent};
  for (std::size_t index = 0; index < 6; ++index) CHECK(seen[index].at("payload") == expected[index]);
}

}  // namespace castore_tests::camel_case

#endif
