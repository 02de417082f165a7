// SPDX-License-Identifier: MIT
// The laws of snapshots: for each there is a storage, or a store, that breaks it.

#include <castore/testing/snapshot_conformance.hpp>

#include <castore/adapters/in_memory.hpp>
#include "support/catch.hpp"

#include <nlohmann/json.hpp>

#include <chrono>
#include <cstdint>
#include <exception>
#include <memory>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

// Not without a name: what the suite makes of the worse stores has members of their types.
namespace snapshot_conformance_tests {

using namespace castore;
using castore::testing::AdapterLaw;
using castore::testing::check_snapshot_laws;
using castore::testing::LawViolation;
using castore::testing::LogLawsReport;

/// What anybody may write.
class ThirdParty {
 public:
  using Transaction = InMemoryTransaction;

  ThirdParty() = default;
  ThirdParty(const ThirdParty&) = delete;
  ThirdParty& operator=(const ThirdParty&) = delete;
  virtual ~ThirdParty() = default;

  virtual PushOutcome push_events(std::span<const PushRecord> records, const PushOptions& options) {
    return storage_.push_events(records, options);
  }
  virtual PushOutcome push_events(std::span<const PushRecord> records, const PushOptions& options,
                                  PushHook<InMemoryTransaction> hook) {
    return storage_.push_events(records, options, hook);
  }
  void transact(castore::detail::FunctionRef<void(InMemoryTransaction&)> function) { storage_.transact(function); }
  void get_events(std::string_view event_store_id, std::string_view aggregate_id, const GetEventsOptions& options,
                  RecordSink sink) {
    storage_.get_events(event_store_id, aggregate_id, options, sink);
  }
  AggregateIdsPage list_aggregate_ids(std::string_view event_store_id, const ListAggregateIdsOptions& options) {
    return storage_.list_aggregate_ids(event_store_id, options);
  }
  virtual bool save_snapshot(const SnapshotRecord& snapshot) { return storage_.save_snapshot(snapshot); }
  virtual std::int64_t load_snapshot(const SnapshotKey& key, Version max_version, SnapshotSink sink) {
    return storage_.load_snapshot(key, max_version, sink);
  }
  virtual void delete_snapshots(std::string_view event_store_id, const DeleteSnapshotsOptions& which) {
    storage_.delete_snapshots(event_store_id, which);
  }

