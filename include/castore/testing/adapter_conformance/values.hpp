// SPDX-License-Identifier: MIT
#ifndef CASTORE_TESTING_ADAPTER_CONFORMANCE_VALUES_HPP
#define CASTORE_TESTING_ADAPTER_CONFORMANCE_VALUES_HPP

/// @file
/// Law 7: what is stored comes back equal. Payloads are compared as JSON values, as a storage may keep them in a form
/// of its own.

#include <castore/core/errors.hpp>
#include <castore/core/event_storage_adapter.hpp>
#include <castore/core/timestamp.hpp>
#include <castore/fwd.hpp>
#include <castore/testing/adapter_conformance/adapter_under_test.hpp>
#include <castore/testing/adapter_conformance/expect.hpp>
#include <castore/testing/adapter_conformance/law.hpp>
#include <castore/testing/adapter_conformance/law_events.hpp>

#include <nlohmann/json.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace castore::testing::detail {

using Json = nlohmann::json;

inline std::vector<EventRecord> get_raw(const AdapterUnderTest& adapter, std::string_view aggregate_id) {
  std::vector<EventRecord> records;
  adapter.adapter().get_events("S", aggregate_id, {},
                               [&](const EventRecordView& record) { records.push_back(record.to_record()); });
  return records;
}

inline void push_raw(const AdapterUnderTest& adapter, EventRecord record) {
  const PushRecord push{"S", std::move(record)};
  expect_equal(adapter.adapter().push_events({&push, 1}, {}), PushOutcome{}, "the outcome of a push");
}

inline void expect_same_json(const Json& seen, const Json& expected) {
  if (!same_json(seen, expected)) throw Deviation{expected.dump(), seen.dump()};
}

/// Pushes each value as an event of one aggregate, as the payload itself or through an `EventStore` as a part of it,
/// and expects to get them back.
inline void expect_round_trip(const AdapterUnderTest& adapter, const std::vector<Json>& values) {
  Version version = 0;
  const bool by_records = adapter.way() == Way::records;
  auto store = adapter.store("S");
  for (const Json& value : values) {
    ++version;
    if (by_records) {
      push_raw(adapter, {"a", version, std::string{Valued::type}, at(0), value.dump(), {}});
    } else {
      store.push_event("a", version, Valued{value}, {.timestamp = at(0)});
    }
  }
  const std::vector<EventRecord> records = get_raw(adapter, "a");
  expect_equal(records.size(), values.size(), "the number of events");
  for (std::size_t index = 0; index < values.size(); ++index) {
    if (records[index].payload.empty()) throw Deviation{"payload " + values[index].dump(), "none"};
    const Json payload = Json::parse(records[index].payload);
    expect_same_json(by_records ? payload : payload.at("value"), values[index]);
  }
  if (by_records) return;
  const auto events = store.get_events("a");
  expect_equal(events.size(), values.size(), "the number of events");
  for (std::size_t index = 0; index < values.size(); ++index) {
    const auto* valued = events[index].get_if<Valued>();
    expect(valued != nullptr, "an event of type LAW_VALUED", "type " + describe(events[index].type()));
    expect_same_json(valued->payload.value, values[index]);
  }
}

inline void integers_come_back(const AdapterUnderTest& adapter) {
  using Limits = std::numeric_limits<std::int64_t>;
  constexpr std::int64_t inexact = (std::int64_t{1} << 53) + 1;  // no double is equal to it
  expect_round_trip(adapter, {(Limits::max)(), (Limits::min)(), (Limits::max)() - 1, (Limits::min)() + 1, inexact,
                              -inexact, Json{{"most", (Limits::max)()}, {"list", {(Limits::min)(), 0, 1, -1}}}});
}

inline bool holds_every_double(const FixtureProperties& fixture) { return fixture.adapter.holds_every_double; }

inline void doubles_come_back(const AdapterUnderTest& adapter) {
  using Limits = std::numeric_limits<double>;
  std::vector<Json> values{0.1,
                           1.0 / 3.0,
                           0.1 + 0.2,
                           1.0 + Limits::epsilon(),
                           1e22,
                           1e23,
                           123456789012345680.0,
                           5.0,
                           Json{{"list", {2.5, -1e-100, 1e100}}}};
  if (adapter.properties().holds_every_double) {
    values.insert(values.end(), {(Limits::max)(), Limits::lowest(), (Limits::min)(), Limits::denorm_min(),
                                 -Limits::denorm_min(), Json{{"list", {-1e-300, 1e300}}}});
  }
  expect_round_trip(adapter, values);
}

