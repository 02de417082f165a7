// SPDX-License-Identifier: MIT
// Castore itself, from npm, on the same tables: what either writes the other reads.

#include <castore/adapters/dynamodb.hpp>

#include "dynamodb/support.hpp"

#include <atomic>
#include <map>
#include <set>
#include <string>
#include <thread>
#include <vector>

using namespace castore::dynamodb_tests;
using castore::AggregateIdEntry;
using castore::DynamoDbEventStorageAdapter;
using castore::EventRecord;
using castore::PushOutcome;

namespace {

/// Castore on a table.
class Castore {
 public:
  explicit Castore(const Table& table, bool legacy = false) : table_{table.name()}, legacy_{legacy} {}

  Json operator()(const std::string& operation, Json request) const {
    const char* const id = std::getenv("AWS_ACCESS_KEY_ID");
    const char* const secret = std::getenv("AWS_SECRET_ACCESS_KEY");
    const bool own_server = client().endpoint() == server_address();
    request.update(
        {{"operation", operation},
         {"table", table_},
         {"legacy", legacy_},
         {"endpoint", client().endpoint()},
         {"region", client().region()},
         {"credentials",
          {{"accessKeyId", own_server || id == nullptr ? server_credentials.access_key_id : id},
           {"secretAccessKey", own_server || secret == nullptr ? server_credentials.secret_access_key : secret}}}});
    if (!request.contains("eventStoreId")) request["eventStoreId"] = "POKEMONS";
    return ask_server("/castore", "POST", request.dump());
  }
  Json push(const Json& event, const Json& options = Json::object()) const {
    return (*this)("push", {{"event", event}, {"options", options}});
  }
  Json get(const std::string& id, const Json& options = Json::object()) const {
    return (*this)("get", {{"aggregateId", id}, {"options", options}}).at("events");
  }
  Json list(const Json& options) const { return (*this)("list", {{"options", options}}); }

 private:
  std::string table_;
  bool legacy_;
};

DynamoDbEventStorageAdapter storage_on(const Table& table) {
  return DynamoDbEventStorageAdapter{table.name(), {.client = client_options(), .retry = quick_retries()}};
}

const char time_text[] = "2022-01-01T12:00:00.000Z";

Json castore_event(const std::string& id, int version) {
  return {{"aggregateId", id}, {"version", version}, {"type", "LEVELED_UP"}, {"timestamp", time_text}};
}

/// Payloads that both know. JavaScript has one type of number, and gives those beyond 2^53 as big integers.
const Json payloads[] = {nullptr,
                         false,
                         0,
                         -1,
                         1.5,
                         1e-7,
                         123456.789,
                         9007199254740991,
                         "",
                         "text \" \\ \n \xc3\xa9 \xf0\x9f\x90\x89",
                         std::string{"nul \0 in it", 11},
                         Json::array(),
                         Json::object(),
                         Json::array({1, "two", nullptr, Json::array(), Json{{"three", 3.25}}}),
                         Json{{"nested", {{"deeper", {{"list", {1, Json{{"empty", ""}}}}}}}}, {"\xc3\xa9", true}}};

}  // namespace

TEST_CASE("Castore reads what we write") {
  const Table table;
  const auto storage = storage_on(table);
  const Castore castore{table};
  int version = 0;
  Json expected = Json::array();
  for (const Json& payload : payloads) {
    ++version;
    REQUIRE(push(storage, event("a#b", version, payload.dump(), R"({"by":"me"})")) == PushOutcome{});
    expected.push_back(castore_event("a#b", version));
    expected.back()["payload"] = payload;
    expected.back()["metadata"] = {{"by", "me"}};
  }
  CHECK(castore.get("a#b") == expected);
  CHECK(castore.get("a#b", {{"reverse", true}, {"maxVersion", 2}})[0] == expected[1]);
  REQUIRE(push(storage, event("plain", 1, "")) == PushOutcome{});
  CHECK(castore.get("plain") == Json::array({castore_event("plain", 1)}));
}

