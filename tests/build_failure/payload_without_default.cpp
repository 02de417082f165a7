// SPDX-License-Identifier: MIT
// expected: castore: this type has a from_json(json, TheType&) but no default constructor to begin with; give it one, or leave its JSON functions out when it is a struct with public fields, or specialise nlohmann::adl_serializer with
// expected[gcc]: HasHalfOfJson<Type>::explain() [with Type = PokemonCaught]
// expected[clang]: HasHalfOfJson<PokemonCaught>
// errors: 1
#include <castore/castore.hpp>

#include <string_view>

struct PokemonCaught {
  static constexpr std::string_view type = "POKEMON_CAUGHT";
#ifdef OFFEND
  explicit PokemonCaught(int balls_) : balls{balls_} {}
#else
  PokemonCaught() = default;
  explicit PokemonCaught(int balls_) : balls{balls_} {}
#endif
  int balls = 0;
  NLOHMANN_DEFINE_TYPE_INTRUSIVE(PokemonCaught, balls)
};

struct Pokemon : castore::Aggregate {};
struct PokemonReducer {
  void operator()(Pokemon&, const PokemonCaught&) const {}
};

int main() {
  castore::InMemoryEventStorageAdapter storage;
  castore::EventStore<castore::Events<PokemonCaught>, Pokemon, PokemonReducer> pokemons{"POKEMONS", storage};
  pokemons.push_event("pikachu", 1, PokemonCaught{1});
}