 protected:
  InMemoryEventStorageAdapter storage_;
};

struct Fixture {
  static constexpr castore::testing::LawEffort effort{.limit = std::chrono::milliseconds{5'000}, .replays = 0};
  std::unique_ptr<ThirdParty> storage;
  ThirdParty& adapter() const { return *storage; }
};

using Names = std::set<std::string>;

Names names_in(const LogLawsReport& report) {
  Names names;
  for (const LawViolation& violation : report) names.insert(violation.name());
  return names;
}
template <class Adapter>
Names violations_of() {
  return names_in(check_snapshot_laws([] { return Fixture{std::make_unique<Adapter>()}; }));
}

const std::string comes_back = "a snapshot comes back as it was saved";
const std::string newest = "the newest snapshot that is not above max_version is handed out";
const std::string deletion = "a deletion takes the snapshots that it names, and no others";
const std::string other_version = "a snapshot of another version of the reducer is not handed out";
const std::string forced = "a forced push deletes the snapshots at or above its version";
const std::string read_before = "what was read before a forced push is not saved after it";
const std::string race = "savers that race with forced pushes leave nothing that is wrong";
const std::string undone = "a forced push that is undone deletes no snapshot";
const std::string equal = "with and without snapshots loads are equal, at every version, for every policy";
const std::string above_max_used = "a snapshot above max_version is not used";
const std::string other_version_used = "a snapshot of another version of the reducer is not used";
const std::string damaged_used = "a snapshot that is damaged, or of another aggregate, is not used";
const std::string gone_used = "a snapshot of events that are gone is not used";
const std::string forced_used = "a snapshot from before a forced push is not used";
const std::string savers_used = "savers that race leave the state right";

/// Storages with one fault each.

struct LosesState : ThirdParty {
  bool save_snapshot(const SnapshotRecord& snapshot) override {
    SnapshotRecord other = snapshot;
    if (const auto place = other.state.find("9223372036854775807"); place != std::string::npos) {
      other.state.replace(place, 19, "9223372036854775806");
    }
    return ThirdParty::save_snapshot(other);
  }
};
struct IgnoresMaxVersion : ThirdParty {
  std::int64_t load_snapshot(const SnapshotKey& key, Version, SnapshotSink sink) override {
    return ThirdParty::load_snapshot(key, castore::testing::detail::any_version, sink);
  }
};
struct IgnoresReducerVersion : ThirdParty {
  bool save_snapshot(const SnapshotRecord& snapshot) override {
    SnapshotRecord other = snapshot;
    if (other.reducer_version < 10) other.reducer_version = 1;
    return ThirdParty::save_snapshot(other);
  }
  std::int64_t load_snapshot(const SnapshotKey& key, Version max_version, SnapshotSink sink) override {
    SnapshotKey other = key;
    if (other.reducer_version < 10) other.reducer_version = 1;
    return ThirdParty::load_snapshot(other, max_version, sink);
  }
};
struct IgnoresKeep : ThirdParty {
  void delete_snapshots(std::string_view event_store_id, const DeleteSnapshotsOptions& which) override {
    DeleteSnapshotsOptions other = which;
    other.keep = 0;
    ThirdParty::delete_snapshots(event_store_id, other);
  }
};
/// Its snapshots do not know of pushes.
struct KeepsSnapshotsApart : ThirdParty {
  bool save_snapshot(const SnapshotRecord& snapshot) override { return apart_.save_snapshot(snapshot); }
  std::int64_t load_snapshot(const SnapshotKey& key, Version max_version, SnapshotSink sink) override {
    return apart_.load_snapshot(key, max_version, sink);
  }
  void delete_snapshots(std::string_view event_store_id, const DeleteSnapshotsOptions& which) override {
    apart_.delete_snapshots(event_store_id, which);
  }
  InMemorySnapshotStorage apart_;
};
struct DeletesTooMuch : ThirdParty {
  PushOutcome push_events(std::span<const PushRecord> records, const PushOptions& options) override {
    if (options.force) storage_.delete_snapshots(records[0].event_store_id, {});
    return ThirdParty::push_events(records, options);
  }
  using ThirdParty::push_events;
};
/// It deletes, but who read before may still save.
struct HasOneHistory : ThirdParty {
  bool save_snapshot(const SnapshotRecord& snapshot) override {
    SnapshotRecord other = snapshot;
    other.history = storage_.load_snapshot({}, 0, [](const SnapshotView&) {});
    return ThirdParty::save_snapshot(other);
  }
};
struct DeletesBeforeItsHook : ThirdParty {
  PushOutcome push_events(std::span<const PushRecord> records, const PushOptions& options,
                          PushHook<InMemoryTransaction> hook) override {
    if (options.force) storage_.delete_snapshots(records[0].event_store_id, {});
    return ThirdParty::push_events(records, options, hook);
  }
  using ThirdParty::push_events;
};

/// Stores with one fault each.

enum class Fault { none, any_reducer, above_max, lenient, any_event, remembers, two_loads };

template <Fault fault>
struct Naive {
  template <class Store, class Storage>
  class SnapshotStore : public Store {
   public:
    using typename Store::Aggregate;

    SnapshotStore(Store& store, Storage& storage, SnapshotEventStoreOptions options)
        : Store{store, nullptr}, storage_{storage}, options_{std::move(options)} {}

    std::optional<Aggregate> get_aggregate(std::string_view aggregate_id, GetAggregateOptions options = {}) const {
      const SnapshotKey key{"S", aggregate_id, fault == Fault::any_reducer ? 1 : options_.reducer_version.value_or(1)};
      const auto any_version = castore::testing::detail::any_version;
      std::optional<Aggregate> kept;
      Timestamp event_timestamp{};
      std::int64_t history = storage_.load_snapshot(
          key, fault == Fault::above_max ? any_version : options.max_version.value_or(any_version),
          [&](const SnapshotView& view) {
            event_timestamp = view.event_timestamp;
            kept = decode(view, aggregate_id);
          });
      if (fault == Fault::remembers && !options.max_version) {
        if (!kept && remembered_) kept = *remembered_;
      }
      if (kept && fault != Fault::any_event && fault != Fault::remembers && !is_stored(*kept, event_timestamp)) {
        storage_.delete_snapshots("S", {.aggregate_id = aggregate_id, .min_version = kept->version});
        kept.reset();
      }
      std::optional<Aggregate> loaded =
          kept ? this->extend_aggregate(*kept, options) : Store::get_aggregate(aggregate_id, options);
      if (loaded && !options.max_version) save(*loaded, history);
      return loaded;
    }
    void prune(std::size_t keep) { storage_.delete_snapshots("S", {.keep = keep}); }

   private:
    bool is_stored(const Aggregate& aggregate, Timestamp timestamp) const {
      const auto events = this->get_events(aggregate.aggregate_id,
                                           {.min_version = aggregate.version, .max_version = aggregate.version});
      return !events.empty() && events.front().timestamp() == timestamp;
    }
    static std::optional<Aggregate> decode(const SnapshotView& view, std::string_view aggregate_id) {
      Aggregate aggregate;
      if constexpr (fault == Fault::lenient) {
        const auto json = nlohmann::json::parse(view.state);
        if (json.is_object() && json.contains("text") && json["text"].is_string()) aggregate.text = json["text"];
      } else {
        try {
          aggregate = castore::codec<Aggregate>::decode(view.state);
        } catch (const std::exception&) {
          return std::nullopt;
        }
        if (aggregate.aggregate_id != aggregate_id || aggregate.version != view.version) return std::nullopt;
      }
      aggregate.aggregate_id = aggregate_id;
      aggregate.version = view.version;
      return aggregate;
    }
    void save(const Aggregate& loaded, std::int64_t history) const {
      const std::string& id = loaded.aggregate_id;
      if (fault == Fault::two_loads) std::this_thread::sleep_for(std::chrono::milliseconds{1});  // others push now
      const Aggregate later = fault == Fault::two_loads ? *Store::get_aggregate(id) : loaded;
      Aggregate state = later;
      state.version = loaded.version;
      const auto last = this->get_events(id, {.min_version = loaded.version, .max_version = loaded.version});
      remembered_ = state;
      static_cast<void>(
          storage_.save_snapshot({.event_store_id = "S",
                                  .aggregate_id = id,
                                  .reducer_version = options_.reducer_version.value_or(1),
                                  .version = loaded.version,
                                  .event_timestamp = last.empty() ? Timestamp{} : last.front().timestamp(),
                                  .state = castore::codec<Aggregate>::encode(state),
                                  .history = history}));
    }

    Storage& storage_;
    SnapshotEventStoreOptions options_;
    mutable std::optional<Aggregate> remembered_;
  };
};

template <Fault fault>
Names violations_of_store() {
  LogLawsReport report;
  const auto make_fixture = [] { return Fixture{std::make_unique<ThirdParty>()}; };
  castore::testing::detail::check_laws_of<Fixture>(
      castore::testing::detail::snapshot_load_laws<Naive<fault>::template SnapshotStore>, true, make_fixture, report);
  return names_in(report);
}

TEST_CASE("an adapter of a third party keeps the laws of snapshots") {
  const auto report = check_snapshot_laws([] { return Fixture{std::make_unique<ThirdParty>()}; });
  for (const LawViolation& violation : report) UNSCOPED_INFO(violation.what());
  CHECK(report.empty());
  CHECK(report.laws_run == 15);
}

TEST_CASE("for each law of storages of snapshots there is one that breaks it") {
  CHECK(violations_of<LosesState>() == Names{comes_back});
  CHECK(violations_of<IgnoresMaxVersion>().contains(newest));
  CHECK(violations_of<IgnoresReducerVersion>().contains(other_version));
  CHECK(violations_of<IgnoresKeep>() == Names{deletion});
  const Names apart = violations_of<KeepsSnapshotsApart>();
  for (const std::string& name : {forced, read_before, forced_used, equal}) CHECK(apart.contains(name));
  CHECK(violations_of<DeletesTooMuch>() == Names{forced});
  const Names one_history = violations_of<HasOneHistory>();
  CHECK(one_history.contains(read_before));
  CHECK_FALSE(one_history.contains(forced));
  CHECK(violations_of<DeletesBeforeItsHook>() == Names{undone});
}

TEST_CASE("for each law of stores with snapshots there is one that breaks it") {
  CHECK(violations_of_store<Fault::none>() == Names{});
  CHECK(violations_of_store<Fault::any_reducer>() == Names{other_version_used});
  CHECK(violations_of_store<Fault::above_max>().contains(above_max_used));
  CHECK(violations_of_store<Fault::lenient>() == Names{damaged_used});
  CHECK(violations_of_store<Fault::any_event>() == Names{gone_used});
  CHECK(violations_of_store<Fault::remembers>().contains(forced_used));
  Names of_race;  // one that saves what it loaded a second time, which others may have changed
  for (int attempt = 0; attempt < 50 && of_race.empty(); ++attempt) of_race = violations_of_store<Fault::two_loads>();
  CHECK(of_race == Names{savers_used});
}

}  // namespace snapshot_conformance_tests
