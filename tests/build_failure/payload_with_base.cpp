// SPDX-License-Identifier: MIT
// expected: castore: this struct has a base class, so its fields are not found; make them all its own (an aggregate has `std::string aggregate_id; castore::Version version = 0;` instead of castore::Aggregate), or write in it NLOHMANN_DEFINE_TYPE_INTRUSIVE(TheType, all, fields)
// expected[gcc]: HasBaseClass<Type>::explain() [with Type = PokemonCaught]
// expected[clang]: HasBaseClass<PokemonCaught>
// errors: 1
#include <castore/castore.hpp>

#include <string>
#include <string_view>

struct Caught {
  std::string trainer;
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
