// SPDX-License-Identifier: MIT
#ifndef CASTORE_TESTING_ADAPTER_CONFORMANCE_JSON_TEXT_HPP
#define CASTORE_TESTING_ADAPTER_CONFORMANCE_JSON_TEXT_HPP

/// @file
/// Law 10: what reaches a storage is one JSON value and nothing else, and a value is never changed by being copied.

#include <castore/core/errors.hpp>
#include <castore/core/event_group.hpp>
#include <castore/core/event_storage_adapter.hpp>
#include <castore/testing/adapter_conformance/adapter_under_test.hpp>
#include <castore/testing/adapter_conformance/expect.hpp>
#include <castore/testing/adapter_conformance/law.hpp>
#include <castore/testing/adapter_conformance/law_events.hpp>
#include <castore/testing/adapter_conformance/values.hpp>

#include <nlohmann/json.hpp>

#include <algorithm>
#include <cstddef>
#include <iterator>
#include <optional>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

namespace castore::testing::detail {

/// Alone and in a group, with force and without, as payload and as metadata.
inline void expect_text_refused(const AdapterUnderTest& adapter, const std::vector<std::string>& texts) {
  adapter.must_push({"S", "other", 1, "", at(0)});
  for (const std::string& text : texts) {
    for (const bool is_payload : {true, false}) {
      const EventRecord bad{
          "a", 1, std::string{Valued::type}, at(0), is_payload ? text : "{}", is_payload ? "{}" : text};
      const EventRecord good{"b", 1, std::string{Valued::type}, at(0), "{}", "{}"};
      for (const std::vector<PushRecord>& records :
           {std::vector<PushRecord>{{"S", bad}}, std::vector<PushRecord>{{"S", good}, {"S", bad}}}) {
        const std::string field = is_payload ? "payload" : "metadata";
        const bool force = records.size() > 1 && is_payload;
        const auto error = expect_error<InvalidEventError>(
            "InvalidEventError", "pushing the " + field + " " + describe(text) + "; call castore::check_records first",
            [&] { static_cast<void>(adapter.adapter().push_events(records, {.force = force})); });
        expect_equal(error.field(), field, "field of the error");
      }
    }
    expect_equal(get_raw(adapter, "a"), {}, "events after " + describe(text) + " was refused");
  }
}

inline void what_is_not_json_is_refused(const AdapterUnderTest& adapter) {
  expect_text_refused(
      adapter, {" ",  "{",  "}",  "[1,]", "{\"a\":1,}", "{a:1}",  "'a'",     "nul",       "NaN",  "Infinity",  "01",
                "+1", "1.", ".5", "0x1",  "\"a",        "\"\t\"", "\"\\x\"", "\"\\ud83d", "// 1", "undefined", "\x01"});
}

inline void text_after_a_value_is_refused(const AdapterUnderTest& adapter) {
  using namespace std::string_literals;
  expect_text_refused(adapter, {"{} {}"s, "{}x"s, "1 2"s, "null,"s, "{}\0"s, "{\"a\":1}\0{\"a\":2}"s, "\0{}"s,
                                "\"a\0b\""s, "{}\n;"s, "\xef\xbb\xbf{}"s});
}

inline void json_that_is_not_utf8_is_refused(const AdapterUnderTest& adapter) {
  expect_text_refused(adapter, {"\"\xff\"", "\"\xc3\"", "\"\xed\xa0\x80\"", "\"\xc0\xaf\"", "{\"\x80\":1}"});
}

/// Spaces may be kept or not.
inline void spaces_around_a_value_are_taken(const AdapterUnderTest& adapter) {
  const std::vector<std::string> texts{" {\"a\" : 1}", "\t[1 ,2]\r\n", " \"a\" ", "\n3\n"};
  std::vector<Json> values;
  for (const std::string& text : texts) {
    values.push_back(Json::parse(text));
    push_raw(adapter, {"a", static_cast<Version>(values.size()), std::string{Valued::type}, at(0), text, {}});
  }
  const std::vector<EventRecord> records = get_raw(adapter, "a");
  expect_equal(records.size(), texts.size(), "the number of events");
  for (std::size_t index = 0; index < texts.size(); ++index) {
    expect_same_json(Json::parse(records[index].payload), values[index]);
  }
}

/// Of types whose braces make a list of what is in them: pushed alone and in a group, as the result, and loaded.
inline void values_are_copied_as_they_are(const AdapterUnderTest& adapter) {
  const Json data{{"user", "ann"}};
  std::vector<Json> tags;
  tags.emplace_back("x");
  Listed values;
  values.values = tags;

  auto store = adapter.store("S");
  const auto tagged = store.push_event("a", 1, Tagged{1}, {.timestamp = at(0), .metadata = data});
  const auto listed = store.push_event("a", 2, values, {.timestamp = at(0), .metadata = tags});
  const auto in_group = push_event_group(store.group_event("b", 1, Tagged{1}, {.timestamp = at(0), .metadata = data}),
                                         store.group_event("c", 1, values, {.timestamp = at(0), .metadata = tags}));
  const auto expect_same = [](const Json& seen, const Json& expected, const std::string& what) {
    expect(same_json(seen, expected), what + " " + expected.dump(), seen.dump());
  };
  expect_same(tagged.event.metadata, data, "metadata of the result");
  expect_same(listed.event.metadata, tags, "metadata of the result");
  expect_same(listed.event.payload.values, tags, "the payload of the result");
  expect_same(std::get<0>(in_group).event.metadata, data, "metadata of the result of a group");
  expect_same(std::get<1>(in_group).event.payload.values, tags, "the payload of the result of a group");
  const auto expect_loaded = [&](const std::vector<std::string>& ids) {
    std::vector<LawEventStore::Event> events;
    std::vector<EventRecord> records;
    for (const std::string& id : ids) {
      std::ranges::copy(store.get_events(id), std::back_inserter(events));
      std::ranges::copy(get_raw(adapter, id), std::back_inserter(records));
    }
    expect_equal(events.size(), std::size_t{2}, "the number of events");
    expect_equal(records.size(), std::size_t{2}, "the number of records");
    const LawEventStore::Event& first = events.front();
    const LawEventStore::Event& second = events.back();
    expect(first.type() == Tagged::type && second.type() == Listed::type, "types LAW_TAGGED and LAW_LISTED",
           describe(first.type()) + " and " + describe(second.type()));
    expect_same(first.get_if<Tagged>()->metadata, data, "loaded metadata");
    expect_same(second.get_if<Listed>()->metadata, tags, "loaded metadata");
    expect_same(second.get_if<Listed>()->payload.values, tags, "the loaded payload");
    expect_same(Json::parse(records.front().metadata), data, "metadata of the record");
    expect_same(Json::parse(records.back().metadata), tags, "metadata of the record");
    expect_same(Json::parse(records.back().payload), Json{{"values", tags}}, "the payload of the record");
  };
  expect_loaded({"a"});
  expect_loaded({"b", "c"});
}

inline constexpr AdapterLaw json_text_laws[] = {
    {.law = 10, .name = "text that is not JSON is refused", .check = what_is_not_json_is_refused, .records_only = true},
    {.law = 10,
     .name = "text after a JSON value is refused",
     .check = text_after_a_value_is_refused,
     .records_only = true},
    {.law = 10,
     .name = "JSON text that is not UTF-8 is refused",
     .check = json_that_is_not_utf8_is_refused,
     .records_only = true},
    {.law = 10,
     .name = "spaces around a JSON value are taken",
     .check = spaces_around_a_value_are_taken,
     .records_only = true},
    {.law = 10,
     .name = "values that braces would wrap come back as they are",
     .check = values_are_copied_as_they_are,
     .records_only = true},
};

}  // namespace castore::testing::detail

#endif
