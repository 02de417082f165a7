// SPDX-License-Identifier: MIT
// expected: castore: this channel cannot carry the events of this store: it takes messages of another kind
// expected: AggregateExistsMessageBus
// errors: 1
#include <castore/castore.hpp>
#include <castore/messaging/connected_event_store.hpp>
#include <castore/messaging/message_bus.hpp>

#include <exception>
#include <string_view>

struct PokemonAppeared {
  static constexpr std::string_view type = "POKEMON_APPEARED";
};
struct Pokemon : castore::Aggregate {};
struct PokemonReducer {
  void operator()(Pokemon&, const PokemonAppeared&) const {}
};
using PokemonStore = castore::EventStore<castore::Events<PokemonAppeared>, Pokemon, PokemonReducer>;

int main() {
  PokemonStore pokemons{"POKEMONS"};
#ifndef OFFEND
  castore::NotificationMessageBus bus{"BUS", pokemons};
#else
  castore::AggregateExistsMessageBus bus{"BUS", pokemons};
#endif
  castore::ConnectedEventStore connected{pokemons, bus, [](const auto&, const std::exception_ptr&) {}};
}
