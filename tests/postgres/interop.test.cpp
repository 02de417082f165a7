// SPDX-License-Identifier: MIT
// Castore for Node.js and this adapter on one table.

#include <castore/adapters/postgres.hpp>
#include <castore/json.hpp>

#include "core/upcast_chain.hpp"
#include "postgres/support/postgres.hpp"
#include "support/camel_case.hpp"
#include "support/catch.hpp"
#include "support/place.hpp"

#include <nlohmann/json.hpp>

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdio>
#include <memory>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

namespace {

using namespace castore;
using namespace castore::postgres_tests;
using Json = nlohmann::json;

const std::string pikachu = "5f3a9c3e-0a51-4f0a-8d7b-2f6d1a1b7c01";
const std::string raichu = "5f3a9c3e-0a51-4f0a-8d7b-2f6d1a1b7c02";
const std::string eevee = "5f3a9c3e-0a51-4f0a-8d7b-2f6d1a1b7c03";

/// What the steps return when Castore does them on this table; see interop/castore.mjs.
Json castore_does(const std::string& table, const Json& steps) {
  const auto quoted = [](std::string text) {
    for (std::size_t place = 0; (place = text.find('\'', place)) != std::string::npos; place += 4) {
      text.replace(place, 1, "'\\''");
    }
    return "'" + text + "'";
  };
  const std::string command = "cd " + quoted(std::string{castore_tests::place::server} + "/node") +
                              " && node castore.mjs " + quoted(connection()) + " " + quoted(table) + " " + quoted(steps.dump());
  const std::unique_ptr<FILE, int (*)(FILE*)> output{popen(command.c_str(), "r"), &pclose};
  if (!output) throw std::runtime_error{"node cannot be run"};
  std::string text;
  std::array<char, 4096> buffer{};
  for (std::size_t size = 0; (size = fread(buffer.data(), 1, buffer.size(), output.get())) > 0;) {
    text.append(buffer.data(), size);
  }
  return Json::parse(text);
}

Json castore_event(const std::string& id, int version, const Json& payload, const Json& metadata = {}) {
  Json event{
      {"aggregateId", id}, {"version", version}, {"type", "LEVELED_UP"}, {"timestamp", "2022-01-01T12:00:00.000Z"}};
  if (!payload.is_null()) event["payload"] = payload;
  if (!metadata.is_null()) event["metadata"] = metadata;
  return event;
}

/// The event as `Json`, from a record.
Json shape(const EventRecord& record) { return record_to_json(record); }

const Json payload{{"name", "Pikach\xc3\xba \xf0\x9f\x90\x89"},
                   {"level", 5},
                   {"ratio", 0.1},
                   {"list", {1, nullptr, "x"}},
                   {"empty", Json::object()}};
const Json metadata{{"trace", "a'b\"c"}};

void share(PostgresEventStorageAdapter& storage, const std::string& table) {
  // Castore writes, we read.
  const Json first = castore_event(pikachu, 1, payload, metadata);
  const Json second = castore_event(pikachu, 2, nullptr);
  const Json grouped = castore_event(raichu, 1, {{"level", 1}});
  const Json in_other_store = castore_event(pikachu, 1, {{"other", true}});
  Json results = castore_does(table, {{"push", "POKEMONS", first},
                                      {"pushGroup", {"POKEMONS", second}, {"POKEMONS", grouped}},
                                      {"push", "TRAINERS", in_other_store}});
  for (const Json& result : results) CHECK_FALSE(result.contains("error"));
  auto events = load(storage, pikachu);
  REQUIRE(events.size() == 2);
  CHECK(shape(events[0]) == first);
  CHECK(shape(events[1]) == second);
  CHECK(events[1].payload.empty());
  CHECK(shape(load(storage, raichu).at(0)) == grouped);
  CHECK(storage.list_aggregate_ids("POKEMONS", {}).aggregate_ids ==
        std::vector<AggregateIdEntry>{{pikachu, noon}, {raichu, noon}});
  CHECK(push(storage, event(pikachu, 2)) == PushOutcome{PushOutcome::already_exists, 0});
  CHECK(push(storage, event(eevee, 1), event(raichu, 1)) == PushOutcome{PushOutcome::already_exists, 1});

  // We write, Castore reads.
  CHECK(push(storage, event(pikachu, 3, payload.dump(), metadata.dump())) == PushOutcome{});
  CHECK(push(storage, event(eevee, 1), event(pikachu, 4, "")) == PushOutcome{});
  results = castore_does(table, {{"get", "POKEMONS", pikachu, {{"minVersion", 3}}},
                                 {"get", "POKEMONS", pikachu, {{"reverse", true}, {"limit", 1}}},
                                 {"list", "POKEMONS", Json::object()},
                                 {"push", "POKEMONS", castore_event(pikachu, 4, {{"level", 7}})},
                                 {"push", "POKEMONS", castore_event(pikachu, 4, {{"level", 8}}), {{"force", true}}},
                                 {"pushGroup",
                                  {"POKEMONS", castore_event(raichu, 2, {{"level", 2}})},
                                  {"POKEMONS", castore_event(eevee, 1, {{"level", 2}})}}});
  CHECK(results[0].at("events") ==
        Json{castore_event(pikachu, 3, payload, metadata), castore_event(pikachu, 4, nullptr)});
  CHECK(results[1].at("events") == Json::array({castore_event(pikachu, 4, nullptr)}));
  CHECK(results[2].at("aggregateIds").size() == 3);
  CHECK(results[3].at("error") == "EventAlreadyExistsError");
  CHECK_FALSE(results[4].contains("error"));
  // Castore knows a conflict within a group only on a table with the name "event" (its defect).
  CHECK(results[5].at("error") == "23505");
  CHECK(shape(load(storage, pikachu).at(3)) == castore_event(pikachu, 4, {{"level", 8}}));
  CHECK(versions(storage, raichu) == std::vector<Version>{1});
}

TEST_CASE("events in four forms that Castore wrote are read in their newest form", "[postgres][interop]") {
  Storage storage;
  Json steps = Json::array();
  int version = 0;
  for (const auto& [type, text] : castore_tests::upcast_chain::stored) {
    Json event = castore_event(pikachu, ++version, Json::parse(text));
    event["type"] = type;
    steps.push_back({"push", "BALLS", event});
  }
  for (const Json& result : castore_does(storage.table().name(), steps)) CHECK_FALSE(result.contains("error"));
  castore_tests::upcast_chain::check_forms(*storage, pikachu);
}

TEST_CASE("a follower sees each event once, in order, that Castore writes meanwhile, and ours", "[postgres][interop]") {
  Storage storage;
  Json steps = Json::array();
  constexpr int pushes = 60;
  for (int version = 1; version <= pushes; ++version) {
    steps.push_back({"push", "POKEMONS", castore_event(pikachu, version, {{"level", version}})});
    steps.push_back({"pushGroup",
                     {"POKEMONS", castore_event(raichu, version, {{"level", version}})},
                     {"POKEMONS", castore_event(eevee, version, {{"level", version}})}});
  }
  std::atomic<bool> is_over{false};
  Json results;
  std::thread castore{[&] {
    results = castore_does(storage.table().name(), steps);
    is_over = true;
  }};
  std::thread ours{[&] {
    for (Version version = 1; !is_over; ++version) push(*storage, event("ours", version));
  }};
  std::vector<Position> seen;
  const auto look = [&](Position after) {
    return storage->read_all_events(after, {.limit = 7},
                                    [&](const SequencedEventView& place) { seen.push_back(place.position); });
  };
  Position after = 0;
  for (bool is_last = false; !is_last;) {
    is_last = is_over;
    ReadAllEventsResult read;
    do {
      read = look(after);
      after = read.next;
    } while (!read.is_caught_up);
  }
  castore.join();
  ours.join();
  for (ReadAllEventsResult read; !read.is_caught_up; after = read.next) read = look(after);
  for (const Json& result : results) CHECK_FALSE(result.contains("error"));
  std::vector<Position> stored;
  for (const std::string& id : PlainPostgres{}.rows("SELECT id FROM " + storage.table().quoted() + " ORDER BY id")) {
    stored.push_back(std::stoll(id));
  }
  CHECK(seen == stored);
  CHECK(load(*storage, pikachu).size() == pushes);
  CHECK(seen.size() > std::size_t{3 * pushes});
}

TEST_CASE("Castore and the adapter share a table that Castore created with UUIDs as ids", "[postgres]") {
  const TempTable table;
  const Json created = castore_does(table.name(), Json::array({Json::array({"create"})}));
  REQUIRE(created == Json::array({{{"tableName", table.name()}}}));
  PostgresEventStorageAdapter storage{connection(), table.options()};
  share(storage, table.name());

  {  // an id that is not a UUID cannot be pushed and has no events
    CHECK(invalid_field_of([&] { push(storage, event("pikachu", 1)); }) == "aggregate_id");
    CHECK(load(storage, "pikachu").empty());
    CHECK(load(storage, "").empty());
  }
  {  // a UUID in upper case is found, but not pushed, as it would come back in lower case
    const std::string loud = "5F3A9C3E-0A51-4F0A-8D7B-2F6D1A1B7C01";
    CHECK(load(storage, loud).size() == 4);
    CHECK(invalid_field_of([&] { push(storage, event(loud, 5)); }) == "aggregate_id");
    CHECK(versions(storage, pikachu).size() == 4);
  }
  {  // pages of UUIDs follow each other in both directions
    for (const bool reverse : {false, true}) {
      std::vector<std::string> ids;
      ListAggregateIdsOptions options{.limit = 1, .reverse = reverse};
      do {
        const AggregateIdsPage page = storage.list_aggregate_ids("POKEMONS", options);
        for (const auto& entry : page.aggregate_ids) ids.push_back(entry.aggregate_id);
        options.page_token = page.next_page_token;
      } while (options.page_token);
      CHECK(ids == (reverse ? std::vector{eevee, raichu, pikachu} : std::vector{pikachu, raichu, eevee}));
    }
  }
  {  // a page token whose id is not a UUID is not this table's
    const std::string token = make_page_token({.limit = 1}, {"pikachu", noon});
    CHECK_THROWS_AS(storage.list_aggregate_ids("POKEMONS", {.page_token = token}), InvalidPageTokenError);
  }
  {  // a name or type longer than its column, which Castore makes short, is refused before anything is written
    PushRecord record = event(eevee, 2);
    const std::string long_name(33, 'x');
    record.event_store_id = long_name;
    record.record.version = 1;
    CHECK(invalid_field_of([&] { push(storage, record); }) == "event_store_id");
    record = event(eevee, 2);
    record.record.type = std::string(65, 'x');
    CHECK(invalid_field_of([&] { push(storage, record); }) == "type");
    record.record.type.pop_back();
    CHECK(push(storage, record) == PushOutcome{});
  }
  {  // create_event_table adds the index for lists, once
    PlainPostgres plain;
    const std::string count =
        "SELECT count(*) FROM pg_indexes WHERE indexdef LIKE '%WHERE (version = 1)' AND"
        " tablename = '" +
        table.name() + "'";
    CHECK(plain.value(count) == "0");
    storage.create_event_table();
    storage.create_event_table();
    CHECK(plain.value(count) == "1");
    CHECK(storage.list_aggregate_ids("POKEMONS", {}).aggregate_ids.size() == 3);
  }
}

TEST_CASE("Castore and the adapter share a table that the adapter created", "[postgres]") {
  Storage storage;
  share(*storage, storage.table().name());
}

TEST_CASE("null is kept apart from absent, which Castore's reader cannot tell, nor false, 0 and empty text",
          "[postgres]") {
  Storage storage;
  const std::vector<std::string> payloads{"null", "", "false", "0", "\"\"", "[]"};
  for (std::size_t index = 0; index < payloads.size(); ++index) {
    CHECK(push(*storage, event("pikachu", static_cast<Version>(index) + 1, payloads[index])) == PushOutcome{});
  }
  const auto events = load(*storage, "pikachu");
  REQUIRE(events.size() == payloads.size());
  for (std::size_t index = 0; index < payloads.size(); ++index) CHECK(events[index].payload == payloads[index]);
  const Json results = castore_does(storage.table().name(), {{"get", "POKEMONS", "pikachu"}});
  const Json& seen = results[0].at("events");
  for (std::size_t index = 0; index + 1 < payloads.size(); ++index) CHECK_FALSE(seen[index].contains("payload"));
  CHECK(seen.back().at("payload") == Json::array());
}

TEST_CASE("Castore and a store share events with names in camel case and fields that may be missing", "[postgres]") {
  Storage storage;
  castore_tests::camel_case::share(
      castore::AnyEventStorageAdapter{*storage}, "pikachu",
      [&](const Json& pushed) {
        CHECK_FALSE(castore_does(storage.table().name(), {{"push", "POKEMONS", pushed}})[0].contains("error"));
      },
      [&](const std::string& id) -> Json {
        return castore_does(storage.table().name(), {{"get", "POKEMONS", id}})[0].at("events");
      });
}

TEST_CASE("Castore reads negative zero as such", "[postgres]") {
  Storage storage;
  push(*storage, event("pikachu", 1, R"({"zero":-0.0,"text":"-0.0"})"));
  CHECK(castore_does(storage.table().name(), {{"isNegativeZero", "POKEMONS", "pikachu"}}) == Json::array({true}));
  CHECK(load(*storage, "pikachu").at(0).payload.find("\"-0.0\"") != std::string::npos);
}

}  // namespace
