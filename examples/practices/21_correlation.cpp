// SPDX-License-Identifier: MIT
// Every event says which request it belongs to, and what led to it.

#include <castore/castore.hpp>

#include <iostream>
#include <optional>
#include <string>
#include <string_view>

struct PokemonCaught {
  static constexpr std::string_view type = "POKEMON_CAUGHT";
  std::string trainer_id;
};
struct PokemonHealed {
  static constexpr std::string_view type = "POKEMON_HEALED";
};

struct Pokemon {
  std::string aggregate_id;
  castore::Version version = 0;
};
struct PokemonReducer {
  void operator()(Pokemon&, const auto&) const {}
};
using PokemonEvents = castore::Events<PokemonCaught, PokemonHealed>;
using PokemonStore = castore::EventStore<PokemonEvents, Pokemon, PokemonReducer>;

int main() {
  castore::InMemoryEventStorageAdapter storage;
  PokemonStore pokemons{"POKEMONS", storage};

  // [fall]
  pokemons.push_event("psyduck", 1, PokemonCaught{"misty"});
  pokemons.push_event("psyduck", 2, PokemonHealed{});
  // [/fall]

  // [command]
  const castore::Command catch_pokemon{
      "CATCH", pokemons,
      [](const std::optional<Pokemon>&, const std::string& trainer) { return PokemonCaught{trainer}; }};
  const castore::Context request{.correlation_id = "request-81", .causation_id = "request-81"};
  const auto caught = catch_pokemon.with({.context = request})("pikachu", "ash");
  // [/command]

  // [cause]
  // In a listener, which was told of this event:
  const auto next = castore::next_context(caught.events.front(), "POKEMONS");
  pokemons.push_event("pikachu", 2, PokemonHealed{}, {.context = next});
  // [/cause]

  for (const char* id : {"psyduck", "pikachu"}) {
    for (const auto& event : pokemons.get_events(id)) {
      const castore::Context& context = *event.context();
      std::cout << id << '#' << event.version() << ' ' << event.type() << ": "
                << (event.context() ? context.correlation_id + ", by " + context.causation_id : "why?") << '\n';
    }
  }
}
