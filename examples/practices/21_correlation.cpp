// SPDX-License-Identifier: MIT
// Every event says which request it belongs to, and what led to it.

#include <castore/castore.hpp>

#include <iostream>
#include <string>
#include <string_view>
#include <tuple>

// [metadata]
struct Trace {
  std::string correlation_id{};  // the same for all that one request led to
  std::string causation_id{};    // what directly led to this event: a request, or another event
};

struct PokemonCaught {
  static constexpr std::string_view type = "POKEMON_CAUGHT";
  using Metadata = Trace;
  std::string trainer_id;
};
struct PokemonHealed {
  static constexpr std::string_view type = "POKEMON_HEALED";
  using Metadata = Trace;
};
// [/metadata]

struct Pokemon {
  std::string aggregate_id;
  castore::Version version = 0;
};
struct PokemonReducer {
  void operator()(Pokemon&, const auto&) const {}
};
using PokemonEvents = castore::Events<PokemonCaught, PokemonHealed>;
using PokemonStore = castore::EventStore<PokemonEvents, Pokemon, PokemonReducer>;

// [cause]
std::string id_of(const castore::Event<PokemonEvents>& event) {
  return event.aggregate_id() + '/' + std::to_string(event.version());
}

const Trace& trace_of(const castore::Event<PokemonEvents>& event) {
  return event.visit([](const auto& detail) -> const Trace& { return detail.metadata; });
}

Trace caused_by(const castore::Event<PokemonEvents>& event) {
  return {.correlation_id = trace_of(event).correlation_id, .causation_id = id_of(event)};
}
// [/cause]

int main() {
  castore::InMemoryEventStorageAdapter storage;
  PokemonStore pokemons{"POKEMONS", storage};

  // [fall]
  pokemons.push_event("psyduck", 1, PokemonCaught{"misty"});
  pokemons.push_event("psyduck", 2, PokemonHealed{});
  // [/fall]

  // [way]
  const auto catch_pokemon = castore::Command{
      "CATCH", std::tie(pokemons), [](const std::string& id, PokemonStore& store, const Trace& trace) {
        const auto pokemon = store.get_aggregate(id);
        return store.push_event(id, (pokemon ? pokemon->version : 0) + 1, PokemonCaught{"ash"}, {.metadata = trace});
      }};
  const auto caught = catch_pokemon(std::string{"pikachu"}, Trace{"request-81", "request-81"});
  pokemons.push_event("pikachu", 2, PokemonHealed{}, {.metadata = caused_by(caught.event)});  // by a listener
  // [/way]

  for (const char* id : {"psyduck", "pikachu"}) {
    for (const auto& event : pokemons.get_events(id)) {
      const Trace& trace = trace_of(event);
      std::cout << id_of(event) << ' ' << event.type() << ": "
                << (trace.correlation_id.empty() ? "why?" : trace.correlation_id + ", by " + trace.causation_id)
                << '\n';
    }
  }
}
