// SPDX-License-Identifier: MIT
#include <castore/core/event_codec.hpp>
#include "core/pokemons.hpp"
#include "core/support.hpp"
#include "support/catch.hpp"

#include <nlohmann/json.hpp>

#include <cmath>
#include <new>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace event_codec_test {

/// With a codec of its own, which fails as it is told.
struct Coded {
  static constexpr std::string_view type = "CODED";
  std::string text;
};
struct Measured {
  static constexpr std::string_view type = "MEASURED";
  struct Metadata {
    std::string unit;
    NLOHMANN_DEFINE_TYPE_INTRUSIVE(Metadata, unit)
  };
  double number = 0;
  NLOHMANN_DEFINE_TYPE_INTRUSIVE(Measured, number)
};
struct Stored {
  static constexpr std::string_view type = "STORED";
  nlohmann::json value;

  friend void to_json(nlohmann::json& target, const Stored& source) { target = source.value; }
  friend void from_json(const nlohmann::json& source, Stored& target) { target.value = source; }
};

}  // namespace event_codec_test

template <>
struct castore::codec<event_codec_test::Coded> {
  static std::string encode(const event_codec_test::Coded& coded) {
    if (coded.text == "full") throw std::bad_alloc{};
    if (coded.text == "odd") throw 42;
    if (coded.text.starts_with('!')) throw std::domain_error{"no " + coded.text};
    return coded.text.empty() ? "" : "\"<" + coded.text + ">\"";
  }
  static event_codec_test::Coded decode(std::string_view json) {
    if (json == "\"<later full>\"") throw std::bad_alloc{};
    if (json == "\"<later bad>\"") throw std::domain_error{"too late"};
    return {"decoded " + std::string{json}};
  }
};

namespace {

using castore::EventDecodeError;
using castore::EventEncodeError;
using castore::EventRecord;
using castore::InvalidEventError;
using castore::PushRecord;
using castore::UnknownEventTypeError;
using castore_tests::at;
using castore_tests::cause_of;
using castore_tests::error_of;
using castore_tests::PokemonAppeared;
using castore_tests::PokemonCaught;
using castore_tests::PokemonHealed;
using castore_tests::PokemonLeveledUp;
using castore_tests::PokemonStore;
using castore_tests::records_of;
using castore_tests::RecordStorage;
using event_codec_test::Coded;
using event_codec_test::Measured;
using event_codec_test::Stored;
using nlohmann::json;
using namespace std::string_literals;

struct State : castore::Aggregate {
  std::vector<std::string> texts;
};
struct Reducer {
  void operator()(State& state, const Coded& event) const { state.texts.push_back(event.text); }
  void operator()(State& state, const Measured& event) const { state.texts.push_back(std::to_string(event.number)); }
  void operator()(State& state, const Stored& event) const { state.texts.emplace_back(event.value.type_name()); }
};
using Events = castore::Events<Coded, Measured, Stored>;
using Store = castore::EventStore<Events, State, Reducer>;

/// Reads another payload than it stores.
struct DamagedStorage : RecordStorage {
  void get_events(std::string_view event_store_id, std::string_view aggregate_id,
                  const castore::GetEventsOptions& options, castore::RecordSink sink) {
    RecordStorage::get_events(event_store_id, aggregate_id, options, [&](castore::EventRecordView record) {
      record.payload = payload;
      sink(record);
    });
  }

  std::string payload;
};

void push_record(RecordStorage& storage, EventRecord record) {
  const PushRecord push{"POKEMONS", std::move(record)};
  REQUIRE(storage.push_events({&push, 1}, {.force = true}) == castore::PushOutcome{});
}

void push_record(RecordStorage& storage, std::string type, std::string payload, std::string metadata) {
  push_record(storage, {"pikachu", 1, std::move(type), at(0), std::move(payload), std::move(metadata)});
}

}  // namespace

