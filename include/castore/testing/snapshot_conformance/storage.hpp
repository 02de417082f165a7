// SPDX-License-Identifier: MIT
#ifndef CASTORE_TESTING_SNAPSHOT_CONFORMANCE_STORAGE_HPP
#define CASTORE_TESTING_SNAPSHOT_CONFORMANCE_STORAGE_HPP

/// @file
/// Laws 25 to 27, as far as they are the storage's: what it keeps, hands out and deletes.

#include <castore/core/event_log.hpp>
#include <castore/core/event_storage_adapter.hpp>
#include <castore/core/snapshot_storage.hpp>
#include <castore/core/storage_operations.hpp>
#include <castore/fwd.hpp>
#include <castore/testing/adapter_conformance/adapter_under_test.hpp>
#include <castore/testing/adapter_conformance/expect.hpp>
#include <castore/testing/adapter_conformance/law.hpp>
#include <castore/testing/adapter_conformance/law_events.hpp>
#include <castore/testing/adapter_conformance/run_threads.hpp>

#include <nlohmann/json.hpp>

#include <array>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace castore::testing::detail {

inline constexpr Version any_version = (std::numeric_limits<Version>::max)();

inline LawEvent snapshot_event(Version version, const std::string& text, const std::string& aggregate_id = "a",
                               int seconds = 0) {
  return {"S", aggregate_id, version, text, at(seconds != 0 ? seconds : static_cast<int>(version))};
}

/// What a storage handed out.
struct FoundSnapshot {
  std::int64_t history = 0;
  std::optional<SnapshotRecord> snapshot{};

  Version version() const noexcept { return snapshot ? snapshot->version : 0; }
};
inline FoundSnapshot find_snapshot(const AnyEventStorageAdapter& storage, const SnapshotKey& key,
                                   Version max_version = any_version) {
  FoundSnapshot found;
  found.history = storage.load_snapshot(key, max_version, [&](const SnapshotView& view) {
    expect(!found.snapshot, "one snapshot", "two of them");
    found.snapshot = SnapshotRecord{.event_store_id = std::string{key.event_store_id},
                                    .aggregate_id = std::string{key.aggregate_id},
                                    .reducer_version = key.reducer_version,
                                    .version = view.version,
                                    .event_timestamp = view.event_timestamp,
                                    .state = std::string{view.state},
                                    .created_at = view.created_at};
  });
  return found;
}
inline Version find_version(const AdapterUnderTest& adapter, const SnapshotKey& key,
                            Version max_version = any_version) {
  return find_snapshot(adapter.adapter(), key, max_version).version();
}

inline void must_save(const AdapterUnderTest& adapter, SnapshotRecord snapshot) {
  const SnapshotKey key{snapshot.event_store_id, snapshot.aggregate_id, snapshot.reducer_version};
  snapshot.history = find_snapshot(adapter.adapter(), key).history;
  if (snapshot.event_timestamp == Timestamp{}) snapshot.event_timestamp = at(static_cast<int>(snapshot.version));
  if (snapshot.created_at == Timestamp{}) snapshot.created_at = at(0);
  expect(adapter.adapter().save_snapshot(snapshot), "true for a snapshot of the history as it is", "false");
}
inline void must_save(const AdapterUnderTest& adapter, Version version, int reducer_version = 1,
                      const std::string& aggregate_id = "a") {
  must_save(adapter, {.event_store_id = "S",
                      .aggregate_id = aggregate_id,
                      .reducer_version = reducer_version,
                      .version = version,
                      .state = R"({"v":)" + std::to_string(version) + "}"});
}

