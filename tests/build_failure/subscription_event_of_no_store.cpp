// SPDX-License-Identifier: MIT
// expected: castore: this handler takes none of the events of these stores; give it for each event that it is to see an overload `void operator()(const castore::EventDetail<ThePayload>& event, const castore::EventPlace& place)`, and name the payload's store in std::tie(...)
// errors: 1
#include "pokemon/pokemon.hpp"
#include "pokemon/trainer.hpp"

#include <castore/log/subscription.hpp>

#include <tuple>

int main() {
  castore::InMemoryEventStorageAdapter storage;
  PokemonStore pokemons{"POKEMONS", storage};
  castore::Subscription audit{"audit", storage, std::tie(pokemons)};
#ifdef OFFEND
  audit.catch_up([](const castore::EventDetail<GameStarted>&) {});
#else
  audit.catch_up([](const castore::EventDetail<PokemonAppeared>&) {});
#endif
}
