// SPDX-License-Identifier: MIT
// Events outlive the code that wrote them; the next release reads them too.

#include <castore/castore.hpp>

#include <iostream>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace release_1 {
struct PokemonAppeared {
  static constexpr std::string_view type = "POKEMON_APPEARED";
  std::string name;
  std::string element;
};
}  // namespace release_1

namespace careless {
// [fall]
struct PokemonAppeared {
  static constexpr std::string_view type = "POKEMON_APPEARED";
  std::string name;
  std::string element;
  std::string region;  // new
};
// [/fall]
}  // namespace careless

namespace release_2 {
// [weak]
struct PokemonAppeared {
  static constexpr std::string_view type = "POKEMON_APPEARED";
  std::string name;
  std::string element;
  std::string region = "Kanto";  // for events that have no region
  static constexpr auto added_fields = castore::fields(&PokemonAppeared::region);
};
// [/weak]
}  // namespace release_2

namespace release_3 {
// [upcast]
struct PokemonAppeared1 {
  static constexpr std::string_view type = "POKEMON_APPEARED";
  std::string name;
  std::string element;
  std::string region = "Kanto";
  static constexpr auto added_fields = castore::fields(&PokemonAppeared1::region);
};
struct PokemonAppeared {
  static constexpr std::string_view type = "POKEMON_APPEARED_2";
  std::string name;
  std::vector<std::string> elements;  // was one text, "element"
  std::string region;
  using upcasts = castore::Upcasts<PokemonAppeared1>;
  static PokemonAppeared upcast(PokemonAppeared1 old) {
    return {std::move(old.name), {std::move(old.element)}, std::move(old.region)};
  }
};
// [/upcast]
}  // namespace release_3

template <class Payload>
struct Reducer {
  struct Pokemon {
    std::string aggregate_id;
    castore::Version version = 0;
    Payload appeared{};
  };
  void operator()(Pokemon& pokemon, const Payload& event) const { pokemon.appeared = event; }
};
template <class Payload>
using Store = castore::EventStore<castore::Events<Payload>, typename Reducer<Payload>::Pokemon, Reducer<Payload>>;

int main() {
  castore::InMemoryEventStorageAdapter storage;
  Store<release_1::PokemonAppeared>{"POKEMONS", storage}.push_event("pikachu", 1,
                                                                    release_1::PokemonAppeared{"Pikachu", "electric"});

  try {
    Store<careless::PokemonAppeared>{"POKEMONS", storage}.get_aggregate("pikachu");
  } catch (const castore::EventDecodeError& error) {
    std::cout << "careless: cannot decode " << error.type() << " of " << error.aggregate_id() << '\n';
  }
  const auto second = Store<release_2::PokemonAppeared>{"POKEMONS", storage}.get_existing_aggregate("pikachu").appeared;
  std::cout << "release 2: " << second.name << " of " << second.region << '\n';
  const auto third = Store<release_3::PokemonAppeared>{"POKEMONS", storage}.get_existing_aggregate("pikachu").appeared;
  std::cout << "release 3: " << third.elements.size() << " element, " << third.elements.front() << '\n';
}
