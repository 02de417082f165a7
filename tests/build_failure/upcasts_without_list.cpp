// SPDX-License-Identifier: MIT
// expected: castore: `upcasts` of this event is not a list of older forms; write in it: using upcasts = castore::Upcasts<TheOlderForm>;
// expected: PokemonCaught
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
#ifdef OFFEND
  using upcasts = PokemonCaught1;
#else
  using upcasts = castore::Upcasts<PokemonCaught1>;
#endif
  static PokemonCaught upcast(PokemonCaught1 old) { return {.trainer_id = std::move(old.trainer)}; }
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
