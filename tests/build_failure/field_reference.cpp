// SPDX-License-Identifier: MIT
// expected: castore: the field of this number is a reference, whose object is gone when it is loaded; write a value for it
// expected[gcc]: IsReference<Owner, number>::explain() [with Owner = PokemonCaught; long unsigned int number = 2]
// expected[clang]: IsReference<PokemonCaught, 2
// errors: 1
#include <castore/castore.hpp>

#include <string>
#include <string_view>

std::string ash = "ash";

struct PokemonCaught {
  static constexpr std::string_view type = "POKEMON_CAUGHT";
  int balls = 0;
#ifdef OFFEND
  std::string& trainer;
#else
  std::string trainer;
#endif
};

struct Pokemon : castore::Aggregate {};
struct PokemonReducer {
  void operator()(Pokemon&, const PokemonCaught&) const {}
};

int main() {
  castore::InMemoryEventStorageAdapter storage;
  castore::EventStore<castore::Events<PokemonCaught>, Pokemon, PokemonReducer> pokemons{"POKEMONS", storage};
  pokemons.push_event("pikachu", 1, PokemonCaught{.balls = 1, .trainer = ash});
}
