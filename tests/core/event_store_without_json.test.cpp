// SPDX-License-Identifier: MIT
// Includes nothing of JSON: a store whose events stay in memory needs none.
#include <castore/core/event_store.hpp>

#include <castore/adapters/in_memory.hpp>

#if defined(NLOHMANN_JSON_VERSION_MAJOR) || defined(CASTORE_JSON_HPP)
#error "the core or the in-memory adapter includes JSON"
#endif

#include "core/support.hpp"
#include "support/catch.hpp"

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace event_store_without_json_test {

/// What no JSON library could know.
struct Measured {
  static constexpr std::string_view type = "MEASURED";
  struct Metadata {
    const int* instrument = nullptr;
  };
  std::map<int, std::vector<const void*>> values;
  double number = 0;
};
struct Reset {
  static constexpr std::string_view type = "RESET";
};
struct Series : castore::Aggregate {
  double sum = 0;
  const int* instrument = nullptr;
};
struct SeriesReducer {
  void operator()(Series& series, const Measured& event, const castore::EventInfo<Measured>& info) const {
    series.sum += event.number;
    series.instrument = info.metadata.instrument;
  }
  void operator()(Series& series, const Reset&) const { series.sum = 0; }
};
using Events = castore::Events<Measured, Reset>;
using Store = castore::EventStore<Events, Series, SeriesReducer, castore::InMemoryEventStorageAdapter>;

/// The same data seen with other event types.
using OtherStore =
    castore::EventStore<castore::Events<Measured>, Series, SeriesReducer, castore::InMemoryEventStorageAdapter>;

}  // namespace event_store_without_json_test

using namespace event_store_without_json_test;
using castore::StorageError;
using castore_tests::error_of;
using castore_tests::records_of;

TEST_CASE("events without a JSON form are pushed and loaded in memory") {
  castore::InMemoryEventStorageAdapter storage;
  Store store{"SERIES", storage};
  const int instrument = 0;
  const auto first = store.push_event("a", 1, Measured{{{1, {&storage}}}, 1.5}, {.metadata = {&instrument}});
  CHECK(first.next_aggregate->sum == 1.5);
  CHECK(store.push_events("a", 1, Measured{{}, 2}, Reset{}, Measured{{}, 3}).size() == 3);
  castore::push_event_group(store.group_event("a", 5, Measured{{}, 4}), store.group_event("b", 1, Reset{}));
  CHECK(store.get_existing_aggregate("a").sum == 7);
  CHECK(store.get_existing_aggregate("a", {.max_version = 1}).instrument == &instrument);
  const auto history = store.get_history("a");
  REQUIRE(history.events.at(0).get_if<Measured>());
  CHECK(history.events.at(0).get_if<Measured>()->payload.values.at(1).at(0) == &storage);
  CHECK(store.list_aggregate_ids().aggregate_ids.size() == 2);
  const auto gap = error_of<castore::VersionGapError>([&] { store.push_event("a", 9, Reset{}); });
  CHECK(gap.expected_version() == 6);
}

TEST_CASE("events without a JSON form cannot be read as records or as other types") {
  castore::InMemoryEventStorageAdapter storage;
  Store store{"SERIES", storage};
  store.push_event("a", 1, Measured{{}, 1});
  CHECK(error_of<StorageError>([&] { records_of(storage, "SERIES", "a"); }).what() ==
        std::string{"castore: event 1 of aggregate 'a' in event store 'SERIES' (type 'MEASURED') is kept in memory as a "
                    "C++ object without a JSON form, so it cannot be read as a record; include <castore/json.hpp> where "
                    "it is pushed and give it a codec"});
  const OtherStore other{"SERIES", storage};
  const auto error = error_of<StorageError>([&] { other.get_events("a"); });
  CHECK(error.what() == std::string{"castore: aggregate 'a' of event store 'SERIES' is kept as events of other types, "
                                    "which this store could read as JSON only; include <castore/json.hpp> and give its "
                                    "payloads a codec"});
  CHECK_FALSE(error.retryable());
  CHECK(error_of<StorageError>([&] { other.get_aggregate("a"); }).retryable() == false);
  CHECK(store.get_existing_aggregate("a").sum == 1);
}

TEST_CASE("events without a JSON form cannot be mixed with other types in one aggregate and nothing changes") {
  castore::InMemoryEventStorageAdapter storage;
  Store store{"SERIES", storage};
  OtherStore other{"SERIES", storage};
  store.push_event("a", 1, Measured{{}, 1});
  CHECK(error_of<StorageError>([&] { other.push_event("a", 2, Measured{{}, 2}); }).retryable() == false);
  CHECK(error_of<castore::EventAlreadyExistsError>([&] { other.push_event("a", 1, Measured{{}, 2}); }).version() == 1);
  CHECK(store.get_events("a").size() == 1);
  CHECK(store.push_event("a", 2, Reset{}).event.version == 2);
}
