// SPDX-License-Identifier: MIT
// expected: castore: call_json is for a command with an input, and this one has none; call the command itself
// expected: Command
// errors: 1
#include <castore/castore.hpp>

#include <string_view>

struct PokemonCaught {
  static constexpr std::string_view type = "POKEMON_CAUGHT";
  int balls = 1;
};
struct Pokemon : castore::Aggregate {};
struct PokemonReducer {
  void operator()(Pokemon&, const PokemonCaught&) const {}
};
using PokemonStore = castore::EventStore<castore::Events<PokemonCaught>, Pokemon, PokemonReducer>;

int main() {
  PokemonStore pokemons{"POKEMONS"};
#ifdef OFFEND
  const castore::Command command{"CATCH", pokemons, [](const Pokemon&) { return PokemonCaught{}; }};
#else
  const castore::Command command{"CATCH", pokemons, [](const Pokemon&, int balls) { return PokemonCaught{balls}; }};
#endif
  command.call_json("pikachu", "3");
}
