// SPDX-License-Identifier: MIT
#ifndef CASTORE_TESTS_TESTING_BROKEN_TWINS_READING_HPP
#define CASTORE_TESTS_TESTING_BROKEN_TWINS_READING_HPP

#include <castore/core/errors.hpp>

#include "testing/broken_twins/twin.hpp"

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <limits>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

namespace broken_twins {

using VersionLimits = std::numeric_limits<castore::Version>;

/// A twin that changes what was selected.
template <class Change>
class ChangesSelected : public RecordsOnlyAdapter {
 public:
  void get_events(std::string_view event_store_id, std::string_view aggregate_id, const GetEventsOptions& options,
                  RecordSink sink) override {
    std::vector<EventRecord> records;
    RecordsOnlyAdapter::get_events(event_store_id, aggregate_id, options,
                                   [&](const EventRecordView& view) { records.push_back(view.to_record()); });
    Change{}(records, options);
    for (const EventRecord& record : records) sink(record);
  }
};

struct OrdersByTimestamp {
  void operator()(std::vector<EventRecord>& records, const GetEventsOptions& options) const {
    if (!options.reverse) std::ranges::stable_sort(records, {}, &EventRecord::timestamp);
  }
};

struct ExcludesMin {
  void operator()(GetEventsOptions& options) const {
    if (options.min_version && *options.min_version < VersionLimits::max()) ++*options.min_version;
  }
};
struct ExcludesMax {
  void operator()(GetEventsOptions& options) const {
    if (options.max_version && *options.max_version > 0) --*options.max_version;
  }
};
struct IgnoresMax0 {
  void operator()(GetEventsOptions& options) const {
    if (options.max_version == 0) options.max_version.reset();
  }
};
struct SwapsBounds {
  void operator()(GetEventsOptions& options) const {
    if (options.min_version && options.max_version && *options.min_version > *options.max_version) {
      std::swap(options.min_version, options.max_version);
    }
  }
};
/// As `version < max_version + 1` would.
struct OverflowsAtTheHighestBound {
  void operator()(GetEventsOptions& options) const {
    if (options.max_version == VersionLimits::max()) options.max_version = VersionLimits::min();
  }
};
struct IgnoresReverse {
  void operator()(GetEventsOptions& options) const { options.reverse = false; }
};
struct IgnoresLimit {
  void operator()(GetEventsOptions& options) const {
    if (options.limit != 0U) options.limit.reset();
  }
};
struct IgnoresLimit0 {
  void operator()(GetEventsOptions& options) const {
    if (options.limit == 0U) options.limit.reset();
  }
};

template <std::size_t limit>
struct GetsAtMost {
  void operator()(GetEventsOptions& options) const { options.limit = std::min(options.limit.value_or(limit), limit); }
};

class LimitsBeforeItReverses : public RecordsOnlyAdapter {
 public:
  void get_events(std::string_view event_store_id, std::string_view aggregate_id, const GetEventsOptions& options,
                  RecordSink sink) override {
    std::vector<EventRecord> records;
    GetEventsOptions forward = options;
    forward.reverse = false;
    RecordsOnlyAdapter::get_events(event_store_id, aggregate_id, forward,
                                   [&](const EventRecordView& view) { records.push_back(view.to_record()); });
    if (options.reverse) std::ranges::reverse(records);
    for (const EventRecord& record : records) sink(record);
  }
};

class NeedsAPushFirst : public RecordsOnlyAdapter {
 public:
  PushOutcome push_events(std::span<const PushRecord> records, const PushOptions& options) override {
    is_created_ = true;
    return RecordsOnlyAdapter::push_events(records, options);
  }
  void get_events(std::string_view event_store_id, std::string_view aggregate_id, const GetEventsOptions& options,
                  RecordSink sink) override {
    if (!is_created_) throw castore::StorageError{"no such table: event"};
    RecordsOnlyAdapter::get_events(event_store_id, aggregate_id, options, sink);
  }

 private:
  std::atomic<bool> is_created_{false};
};

inline std::vector<Twin> reading_twins() {
  const char* const random = "random selections agree with a model";
  return {
      twin<ChangesSelected<OrdersByTimestamp>>("orders events by their timestamps",
                                               {"events come in the order of their versions", random}),
      twin<ChangesGetOptions<ExcludesMin>>("takes min_version for exclusive",
                                           {"min_version is inclusive", "max_version is inclusive",
                                            "reverse gives the last version first", "limit limits", random}),
      twin<ChangesGetOptions<ExcludesMax>>(
          "takes max_version for exclusive",
          {"max_version is inclusive", "reverse gives the last version first", "limit counts after reverse", random}),
      twin<ChangesGetOptions<IgnoresMax0>>("takes max_version 0 for none", {"max_version 0 selects nothing", random}),
      twin<ChangesGetOptions<SwapsBounds>>("swaps bounds that cross",
                                           {"min_version above max_version selects nothing", random}),
      twin<ChangesGetOptions<OverflowsAtTheHighestBound>>("adds 1 to max_version",
                                                          {"min_version and max_version may be any number"}),
      twin<ChangesGetOptions<IgnoresReverse>>(
          "ignores reverse", {"reverse gives the last version first", "limit counts after reverse", random}),
      twin<ChangesGetOptions<IgnoresLimit>>("ignores limit", {"limit limits", "limit counts after reverse", random}),
      twin<LimitsBeforeItReverses>("limits before it reverses", {"limit counts after reverse", random}),
      twin<ChangesGetOptions<IgnoresLimit0>>("takes limit 0 for none", {"limit 0 selects nothing", random}),
      twin<ChangesGetOptions<GetsAtMost<1000>>>("gets a thousand events at most",
                                                {"an aggregate of 1100 events and more than a megabyte comes whole"}),
      twin<NeedsAPushFirst>("cannot read before the first push", {"what does not exist has no events"}),
  };
}

}  // namespace broken_twins

#endif
