// SPDX-License-Identifier: MIT
#include <castore/maintenance/event_data.hpp>

#include <castore/adapters/in_memory.hpp>
#include <castore/core/errors.hpp>
#include <castore/core/event_storage_adapter.hpp>
#include <castore/core/timestamp.hpp>

#include "support/catch.hpp"

#include <nlohmann/json.hpp>

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace {

using castore::DataChange;
using castore::DataOrigin;
using castore::EventData;
using castore::Version;
using Json = nlohmann::json;

castore::Timestamp second(Version version) {
  return *castore::parse_timestamp("2022-01-01T00:00:00Z") + std::chrono::seconds{version};
}

/// The events, of which each has a type `E` with its version.
EventData data_of(const std::vector<std::string>& payloads) {
  EventData data;
  Version version = 0;
  for (const std::string& payload : payloads) {
    ++version;
    const std::string type = "E" + std::to_string(version);
    data.add("S", {"a", version, type, second(version), payload, {}});
  }
  return data;
}

DataOrigin origin(std::string path, Json value, Version version) {
  return {std::move(path), std::move(value), version, "E" + std::to_string(version), second(version)};
}

TEST_CASE("payloads are merged member by member, and other values take each other's place") {
  CHECK(data_of({}).json() == Json::object());
  CHECK(data_of({R"({"a":1,"b":{"c":1,"d":[1,2]}})", R"({"b":{"c":2}})", "", R"({"b":{"d":[]},"e":null})"}).json() ==
        Json::parse(R"({"a":1,"b":{"c":2,"d":[]},"e":null})"));
  CHECK(data_of({R"({"a":{"b":1}})", R"({"a":2})"}).json() == Json::parse(R"({"a":2})"));
  CHECK(data_of({R"({"a":2})", R"({"a":{"b":1}})"}).json() == Json::parse(R"({"a":{"b":1}})"));
  CHECK(data_of({R"({"a":{"b":1}})", R"({"a":{}})"}).json() == Json::parse(R"({"a":{"b":1}})"));
  CHECK(data_of({R"({"a":2})", R"({"a":{}})"}).json() == Json::parse(R"({"a":{}})"));
}

TEST_CASE("a payload that is not an object is the member with its event's name") {
  const EventData data = data_of({"5", R"([1])"});
  CHECK(data.json() == Json::parse(R"({"E1":5,"E2":[1]})"));
  CHECK(data.origins() == std::vector<DataOrigin>{origin("/E1", 5, 1), origin("/E2", Json::array({1}), 2)});
  CHECK(data.version() == 2);
}

TEST_CASE("each field has the event that last set it") {
  const EventData data = data_of(
      {R"({"level":1,"place":{"city":"Pallet","x/y~":[1]}})", R"({"level":2})", "", R"({"place":{"city":"Pallet"}})"});
  CHECK(data.origins() == std::vector<DataOrigin>{origin("/level", 2, 2), origin("/place/city", "Pallet", 4),
                                                  origin("/place/x~1y~0", Json::array({1}), 1)});
}

TEST_CASE("a field that becomes an object, or an object that becomes a field, leaves nothing of what it was") {
  CHECK(data_of({R"({"a":{"b":{"c":1},"bb":2}})", R"({"a":{"b":3}})"}).origins() ==
        std::vector<DataOrigin>{origin("/a/b", 3, 2), origin("/a/bb", 2, 1)});
  CHECK(data_of({R"({"a":1})", R"({"a":{"b":2}})"}).origins() == std::vector<DataOrigin>{origin("/a/b", 2, 2)});
  CHECK(data_of({R"({"a":{}})", R"({"a":{"b":2}})"}).origins() == std::vector<DataOrigin>{origin("/a/b", 2, 2)});
  CHECK(data_of({R"({"a":{"b":2}})", R"({"a":{}})"}).origins() == std::vector<DataOrigin>{origin("/a/b", 2, 1)});
}

TEST_CASE("a payload that cannot be read is an error with its event's name") {
  try {
    data_of({"{}", R"({"a":1e999})"});
    FAIL("an EventDecodeError was expected");
  } catch (const castore::EventDecodeError& error) {
    CHECK(error.event_store_id() == "S");
    CHECK(error.aggregate_id() == "a");
    CHECK(error.version() == 2);
    CHECK(error.type() == "E2");
  }
}

TEST_CASE("changes are told by field, with what was there and what is there") {
  const auto changes = [](const char* before, const char* after) {
    return castore::data_changes(Json::parse(before), Json::parse(after));
  };
  CHECK(changes(R"({"a":{"b":[1],"c":1}})", R"({"a":{"b":[1],"c":1}})").empty());
  CHECK(changes(R"({"a":1,"b":{"c":[1,2],"d":0}})", R"({"b":{"c":[1],"d":0},"e":null})") ==
        std::vector<DataChange>{
            {"/a", 1, std::nullopt}, {"/b/c", Json::array({1, 2}), Json::array({1})}, {"/e", std::nullopt, Json()}});
  CHECK(changes(R"({"a":1})", R"({"a":{"b":2}})") ==
        std::vector<DataChange>{{"/a", 1, std::nullopt}, {"/a/b", std::nullopt, 2}});
  CHECK(changes(R"({"a":{"b":2}})", R"({"a":{}})") ==
        std::vector<DataChange>{{"/a", std::nullopt, Json::object()}, {"/a/b", 2, std::nullopt}});
  CHECK(changes("1", "2") == std::vector<DataChange>{{"", 1, 2}});
}

TEST_CASE("the data of an aggregate is loaded up to a version") {
  castore::InMemoryEventStorageAdapter storage;
  const std::vector<castore::PushRecord> events{{"S", {"a", 1, "E1", second(1), R"({"n":1})", {}}},
                                                {"S", {"a", 2, "E2", second(1), R"({"n":2})", {}}}};
  REQUIRE(storage.push_events(events, {}) == castore::PushOutcome{});
  CHECK(castore::load_event_data(storage, "S", "a").json() == Json::parse(R"({"n":2})"));
  CHECK(castore::load_event_data(storage, "S", "a", {.max_version = 1}).json() == Json::parse(R"({"n":1})"));
  CHECK(castore::load_event_data(storage, "S", "b").version() == 0);
}

}  // namespace
