// SPDX-License-Identifier: MIT
// expected: castore: with_metadata got an event that has no metadata; declare their type in the payload: `struct Metadata { ... };`
// expected: PokemonCaught
// errors: 1
#include <castore/castore.hpp>

#include <string>
#include <string_view>

struct PokemonCaught {
  static constexpr std::string_view type = "POKEMON_CAUGHT";
  int balls = 1;
#ifndef OFFEND
  struct Metadata {
    std::string trainer;
  };
#endif
};
struct Pokemon : castore::Aggregate {};
struct PokemonReducer {
  void operator()(Pokemon&, const PokemonCaught&) const {}
};
using PokemonStore = castore::EventStore<castore::Events<PokemonCaught>, Pokemon, PokemonReducer>;

int main() {
  PokemonStore pokemons{"POKEMONS"};
  pokemons.push_events("pikachu", 0, castore::with_metadata(PokemonCaught{2}, {}));
}