inline void negative_zero_comes_back(const AdapterUnderTest& adapter) { expect_round_trip(adapter, {-0.0, 0.0}); }

inline void empty_values_come_back(const AdapterUnderTest& adapter) {
  expect_round_trip(adapter, {Json{{"text", ""}, {"list", Json::array()}, {"object", Json::object()}},
                              Json::array({"", Json::array(), Json::object()}), Json{{"", ""}}});
}

inline void null_stays_null(const AdapterUnderTest& adapter) {
  expect_round_trip(adapter, {Json{{"is_null", nullptr}, {"list", {nullptr, 1, nullptr}}}, Json::array({nullptr})});
}

inline void any_json_value_is_a_payload(const AdapterUnderTest& adapter) {
  expect_round_trip(adapter, {nullptr, false, true, 0, 1, -1, 1.5, "", "text", "null", Json::array(), Json::object(),
                              Json::array({1, "two", 3.5})});
}

inline void nested_values_come_back(const AdapterUnderTest& adapter) {
  Json list = 1;
  Json object = "innermost";
  for (int depth = 0; depth < 20; ++depth) {
    list = Json::array({std::move(list)});
    object = Json{{"in", std::move(object)}, {"depth", depth}};
  }
  expect_round_trip(adapter, {list, object});
}

inline void unicode_comes_back(const AdapterUnderTest& adapter) {
  std::string control;
  for (char character = 1; character < 32; ++character) control += character;
  expect_round_trip(adapter, {"\xc3\xa9", "e\xcc\x81", "\xe6\x97\xa5\xe6\x9c\xac", "\xd7\xa9\xd7\x9c",
                              "\xf0\x9f\x90\x89\xf0\x9f\x91\xa9\xe2\x80\x8d\xf0\x9f\x9a\x80",
                              "\xe2\x80\xa8\xe2\x80\xa9", "\xef\xbb\xbf", "\xef\xbf\xbf", "\xf4\x8f\xbf\xbf", "\x7f",
                              "\"\\/", control, Json{{"\xc3\xa9", "\xf0\x9f\x90\x89"}, {"\"", "'"}}});
}

