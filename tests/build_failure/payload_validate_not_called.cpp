// SPDX-License-Identifier: MIT
// expected: castore: the member `validate` of this type is not called when it is pushed; write it as `static void validate(const TheType&)`, which throws castore::InvalidEventError{"field", "what is wrong"}, or give it another name
// expected: PokemonCaught
// errors: 1
#include <castore/castore.hpp>

#include <string_view>

struct PokemonCaught {
  static constexpr std::string_view type = "POKEMON_CAUGHT";
  int balls = 1;
#ifdef OFFEND
  bool validate() const { return balls > 0; }
#else
  static void validate(const PokemonCaught& caught) {
    if (caught.balls < 1) throw castore::InvalidEventError{"balls", "it is below 1"};
  }
#endif
};
struct Pokemon : castore::Aggregate {};
struct PokemonReducer {
  void operator()(Pokemon&, const PokemonCaught&) const {}
};
using PokemonStore = castore::EventStore<castore::Events<PokemonCaught>, Pokemon, PokemonReducer>;

int main() {
  PokemonStore pokemons{"POKEMONS"};
  pokemons.push_event("pikachu", 1, PokemonCaught{2});
}
