// SPDX-License-Identifier: MIT
#include <castore/http/http_api.hpp>

#include <castore/adapters/in_memory.hpp>
#include <castore/core/errors.hpp>
#include <castore/testing/fault_injecting_adapter.hpp>

#include "http/support.hpp"
#include "support/catch.hpp"

#include <chrono>
#include <set>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

using namespace castore::http_tests;
using castore::AnyEventStorageAdapter;
using castore::HttpApiOptions;
using castore::HttpApiResponse;
using castore::HttpRoute;
using castore::InMemoryEventStorageAdapter;
using nlohmann::json;

namespace {

struct Pokemons {
  Pokemons() { put_pokemons(storage); }
  Asker ask(HttpApiOptions options = {.token = token, .allow_force = true}) {
    return Asker{AnyEventStorageAdapter{storage}, std::move(options)};
  }
  InMemoryEventStorageAdapter storage{};
};

const std::string pikachu_1 = R"({"store":"POKEMONS","aggregateId":"pika/chu","version":1,"type":"APPEARED",)"
                              R"("timestamp":"2022-01-01T12:00:00.000Z","payload":{"name":"Pikachu","level":5}})";
const std::string pikachu_2 =
    R"({"store":"POKEMONS","aggregateId":"pika/chu","version":2,"type":"LEVELED_UP",)"
    R"("timestamp":"2022-01-01T12:00:02.000Z","payload":{"level":6},"metadata":{"by":"ash"}})";

std::string event_3(const std::string& payload = R"({"level":7})") {
  return R"({"store":"POKEMONS","aggregateId":"pika/chu","version":3,"type":"LEVELED_UP",)"
         R"("timestamp":"2022-01-01T13:00:00.000Z","payload":)" +
         payload + '}';
}

}  // namespace

TEST_CASE("HttpApi tells what its storage can do", "[http]") {
  Pokemons pokemons;
  CHECK(pokemons.ask({.database = "events.db"}).get_json("/v1/info") ==
        json{{"name", "castore"},
             {"version", castore::detail::version_text()},
             {"database", "events.db"},
             {"writable", false},
             {"ordered", true},
             {"stores", true},
             {"explorer", false}});
  CHECK(pokemons.ask().get_json("/v1/info")["writable"] == true);
}

TEST_CASE("HttpApi lists event stores, with their numbers on request", "[http]") {
  Pokemons pokemons;
  const Asker ask = pokemons.ask();
  CHECK(ask.get_json("/v1/stores") == json::parse(R"({"stores":[{"store":"POKEMONS"},{"store":"TRAINERS"}]})"));
  CHECK(ask.get_json("/v1/stores?counts=true") == json::parse(R"({"stores":[
      {"store":"POKEMONS","aggregates":2,"events":3,"firstTimestamp":"2022-01-01T12:00:00.000Z",
       "lastTimestamp":"2022-01-01T12:00:03.000Z"},
      {"store":"TRAINERS","aggregates":1,"events":1,"firstTimestamp":"2022-01-01T12:00:01.000Z",
       "lastTimestamp":"2022-01-01T12:00:01.000Z"}]})"));
}

TEST_CASE("HttpApi lists aggregates by pages, times and prefix", "[http]") {
  Pokemons pokemons;
  const Asker ask = pokemons.ask();
  const json pikachu{{"aggregateId", "pika/chu"}, {"initialTimestamp", "2022-01-01T12:00:00.000Z"}};
  const json eevee{{"aggregateId", "eevee"}, {"initialTimestamp", "2022-01-01T12:00:03.000Z"}};
  const std::string list = "/v1/aggregates?store=POKEMONS";
  CHECK(ask.get_json(list) == json{{"aggregates", {pikachu, eevee}}});
  CHECK(ask.get_json(list + "&reverse=true") == json{{"aggregates", {eevee, pikachu}}});
  CHECK(ask.get_json(list + "&after=2022-01-01T12:00:01Z") == json{{"aggregates", {eevee}}});
  CHECK(ask.get_json(list + "&before=2022-01-01T12:00:01Z") == json{{"aggregates", {pikachu}}});

  const json page = ask.get_json(list + "&limit=1");
  CHECK(page["aggregates"] == json::array({pikachu}));
  const std::string next = castore::detail::escape_url(page["nextPage"].get<std::string>());
  CHECK(ask.get_json(list + "&page=" + next) == json{{"aggregates", {eevee}}});
  CHECK(ask.get_json(list + "&page=nonsense", 400)["code"] == "invalid_page_token");
}

