// SPDX-License-Identifier: MIT
// expected: castore: say what becomes of a message that cannot be published, as its event is stored all the same
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
  castore::NotificationMessageBus bus{"BUS", pokemons};
#ifndef OFFEND
  castore::ConnectedEventStore connected{pokemons, bus, [](const auto&, const std::exception_ptr&) {}};
#else
  castore::ConnectedEventStore connected{pokemons, bus};
#endif
}
