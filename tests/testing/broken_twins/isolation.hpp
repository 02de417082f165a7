// SPDX-License-Identifier: MIT
#ifndef CASTORE_TESTS_TESTING_BROKEN_TWINS_ISOLATION_HPP
#define CASTORE_TESTS_TESTING_BROKEN_TWINS_ISOLATION_HPP

#include <castore/core/errors.hpp>

#include "testing/broken_twins/twin.hpp"

#include <algorithm>
#include <cstddef>
#include <mutex>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace broken_twins {

/// Of most tests.
struct StoresByLength {
  void operator()(std::string& event_store_id, std::string&) const {
    const bool is_of_other_tests = event_store_id.starts_with("S") && event_store_id.size() > 1;
    if (!is_of_other_tests) event_store_id.assign(event_store_id.size(), 's');
  }
};

struct SplitsAtFirstHash {
  void operator()(std::string& event_store_id, std::string& aggregate_id) const {
    const std::size_t hash = event_store_id.find('#');
    if (hash == std::string::npos) return;
    aggregate_id = event_store_id.substr(hash + 1) + "#" + aggregate_id;
    event_store_id.resize(hash);
  }
};

struct DropsBackslashes {
  void operator()(std::string&, std::string& aggregate_id) const { std::erase(aggregate_id, '\\'); }
};

struct DropsLineBreaksOfStores {
  void operator()(std::string& event_store_id, std::string&) const { std::erase(event_store_id, '\n'); }
};

struct IgnoresCase {
  void operator()(std::string&, std::string& aggregate_id) const {
    for (char& character : aggregate_id) {
      if (character >= 'A' && character <= 'Z') character = static_cast<char>(character - 'A' + 'a');
    }
  }
};

struct CutsLongIds {
  void operator()(std::string&, std::string& aggregate_id) const {
    if (aggregate_id.size() > 255) aggregate_id.resize(255);
  }
};

struct CutsLongStoreIds {
  void operator()(std::string& event_store_id, std::string&) const {
    if (event_store_id.size() > 255) event_store_id.resize(255);
  }
};

/// Takes what looks like the version in a key for one.
struct ReadsVersionsInIds {
  void operator()(std::string&, std::string& aggregate_id) const {
    const std::string_view suffix = "#00000001";
    if (aggregate_id.ends_with(suffix)) aggregate_id.resize(aggregate_id.size() - suffix.size());
  }
};

struct CutsIdsAfter100Bytes {
  void operator()(std::string& event_store_id, std::string& aggregate_id) const {
    for (std::string* const id : {&event_store_id, &aggregate_id}) {
      if (id->size() > 100) id->resize(100);
    }
  }
};

/// Says how long ids may be, and cuts those that are longer.
struct CutsLongerIds : ConfusesIds<CutsIdsAfter100Bytes> {
  static constexpr castore::AdapterProperties properties{.max_id_size = 100};
};

/// Keeps the contract, with ids of a limited size.
struct RefusesLongerIds : RecordsOnlyAdapter {
  static constexpr castore::AdapterProperties properties{.max_id_size = 100};

  PushOutcome push_events(std::span<const PushRecord> records, const PushOptions& options) override {
    for (const PushRecord& push : records) {
      if (push.event_store_id.size() > 100) throw castore::InvalidEventError{"event_store_id", "it is too long"};
      if (push.record.aggregate_id.size() > 100) throw castore::InvalidEventError{"aggregate_id", "it is too long"};
    }
    return RecordsOnlyAdapter::push_events(records, options);
  }
};

struct RepairsIds {
  void operator()(std::string& event_store_id, std::string& aggregate_id) const {
    for (std::string* const id : {&event_store_id, &aggregate_id}) {
      const bool is_repaired = std::ranges::any_of(*id, [](char character) { return character == '\0'; }) ||
                               id->starts_with('\xff') || *id == "\xc3" || id->starts_with("\xed\xa0") ||
                               id->starts_with('\xc0');
      if (is_repaired) *id = "repaired";
    }
  }
};

