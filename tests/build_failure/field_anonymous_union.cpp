// SPDX-License-Identifier: MIT
// expected: castore: the field of this number is a union, which does not say what it holds; write std::variant for it
// expected[gcc]: IsUnion<Owner, number>::explain() [with Owner = PokemonCaught; long unsigned int number = 2]
// expected[clang]: IsUnion<PokemonCaught, 2
// errors: 1
#include <castore/castore.hpp>

#include <string_view>

struct PokemonCaught {
  static constexpr std::string_view type = "POKEMON_CAUGHT";
  int balls = 0;
#ifdef OFFEND
  union {
    int level;
    float weight;
  };
#else
  int level = 0;
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
