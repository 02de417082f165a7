// SPDX-License-Identifier: MIT
#include <castore/castore.hpp>
#include "core/pokemons.hpp"
#include "support/catch.hpp"

#include <cstddef>
#include <cstdlib>
#include <new>

namespace {

thread_local std::size_t allocations = 0;

}  // namespace

void* operator new(std::size_t size) {
  ++allocations;
  if (void* memory = std::malloc(size == 0 ? 1 : size)) return memory;
  throw std::bad_alloc{};
}
void operator delete(void* memory) noexcept { std::free(memory); }
void operator delete(void* memory, std::size_t) noexcept { std::free(memory); }

using namespace castore_tests;

TEST_CASE("a conflict of try_push_event allocates nothing") {
  castore::InMemoryEventStorageAdapter storage;
  castore::EventStore<PokemonEvents, Pokemon, PokemonReducer, castore::InMemoryEventStorageAdapter> pokemons{"POKEMONS",
                                                                                                           storage};
  pokemons.push_event("pikachu", 1, PokemonAppeared{"Pikachu", 5});
  const std::size_t before = allocations;
  const bool is_pushed = pokemons.try_push_event("pikachu", 1, PokemonAppeared{"Raichu", 6}).has_value();
  const std::size_t after = allocations;
  CHECK_FALSE(is_pushed);
  CHECK(after == before);
  CHECK(before > 0);
}
