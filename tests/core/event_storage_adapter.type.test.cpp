// SPDX-License-Identifier: MIT
#include <castore/core/event_storage_adapter.hpp>
#include "support/catch.hpp"

#include <concepts>
#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>

using castore::AggregateIdsPage;
using castore::EventRecord;
using castore::EventRecordView;
using castore::EventStorageAdapter;
using castore::GetEventsOptions;
using castore::GetsEvents;
using castore::ListAggregateIdsOptions;
using castore::ListsAggregateIds;
using castore::PushesEvents;
using castore::PushOptions;
using castore::PushOutcome;
using castore::PushRecord;
using castore::PushStatus;
using castore::RecordSink;

namespace {

struct Complete {
  PushOutcome push_events(std::span<const PushRecord>, const PushOptions&);
  void get_events(std::string_view, std::string_view, const GetEventsOptions&, RecordSink);
  AggregateIdsPage list_aggregate_ids(std::string_view, const ListAggregateIdsOptions&);
};
struct Limited : Complete {
  static constexpr castore::AdapterProperties properties{.detects_version_gaps = false, .max_events_per_push = 100};
};
struct PushesOne : Complete {
  PushOutcome push_events(const PushRecord&, const PushOptions&);
};
struct PushesWithoutOutcome : Complete {
  void push_events(std::span<const PushRecord>, bool);
};
struct ChangesRecords : Complete {
  PushOutcome push_events(std::span<PushRecord>, bool);
};
struct ReturnsEvents : Complete {
  std::size_t get_events(std::string_view, std::string_view, const GetEventsOptions&, RecordSink);
};
struct ListsByName : Complete {
  AggregateIdsPage list_aggregate_ids(std::string&, const ListAggregateIdsOptions&);
};
struct Private {
 private:
  PushOutcome push_events(std::span<const PushRecord>, const PushOptions&);
};

}  // namespace

TEST_CASE("an adapter has the three operations with their exact results") {
  STATIC_REQUIRE(EventStorageAdapter<Complete>);
  STATIC_REQUIRE(castore::explain_event_storage_adapter<Complete>());
  STATIC_REQUIRE_FALSE(EventStorageAdapter<const Complete>);
  STATIC_REQUIRE_FALSE(EventStorageAdapter<int>);
}

TEST_CASE("an operation with another signature makes no adapter and only that concept fails") {
  STATIC_REQUIRE_FALSE(PushesEvents<PushesOne>);
  STATIC_REQUIRE(GetsEvents<PushesOne>);
  STATIC_REQUIRE(ListsAggregateIds<PushesOne>);
  STATIC_REQUIRE_FALSE(EventStorageAdapter<PushesOne>);
  STATIC_REQUIRE_FALSE(PushesEvents<PushesWithoutOutcome>);
  STATIC_REQUIRE_FALSE(PushesEvents<ChangesRecords>);
  STATIC_REQUIRE_FALSE(PushesEvents<Private>);
  STATIC_REQUIRE_FALSE(GetsEvents<ReturnsEvents>);
  STATIC_REQUIRE(PushesEvents<ReturnsEvents>);
  STATIC_REQUIRE_FALSE(ListsAggregateIds<ListsByName>);
  STATIC_REQUIRE(GetsEvents<ListsByName>);
}

TEST_CASE("an adapter says what its storage cannot do") {
  STATIC_REQUIRE(castore::properties_of<Complete>() == castore::AdapterProperties{});
  STATIC_REQUIRE(castore::properties_of<Limited>() == Limited::properties);
}

TEST_CASE("a record sink is anything that takes a record") {
  const auto counts = [](const EventRecordView&) { return 1; };
  STATIC_REQUIRE(std::is_convertible_v<decltype(counts)&, RecordSink>);
  STATIC_REQUIRE_FALSE(std::is_convertible_v<std::string&, RecordSink>);
}

TEST_CASE("a view of a record and a copy of the view hold the same as the record") {
  const EventRecord record{"a", 3, "T", castore::Timestamp{std::chrono::milliseconds{5}}, "{}", "[]"};
  const EventRecordView view = record;
  CHECK(view.aggregate_id.data() == record.aggregate_id.data());
  CHECK(view.payload.data() == record.payload.data());
  CHECK(view.to_record() == record);
  CHECK(EventRecordView{}.to_record() == EventRecord{});
}

TEST_CASE("a push counts as done unless its outcome says otherwise") {
  STATIC_REQUIRE(PushOutcome{}.status == PushOutcome::pushed);
  STATIC_REQUIRE(std::same_as<std::remove_const_t<decltype(PushOutcome::pushed)>, PushStatus>);
  STATIC_REQUIRE(std::same_as<PushOutcome::Status, PushStatus>);
  CHECK_FALSE(PushOutcome{} == PushOutcome{PushOutcome::already_exists, 0});
  CHECK_FALSE(PushOutcome{PushOutcome::version_gap, 1} == PushOutcome{PushOutcome::version_gap, 0});
}
