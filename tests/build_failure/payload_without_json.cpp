// SPDX-License-Identifier: MIT
// expected: castore: this payload cannot be encoded as JSON; include <castore/json.hpp> and write in the payload NLOHMANN_DEFINE_TYPE_INTRUSIVE
// expected: CheckedCodec<PokemonAppeared>
// errors: 1
#include <castore/castore.hpp>

#include <string_view>

struct PokemonAppeared {
  static constexpr std::string_view type = "POKEMON_APPEARED";
  int level = 1;
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
