// SPDX-License-Identifier: MIT
// Castore itself, from npm, on the same tables: what either writes the other reads.

#include <castore/adapters/dynamodb.hpp>
#include <castore/castore.hpp>
#include <castore/core/snapshot_storage.hpp>

#include "core/upcast_chain.hpp"
#include "dynamodb/support.hpp"
#include "support/camel_case.hpp"

#include <atomic>
#include <cstddef>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
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

struct LeveledUp {
  static constexpr std::string_view type = "LEVELED_UP";
  using Metadata = std::optional<Json>;
};
struct LevelReducer {
  void operator()(castore::Aggregate&, const LeveledUp&) const {}
};

}  // namespace

TEST_CASE("events in four forms that Castore wrote are read in their newest form") {
  const Table table;
  auto storage = storage_on(table);
  const Castore castore{table};
  int version = 0;
  for (const auto& [type, text] : castore_tests::upcast_chain::stored) {
    Json event = castore_event("ball", ++version);
    event["type"] = type;
    event["payload"] = Json::parse(text);
    castore("push", {{"event", event}, {"options", Json::object()}, {"eventStoreId", "BALLS"}});
  }
  castore_tests::upcast_chain::check_forms(storage, "ball");
}

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

TEST_CASE("Castore reads events with a context as metadata, and an event of its own keeps them") {
  const Table table;
  auto storage = storage_on(table);
  const Castore castore{table};
  castore::EventStore<castore::Events<LeveledUp>, castore::Aggregate, LevelReducer> store{"POKEMONS", storage};
  const castore::Context context{.correlation_id = "request \"7\"", .causation_id = "TRAINERS#ash#1"};
  const Json stored{{"correlationId", context.correlation_id}, {"causationId", context.causation_id}};
  store.push_event("a", 1, LeveledUp{}, {.timestamp = noon, .context = context});
  store.push_event("a", 2, LeveledUp{}, {.timestamp = noon, .metadata = Json{{"by", "me"}}, .context = context});
  Json expected = Json::array({castore_event("a", 1), castore_event("a", 2)});
  expected[0]["metadata"] = {{"$context", stored}};
  expected[1]["metadata"] = {{"by", "me"}, {"$context", stored}};
  CHECK(castore.get("a") == expected);

  Json pushed = castore_event("a", 3);
  pushed["metadata"] = {{"by", "Castore"}, {"at", {1, 2}}};
  castore.push(pushed);
  pushed["version"] = 4;
  pushed["metadata"]["$context"] = stored;
  castore.push(pushed);
  const auto events = store.get_events("a");
  REQUIRE(events.size() == 4);
  for (const std::size_t index : {2U, 3U}) {
    CHECK(events[index].get_if<LeveledUp>()->metadata == Json{{"by", "Castore"}, {"at", {1, 2}}});
    CHECK(*events[index].context() == (index == 2 ? castore::Context{} : context));
  }
}