inline void long_text_comes_back(const AdapterUnderTest& adapter) {
  const LawEvent event{"S", "a", 1, std::string(100'000, 'x') + "end", at(0)};
  adapter.must_push(event);
  const LawEventList events = adapter.get("S", "a");
  expect(events == LawEventList{event}, "a text of 100 kB",
         events.empty() ? "no event" : "a text of " + std::to_string(events.front().text.size()) + " bytes");
}

/// Not every storage has room for NUL; but none may cut a text at it.
inline void nul_comes_back_or_is_refused(const AdapterUnderTest& adapter) {
  const std::vector<Json> values{std::string{"before\0after", 12}};
  try {
    expect_round_trip(adapter, values);
  } catch (const Error&) {
    expect_equal(get_raw(adapter, "a"), {}, "events after a payload with NUL was refused");
  }
}

inline void an_absent_payload_stays_absent(const AdapterUnderTest& adapter) {
  if (adapter.way() == Way::records) {
    push_raw(adapter, {"a", 1, std::string{Marked::type}, at(0), {}, {}});
  } else {
    adapter.store("S").push_event("a", 1, Marked{}, {.timestamp = at(0)});
  }
  const std::vector<EventRecord> expected{{"a", 1, std::string{Marked::type}, at(0), {}, {}}};
  expect_equal(get_raw(adapter, "a"), expected, "an event without payload and metadata");
}

/// One event with metadata, one without, one whose metadata are null.
inline void metadata_come_back(const AdapterUnderTest& adapter) {
  const Json data{{"user", "\xf0\x9f\x90\x89"}, {"trace", {1, 2.5, nullptr}}};
  if (adapter.way() == Way::records) {
    push_raw(adapter, {"a", 1, std::string{Valued::type}, at(0), "{\"value\":1}", data.dump()});
    push_raw(adapter, {"a", 2, std::string{Marked::type}, at(0), {}, "null"});
  } else {
    auto store = adapter.store("S");
    store.push_event("a", 1, Valued{1}, {.timestamp = at(0), .metadata = std::optional<Json>{std::in_place, data}});
    store.push_event("a", 2, Valued{2}, {.timestamp = at(0), .metadata = std::optional<Json>{std::in_place, nullptr}});
    const auto events = store.get_events("a");
    expect_equal(events.size(), std::size_t{2}, "the number of events");
    const auto* first = events[0].get_if<Valued>();
    expect(first != nullptr && first->metadata.has_value(), "metadata " + data.dump(), "none");
    expect_same_json(*first->metadata, data);
  }
  const std::vector<EventRecord> records = get_raw(adapter, "a");
  expect_equal(records.size(), std::size_t{2}, "the number of events");
  expect(!records[0].metadata.empty(), "metadata " + data.dump(), "none");
  expect_same_json(Json::parse(records[0].metadata), data);
  expect_equal(records[1].metadata, std::string{"null"}, "metadata that are null");
}

/// Through an `EventStore` by an event type that has metadata only.
inline void metadata_come_back_without_payload(const AdapterUnderTest& adapter) {
  const Json data{{"user", "ann"}, {"trace", {1, nullptr}}};
  if (adapter.way() == Way::records) {
    push_raw(adapter, {"a", 1, std::string{Marked::type}, at(0), {}, data.dump()});
  } else {
    auto store = adapter.store("S");
    store.push_event("a", 1, Signed{}, {.timestamp = at(0), .metadata = std::optional<Json>{std::in_place, data}});
    const auto events = store.get_events("a");
    expect_equal(events.size(), std::size_t{1}, "the number of events");
    const auto* event = events[0].get_if<Signed>();
    expect(event != nullptr && event->metadata.has_value(), "metadata " + data.dump(), "none");
    expect_same_json(*event->metadata, data);
  }
  const std::vector<EventRecord> records = get_raw(adapter, "a");
  expect_equal(records.size(), std::size_t{1}, "the number of events");
  expect_equal(records[0].payload, std::string{}, "payload of an event without");
  expect(!records[0].metadata.empty(), "metadata " + data.dump(), "none");
  expect_same_json(Json::parse(records[0].metadata), data);
}

inline void long_metadata_come_back(const AdapterUnderTest& adapter) {
  const std::string data = "{\"text\":\"" + std::string(100'000, 'm') + "end\"}";
  push_raw(adapter, {"a", 1, std::string{Valued::type}, at(0), "{\"value\":1}", data});
  push_raw(adapter, {"a", 2, std::string{Marked::type}, at(0), {}, data});
  const std::vector<EventRecord> records = get_raw(adapter, "a");
  expect_equal(records.size(), std::size_t{2}, "the number of events");
  for (const EventRecord& record : records) {
    expect(same_json_text(record.metadata, data), "metadata of 100 kB",
           std::to_string(record.metadata.size()) + " bytes");
  }
}

/// A storage may have less room for types, but cuts none.
inline void long_types_come_back_or_are_refused(const AdapterUnderTest& adapter) {
  for (const std::size_t size : {std::size_t{65}, std::size_t{256}, std::size_t{100'000}}) {
    const std::string id = "of type of " + std::to_string(size);
    const EventRecord record{id, 1, std::string(size - 1, 't') + "!", at(0), "{}", {}};
    try {
      push_raw(adapter, record);
    } catch (const InvalidEventError& error) {
      expect_equal(error.field(), std::string{"type"}, "field of the error");
      expect_equal(get_raw(adapter, id), {}, "events after a type was refused");
      continue;
    }
    const std::vector<EventRecord> records = get_raw(adapter, id);
    expect(records.size() == 1 && records[0].type == record.type, "a type of " + std::to_string(size) + " bytes",
           records.empty() ? "no event" : std::to_string(records[0].type.size()) + " bytes");
  }
}

inline void absent_metadata_stay_absent(const AdapterUnderTest& adapter) {
  if (adapter.way() == Way::records) {
    push_raw(adapter, {"a", 1, std::string{Valued::type}, at(0), "{\"value\":1}", {}});
  } else {
    adapter.store("S").push_event("a", 1, Valued{1}, {.timestamp = at(0)});
  }
  const std::vector<EventRecord> records = get_raw(adapter, "a");
  expect_equal(records.size(), std::size_t{1}, "the number of events");
  expect_equal(records[0].metadata, std::string{}, "metadata of an event without");
}

inline void the_type_comes_back(const AdapterUnderTest& adapter) {
  Version version = 0;
  std::vector<EventRecord> expected;
  for (const std::string type : {"T", "lower_case", " Mixed Case ", "a.b/c:d#e", "'\"\\%_", "\xf0\x9f\x90\x89",
                                 "A_TYPE_OF_SIXTY_FOUR_BYTES_AS_THE_NAMES_OF_EVENTS_CAN_BE_LONG_TO"}) {
    expected.push_back({"a", ++version, type, at(0), "{}", {}});
    push_raw(adapter, expected.back());
  }
  expect_equal(get_raw(adapter, "a"), expected, "events of several types");
}

inline void timestamps_come_back(const AdapterUnderTest& adapter) {
  using std::chrono::milliseconds;
  LawEventList events;
  for (const Timestamp time :
       {at(0) + milliseconds{1}, at(0) + milliseconds{999}, at(0), Timestamp{}, Timestamp{} - milliseconds{1},
        earliest_timestamp, latest_timestamp, Timestamp{std::chrono::sys_days{std::chrono::year{2024} / 2 / 29}}}) {
    events.push_back({"S", "a" + std::to_string(events.size()), 1, "", time});
  }
  adapter.must_push_all(events);
  for (const LawEvent& event : events) adapter.expect_events({event}, "an event of " + describe(event.timestamp));
}

inline void large_versions_come_back(const AdapterUnderTest& adapter) {
  LawEventList events;
  for (const Version version : {Version{1} << 31, Version{1} << 32, (Version{1} << 53) + 1,
                                (std::numeric_limits<Version>::max)() - 1, (std::numeric_limits<Version>::max)()}) {
    events.push_back({"S", "a", version, std::to_string(version), at(0)});
  }
  if (!adapter.push_forced(events)) return;
  adapter.expect_events(events, "events of large versions");
}

/// Whoever pushed uses his buffers for something else.
inline void pushed_buffers_are_copied(const AdapterUnderTest& adapter) {
  std::string event_store_id = "S";
  const EventRecord original{"buffer", 1, std::string{Marked::type}, at(0), "{\"a\":1}", "{\"b\":2}"};
  PushRecord push{event_store_id, original};
  expect_equal(adapter.adapter().push_events({&push, 1}, {}), PushOutcome{}, "the outcome of a push");
  event_store_id[0] = 'x';
  for (std::string* text :
       {&push.record.aggregate_id, &push.record.type, &push.record.payload, &push.record.metadata}) {
    for (char& character : *text) character = 'x';
  }
  const std::vector<EventRecord> records = get_raw(adapter, "buffer");
  expect_equal(records.size(), std::size_t{1}, "the number of events");
  const auto in_one_form = [](EventRecord record) {
    for (std::string* text : {&record.payload, &record.metadata}) {
      const Json json = Json::parse(*text, nullptr, false);
      if (!json.is_discarded()) *text = json.dump();
    }
    return record;
  };
  expect_equal(in_one_form(records[0]), original, "the event after the pushed buffers changed");
}

inline constexpr AdapterLaw value_laws[] = {
    {7, "64-bit integers come back exactly", integers_come_back},
    {7, "doubles come back to the last bit", doubles_come_back},
    {7, "negative zero comes back", negative_zero_comes_back, holds_every_double},
    {7, "empty texts and containers come back", empty_values_come_back},
    {7, "null stays null", null_stays_null},
    {7, "any JSON value is a payload", any_json_value_is_a_payload},
    {7, "nested values come back", nested_values_come_back},
    {7, "Unicode comes back", unicode_comes_back},
    {7, "a long text comes back", long_text_comes_back},
    {7, "text with a NUL character comes back whole or is refused", nul_comes_back_or_is_refused},
    {7, "an absent payload stays absent", an_absent_payload_stays_absent},
    {7, "metadata come back", metadata_come_back},
    {7, "metadata come back without a payload", metadata_come_back_without_payload},
    {.law = 7, .name = "metadata of 100 kB come back", .check = long_metadata_come_back, .records_only = true},
    {.law = 7,
     .name = "long event types come back or are refused",
     .check = long_types_come_back_or_are_refused,
     .records_only = true},
    {7, "absent metadata stay absent", absent_metadata_stay_absent},
    {.law = 7, .name = "the event type comes back", .check = the_type_comes_back, .records_only = true},
    {7, "timestamps come back to the millisecond", timestamps_come_back},
    {7, "versions up to 2^63 - 1 come back", large_versions_come_back},
    {.law = 7, .name = "push_events copies what it is given", .check = pushed_buffers_are_copied, .records_only = true},
};

}  // namespace castore::testing::detail

#endif
