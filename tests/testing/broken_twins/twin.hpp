// SPDX-License-Identifier: MIT
#ifndef CASTORE_TESTS_TESTING_BROKEN_TWINS_TWIN_HPP
#define CASTORE_TESTS_TESTING_BROKEN_TWINS_TWIN_HPP

#include <castore/core/event_storage_adapter.hpp>
#include <castore/testing/adapter_conformance.hpp>

#include "support/records_only_adapter.hpp"

#include <chrono>
#include <functional>
#include <memory>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

/// An adapter with one fault, and the tests that must find it: all of them of one law.
struct Twin {
  std::string_view fault;
  std::set<std::string> violates;
  std::function<std::vector<castore::testing::LawViolation>()> check;
  std::set<std::string> may_violate{};  ///< When threads happen to meet so.
};

/// Whose faults are no races need no long ones, and nobody reads what they fail in.
inline constexpr castore::testing::LawEffort quick{.race = std::chrono::milliseconds{2}, .replays = 0};
/// For faults that are races.
inline constexpr castore::testing::LawEffort racing{.race = std::chrono::milliseconds{20}, .replays = 0};
/// For faults that make an operation hang.
inline constexpr castore::testing::LawEffort impatient{
    .race = std::chrono::milliseconds{20}, .limit = std::chrono::milliseconds{1500}, .replays = 0};

/// What the laws see of a twin; most see its base class only, so that they compile once.
template <class Adapter, const castore::testing::LawEffort& how = quick>
struct TwinFixture {
  static constexpr castore::testing::LawEffort effort = how;
  std::unique_ptr<Adapter> storage;
  Adapter& adapter() const { return *storage; }
};

/// `Fixture` is made for every law.
template <class Fixture>
Twin twin_in(std::string_view fault, std::set<std::string> violates) {
  return {fault, std::move(violates), [] { return castore::testing::check_adapter_laws([] { return Fixture{}; }); }};
}

/// A twin whose fault is that of `Adapter`.
template <class Adapter, const castore::testing::LawEffort& how = quick>
Twin twin(std::string_view fault, std::set<std::string> violates, std::set<std::string> may_violate = {}) {
  const auto check_twin = [] {
    return castore::testing::check_adapter_laws(
        [] { return TwinFixture<RecordsOnlyAdapter, how>{std::make_unique<Adapter>()}; });
  };
  return {fault, std::move(violates), check_twin, std::move(may_violate)};
}

/// A twin that says something of itself.
template <class Adapter>
Twin twin_with_properties(std::string_view fault, std::set<std::string> violates) {
  return {
      fault, std::move(violates), [] {
        return castore::testing::check_adapter_laws([] { return TwinFixture<Adapter>{std::make_unique<Adapter>()}; });
      }};
}

using castore::AggregateIdEntry;
using castore::AggregateIdsPage;
using castore::EventRecord;
using castore::EventRecordView;
using castore::GetEventsOptions;
using castore::ListAggregateIdsOptions;
using castore::PushOptions;
using castore::PushOutcome;
using castore::PushRecord;
using castore::RecordSink;

inline bool is_pushed(const PushOutcome& outcome) { return outcome.status == PushOutcome::pushed; }

/// True when the storage has this version.
inline bool has_version(RecordsOnlyAdapter& adapter, std::string_view event_store_id, std::string_view aggregate_id,
                        castore::Version version) {
  bool found = false;
  adapter.RecordsOnlyAdapter::get_events(event_store_id, aggregate_id, {.min_version = version, .max_version = version},
                                         [&found](const EventRecordView&) { found = true; });
  return found;
}
inline bool has_event(RecordsOnlyAdapter& adapter, const PushRecord& push) {
  return has_version(adapter, push.event_store_id, push.record.aggregate_id, push.record.version);
}

/// A twin that changes records on their way in.
template <class Change>
class ChangesPushed : public RecordsOnlyAdapter {
 public:
  PushOutcome push_events(std::span<const PushRecord> records, const PushOptions& options) override {
    std::vector<PushRecord> changed{records.begin(), records.end()};
    for (PushRecord& push : changed) Change{}(push.record);
    return RecordsOnlyAdapter::push_events(changed, options);
  }
};

/// A twin that changes records on their way out.
template <class Change>
class ChangesRead : public RecordsOnlyAdapter {
 public:
  void get_events(std::string_view event_store_id, std::string_view aggregate_id, const GetEventsOptions& options,
                  RecordSink sink) override {
    RecordsOnlyAdapter::get_events(event_store_id, aggregate_id, options, [&](const EventRecordView& view) {
      EventRecord record = view.to_record();
      Change{}(record);
      sink(record);
    });
  }
};

/// A twin that understands the options of `get_events` in its own way.
template <class Change>
class ChangesGetOptions : public RecordsOnlyAdapter {
 public:
  void get_events(std::string_view event_store_id, std::string_view aggregate_id, const GetEventsOptions& options,
                  RecordSink sink) override {
    GetEventsOptions changed = options;
    Change{}(changed);
    RecordsOnlyAdapter::get_events(event_store_id, aggregate_id, changed, sink);
  }
};

/// A twin that understands the options of `list_aggregate_ids` in its own way.
template <class Change>
class ChangesListOptions : public RecordsOnlyAdapter {
 public:
  AggregateIdsPage list_aggregate_ids(std::string_view event_store_id,
                                      const ListAggregateIdsOptions& options) override {
    ListAggregateIdsOptions changed = options;
    Change{}(changed);
    return RecordsOnlyAdapter::list_aggregate_ids(event_store_id, changed);
  }
};

/// A twin that takes some ids for others.
template <class Confuse>
class ConfusesIds : public RecordsOnlyAdapter {
 public:
  PushOutcome push_events(std::span<const PushRecord> records, const PushOptions& options) override {
    std::vector<Ids> ids;
    std::vector<PushRecord> changed;
    ids.reserve(records.size());
    for (const PushRecord& push : records) {
      const Ids& confused = ids.emplace_back(push.event_store_id, push.record.aggregate_id);
      PushRecord& record = changed.emplace_back(push);
      record.event_store_id = confused.event_store_id;
      record.record.aggregate_id = confused.aggregate_id;
    }
    return RecordsOnlyAdapter::push_events(changed, options);
  }
  void get_events(std::string_view event_store_id, std::string_view aggregate_id, const GetEventsOptions& options,
                  RecordSink sink) override {
    const Ids ids{event_store_id, aggregate_id};
    RecordsOnlyAdapter::get_events(ids.event_store_id, ids.aggregate_id, options, sink);
  }
  AggregateIdsPage list_aggregate_ids(std::string_view event_store_id,
                                      const ListAggregateIdsOptions& options) override {
    return RecordsOnlyAdapter::list_aggregate_ids(Ids{event_store_id, {}}.event_store_id, options);
  }

 private:
  struct Ids {
    Ids(std::string_view event_store_id_, std::string_view aggregate_id_)
        : event_store_id{event_store_id_}, aggregate_id{aggregate_id_} {
      Confuse{}(event_store_id, aggregate_id);
    }
    std::string event_store_id;
    std::string aggregate_id;
  };
};

#endif
