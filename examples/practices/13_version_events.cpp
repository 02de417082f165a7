// SPDX-License-Identifier: MIT
// Events outlive the code that wrote them; the next release reads them too.

#include <castore/castore.hpp>

#include <iostream>
#include <string>
#include <string_view>
#include <vector>

namespace release_1 {
struct PokemonAppeared {
  static constexpr std::string_view type = "POKEMON_APPEARED";
  std::string name;
  std::string element;
  NLOHMANN_DEFINE_TYPE_INTRUSIVE(PokemonAppeared, name, element)
};
}  // namespace release_1

namespace careless {
// [fall]
struct PokemonAppeared {
  static constexpr std::string_view type = "POKEMON_APPEARED";
  std::string name;
  std::string element;
  std::string region;  // new
  NLOHMANN_DEFINE_TYPE_INTRUSIVE(PokemonAppeared, name, element, region)
};
// [/fall]
}  // namespace careless

namespace release_2 {
// [weak]
struct PokemonAppeared {
  static constexpr std::string_view type = "POKEMON_APPEARED";
  std::string name;
  std::string element;
  std::string region = "Kanto";  // what an event without it means
  NLOHMANN_DEFINE_TYPE_INTRUSIVE_WITH_DEFAULT(PokemonAppeared, name, element, region)
};
// [/weak]
}  // namespace release_2

namespace release_3 {
// [upcast]
struct PokemonAppeared {
  static constexpr std::string_view type = "POKEMON_APPEARED";
  std::string name;
  std::vector<std::string> elements;  // was one text, "element"
  std::string region;

  friend void to_json(nlohmann::json& json, const PokemonAppeared& event) {
    json = {{"name", event.name}, {"elements", event.elements}, {"region", event.region}};
  }
  friend void from_json(const nlohmann::json& json, PokemonAppeared& event) {
    json.at("name").get_to(event.name);
    event.region = json.value("region", "Kanto");
    if (json.contains("element")) {
      event.elements = {json.at("element").get<std::string>()};
    } else {
      json.at("elements").get_to(event.elements);
    }
  }
};
// [/upcast]
}  // namespace release_3

template <class Payload>
struct Reducer {
  struct Pokemon : castore::Aggregate {
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
