// SPDX-License-Identifier: MIT
// "Something happened, ask me what": who asks later gets another answer.

#include <castore/castore.hpp>
#include <castore/messaging/adapters/in_memory_queue.hpp>
#include <castore/messaging/connected_event_store.hpp>
#include <castore/messaging/message_queue.hpp>

#include <exception>
#include <iostream>
#include <string>
#include <string_view>

struct PokemonCaught {
  static constexpr std::string_view type = "POKEMON_CAUGHT";
  std::string trainer_id;
};
struct PokemonReleased {
  static constexpr std::string_view type = "POKEMON_RELEASED";
};

struct Pokemon {
  std::string aggregate_id;
  castore::Version version = 0;
  std::string trainer_id{};
  NLOHMANN_DEFINE_TYPE_INTRUSIVE(Pokemon, trainer_id)
};
struct PokemonReducer {
  void operator()(Pokemon& pokemon, const PokemonCaught& event) const { pokemon.trainer_id = event.trainer_id; }
  void operator()(Pokemon& pokemon, const PokemonReleased&) const { pokemon.trainer_id.clear(); }
};
using PokemonStore = castore::EventStore<castore::Events<PokemonCaught, PokemonReleased>, Pokemon, PokemonReducer>;

int main() {
  castore::InMemoryEventStorageAdapter storage;
  PokemonStore pokemons{"POKEMONS", storage};
  castore::StateCarryingMessageQueue queue{"POKEMON_QUEUE", pokemons};
  castore::InMemoryMessageQueueAdapter adapter{queue};
  castore::ConnectedEventStore connected{
      pokemons, queue, [](const auto&, const std::exception_ptr&) { std::cerr << "not published\n"; }};
  const auto tell = [](const Pokemon& pokemon) {
    std::cout << "  " << (pokemon.trainer_id.empty() ? "nobody" : pokemon.trainer_id) << " has it\n";
  };

  // [fall]
  adapter.set_worker([&](const auto& message, const auto&) {
    const std::string& id = message.event.aggregate_id();  // all that a thin message would carry
    tell(pokemons.get_existing_aggregate(id));
  });
  connected.push_events("pikachu", 0, PokemonCaught{"ash"}, PokemonReleased{});
  std::cout << "asked back:\n";
  adapter.poll();
  // [/fall]

  // [way]
  adapter.set_worker([&](const auto& message, const auto&) { tell(message.aggregate); });
  connected.push_events("psyduck", 0, PokemonCaught{"misty"}, PokemonReleased{});
  std::cout << "carried along:\n";
  adapter.poll();
  // [/way]
}
