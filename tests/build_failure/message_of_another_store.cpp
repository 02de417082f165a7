// SPDX-License-Identifier: MIT
// expected: castore: this message is of a store that is not among the source stores of this channel
// expected: TrainerJoined
// errors: 1
#include <castore/castore.hpp>
#include <castore/messaging/message_queue.hpp>

#include <string_view>
#include <vector>

struct PokemonAppeared {
  static constexpr std::string_view type = "POKEMON_APPEARED";
};
struct Pokemon : castore::Aggregate {};
struct PokemonReducer {
  void operator()(Pokemon&, const PokemonAppeared&) const {}
};
using PokemonStore = castore::EventStore<castore::Events<PokemonAppeared>, Pokemon, PokemonReducer>;

struct TrainerJoined {
  static constexpr std::string_view type = "TRAINER_JOINED";
};

int main() {
  PokemonStore pokemons{"POKEMONS"};
  const castore::NotificationMessageQueue queue{"QUEUE", pokemons};
  queue.publish_messages(std::vector<castore::NotificationMessage<castore::Events<PokemonAppeared>>>{});
#ifdef OFFEND
  queue.publish_messages(std::vector<castore::NotificationMessage<castore::Events<TrainerJoined>>>{});
#endif
}
