// SPDX-License-Identifier: MIT
// A store lists its aggregates, page by page.

#include "pokemon/pokemon.hpp"

#include <castore/castore.hpp>

#include <chrono>
#include <iostream>
#include <string>

int main() {
  castore::InMemoryEventStorageAdapter storage;
  PokemonStore pokemons{"POKEMONS", storage};

  // [push]
  castore::Timestamp day = std::chrono::sys_days{std::chrono::year{2022} / 1 / 1};
  for (const std::string name : {"pikachu", "bulbasaur", "charmander", "squirtle", "mew"}) {
    pokemons.push_event(name, 1, PokemonAppeared{name, 5}, {.timestamp = day});
    day += std::chrono::days{1};
  }
  // [/push]

  // [page]
  castore::AggregateIdsPage page = pokemons.list_aggregate_ids({.limit = 2});
  for (int number = 1;; ++number) {
    std::cout << "page " << number << ':';
    for (const castore::AggregateIdEntry& entry : page.aggregate_ids) std::cout << ' ' << entry.aggregate_id;
    std::cout << '\n';
    if (!page.next_page_token) break;
    page = pokemons.list_aggregate_ids({.page_token = page.next_page_token});
  }
  // [/page]

  // [range]
  std::cout << "since 2022-01-03, the last one first:\n";
  const castore::Timestamp third = std::chrono::sys_days{std::chrono::year{2022} / 1 / 3};
  for (const auto& entry : pokemons.aggregate_ids({.initial_event_after = third, .reverse = true})) {
    std::cout << "  " << castore::format_timestamp(entry.initial_event_timestamp) << ' ' << entry.aggregate_id << '\n';
  }
  // [/range]
}
