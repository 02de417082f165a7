// SPDX-License-Identifier: MIT
#ifndef CASTORE_TESTS_TESTING_BROKEN_TWINS_FAILURES_HPP
#define CASTORE_TESTS_TESTING_BROKEN_TWINS_FAILURES_HPP

#include <castore/core/errors.hpp>

#include "testing/broken_twins/groups.hpp"
#include "testing/broken_twins/sharing.hpp"
#include "testing/broken_twins/twin.hpp"

#include <atomic>
#include <map>
#include <mutex>
#include <span>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

namespace broken_twins {

/// A twin that some failure leaves locked forever.
class LocksUp : public RecordsOnlyAdapter {
 protected:
  void lock_up() { is_locked_up_ = true; }
  void expect_not_locked_up() const {
    if (is_locked_up_) throw castore::StorageError{"database is locked", true};
  }

 private:
  std::atomic<bool> is_locked_up_{false};
};

class CannotListAfterAConflict : public LocksUp {
 public:
  PushOutcome push_events(std::span<const PushRecord> records, const PushOptions& options) override {
    const PushOutcome outcome = RecordsOnlyAdapter::push_events(records, options);
    if (outcome.status == PushOutcome::already_exists) lock_up();
    return outcome;
  }
  AggregateIdsPage list_aggregate_ids(std::string_view event_store_id,
                                      const ListAggregateIdsOptions& options) override {
    expect_not_locked_up();
    return RecordsOnlyAdapter::list_aggregate_ids(event_store_id, options);
  }
};

class CannotPushAfterASinkThrew : public LocksUp {
 public:
  PushOutcome push_events(std::span<const PushRecord> records, const PushOptions& options) override {
    expect_not_locked_up();
    return RecordsOnlyAdapter::push_events(records, options);
  }
  void get_events(std::string_view event_store_id, std::string_view aggregate_id, const GetEventsOptions& options,
                  RecordSink sink) override {
    try {
      RecordsOnlyAdapter::get_events(event_store_id, aggregate_id, options, sink);
    } catch (...) {
      lock_up();
      throw;
    }
  }
};

class CannotPushAfterABadToken : public LocksUp {
 public:
  PushOutcome push_events(std::span<const PushRecord> records, const PushOptions& options) override {
    expect_not_locked_up();
    return RecordsOnlyAdapter::push_events(records, options);
  }
  AggregateIdsPage list_aggregate_ids(std::string_view event_store_id,
                                      const ListAggregateIdsOptions& options) override {
    try {
      return RecordsOnlyAdapter::list_aggregate_ids(event_store_id, options);
    } catch (...) {
      lock_up();
      throw;
    }
  }
};

class SwallowsWhatASinkThrows : public RecordsOnlyAdapter {
 public:
  void get_events(std::string_view event_store_id, std::string_view aggregate_id, const GetEventsOptions& options,
                  RecordSink sink) override {
    try {
      RecordsOnlyAdapter::get_events(event_store_id, aggregate_id, options, sink);
    } catch (...) {  // the fault
    }
  }
};

class ChecksAGroupAsItWrites : public BreaksGroups {
  PushOutcome push_group(std::vector<PushRecord> records, bool force) override {
    try {
      return push_correctly(records, force);
    } catch (const castore::InvalidEventError&) {
      push_correctly({records.data(), 1}, force);
      throw;
    }
  }
};

/// Adds initial events to its list before it knows whether they are written.
class ListsRefusedAggregates : public BreaksGroups {
 public:
  AggregateIdsPage list_aggregate_ids(std::string_view event_store_id,
                                      const ListAggregateIdsOptions& options) override {
    AggregateIdsPage page = RecordsOnlyAdapter::list_aggregate_ids(event_store_id, options);
    const std::scoped_lock lock{mutex_};
    for (const AggregateIdEntry& entry : refused_[std::string{event_store_id}]) {
      if (!has_version(*this, event_store_id, entry.aggregate_id, 1)) page.aggregate_ids.push_back(entry);
    }
    return page;
  }

 private:
  PushOutcome push_group(std::vector<PushRecord> records, bool force) override {
    const PushOutcome outcome = push_correctly(records, force);
    const std::scoped_lock lock{mutex_};
    for (const auto& [event_store_id, record] : records) {
      if (is_pushed(outcome) || record.version != 1) continue;
      refused_[std::string{event_store_id}].push_back({record.aggregate_id, record.timestamp});
    }
    return outcome;
  }

  std::mutex mutex_;
  std::map<std::string, std::vector<AggregateIdEntry>> refused_;
};

/// Has twenty connections, of which it loses one whenever a sink throws.
class LosesAConnectionPerThrow : public RecordsOnlyAdapter {
 public:
  void get_events(std::string_view event_store_id, std::string_view aggregate_id, const GetEventsOptions& options,
                  RecordSink sink) override {
    if (connections_ <= 0) throw castore::StorageError{"no connection is free", true};
    try {
      RecordsOnlyAdapter::get_events(event_store_id, aggregate_id, options, sink);
    } catch (...) {
      --connections_;
      throw;
    }
  }

 private:
  std::atomic<int> connections_{20};
};

/// The same, but it waits for a free one, for as long as the tests of a law may take and a little longer; not each time,
/// so that it comes to an end.
class WaitsForALostConnection : public LosesAConnectionPerThrow {
 public:
  void get_events(std::string_view event_store_id, std::string_view aggregate_id, const GetEventsOptions& options,
                  RecordSink sink) override {
    try {
      LosesAConnectionPerThrow::get_events(event_store_id, aggregate_id, options, sink);
    } catch (const castore::StorageError&) {
      if (!has_waited_.exchange(true)) std::this_thread::sleep_for(2 * impatient.limit);
      throw;
    }
  }

 private:
  std::atomic<bool> has_waited_{false};
};

inline std::vector<Twin> failure_twins() {
  const char* const sink = "what a sink throws ends the load and passes unchanged";
  const char* const after_sink = "the adapter is usable after a sink threw";
  const char* const after_sinks = "the adapter is usable after many sinks threw";
  const char* const after_conflict = "the adapter is usable after a conflict";
  const char* const after_token = "the adapter is usable after a bad page token";
  const char* const list = "a refused group leaves nothing in the list";
  const char* const random = "random failures leave what a model expects";
  return {
      twin<CannotListAfterAConflict>("cannot list after a conflict", {after_conflict, list, random}),
      twin<CannotPushAfterASinkThrew>("cannot push after a sink threw", {after_sink, after_sinks, random}),
      twin<LosesAConnectionPerThrow>("loses a connection when a sink throws", {after_sinks, random}),
      twin<WaitsForALostConnection, impatient>("waits for a connection that it lost when a sink threw",
                                               {after_sinks, random}),
      twin_in<SharingFixture<LeavesTransactionsOpen>>(
          "leaves a transaction open when a sink throws, which nobody else sees",
          {"another adapter object sees what is pushed after sinks threw"}),
      twin_in<ClosingFixture<LeavesTransactionsOpen>>(
          "leaves a transaction open when a sink throws, which ends with the adapter",
          {"what is pushed after failures outlives the adapter object"}),
      twin<CannotPushAfterABadToken>("cannot push after a bad page token", {after_token, random}),
      twin<SwallowsWhatASinkThrows>("swallows what a sink throws", {sink, random}),
      twin<ChecksAGroupAsItWrites>("writes the first event of an invalid group",
                                   {"an invalid event leaves nothing of its group"}),
      twin<ListsRefusedAggregates>("lists aggregates of refused groups", {list, random}),
  };
}

}  // namespace broken_twins

#endif
