// SPDX-License-Identifier: MIT
#include <castore/adapters/in_memory.hpp>
#include "core/pokemons.hpp"
#include "core/support.hpp"
#include "support/catch.hpp"

#include <cmath>
#include <concepts>
#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace in_memory_test {

using castore_tests::PokemonAppeared;
using castore_tests::PokemonLeveledUp;

/// How a program of another time knows the same events.
struct Appearance {
  static constexpr std::string_view type = "POKEMON_APPEARED";
  std::string name;
  NLOHMANN_DEFINE_TYPE_INTRUSIVE(Appearance, name)
};
struct Evolved {
  static constexpr std::string_view type = "POKEMON_EVOLVED";
  std::string name;
  NLOHMANN_DEFINE_TYPE_INTRUSIVE(Evolved, name)
};
struct Name : castore::Aggregate {
  std::string name;
};
struct NameReducer {
  void operator()(Name& name, const Appearance& event) const { name.name = event.name; }
  void operator()(Name& name, const PokemonLeveledUp&) const { name.name += '+'; }
  void operator()(Name& name, const Evolved& event) const { name.name = event.name; }
};
using NameStore = castore::EventStore<castore::Events<Appearance, PokemonLeveledUp, Evolved>, Name, NameReducer>;

struct Weighed {
  static constexpr std::string_view type = "WEIGHED";
  double weight = 0;
  NLOHMANN_DEFINE_TYPE_INTRUSIVE(Weighed, weight)
};
struct Weight : castore::Aggregate {
  double weight = 0;
};
struct WeightReducer {
  void operator()(Weight& weight, const Weighed& event) const { weight.weight = event.weight; }
};
using WeightStore = castore::EventStore<castore::Events<Weighed>, Weight, WeightReducer>;

/// Counts what is done with it, to see what a storage does.
struct Traced {
  static constexpr std::string_view type = "TRACED";
  static inline int encoded = 0;
  static inline int copied = 0;

  Traced() = default;
  Traced(const Traced&) { ++copied; }
  Traced(Traced&&) noexcept {}
  Traced& operator=(const Traced&) = default;
  Traced& operator=(Traced&&) noexcept { return *this; }
};
struct Traces : castore::Aggregate {
  std::vector<const void*> addresses;
};
struct TracesReducer {
  void operator()(Traces& traces, const Traced& event) const { traces.addresses.push_back(&event); }
};

}  // namespace in_memory_test

template <>
struct castore::codec<in_memory_test::Traced> {
  static std::string encode(const in_memory_test::Traced&) {
    ++in_memory_test::Traced::encoded;
    return "{}";
  }
  static in_memory_test::Traced decode(std::string_view) { return {}; }
};

using namespace in_memory_test;
using castore::EventDetail;
using castore::EventRecord;
using castore::InMemoryEventStorageAdapter;
using castore::PushOutcome;
using castore::PushRecord;
using castore_tests::at;
using castore_tests::error_of;
using castore_tests::Pokemon;
using castore_tests::PokemonCaught;
using castore_tests::PokemonEvent;
using castore_tests::PokemonHealed;
using castore_tests::PokemonStore;
using castore_tests::records_of;

namespace {

Pokemon pikachu(castore::Version version, int level) { return {{"pikachu", version}, "Pikachu", level, ""}; }

PokemonStore pokemon_store(InMemoryEventStorageAdapter& storage) {
  return PokemonStore{"POKEMONS", storage, {.clock = [] { return at(0); }}};
}

PushRecord record(castore::Version version, std::string type, std::string payload) {
  return {"POKEMONS", {"pikachu", version, std::move(type), at(0), std::move(payload), ""}};
}

PushOutcome push(InMemoryEventStorageAdapter& storage, const PushRecord& push_record, bool force = false) {
  return storage.push_events({&push_record, 1}, {.force = force});
}

const std::string pikachu_json = R"({"level":5,"name":"Pikachu"})";

}  // namespace

// --- objects and records ---------------------------------------------------------------------------------------------

