// SPDX-License-Identifier: MIT
// expected: castore: this is not an observer; give it `Span start(const castore::Operation&) const` and `void end(Span, const castore::Outcome&) const`, where Span is any type of yours that can be moved, and let it be copied, or pass std::ref(the_observer)
// expected: Log
// errors: 1
#include "pokemon/pokemon.hpp"

#include <castore/log/subscription.hpp>

#include <iostream>
#include <tuple>

struct Log {
#ifdef OFFEND
  void start(const castore::Operation& operation) const { std::cout << operation.name << '\n'; }
  void end(const castore::Outcome&) const {}
#else
  int start(const castore::Operation& operation) const { return static_cast<int>(operation.count); }
  void end(int span, const castore::Outcome&) const { std::cout << span << '\n'; }
#endif
};

int main() {
  castore::InMemoryEventStorageAdapter storage;
  PokemonStore pokemons{"POKEMONS", storage};
  castore::Subscription audit{"audit", storage, std::tie(pokemons), {.observer = Log{}}};
  audit.catch_up([](const auto&) {});
}
