// SPDX-License-Identifier: MIT
// "No two pokemons have the same nickname" is a rule over all aggregates; a version of one of them cannot hold it.

#include <castore/castore.hpp>

#include <iostream>
#include <set>
#include <stdexcept>
#include <string>
#include <string_view>
#include <tuple>

struct PokemonNamed {
  static constexpr std::string_view type = "POKEMON_NAMED";
  std::string nickname;
};
struct Pokemon {
  std::string aggregate_id;
  castore::Version version = 0;
  std::string nickname{};
};
struct PokemonReducer {
  void operator()(Pokemon& pokemon, const PokemonNamed& event) const { pokemon.nickname = event.nickname; }
};

// [reservation]
struct NicknameReserved {
  static constexpr std::string_view type = "NICKNAME_RESERVED";
  std::string pokemon_id;
};
struct NicknameReleased {
  static constexpr std::string_view type = "NICKNAME_RELEASED";
};
struct Nickname {  // its id is the nickname
  std::string aggregate_id;
  castore::Version version = 0;
  std::string pokemon_id{};             // empty: free
};
struct NicknameReducer {
  void operator()(Nickname& nickname, const NicknameReserved& event) const { nickname.pokemon_id = event.pokemon_id; }
  void operator()(Nickname& nickname, const NicknameReleased&) const { nickname.pokemon_id.clear(); }
};
// [/reservation]

using Adapter = castore::InMemoryEventStorageAdapter;
using PokemonStore = castore::EventStore<castore::Events<PokemonNamed>, Pokemon, PokemonReducer, Adapter>;
using NicknameStore =
    castore::EventStore<castore::Events<NicknameReserved, NicknameReleased>, Nickname, NicknameReducer, Adapter>;

// [name]
void name_pokemon(PokemonStore& pokemons, NicknameStore& nicknames, const std::string& id, const std::string& name) {
  const auto handler = [&](PokemonStore& pokemon_store, NicknameStore& names) {
    const auto pokemon = pokemon_store.get_aggregate(id);
    const auto nickname = names.get_aggregate(name);
    if (nickname && !nickname->pokemon_id.empty()) throw std::domain_error{name + " is taken"};
    castore::push_event_group(pokemon_store.group_event(id, (pokemon ? pokemon->version : 0) + 1, PokemonNamed{name}),
                              names.group_event(name, (nickname ? nickname->version : 0) + 1, NicknameReserved{id}));
  };
  castore::Command{"NAME_POKEMON", std::tie(pokemons, nicknames), handler}();
}
// [/name]

int main() {
  Adapter storage;
  PokemonStore pokemons{"POKEMONS", storage};
  NicknameStore nicknames{"NICKNAMES", storage};

  // [fall]
  const auto names_in_use = [&] {  // a query, fast or slow, on a read model or not
    std::set<std::string> names;
    for (const auto& entry : pokemons.aggregate_ids()) {
      names.insert(pokemons.get_existing_aggregate(entry.aggregate_id).nickname);
    }
    return names;
  };
  const bool is_free_for_ash = !names_in_use().contains("Sparky");
  const bool is_free_for_misty = !names_in_use().contains("Sparky");  // at the same time
  if (is_free_for_ash) pokemons.push_event("pikachu", 1, PokemonNamed{"Sparky"});
  if (is_free_for_misty) pokemons.push_event("voltorb", 1, PokemonNamed{"Sparky"});
  for (const char* id : {"pikachu", "voltorb"}) {
    std::cout << id << " is called " << pokemons.get_existing_aggregate(id).nickname << '\n';
  }
  // [/fall]

  // [way]
  name_pokemon(pokemons, nicknames, "raichu", "Flash");
  try {
    name_pokemon(pokemons, nicknames, "jolteon", "Flash");
  } catch (const std::domain_error& error) {
    std::cout << "jolteon: " << error.what() << '\n';
  }
  // what the storage does if both programs have asked before either has pushed:
  const auto late = nicknames.try_push_event("Flash", 1, NicknameReserved{"jolteon"});
  std::cout << "reserved twice: " << (late ? "yes" : "no") << '\n';
  // [/way]
}
