// SPDX-License-Identifier: MIT
// expected: castore: this field's type has no JSON form; use one that has (std::optional for a pointer, castore::Timestamp for a date, a struct with public fields for a class)
// expected: Field<PokemonCaught, std::unique_ptr<int>
// expected[gcc]: PokemonCaught::ball)
// expected[clang]: .ball}
// errors: 1
#include <castore/castore.hpp>

#include <memory>
#include <optional>
#include <string_view>

struct PokemonCaught {
  static constexpr std::string_view type = "POKEMON_CAUGHT";
#ifdef OFFEND
  std::unique_ptr<int> ball;
#else
  std::optional<int> ball;
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
