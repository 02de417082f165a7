// SPDX-License-Identifier: MIT
#include <castore/maintenance/inspect_events.hpp>

#include "support/catch.hpp"

#include <nlohmann/json.hpp>

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace {

using castore::EventFault;
using castore::Finding;
using castore::StoredRow;
using castore::Version;

StoredRow row(Version version, std::string_view id = "a") {
  return {.place = "row 7",
          .event_store_id = "S",
          .aggregate_id = id,
          .version = version,
          .type = "T",
          .timestamp = "2022-01-01T12:00:00.000Z",
          .payload = R"({"n":1})"};
}

std::vector<Finding> findings(const std::vector<StoredRow>& rows, const nlohmann::json& lock = nullptr) {
  std::vector<Finding> found;
  castore::EventInspector inspector{[&](const Finding& finding) { found.push_back(finding); }};
  if (!lock.is_null()) inspector.add_schema_lock("", lock);
  for (const StoredRow& each : rows) inspector.add(each);
  return found;
}

void check_one(const std::vector<Finding>& found, EventFault fault, std::optional<Version> version,
               std::string_view what) {
  REQUIRE(found.size() == 1);
  CHECK(found[0].fault == fault);
  CHECK(found[0].event_store_id == "S");
  CHECK(found[0].aggregate_id == "a");
  CHECK(found[0].version == version);
  CHECK(found[0].what == what);
  CHECK_FALSE(found[0].remedy.empty());
}

TEST_CASE("nothing is wrong with events as this library writes them") {
  CHECK(findings({row(1), row(2), row(1, "b"), row(1, "c"), row(2, "c")}).empty());
  StoredRow without = row(1);
  without.payload.reset();
  CHECK(findings({without}).empty());
}

TEST_CASE("missing and doubled versions are found") {
  check_one(findings({row(2)}), EventFault::missing_version, 1, "row 7: version 1 is missing");
  check_one(findings({row(1, "b"), row(1), row(5)}), EventFault::missing_version, 2,
            "row 7: versions 2 to 4 are missing");
  check_one(findings({row(1), row(2), row(2), row(3)}), EventFault::duplicate, 2,
            "row 7: version 2 is there more than once");
}

TEST_CASE("a version whose position is before that of the one before it is found") {
  StoredRow first = row(1);
  StoredRow second = row(2);
  first.position = 9;
  second.position = 8;
  check_one(findings({first, second}), EventFault::out_of_order, 2,
            "row 7: its position 8 is before that of the version before it");
  second.position = 10;
  CHECK(findings({first, second}).empty());
}

TEST_CASE("rows that are not events are found") {
  StoredRow wrong = row(1);
  wrong.type.reset();
  check_one(findings({wrong}), EventFault::foreign_row, 1, "row 7: it has no type that is UTF-8 text");
  check_one(findings({row(0)}), EventFault::foreign_row, 0, "row 7: it has no version from 1");
  wrong = row(1);
  wrong.version.reset();
  check_one(findings({wrong}), EventFault::foreign_row, std::nullopt, "row 7: it has no version from 1");
  wrong = row(1);
  wrong.aggregate_id.reset();
  CHECK(findings({wrong}).at(0).what == "row 7: it has no aggregate id that is UTF-8 text");
  wrong.event_store_id = "\xFF";
  CHECK(findings({wrong}).at(0).what == "row 7: it has no event store id that is UTF-8 text");
}

TEST_CASE("timestamps of another form are found, with the form that they should have") {
  for (const std::string_view text :
       {"2022-01-01T12:00:00Z", "2022-01-01T13:00:00.000+01:00", "2022-01-01 12:00", ""}) {
    StoredRow wrong = row(1);
    wrong.timestamp = text;
    check_one(findings({wrong}), EventFault::timestamp_form, 1,
              "row 7: its timestamp is '" + std::string{text} + "', not of the form 2022-01-01T00:00:00.000Z");
  }
  StoredRow wrong = row(1);
  wrong.timestamp = "2022-01-01T13:00+01";
  CHECK(findings({wrong}).at(0).remedy == "write it as 2022-01-01T12:00:00.000Z");
  wrong.timestamp.reset();
  CHECK(findings({wrong}).at(0).what == "row 7: its timestamp is nothing, not of the form 2022-01-01T00:00:00.000Z");
}

TEST_CASE("text that is not JSON is found") {
  StoredRow wrong = row(1);
  wrong.payload = "{a}";
  check_one(findings({wrong}), EventFault::not_json, 1,
            "row 7: its payload is not JSON: the name of a member is missing (byte 1 of 3)");
  wrong = row(1);
  wrong.metadata = "";
  check_one(findings({wrong}), EventFault::not_json, 1,
            "row 7: its metadata is not JSON: it ends where a value should be (byte 0 of 0)");
}

const nlohmann::json lock = nlohmann::json::parse(
    R"({"$defs":{"T":{"type":"object","required":["type","payload"],"properties":{"type":{"const":"T"},)"
    R"("payload":{"type":"object","properties":{"n":{"type":"integer"}},"required":["n"]}}}}})");

TEST_CASE("types and payloads that a schema lock does not allow are found") {
  CHECK(findings({row(1)}, lock).empty());
  StoredRow wrong = row(1);
  wrong.payload = R"({"n":"1"})";
  check_one(findings({wrong}, lock), EventFault::refused_by_schema, 1,
            R"(row 7: '/payload/n' of 'T': it must be of type "integer", but is of type "string")");
  wrong.payload.reset();
  check_one(findings({wrong}, lock), EventFault::refused_by_schema, 1,
            R"(row 7: '' of 'T': it must have the member "payload")");
  wrong = row(1);
  wrong.type = "U\x1B";
  check_one(findings({wrong}, lock), EventFault::unknown_type, 1, "row 7: its type 'U\\x1B' is not in the schema lock");
  wrong = row(1);
  wrong.payload = R"({"n":1e999})";
  CHECK(findings({wrong}, lock).at(0).fault == EventFault::not_json);
  CHECK(findings({wrong}).empty());
}

TEST_CASE("a store's own schema lock comes before the one of all stores") {
  std::vector<Finding> found;
  castore::EventInspector inspector{[&](const Finding& finding) { found.push_back(finding); }};
  inspector.add_schema_lock("", nlohmann::json::parse(R"({"$defs":{}})"));
  inspector.add_schema_lock("S", lock);
  inspector.add(row(1));
  CHECK(found.empty());
  StoredRow other = row(1);
  other.event_store_id = "OTHER";
  inspector.add(other);
  REQUIRE(found.size() == 1);
  CHECK(found[0].fault == EventFault::unknown_type);
}

TEST_CASE("a checkpoint after the newest event is found") {
  std::vector<Finding> found;
  castore::EventInspector inspector{[&](const Finding& finding) { found.push_back(finding); }};
  inspector.add_checkpoint("list", 2, 10, 10);
  CHECK(found.empty());
  inspector.add_checkpoint("list", 2, 11, 10);
  REQUIRE(found.size() == 1);
  CHECK(found[0].fault == EventFault::checkpoint_beyond_end);
  CHECK(found[0].what == "the checkpoint of 'list', version 2, is 11, after the newest event at 10");
}

TEST_CASE("faults have the names of their enumerators") {
  CHECK(castore::name_of(EventFault::missing_version) == "missing_version");
  CHECK(castore::name_of(EventFault::duplicate) == "duplicate");
  CHECK(castore::name_of(EventFault::out_of_order) == "out_of_order");
  CHECK(castore::name_of(EventFault::foreign_row) == "foreign_row");
  CHECK(castore::name_of(EventFault::not_json) == "not_json");
  CHECK(castore::name_of(EventFault::timestamp_form) == "timestamp_form");
  CHECK(castore::name_of(EventFault::unknown_type) == "unknown_type");
  CHECK(castore::name_of(EventFault::refused_by_schema) == "refused_by_schema");
  CHECK(castore::name_of(EventFault::checkpoint_beyond_end) == "checkpoint_beyond_end");
}

}  // namespace
