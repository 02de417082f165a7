// SPDX-License-Identifier: MIT
#include <castore/http/explorer.hpp>

#include <castore/adapters/in_memory.hpp>
#include <castore/castore.hpp>
#include <castore/core/event_log.hpp>
#include <castore/http/server.hpp>

#include "http/support.hpp"
#include "pokemon/commands.hpp"
#include "pokemon/pokemon.hpp"
#include "pokemon/trainer.hpp"
#include "support/catch.hpp"

#include <nlohmann/json.hpp>

#include <chrono>
#include <future>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>
#include <variant>
#include <vector>

using namespace castore::http_tests;
using castore::Command;
using castore::Explorer;
using castore::ExplorerServeOptions;
using castore::HttpApiResponse;
using castore::InMemoryEventStorageAdapter;
using nlohmann::json;

namespace {

struct Appear {
  std::string name;
  int level = 0;
  std::optional<std::string> nickname{};

  static void validate(const Appear& input) {
    if (input.level > highest_level) throw castore::InvalidEventError{"level", "it is at most 100"};
  }
};

struct Renamed {
  static constexpr std::string_view type = "RENAMED";
  std::string name;
  struct Metadata {
    std::string by;
  };
};

/// Its fields are private, so it says itself what it is as JSON.
class Tag {
 public:
  Tag() = default;
  std::string aggregate_id;
  castore::Version version = 0;
  void rename(std::string name) {
    if (name == "bad") throw std::logic_error{"no such name"};
    name_ = std::move(name);
  }

  NLOHMANN_DEFINE_TYPE_INTRUSIVE(Tag, aggregate_id, name_)

 private:
  std::string name_;
};

struct TagReducer {
  void operator()(Tag& tag, const Renamed& event) const { tag.rename(event.name); }
};

struct ShapeSet {
  static constexpr std::string_view type = "SHAPE_SET";
  json value;
};
struct Shape {
  std::string aggregate_id;
  castore::Version version = 0;
  json value{};
};
struct ShapeReducer {
  void operator()(Shape& shape, const ShapeSet& event) const { shape.value = event.value; }
};

struct ThrowsNumbers {
  void operator()(Shape&, const Renamed&) const { throw 42; }
};

/// Counts what a store that is derived by it does.
struct CountsPushes final : PokemonStore::StoreExtension {
  explicit CountsPushes(int& count_) : count{count_} {}
  std::shared_ptr<void> begin_push(std::string_view, castore::Version, castore::PushOptions&) override {
    ++count;
    return nullptr;
  }
  void event_pushed(const castore::PushedEvent<PokemonEvents, Pokemon>&) override { ++count; }
  int& count;
};
/// A store that a simulation cannot make one of.
struct CountingStore : PokemonStore {
  using PokemonStore::PokemonStore;
};

HttpApiResponse post_to(const Explorer& explorer, const std::string& target, std::string body,
                        castore::HttpHeaders headers = bearer()) {
  headers.emplace_back("Host", "localhost");
  headers.emplace_back("Content-Type", "application/json");
  return explorer.api().handle(
      {.method = "POST", .target = target, .headers = std::move(headers), .body = std::move(body)});
}

/// The Pokemon domain, an explorer of it, and who asks that.
struct World {
  explicit World(castore::HttpApiOptions options = {.token = token}) : explorer{storage, std::move(options)} {
    explorer.add(pokemons).add(trainers).add(tags);
    explorer.add(appears).add(levels_up).add(catches).add(fails);
  }

  HttpApiResponse get(const std::string& target) const {
    return explorer.api().handle({.target = target, .headers = {{"Host", "localhost"}}});
  }
  HttpApiResponse post(const std::string& target, std::string body, castore::HttpHeaders headers = bearer()) const {
    return post_to(explorer, target, std::move(body), std::move(headers));
  }
  static json parsed(const HttpApiResponse& answer, int status = 200) {
    INFO(answer.body);
    REQUIRE(answer.status == status);
    return json::parse(answer.body);
  }
  json get_json(const std::string& target, int status = 200) const { return parsed(get(target), status); }
  json run(const std::string& parameters, std::string body, int status = 200) const {
    return parsed(post("/v1/commands/run?name=" + parameters, std::move(body)), status);
  }
  std::vector<std::string> types_of(const PokemonStore& store, std::string_view id) const {
    std::vector<std::string> types;
    for (const auto& event : store.get_events(id)) types.emplace_back(event.type());
    return types;
  }
  castore::Position head() {
    return storage.read_all_events(0, {.limit = 0}, [](const castore::SequencedEventView&) {}).head;
  }

