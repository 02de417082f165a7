// SPDX-License-Identifier: MIT
// expected: castore: the field of this number is volatile, so it may change while it is stored; leave the word out
// expected[gcc]: IsVolatile<Owner, number>::explain() [with Owner = PokemonCaught; long unsigned int number = 2]
// expected[clang]: IsVolatile<PokemonCaught, 2
// errors: 1
#include <castore/castore.hpp>

#include <string_view>

struct PokemonCaught {
  static constexpr std::string_view type = "POKEMON_CAUGHT";
  int balls = 0;
#ifdef OFFEND
  volatile unsigned level;
#else
  unsigned level;
#endif
};

struct Pokemon : castore::Aggregate {};
struct PokemonReducer {
  void operator()(Pokemon&, const PokemonCaught&) const {}
};

int main() {
  castore::InMemoryEventStorageAdapter storage;
  castore::EventStore<castore::Events<PokemonCaught>, Pokemon, PokemonReducer> pokemons{"POKEMONS", storage};
  pokemons.push_event("pikachu", 1, PokemonCaught{});
}
