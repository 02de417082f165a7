// SPDX-License-Identifier: MIT
// expected: castore: one event type stands for two forms of events in one Events<...>; give each `type`, each of `former_types` and each older form in `upcasts` a text of its own
// expected: <PokemonCaught, PokemonCaught>
// errors: 1
#include <castore/castore.hpp>

#include <array>
#include <string>
#include <string_view>
#include <utility>

struct PokemonCaught1 {
  static constexpr std::string_view type = "POKEMON_CAUGHT";
  std::string trainer;
};
struct PokemonCaught {
  static constexpr std::string_view type = "POKEMON_CAUGHT_2";
  std::string trainer_id;
  using upcasts = castore::Upcasts<PokemonCaught1>;
  static PokemonCaught upcast(PokemonCaught1 old) { return {.trainer_id = std::move(old.trainer)}; }
#ifdef OFFEND
  static constexpr std::array<std::string_view, 1> former_types{"POKEMON_CAUGHT"};
#else
  static constexpr std::array<std::string_view, 1> former_types{"POKEMON_TAKEN"};
#endif
};

struct Pokemon : castore::Aggregate {};
struct PokemonReducer {
  void operator()(Pokemon&, const PokemonCaught&) const {}
};

int main() {
  castore::InMemoryEventStorageAdapter storage;
  castore::EventStore<castore::Events<PokemonCaught>, Pokemon, PokemonReducer> pokemons{"POKEMONS", storage};
  pokemons.push_event("pikachu", 1, PokemonCaught{"ash"});
}
