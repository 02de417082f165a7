// SPDX-License-Identifier: MIT
// expected: castore: this adapter sends messages as JSON, but a payload or aggregate of this channel cannot be encoded
// expected: Pokemon
// errors: 1
// lines[clang]: 16
#include <castore/castore.hpp>
#include <castore/messaging/message_bus.hpp>

#include <span>
#include <string_view>

struct PokemonAppeared {
  static constexpr std::string_view type = "POKEMON_APPEARED";
};
struct Pokemon : castore::Aggregate {};  // has no JSON form
struct PokemonReducer {
  void operator()(Pokemon&, const PokemonAppeared&) const {}
};
struct Broker {
  static constexpr bool needs_json = true;
  void publish_messages(std::span<const castore::MessageView>, const castore::PublishMessageOptions&) {}
};

int main() {
  castore::EventStore<castore::Events<PokemonAppeared>, Pokemon, PokemonReducer> pokemons{"POKEMONS"};
  Broker broker;
  castore::NotificationMessageBus bus{"BUS", pokemons, broker};
#ifdef OFFEND
  castore::StateCarryingMessageBus states{"BUS", pokemons, broker};
#endif
}