TEST_CASE("events are stored as the JSON text that their codecs make") {
  RecordStorage storage;
  PokemonStore pokemons{"POKEMONS", storage, {.clock = [] { return at(0); }}};
  pokemons.push_event("pikachu", 1, PokemonAppeared{"Pikachu", 5});
  pokemons.push_event("pikachu", 2, PokemonLeveledUp{});
  pokemons.push_event("pikachu", 3, PokemonCaught{2}, {.metadata = {"ash"}});
  pokemons.push_event("pikachu", 4, PokemonHealed{});
  pokemons.push_event("pikachu", 5, PokemonHealed{}, {.metadata = PokemonHealed::Nurse{"joy"}});
  CHECK(records_of(storage, "POKEMONS", "pikachu") ==
        std::vector<EventRecord>{{"pikachu", 1, "POKEMON_APPEARED", at(0), R"({"level":5,"name":"Pikachu"})", ""},
                                 {"pikachu", 2, "POKEMON_LEVELED_UP", at(0), "", ""},
                                 {"pikachu", 3, "POKEMON_CAUGHT", at(0), R"({"balls":2})", R"({"trainer":"ash"})"},
                                 {"pikachu", 4, "POKEMON_HEALED", at(0), "", ""},
                                 {"pikachu", 5, "POKEMON_HEALED", at(0), "", R"({"name":"joy"})"}});
}

TEST_CASE("a codec of one's own is used both ways") {
  RecordStorage storage;
  Store store{"CODED", storage, {.clock = [] { return at(0); }}};
  store.push_event("a", 1, Coded{"one"});
  store.push_event("a", 2, Coded{""});
  CHECK(records_of(storage, "CODED", "a") ==
        std::vector<EventRecord>{{"a", 1, "CODED", at(0), "\"<one>\"", ""}, {"a", 2, "CODED", at(0), "", ""}});
  CHECK(store.get_existing_aggregate("a").texts == std::vector<std::string>{"decoded \"<one>\"", "decoded "});
}

TEST_CASE("a payload that cannot be encoded is an error that names the event and nothing is written") {
  RecordStorage storage;
  Store store{"CODED", storage};
  const auto check = [&](const auto& event, const std::string& reason) {
    const auto error = error_of<EventEncodeError>([&] { store.push_event("a", 1, event); });
    CHECK(error.event_store_id() == "CODED");
    CHECK(error.aggregate_id() == "a");
    CHECK(error.version() == 1);
    CHECK(error.type() == event.type);
    CHECK(error.what() == "castore: cannot encode event 1 of aggregate 'a' in event store 'CODED' (type '" +
                              std::string{event.type} + "'): " + reason);
    CHECK(records_of(storage, "CODED", "a").empty());
    CHECK(store.list_aggregate_ids().aggregate_ids.empty());
  };
  check(Measured{std::nan("")}, "field 'number': JSON has neither NaN nor infinity");
  check(Measured{-INFINITY}, "field 'number': JSON has neither NaN nor infinity");
  check(Stored{json::binary({1})}, "JSON has no binary values; encode them as text");
  check(Stored{json("\xFF")}, "its text is not UTF-8 (byte 0)");
  check(Coded{"!good"}, "no !good");
  json deep = 1;
  for (int depth = 0; depth <= 500; ++depth) deep = json::array({std::move(deep)});
  check(Stored{deep}, "it is nested deeper than 500 levels");
}

TEST_CASE("metadata that cannot be encoded is the same error") {
  RecordStorage storage;
  Store store{"CODED", storage};
  const auto push = [&] { store.push_event("a", 1, Measured{1}, {.metadata = {"\xFF"}}); };
  CHECK(error_of<EventEncodeError>(push).type() == "MEASURED");
  CHECK(cause_of<std::invalid_argument>(push).what() == "field 'unit': its text is not UTF-8 (byte 0)"s);
  CHECK(records_of(storage, "CODED", "a").empty());
}

TEST_CASE("an event of a group that cannot be encoded leaves the whole group unwritten") {
  RecordStorage storage;
  Store store{"CODED", storage};
  const auto error = error_of<EventEncodeError>(
      [&] { store.push_events("a", 0, Coded{"good"}, Measured{1}, Measured{std::nan("")}); });
  CHECK(error.version() == 3);
  CHECK(error.type() == "MEASURED");
  CHECK(records_of(storage, "CODED", "a").empty());
  CHECK(store.list_aggregate_ids().aggregate_ids.empty());
}