inline void snapshots_come_back(const AdapterUnderTest& adapter) {
  const std::vector<std::array<std::string, 2>> names{
      {"S", "a"},     {"S", "A"},  {"T", "a"},      {"S", "a#1"},
      {"S", "it's"},  {"S", "\""}, {"S", "\\x%_*"}, {"S", "\xF0\x9F\x90\xAD"},
      {"S", "a b\tc"}};
  std::vector<SnapshotRecord> saved;
  for (const auto& [event_store_id, aggregate_id] : names) {
    saved.push_back({.event_store_id = event_store_id,
                     .aggregate_id = aggregate_id,
                     .reducer_version = static_cast<int>(saved.size()) * 1000,
                     .version = 1 + static_cast<Version>(saved.size()) * 5'000'000'000,
                     .event_timestamp = at(static_cast<int>(saved.size())) + std::chrono::milliseconds{7},
                     .state = R"({"id":)" + nlohmann::json(aggregate_id).dump() +
                              R"(,"n":[9223372036854775807,-1.5,null,true],"e":""})",
                     .created_at = at(100) + std::chrono::milliseconds{1}});
    must_save(adapter, saved.back());
  }
  for (const SnapshotRecord& expected : saved) {
    const SnapshotKey key{expected.event_store_id, expected.aggregate_id, expected.reducer_version};
    auto found = find_snapshot(adapter.adapter(), key).snapshot;
    expect(found.has_value(), "a snapshot of " + describe(expected.aggregate_id), "none");
    expect(same_json_text(found->state, expected.state), expected.state, found->state);
    found->state = expected.state;
    expect(found == expected, "a snapshot of " + describe(expected.aggregate_id) + " as it was saved",
           "another version or other timestamps");
  }
  expect_equal(find_version(adapter, {"S", "b"}), Version{0}, "snapshot of an aggregate that has none");
  must_save(adapter, {.event_store_id = "S", .aggregate_id = "b", .version = 3, .state = R"("old")"});
  must_save(adapter, {.event_store_id = "S", .aggregate_id = "b", .version = 3, .state = R"("new")"});
  expect_equal(find_snapshot(adapter.adapter(), {"S", "b"}).snapshot->state, std::string{R"("new")"},
               "the state that was saved last for one version");
}

inline void the_newest_is_handed_out(const AdapterUnderTest& adapter) {
  for (const Version version : {3, 10, 7}) must_save(adapter, version);
  expect_equal(find_version(adapter, {"S", "a"}), Version{10}, "version of the newest snapshot");
  for (const auto [max_version, expected] : {std::array<Version, 2>{2, 0}, {3, 3}, {6, 3}, {7, 7}, {9, 7}, {10, 10}}) {
    expect_equal(find_version(adapter, {"S", "a"}, max_version), expected,
                 "version of the newest snapshot up to version " + std::to_string(max_version));
  }
}

inline void reducer_versions_are_apart(const AdapterUnderTest& adapter) {
  must_save(adapter, 5, 1);
  must_save(adapter, 3, 2);
  expect_equal(find_version(adapter, {"S", "a", 1}), Version{5}, "snapshot of version 1 of the reducer");
  expect_equal(find_version(adapter, {"S", "a", 2}), Version{3}, "snapshot of version 2 of the reducer");
  expect_equal(find_version(adapter, {"S", "a", 3}), Version{0}, "snapshot of version 3 of the reducer");
}

