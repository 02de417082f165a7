// SPDX-License-Identifier: MIT
// expected: castore: `former_types` of this event has a place without a text; make the list as long as there are former types
// expected: PokemonCaught
// errors: 1
#include <castore/castore.hpp>

#include <array>
#include <string>
#include <string_view>

struct PokemonCaught {
  static constexpr std::string_view type = "POKEMON_CAUGHT";
  std::string trainer_id;
#ifdef OFFEND
  static constexpr std::array<const char*, 2> former_types{"POKEMON_TAKEN"};
#else
  static constexpr std::array<const char*, 1> former_types{"POKEMON_TAKEN"};
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