  InMemoryEventStorageAdapter storage;
  std::vector<std::string> told;  // by the hook
  PokemonStore pokemons{
      "POKEMONS", storage, {.on_event_pushed = [this](const auto& pushed) { told.emplace_back(pushed.event.type()); }}};
  TrainerStore trainers{"TRAINERS", storage};
  castore::EventStore<castore::Events<Renamed>, Tag, TagReducer> tags{"TAGS", storage};
  Command<PokemonStore, PokemonAppeared (*)(const std::optional<Pokemon>&, const Appear&)> appears{
      "APPEAR", pokemons, [](const std::optional<Pokemon>& pokemon, const Appear& input) {
        return appear(pokemon, input.name, input.level);
      }};
  decltype(level_up_pokemon(std::declval<PokemonStore&>())) levels_up = level_up_pokemon(pokemons);
  decltype(catch_pokemon(std::declval<PokemonStore&>(), std::declval<TrainerStore&>())) catches =
      catch_pokemon(pokemons, trainers);
  Command<PokemonStore, std::vector<std::variant<PokemonLeveledUp>> (*)(const std::optional<Pokemon>&)> fails{
      "DO_NOTHING", pokemons,
      [](const std::optional<Pokemon>&) { return std::vector<std::variant<PokemonLeveledUp>>{}; }};
  Explorer explorer;
};

const std::string pikachu = R"({"name":"Pikachu","level":5})";

}  // namespace

TEST_CASE("an explorer tells an aggregate's state at every version, and which event changed what", "[http]") {
  World world;
  world.pokemons.push_event("pika/chu ?&\"", 1, PokemonAppeared{"Pikachu", 5});
  world.pokemons.push_event("pika/chu ?&\"", 2, PokemonLeveledUp{});
  world.pokemons.push_event("pika/chu ?&\"", 3, PokemonCaughtByTrainer{"ash"});
  const std::string place = "/v1/state?store=POKEMONS&id=pika%2Fchu%20%3F%26%22";

  const json now = world.get_json(place + "&blame=true");
  CHECK(now["version"] == 3);
  CHECK(now["state"]["level"] == 6);
  CHECK(now["state"]["status"] == "caught");
  CHECK(now["setBy"]["/name"] == 1);
  CHECK(now["setBy"]["/level"] == 2);
  CHECK(now["setBy"]["/status"] == 3);

  const json before = world.get_json(place + "&version=2");
  CHECK(before["version"] == 2);
  CHECK(before["state"]["status"] == "wild");
  CHECK_FALSE(before.contains("setBy"));
  CHECK(world.get_json(place + "&version=2&blame=true")["setBy"]["/status"] == 1);

  const json none = world.get_json("/v1/state?store=POKEMONS&id=nobody&blame=true");
  CHECK(none == json::parse(R"({"version":0,"state":null})"));
  CHECK(world.get_json("/v1/state?store=OTHERS&id=a", 404)["code"] == "unknown_store");
  CHECK(world.get_json("/v1/info")["explorer"] == true);
}