TEST_CASE("HttpApi goes on with a prefix where its page ended", "[http]") {
  InMemoryEventStorageAdapter storage;
  for (int number = 0; number < 15; ++number) {
    put(storage, "S", (number % 3 < 2 ? "a" : "b") + std::to_string(number), 1, "T", number);
  }
  const Asker ask{AnyEventStorageAdapter{storage}};
  std::vector<std::string> ids;
  std::string page;
  int pages = 0;
  do {
    const json list = ask.get_json("/v1/aggregates?store=S&prefix=a&limit=4" + page);
    CHECK(list["aggregates"].size() <= 4);
    for (const json& each : list["aggregates"]) ids.push_back(each["aggregateId"]);
    page = list.contains("nextPage") ? "&page=" + castore::detail::escape_url(list["nextPage"].get<std::string>()) : "";
    ++pages;
  } while (!page.empty());
  CHECK(ids == std::vector<std::string>{"a0", "a1", "a3", "a4", "a6", "a7", "a9", "a10", "a12", "a13"});
  CHECK(pages == 3);
}

TEST_CASE("HttpApi gives the events of an aggregate as they are stored", "[http]") {
  Pokemons pokemons;
  const Asker ask = pokemons.ask();
  const std::string events = "/v1/events?store=POKEMONS&id=pika/chu";
  CHECK(ask.get(events).body == R"({"events":[)" + pikachu_1 + ',' + pikachu_2 + "]}");
  CHECK(ask.get("/v1/events?store=POKEMONS&id=pika%2Fchu").body == ask.get(events).body);
  CHECK(ask.get(events + "&limit=1").body == R"({"events":[)" + pikachu_1 + R"(],"nextVersion":2})");
  CHECK(ask.get(events + "&minVersion=2").body == R"({"events":[)" + pikachu_2 + "]}");
  CHECK(ask.get(events + "&maxVersion=1").body == R"({"events":[)" + pikachu_1 + "]}");
  CHECK(ask.get(events + "&reverse=true&limit=1").body == R"({"events":[)" + pikachu_2 + R"(],"nextVersion":1})");
  CHECK(ask.get("/v1/events?store=POKEMONS&id=nobody").body == R"({"events":[]})");

  const HttpApiResponse lines = ask.get(events + "&limit=1", {{"Accept", "text/html, application/x-ndjson;q=0.9"}});
  CHECK(lines.header("Content-Type") == "application/x-ndjson");
  CHECK(lines.body == pikachu_1 + '\n');
  CHECK(lines.header("Castore-Next-Version") == "2");
}

TEST_CASE("HttpApi gives events as a batch of CloudEvents", "[http]") {
  Pokemons pokemons;
  const HttpApiResponse answer = pokemons.ask().get("/v1/events?store=POKEMONS&id=pika/chu&limit=1",
                                                    {{"Accept", "application/cloudevents-batch+json"}});
  CHECK(answer.header("Content-Type") == "application/cloudevents-batch+json");
  CHECK(json::parse(answer.body) == json::parse(R"([{"specversion":"1.0","id":"pika/chu#1",
      "source":"/v1/events?store=POKEMONS","type":"APPEARED","subject":"pika/chu","time":"2022-01-01T12:00:00.000Z",
      "aggregateversion":"1","datacontenttype":"application/json","data":{"name":"Pikachu","level":5}}])"));
}

