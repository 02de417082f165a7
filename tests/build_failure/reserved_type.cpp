// SPDX-License-Identifier: MIT
// expected: castore: this payload's type is reserved for messages; choose another name
// expected: CheckedPayload<PokemonReplayed>
// errors: 1
#include <castore/castore.hpp>

#include <string_view>

struct PokemonReplayed {
#ifdef OFFEND
  static constexpr std::string_view type = "__REPLAYED__";
#else
  static constexpr std::string_view type = "POKEMON_REPLAYED";
#endif
};

struct Pokemon : castore::Aggregate {};
struct PokemonReducer {
  void operator()(Pokemon&, const PokemonReplayed&) const {}
};

int main() {
  castore::InMemoryEventStorageAdapter storage;
  castore::EventStore<castore::Events<PokemonReplayed>, Pokemon, PokemonReducer> pokemons{"POKEMONS", storage};
  pokemons.push_event("pikachu", 1, PokemonReplayed{});
}
