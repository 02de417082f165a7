// SPDX-License-Identifier: MIT
// expected: castore: upcast() returns another type than the event that it is written in; let it return that event, by value
// expected: CheckedUpcast<PokemonCaught, PokemonCaught1>
// errors: 1
#include <castore/castore.hpp>

#include <string>
#include <string_view>
#include <utility>

struct PokemonCaught1 {
  static constexpr std::string_view type = "POKEMON_CAUGHT";
  std::string trainer;
};
struct PokemonCaught {
  static constexpr std::string_view type = "POKEMON_CAUGHT_2";
  std::string trainer_id;
  using upcasts = castore::Upcasts<PokemonCaught1>;
#ifdef OFFEND
  static PokemonCaught1 upcast(PokemonCaught1 old) { return old; }
#else
  static PokemonCaught upcast(PokemonCaught1 old) { return {.trainer_id = std::move(old.trainer)}; }
#endif
};

struct Pokemon : castore::Aggregate {};
struct PokemonReducer {
  void operator()(Pokemon&, const PokemonCaught&) const {}
};

int main() {
  castore::InMemoryEventStorageAdapter storage;
  castore::EventStore<castore::Events<PokemonCaught>, Pokemon, PokemonReducer> pokemons{"POKEMONS", storage};
  pokemons.push_event("pikachu", 1, PokemonCaught{"ash"});
}