inline void deletions_take_what_they_name(const AdapterUnderTest& adapter) {
  adapter.must_push_all(
      {snapshot_event(1, "1", "a"), snapshot_event(1, "1", "b")});  // a storage may list those with events
  for (const std::string id : {"a", "b"}) {
    for (const int reducer_version : {1, 2}) {
      for (const Version version : {2, 4, 6}) must_save(adapter, version, reducer_version, id);
    }
  }
  must_save(adapter, {.event_store_id = "T", .aggregate_id = "a", .version = 2, .state = "{}"});
  const auto versions = [&adapter](std::string_view id, int reducer_version) {
    std::vector<Version> all;
    for (Version version = any_version; version != 0 && all.size() < 9;) {
      version = find_version(adapter, {"S", id, reducer_version}, version);
      if (version != 0) all.push_back(version--);
    }
    return all;
  };
  const AnyEventStorageAdapter& storage = adapter.adapter();
  storage.delete_snapshots("S", {.aggregate_id = "a", .reducer_version = 1, .min_version = 4});
  expect_equal(versions("a", 1), std::vector<Version>{2}, "what is left below the version that was named");
  expect_equal(versions("a", 2), std::vector<Version>{6, 4, 2}, "snapshots of another version of the reducer");
  storage.delete_snapshots("S", {.keep = 2});
  expect_equal(versions("a", 1), std::vector<Version>{2}, "the newest two, where there is one");
  expect_equal(versions("a", 2), std::vector<Version>{6, 4}, "the newest two");
  expect_equal(versions("b", 1), std::vector<Version>{6, 4}, "the newest two");
  storage.delete_snapshots("S", {.min_version = 6, .keep = 1});
  expect_equal(versions("b", 1), std::vector<Version>{6, 4},
               "the newest, and what is below the version that was named");
  storage.delete_snapshots("S", {.reducer_version = 2});
  expect_equal(versions("b", 2), std::vector<Version>{}, "snapshots of the version of the reducer that was named");
  storage.delete_snapshots("S", {.aggregate_id = "b"});
  expect_equal(versions("b", 1), std::vector<Version>{}, "snapshots of the aggregate that was named");
  expect_equal(versions("a", 1), std::vector<Version>{2}, "snapshots of another aggregate");
  storage.delete_snapshots("S", {});
  expect_equal(versions("a", 1), std::vector<Version>{}, "snapshots of the store");
  expect_equal(find_version(adapter, {"T", "a"}), Version{2}, "the snapshot of another store");
}

inline void forced_pushes_delete(const AdapterUnderTest& adapter) {
  adapter.must_push_all({snapshot_event(1, "1"), snapshot_event(2, "2"), snapshot_event(3, "3"), snapshot_event(4, "4"),
                         snapshot_event(1, "b", "b")});
  for (const Version version : {1, 2, 3, 4}) must_save(adapter, version);
  must_save(adapter, 3, 2);
  must_save(adapter, 1, 1, "b");
  adapter.must_push(snapshot_event(5, "5"));
  expect_equal(find_version(adapter, {"S", "a"}), Version{4}, "the snapshot after a push without force");
  adapter.must_push(snapshot_event(3, "3 by force"), true);
  expect_equal(find_version(adapter, {"S", "a"}), Version{2}, "the snapshot below a forced push");
  expect_equal(find_version(adapter, {"S", "a", 2}), Version{0}, "that of another version of the reducer");
  expect_equal(find_version(adapter, {"S", "b"}), Version{1}, "the snapshot of another aggregate");
  adapter.must_push_group({snapshot_event(1, "b by force", "b"), snapshot_event(2, "2 by force", "a", 1)}, true);
  expect_equal(find_version(adapter, {"S", "a"}), Version{1}, "the snapshot below a forced push of a group");
  expect_equal(find_version(adapter, {"S", "b"}), Version{0}, "the snapshot at a forced push of a group");
}

inline void what_was_read_before_a_forced_push_is_not_saved(const AdapterUnderTest& adapter) {
  adapter.must_push_all({snapshot_event(1, "1"), snapshot_event(2, "2")});
  SnapshotRecord snapshot{.event_store_id = "S",
                          .aggregate_id = "a",
                          .version = 2,
                          .event_timestamp = at(2),
                          .state = R"("12")",
                          .created_at = at(3)};
  snapshot.history = find_snapshot(adapter.adapter(), {"S", "a"}).history;
  adapter.must_push(snapshot_event(1, "1 by force"), true);
  expect(!adapter.adapter().save_snapshot(snapshot), "false for a snapshot of the history before a forced push",
         "true");
  expect_equal(find_version(adapter, {"S", "a"}), Version{0}, "the snapshot after a forced push");
  must_save(adapter, 2);
  expect_equal(find_version(adapter, {"S", "a"}), Version{2}, "the snapshot of the history after it");
  snapshot.history = find_snapshot(adapter.adapter(), {"S", "a"}).history;
  adapter.adapter().delete_snapshots("S", {.aggregate_id = "a"});
  expect(!adapter.adapter().save_snapshot(snapshot), "false for a snapshot of the history before a deletion", "true");
}

