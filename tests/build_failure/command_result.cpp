// SPDX-License-Identifier: MIT
// expected: castore: the decide function of this command returns something that is not an event of its store; return a payload of the store's castore::Events<...>, alone or by castore::with_metadata(...), a std::optional, std::tuple, std::vector or std::variant of such events, or nothing
// expected: int
// errors: 1
#include <castore/castore.hpp>

#include <string_view>

struct PokemonAppeared {
  static constexpr std::string_view type = "POKEMON_APPEARED";
};
struct Pokemon : castore::Aggregate {};
struct PokemonReducer {
  void operator()(Pokemon&, const PokemonAppeared&) const {}
};
using PokemonStore = castore::EventStore<castore::Events<PokemonAppeared>, Pokemon, PokemonReducer>;

struct TrainerJoined {
  static constexpr std::string_view type = "TRAINER_JOINED";
};
struct Trainer : castore::Aggregate {};
struct TrainerReducer {
  void operator()(Trainer&, const TrainerJoined&) const {}
};
using TrainerStore = castore::EventStore<castore::Events<TrainerJoined>, Trainer, TrainerReducer>;

int main() {
  PokemonStore pokemons{"POKEMONS"};
  const castore::Command level{"LEVEL", pokemons, [](const Pokemon&) {
#ifdef OFFEND
                                 return 3;
#else
                                 return PokemonAppeared{};
#endif
                               }};
  level("pikachu");
}
