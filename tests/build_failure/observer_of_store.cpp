// SPDX-License-Identifier: MIT
// expected: castore: this is not an observer; give it `Span start(const castore::Operation&) const` and `void end(Span, const castore::Outcome&) const`, where Span is any type of yours that can be moved, and let it be copied, or pass std::ref(the_observer)
// expected: Log
// errors: 1
#include "pokemon/pokemon.hpp"

#include <castore/observers.hpp>

#include <iostream>

struct Log {
  int start(const castore::Operation&) const { return 0; }
#ifdef OFFEND
  void end(int, const castore::Outcome& outcome) { std::cout << outcome.count << '\n'; }
#else
  void end(int, const castore::Outcome& outcome) const { std::cout << outcome.count << '\n'; }
#endif
};

int main() {
  castore::InMemoryEventStorageAdapter storage;
  PokemonStore pokemons{"POKEMONS", storage};
  castore::ObservedEventStore observed{pokemons, Log{}};
  observed.push_event("pikachu", 1, PokemonAppeared{"Pikachu", 5});
  if (observed.get_aggregate("pikachu")) observed.push_event("pikachu", 2, PokemonLeveledUp{});
}