TEST_CASE("Castore and a store share events with names in camel case and fields that may be missing") {
  const Table table;
  auto storage = storage_on(table);
  const Castore castore{table};
  castore_tests::camel_case::share(
      castore::AnyEventStorageAdapter{storage}, "a#b",
      [&](const Json& pushed) { REQUIRE(castore.push(pushed)["event"] == pushed); },
      [&](const std::string& id) { return castore.get(id); });
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

TEST_CASE("Castore reads every number we send also from a server that keeps its text") {
  const Table table;
  const Castore castore{table};
  for (const char* const number :
       {"0", "-0.0", "1.0", "0.1", "1e-7", "-123456.789", "9007199254740991", "9007199254740993", "1e20", "1e21",
        "1e22", "-1.5e30", "1.7976931348623157e37", "9.5e37", "12345678901234567890123456789012345678"}) {
    CAPTURE(number);
    std::string value;
    castore::detail::AttributeWriter{value, "payload"}.append(number);
    const Json read = castore("unmarshall", {{"item", {{"number", Json::parse(value)}}}});
    REQUIRE(read.contains("number"));
    const Json& result = read["number"];
    CHECK((result.is_object() ? Json::parse(result["$bigint"].get<std::string>()) : result).get<double>() ==
          Json::parse(number).get<double>());
  }
}

TEST_CASE("events that Castore wrote with timestamps of any form are listed and loaded") {
  const Table table;
  const auto storage = storage_on(table);
  const Castore castore{table};
  const std::vector<std::string> forms = {"2024",
                                          "2024-05-06",
                                          "2024-05-06T07:08Z",
                                          "2024-05-06T07:08:09.123456Z",
                                          "2024-05-06T07:08:09+02:00",
                                          "2024-05-06T07:08:09+0200",
                                          "2024-05-06t07:08:09z",
                                          "20240506T070809Z",
                                          "+002024-05-06T07:08:09.000Z"};
  for (const std::string& form : forms) {
    Json pushed = castore_event("id " + form, 1);
    pushed["timestamp"] = form;
    REQUIRE(castore.push(pushed)["event"]["timestamp"] == form);
    REQUIRE(load(storage, "id " + form).size() == 1);
    CHECK(load(storage, "id " + form)[0].timestamp == *castore::parse_timestamp(form));
  }
  std::set<std::string> listed;
  castore::ListAggregateIdsOptions options{.limit = 2};
  do {
    const auto page = storage.list_aggregate_ids("POKEMONS", options);
    for (const AggregateIdEntry& entry : page.aggregate_ids) listed.insert(entry.aggregate_id);
    options = {.page_token = page.next_page_token};
  } while (options.page_token);
  CHECK(listed.size() == forms.size());
  // One that is damaged is left out where that is asked for.
  Json damaged = castore_event("damaged", 1);
  damaged["timestamp"] = "the day before yesterday";
  castore.push(damaged);
  const auto error = error_of<castore::DynamoDbDamagedItemError>([&] { storage.list_aggregate_ids("POKEMONS", {}); });
  CHECK(error.table() == table.name());
  CHECK(error.key() == "POKEMONS#damaged");
  CHECK(error.attribute() == "timestamp");
  int reports = 0;
  const DynamoDbEventStorageAdapter skipping{table.name(),
                                             {.client = client_options(),
                                              .damaged_entries = castore::DynamoDbDamagedEntries::skip,
                                              .on_damaged_entry = [&](const auto&) { ++reports; }}};
  CHECK(skipping.list_aggregate_ids("POKEMONS", {}).aggregate_ids.size() == forms.size());
  CHECK(reports == 1);
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

TEST_CASE("Castore does not see snapshots, which lie in the same table, and neither do our lists") {
  const Table table;
  const DynamoDbEventStorageAdapter storage{
      table.name(), {.client = client_options(), .retry = quick_retries(), .keeps_snapshots = true}};
  const Castore castore{table};
  castore.push(castore_event("a#b", 1));
  castore.push(castore_event("a#b", 2));
  const Json before = castore.get("a#b");
  const Json list_before = castore.list(Json::object());
  const castore::SnapshotKey key{"POKEMONS", "a#b", 1};
  const auto found = [&](castore::Version max_version) {
    castore::Version version = 0;
    storage.load_snapshot(key, max_version, [&](const castore::SnapshotView& snapshot) { version = snapshot.version; });
    return version;
  };
  castore::SnapshotRecord snapshot{.event_store_id = "POKEMONS",
                                   .aggregate_id = "a#b",
                                   .event_timestamp = noon,
                                   .state = R"({"level":2})",
                                   .created_at = noon};
  for (snapshot.version = 1; snapshot.version <= 2; ++snapshot.version) REQUIRE(storage.save_snapshot(snapshot));
  CHECK(found(9) == 2);
  CHECK(castore.get("a#b") == before);
  CHECK(castore.list(Json::object()) == list_before);
  CHECK(storage.list_aggregate_ids("POKEMONS", {}).aggregate_ids.size() == 1);
  CHECK(castore.push(castore_event("a#b", 3))["event"]["version"] == 3);
  REQUIRE(storage.push_events(std::vector{event("a#b", 2)}, {.force = true}) == PushOutcome{});
  CHECK(found(9) == 1);
  CHECK(castore.get("a#b").size() == 3);

  const auto without = error_of<castore::StorageError>(
      [&] { storage_on(table).load_snapshot(key, 9, [](const castore::SnapshotView&) {}); });
  CHECK(std::string{without.what()}.find("keeps_snapshots") != std::string::npos);
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
