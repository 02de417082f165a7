// SPDX-License-Identifier: MIT
// An event says what happened, to whom, and when.

#include "pokemon/pokemon.hpp"

#include <castore/castore.hpp>

#include <chrono>
#include <iostream>
#include <vector>

int main() {
  using std::chrono::sys_days;
  using std::chrono::year;

  // [detail]
  const castore::EventDetail<PokemonAppeared> appeared{.aggregate_id = "pikachu",
                                                       .version = 1,
                                                       .timestamp = sys_days{year{2022} / 1 / 1},
                                                       .payload = {.name = "Pikachu", .level = 5}};
  // [/detail]
  const castore::EventDetail<PokemonLeveledUp> leveled_up{
      .aggregate_id = "pikachu", .version = 2, .timestamp = sys_days{year{2022} / 1 / 2}, .payload = {}};
  const castore::EventDetail<PokemonCaughtByTrainer> caught{
      .aggregate_id = "pikachu", .version = 3, .timestamp = sys_days{year{2022} / 1 / 3}, .payload = {"ash"}};

  // [history]
  const std::vector<castore::Event<PokemonEvents>> history{appeared, leveled_up, caught};
  for (const castore::Event<PokemonEvents>& event : history) {
    std::cout << event.version() << ' ' << event.type() << ": ";
    event.visit(
        [](const castore::EventDetail<PokemonAppeared>& detail) {
          std::cout << detail.payload.name << " at level " << detail.payload.level << '\n';
        },
        [](const castore::EventDetail<PokemonLeveledUp>&) { std::cout << "one level more\n"; },
        [](const castore::EventDetail<PokemonCaughtByTrainer>& detail) {
          std::cout << "by " << detail.payload.trainer_id << '\n';
        });
  }
  // [/history]

  // [json]
  std::cout << nlohmann::json(history.front()).dump(2) << '\n';
  // [/json]
}
