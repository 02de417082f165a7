// SPDX-License-Identifier: MIT
// expected: castore: fields in added_fields take the default of the struct, but this one has no default value; give each field one
// expected[gcc]: AddsWithoutDefault<Type>::explain() [with Type = PokemonCaught]
// expected[clang]: AddsWithoutDefault<PokemonCaught>
// errors: 1
#include <castore/castore.hpp>

#include <string>
#include <string_view>

struct Trainer {
  explicit Trainer(std::string id_) : id{id_} {}
  std::string id;
};
template <>
struct castore::codec<Trainer> {
  static std::string encode(const Trainer& trainer) { return castore::codec<std::string>::encode(trainer.id); }
  static Trainer decode(std::string_view json) { return Trainer{castore::codec<std::string>::decode(json)}; }
};
struct PokemonCaught {
  static constexpr std::string_view type = "POKEMON_CAUGHT";
#ifdef OFFEND
  Trainer trainer;
#else
  Trainer trainer{"ash"};
#endif
  int balls = 1;
  static constexpr auto added_fields = castore::fields(&PokemonCaught::balls);
};

struct Pokemon : castore::Aggregate {};
struct PokemonReducer {
  void operator()(Pokemon&, const PokemonCaught&) const {}
};

int main() {
  castore::InMemoryEventStorageAdapter storage;
  castore::EventStore<castore::Events<PokemonCaught>, Pokemon, PokemonReducer> pokemons{"POKEMONS", storage};
  pokemons.push_event("pikachu", 1, PokemonCaught{Trainer{"ash"}});
}
