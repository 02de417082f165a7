// SPDX-License-Identifier: MIT
// A stored name that is made from a class name changes when the class is renamed.

#include <castore/castore.hpp>

#include <iostream>
#include <string>
#include <string_view>

// [fall]
#define GENERATED_EVENT(Name)                       \
  struct Name {                                     \
    static constexpr std::string_view type = #Name; \
  }
namespace release_1 {
GENERATED_EVENT(PokemonLeveled);
}
namespace release_2 {
GENERATED_EVENT(PokemonLeveledUp);  // a better name
}
// [/fall]

namespace mapped_1 {
// [way_before]
struct PokemonLeveled {
  static constexpr std::string_view type = "POKEMON_LEVELED_UP";
};
// [/way_before]
}  // namespace mapped_1
namespace mapped_2 {
// [way_after]
struct PokemonLeveledUp {  // renamed; what is stored stays
  static constexpr std::string_view type = "POKEMON_LEVELED_UP";
};
// [/way_after]
}  // namespace mapped_2

struct Pokemon {
  std::string aggregate_id;
  castore::Version version = 0;
  int level = 1;
};
struct PokemonReducer {
  void operator()(Pokemon& pokemon, const auto&) const { ++pokemon.level; }
};
template <class Payload>
using Store = castore::EventStore<castore::Events<Payload>, Pokemon, PokemonReducer>;

int main() {
  castore::InMemoryEventStorageAdapter storage;
  // [run]
  Store<release_1::PokemonLeveled>{"GENERATED", storage}.push_event("pikachu", 1, release_1::PokemonLeveled{});
  try {
    Store<release_2::PokemonLeveledUp>{"GENERATED", storage}.get_aggregate("pikachu");
  } catch (const castore::UnknownEventTypeError& error) {
    std::cout << error.what() << '\n';
  }

  Store<mapped_1::PokemonLeveled>{"MAPPED", storage}.push_event("pikachu", 1, mapped_1::PokemonLeveled{});
  const Pokemon pokemon = Store<mapped_2::PokemonLeveledUp>{"MAPPED", storage}.get_existing_aggregate("pikachu");
  std::cout << "mapped: level " << pokemon.level << '\n';
  // [/run]
}