TEST_CASE("events kept in memory are pushed and loaded without a codec and folded where they are") {
  using Store = castore::EventStore<castore::Events<Traced>, Traces, TracesReducer>;
  InMemoryEventStorageAdapter storage;
  Store store{"TRACES", storage};
  for (castore::Version version = 1; version <= 4; ++version) store.push_event("a", version, Traced{});
  Traced::copied = 0;
  const auto addresses = store.get_existing_aggregate("a").addresses;
  CHECK(Traced::copied == 0);
  CHECK(addresses == store.get_existing_aggregate("a").addresses);
  CHECK(Traced::encoded == 0);

  // Side by side in memory.
  REQUIRE(addresses.size() == 4);
  const auto distance = [&](std::size_t index) {
    return static_cast<const char*>(addresses[index + 1]) - static_cast<const char*>(addresses[index]);
  };
  CHECK(distance(0) > 0);
  CHECK(distance(1) == distance(0));
  CHECK(distance(2) == distance(0));

  CHECK(records_of(storage, "TRACES", "a").size() == 4);
  CHECK(Traced::encoded == 4);
}

TEST_CASE("events pushed as objects can be read as records by whoever knows no types") {
  InMemoryEventStorageAdapter storage;
  PokemonStore store = pokemon_store(storage);
  store.push_events("pikachu", 0, PokemonAppeared{"Pikachu", 5}, PokemonLeveledUp{});
  store.push_event("pikachu", 3, PokemonCaught{1}, {.metadata = {"ash"}});
  CHECK(records_of(storage, "POKEMONS", "pikachu") ==
        std::vector<EventRecord>{{"pikachu", 1, "POKEMON_APPEARED", at(0), pikachu_json, ""},
                                 {"pikachu", 2, "POKEMON_LEVELED_UP", at(0), "", ""},
                                 {"pikachu", 3, "POKEMON_CAUGHT", at(0), R"({"balls":1})", R"({"trainer":"ash"})"}});
  CHECK(records_of(storage, "POKEMONS", "pikachu", {.min_version = 2, .limit = 1, .reverse = true}).at(0).version == 3);
  CHECK(records_of(storage, "POKEMONS", "raichu").empty());
  CHECK(records_of(storage, "OTHERS", "pikachu").empty());
}

TEST_CASE("events pushed as records can be read as objects and go on as records") {
  InMemoryEventStorageAdapter storage;
  CHECK(push(storage, record(1, "POKEMON_APPEARED", pikachu_json)) == PushOutcome{});
  PokemonStore store = pokemon_store(storage);
  CHECK(store.get_existing_aggregate("pikachu") == pikachu(1, 5));
  store.push_event("pikachu", 2, PokemonLeveledUp{});
  CHECK(store.get_existing_aggregate("pikachu") == pikachu(2, 6));
  CHECK(push(storage, record(3, "POKEMON_LEVELED_UP", "")) == PushOutcome{});
  CHECK(store.get_events("pikachu") ==
        std::vector<PokemonEvent>{EventDetail<PokemonAppeared>{"pikachu", 1, at(0), {"Pikachu", 5}, {}},
                                  EventDetail<PokemonLeveledUp>{"pikachu", 2, at(0), {}, {}},
                                  EventDetail<PokemonLeveledUp>{"pikachu", 3, at(0), {}, {}}});
  CHECK(store.list_aggregate_ids().aggregate_ids == std::vector<castore::AggregateIdEntry>{{"pikachu", at(0)}});
}

TEST_CASE("a record pushed behind objects turns them into records that are read as before") {
  InMemoryEventStorageAdapter storage;
  PokemonStore store = pokemon_store(storage);
  store.push_events("pikachu", 0, PokemonAppeared{"Pikachu", 5}, PokemonLeveledUp{}, PokemonLeveledUp{});
  const auto before = store.get_events("pikachu");
  CHECK(push(storage, record(3, "POKEMON_LEVELED_UP", "")) == PushOutcome{PushOutcome::already_exists, 0});
  CHECK(push(storage, record(5, "POKEMON_LEVELED_UP", "")) == PushOutcome{PushOutcome::version_gap, 0});
  CHECK(push(storage, record(4, "POKEMON_LEVELED_UP", "")) == PushOutcome{});
  CHECK(store.get_events("pikachu", {.max_version = 3}) == before);
  CHECK(store.get_existing_aggregate("pikachu") == pikachu(4, 8));
  CHECK(push(storage, record(2, "POKEMON_HEALED", ""), true) == PushOutcome{});
  CHECK(store.get_existing_aggregate("pikachu") == pikachu(4, 7));
  CHECK(records_of(storage, "POKEMONS", "pikachu").at(0).payload == pikachu_json);
}