TEST_CASE("we read what Castore writes") {
  const Table table;
  const auto storage = storage_on(table);
  const Castore castore{table};
  int version = 0;
  for (const Json& payload : payloads) {
    ++version;
    Json pushed = castore_event("a#b", version);
    pushed["payload"] = payload;
    pushed["metadata"] = {{"by", "Castore"}, {"at", {1, 2}}};
    REQUIRE(castore.push(pushed)["event"] == pushed);
  }
  const std::vector<EventRecord> events = load(storage, "a#b");
  REQUIRE(events.size() == std::size(payloads));
  for (std::size_t index = 0; index < events.size(); ++index) {
    CHECK(events[index].aggregate_id == "a#b");
    CHECK(events[index].version == static_cast<castore::Version>(index + 1));
    CHECK(events[index].timestamp == noon);
    CHECK(events[index].type == "LEVELED_UP");
    CHECK(Json::parse(events[index].payload) == payloads[index]);
    CHECK(Json::parse(events[index].metadata) == Json{{"by", "Castore"}, {"at", {1, 2}}});
  }
  castore.push(castore_event("plain", 1));
  CHECK(load(storage, "plain") == std::vector<EventRecord>{{"plain", 1, "LEVELED_UP", noon, "", ""}});
}

TEST_CASE("the items we write are Castore's to the last attribute") {
  const Table table;
  const auto storage = storage_on(table);
  const Castore castore{table};
  for (int version = 1; version <= 2; ++version) {
    Json pushed = castore_event("theirs", version);
    pushed["payload"] = {{"list", {1, 2.5, 1e20, nullptr, ""}}, {"flag", true}, {"map", Json::object()}};
    pushed["payload"]["list"][2] = {{"$bigint", "100000000000000000000"}};
    castore.push(pushed);
    push(storage, event("ours", version, R"({"list":[1.0,2.50,1e20,null,""],"flag":true,"map":{}})"));
    Json theirs = table.item("POKEMONS#theirs", version);
    const Json ours = table.item("POKEMONS#ours", version);
    REQUIRE(theirs["aggregateId"]["S"] == "POKEMONS#theirs");
    theirs["aggregateId"]["S"] = "POKEMONS#ours";
    CHECK(theirs == ours);
    CHECK(ours.contains("eventStoreId") == (version == 1));
  }
}

TEST_CASE("large integers are the same on both sides") {
  const Table table;
  const auto storage = storage_on(table);
  const Castore castore{table};
  push(storage,
       event("a", 1, R"([9223372036854775807,-9223372036854775808,1e16,12345678901234567890123456789012345678])"));
  CHECK(castore.get("a")[0]["payload"] ==
        Json::parse(R"([{"$bigint":"9223372036854775807"},{"$bigint":"-9223372036854775808"},)"
                    R"({"$bigint":"10000000000000000"},{"$bigint":"12345678901234567890123456789012345678"}])"));
  Json pushed = castore_event("a", 2);
  pushed["payload"] = Json::parse(R"([{"$bigint":"9223372036854775807"},{"$bigint":"-9223372036854775808"}])");
  castore.push(pushed);
  CHECK(load(storage, "a")[1].payload == "[9223372036854775807,-9223372036854775808]");
}

TEST_CASE("conflicts and groups are seen from both sides") {
  const Table table;
  const auto storage = storage_on(table);
  const Castore castore{table};
  REQUIRE(push(storage, event("a", 1), event("b", 1)) == PushOutcome{});
  CHECK(castore.push(castore_event("a", 1))["error"] == "EventAlreadyExistsError");
  Json first = castore_event("a", 2);
  Json second = castore_event("b", 2);
  first["eventStoreId"] = second["eventStoreId"] = "POKEMONS";
  CHECK(castore("group", {{"events", {first, second}}})["eventGroup"].size() == 2);
  CHECK(push(storage, event("c", 1), event("b", 2)) == PushOutcome{PushOutcome::already_exists, 1});
  CHECK(castore("group", {{"events", {first, second}}})["error"] == "EventAlreadyExistsError");
  CHECK(castore.push(castore_event("a", 2), {{"force", true}})["event"]["version"] == 2);
  CHECK(castore.get("a").size() == 2);
  CHECK(load(storage, "b").size() == 2);
  CHECK(castore.get("c").empty());
}

