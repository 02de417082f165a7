// SPDX-License-Identifier: MIT
// expected: castore: a CachedEventStore hands out copies of its aggregates; give the aggregate a copy constructor
// expected: Pokemon
// errors: 1
#include <castore/castore.hpp>
#include <castore/snapshots.hpp>

#include <memory>
#include <string>
#include <string_view>

struct PokemonAppeared {
  static constexpr std::string_view type = "POKEMON_APPEARED";
  std::string name;
};
struct Pokemon {
  std::string aggregate_id;
  castore::Version version = 0;
#ifdef OFFEND
  std::unique_ptr<std::string> name;
#else
  std::shared_ptr<std::string> name;
#endif
};
struct PokemonReducer {
  void operator()(Pokemon& pokemon, const PokemonAppeared& event) const {
    pokemon.name.reset(new std::string{event.name});
  }
};

int main() {
  castore::InMemoryEventStorageAdapter storage;
  castore::EventStore<castore::Events<PokemonAppeared>, Pokemon, PokemonReducer> pokemons{"POKEMONS", storage};
  castore::CachedEventStore cached{pokemons};
  (void)cached.get_aggregate("pikachu");
}
