// SPDX-License-Identifier: MIT
// Another team reads our store directly. Then it can never change again.

#include "pokemon/pokemon.hpp"

#include <castore/castore.hpp>

#include <iostream>
#include <string>
#include <string_view>

// [fall]
namespace shop {  // the program of another team, on our storage
struct PokemonNoticed {
  std::string aggregate_id;
  castore::Version version = 0;
};
struct Reducer {
  void operator()(PokemonNoticed&, const PokemonAppeared&) const {}
  void operator()(PokemonNoticed&, const PokemonLeveledUp&) const {}
};
using Pokemons = castore::EventStore<castore::Events<PokemonAppeared, PokemonLeveledUp>, PokemonNoticed, Reducer>;

struct DiscountGranted {
  static constexpr std::string_view type = "DISCOUNT_GRANTED";
};
struct Discount {
  std::string aggregate_id;
  castore::Version version = 0;
};
struct DiscountReducer {
  void operator()(Discount&, const DiscountGranted&) const {}
};
using Discounts = castore::EventStore<castore::Events<DiscountGranted>, Discount, DiscountReducer>;
}  // namespace shop
// [/fall]

int main() {
  castore::InMemoryEventStorageAdapter storage;
  PokemonStore pokemons{"POKEMONS", storage};
  pokemons.push_events("pikachu", 0, PokemonAppeared{"Pikachu", 5}, PokemonLeveledUp{});

  // [read]
  const shop::Pokemons read_by_shop{"POKEMONS", storage};
  std::cout << "the shop reads " << read_by_shop.get_events("pikachu").size() << " events\n";
  pokemons.push_event("pikachu", 3, PokemonCaughtByTrainer{"ash"});  // new in our next release
  try {
    read_by_shop.get_events("pikachu");
  } catch (const castore::UnknownEventTypeError& error) {
    std::cout << "the shop does not know " << error.type() << '\n';
  }
  // [/read]

  // [write]
  shop::Discounts written_by_shop{"POKEMONS", storage};
  written_by_shop.push_event("pikachu", 4, shop::DiscountGranted{});
  try {
    pokemons.get_aggregate("pikachu");
  } catch (const castore::UnknownEventTypeError& error) {
    std::cout << "the game does not know " << error.type() << '\n';
  }
  // [/write]

  // [way]
  castore::InMemoryEventStorageAdapter storage_of_shop;
  shop::Discounts discounts{"DISCOUNTS", storage_of_shop};
  discounts.push_event("pikachu", 1, shop::DiscountGranted{});
  std::cout << "its own store: " << discounts.get_events("pikachu").size() << " discount for pikachu\n";
  // [/way]
}