TEST_CASE("a record forced over an object keeps the others") {
  InMemoryEventStorageAdapter storage;
  PokemonStore store = pokemon_store(storage);
  store.push_events("pikachu", 0, PokemonAppeared{"Pikachu", 5}, PokemonLeveledUp{}, PokemonLeveledUp{});
  CHECK(push(storage, record(1, "POKEMON_APPEARED", R"({"level":50,"name":"Pikachu"})"), true) == PushOutcome{});
  CHECK(store.get_existing_aggregate("pikachu") == pikachu(3, 52));
}

TEST_CASE("a store with other event types reads the same data and adds to it") {
  InMemoryEventStorageAdapter storage;
  PokemonStore store = pokemon_store(storage);
  NameStore names{"POKEMONS", storage};
  store.push_events("pikachu", 0, PokemonAppeared{"Pikachu", 5}, PokemonLeveledUp{});
  CHECK(names.get_existing_aggregate("pikachu").name == "Pikachu+");
  CHECK(names.get_existing_aggregate("pikachu").version == 2);
  CHECK(names.get_events("pikachu").at(0).get_if<Appearance>()->payload.name == "Pikachu");
  CHECK(names.list_aggregate_ids().aggregate_ids.size() == 1);

  names.push_event("pikachu", 3, PokemonLeveledUp{});
  CHECK(names.get_existing_aggregate("pikachu").name == "Pikachu++");
  CHECK(store.get_existing_aggregate("pikachu") == pikachu(3, 7));
  store.push_event("pikachu", 4, PokemonHealed{});
  CHECK(store.get_existing_aggregate("pikachu").version == 4);
  CHECK(error_of<castore::UnknownEventTypeError>([&] { names.get_events("pikachu"); }).type() == "POKEMON_HEALED");
  names.push_event("pikachu", 5, Evolved{"Raichu"});
  CHECK(error_of<castore::UnknownEventTypeError>([&] { store.get_events("pikachu"); }).type() == "POKEMON_EVOLVED");
  CHECK(names.get_events("pikachu", {.min_version = 5}).size() == 1);

  const auto conflict = error_of<castore::EventAlreadyExistsError>([&] { names.push_event("pikachu", 5, Evolved{}); });
  CHECK(conflict.version() == 5);
  CHECK(error_of<castore::VersionGapError>([&] { names.push_event("pikachu", 7, Evolved{}); }).expected_version() == 6);
}

TEST_CASE("a group may mix stores with other event types over the same aggregate") {
  InMemoryEventStorageAdapter storage;
  PokemonStore store = pokemon_store(storage);
  NameStore names{"POKEMONS", storage};
  castore::push_event_group(store.group_event("pikachu", 1, PokemonAppeared{"Pikachu", 5}),
                            names.group_event("pikachu", 2, PokemonLeveledUp{}),
                            names.group_event("raichu", 1, Appearance{"Raichu"}));
  CHECK(store.get_existing_aggregate("pikachu").level == 6);
  CHECK(names.get_existing_aggregate("pikachu").name == "Pikachu+");

  const auto error = error_of<castore::EventAlreadyExistsError>([&] {
    castore::push_event_group(store.group_event("pikachu", 3, PokemonLeveledUp{}),
                              names.group_event("pikachu", 4, Evolved{"Raichu"}),
                              store.group_event("pikachu", 2, PokemonLeveledUp{}));
  });
  CHECK(error.version() == 2);
  CHECK(store.get_existing_aggregate("pikachu").level == 6);
  CHECK(store.get_events("pikachu").size() == 2);
}

