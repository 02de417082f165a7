// SPDX-License-Identifier: MIT
// expected: castore: this struct has a base class, so its fields are not found; make them all its own (an aggregate has `std::string aggregate_id; castore::Version version = 0;` instead of castore::Aggregate), or write in it NLOHMANN_DEFINE_TYPE_INTRUSIVE(TheType, all, fields)
// expected: Pokemon
// errors: 1
#include <castore/castore.hpp>
#include <castore/http.hpp>

#include <string>
#include <string_view>

struct PokemonAppeared {
  static constexpr std::string_view type = "POKEMON_APPEARED";
  std::string name;
};

#ifdef OFFEND
struct Pokemon : castore::Aggregate {
  std::string name;
};
#else
struct Pokemon {
  std::string aggregate_id;
  castore::Version version = 0;
  std::string name;
};
#endif

struct PokemonReducer {
  void operator()(Pokemon& pokemon, const PokemonAppeared& event) const { pokemon.name = event.name; }
};

int main() {
  castore::InMemoryEventStorageAdapter storage;
  castore::EventStore<castore::Events<PokemonAppeared>, Pokemon, PokemonReducer> pokemons{"POKEMONS", storage};
  castore::Explorer explorer{storage};
  explorer.add(pokemons);
}
