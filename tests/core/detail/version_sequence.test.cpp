// SPDX-License-Identifier: MIT
#include <castore/core/detail/version_sequence.hpp>

#include <castore/castore.hpp>
#include "core/pokemons.hpp"
#include "core/support.hpp"
#include "support/catch.hpp"

#include <initializer_list>
#include <limits>
#include <string>
#include <utility>
#include <vector>

using castore::AnyEventStorageAdapter;
using castore::GetEventsOptions;
using castore::MissingEventError;
using castore::MissingVersions;
using castore::Version;
using castore_tests::error_of;
using castore_tests::Pokemon;
using castore_tests::PokemonAppeared;
using castore_tests::PokemonLeveledUp;
using castore_tests::PokemonStore;

namespace {

/// A history of these versions, as lost rows leave it.
PokemonStore store_of(const AnyEventStorageAdapter& storage, std::initializer_list<Version> versions,
                      MissingVersions missing_versions = MissingVersions::refuse_in_aggregates) {
  PokemonStore store{"POKEMONS", storage, {.missing_versions = missing_versions}};
  for (const Version version : versions) {
    if (version == 1) {
      store.push_event("a", version, PokemonAppeared{"Pikachu", 5});
    } else {
      store.push_event("a", version, PokemonLeveledUp{}, {.force = true});
    }
  }
  return store;
}

template <class Load>
void is_missing(Version missing, Version next, Load&& load) {
  const auto error = error_of<MissingEventError>(load);
  CHECK(error.event_store_id() == "POKEMONS");
  CHECK(error.aggregate_id() == "a");
  CHECK(error.version() == missing);
  CHECK(error.next_version() == next);
}

std::vector<Version> versions_of(const PokemonStore& store, const GetEventsOptions& options = {}) {
  std::vector<Version> versions;
  for (const auto& event : store.get_events("a", options)) versions.push_back(event.version());
  return versions;
}

}  // namespace

TEST_CASE("an aggregate is not built over a missing version") {
  const AnyEventStorageAdapter storage = CASTORE_TESTS_EITHER_STORAGE;
  const PokemonStore store = store_of(storage, {1, 2, 3, 5, 6, 9});
  is_missing(4, 5, [&] { (void)store.get_aggregate("a"); });
  is_missing(4, 5, [&] { (void)store.get_existing_aggregate("a"); });
  is_missing(4, 5, [&] { (void)store.get_history("a"); });
  is_missing(4, 5, [&] { (void)store.get_aggregate("a", {.max_version = 5}); });
  const std::string what = error_of<MissingEventError>([&] { (void)store.get_aggregate("a"); }).what();
  CHECK(what ==
        "castore: event 4 of aggregate 'a' in event store 'POKEMONS' is missing, though event 5 exists; restore it, "
        "or, where versions were left out on purpose, set the store's option missing_versions");
  CHECK(store.get_existing_aggregate("a", {.max_version = 4}).version == 3);
  CHECK(store.get_history("a", {.max_version = 3}).events.size() == 3);

  const Pokemon third = store.get_existing_aggregate("a", {.max_version = 3});
  is_missing(4, 5, [&] { (void)store.extend_aggregate(third); });
  CHECK(store.extend_aggregate(third, {.max_version = 4}).version == 3);
  Pokemon fifth = third;
  fifth.version = 5;
  is_missing(7, 9, [&] { (void)store.extend_aggregate(fifth); });
}

TEST_CASE("the first versions must not be missing either") {
  const AnyEventStorageAdapter storage = CASTORE_TESTS_EITHER_STORAGE;
  const PokemonStore store = store_of(storage, {3, 4});
  is_missing(1, 3, [&] { (void)store.get_aggregate("a"); });
  const PokemonStore last =
      store_of(castore_tests::new_storage(castore_tests::Keeping::objects), {std::numeric_limits<Version>::max()});
  is_missing(1, std::numeric_limits<Version>::max(), [&] { (void)last.get_aggregate("a"); });
}

