// SPDX-License-Identifier: MIT
#ifndef CASTORE_TESTING_ADAPTER_CONFORMANCE_TIMES_HPP
#define CASTORE_TESTING_ADAPTER_CONFORMANCE_TIMES_HPP

/// @file
/// Laws 6 and 7: timestamps are moments from the year 0000 to 9999, whatever the time zone.

#include <castore/core/errors.hpp>
#include <castore/core/event_storage_adapter.hpp>
#include <castore/core/timestamp.hpp>
#include <castore/fwd.hpp>
#include <castore/testing/adapter_conformance/adapter_under_test.hpp>
#include <castore/testing/adapter_conformance/expect.hpp>
#include <castore/testing/adapter_conformance/law.hpp>
#include <castore/testing/adapter_conformance/law_events.hpp>
#include <castore/testing/adapter_conformance/listing.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <optional>
#include <string>
#include <vector>

#include <time.h>

namespace castore::testing::detail {

inline Timestamp moment(int year, unsigned month, unsigned day, std::chrono::milliseconds time = {}) {
  return std::chrono::sys_days{std::chrono::year{year} / static_cast<int>(month) / static_cast<int>(day)} + time;
}

/// One aggregate for each moment, and the list of them.
inline Entries push_moments(const AdapterUnderTest& adapter, const std::vector<Timestamp>& moments) {
  Entries entries;
  for (const Timestamp time : moments) entries.push_back({"a" + std::to_string(entries.size()), time});
  for (std::size_t index = 0; index < entries.size(); index += 2) {  // not in their order
    adapter.must_push({"S", entries[index].aggregate_id, 1, "", entries[index].initial_event_timestamp});
  }
  for (std::size_t index = 1; index < entries.size(); index += 2) {
    adapter.must_push({"S", entries[index].aggregate_id, 1, "", entries[index].initial_event_timestamp});
  }
  return entries;
}

inline void expect_events_of(const AdapterUnderTest& adapter, const Entries& entries, const std::string& when = {}) {
  for (const auto& [aggregate_id, time] : entries) {
    adapter.expect_events({{"S", aggregate_id, 1, "", time}}, "an event of " + describe(time) + when);
  }
}

inline void expect_list_of(const AdapterUnderTest& adapter, const Entries& entries, const std::string& when = {}) {
  expect_list(adapter, {}, entries, "aggregates" + when);
  expect_list(adapter, {.limit = 1}, entries, "aggregates, one a page," + when);
  expect_list(adapter, {.limit = 2, .reverse = true}, reversed(entries), "aggregates in reverse, two a page," + when);
  for (std::size_t index = 0; index < entries.size(); ++index) {
    const auto from = entries.begin() + static_cast<std::ptrdiff_t>(index);
    const Timestamp time = entries[index].initial_event_timestamp;
    expect_list(adapter, {.initial_event_after = time}, {from, entries.end()},
                "aggregates from " + describe(time) + " on" + when);
    expect_list(adapter, {.limit = 2, .initial_event_before = time}, {entries.begin(), from + 1},
                "aggregates up to " + describe(time) + when);
  }
}

/// Where the sign of a count since 1970 changes, and the length of its text or of the year's.
inline std::vector<Timestamp> moments_before_1970() {
  constexpr std::chrono::milliseconds ms{1};
  const Timestamp epoch{};
  return {earliest_timestamp,   earliest_timestamp + ms,
          moment(999, 12, 31),  moment(1000, 1, 1),
          moment(1582, 10, 10), moment(1900, 2, 28),
          moment(1901, 12, 13), moment(1969, 12, 31),
          epoch - 1001 * ms,    epoch - 1000 * ms,
          epoch - 10 * ms,      epoch - 9 * ms,
          epoch - ms,           epoch,
          epoch + ms,           epoch + 999 * ms};
}

/// Where counts of 32 and 64 bits and texts of ten digits end.
inline std::vector<Timestamp> moments_after_2038() {
  constexpr std::chrono::milliseconds ms{1};
  const Timestamp signed_end{std::chrono::seconds{(std::int64_t{1} << 31) - 1}};
  const Timestamp unsigned_end{std::chrono::seconds{(std::int64_t{1} << 32) - 1}};
  return {moment(2001, 9, 9),       signed_end,          signed_end + 1000 * ms, unsigned_end,
          unsigned_end + 1000 * ms, moment(2262, 4, 12), moment(2286, 11, 21),   moment(5138, 11, 17),
          latest_timestamp - ms,    latest_timestamp};
}

inline void times_before_1970_come_back(const AdapterUnderTest& adapter) {
  expect_events_of(adapter, push_moments(adapter, moments_before_1970()));
}
inline void times_after_2038_come_back(const AdapterUnderTest& adapter) {
  expect_events_of(adapter, push_moments(adapter, moments_after_2038()));
}
inline void lists_are_in_order_before_1970(const AdapterUnderTest& adapter) {
  expect_list_of(adapter, push_moments(adapter, moments_before_1970()));
}
inline void lists_are_in_order_after_2038(const AdapterUnderTest& adapter) {
  expect_list_of(adapter, push_moments(adapter, moments_after_2038()));
}

inline void other_times_are_refused(const AdapterUnderTest& adapter) {
  constexpr std::chrono::milliseconds ms{1};
  const LawEvent other{"S", "other", 1, "", at(0)};
  adapter.must_push(other);
  for (const Timestamp time :
       {latest_timestamp + ms, earliest_timestamp - ms, moment(20'000, 1, 1), (Timestamp::max)(), (Timestamp::min)()}) {
    for (const LawEventList& events :
         {LawEventList{{"S", "a", 1, "", time}}, LawEventList{{"S", "a", 1, "", time}, {"T", "b", 1, "", time}}}) {
      for (const bool force : {false, true}) {
        const auto error = expect_error<InvalidEventError>(
            "InvalidEventError", "pushing an event of " + describe(time) + "; call castore::check_records first",
            [&] { adapter.push_records(events, force); });
        expect_equal(error.field(), std::string{"timestamp"}, "field of the error");
      }
    }
    adapter.expect_no_events("S", "a", "events after a timestamp was refused");
  }
  expect_equal(adapter.list_all("S"), {{"other", at(0)}}, "aggregates after timestamps were refused");
}

/// The program's time zone while the object lives. No other thread may ask for the environment meanwhile; the suite has
/// none that runs then.
class TimeZone {
 public:
  explicit TimeZone(const char* zone) {
    if (const char* const before = std::getenv("TZ")) before_ = before;
    set(zone);
  }
  TimeZone(TimeZone&&) = delete;
  ~TimeZone() { set(before_ ? before_->c_str() : nullptr); }

  static void set(const char* zone) {
#ifdef _WIN32
    _putenv_s("TZ", zone != nullptr ? zone : "");
    _tzset();
#else
    if (zone != nullptr) {
      setenv("TZ", zone, 1);
    } else {
      unsetenv("TZ");
    }
    tzset();
#endif
  }

 private:
  std::optional<std::string> before_;
};

/// Around the hours that a clock of Central Europe skips and repeats. What was written there is read elsewhere, too.
template <class ExpectMoments>
void expect_in_any_time_zone(const AdapterUnderTest& adapter, ExpectMoments expect_moments) {
  using std::chrono::minutes;
  std::vector<Timestamp> moments;
  for (const int minute : {30, 59, 60, 61, 90, 150}) moments.push_back(moment(2024, 3, 31, minutes{minute}));
  for (const int minute : {-30, 0, 30, 59, 60, 61, 75, 90, 119, 120, 150}) {
    moments.push_back(moment(2024, 10, 27, minutes{minute}));
  }
  const TimeZone central_europe{"CET-1CEST,M3.5.0,M10.5.0/3"};
  const Entries entries = push_moments(adapter, moments);
  expect_moments(adapter, entries, " in the time zone of Central Europe");
  for (const char* const zone : {"EST5EDT,M3.2.0,M11.1.0", "UTC0", "<+1245>-12:45"}) {
    TimeZone::set(zone);
    expect_moments(adapter, entries, std::string{" written in Central Europe and read in the time zone "} + zone);
  }
}

inline void time_zones_do_not_change_events(const AdapterUnderTest& adapter) {
  expect_in_any_time_zone(adapter, expect_events_of);
}
inline void time_zones_do_not_change_lists(const AdapterUnderTest& adapter) {
  expect_in_any_time_zone(adapter, expect_list_of);
}

inline constexpr AdapterLaw time_laws[] = {
    {7, "timestamps before 1970 come back", times_before_1970_come_back},
    {7, "timestamps after 2038 come back", times_after_2038_come_back},
    {.law = 7,
     .name = "a timestamp outside of the years 0000 to 9999 is refused",
     .check = other_times_are_refused,
     .records_only = true},
    {7, "the time zone does not change an event", time_zones_do_not_change_events},
    {.law = 6, .name = "a list is in order before 1970", .check = lists_are_in_order_before_1970, .records_only = true},
    {.law = 6, .name = "a list is in order after 2038", .check = lists_are_in_order_after_2038, .records_only = true},
    {.law = 6,
     .name = "the time zone does not change a list",
     .check = time_zones_do_not_change_lists,
     .records_only = true},
};

}  // namespace castore::testing::detail

#endif
