// SPDX-License-Identifier: MIT
// expected: castore: the JSON functions of this type are those of its base class, which leave out its own fields; write in it NLOHMANN_DEFINE_TYPE_INTRUSIVE(TheType, all, fields), those of the base class first
// expected: JsonOfBaseClass<PokemonCaught, Caught>
// errors: 1
// lines[clang]: 20
#include <castore/castore.hpp>

#include <string>
#include <string_view>

struct Caught {
  std::string trainer;
  NLOHMANN_DEFINE_TYPE_INTRUSIVE(Caught, trainer)
};
struct PokemonCaught : Caught {
  static constexpr std::string_view type = "POKEMON_CAUGHT";
  int balls = 0;
#ifndef OFFEND
  NLOHMANN_DEFINE_TYPE_INTRUSIVE(PokemonCaught, trainer, balls)
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