TEST_CASE("a field that a state loses was set by nobody, and one that changes its kind by the last", "[http]") {
  InMemoryEventStorageAdapter storage;
  castore::EventStore<castore::Events<ShapeSet>, Shape, ShapeReducer> shapes{"SHAPES", storage};
  shapes.push_event("s", 1, ShapeSet{json::parse(R"({"a/b":{"c":1}})")});
  shapes.push_event("s", 2, ShapeSet{json::parse(R"({"a/b":2})")});
  shapes.push_event("s", 3, ShapeSet{json::parse(R"({"a/b":{"c":1,"d":[1]}})")});
  shapes.push_event("s", 4, ShapeSet{json::parse(R"({"a/b":{"c":1,"d":[1,2]}})")});
  Explorer explorer{storage};
  explorer.add(shapes);
  const auto set_by = [&](int version) {
    json all = World::parsed(
        explorer.api().handle({.target = "/v1/state?store=SHAPES&id=s&blame=true&version=" + std::to_string(version),
                               .headers = {{"Host", "localhost"}}}))["setBy"];
    all.erase("/aggregate_id");
    all.erase("/version");
    return all;
  };
  CHECK(set_by(1) == json::parse(R"({"/value/a~1b/c":1})"));
  CHECK(set_by(2) == json::parse(R"({"/value/a~1b":2})"));
  CHECK(set_by(4) == json::parse(R"({"/value/a~1b/c":3,"/value/a~1b/d":4})"));
}

