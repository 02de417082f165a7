// SPDX-License-Identifier: MIT
// expected: castore: this field is a C array, which has no form; write std::array for it, or std::string for text
// expected: Field<PokemonCaught, char
// expected[gcc]: PokemonCaught::nickname)
// expected[clang]: .nickname}
// errors: 1
#include <castore/castore.hpp>

#include <string>
#include <string_view>

struct PokemonCaught {
  static constexpr std::string_view type = "POKEMON_CAUGHT";
  int balls = 0;
#ifdef OFFEND
  char nickname[16] = {};
#else
  std::string nickname;
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
