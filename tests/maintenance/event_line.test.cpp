// SPDX-License-Identifier: MIT
#include <castore/maintenance/event_line.hpp>

#include <castore/core/codec.hpp>
#include <castore/core/errors.hpp>
#include <castore/core/timestamp.hpp>

#include "support/catch.hpp"

#include <string>
#include <string_view>

namespace {

using castore::EventLine;

const castore::Timestamp noon = *castore::parse_timestamp("2022-01-01T12:00:00.000Z");

std::string line(std::string_view event) { return R"({"eventStoreId":"S","event":)" + std::string{event} + "}"; }
std::string line_with(std::string_view members) {
  return line(R"({"aggregateId":"a","version":1,"type":"T","timestamp":"2022-01-01T12:00:00.000Z")" +
              std::string{members} + "}");
}

void check_refused(const std::string& text, std::string_view field, std::string_view reason) {
  CAPTURE(text);
  try {
    castore::parse_event_line(text);
    FAIL("an InvalidEventError was expected");
  } catch (const castore::InvalidEventError& error) {
    CHECK(error.field() == field);
    CHECK(error.reason() == reason);
  }
}

TEST_CASE("an event is written in the shape of Castore's messages") {
  CHECK(castore::to_event_line("POKEMONS", {"pikachu", 2, "APPEARED", noon, R"({"level":5})", R"({"by":"ash"})"}) ==
        R"({"eventStoreId":"POKEMONS","event":{"aggregateId":"pikachu","version":2,"type":"APPEARED",)"
        R"("timestamp":"2022-01-01T12:00:00.000Z","payload":{"level":5},"metadata":{"by":"ash"}}})");
  CHECK(castore::to_event_json({"a\"\\\x01", 1, "T", noon, {}, {}}) ==
        R"({"aggregateId":"a\"\\\u0001","version":1,"type":"T","timestamp":"2022-01-01T12:00:00.000Z"})");
}

TEST_CASE("what was written is read as it was, to the last byte of its payload") {
  const std::string deep = std::string(castore::max_json_depth, '[') + std::string(castore::max_json_depth, ']');
  for (const std::string& payload : {std::string{}, std::string{"null"},
                                     std::string{R"({ "a" : 1.0, "b":[123456789012345678901234567890.10, "\"}]"]})"},
                                     std::string{R"("\ud83d\ude00 é")"}, std::string{"-0.0"}, deep}) {
    const EventLine event{"S\xE2\x82\xAC\"", {"a\n/#\x7F", 9007199254740993, "T\t", noon, payload, "[]"}};
    CHECK(castore::parse_event_line(castore::to_event_line(event.event_store_id, event.event)) == event);
  }
}

TEST_CASE("line breaks between the values of a payload become spaces") {
  const EventLine event{"S", {"a", 1, "T", noon, "{\n  \"a\":\r\n1}", {}}};
  const std::string text = castore::to_event_line(event.event_store_id, event.event);
  CHECK(text.find_first_of("\r\n") == std::string::npos);
  CHECK(castore::parse_event_line(text).event.payload == "{   \"a\":  1}");
}

TEST_CASE("a message of Castore's is read, without its aggregate") {
  const EventLine event = castore::parse_event_line(
      R"( { "event" : {"type":"T", "timestamp":"2022-01-01T13:00:00+01:00", "version":3, "aggregateId":"a" , )"
      R"("payload" : )"
      R"({"x":[1, {"y":"}"}]} }, "aggregate":{"version":3}, "eventStoreId":"S", "position":12 } )");
  CHECK(event == EventLine{"S", {"a", 3, "T", noon, R"({"x":[1, {"y":"}"}]})", {}}});
}

TEST_CASE("a line that is not an event is refused, with what is wrong") {
  check_refused("", "line", "it is not JSON: it ends where a value should be (byte 0 of 0)");
  check_refused("{} {}", "line", "it is not JSON: there is more text after the value (byte 3 of 5)");
  check_refused("[]", "line", "it must be an object");
  check_refused(R"({"eventStoreId":"S"})", "event", "it is missing");
  check_refused(line("7"), "event", "it must be an object");
  check_refused(line("{}"), "version", "it is missing");
  check_refused(R"({"event":{"aggregateId":"a","version":1,"type":"T","timestamp":"2022"}})", "eventStoreId",
                "it is missing");
  check_refused(line(R"({"version":0})"), "version", "it must be an integer from 1");
  check_refused(line(R"({"version":1.0})"), "version", "it must be an integer from 1");
  check_refused(line(R"({"version":"1"})"), "version", "it must be an integer from 1");
  check_refused(line(R"({"version":9223372036854775808})"), "version", "it must be an integer from 1");
  check_refused(line(R"({"version":1,"timestamp":5})"), "timestamp", "it must be a string");
  check_refused(line(R"({"version":1,"timestamp":"yesterday"})"), "timestamp",
                "it must be a date and time of ISO 8601");
  check_refused(line(R"({"version":1,"timestamp":"2022","aggregateId":null})"), "aggregateId", "it must be a string");
}

TEST_CASE("no member of a line is lost silently") {
  check_refused(line_with(R"(,"correlationId":"c")"), "event",
                "the member 'correlationId' is none of an event's, and would be lost");
  check_refused(R"({"eventStoreId":"S","events":[]})", "line",
                "the member 'events' is none of an event's, and would be lost");
  check_refused(line_with(R"(,"payload":1,"pay\u006Coad":2)"), "payload", "it is there twice");
}

}  // namespace
