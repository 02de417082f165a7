// SPDX-License-Identifier: MIT
// expected: castore: json_case, json_names and added_fields are for structs without JSON functions, but this one has to_json and from_json; leave out the one or the other
// expected[gcc]: NamesUnusedFields<Type>::explain() [with Type = PokemonCaught]
// expected[clang]: NamesUnusedFields<PokemonCaught>
// errors: 1
#include <castore/castore.hpp>

#include <string>
#include <string_view>

struct PokemonCaught {
  static constexpr std::string_view type = "POKEMON_CAUGHT";
  std::string trainer_id;
  static constexpr auto json_case = castore::JsonCase::camel;
#ifdef OFFEND
  NLOHMANN_DEFINE_TYPE_INTRUSIVE(PokemonCaught, trainer_id)
#endif
};

struct Pokemon : castore::Aggregate {};
struct PokemonReducer {
  void operator()(Pokemon&, const PokemonCaught&) const {}
};

int main() {
  castore::InMemoryEventStorageAdapter storage;
  castore::EventStore<castore::Events<PokemonCaught>, Pokemon, PokemonReducer> pokemons{"POKEMONS", storage};
  pokemons.push_event("pikachu", 1, PokemonCaught{});
}
