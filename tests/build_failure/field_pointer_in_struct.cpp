// SPDX-License-Identifier: MIT
// expected: castore: this points to text or objects elsewhere, which are gone when it is loaded
// expected: Field<Move, 
// expected[gcc]: Move::name)
// expected[clang]: .name}
// errors: 1
#include <castore/castore.hpp>

#include <string>
#include <string_view>
#include <vector>

struct Move {
#ifdef OFFEND
  const char* name = "";
#else
  std::string name;
#endif
};
struct PokemonCaught {
  static constexpr std::string_view type = "POKEMON_CAUGHT";
  std::vector<Move> moves;
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
