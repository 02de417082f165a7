// SPDX-License-Identifier: MIT
#include <castore/maintenance/each_event.hpp>

#include <castore/castore.hpp>
#include <castore/core/event_log.hpp>

#include "maintenance/support.hpp"
#include "support/catch.hpp"

#include <initializer_list>
#include <stdexcept>
#include <string>
#include <tuple>
#include <vector>

using namespace castore_tests;
using castore::Position;
using castore::SequencedEventView;
using castore::Version;

namespace {

using Seen = std::tuple<Position, std::string, std::string, Version>;

template <class Adapter>
std::vector<Seen> seen(Adapter& adapter, const castore::EachEventOptions& options) {
  std::vector<Seen> all;
  castore::for_each_event(adapter, options, [&](const SequencedEventView& next) {
    all.emplace_back(next.position, next.event_store_id, next.event.aggregate_id, next.event.version);
  });
  return all;
}

/// The same storage without its order.
struct Unordered {
  castore::PushOutcome push_events(std::span<const castore::PushRecord> records, const castore::PushOptions& options) {
    return storage.push_events(records, options);
  }
  void get_events(std::string_view store, std::string_view id, const castore::GetEventsOptions& options,
                  castore::RecordSink sink) {
    storage.get_events(store, id, options, sink);
  }
  castore::AggregateIdsPage list_aggregate_ids(std::string_view store,
                                               const castore::ListAggregateIdsOptions& options) {
    return storage.list_aggregate_ids(store, options);
  }

  castore::InMemoryEventStorageAdapter& storage;
};
struct UnorderedWithStores : Unordered {
  std::vector<std::string> list_event_stores() { return storage.list_event_stores(); }
};

TEST_CASE("for_each_event follows the storage's order, whatever the size of its pages") {
  const Histories histories;
  const std::vector<Seen> all = seen(histories.storage, {});
  CHECK(all.size() == histories.event_count);
  CHECK(std::get<0>(all.front()) == 1);
  CHECK(std::is_sorted(all.begin(), all.end()));
  for (const std::size_t page_size : {std::size_t{1}, std::size_t{3}, histories.event_count}) {
    CHECK(seen(histories.storage, {.page_size = page_size}) == all);
  }
  const std::vector<Seen> rest = seen(histories.storage, {.after = 5, .page_size = 2});
  CHECK(rest == std::vector<Seen>(all.begin() + 5, all.end()));
  const Position end = castore::for_each_event(histories.storage, {}, [](const SequencedEventView&) {});
  CHECK(end == static_cast<Position>(histories.event_count));
}

TEST_CASE("for_each_event hands out the events of the stores that are named") {
  const Histories histories;
  for (const Seen& event : seen(histories.storage, {.event_store_ids = {"TAMERS"}, .page_size = 2})) {
    CHECK(std::get<1>(event) == "TAMERS");
  }
  CHECK(seen(histories.storage, {.event_store_ids = {"TAMERS"}}).size() == 3);
}

TEST_CASE("for_each_event goes by lists where there is no order") {
  const Histories histories;
  UnorderedWithStores storage{{histories.storage}};
  std::vector<Seen> expected;
  for (const auto& [position, store, id, version] : seen(histories.storage, {}))
    expected.emplace_back(0, store, id, version);
  std::sort(expected.begin(), expected.end());
  for (const std::size_t page_size : std::initializer_list<std::size_t>{1, 2, 500}) {
    std::vector<Seen> all = seen(storage, {.page_size = page_size});
    for (std::size_t index = 1; index < all.size(); ++index) {
      const auto& [position, store, id, version] = all[index];
      if (version > 1) CHECK(all[index - 1] == Seen{0, store, id, version - 1});
    }
    std::sort(all.begin(), all.end());
    CHECK(all == expected);
  }
}

TEST_CASE("for_each_event needs the names of event stores where the storage does not tell them") {
  const Histories histories;
  Unordered storage{histories.storage};
  CHECK(seen(storage, {.event_store_ids = {"TAMERS"}}).size() == 3);
  try {
    seen(storage, {});
    FAIL("an UnsupportedOperationError was expected");
  } catch (const castore::UnsupportedOperationError& error) {
    CHECK(error.operation() == "list_event_stores");
  }
}

TEST_CASE("what the function throws ends for_each_event") {
  const Histories histories;
  int count = 0;
  CHECK_THROWS_AS(castore::for_each_event(histories.storage, {.page_size = 2},
                                          [&](const SequencedEventView&) {
                                            if (++count == 3) throw std::runtime_error{"enough"};
                                          }),
                  std::runtime_error);
  CHECK(count == 3);
}

}  // namespace