TEST_CASE("an undone group leaves objects what they were also where it had turned them into records") {
  InMemoryEventStorageAdapter storage;
  PokemonStore store = pokemon_store(storage);
  NameStore names{"POKEMONS", storage};
  store.push_events("pikachu", 0, PokemonAppeared{"Pikachu", 5}, PokemonLeveledUp{});
  const auto stream = storage.typed_events("POKEMONS", "pikachu").stream;
  for (const castore::Version conflict : {1, 5}) {
    try {
      castore::push_event_group({.force = false}, store.group_event("pikachu", 3, PokemonLeveledUp{}),
                                names.group_event("pikachu", 4, PokemonLeveledUp{}),
                                names.group_event("eevee", 1, Appearance{"Eevee"}),
                                store.group_event("pikachu", conflict == 1 ? 1 : 6, PokemonLeveledUp{}));
      FAIL("nothing was thrown");
    } catch (const castore::EventAlreadyExistsError& error) {
      CHECK(error.version() == 1);
    } catch (const castore::VersionGapError& error) {
      CHECK(error.version() == 6);
    }
    CHECK(store.get_existing_aggregate("pikachu") == pikachu(2, 6));
    CHECK(store.get_events("pikachu").size() == 2);
    CHECK(storage.typed_events("POKEMONS", "pikachu").stream->type() == stream->type());
    CHECK(storage.typed_events("POKEMONS", "pikachu").size == 2);
    CHECK(storage.typed_events("POKEMONS", "eevee").size == 0);
    CHECK(store.list_aggregate_ids().aggregate_ids.size() == 1);
  }
}

TEST_CASE("an event without a JSON form stays what it is and fails where a record is wanted") {
  InMemoryEventStorageAdapter storage;
  WeightStore store{"POKEMONS", storage};
  store.push_event("pikachu", 1, Weighed{std::nan("")});
  CHECK(std::isnan(store.get_existing_aggregate("pikachu").weight));
  const auto error = error_of<castore::EventEncodeError>([&] { records_of(storage, "POKEMONS", "pikachu"); });
  CHECK(error.event_store_id() == "POKEMONS");
  CHECK(error.aggregate_id() == "pikachu");
  CHECK(error.version() == 1);
  CHECK(error.type() == "WEIGHED");

  CHECK(error_of<castore::EventEncodeError>([&] { push(storage, record(2, "WEIGHED", "1")); }).version() == 1);
  CHECK(error_of<castore::EventEncodeError>([&] {
          NameStore{"POKEMONS", storage}.push_event("pikachu", 2, PokemonLeveledUp{});
        }).version() == 1);
  CHECK(store.get_events("pikachu").size() == 1);
  store.push_event("pikachu", 2, Weighed{7});
  CHECK(store.get_existing_aggregate("pikachu").weight == 7);
}

// --- isolation -------------------------------------------------------------------------------------------------------

TEST_CASE("a snapshot stays as it is while the aggregate is appended to and overwritten") {
  InMemoryEventStorageAdapter storage;
  PokemonStore store = pokemon_store(storage);
  store.push_event("pikachu", 1, PokemonAppeared{"Pikachu", 5});
  const castore::EventStreamSnapshot snapshot = storage.typed_events("POKEMONS", "pikachu");
  for (castore::Version version = 2; version <= 20; ++version) store.push_event("pikachu", version, PokemonLeveledUp{});
  store.push_event("pikachu", 1, PokemonAppeared{"Raichu", 50}, {.force = true});
  CHECK(snapshot.size == 1);
  std::string payload;
  snapshot.stream->record_at(0, "POKEMONS", "pikachu",
                             [&](const castore::EventRecordView& view) { payload = view.payload; });
  CHECK(payload == pikachu_json);
  CHECK(store.get_existing_aggregate("pikachu").level == 69);
}

TEST_CASE("a reader that pushes while it reads sees what was there when it came") {
  InMemoryEventStorageAdapter storage;
  PokemonStore store = pokemon_store(storage);
  store.push_events("pikachu", 0, PokemonAppeared{"Pikachu", 5}, PokemonLeveledUp{});
  const auto reducer = [&store](Pokemon& pokemon, const auto&, const auto& info) {
    store.push_event("pikachu", info.version + 2, PokemonLeveledUp{});
    ++pokemon.level;
  };
  const castore::EventStore<castore_tests::PokemonEvents, Pokemon, decltype(reducer)> reader{
      "POKEMONS", storage, {.reducer = reducer}};
  CHECK(reader.get_existing_aggregate("pikachu").level == 2);
  CHECK(store.get_existing_aggregate("pikachu").version == 4);
}

