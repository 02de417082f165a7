// SPDX-License-Identifier: MIT
// expected: castore: JSON would lose digits of a long double; use double, or a std::string
// expected: Field<PokemonCaught, std::vector<long double
// expected[gcc]: PokemonCaught::weights)
// expected[clang]: .weights}
// errors: 1
#include <castore/castore.hpp>

#include <string_view>
#include <vector>

struct PokemonCaught {
  static constexpr std::string_view type = "POKEMON_CAUGHT";
#ifdef OFFEND
  std::vector<long double> weights;
#else
  std::vector<double> weights;
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
