// SPDX-License-Identifier: MIT
#include <castore/testing/catch2_checks.hpp>

#include <castore/testing/failure.hpp>
#include <castore/testing/given_when_then.hpp>
#include <castore/testing/property_check.hpp>
#include "support/catch.hpp"
#include "testing/pokemons.hpp"

#include <stdexcept>

namespace {

using castore::testing::given;
using castore::testing::throws;
using kit_tests::PokemonAppeared;
using kit_tests::PokemonLeveledUp;
using kit_tests::PokemonStore;

// This program is told to fail a test case without assertions, so these show that the lines count.
TEST_CASE("a then that passes is an assertion of Catch2") {
  given<PokemonStore>(PokemonAppeared{"Pikachu", 5}).when(kit_tests::level_up).then(PokemonLeveledUp{});
}
TEST_CASE("a then with throws that passes is an assertion of Catch2") {
  given<PokemonStore>(PokemonAppeared{"Pikachu", 100}).when(kit_tests::level_up).then(throws<std::domain_error>());
}
TEST_CASE("a check_reducer that passes is an assertion of Catch2") {
  castore::testing::check_reducer<PokemonStore>({.histories = 1}, PokemonAppeared{"Pikachu", 5});
}

TEST_CASE("inside CHECK a then counts, too") {
  CHECK(given<PokemonStore>(PokemonAppeared{"Pikachu", 5}).when(kit_tests::level_up).then(PokemonLeveledUp{}));
}

// Should the failure come here, Catch2 did not hear of it: the test case passes, though it should fail.
TEST_CASE("a then that fails is a failed assertion of Catch2", "[!shouldfail]") {
  try {
    given<PokemonStore>(PokemonAppeared{"Pikachu", 5}).when(kit_tests::level_up).then(castore::testing::nothing);
  } catch (const castore::testing::Failure&) {
    SUCCEED();
  }
}

}  // namespace
