// SPDX-License-Identifier: MIT
// Three releases of one program over one file: each reads what those before it stored.

#include <castore/adapters/sqlite.hpp>
#include <castore/castore.hpp>
#include <castore/testing/event_schema.hpp>

#include <array>
#include <filesystem>
#include <iostream>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include <nlohmann/json.hpp>

namespace release_1 {
struct PokemonCaught {
  static constexpr std::string_view type = "POKEMON_CAUGHT";
  std::string trainer;
};
struct PokemonReleased {
  static constexpr std::string_view type = "POKEMON_RELEASED";
};
struct Pokemon {
  std::string aggregate_id;
  castore::Version version = 0;
  std::string trainer;
};
struct PokemonReducer {
  void operator()(Pokemon& pokemon, const PokemonCaught& event) const { pokemon.trainer = event.trainer; }
  void operator()(Pokemon& pokemon, const PokemonReleased&) const { pokemon.trainer.clear(); }
};
using PokemonEvents = castore::Events<PokemonCaught, PokemonReleased>;
using PokemonStore = castore::EventStore<PokemonEvents, Pokemon, PokemonReducer>;
}  // namespace release_1

namespace release_2 {
// A trainer is known by an id now, and what was released is free.
using PokemonCaught1 = release_1::PokemonCaught;
struct PokemonCaught {
  static constexpr std::string_view type = "POKEMON_CAUGHT_2";
  std::string trainer_id;
  using upcasts = castore::Upcasts<PokemonCaught1>;
  static PokemonCaught upcast(PokemonCaught1 old) { return {.trainer_id = "trainer-" + old.trainer}; }
};
struct PokemonFreed {
  static constexpr std::string_view type = "POKEMON_FREED";
  static constexpr std::array<std::string_view, 1> former_types{"POKEMON_RELEASED"};
};
struct Pokemon {
  std::string aggregate_id;
  castore::Version version = 0;
  std::string trainer_id;
};
struct PokemonReducer {
  void operator()(Pokemon& pokemon, const PokemonCaught& event) const { pokemon.trainer_id = event.trainer_id; }
  void operator()(Pokemon& pokemon, const PokemonFreed&) const { pokemon.trainer_id.clear(); }
};
using PokemonEvents = castore::Events<PokemonCaught, PokemonFreed>;
using PokemonStore = castore::EventStore<PokemonEvents, Pokemon, PokemonReducer>;
}  // namespace release_2

namespace release_3 {
// The ball counts, too. Before, nobody wrote down which it was.
using PokemonCaught2 = release_2::PokemonCaught;
using release_2::PokemonFreed;
struct PokemonCaught {
  static constexpr std::string_view type = "POKEMON_CAUGHT_3";
  std::string trainer_id;
  std::optional<std::string> ball;
  using upcasts = castore::Upcasts<PokemonCaught2>;
  static PokemonCaught upcast(PokemonCaught2 old) { return {std::move(old.trainer_id), std::nullopt}; }
};
struct Pokemon {
  std::string aggregate_id;
  castore::Version version = 0;
  std::string trainer_id;
  std::string balls;
};
struct PokemonReducer {
  void operator()(Pokemon& pokemon, const PokemonCaught& event) const {
    pokemon.trainer_id = event.trainer_id;
    pokemon.balls += (pokemon.balls.empty() ? "" : ", ") + event.ball.value_or("some ball");
  }
  void operator()(Pokemon& pokemon, const PokemonFreed&) const { pokemon.trainer_id.clear(); }
};
using PokemonEvents = castore::Events<PokemonCaught, PokemonFreed>;
using PokemonStore = castore::EventStore<PokemonEvents, Pokemon, PokemonReducer>;
}  // namespace release_3

// Every form that was committed is there still, as it was. A program of yours compares with a file:
// castore::testing::check_event_schema<PokemonEvents>("pokemon_events.schema.json").
bool keeps_all_forms(const nlohmann::json& committed, const nlohmann::json& now) {
  for (const auto& [type, form] : committed.at("$defs").items()) {
    if (now.at("$defs").value(type, nlohmann::json{}) != form) return false;
  }
  return true;
}

int main() {
  const std::string file = "three_releases.db";
  std::filesystem::remove(file);  // of an earlier run
  {
    castore::SqliteEventStorageAdapter storage{file};
    release_1::PokemonStore pokemons{"POKEMONS", storage};
    pokemons.push_events("pikachu", 0, release_1::PokemonCaught{"ash"}, release_1::PokemonReleased{});
    std::cout << "release 1: version " << pokemons.get_existing_aggregate("pikachu").version << '\n';
  }
  {
    castore::SqliteEventStorageAdapter storage{file};
    release_2::PokemonStore pokemons{"POKEMONS", storage};
    pokemons.push_event("pikachu", 3, release_2::PokemonCaught{"trainer-7"});
    std::cout << "release 2:";
    for (const auto& event : pokemons.get_events("pikachu")) std::cout << ' ' << event.type();
    std::cout << ", caught by " << pokemons.get_existing_aggregate("pikachu").trainer_id << '\n';
  }
  {
    castore::SqliteEventStorageAdapter storage{file};
    release_3::PokemonStore pokemons{"POKEMONS", storage};
    castore::Command capture{"CAPTURE", pokemons, [](const release_3::Pokemon& pokemon) {
                               return release_3::PokemonCaught{pokemon.trainer_id, "great ball"};
                             }};
    const auto pikachu = capture("pikachu").aggregate;
    std::cout << "release 3: caught by " << pikachu.trainer_id << " with " << pikachu.balls << '\n';

    // Release 1 runs on elsewhere, and meets an event that it does not know.
    try {
      (void)release_1::PokemonStore{"POKEMONS", storage}.get_aggregate("pikachu");
    } catch (const castore::UnknownEventTypeError& error) {
      std::cout << "release 1 stops at version " << error.version() << ", a " << error.type() << '\n';
    }
  }

  using castore::testing::event_schema;
  const nlohmann::json first = event_schema<release_1::PokemonEvents>();
  const nlohmann::json second = event_schema<release_2::PokemonEvents>();
  const nlohmann::json third = event_schema<release_3::PokemonEvents>();
  std::cout << "release 2 reads all that release 1 wrote: " << std::boolalpha << keeps_all_forms(first, second) << '\n'
            << "release 3 reads all that release 2 wrote: " << keeps_all_forms(second, third) << '\n'
            << "release 2 reads all that release 3 writes: " << keeps_all_forms(third, second) << '\n';
}