TEST_CASE("of pushes of one version by both exactly one wins") {
  const Table table;
  const auto storage = storage_on(table);
  const Castore castore{table};
  for (int version = 1; version <= 10; ++version) {
    std::atomic<int> won{0};
    std::thread theirs{[&] {
      Json pushed = castore_event("race", version);
      pushed["payload"] = "theirs";
      if (!castore.push(pushed).contains("error")) ++won;
    }};
    for (int writer = 0; writer < 3; ++writer) {
      if (push(storage, event("race", version, R"("ours )" + std::to_string(writer) + "\"")) == PushOutcome{}) ++won;
    }
    theirs.join();
    CHECK(won == 1);
    CHECK(load(storage, "race").size() == static_cast<std::size_t>(version));
  }
}

TEST_CASE("a page token of one side continues on the other") {
  const Table table;
  const auto storage = storage_on(table);
  const Castore castore{table};
  std::set<std::string> ids;
  for (int index = 0; index < 9; ++index) {
    ids.insert("id" + std::to_string(index));
    auto initial = event("id" + std::to_string(index), 1);
    initial.record.timestamp += std::chrono::minutes{index / 3};  // three of each
    REQUIRE(push(storage, initial) == PushOutcome{});
  }
  for (const bool reverse : {false, true}) {
    std::vector<std::string> listed;
    castore::ListAggregateIdsOptions options{.limit = 2, .reverse = reverse};
    bool ours = true;
    for (;; ours = !ours) {
      if (ours) {
        const auto page = storage.list_aggregate_ids("POKEMONS", options);
        for (const AggregateIdEntry& entry : page.aggregate_ids) listed.push_back(entry.aggregate_id);
        options = {.page_token = page.next_page_token};
      } else {
        const Json page = castore.list({{"pageToken", *options.page_token}});
        for (const Json& entry : page["aggregateIds"]) listed.push_back(entry["aggregateId"]);
        options.page_token.reset();
        if (page.contains("nextPageToken")) options.page_token = page["nextPageToken"].get<std::string>();
      }
      if (!options.page_token) break;
    }
    CHECK(listed.size() == ids.size());
    CHECK(std::set<std::string>(listed.begin(), listed.end()) == ids);
  }
  const Json bounded = castore.list({{"limit", 1},
                                     {"initialEventAfter", "2022-01-01T12:01:00.000Z"},
                                     {"initialEventBefore", "2022-01-01T12:01:00.000Z"}});
  const auto rest =
      storage.list_aggregate_ids("POKEMONS", {.limit = 9, .page_token = bounded["nextPageToken"].get<std::string>()});
  CHECK(rest.aggregate_ids.size() == 2);
  CHECK_FALSE(rest.next_page_token);
}

TEST_CASE("tables of Castore's deprecated layout are read and written") {
  const Table table{Layout::table_per_event_store};
  const DynamoDbEventStorageAdapter storage{castore::DynamoDbTablePerEventStore{{{"POKEMONS", table.name()}}},
                                            {.client = client_options(), .retry = quick_retries()}};
  const Castore castore{table, true};
  Json pushed = castore_event("theirs", 1);
  pushed["payload"] = {{"level", 5}};
  castore.push(pushed);
  REQUIRE(push(storage, event("ours", 1, R"({"level":5})"), event("theirs", 2)) == PushOutcome{});
  CHECK(castore.get("ours")[0]["payload"] == Json{{"level", 5}});
  CHECK(load(storage, "theirs").size() == 2);
  Json theirs = table.item("theirs", 1);
  theirs["aggregateId"]["S"] = "ours";
  CHECK(theirs == table.item("ours", 1));
  const Json page = castore.list({{"limit", 1}});
  const auto rest = storage.list_aggregate_ids("POKEMONS", {.page_token = page["nextPageToken"].get<std::string>()});
  REQUIRE(rest.aggregate_ids.size() == 1);
  CHECK(page["aggregateIds"][0]["aggregateId"] != rest.aggregate_ids[0].aggregate_id);
  const auto other = error_of<castore::InvalidEventError>(
      [&] { storage.get_events("TRAINERS", "ash", {}, [](const castore::EventRecordView&) {}); });
  CHECK(other.field() == "event_store_id");
}