TEST_CASE("what is pushed and what is read are copies of what is kept") {
  InMemoryEventStorageAdapter storage;
  PokemonStore store = pokemon_store(storage);
  auto result = store.push_event("pikachu", 1, PokemonAppeared{"Pikachu", 5});
  result.event.payload.name = "changed";
  auto events = store.get_events("pikachu");
  auto details = std::move(events.at(0)).variant();
  std::get<EventDetail<PokemonAppeared>>(details).payload.name = "changed";
  CHECK(store.get_existing_aggregate("pikachu").name == "Pikachu");
  CHECK(store.get_events("pikachu").at(0).get_if<PokemonAppeared>()->payload.name == "Pikachu");

  PushRecord pushed = record(2, "POKEMON_CAUGHT", R"({"balls":1})");
  pushed.record.metadata = R"({"trainer":"ash"})";
  push(storage, pushed);
  pushed.record.payload = "changed";
  pushed.record.metadata.assign(100, 'x');
  CHECK(records_of(storage, "POKEMONS", "pikachu").at(1).payload == R"({"balls":1})");
  CHECK(store.get_existing_aggregate("pikachu").trainer == "ash");
}

TEST_CASE("stores and aggregates whose ids run together do not") {
  InMemoryEventStorageAdapter storage;
  int level = 0;
  const std::vector<std::pair<std::string, std::string>> keys = {{"A", "B#1"}, {"A#B", "1"}, {"AB", "1"},
                                                                 {"A", "B1"},  {"", "AB1"},  {"AB1", ""},
                                                                 {"BA", "1"},  {"XB", "1"},  {"B", "1"}};
  for (const auto& [store_id, id] : keys) {
    PokemonStore{store_id, storage}.push_event(id, 1, PokemonAppeared{"", ++level});
  }
  level = 0;
  for (const auto& [store_id, id] : keys) {
    const PokemonStore store{store_id, storage};
    CHECK(store.get_existing_aggregate(id).level == ++level);
    CHECK(store.get_events(id).size() == 1);
    CHECK(store.list_aggregate_ids().aggregate_ids.size() == (store_id == "A" ? 2 : 1));
  }
}

// --- records at the border -------------------------------------------------------------------------------------------

TEST_CASE("records that no storage can keep are refused at the border") {
  InMemoryEventStorageAdapter storage;
  const auto wrong_field = [&](const std::vector<PushRecord>& records) {
    return error_of<castore::InvalidEventError>([&] { storage.push_events(records, {.force = true}); }).field();
  };
  PushRecord bad = record(0, "A", "");
  CHECK(wrong_field({record(1, "A", ""), bad}) == "version");
  bad = record(1, "A", "");
  bad.record.aggregate_id = std::string{"\0", 1};
  CHECK(wrong_field({bad}) == "aggregate_id");
  bad = record(2, "A", "");
  bad.record.timestamp = at(1);
  CHECK(wrong_field({record(1, "A", ""), bad}) == "timestamp");
  CHECK(wrong_field({record(1, "A", ""), record(1, "B", "")}) == "version");
  CHECK(storage.push_events({}, {}) == PushOutcome{});
  CHECK(storage.typed_events("POKEMONS", "pikachu").size == 0);
}

TEST_CASE("a group of records tells which one was refused and leaves nothing") {
  InMemoryEventStorageAdapter storage;
  push(storage, record(1, "A", "1"));
  PushRecord other = record(1, "A", "2");
  other.record.aggregate_id = "raichu";
  CHECK(storage.push_events(std::vector{other, record(2, "A", "2"), record(1, "A", "2")}, {}) ==
        PushOutcome{PushOutcome::already_exists, 2});
  CHECK(storage.push_events(std::vector{other, record(3, "A", "2")}, {}) == PushOutcome{PushOutcome::version_gap, 1});
  CHECK(records_of(storage, "POKEMONS", "pikachu").size() == 1);
  CHECK(records_of(storage, "POKEMONS", "raichu").empty());
  CHECK(storage.list_aggregate_ids("POKEMONS", {}).aggregate_ids.size() == 1);
  CHECK(storage.push_events(std::vector{other, record(2, "A", "2"), record(3, "A", "3")}, {}) == PushOutcome{});
  CHECK(records_of(storage, "POKEMONS", "pikachu").size() == 3);
}

TEST_CASE("an in-memory adapter cannot be copied by mistake") {
  STATIC_REQUIRE_FALSE(std::copyable<InMemoryEventStorageAdapter>);
  STATIC_REQUIRE_FALSE(std::is_move_constructible_v<InMemoryEventStorageAdapter>);
  STATIC_REQUIRE(castore::KeepsTypedEvents<InMemoryEventStorageAdapter>);
  STATIC_REQUIRE_FALSE(castore::KeepsTypedEvents<castore_tests::RecordStorage>);
}
