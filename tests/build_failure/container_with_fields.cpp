// SPDX-License-Identifier: MIT
// expected: castore: JSON would have the elements of this container but not its other fields; make it a struct with a field for the container, or write to_json and from_json for it
// expected[gcc]: LosesFields<Type>::explain() [with Type = PokemonCaught]
// expected[clang]: LosesFields<PokemonCaught>
// errors: 1
#include <castore/castore.hpp>

#include <string>
#include <string_view>
#include <vector>

struct PokemonCaught : std::vector<std::string> {
  static constexpr std::string_view type = "POKEMON_CAUGHT";
#ifdef OFFEND
  int balls = 0;
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
