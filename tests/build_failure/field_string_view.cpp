// SPDX-License-Identifier: MIT
// expected: castore: this points to text or objects elsewhere, which are gone when it is loaded; use std::string for a std::string_view
// expected: Field<PokemonCaught, std::basic_string_view<char>
// expected[gcc]: PokemonCaught::trainer)
// expected[clang]: .trainer}
// errors: 1
#include <castore/castore.hpp>

#include <string>
#include <string_view>

struct PokemonCaught {
  static constexpr std::string_view type = "POKEMON_CAUGHT";
  int balls = 0;
#ifdef OFFEND
  std::string_view trainer;
#else
  std::string trainer;
#endif
  NLOHMANN_DEFINE_TYPE_INTRUSIVE(PokemonCaught, balls, trainer)
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
