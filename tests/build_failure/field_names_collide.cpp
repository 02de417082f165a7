// SPDX-License-Identifier: MIT
// expected: castore: two fields of this struct would have the same name in JSON; look at its json_names and json_case
// expected[gcc]: HasOneNameTwice<Type>::explain() [with Type = PokemonCaught]
// expected[clang]: HasOneNameTwice<PokemonCaught>
// errors: 1
#include <castore/castore.hpp>

#include <string>
#include <string_view>

struct PokemonCaught {
  static constexpr std::string_view type = "POKEMON_CAUGHT";
  std::string trainer_id;
  std::string trainer_name;
#ifdef OFFEND
  static constexpr auto json_names = castore::rename(&PokemonCaught::trainer_name, "trainer_id");
#else
  static constexpr auto json_names = castore::rename(&PokemonCaught::trainer_name, "trainer");
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