TEST_CASE("HttpApi ends a page of events where its size ends", "[http]") {
  InMemoryEventStorageAdapter storage;
  const std::string large = '"' + std::string(1000, 'x') + '"';
  for (int version = 1; version <= 5; ++version) put(storage, "S", "a", version, "T", version, large);
  const Asker ask{AnyEventStorageAdapter{storage}, {.max_answer_size = 2500}};
  const json events = ask.get_json("/v1/events?store=S&id=a");
  CHECK(events["events"].size() == 2);
  CHECK(events["nextVersion"] == 3);
  const json all = ask.get_json("/v1/all?after=1");
  CHECK(all["events"].size() == 2);
  CHECK(all["position"] == 3);
  CHECK(all["head"] == 5);
  CHECK(all["isCaughtUp"] == false);
  const Asker small{AnyEventStorageAdapter{storage}, {.max_answer_size = 10}};
  CHECK(small.get_json("/v1/events?store=S&id=a")["events"].size() == 1);
}

TEST_CASE("HttpApi gives the events of all stores in their order", "[http]") {
  Pokemons pokemons;
  const Asker ask = pokemons.ask();
  const json all = ask.get_json("/v1/all");
  REQUIRE(all["events"].size() == 4);
  CHECK(all["events"][1] == json{{"store", "TRAINERS"},
                                 {"aggregateId", "ash"},
                                 {"version", 1},
                                 {"type", "JOINED"},
                                 {"timestamp", "2022-01-01T12:00:01.000Z"},
                                 {"position", 2}});
  CHECK(all["position"] == 4);
  CHECK(all["lag"] == 0);
  CHECK(all["isCaughtUp"] == true);
  const json some = ask.get_json("/v1/all?after=1&limit=1&store=POKEMONS&store=TRAINERS&type=LEVELED_UP&type=APPEARED");
  CHECK(some["events"][0]["position"] == 3);
  CHECK(some["lag"] == 1);
}

TEST_CASE("HttpApi waits for an event when it is asked to", "[http]") {
  Pokemons pokemons;
  const Asker ask = pokemons.ask();
  std::thread push{[&] { put(pokemons.storage, "TRAINERS", "misty", 1, "JOINED", 9); }};
  CHECK(ask.get_json("/v1/all?after=4&wait=20000")["events"][0]["aggregateId"] == "misty");
  push.join();
}

TEST_CASE("HttpApi waits no longer for an event when the client has gone", "[http]") {
  Pokemons pokemons;
  const Asker ask = pokemons.ask();
  int asked = 0;
  const auto begin = std::chrono::steady_clock::now();
  const castore::HttpApiResponse answer =
      ask.api.handle({.target = "/v1/all?after=4&wait=20000", .headers = {{"Host", "localhost"}}, .is_gone = [&] {
                        return ++asked == 2;
                      }});
  CHECK(answer.status == 200);
  CHECK(asked == 2);
  CHECK(std::chrono::steady_clock::now() < begin + std::chrono::seconds{10});
}

TEST_CASE("HttpApi tells types, and data with the event that set each field", "[http]") {
  Pokemons pokemons;
  const Asker ask = pokemons.ask();
  CHECK(ask.get_json("/v1/types?store=POKEMONS") == json::parse(R"({"types":[
      {"type":"APPEARED","count":2,"first":"2022-01-01T12:00:00.000Z","last":"2022-01-01T12:00:03.000Z",
       "fields":["level","name"]},
      {"type":"LEVELED_UP","count":1,"first":"2022-01-01T12:00:02.000Z","last":"2022-01-01T12:00:02.000Z",
       "fields":["level"]}]})"));
  const std::string data = "/v1/data?store=POKEMONS&id=pika/chu";
  CHECK(ask.get_json(data) ==
        json::parse(R"({"version":2,"data":{"name":"Pikachu","level":6},"setBy":{"/name":1,"/level":2}})"));
  CHECK(ask.get_json(data + "&version=1")["data"]["level"] == 5);
}

TEST_CASE("HttpApi tells what it is given of projections and dead letters", "[http]") {
  Pokemons pokemons;
  CHECK(pokemons.ask().get_json("/v1/projections") == json{{"projections", json::array()}});
  HttpApiOptions options;
  options.projections = [] { return std::vector<castore::HttpProjection>{{"list", 2, 3, "behind", "now"}}; };
  options.dead_letters = [] {
    return std::vector<castore::HttpDeadLetter>{{"list", 2, {2, "no", 3, noon_and(0)}},
                                                {"list", 2, {0, "gone", 1, noon_and(0)}}};
  };
  const Asker ask = pokemons.ask(options);
  CHECK(ask.get_json("/v1/projections") == json::parse(R"({"projections":[
      {"name":"list","version":2,"position":3,"lag":1,"state":"behind","updated":"now"}]})"));
  const json letters = ask.get_json("/v1/dead-letters")["deadLetters"];
  REQUIRE(letters.size() == 2);
  CHECK(letters[0]["event"]["aggregateId"] == "ash");
  CHECK(letters[0]["error"] == "no");
  CHECK_FALSE(letters[1].contains("event"));
}