TEST_CASE("what set each field is told as far as the states to compare are not too large together", "[http]") {
  InMemoryEventStorageAdapter storage;
  castore::EventStore<castore::Events<ShapeSet>, Shape, ShapeReducer> shapes{"SHAPES", storage};
  std::string text;
  for (int version = 1; version <= 100; ++version) {
    shapes.push_event("grows", version, ShapeSet{json(text += std::string(100, 'x'))});
  }
  Explorer explorer{storage, {.max_compared_size = 10'000}};
  explorer.add(shapes);
  const auto get = [&](const std::string& more) {
    return explorer.api().handle(
        {.target = "/v1/state?store=SHAPES&id=grows" + more, .headers = {{"Host", "localhost"}}});
  };
  const json refused = World::parsed(get("&blame=true"), 422);
  CHECK(refused["code"] == "too_much_to_compare");
  CHECK(refused["version"] == 13);  // 50 bytes and 100 for each version: 1 + 2 + ... + 13 hundreds
  CHECK(refused["detail"] ==
        "to tell which event last changed each field, the states after all 100 events would be compared, which are "
        "larger together than 10000 bytes; ask without blame, or for version 13 or an earlier one");
  CHECK(World::parsed(get("&blame=true&version=13"))["setBy"]["/value"] == 13);
  CHECK(World::parsed(get("&blame=true&version=14"), 422)["version"] == 13);
  CHECK(World::parsed(get(""))["state"]["value"].get<std::string>().size() == 10'000);

  Explorer strict{storage, {.max_compared_size = 10}};
  strict.add(shapes);
  const json never = World::parsed(strict.api().handle({.target = "/v1/state?store=SHAPES&id=grows&blame=true&version=1",
                                                        .headers = {{"Host", "localhost"}}}),
                                   422);
  CHECK(never["detail"].get<std::string>().ends_with("larger together than 10 bytes; ask without blame"));
}

TEST_CASE("a state is shown by JSON functions of its own, and a reducer that fails says why", "[http]") {
  World world;
  world.tags.push_event("t", 1, Renamed{"good"});
  CHECK(world.get_json("/v1/state?store=TAGS&id=t")["state"] == json::parse(R"({"aggregate_id":"t","name_":"good"})"));
  put(world.storage, "TAGS", "t", 2, "RENAMED", 0, R"({"name":"bad"})", R"({"by":"ash"})");
  const json failed = world.get_json("/v1/state?store=TAGS&id=t", 500);
  CHECK(failed["code"] == "reducer_failed");
  CHECK(failed["detail"] == "the reducer failed: no such name");
  put(world.storage, "TAGS", "t", 3, "OTHER", 0);
  CHECK(world.get_json("/v1/state?store=TAGS&id=t&version=1")["version"] == 1);
}

TEST_CASE("an explorer describes stores and commands by schemas", "[http]") {
  const World world;
  const json stores = world.get_json("/v1/known-stores")["stores"];
  REQUIRE(stores.size() == 3);
  CHECK(stores[0]["store"] == "POKEMONS");
  CHECK(stores[0]["aggregate"]["properties"]["level"]["type"] == "integer");
  CHECK(stores[0]["types"][1]["type"] == "POKEMON_CAUGHT_BY_TRAINER");
  CHECK(stores[0]["types"][1]["payload"]["properties"]["trainer_id"]["type"] == "string");
  CHECK(stores[2]["types"][0]["metadata"]["properties"]["by"]["type"] == "string");

  const json commands = world.get_json("/v1/commands")["commands"];
  REQUIRE(commands.size() == 4);
  CHECK(commands[0]["name"] == "APPEAR");
  CHECK(commands[0]["stores"] == json::array({"POKEMONS"}));
  CHECK(commands[0]["takesId"] == true);
  CHECK(commands[0]["simulates"] == true);
  CHECK(commands[0]["inputSchema"]["required"] == json::array({"name", "level"}));
  CHECK(commands[1]["inputSchema"]["properties"].empty());
  CHECK(commands[2]["stores"] == json::array({"POKEMONS", "TRAINERS"}));
  CHECK(commands[2]["takesId"] == false);
  CHECK(world.get_json("/v1/openapi.json")["paths"]["/v1/commands/run"]["post"]["responses"].contains("200"));
}

TEST_CASE("a simulation shows what would be pushed, and leaves no trace", "[http]") {
  World world;
  const json appears = world.run("APPEAR&id=pikachu&simulate=true", pikachu);
  REQUIRE(appears["events"].size() == 1);
  CHECK(appears["events"][0]["type"] == "POKEMON_APPEARED");
  CHECK(appears["events"][0]["version"] == 1);
  CHECK(appears["events"][0]["payload"]["level"] == 5);
  REQUIRE(appears["states"].size() == 1);
  CHECK(appears["states"][0]["before"] == nullptr);
  CHECK(appears["states"][0]["after"]["name"] == "Pikachu");
  CHECK(world.head() == 0);
  CHECK(world.told.empty());

  world.pokemons.push_event("pikachu", 1, PokemonAppeared{"Pikachu", 5});
  world.trainers.push_event("ash", 1, GameStarted{"Ash"});
  world.told.clear();
  const json catches = world.run("CATCH_POKEMON&simulate=true", R"({"pokemon_id":"pikachu","trainer_id":"ash"})");
  REQUIRE(catches["events"].size() == 2);
  CHECK(catches["events"][1]["store"] == "TRAINERS");
  CHECK(catches["events"][1]["version"] == 2);
  CHECK(catches["states"][0]["before"]["status"] == "wild");
  CHECK(catches["states"][0]["after"]["status"] == "caught");
  CHECK(catches["states"][1]["after"]["caught_pokemon_ids"] == json::array({"pikachu"}));
  CHECK(world.head() == 2);
  CHECK(world.told.empty());
}

TEST_CASE("a run writes, calls the hooks of its stores, and tells what it pushed", "[http]") {
  World world;
  world.trainers.push_event("ash", 1, GameStarted{"Ash"});
  world.run("APPEAR&id=pikachu", pikachu);
  const json level = world.run("LEVEL_UP_POKEMON&id=pikachu", "{}");
  CHECK(level["events"][0]["version"] == 2);
  CHECK(level["states"][0]["before"]["level"] == 5);
  CHECK(level["states"][0]["after"]["level"] == 6);
  const json catches = world.run("CATCH_POKEMON", R"({"pokemon_id":"pikachu","trainer_id":"ash"})");
  REQUIRE(catches["events"].size() == 2);
  CHECK(catches["events"][0]["aggregateId"] == "pikachu");
  CHECK(catches["states"][1]["aggregateId"] == "ash");
  CHECK(world.head() == 5);
  CHECK(world.types_of(world.pokemons, "pikachu") ==
        std::vector<std::string>{"POKEMON_APPEARED", "POKEMON_LEVELED_UP", "POKEMON_CAUGHT_BY_TRAINER"});
  CHECK(world.told == std::vector<std::string>{"POKEMON_APPEARED", "POKEMON_LEVELED_UP", "POKEMON_CAUGHT_BY_TRAINER"});

  const json nothing = world.run("DO_NOTHING&id=pikachu", "{}");
  CHECK(nothing["events"].empty());
  CHECK(nothing["states"][0]["before"] == nothing["states"][0]["after"]);
}

TEST_CASE("an input that a command does not take is refused by its field, simulated or not", "[http]") {
  const World world;
  for (const std::string how : {"", "&simulate=true"}) {
    const std::string appears = "APPEAR&id=p" + how;
    CHECK(world.run(appears, R"({"name":"P","level":"5"})", 422)["field"] == "level");
    CHECK(world.run(appears, R"({"name":"P"})", 422)["field"] == "level");
    CHECK(world.run(appears, R"({"name":"P","level":5,"shiny":true})", 422)["field"] == "shiny");
    const json refused = world.run(appears, R"({"name":"P","level":101})", 422);
    CHECK(refused["code"] == "invalid_input");
    CHECK(refused["field"] == "level");
    CHECK(refused["detail"].get<std::string>().find("it is at most 100") != std::string::npos);
    CHECK(world.run(appears, "{", 400)["code"] == "invalid_json");
    CHECK(world.run(appears, "", 400)["code"] == "invalid_json");
    CHECK(world.run("LEVEL_UP_POKEMON&id=p" + how, R"({"a":1})", 422)["code"] == "invalid_input");
  }
  CHECK(world.run("APPEAR", pikachu, 400)["code"] == "missing_parameter");
  CHECK(world.run("CATCH_POKEMON&id=p", "{}", 400)["code"] == "invalid_parameter");
  CHECK(world.run("NO_COMMAND&id=p", "{}", 404)["code"] == "unknown_command");
  CHECK(world.run("APPEAR&id=%00", pikachu, 400)["code"] == "invalid_url");
}

TEST_CASE("a command takes any id that an aggregate may have", "[http]") {
  World world;
  const std::string id = "/../\n\"<script>'%00\xC3\xA9";
  const json answer = world.run("APPEAR&id=%2F..%2F%0A%22%3Cscript%3E%27%2500%C3%A9", pikachu);
  CHECK(answer["events"][0]["aggregateId"] == id);
  CHECK(answer["states"][0]["after"]["aggregate_id"] == id);
  CHECK(world.pokemons.get_events(id).size() == 1);
}

TEST_CASE("what a command throws is told", "[http]") {
  World world;
  world.run("APPEAR&id=pikachu", pikachu);
  const json refused = world.run("APPEAR&id=pikachu&simulate=true", pikachu, 422);
  CHECK(refused["code"] == "command_refused");
  CHECK(refused["detail"] == "Pikachu has appeared before");
  const json missing = world.run("LEVEL_UP_POKEMON&id=nobody", "{}", 422);
  CHECK(missing["code"] == "aggregate_not_found");
  CHECK(missing["aggregateId"] == "nobody");
  CHECK(world.head() == 1);
}

TEST_CASE("a push that was slower than another one is a conflict", "[http]") {
  InMemoryEventStorageAdapter storage;
  PokemonStore pokemons{"POKEMONS", storage};
  TrainerStore trainers{"TRAINERS", storage};
  pokemons.push_event("pikachu", 1, PokemonAppeared{"Pikachu", 5});
  const Command loses{"LOSE",
                      pokemons,
                      [&pokemons](const Pokemon& pokemon) {
                        pokemons.push_event("pikachu", pokemon.version + 1, PokemonLeveledUp{});  // somebody else
                        return PokemonLeveledUp{};
                      },
                      {.event_already_exists_retries = 0}};
  const Command nests{"NEST",
                      std::tie(trainers),
                      [](const Appear&, TrainerStore&) {
                        try {
                          throw castore::EventAlreadyExistsError{"TRAINERS", "ash", 7};
                        } catch (...) {
                          std::throw_with_nested(std::runtime_error{"the trainer is busy"});
                        }
                      },
                      {.event_already_exists_retries = 0}};
  Explorer explorer{storage, {.token = token}};
  explorer.add(loses).add(nests);
  const auto ask = [&](const std::string& name, const std::string& body) {
    castore::HttpHeaders headers = bearer();
    headers.emplace_back("Host", "localhost");
    headers.emplace_back("Content-Type", "application/json");
    return World::parsed(
        explorer.api().handle(
            {.method = "POST", .target = "/v1/commands/run?name=" + name, .headers = std::move(headers), .body = body}),
        409);
  };
  const json lost = ask("LOSE&id=pikachu", "{}");
  CHECK(lost["code"] == "event_already_exists");
  CHECK(lost["version"] == 2);
  const json nested = ask("NEST", pikachu);
  CHECK(nested["aggregateId"] == "ash");
  CHECK(nested["detail"].get<std::string>().find("the trainer is busy: ") == 0);
}

TEST_CASE("a run that fails after it has stored something says what is stored", "[http]") {
  InMemoryEventStorageAdapter storage;
  castore::EventStore<castore::Events<Renamed>, Tag, TagReducer> tags{"TAGS", storage};
  const auto rename = [](const Appear& input, auto& store) {
    store.push_event(input.name, 1, Renamed{"good"});
    store.push_event(input.name, 2, Renamed{input.name});
  };
  const Command refuses{"REFUSE", std::tie(tags), [rename](const Appear& input, decltype(tags)& store) {
                          rename(input, store);
                          throw std::domain_error{"not twice"};
                        }};
  const Command breaks{"BREAK", std::tie(tags), [rename](const Appear& input, decltype(tags)& store) {
                         rename(input, store);  // the reducer fails when the state is told
                       }};
  Explorer explorer{storage, {.token = token}};
  explorer.add(tags).add(refuses).add(breaks);
  const auto run = [&](const std::string& parameters, const std::string& body, int status) {
    return World::parsed(post_to(explorer, "/v1/commands/run?name=" + parameters, body), status);
  };
  CHECK(run("REFUSE&simulate=true", pikachu, 422)["code"] == "command_refused");
  const json refused = run("REFUSE", pikachu, 500);
  CHECK(refused["code"] == "failed_after_push");
  CHECK(refused["detail"] == "the command has stored 2 events, then it failed: not twice");
  CHECK(refused["pushed"][1] == json::parse(R"({"store":"TAGS","aggregateId":"Pikachu","version":2})"));
  CHECK(run("REFUSE", pikachu, 409)["code"] == "event_already_exists");
  const json broken = run("BREAK", R"({"name":"bad","level":1})", 500);
  CHECK(broken["code"] == "failed_after_push");
  CHECK(broken["detail"] == "the command has stored 2 events, then it failed: the reducer failed: no such name");
  CHECK(broken["pushed"].size() == 2);
}

TEST_CASE("a command that overwrites an earlier version is told from that version on", "[http]") {
  InMemoryEventStorageAdapter storage;
  PokemonStore pokemons{"POKEMONS", storage};
  pokemons.push_event("a", 1, PokemonAppeared{"A", 1});
  const Command mends{"MEND", std::tie(pokemons), [](const Appear& input, PokemonStore& store) {
                        store.push_event("a", 2, PokemonLeveledUp{});
                        store.push_event("a", 1, PokemonAppeared{input.name, input.level}, {.force = true});
                      }};
  Explorer explorer{storage, {.token = token}};
  explorer.add(mends);
  for (const std::string how : {"&simulate=true", ""}) {
    castore::HttpHeaders headers = bearer();
    headers.emplace_back("Host", "localhost");
    headers.emplace_back("Content-Type", "application/json");
    const json answer = World::parsed(explorer.api().handle({.method = "POST",
                                                             .target = "/v1/commands/run?name=MEND" + how,
                                                             .headers = std::move(headers),
                                                             .body = pikachu}));
    REQUIRE(answer["states"].size() == 1);
    CHECK(answer["states"][0]["before"] == nullptr);
    CHECK(answer["states"][0]["after"]["level"] == 6);
  }
}

TEST_CASE("a simulation reads of what it has pushed no more than is asked for", "[http]") {
  InMemoryEventStorageAdapter storage;
  PokemonStore pokemons{"POKEMONS", storage};
  const Command many{"MANY", pokemons, [](const std::optional<Pokemon>&) {
                       std::vector<std::variant<PokemonAppeared, PokemonLeveledUp>> events{PokemonAppeared{"A", 1}};
                       events.resize(5000, PokemonLeveledUp{});
                       return events;
                     }};
  Explorer explorer{storage, {.token = token}};
  explorer.add(many);
  castore::HttpHeaders headers = bearer();
  headers.emplace_back("Host", "localhost");
  headers.emplace_back("Content-Type", "application/json");
  const auto begin = std::chrono::steady_clock::now();
  const json answer = World::parsed(explorer.api().handle(
      {.method = "POST", .target = "/v1/commands/run?name=MANY&id=a&simulate=true", .headers = headers, .body = "{}"}));
  CHECK(std::chrono::steady_clock::now() - begin < std::chrono::seconds{15});  // it took a minute
  CHECK(answer["events"].size() == 5000);
  CHECK(answer["events"][4999]["version"] == 5000);
  CHECK(answer["states"][0]["after"]["level"] == 5000);
}

TEST_CASE("what is thrown and is not an exception is answered by a problem, too", "[http]") {
  InMemoryEventStorageAdapter storage;
  castore::EventStore<castore::Events<Renamed>, Shape, ThrowsNumbers> shapes{"SHAPES", storage};
  put(storage, "SHAPES", "s", 1, "RENAMED", 0, R"({"name":"P"})", R"({"by":"ash"})");
  Explorer explorer{storage, {.authorize = [](const castore::HttpApiRequest& request, castore::HttpOperation) {
                      if (request.target == "/v1/stores") throw 42;
                      return true;
                    }}};
  explorer.add(shapes);
  const auto get = [&](const std::string& target) {
    return World::parsed(explorer.api().handle({.target = target, .headers = {{"Host", "localhost"}}}), 500);
  };
  CHECK(get("/v1/stores")["code"] == "error");
  const json failed = get("/v1/state?store=SHAPES&id=s");
  CHECK(failed["code"] == "reducer_failed");
  CHECK(failed["detail"] == "the reducer failed: it threw something that is not a std::exception");
}

TEST_CASE("commands need the token, or what authorize says, to be simulated and run", "[http]") {
  World world;
  for (const std::string how : {"", "&simulate=true"}) {
    CHECK(world.post("/v1/commands/run?name=APPEAR&id=p" + how, pikachu, {}).status == 401);
    CHECK(world.post("/v1/commands/run?name=APPEAR&id=p" + how, pikachu, bearer("wrong")).status == 401);
  }
  CHECK(world.head() == 0);

  World asking{{.authorize = [](const castore::HttpApiRequest& request, castore::HttpOperation operation) {
    return operation == castore::HttpOperation::read || request.header("X-User") == "ash";
  }}};
  CHECK(asking.explorer.token().empty());
  CHECK(asking.post("/v1/commands/run?name=APPEAR&id=p", pikachu, {}).status == 403);
  CHECK(asking.post("/v1/commands/run?name=APPEAR&id=p", pikachu, {{"X-User", "ash"}}).status == 200);
  CHECK(asking.get("/v1/state?store=POKEMONS&id=p").status == 200);
}

TEST_CASE("what was derived from a store takes part in runs, and not in simulations", "[http]") {
  InMemoryEventStorageAdapter storage;
  int count = 0;
  const PokemonStore plain{"POKEMONS", storage};
  CountingStore pokemons{plain, std::make_shared<CountsPushes>(count)};
  const Command appears{"APPEAR", pokemons, [](const std::optional<Pokemon>& pokemon, const Appear& input) {
                          return appear(pokemon, input.name, input.level);
                        }};
  const Command handles{"HANDLE", std::tie(pokemons), [](const Appear& input, CountingStore& store) {
                          store.push_event("b", 1, PokemonAppeared{input.name, input.level});
                        }};
  Explorer explorer{storage, {.token = token}};
  explorer.add(appears).add(handles);
  const auto run = [&](const std::string& parameters, int status = 200) {
    return World::parsed(post_to(explorer, "/v1/commands/run?name=" + parameters, pikachu), status);
  };
  CHECK(run("APPEAR&id=a&simulate=true")["events"].size() == 1);
  CHECK(run("HANDLE&simulate=true", 501)["code"] == "not_simulated");
  CHECK(count == 0);
  CHECK(run("APPEAR&id=a")["events"].size() == 1);
  CHECK(count == 2);
  CHECK(run("HANDLE")["events"][0]["aggregateId"] == "b");
  CHECK(count == 4);
  const json commands =
      World::parsed(explorer.api().handle({.target = "/v1/commands", .headers = {{"Host", "localhost"}}}))["commands"];
  CHECK(commands[1]["simulates"] == false);
}

TEST_CASE("a handler that loads what it has pushed sees it in a simulation", "[http]") {
  InMemoryEventStorageAdapter storage;
  PokemonStore pokemons{"POKEMONS", storage};
  pokemons.push_event("a", 1, PokemonAppeared{"A", 1});
  std::string seen;
  const Command twice{"TWICE", std::tie(pokemons), [](const Appear& input, PokemonStore& store, std::string& note) {
                        store.push_event("a", 2, PokemonLeveledUp{});
                        CHECK_FALSE(store.try_push_event("a", 2, PokemonLeveledUp{}));
                        CHECK_THROWS_AS(store.push_event("a", 4, PokemonLeveledUp{}), castore::VersionGapError);
                        store.push_events("b", 0, PokemonAppeared{input.name, 1}, PokemonLeveledUp{});
                        note = std::to_string(store.get_existing_aggregate("a").level) + " " +
                               std::to_string(store.get_events("b", {.limit = 1, .reverse = true}).front().version()) +
                               " " + std::to_string(store.get_existing_aggregate("b", {.max_version = 1}).level) + " " +
                               std::to_string(store.list_aggregate_ids().aggregate_ids.size());
                      }};
  Explorer explorer{storage, {.token = token}};
  explorer.add(twice, seen);
  castore::HttpHeaders headers = bearer();
  headers.emplace_back("Host", "localhost");
  headers.emplace_back("Content-Type", "application/json");
  const json answer = World::parsed(explorer.api().handle(
      {.method = "POST", .target = "/v1/commands/run?name=TWICE&simulate=true", .headers = headers, .body = pikachu}));
  CHECK(seen == "2 2 1 1");
  CHECK(answer["events"].size() == 3);
  CHECK(answer["states"].size() == 2);
  CHECK(answer["states"][1]["after"]["level"] == 2);
  CHECK(pokemons.get_events("a").size() == 1);
  CHECK(pokemons.get_events("b").empty());
}

TEST_CASE("an explorer has each name once, a page, and a token unless it was given one", "[http]") {
  World world;
  CHECK_THROWS_AS(world.explorer.add(world.pokemons), std::invalid_argument);
  CHECK_THROWS_AS(world.explorer.add(world.appears), std::invalid_argument);
  CHECK(world.get("/").body.find("<!doctype html>") == 0);
  CHECK(world.get("/page/main.js").header("Content-Type") == "text/javascript; charset=utf-8");

  const Explorer first{world.storage};
  const Explorer second{world.storage};
  CHECK(first.token().size() == 32);
  CHECK(first.token() != second.token());
}

TEST_CASE("an explorer serves until it is stopped, and tells where", "[http]") {
  World world{{}};
  world.pokemons.push_event("pikachu", 1, PokemonAppeared{"Pikachu", 5});
  std::promise<std::string> url;
  std::thread serving{
      [&] { world.explorer.serve({.on_listening = [&](const std::string& where) { url.set_value(where); }}); }};
  const std::string where = url.get_future().get();
  const std::string head = "http://localhost:";
  REQUIRE(where.starts_with(head));
  const int port = std::stoi(where.substr(head.size()));
  CHECK(where == head + std::to_string(port) + "/#token=" + world.explorer.token());
  CHECK(get(port, "/v1/state?store=POKEMONS&id=pikachu").find(R"("level":5)") != std::string::npos);
  world.explorer.stop();
  serving.join();
  world.explorer.serve();  // returns at once
}
