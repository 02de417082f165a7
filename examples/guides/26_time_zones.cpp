// SPDX-License-Identifier: MIT
// What has happened has a moment; what will happen for people has a time on a wall clock at a place.

#include <castore/castore.hpp>

#include <chrono>
#include <iostream>
#include <string>
#include <string_view>

// [events]
struct AuctionEnded {  // it happened: a moment, the same everywhere
  static constexpr std::string_view type = "AUCTION_ENDED";
  castore::Timestamp ended_at{};
};

struct VisitBooked {  // it will happen: what the clock at the place will show
  static constexpr std::string_view type = "VISIT_BOOKED";
  std::string local_time;  // "2027-03-28T09:30", ISO 8601 without an offset
  std::string time_zone;   // "Europe/Berlin", of the IANA database
  castore::Timestamp expected_at{};  // by the rules at the time of booking; only for sorting

  static void validate(const VisitBooked& visit) {
    if (visit.local_time.size() != 16 || visit.local_time[10] != 'T') {
      throw castore::InvalidEventError{"local_time", "it must be of the form 2027-03-28T09:30"};
    }
    if (visit.time_zone.find('/') == std::string::npos) {
      throw castore::InvalidEventError{"time_zone", "it must be a name such as Europe/Berlin, not an offset"};
    }
  }
};

struct PersonBorn {  // a day without a time; as a moment, it would be another day somewhere
  static constexpr std::string_view type = "PERSON_BORN";
  std::string date;  // "1996-02-27"
};
// [/events]

struct Diary {
  std::string aggregate_id;
  castore::Version version = 0;
  std::string next_visit{};
};
struct DiaryReducer {
  void operator()(Diary&, const AuctionEnded&) const {}
  void operator()(Diary& diary, const VisitBooked& visit) const {
    diary.next_visit = visit.local_time + " in " + visit.time_zone;
  }
  void operator()(Diary&, const PersonBorn&) const {}
};

int main() {
  castore::InMemoryEventStorageAdapter storage;
  castore::EventStore<castore::Events<AuctionEnded, VisitBooked, PersonBorn>, Diary, DiaryReducer,
                      castore::InMemoryEventStorageAdapter>
      diaries{"DIARIES", storage};

  // [run]
  const auto expected_at = castore::parse_timestamp("2027-03-28T07:30:00.000Z");
  diaries.push_event("ash", 1, VisitBooked{"2027-03-28T09:30", "Europe/Berlin", expected_at.value()});
  std::cout << diaries.get_existing_aggregate("ash").next_visit << '\n';
  try {
    diaries.push_event("ash", 2, VisitBooked{"2027-03-28T09:30", "+02:00", expected_at.value()});
  } catch (const castore::InvalidPayloadError& error) {
    std::cout << error.field() << ": " << error.reason() << '\n';
  }
  // [/run]
}
