// SPDX-License-Identifier: MIT
// expected: castore: this payload has no event type; write in it: static constexpr std::string_view type =
// expected: CheckedPayload<PokemonCaught>
// errors[gcc]: 1
#include <castore/castore.hpp>

#include <string_view>
#include <type_traits>

struct PokemonAppeared {
  static constexpr std::string_view type = "POKEMON_APPEARED";
};
struct PokemonCaught {
#ifndef OFFEND
  static constexpr std::string_view type = "POKEMON_CAUGHT";
#endif
};

struct Pokemon : castore::Aggregate {
  std::string_view last_event;
};
struct PokemonReducer {
  /// Who asks whether it can be called compiles it, and finds a second mistake.
  auto operator()(Pokemon pokemon, const auto& event) const {
    pokemon.last_event = std::remove_cvref_t<decltype(event)>::type;
    return pokemon;
  }
};

int main() {
  castore::InMemoryEventStorageAdapter storage;
  castore::EventStore<castore::Events<PokemonAppeared, PokemonCaught>, Pokemon, PokemonReducer> pokemons{"POKEMONS",
                                                                                                         storage};
  pokemons.push_event("pikachu", 1, PokemonAppeared{});
}
