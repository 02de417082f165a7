// SPDX-License-Identifier: MIT
#include <castore/core/event_checks.hpp>
#include "core/support.hpp"
#include "support/catch.hpp"

#include <limits>
#include <string>
#include <string_view>
#include <vector>

using castore::check_records;
using castore::InvalidEventError;
using castore::PushRecord;
using castore::Version;
using castore_tests::at;
using castore_tests::error_of;
using namespace std::string_literals;

namespace {

PushRecord record(std::string_view store, std::string aggregate_id, Version version,
                  castore::Timestamp timestamp = at(0)) {
  return {store, {.aggregate_id = std::move(aggregate_id), .version = version, .type = "A", .timestamp = timestamp}};
}

std::string wrong_field(const std::vector<PushRecord>& records) {
  return error_of<InvalidEventError>([&] { check_records(records); }).field();
}

std::string message(const std::vector<PushRecord>& records) {
  return error_of<InvalidEventError>([&] { check_records(records); }).what();
}

}  // namespace

TEST_CASE("records that can be stored pass the check") {
  check_records({});
  check_records(std::vector{record("", "", 1)});
  check_records(std::vector{record("S", std::string(castore::max_id_size, 'x'), std::numeric_limits<Version>::max(),
                                   castore::latest_timestamp)});
  check_records(std::vector{record("S", "Pok\u00E9mon #'\"\\ __proto__", 1, castore::earliest_timestamp)});
  check_records(std::vector{record("S", "a", 2), record("S", "a", 1), record("S", "b", 1), record("T", "a", 1)});
  SUCCEED("nothing was thrown");
}

TEST_CASE("the first record that repeats an earlier one is named") {
  CHECK(message({record("S", "b", 1), record("S", "b", 1), record("S", "a", 1), record("S", "a", 1)}) ==
        "castore: version: a group holds event 1 of aggregate 'b' in event store 'S' twice; give each event its own version");
  std::vector<castore::PushRecord> many;
  for (Version version = 1; version <= 100; ++version) many.push_back(record("S", "c", version));
  many.push_back(record("S", "c", 70));
  many.push_back(record("S", "c", 3));
  CHECK(message(many) ==
        "castore: version: a group holds event 70 of aggregate 'c' in event store 'S' twice; give each event its own version");
}

TEST_CASE("a record is refused for an id that no storage can keep") {
  const std::string too_long(castore::max_id_size + 1, 'x');
  for (const std::string& bad : {"a\0b"s, "\xFF"s, "\xED\xA0\x80"s, "\xC3"s, too_long}) {
    CHECK(wrong_field({record("S", bad, 1)}) == "aggregate_id");
    CHECK(wrong_field({record(bad, "a", 1)}) == "event_store_id");
    CHECK(wrong_field({record("S", "a", 1), record("S", bad, 1)}) == "aggregate_id");
  }
  CHECK(message({record("S", "a\0b"s, 1)}) ==
        "castore: aggregate_id: 'a\\x00b' is not UTF-8 text without NUL; escape other bytes in ids");
  CHECK(message({record(std::string_view{"\xFF"}, "a", 1)}) ==
        "castore: event_store_id: '\\xFF' is not UTF-8 text without NUL; escape other bytes in ids");
  CHECK(message({record("S", std::string(65'537, 'x'), 1)}) ==
        "castore: aggregate_id: '" + std::string(200, 'x') +
            "... (65537 bytes)' is too long; an id has at most 65536 bytes");
}

TEST_CASE("a record is refused for a version below one") {
  CHECK(wrong_field({record("S", "a", 0)}) == "version");
  CHECK(wrong_field({record("S", "a", -1)}) == "version");
  CHECK(wrong_field({record("S", "a", std::numeric_limits<Version>::min())}) == "version");
  CHECK(message({record("S", "a", 0)}) == "castore: version: 0 is not a version; they start at 1");
}

TEST_CASE("a record is refused for a timestamp outside the years 0000 to 9999") {
  using std::chrono::milliseconds;
  CHECK(wrong_field({record("S", "a", 1, castore::earliest_timestamp - milliseconds{1})}) == "timestamp");
  CHECK(wrong_field({record("S", "a", 1, castore::latest_timestamp + milliseconds{1})}) == "timestamp");
  CHECK(wrong_field({record("S", "a", 1, castore::unset_timestamp)}) == "timestamp");
  CHECK(message({record("S", "a", 1, castore::unset_timestamp)}) ==
        "castore: timestamp: it lies outside the years 0000 to 9999");
}

TEST_CASE("a group of records is refused for two timestamps") {
  CHECK(wrong_field({record("S", "a", 1, at(0)), record("S", "b", 1, at(1))}) == "timestamp");
  CHECK(message({record("S", "a", 1, at(0)), record("S", "b", 1, at(0)), record("S", "c", 1, at(1))}) ==
        "castore: timestamp: the events of a group have different ones; a group has one timestamp");
}

TEST_CASE("a group of records is refused for holding an event twice") {
  CHECK(wrong_field({record("S", "a", 1), record("S", "b", 1), record("S", "a", 1)}) == "version");
  CHECK(message({record("S", "a", 3), record("S", "a", 3)}) ==
        "castore: version: a group holds event 3 of aggregate 'a' in event store 'S' twice; give each event its own "
        "version");
}

TEST_CASE("payload and metadata are absent or one JSON value and nothing else") {
  const auto with = [](std::string payload, std::string metadata) {
    return std::vector{record("S", "a", 1), PushRecord{"S", {"a", 2, "A", at(0), std::move(payload), std::move(metadata)}}};
  };
  for (const std::string& text : {""s, "null"s, " {\"a\":[1.5,\"\\u0000 \u00E9\"]}\n"s,
                                  std::string(castore::max_json_depth, '[') + std::string(castore::max_json_depth, ']')}) {
    CHECK_NOTHROW(check_records(with(text, "")));
    CHECK_NOTHROW(check_records(with("", text)));
  }
  for (const std::string& text : {" "s, "nul"s, "{}x"s, "{}\0"s, "{} {}"s, "{\"a\":1"s, "\"\xFF\""s, "NaN"s, "\0"s,
                                  std::string(castore::max_json_depth + 1, '[') +
                                      std::string(castore::max_json_depth + 1, ']')}) {
    CAPTURE(text);
    CHECK(wrong_field(with(text, "")) == "payload");
    CHECK(wrong_field(with("{}", text)) == "metadata");
  }
  CHECK(message(with("{\"n\":1}\0,\"n\":2}"s, "")) ==
        "castore: payload: it is not one JSON value: there is more text after the value (byte 7 of 15)");
}