TEST_CASE("the codec's own error is nested in the one that names the event") {
  RecordStorage storage;
  Store store{"CODED", storage};
  CHECK(cause_of<std::domain_error>([&] { store.push_event("a", 1, Coded{"!good"}); }).what() == "no !good"s);
  CHECK(cause_of<std::invalid_argument>([&] { store.push_event("a", 1, Measured{INFINITY}); }).what() ==
        "field 'number': JSON has neither NaN nor infinity"s);
  store.push_event("a", 1, Coded{"later bad"});
  CHECK(error_of<EventDecodeError>([&] { store.get_events("a"); }).version() == 1);
  CHECK(cause_of<std::domain_error>([&] { store.get_events("a"); }).what() == "too late"s);
}

TEST_CASE("what is no std exception or no memory passes through a codec unchanged") {
  RecordStorage storage;
  Store store{"CODED", storage};
  CHECK(error_of<int>([&] { store.push_event("a", 1, Coded{"odd"}); }) == 42);
  CHECK(error_of<std::bad_alloc>([&] { store.push_event("a", 1, Coded{"full"}); }).what() == std::bad_alloc{}.what());
  store.push_event("a", 1, Coded{"later full"});
  CHECK(error_of<std::bad_alloc>([&] { store.get_events("a"); }).what() == std::bad_alloc{}.what());
}

TEST_CASE("what a codec of one's own makes is one JSON value and nothing else, else nothing is written") {
  RecordStorage storage;
  Store store{"CODED", storage};
  const auto refusal = [&](const std::string& text) {
    const auto error = error_of<InvalidEventError>([&] { store.push_event("a", 1, Coded{text}); });
    CHECK(error.field() == "payload");
    CHECK(error_of<InvalidEventError>([&] { store.push_events("a", 0, Coded{"good"}, Coded{text}); }).field() == "payload");
    CHECK(store.get_events("a").empty());
    return std::string{error.what()};
  };
  CHECK(refusal("a\" \"b") ==
        "castore: payload: it is not one JSON value: there is more text after the value (byte 5 of 9)");
  CHECK(refusal("a\"\0b"s) ==
        "castore: payload: it is not one JSON value: there is more text after the value (byte 4 of 8)");
  CHECK(refusal("\xFF") == "castore: payload: it is not one JSON value: a string is not UTF-8 (byte 2 of 5)");
}

TEST_CASE("a stored event that cannot be decoded is an error that names it and its cause") {
  DamagedStorage storage;
  const PokemonStore pokemons{"POKEMONS", storage};
  const auto check = [&](const std::string& payload, const std::string& reason) {
    storage.payload = payload;
    const auto error = error_of<EventDecodeError>([&] { pokemons.get_aggregate("pikachu"); });
    CHECK(error.event_store_id() == "POKEMONS");
    CHECK(error.aggregate_id() == "pikachu");
    CHECK(error.version() == 1);
    CHECK(error.type() == "POKEMON_APPEARED");
    CHECK_THAT(error.what(), Catch::Matchers::StartsWith("castore: cannot decode event 1 of aggregate 'pikachu' in event store "
                                               "'POKEMONS' (type 'POKEMON_APPEARED'): " +
                                               reason));
    CHECK(error_of<EventDecodeError>([&] { pokemons.get_events("pikachu"); }).version() == 1);
    CHECK(error_of<EventDecodeError>([&] { pokemons.get_history("pikachu"); }).version() == 1);
  };
  const auto get = [&] { pokemons.get_events("pikachu"); };
  push_record(storage, "POKEMON_APPEARED", "{}", "");

  check(R"({"name":"a","level":5} {})", "[json.exception.parse_error.101]");
  check("{\"name\":\"a\",\"level\":5}\0"s, "it has a NUL at byte 22");
  check("{\"name\":\"a\",\"level\":5}\0 and anything"s, "it has a NUL at byte 22");
  check("{\"name\":", "[json.exception.parse_error.101]");
  CHECK(cause_of<json::parse_error>(get).id == 101);
  check(R"({"name":"Pikachu"})", "[json.exception.out_of_range.403]");
  CHECK(cause_of<json::out_of_range>(get).id == 403);
  check(R"({"name":1,"level":5})", "[json.exception.type_error.302]");
  CHECK(cause_of<json::type_error>(get).id == 302);
  check("[]", "[json.exception.type_error.304]");
  check("null", "[json.exception.type_error.304]");
  check("", "the stored event has none, and this type needs one");
  CHECK(cause_of<std::invalid_argument>(get).what() ==
        "the stored event has none, and this type needs one (metadata: declare it as std::optional<M> when some events "
        "have none)"s);
  check(std::string(501, '['), "it is nested deeper than 500 levels");
}

