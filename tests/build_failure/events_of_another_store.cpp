// SPDX-License-Identifier: MIT
// expected: castore: this payload is not among the event types of this store; add it to the store's castore::Events<...>
// expected: TrainerJoined
// errors: 1
#include <castore/castore.hpp>

#include <string_view>

struct PokemonAppeared {
  static constexpr std::string_view type = "POKEMON_APPEARED";
};
struct TrainerJoined {
  static constexpr std::string_view type = "TRAINER_JOINED";
};

struct Pokemon : castore::Aggregate {};
struct PokemonReducer {
  void operator()(Pokemon&, const PokemonAppeared&) const {}
};

int main() {
  castore::InMemoryEventStorageAdapter storage;
  castore::EventStore<castore::Events<PokemonAppeared>, Pokemon, PokemonReducer> pokemons{"POKEMONS", storage};
  pokemons.push_event("pikachu", 1, PokemonAppeared{});
#ifdef OFFEND
  pokemons.push_events("ash", 0, TrainerJoined{});
  castore::push_event_group(pokemons.group_event("ash", 1, TrainerJoined{}));
#endif
}