TEST_CASE("HttpApi stores an event, and several all or none", "[http]") {
  Pokemons pokemons;
  const Asker ask = pokemons.ask();
  CHECK(ask.json(ask.post("/v1/events", event_3()), 201) ==
        json::parse(R"({"events":[{"store":"POKEMONS","aggregateId":"pika/chu","version":3,"position":5}]})"));
  CHECK(ask.get("/v1/events?store=POKEMONS&id=pika/chu&minVersion=3").body == R"({"events":[)" + event_3() + "]}");

  const std::string other = R"({"store":"TRAINERS","aggregateId":"brock","version":1,"type":"JOINED",)"
                            R"("timestamp":"2022-01-01T13:00:00.000Z"})";
  const json conflict = ask.json(ask.post("/v1/events", '[' + other + ',' + event_3() + ']'), 409);
  CHECK(conflict["code"] == "event_already_exists");
  CHECK(conflict["index"] == 1);
  CHECK(conflict["version"] == 3);
  CHECK(conflict["detail"] ==
        "event 3 of aggregate 'pika/chu' in event store 'POKEMONS' already exists; load the aggregate again and decide "
        "again (a Command does this)");
  CHECK(ask.get("/v1/events?store=TRAINERS&id=brock").body == R"({"events":[]})");

  const json gap =
      ask.json(ask.post("/v1/events", R"({"store":"TRAINERS","aggregateId":"ash","version":5,"type":"JOINED"})"), 409);
  CHECK(gap["code"] == "version_gap");
  CHECK(gap["expectedVersion"] == 2);
}

TEST_CASE("HttpApi gives an event without a timestamp that of its clock, or of its group", "[http]") {
  Pokemons pokemons;
  const Asker ask = pokemons.ask({.token = token, .clock = [] { return noon_and(60); }});
  const std::string untimed = R"({"store":"S","aggregateId":"a","version":1,"type":"T"})";
  REQUIRE(ask.post("/v1/events", untimed).status == 201);
  CHECK(ask.get_json("/v1/events?store=S&id=a")["events"][0]["timestamp"] == "2022-01-01T12:01:00.000Z");
  REQUIRE(ask.post("/v1/events", R"([{"store":"S","aggregateId":"b","version":1,"type":"T"},
      {"store":"S","aggregateId":"c","version":1,"type":"T","timestamp":"2020-01-01T00:00:00Z"}])")
              .status == 201);
  CHECK(ask.get_json("/v1/events?store=S&id=b")["events"][0]["timestamp"] == "2020-01-01T00:00:00.000Z");
}

TEST_CASE("HttpApi takes a repeated push that is stored and equal for done", "[http]") {
  Pokemons pokemons;
  const Asker ask = pokemons.ask({.token = token, .clock = [second = 0]() mutable { return noon_and(++second); }});
  CHECK(ask.post("/v1/events?repeated=true", event_3(R"({"level":7,"x":1.0})")).status == 201);
  CHECK(ask.post("/v1/events?repeated=true", event_3(R"({"x":1.0,"level":7})")).status == 200);
  CHECK(ask.post("/v1/events?repeated=true", event_3(R"({"level":8})")).status == 409);
  CHECK(ask.post("/v1/events", event_3(R"({"level":7,"x":1.0})")).status == 409);
  const std::string untimed = R"({"store":"S","aggregateId":"a","version":1,"type":"T"})";
  CHECK(ask.post("/v1/events?repeated=true", untimed).status == 201);
  CHECK(ask.post("/v1/events?repeated=true", untimed).status == 200);
  const std::string new_one = R"({"store":"S","aggregateId":"a","version":2,"type":"T"})";
  CHECK(ask.post("/v1/events?repeated=true", '[' + untimed + ',' + new_one + ']').status == 409);
}

