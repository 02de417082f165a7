// SPDX-License-Identifier: MIT
#ifndef CASTORE_TESTS_MAINTENANCE_COPIES_HPP
#define CASTORE_TESTS_MAINTENANCE_COPIES_HPP

/// @file
/// Copies between an SQLite file and a storage of another kind, in both directions: dry run, failures half way, what
/// has come since, conflicts and the check of folds.

#include <castore/adapters/sqlite.hpp>
#include <castore/castore.hpp>
#include <castore/maintenance/copy_events.hpp>
#include <castore/testing/fault_injecting_adapter.hpp>

#include "maintenance/support.hpp"
#include "support/catch.hpp"

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace castore_tests {

/// What every aggregate of a store is, and its events: storages may write the JSON of equal payloads in different ways.
template <class Store, class Adapter>
auto all_of(Adapter& adapter, const std::string& event_store_id) {
  Store store{event_store_id, adapter};
  std::vector<std::vector<typename Store::Event>> all;
  for (const std::string id : {"m1", "m2", "m3", "m4", "t1", "t5", "t10", "later"}) all.push_back(store.get_events(id));
  return all;
}
template <class Left, class Right>
bool are_equal(Left& left, Right& right) {
  return all_of<MonsterStore>(left, "MONSTERS") == all_of<MonsterStore>(right, "MONSTERS") &&
         all_of<TamerStore>(left, "TAMERS") == all_of<TamerStore>(right, "TAMERS");
}

/// Copies everything, with a failure at one call, a dry run before it, and another copy after it.
/// @param failing Which call fails, by `fails_after` or `fails_before`. @param is_of_target Whose.
template <class Source, class Target>
void check_copy(Source& source, Target& target, std::size_t events, castore::StorageOperation failing,
                bool is_of_target) {
  castore::CopyOptions options{.event_store_ids = {"MONSTERS", "TAMERS"}, .page_size = 4, .dry_run = true};
  const castore::CopyResult dry = castore::copy_events(source, target, options);
  CHECK(dry.is_complete);
  CHECK(dry.read_count == events);
  CHECK(dry.written_count == events);
  CHECK_FALSE(dry.resume_token);
  CHECK(all_of<MonsterStore>(target, "MONSTERS") == std::vector<std::vector<MonsterStore::Event>>(8));

  options.dry_run = false;
  std::size_t written = 0;
  {
    castore::testing::FaultInjectingAdapter from{source};
    castore::testing::FaultInjectingAdapter to{target};
    is_of_target ? to.inject(failing, castore::testing::fails_after(), 3)
                 : from.inject(failing, castore::testing::fails_before(), 3);
    const auto error = error_of<castore::CopyInterruptedError>([&] { return castore::copy_events(from, to, options); });
    CHECK(error.result().written_count > 0);
    CHECK(error.result().written_count < events);
    CHECK_FALSE(error.result().is_complete);
    written = error.result().written_count;
    options.resume_token = error.resume_token();
  }
  const castore::CopyResult rest = castore::copy_events(source, target, options);
  CHECK(rest.is_complete);
  CHECK(rest.read_count == rest.written_count + rest.already_there_count);
  // A push whose answer was lost was not counted by the first, and is found by the second.
  CHECK(written + rest.written_count <= events);
  CHECK(written + rest.read_count >= events);
  CHECK(are_equal(source, target));

  const castore::CopyResult again = castore::copy_events(source, target, {.event_store_ids = options.event_store_ids});
  castore::CopyResult expected = dry;
  expected.written_count = 0;
  expected.already_there_count = events;
  expected.resume_token = again.resume_token;
  CHECK(again == expected);
}

/// Copies a store through a function that keeps its events, and through one that loses some of "m2".
template <class Source, class Target>
void check_folds(Source& source, Target& target) {
  const MonsterStore monsters{"MONSTERS", source};
  MonsterStore copies{"COPIES", target};
  const auto change = [](bool is_right) {
    return [is_right](std::span<const MonsterStore::Event> events) {
      const bool is_whole = is_right || events.front().aggregate_id() != "m2";
      return std::vector<MonsterStore::Event>(events.begin(), is_whole ? events.end() : events.end() - 1);
    };
  };
  const auto error = error_of<castore::CopyCheckError>(
      [&] { castore::copy_events(monsters, copies, change(false), {.check = castore::folds_agree}); });
  CHECK(error.event_store_id() == "MONSTERS");
  CHECK(error.aggregate_id() == "m2");
  CHECK(copies.get_events("m2").empty());
  const auto result = castore::copy_events(monsters, copies, change(true), {.check = castore::folds_agree});
  CHECK(result.is_complete);
  CHECK(all_of<MonsterStore>(target, "COPIES") == all_of<MonsterStore>(source, "MONSTERS"));
}

/// From SQLite to another storage and on to a second SQLite file. @param other Empty, of any kind.
/// @param reading The operation by which that one is read.
template <class Other>
void check_copies_there_and_back(Other& other, castore::StorageOperation reading) {
  using castore::SqliteEventStorageAdapter;
  using castore::StorageOperation;
  const Histories histories;
  SqliteEventStorageAdapter file{":memory:"};
  SqliteEventStorageAdapter back{":memory:"};
  copy_all(histories.storage, file);
  check_copy(file, other, histories.event_count, StorageOperation::push_events, true);
  check_copy(other, back, histories.event_count, reading, false);
  CHECK(are_equal(file, back));
  check_folds(file, other);
  check_folds(other, back);

  // What has come since, and what must not be overwritten.
  MonsterStore monsters{"MONSTERS", file};
  monsters.push_event("later", 1, Appeared{"Mew"}, {.timestamp = at(99)});
  MonsterStore elsewhere{"MONSTERS", other};
  elsewhere.push_event("m1", *histories.last_version("m1") + 1, LeveledUp{}, {.timestamp = at(98)});
  const castore::CopyOptions options{.event_store_ids = {"MONSTERS", "TAMERS"}};
  const castore::CopyResult since = castore::copy_events(file, other, options);
  CHECK(since.written_count == 1);
  CHECK(elsewhere.get_existing_aggregate("later").name == "Mew");
  CHECK(castore::copy_events(other, file, options).written_count == 1);
  CHECK(are_equal(file, other));
  monsters.push_event("m1", 2, LeveledUp{}, {.timestamp = at(77), .force = true});
  const castore::CopyResult news = castore::copy_events(
      file, other, {.event_store_ids = options.event_store_ids, .resume_token = since.resume_token});
  CHECK(news.written_count + news.already_there_count == 1);  // what "other" gave to the file
  const auto conflict =
      error_of<castore::CopyConflictError>([&] { return castore::copy_events(file, other, options); });
  CHECK(conflict.aggregate_id() == "m1");
  CHECK(conflict.version() == 2);
  CHECK(conflict.field() == "timestamp");
  CHECK(elsewhere.get_events("m1")[1] == histories.monsters.get_events("m1")[1]);
}

}  // namespace castore_tests

#endif
