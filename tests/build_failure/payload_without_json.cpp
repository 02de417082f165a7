// SPDX-License-Identifier: MIT
// expected: castore: this type cannot be encoded as JSON; make it a struct with public fields, without base classes and C arrays, or write in it NLOHMANN_DEFINE_TYPE_INTRUSIVE(TheType, its, fields), or specialise castore::codec<TheType>
// expected[gcc]: IsUnknown<Type>::explain() [with Type = PokemonAppeared]
// expected[clang]: IsUnknown<PokemonAppeared>
// errors: 1
#include <castore/castore.hpp>

#include <string_view>

class PokemonAppeared {
  int level = 1;

 public:
  static constexpr std::string_view type = "POKEMON_APPEARED";
  int get_level() const { return level; }
#ifndef OFFEND
  NLOHMANN_DEFINE_TYPE_INTRUSIVE(PokemonAppeared, level)
#endif
};

struct Pokemon : castore::Aggregate {};
struct PokemonReducer {
  void operator()(Pokemon&, const PokemonAppeared&) const {}
};

int main() {
  castore::InMemoryEventStorageAdapter storage;
  castore::EventStore<castore::Events<PokemonAppeared>, Pokemon, PokemonReducer> pokemons{"POKEMONS", storage};
  pokemons.push_event("pikachu", 1, PokemonAppeared{});
}