/// As `LIKE 'store%'` would.
class ListsStoresThatBeginAlike : public RecordsOnlyAdapter {
 public:
  PushOutcome push_events(std::span<const PushRecord> records, const PushOptions& options) override {
    {
      const std::scoped_lock lock{mutex_};
      for (const PushRecord& push : records) event_store_ids_.emplace(push.event_store_id);
    }
    return RecordsOnlyAdapter::push_events(records, options);
  }
  AggregateIdsPage list_aggregate_ids(std::string_view event_store_id,
                                      const ListAggregateIdsOptions& options) override {
    AggregateIdsPage page = RecordsOnlyAdapter::list_aggregate_ids(event_store_id, options);
    const std::scoped_lock lock{mutex_};
    for (const std::string& other : event_store_ids_) {
      if (event_store_id.empty() || other == event_store_id || !other.starts_with(event_store_id)) continue;
      const AggregateIdsPage more = RecordsOnlyAdapter::list_aggregate_ids(other, {});
      page.aggregate_ids.insert(page.aggregate_ids.end(), more.aggregate_ids.begin(), more.aggregate_ids.end());
    }
    return page;
  }

 private:
  std::mutex mutex_;
  std::set<std::string> event_store_ids_;
};

inline std::vector<Twin> isolation_twins() {
  const char* const long_ids = "ids of max_id_size bytes are kept whole";
  const char* const long_store_ids = "event store ids of max_id_size bytes are kept whole";
  const char* const begins = "an id may begin with another one";
  const char* const longer_ids = "longer ids are kept whole or refused";
  return {
      twin<ConfusesIds<StoresByLength>>(
          "takes event stores whose ids have the same length for one",
          {"one aggregate id in two event stores is two aggregates", "list_aggregate_ids lists one event store only",
           "ids that join to the same text stay apart", "any NUL-free UTF-8 text is an event store id",
           "push_events refuses an id that is not NUL-free UTF-8", begins, long_store_ids, longer_ids,
           "random operations on ids that look alike agree with a model"}),
      twin<ListsStoresThatBeginAlike>("lists all event stores whose ids begin alike",
                                      {"list_aggregate_ids lists one event store only",
                                       "any NUL-free UTF-8 text is an event store id", begins, long_store_ids}),
      twin<ConfusesIds<SplitsAtFirstHash>>(
          "joins event store and aggregate id with a #",
          {"ids that join to the same text stay apart", "any NUL-free UTF-8 text is an event store id"}),
      twin<ConfusesIds<DropsBackslashes>>(
          "drops backslashes from aggregate ids",
          {"any NUL-free UTF-8 text is an aggregate id", "ids that join to the same text stay apart"}),
      twin<ConfusesIds<DropsLineBreaksOfStores>>("drops line breaks from event store ids",
                                                 {"any NUL-free UTF-8 text is an event store id"}),
      twin<ConfusesIds<IgnoresCase>>(
          "compares aggregate ids without their case",
          {"ids that look alike are different ids", "ids that join to the same text stay apart",
           "any NUL-free UTF-8 text is an aggregate id",
           "random operations on ids that look alike agree with a model"}),
      twin<ConfusesIds<CutsLongIds>>("cuts aggregate ids after 255 bytes", {long_ids, longer_ids, long_store_ids}),
      twin<ConfusesIds<CutsLongStoreIds>>("cuts event store ids after 255 bytes", {long_store_ids, longer_ids}),
      twin_with_properties<CutsLongerIds>("cuts ids that are longer than it says", {longer_ids}),
      twin<ConfusesIds<ReadsVersionsInIds>>("takes the end of an id for a version", {begins}),
      twin<ConfusesIds<RepairsIds>>("repairs ids that are not UTF-8",
                                    {"push_events refuses an id that is not NUL-free UTF-8"}),
  };
}

}  // namespace broken_twins

#endif
