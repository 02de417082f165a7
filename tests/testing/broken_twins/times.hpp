// SPDX-License-Identifier: MIT
#ifndef CASTORE_TESTS_TESTING_BROKEN_TWINS_TIMES_HPP
#define CASTORE_TESTS_TESTING_BROKEN_TWINS_TIMES_HPP

#include <castore/core/timestamp.hpp>

#include "testing/broken_twins/listing.hpp"
#include "testing/broken_twins/twin.hpp"

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <limits>
#include <mutex>
#include <string>
#include <vector>

#include <time.h>

namespace broken_twins {

/// Forgets the sign of times before 1970.
struct CountsFrom1970 {
  void operator()(EventRecord& record) const {
    if (record.timestamp > castore::earliest_timestamp &&
        record.timestamp < castore::Timestamp{} - std::chrono::seconds{1}) {
      record.timestamp = castore::Timestamp{-record.timestamp.time_since_epoch()};
    }
  }
};

struct SecondsOf32Bits {
  void operator()(EventRecord& record) const {
    const auto limit = castore::Timestamp{std::chrono::seconds{std::numeric_limits<std::uint32_t>::max()}};
    if (record.timestamp > limit && record.timestamp < castore::latest_timestamp) record.timestamp = limit;
  }
};

struct MovesTimesIntoRange {
  void operator()(EventRecord& record) const {
    record.timestamp = std::clamp(record.timestamp, castore::earliest_timestamp, castore::latest_timestamp);
  }
};

/// What guards the C library's time zone, whose own lock ThreadSanitizer does not see.
inline std::mutex time_zone;

/// What a clock on the wall shows, as if that were the time.
inline castore::Timestamp wall_clock(castore::Timestamp time) {
  const time_t moment = std::chrono::floor<std::chrono::seconds>(time).time_since_epoch().count();
  tm local{};
  const std::scoped_lock lock{time_zone};
  localtime_r(&moment, &local);
  return time + std::chrono::seconds{timegm(&local) - moment};
}

inline bool is_of_this_century(castore::Timestamp time) {
  return time > castore::Timestamp{} && time < castore::Timestamp{std::chrono::hours{24 * 365 * 60}};
}

/// When the clocks of Central Europe are put back.
inline constexpr castore::Timestamp at_the_change =
    std::chrono::sys_days{std::chrono::year{2024} / 10 / 27} + std::chrono::hours{1};

/// Keeps the time that a clock on the wall shows, and asks which one that was when it reads.
struct LocalTime {
  void operator()(EventRecord& record) const {
    if (!is_of_this_century(record.timestamp)) return;
    const castore::Timestamp kept = wall_clock(record.timestamp);
    const time_t wall = std::chrono::floor<std::chrono::seconds>(kept).time_since_epoch().count();
    tm local{};
    gmtime_r(&wall, &local);
    local.tm_isdst = -1;
    const std::scoped_lock lock{time_zone};
    record.timestamp = kept + std::chrono::seconds{mktime(&local) - wall};
  }
};

/// Where there is a time of which this is true, in another order.
template <auto is_concerned, auto place>
struct OrdersBy {
  void operator()(AggregateIdsPage& page, bool reverse) const {
    const auto time_of = &AggregateIdEntry::initial_event_timestamp;
    if (reverse || std::ranges::none_of(page.aggregate_ids, is_concerned, time_of)) return;
    std::ranges::stable_sort(page.aggregate_ids, {},
                             [](const AggregateIdEntry& entry) { return place(entry.initial_event_timestamp); });
  }
};

inline bool is_of_october(castore::Timestamp time) {
  return time > at_the_change - std::chrono::hours{4} && time < at_the_change + std::chrono::hours{4};
}
inline bool is_before_1970(castore::Timestamp time) { return time < castore::Timestamp{}; }
inline bool is_after_2038(castore::Timestamp time) { return time > castore::Timestamp{} && !is_of_this_century(time); }
inline castore::Timestamp::duration distance_from_1970(castore::Timestamp time) {
  return std::chrono::abs(time.time_since_epoch());
}
/// As numbers of different lengths.
inline std::string number(castore::Timestamp time) { return std::to_string(time.time_since_epoch().count()); }

inline std::vector<Twin> time_twins() {
  return {
      twin<ChangesRead<CountsFrom1970>>("forgets that a time lies before 1970", {"timestamps before 1970 come back"}),
      twin<ChangesRead<SecondsOf32Bits>>("keeps seconds in 32 bits", {"timestamps after 2038 come back"}),
      twin<ChangesPushed<MovesTimesIntoRange>>("moves timestamps into the years that it holds",
                                               {"a timestamp outside of the years 0000 to 9999 is refused"}),
      twin<ChangesRead<LocalTime>>("keeps local time", {"the time zone does not change an event"}),
  };
}

inline std::vector<Twin> time_listing_twins() {
  return {
      twin<ChangesPages<OrdersBy<&is_before_1970, &distance_from_1970>>>("lists by the distance from 1970",
                                                                         {"a list is in order before 1970"}),
      twin<ChangesPages<OrdersBy<&is_after_2038, &number>>>("lists by the text of a number",
                                                            {"a list is in order after 2038"}),
      twin<ChangesPages<OrdersBy<&is_of_october, &wall_clock>>>("lists by local time",
                                                                {"the time zone does not change a list"}),
  };
}

}  // namespace broken_twins

#endif
