// SPDX-License-Identifier: MIT
// What other teams read is a promise; what the store keeps is nobody's business.

#include <castore/castore.hpp>
#include <castore/messaging/connected_event_store.hpp>

#include <exception>
#include <iostream>
#include <string>
#include <string_view>

// Release 2 of the game: a level became experience, {"level": 5} became {"experience": 125}.
struct PokemonAppeared {
  static constexpr std::string_view type = "POKEMON_APPEARED";
  std::string name;
  int experience = 1;
};
struct PokemonTrained {
  static constexpr std::string_view type = "POKEMON_TRAINED";
  int experience = 0;
};
using PokemonEvents = castore::Events<PokemonAppeared, PokemonTrained>;

struct Pokemon {
  std::string aggregate_id;
  castore::Version version = 0;
  std::string name{};
  int experience = 0;

  int level() const {
    int level = 1;
    while ((level + 1) * (level + 1) * (level + 1) <= experience) ++level;
    return level;
  }
};
struct PokemonReducer {
  void operator()(Pokemon& pokemon, const PokemonAppeared& event) const {
    pokemon.name = event.name;
    pokemon.experience = event.experience;
  }
  void operator()(Pokemon& pokemon, const PokemonTrained& event) const { pokemon.experience += event.experience; }
};

// [shop]
void shop_reads(const nlohmann::json& event) {  // another team, which has not heard of release 2
  try {
    const int level = event.at("payload").at("level").get<int>();
    std::cout << "shop: level " << level << '\n';
  } catch (const nlohmann::json::exception&) {
    std::cout << "shop: there is no level\n";
  }
}
// [/shop]

// [way]
struct PublicEvents {  // a channel that translates; the only place that knows both forms
  using Message = castore::StateCarryingMessage<PokemonEvents, Pokemon>;

  void publish_message(const Message& message, const castore::PublishMessageOptions&) const {
    shop_reads({{"type", "PUBLIC_POKEMON_LEVEL_V1"},
                {"id", message.event_store_id + '/' + message.event.aggregate_id()},
                {"sequence", message.event.version()},
                {"payload", {{"name", message.aggregate.name}, {"level", message.aggregate.level()}}}});
  }
};
// [/way]

int main() {
  castore::InMemoryEventStorageAdapter storage;
  castore::EventStore<PokemonEvents, Pokemon, PokemonReducer> pokemons{"POKEMONS", storage};
  // [fall]
  pokemons.push_event("pikachu", 1, PokemonAppeared{"Pikachu", 125});
  for (const auto& event : pokemons.get_events("pikachu")) shop_reads(event);
  // [/fall]

  // [run_way]
  PublicEvents public_events;
  castore::ConnectedEventStore connected{
      pokemons, public_events, [](const auto&, const std::exception_ptr&) { std::cerr << "not published\n"; }};
  connected.push_event("bulbasaur", 1, PokemonAppeared{"Bulbasaur", 125});
  connected.push_event("bulbasaur", 2, PokemonTrained{91});
  // [/run_way]
}