/// One thread overwrites events, others save what they read. What is left at the end is what is stored.
inline void savers_race_with_forced_pushes(const AdapterUnderTest& adapter) {
  constexpr Version last = 4;
  for (Version version = 1; version <= last; ++version) adapter.must_push(snapshot_event(version, "0"));
  const auto state_now = [&adapter](Version up_to) {
    std::string state;
    for (const LawEvent& event : adapter.read("S", "a", {.max_version = up_to})) state += event.text + " ";
    return nlohmann::json(state).dump();
  };
  std::atomic<bool> is_over{false};
  run_threads(3, [&](std::size_t thread) {
    if (thread == 0) {
      struct Over {  // also when a push fails
        std::atomic<bool>& is_over;
        ~Over() { is_over = true; }
      } const over{is_over};
      for (int round = 1; round <= 8; ++round) {
        adapter.must_push(snapshot_event(1 + round % 2, std::to_string(round)), true);
      }
      return;
    }
    do {
      for (const Version version : {last, last - 1}) {
        SnapshotRecord snapshot{.event_store_id = "S",
                                .aggregate_id = "a",
                                .version = version,
                                .event_timestamp = at(static_cast<int>(version)),
                                .created_at = at(0)};
        snapshot.history = find_snapshot(adapter.adapter(), {"S", "a"}).history;
        snapshot.state = state_now(version);
        try {
          static_cast<void>(adapter.adapter().save_snapshot(snapshot));
        } catch (const StorageError& error) {
          if (!error.retryable()) throw;
        }
      }
    } while (!is_over);
  });
  for (const Version version : {last, last - 1}) {
    const auto found = find_snapshot(adapter.adapter(), {"S", "a"}, version).snapshot;
    if (!found) continue;
    expect_equal(found->state, state_now(found->version), "the state of a snapshot that was saved in a race");
  }
}

inline void a_hook_that_throws_leaves_snapshots(const AdapterUnderTest& adapter) {
  adapter.must_push(snapshot_event(1, "1"));
  must_save(adapter, 1);
  struct Thrown {};
  const std::vector<PushRecord> records{{"S", AdapterUnderTest::to_record(snapshot_event(1, "1 by force"))}};
  try {
    static_cast<void>(adapter.adapter().push_events(
        records, {.force = true}, [](AnyTransaction&, std::span<const SequencedEventView>) { throw Thrown{}; }));
  } catch (const Thrown&) {
    expect_equal(find_version(adapter, {"S", "a"}), Version{1}, "the snapshot after a forced push that was undone");
    return;
  }
  throw Deviation{"what a hook throws", "no exception"};
}

inline constexpr AdapterLaw snapshot_laws[] = {
    {.law = 25, .name = "a snapshot comes back as it was saved", .check = snapshots_come_back, .records_only = true},
    {.law = 25,
     .name = "the newest snapshot that is not above max_version is handed out",
     .check = the_newest_is_handed_out,
     .records_only = true},
    {.law = 25,
     .name = "a deletion takes the snapshots that it names, and no others",
     .check = deletions_take_what_they_name,
     .records_only = true},
    {.law = 26,
     .name = "a snapshot of another version of the reducer is not handed out",
     .check = reducer_versions_are_apart,
     .records_only = true},
    {.law = 26, .name = "a forced push deletes the snapshots at or above its version", .check = forced_pushes_delete},
    {.law = 26,
     .name = "what was read before a forced push is not saved after it",
     .check = what_was_read_before_a_forced_push_is_not_saved,
     .records_only = true},
    {.law = 27,
     .name = "savers that race with forced pushes leave nothing that is wrong",
     .check = savers_race_with_forced_pushes,
     .records_only = true},
};

inline constexpr AdapterLaw snapshot_hook_laws[] = {
    {.law = 26,
     .name = "a forced push that is undone deletes no snapshot",
     .check = a_hook_that_throws_leaves_snapshots,
     .records_only = true},
};

}  // namespace castore::testing::detail

#endif
