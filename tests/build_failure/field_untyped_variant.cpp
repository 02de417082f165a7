// SPDX-License-Identifier: MIT
// expected: castore: JSON must say which alternative of this std::variant it holds; make each alternative a struct with a text of its own: static constexpr std::string_view type = "...";
// expected: Field<PokemonCaught, std::variant<Poke, int>
// expected[gcc]: PokemonCaught::ball)
// expected[clang]: .ball}
// errors: 1
#include <castore/castore.hpp>

#include <string_view>
#include <variant>

struct Poke {
  static constexpr std::string_view type = "POKE";
};
struct Great {
  static constexpr std::string_view type = "GREAT";
  int bonus = 0;
};
struct PokemonCaught {
  static constexpr std::string_view type = "POKEMON_CAUGHT";
#ifdef OFFEND
  std::variant<Poke, int> ball;
#else
  std::variant<Poke, Great> ball;
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
