// SPDX-License-Identifier: MIT
// expected: castore: the reducer has an overload for an older form of an event, which it never gets to see; move what it does into upcast(), and take the overload out
// expected: CheckedOldForm<PokemonReducer, Pokemon, PokemonCaught1, PokemonCaught>
// errors: 1
#include <castore/castore.hpp>

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
};

struct Pokemon : castore::Aggregate {};
struct PokemonReducer {
  void operator()(Pokemon&, const PokemonCaught&) const {}
#ifdef OFFEND
  void operator()(Pokemon&, const PokemonCaught1&) const {}
#endif
};

int main() {
  castore::InMemoryEventStorageAdapter storage;
  castore::EventStore<castore::Events<PokemonCaught>, Pokemon, PokemonReducer> pokemons{"POKEMONS", storage};
  pokemons.push_event("pikachu", 1, PokemonCaught{"ash"});
}