TEST_CASE("HttpApi overwrites an event by force", "[http]") {
  Pokemons pokemons;
  const Asker ask = pokemons.ask();
  std::string changed = event_3();
  changed.replace(changed.find("\"version\":3"), 11, "\"version\":2");
  CHECK(ask.post("/v1/events?force=true", changed).status == 201);
  CHECK(ask.get_json("/v1/events?store=POKEMONS&id=pika/chu")["events"][1]["payload"] == json{{"level", 7}});
}

TEST_CASE("HttpApi says what is wrong with a push", "[http]") {
  Pokemons pokemons;
  const Asker ask = pokemons.ask();
  const auto [body, status, code, detail] = GENERATE(table<std::string, int, std::string, std::string>({
      {"", 400, "invalid_json", "the body is not JSON: it ends where a value should be (byte 0 of 0)"},
      {"{", 400, "invalid_json", "the body is not JSON: the name of a member is missing (byte 1 of 1)"},
      {"[]", 422, "invalid_event", "there is no event in the body"},
      {"7", 422, "invalid_event", "event: it must be an object"},
      {R"([{"store":"S"}])", 422, "invalid_event", "version: it is missing"},
      {R"({"store":"S","aggregateId":"a","version":0,"type":"T"})", 422, "invalid_event",
       "version: it must be an integer from 1"},
      {R"({"store":"S","aggregateId":"a","version":1,"type":"T","timestamp":"x"})", 422, "invalid_event",
       "timestamp: it must be a date and time of ISO 8601"},
      {R"({"store":"S","aggregateId":"a","version":1,"type":"T","typ":1})", 422, "invalid_event",
       "event: the member 'typ' is none of an event's, and would be lost"},
      {R"({"store":"S","aggregateId":"a\u0000","version":1,"type":"T"})", 422, "invalid_event",
       R"(aggregate_id: 'a\x00' is not UTF-8 text without NUL; escape other bytes in ids)"},
      {std::string(600, '['), 400, "invalid_json", "the body is not JSON: it is nested too deep (byte 503 of 600)"},
  }));
  const json problem = ask.json(ask.post("/v1/events", body), status);
  CHECK(problem["code"] == code);
  CHECK(problem["detail"] == detail);
}

TEST_CASE("HttpApi says what is wrong with a request", "[http]") {
  Pokemons pokemons;
  const Asker ask = pokemons.ask();
  const auto [target, status, code, detail] = GENERATE(table<std::string, int, std::string, std::string>({
      {"/v1/nothing", 404, "not_found", "there is nothing of this name here"},
      {"/v1/events/pikachu", 404, "not_found", "there is nothing of this name here"},
      {"/v1/events?store=S", 400, "missing_parameter", "parameter 'id': it is missing"},
      {"/v1/events?store=S&id=a&ID=b", 400, "unknown_parameter", "parameter 'ID': this route has no such parameter"},
      {"/v1/events?store=S&id=a&id=b", 400, "invalid_parameter", "parameter 'id': it is there twice"},
      {"/v1/events?store=S&id=a&limit=-1", 400, "invalid_parameter", "parameter 'limit': it must be an integer from 0"},
      {"/v1/events?store=S&id=a&limit=99999999999999999999", 400, "invalid_parameter",
       "parameter 'limit': it must be an integer from 0"},
      {"/v1/events?store=S&id=a&reverse=1", 400, "invalid_parameter", "parameter 'reverse': it must be true or false"},
      {"/v1/aggregates?store=S&after=then", 400, "invalid_parameter",
       "parameter 'after': it must be a date and time such as 2022-01-01T12:00:00.000Z"},
      {"/v1/events?store=S&id=%4", 400, "invalid_url", "the URL has a % without two hexadecimal digits after it"},
      {"/v1/events?store=S&id=%ff", 400, "invalid_url",
       "the URL is not UTF-8 without NUL once its escapes are replaced"},
      {"/v1/events?store=S&id=a%00", 400, "invalid_url",
       "the URL is not UTF-8 without NUL once its escapes are replaced"},
  }));
  const HttpApiResponse answer = ask.get(target);
  CHECK(answer.header("Content-Type") == "application/problem+json");
  const json problem = ask.json(answer, status);
  CHECK(problem["code"] == code);
  CHECK(problem["detail"] == detail);
  CHECK(problem["status"] == status);
}

