// SPDX-License-Identifier: MIT
// A reducer folds events into the state they lead to.

#include "pokemon/pokemon.hpp"

#include <castore/castore.hpp>

#include <cstddef>
#include <iostream>
#include <optional>
#include <span>
#include <vector>

int main() {
  // [by_hand]
  const PokemonReducer reduce;
  Pokemon pikachu;
  pikachu = reduce(pikachu, PokemonAppeared{"Pikachu", 5});
  pikachu = reduce(pikachu, PokemonLeveledUp{});
  std::cout << pikachu.name << " is at level " << pikachu.level << '\n';
  // [/by_hand]

  // [fold]
  const std::vector<castore::Event<PokemonEvents>> history{
      castore::EventDetail<PokemonAppeared>{.aggregate_id = "pikachu", .version = 1, .payload = {"Pikachu", 5}},
      castore::EventDetail<PokemonLeveledUp>{.aggregate_id = "pikachu", .version = 2, .payload = {}},
      castore::EventDetail<PokemonCaughtByTrainer>{.aggregate_id = "pikachu", .version = 3, .payload = {"ash"}}};

  for (std::size_t count = 0; count <= history.size(); ++count) {
    const std::optional<Pokemon> pokemon = castore::build_aggregate<Pokemon>(reduce, std::span{history}.first(count));
    std::cout << "after " << count << " events: ";
    if (!pokemon) {
      std::cout << "there is no pokemon\n";
      continue;
    }
    std::cout << pokemon->aggregate_id << " version " << pokemon->version << ", level " << pokemon->level
              << (pokemon->status == PokemonStatus::wild ? ", wild" : ", caught by " + pokemon->trainer_id) << '\n';
  }
  // [/fold]
}