TEST_CASE("metadata that is missing or wrong is a decode error unless it is optional") {
  RecordStorage storage;
  const PokemonStore pokemons{"POKEMONS", storage};
  const auto get = [&] { pokemons.get_events("pikachu"); };
  push_record(storage, "POKEMON_CAUGHT", R"({"balls":1})", "");
  CHECK(error_of<EventDecodeError>(get).type() == "POKEMON_CAUGHT");
  push_record(storage, "POKEMON_CAUGHT", R"({"balls":1})", R"({"trainer":7})");
  CHECK(cause_of<json::type_error>(get).id == 302);

  push_record(storage, "POKEMON_HEALED", "", "");
  const auto events = pokemons.get_events("pikachu");
  REQUIRE(events.size() == 1);
  REQUIRE(events[0].get_if<PokemonHealed>());
  CHECK(events[0].get_if<PokemonHealed>()->metadata == std::nullopt);
  push_record(storage, "POKEMON_HEALED", "", "{}");
  CHECK(error_of<EventDecodeError>(get).type() == "POKEMON_HEALED");
}

TEST_CASE("a stored event of a type that the store does not have is never skipped") {
  RecordStorage storage;
  PokemonStore pokemons{"POKEMONS", storage};
  pokemons.push_event("pikachu", 1, PokemonAppeared{"Pikachu", 5});
  push_record(storage, {"pikachu", 2, "POKEMON_EVOLVED", at(0), "{}", ""});
  const auto error = error_of<UnknownEventTypeError>([&] { pokemons.get_events("pikachu"); });
  CHECK(error.event_store_id() == "POKEMONS");
  CHECK(error.aggregate_id() == "pikachu");
  CHECK(error.version() == 2);
  CHECK(error.type() == "POKEMON_EVOLVED");
  CHECK(error_of<UnknownEventTypeError>([&] { pokemons.get_aggregate("pikachu"); }).version() == 2);
  CHECK(pokemons.get_existing_aggregate("pikachu", {.max_version = 1}).level == 5);
  for (const char* type : {"", "POKEMON_APPEARED ", "pokemon_appeared", "POKEMON_APPEARE"}) {
    push_record(storage, {"pikachu", 2, type, at(0), R"({"level":5,"name":"Pikachu"})", ""});
    CHECK(error_of<UnknownEventTypeError>([&] { pokemons.get_events("pikachu"); }).type() == type);
  }
}

TEST_CASE("a payload can be encoded when it and its metadata have codecs") {
  class Uncoded {
    [[maybe_unused]] int value = 0;
  };
  struct WithUncodedMetadata {
    using Metadata = Uncoded;
  };
  STATIC_REQUIRE(castore::EncodablePayload<Coded>);
  STATIC_REQUIRE(castore::EncodablePayload<PokemonLeveledUp>);
  STATIC_REQUIRE(castore::EncodablePayload<PokemonCaught>);
  STATIC_REQUIRE(castore::EncodablePayload<PokemonHealed>);
  STATIC_REQUIRE_FALSE(castore::EncodablePayload<Uncoded>);
  STATIC_REQUIRE_FALSE(castore::EncodablePayload<WithUncodedMetadata>);
}
