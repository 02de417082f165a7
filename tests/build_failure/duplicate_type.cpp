// SPDX-License-Identifier: MIT
// expected: castore: two payloads of one Events<...> have the same event type; give each its own `type`
// expected: <PokemonAppeared, PokemonCaught>
// errors: 1
#include <castore/castore.hpp>

#include <string_view>

struct PokemonAppeared {
  static constexpr std::string_view type = "POKEMON_APPEARED";
};
struct PokemonCaught {
#ifdef OFFEND
  static constexpr std::string_view type = "POKEMON_APPEARED";
#else
  static constexpr std::string_view type = "POKEMON_CAUGHT";
#endif
};

struct Pokemon : castore::Aggregate {};
struct PokemonReducer {
  void operator()(Pokemon&, const PokemonAppeared&) const {}
  void operator()(Pokemon&, const PokemonCaught&) const {}
};

int main() {
  castore::InMemoryEventStorageAdapter storage;
  castore::EventStore<castore::Events<PokemonAppeared, PokemonCaught>, Pokemon, PokemonReducer> pokemons{"POKEMONS",
                                                                                                         storage};
  pokemons.push_event("pikachu", 1, PokemonAppeared{});
}
