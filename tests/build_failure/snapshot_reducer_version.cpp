// SPDX-License-Identifier: MIT
// expected: castore: the version of a reducer is a number, `static constexpr int version = 2;`
// expected: PokemonReducer
// errors: 1
#include <castore/castore.hpp>
#include <castore/snapshots.hpp>

#include <string>
#include <string_view>

struct PokemonAppeared {
  static constexpr std::string_view type = "POKEMON_APPEARED";
  std::string name;
};
struct Pokemon {
  std::string aggregate_id;
  castore::Version version = 0;
  std::string name;
};
struct PokemonReducer {
#ifdef OFFEND
  static constexpr std::string_view version = "2";
#else
  static constexpr int version = 2;
#endif
  void operator()(Pokemon& pokemon, const PokemonAppeared& event) const { pokemon.name = event.name; }
};

int main() {
  castore::InMemoryEventStorageAdapter storage;
  castore::EventStore<castore::Events<PokemonAppeared>, Pokemon, PokemonReducer> pokemons{"POKEMONS", storage};
  castore::SnapshotEventStore fast{pokemons, storage};
  (void)fast.get_aggregate("pikachu");
}