TEST_CASE("a command decides nothing on an aggregate that lacks an event") {
  const AnyEventStorageAdapter storage = CASTORE_TESTS_EITHER_STORAGE;
  PokemonStore store = store_of(storage, {1, 3});
  int decided = 0;
  const castore::Command command{"LEVEL_UP", store, [&decided](const Pokemon&) {
                                   ++decided;
                                   return PokemonLeveledUp{};
                                 }};
  is_missing(2, 3, [&] { command("a"); });
  CHECK(decided == 0);
  CHECK(versions_of(store) == std::vector<Version>{1, 3});
}

TEST_CASE("get_events hands out what there is unless it is told to refuse gaps too") {
  const AnyEventStorageAdapter storage = CASTORE_TESTS_EITHER_STORAGE;
  CHECK(versions_of(store_of(storage, {1, 2, 4, 5})) == std::vector<Version>{1, 2, 4, 5});
  const PokemonStore strict{"POKEMONS", storage, {.missing_versions = MissingVersions::refuse}};
  is_missing(3, 4, [&] { versions_of(strict); });
  is_missing(3, 4, [&] { versions_of(strict, {.reverse = true}); });
  is_missing(3, 4, [&] { versions_of(strict, {.min_version = 3}); });
  is_missing(3, 4, [&] { versions_of(strict, {.min_version = 2, .limit = 2}); });
  is_missing(3, 4, [&] { versions_of(strict, {.limit = 3, .reverse = true}); });
  is_missing(3, 4, [&] { versions_of(strict, {.min_version = 3, .reverse = true}); });
  is_missing(3, 4, [&] { versions_of(strict, {.max_version = 4, .limit = 2, .reverse = true}); });

  CHECK(versions_of(strict, {.max_version = 3}) == std::vector<Version>{1, 2});
  CHECK(versions_of(strict, {.max_version = 3, .reverse = true}) == std::vector<Version>{2, 1});
  CHECK(versions_of(strict, {.limit = 2}) == std::vector<Version>{1, 2});
  CHECK(versions_of(strict, {.limit = 2, .reverse = true}) == std::vector<Version>{5, 4});
  CHECK(versions_of(strict, {.min_version = 4}) == std::vector<Version>{4, 5});
  CHECK(versions_of(strict, {.min_version = 4, .reverse = true}) == std::vector<Version>{5, 4});
  CHECK(versions_of(strict, {.min_version = -7, .max_version = 2}) == std::vector<Version>{1, 2});
  CHECK(versions_of(strict, {.min_version = 6}).empty());
  CHECK(versions_of(strict, {.limit = 0}).empty());
  CHECK(strict.get_events("unknown").empty());
}

TEST_CASE("gaps that are meant can be accepted") {
  const AnyEventStorageAdapter storage = CASTORE_TESTS_EITHER_STORAGE;
  PokemonStore store = store_of(storage, {1, 4, 9}, MissingVersions::accept);
  CHECK(store.get_existing_aggregate("a") == Pokemon{{"a", 9}, "Pikachu", 7, ""});
  CHECK(store.get_history("a").aggregate->level == 7);
  CHECK(versions_of(store, {.reverse = true}) == std::vector<Version>{9, 4, 1});
  const castore::Command command{"LEVEL_UP", store, [](const Pokemon&) { return PokemonLeveledUp{}; }};
  CHECK(command("a").aggregate.version == 10);
}

TEST_CASE("a sequence looks at versions without overflow") {
  castore::detail::VersionSequence sequence{{}, true};
  CHECK_FALSE(sequence.takes(std::numeric_limits<Version>::min()));
  CHECK_FALSE(sequence.takes(0));
  CHECK(sequence.takes(1));
  CHECK_FALSE(sequence.takes(1));
  CHECK(sequence.takes(2));
  CHECK_FALSE(sequence.takes(std::numeric_limits<Version>::max()));
  castore::detail::VersionSequence unchecked{{}, false};
  CHECK(unchecked.takes(7));
  CHECK(unchecked.is_complete());
}
