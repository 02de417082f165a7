// SPDX-License-Identifier: MIT
// expected: castore: this type has no JSON form; use one that has (std::optional for a pointer, castore::Timestamp for a date, a payload of its own for each alternative of a std::variant)
// expected: JsonFormOf<std::variant<int, bool>
// expected: declared_field_without_json.cpp:20:
// errors: 1
// lines[clang]: 22
#include <castore/castore.hpp>

#include <optional>
#include <string_view>
#include <variant>

struct PokemonCaught {
  static constexpr std::string_view type = "POKEMON_CAUGHT";
#ifdef OFFEND
  std::variant<int, bool> ball;
#else
  std::optional<int> ball;
#endif
  NLOHMANN_DEFINE_TYPE_INTRUSIVE(PokemonCaught, ball)
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
