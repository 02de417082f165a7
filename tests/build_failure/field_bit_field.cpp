// SPDX-License-Identifier: MIT
// expected: castore: a field of this struct is a bit-field or a reference, which has no place of its own; leave out the number of bits, and write a value for a reference
// expected[gcc]: HasFieldWithoutPlace<Type>::explain() [with Type = PokemonCaught]
// expected[clang]: HasFieldWithoutPlace<PokemonCaught>
// errors: 1
#include <castore/castore.hpp>

#include <string_view>

struct PokemonCaught {
  static constexpr std::string_view type = "POKEMON_CAUGHT";
  int balls = 0;
#ifdef OFFEND
  unsigned level : 7;
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
