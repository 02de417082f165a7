// SPDX-License-Identifier: MIT
// A read model is thrown away and built again, and nobody gets a mail for the second time.

#include "pokemon/pokemon.hpp"

#include <castore/castore.hpp>
#include <castore/log.hpp>

#include <iostream>
#include <map>
#include <string>
#include <string_view>
#include <tuple>

int mails = 0;
std::map<std::string, int> list;    // stands for a table: level by id
std::map<std::string, int> list_2;  // and that of version 2

// [fall]
template <int number>
struct ListAndMails {  // one listener does everything
  static constexpr std::string_view name = "list_and_mails";
  static constexpr int version = number;
  void operator()(castore::InMemoryTransaction& tx, const PokemonAppeared& event,
                  const castore::EventInfo<PokemonAppeared>& info) const {
    tx.set(list[std::string{info.aggregate_id}], event.level);
    ++mails;  // "Welcome, Pikachu!"
  }
};
// [/fall]

// [list]
struct PokemonList {  // depends on nothing but events, and does nothing but write
  static constexpr std::string_view name = "pokemon_list";
  static constexpr int version = 2;
  void operator()(castore::InMemoryTransaction& tx, const PokemonAppeared& event,
                  const castore::EventInfo<PokemonAppeared>& info) const {
    tx.set(list_2[std::string{info.aggregate_id}], event.level);
  }
  void operator()(castore::InMemoryTransaction& tx, const PokemonLeveledUp&,
                  const castore::EventInfo<PokemonLeveledUp>& info) const {
    int& level = list_2[std::string{info.aggregate_id}];
    tx.set(level, level + 1);
  }
};
// [/list]

int main() {
  castore::InMemoryEventStorageAdapter storage;
  PokemonStore pokemons{"POKEMONS", storage};
  pokemons.push_events("pikachu", 0, PokemonAppeared{"Pikachu", 5}, PokemonLeveledUp{});
  pokemons.push_event("bulbasaur", 1, PokemonAppeared{"Bulbasaur", 7});

  castore::AsyncProjection{storage, std::tie(pokemons), ListAndMails<1>{}}.catch_up();
  castore::AsyncProjection{storage, std::tie(pokemons), ListAndMails<2>{}}.catch_up();  // it is rebuilt
  std::cout << "one listener: " << list.size() << " rows, " << mails << " mails for 2 new pokemons\n";

  // [way]
  mails = 0;
  const auto send_mail = [](const castore::EventDetail<PokemonAppeared>&) { ++mails; };
  castore::Subscription welcome{"welcome", storage, std::tie(pokemons)};
  welcome.catch_up(send_mail);
  castore::AsyncProjection projection{storage, std::tie(pokemons), PokemonList{}};
  projection.catch_up();  // while version 1 goes on answering
  castore::ProjectionVersions{storage, "pokemon_list"}.activate(PokemonList{});
  // [/way]
  std::cout << "two listeners: " << list_2.size() << " rows, " << mails << " mails for 2 new pokemons\n";

  // [successor]
  castore::Subscription welcome_2{
      "welcome", storage, std::tie(pokemons), {.start = castore::SubscriptionStart::after_version(1), .version = 2}};
  pokemons.push_event("mew", 1, PokemonAppeared{"Mew", 9});
  welcome_2.catch_up(send_mail);
  // [/successor]
  std::cout << "a new version of the mails: " << mails << " mails for 3 new pokemons\n";
}
