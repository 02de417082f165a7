// SPDX-License-Identifier: MIT
// expected: castore: an older form of an event has another Metadata than the newer one; stored metadata are read as those of the newest form, so take `Metadata` out of the older form
// expected: CheckedUpcast<PokemonCaught, PokemonCaught1>
// errors: 1
#include <castore/castore.hpp>

#include <string>
#include <string_view>
#include <utility>

struct PokemonCaught1 {
  static constexpr std::string_view type = "POKEMON_CAUGHT";
  std::string trainer;
#ifdef OFFEND
  struct Metadata {
    std::string source;
  };
#endif
};
struct PokemonCaught {
  static constexpr std::string_view type = "POKEMON_CAUGHT_2";
  std::string trainer_id;
  using upcasts = castore::Upcasts<PokemonCaught1>;
  static PokemonCaught upcast(PokemonCaught1 old) { return {.trainer_id = std::move(old.trainer)}; }
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