TEST_CASE("HttpApi tells which methods a path has", "[http]") {
  Pokemons pokemons;
  const Asker ask = pokemons.ask();
  const HttpApiResponse answer =
      ask.api.handle({.method = "DELETE", .target = "/v1/events", .headers = {{"Host", "localhost"}}});
  CHECK(answer.status == 405);
  CHECK(answer.header("Allow") == "GET, HEAD, POST");
}

TEST_CASE("HttpApi makes answers of what its storage throws", "[http]") {
  Pokemons pokemons;
  castore::testing::FaultInjectingAdapter faulty{pokemons.storage};
  const Asker ask{AnyEventStorageAdapter{faulty}, {.token = token}};
  const std::string events = "/v1/events?store=POKEMONS&id=pika/chu";
  const auto fail = [&](const auto& error) {
    faulty.inject(castore::StorageOperation::get_events, castore::testing::fails_before(error));
    return ask.get(events);
  };
  const json lasting = ask.json(fail(castore::StorageError{"the disk is full"}), 500);
  CHECK(lasting["detail"] == "the disk is full");
  CHECK(lasting["outcome"] == "not_done");
  const HttpApiResponse passing = fail(castore::StorageError{"busy", true, castore::StorageError::Outcome::unknown});
  CHECK(passing.header("Retry-After") == "1");
  CHECK(ask.json(passing, 503)["outcome"] == "unknown");
  const json foreign = ask.json(fail(std::runtime_error{"password=1234"}), 500);
  CHECK(foreign["detail"] == "the server failed; its log may say more");
  CHECK(ask.json(fail(castore::UnsupportedOperationError{"list_event_stores"}), 501)["operation"] ==
        "list_event_stores");
}

TEST_CASE("HttpApi describes every route that it has, and no other", "[http]") {
  Pokemons pokemons;
  Asker ask = pokemons.ask();
  ask.api.add_route({.method = "POST",
                     .path = "/v1/commands/run",
                     .operation = castore::HttpOperation::write,
                     .summary = "Runs a command",
                     .parameters = {{"name", "string", "Its name", true}},
                     .takes = "Input",
                     .gives = "Ran"});
  const json document = ask.get_json("/v1/openapi.json");
  CHECK(document["openapi"] == "3.1.0");
  std::set<std::string> described;
  for (const auto& [path, methods] : document["paths"].items()) {
    for (const auto& [method, operation] : methods.items()) {
      described.insert(method + ' ' + path);
      CHECK_FALSE(operation["summary"].get<std::string>().empty());
    }
  }
  std::set<std::string> routed;
  for (const HttpRoute& route : ask.api.routes())
    routed.insert((route.method == "GET" ? "get " : "post ") + route.path);
  CHECK(described == routed);
  CHECK(document["paths"]["/v1/commands/run"]["post"]["security"] == json::parse(R"([{"token":[]}])"));

  // Every schema that is referred to is there.
  const std::string text = document["paths"].dump() + document["components"].dump();
  const std::string prefix = "#/components/schemas/";
  for (std::size_t at = text.find(prefix); at != std::string::npos; at = text.find(prefix, at + 1)) {
    const std::string name = text.substr(at + prefix.size(), text.find('"', at) - at - prefix.size());
    if (name != "Input" && name != "Ran") CHECK(document["components"]["schemas"].contains(name));
  }
}

TEST_CASE("HttpApi answers by a route that was added, in place of its own", "[http]") {
  Pokemons pokemons;
  Asker ask = pokemons.ask();
  ask.api.add_route({.method = "GET", .path = "/v1/stores", .handle = [](const castore::HttpCall&) {
                       return HttpApiResponse{.body = "mine"};
                     }});
  CHECK(ask.get("/v1/stores").body == "mine");
}
