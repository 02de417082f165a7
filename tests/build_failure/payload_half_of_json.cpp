// SPDX-License-Identifier: MIT
// expected: castore: this type has a to_json but no from_json, so what is stored could not be read; write both, or neither when it is a struct with public fields
// expected[gcc]: HasHalfOfJson<Type>::explain() [with Type = PokemonCaught]
// expected[clang]: HasHalfOfJson<PokemonCaught>
// errors: 1
#include <castore/castore.hpp>

#include <string_view>

struct PokemonCaught {
  static constexpr std::string_view type = "POKEMON_CAUGHT";
  int balls = 0;
#ifdef OFFEND
  friend void to_json(nlohmann::json& json, const PokemonCaught& event) { json = event.balls; }
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
