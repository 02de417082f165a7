// SPDX-License-Identifier: MIT
#include <castore/json.hpp>
#include "core/pokemons.hpp"
#include "core/support.hpp"
#include "support/catch.hpp"

#include <nlohmann/json.hpp>

#include <bit>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <map>
#include <optional>
#include <random>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

using castore::codec;
using castore::EventDetail;
using castore::EventRecord;
using castore::InvalidEventError;
using castore::record_from_json;
using castore::record_to_json;
using castore_tests::at;
using castore_tests::cause_of;
using castore_tests::error_of;
using castore_tests::PokemonAppeared;
using castore_tests::PokemonCaught;
using castore_tests::PokemonEvent;
using castore_tests::PokemonHealed;
using castore_tests::PokemonLeveledUp;
using nlohmann::json;
using namespace std::string_literals;

namespace json_test {

/// Any JSON value as a payload.
struct Anything {
  static constexpr std::string_view type = "ANYTHING";
  json value;

  friend void to_json(json& target, const Anything& source) { target = source.value; }
  friend void from_json(const json& source, Anything& target) { target.value = source; }
};

struct Numbers {
  static constexpr std::string_view type = "NUMBERS";
  std::int64_t integer = 0;
  std::uint64_t natural = 0;
  double number = 0;
  NLOHMANN_DEFINE_TYPE_INTRUSIVE(Numbers, integer, natural, number)
};

struct OneWay {
  int value = 0;
  friend void to_json(json& target, const OneWay& source) { target = source.value; }
};

class NoWay {
  [[maybe_unused]] int value = 0;
};

struct Empty {
  static constexpr std::string_view type = "EMPTY";
};

}  // namespace json_test

using namespace json_test;

namespace {

std::string refusal_of(const json& value) {
  try {
    codec<Anything>::encode({value});
  } catch (const std::invalid_argument& error) {  // or a FieldError
    return error.what();
  }
  return {};
}

json nested_arrays(std::size_t depth) {
  json value = 1;
  for (; depth > 0; --depth) value = json::array({std::move(value)});
  return value;
}

const json castore_event = json::parse(R"({
  "aggregateId": "pikachu", "version": 3, "type": "POKEMON_CAUGHT", "timestamp": "2022-01-01T00:00:00.003Z",
  "payload": {"balls": 2}, "metadata": {"trainer": "ash"}
})");

}  // namespace

TEST_CASE("an event becomes JSON in the shape of Castore") {
  const PokemonEvent event = EventDetail<PokemonCaught>{"pikachu", 3, at(3), {2}, {"ash"}};
  CHECK(json(event) == castore_event);
  CHECK(json(*event.get_if<PokemonCaught>()) == castore_event);
  const json assigned = event;
  CHECK(assigned == castore_event);
}

TEST_CASE("an event in the shape of Castore becomes an event") {
  CHECK(castore_event.get<PokemonEvent>() == PokemonEvent{EventDetail<PokemonCaught>{"pikachu", 3, at(3), {2}, {"ash"}}});
  CHECK(castore_event.get<EventDetail<PokemonCaught>>() ==
        EventDetail<PokemonCaught>{"pikachu", 3, at(3), {2}, {"ash"}});

  json with_more = castore_event;
  with_more["timestamp"] = "2022-01-01T02:00:00.0039+02:00";
  with_more["eventStoreId"] = "POKEMONS";
  with_more["payload"]["weather"] = "rain";
  CHECK(with_more.get<PokemonEvent>() == castore_event.get<PokemonEvent>());
}

TEST_CASE("an event without payload or metadata has none in JSON either") {
  const PokemonEvent leveled_up = EventDetail<PokemonLeveledUp>{"pikachu", 2, at(0), {}, {}};
  CHECK(json(leveled_up) == json::parse(R"({"aggregateId": "pikachu", "version": 2, "type": "POKEMON_LEVELED_UP",
                                            "timestamp": "2022-01-01T00:00:00.000Z"})"));
  CHECK(json(leveled_up).get<PokemonEvent>() == leveled_up);

  const PokemonEvent healed = EventDetail<PokemonHealed>{"pikachu", 2, at(0), {}, std::nullopt};
  CHECK_FALSE(json(healed).contains("metadata"));
  CHECK(json(healed).get<PokemonEvent>() == healed);

  const PokemonEvent healed_by_joy = EventDetail<PokemonHealed>{"pikachu", 2, at(0), {}, PokemonHealed::Nurse{"joy"}};
  CHECK(json(healed_by_joy).at("metadata") == json{{"name", "joy"}});
  CHECK(json(healed_by_joy).get<PokemonEvent>() == healed_by_joy);
}

TEST_CASE("an event that cannot be read from JSON is named without a store") {
  json unknown = castore_event;
  unknown["type"] = "POKEMON_EVOLVED";
  const auto unknown_error = error_of<castore::UnknownEventTypeError>([&] { unknown.get<PokemonEvent>(); });
  CHECK(unknown_error.event_store_id().empty());
  CHECK(unknown_error.aggregate_id() == "pikachu");
  CHECK(unknown_error.version() == 3);
  CHECK(unknown_error.type() == "POKEMON_EVOLVED");
  CHECK(error_of<castore::UnknownEventTypeError>([] { castore_event.get<EventDetail<PokemonAppeared>>(); }).type() ==
        "POKEMON_CAUGHT");

  json broken = castore_event;
  broken["payload"]["balls"] = "two";
  const auto decode_error = error_of<castore::EventDecodeError>([&] { broken.get<PokemonEvent>(); });
  CHECK(decode_error.event_store_id().empty());
  CHECK(decode_error.aggregate_id() == "pikachu");
  CHECK(decode_error.version() == 3);
  CHECK(decode_error.type() == "POKEMON_CAUGHT");

  broken = castore_event;
  broken.erase("version");
  CHECK(error_of<InvalidEventError>([&] { broken.get<PokemonEvent>(); }).field() == "version");
}

TEST_CASE("a record becomes JSON and comes back as it was") {
  for (const EventRecord& record :
       {EventRecord{"pikachu", 1, "A", at(0), R"({"a":[1,2.5,null,"x"]})", R"({"m":true})"},
        EventRecord{"", std::numeric_limits<castore::Version>::max(), "", castore::earliest_timestamp, "", ""},
        EventRecord{"Pok\u00E9mon \"#1\"\n", std::numeric_limits<castore::Version>::min(), "B",
                    castore::latest_timestamp, "null", ""},
        EventRecord{"a", 2, "C", at(-1), "", R"("text")"}, EventRecord{"a", 2, "D", at(1), "0", "[]"}}) {
    const json shape = record_to_json(record);
    CHECK(shape.contains("payload") == !record.payload.empty());
    CHECK(shape.contains("metadata") == !record.metadata.empty());
    CHECK(record_from_json(shape) == record);
    CHECK(record_from_json(json::parse(shape.dump())) == record);
  }
}

TEST_CASE("JSON that is no event is refused with the field that is missing or wrong") {
  const auto wrong_field = [](const json& value) {
    return error_of<InvalidEventError>([&] { record_from_json(value); }).field();
  };
  for (const char* field : {"aggregateId", "version", "type", "timestamp"}) {
    CAPTURE(field);
    json incomplete = castore_event;
    incomplete.erase(field);
    CHECK(wrong_field(incomplete) == field);
    for (const json& bad : {json(nullptr), json(true), json(1.5), json::array(), json::object()}) {
      incomplete[field] = bad;
      CHECK(wrong_field(incomplete) == field);
    }
  }
  const auto with = [](const char* field, json value) {
    json changed = castore_event;
    changed[field] = std::move(value);
    return changed;
  };
  CHECK(wrong_field(with("aggregateId", 1)) == "aggregateId");
  CHECK(wrong_field(with("type", 1)) == "type");
  CHECK(wrong_field(with("timestamp", 0)) == "timestamp");
  CHECK(wrong_field(with("timestamp", "yesterday")) == "timestamp");
  CHECK(wrong_field(with("timestamp", "2022-02-30T00:00:00Z")) == "timestamp");
  CHECK(wrong_field(with("version", "3")) == "version");
  CHECK(wrong_field(with("version", 3.0)) == "version");
  CHECK(wrong_field(with("version", 9'223'372'036'854'775'808U)) == "version");
  CHECK(wrong_field(with("version", std::numeric_limits<std::uint64_t>::max())) == "version");
  for (const json& bad : {json(), json(1), json("text"), json(true), json::array({castore_event})}) {
    CHECK(wrong_field(bad) == "timestamp");
  }
  CHECK(error_of<InvalidEventError>([&] { record_from_json(with("timestamp", "now\n")); }).what() ==
        "castore: timestamp: 'now\\x0A' is not an ISO 8601 date and time, e.g. 2022-01-01T00:00:00.000Z"s);
}

TEST_CASE("JSON that text cannot hold is refused with the field it stands in") {
  for (const char* field : {"payload", "metadata"}) {
    for (const json& bad : {json(std::nan("")), json::array({json::array({-INFINITY})}), json("\xFF"),
                            json::binary({1, 2}), nested_arrays(castore::max_json_depth + 1)}) {
      json changed = castore_event;
      changed[field] = bad;
      CHECK(error_of<InvalidEventError>([&] { record_from_json(changed); }).field() == field);
    }
  }
  json changed = castore_event;
  changed["payload"] = std::nan("");
  CHECK(cause_of<std::invalid_argument>([&] { record_from_json(changed); }).what() ==
        "JSON has neither NaN nor infinity"s);
}

TEST_CASE("a record whose payload or metadata is not JSON text cannot become JSON") {
  for (const std::string& bad : {"{"s, "x"s, "1 2"s, "1\0"s, "\"\xFF\""s, std::string(501, '[') + std::string(501, ']')}) {
    const EventRecord payload{"pikachu", 3, "A", at(0), bad, ""};
    const auto error = error_of<castore::EventDecodeError>([&] { record_to_json(payload); });
    CHECK(error.event_store_id().empty());
    CHECK(error.aggregate_id() == "pikachu");
    CHECK(error.version() == 3);
    CHECK(error.type() == "A");
    const EventRecord metadata{"pikachu", 3, "A", at(0), "", bad};
    CHECK(error_of<castore::EventDecodeError>([&] { record_to_json(metadata); }).version() == 3);
  }
}

TEST_CASE("integers come back whatever they are") {
  for (const std::int64_t integer : {std::numeric_limits<std::int64_t>::min(), std::int64_t{-1}, std::int64_t{0},
                                     std::int64_t{1} << 53, (std::int64_t{1} << 53) + 1,
                                     std::numeric_limits<std::int64_t>::max()}) {
    const auto natural = static_cast<std::uint64_t>(integer);
    const Numbers back = codec<Numbers>::decode(codec<Numbers>::encode({integer, natural, 0}));
    CHECK(back.integer == integer);
    CHECK(back.natural == natural);
  }
}

TEST_CASE("doubles come back to the last bit") {
  const auto comes_back = [](double number) {
    const Numbers back = codec<Numbers>::decode(codec<Numbers>::encode({0, 0, number}));
    return std::bit_cast<std::uint64_t>(back.number) == std::bit_cast<std::uint64_t>(number);
  };
  using Limits = std::numeric_limits<double>;
  for (const double number : {0.0, -0.0, 0.1, 1.0 / 3, 1e23, 5e-324, Limits::min(), Limits::denorm_min(),
                              Limits::max(), Limits::lowest(), Limits::epsilon(), 9007199254740993.0}) {
    CAPTURE(number);
    CHECK(comes_back(number));
  }
  std::mt19937_64 random{1};
  for (int round = 0; round < 2000; ++round) {
    const auto number = std::bit_cast<double>(random());
    if (std::isfinite(number) && !comes_back(number)) FAIL_CHECK(number << " does not come back");
  }
}

TEST_CASE("empty and nested and Unicode values come back as they were") {
  for (const char* text : {"null", "{}", "[]", "\"\"", "0", "false", R"({"":null})", R"([[],{},[{"a":[]}]])",
                           R"({"a":null,"b":"","c":[],"d":{}})", "\"Pok\u00E9mon \U0001F600 \\u0000 \\\" \\\\ \\n\""}) {
    CAPTURE(text);
    const json value = json::parse(text);
    CHECK(codec<Anything>::decode(codec<Anything>::encode({value})).value == value);
  }
}

TEST_CASE("what JSON text cannot hold is refused and never replaced") {
  const double infinity = std::numeric_limits<double>::infinity();
  for (const double number : {std::nan(""), infinity, -infinity}) {
    CHECK(refusal_of(number) == "JSON has neither NaN nor infinity");
    CHECK(refusal_of({1, {2, number}}) == "field '[1][1]': JSON has neither NaN nor infinity");
    CHECK(refusal_of({{"a", {{"b", number}}}}) == "field 'a.b': JSON has neither NaN nor infinity");
  }
  CHECK(refusal_of(json::binary({1, 2})) == "JSON has no binary values; encode them as text");
  CHECK(refusal_of({{"a", json::binary({})}}) == "field 'a': JSON has no binary values; encode them as text");
  CHECK(refusal_of(json(json::value_t::discarded)) == "JSON has no binary values; encode them as text");
  CHECK(refusal_of("\xFF") == "its text is not UTF-8 (byte 0)");
  CHECK(refusal_of("\xED\xA0\x80") == "its text is not UTF-8 (byte 0)");
  CHECK(refusal_of({{"\xC3", 1}}) == "field '\\xC3': its text is not UTF-8 (byte 0)");
  CHECK(refusal_of({"a", "b\x80"}) == "field '[1]': its text is not UTF-8 (byte 1)");
}

TEST_CASE("JSON may be nested up to a limit both on its way out and on its way in") {
  const json deepest = nested_arrays(castore::max_json_depth);
  const std::string text = codec<Anything>::encode({deepest});
  CHECK(text == std::string(500, '[') + "1" + std::string(500, ']'));
  CHECK(codec<Anything>::decode(text).value == deepest);

  CHECK(refusal_of(nested_arrays(castore::max_json_depth + 1)) == "it is nested deeper than 500 levels");
  json object = nested_arrays(castore::max_json_depth - 1);
  CHECK(codec<Anything>::decode(codec<Anything>::encode({json{{"a", object}}})).value == json{{"a", object}});
  CHECK(refusal_of(json{{"a", {{"b", object}}}}) == "it is nested deeper than 500 levels");

  const auto decode = [](const std::string& deep) {
    return std::string{error_of<std::invalid_argument>([&] { codec<Anything>::decode(deep); }).what()};
  };
  CHECK(decode("[" + text + "]") == "it is nested deeper than 500 levels");
  CHECK(decode("{\"a\":" + text + "}") == "it is nested deeper than 500 levels");
  CHECK(decode(std::string(10'000'000, '[')) == "it is nested deeper than 500 levels");
}

TEST_CASE("brackets in strings and beside each other do not count as depth") {
  const std::string brackets(1000, '[');
  const json value = {{"a", brackets}, {"b", "\"" + brackets + "\\"}, {"c", std::string(1000, '{')}, {brackets, "]"}};
  CHECK(codec<Anything>::decode(codec<Anything>::encode({value})).value == value);
  const json wide(std::vector<json>(1000, json::array()));
  CHECK(codec<Anything>::decode(codec<Anything>::encode({wide})).value == wide);
}

TEST_CASE("text that is no JSON is refused") {
  for (const char* bad : {" ", "{", "}", "{\"a\"}", "[1,]", "01", "1e", "nan", "'a'", "\"a", "1 1", "\xFF", "\"\xFF\"",
                          "\"\\ud800\"", "/*a*/ 1"}) {
    CAPTURE(bad);
    CHECK(error_of<json::parse_error>([&] { codec<Anything>::decode(bad); }).id == 101);
  }
  CHECK(error_of<json::out_of_range>([] { codec<Anything>::decode("1e400"); }).id == 406);
  CHECK(error_of<std::invalid_argument>([] { codec<Anything>::decode(""); }).what() ==
        "the stored event has none, and this type needs one (metadata: declare it as std::optional<M> when some events "
        "have none)"s);
}

TEST_CASE("text with NUL is refused, as nothing behind it would be looked at") {
  for (const std::string& bad : {"1\0"s, "1\0 and anything"s, "\0"s, "{\"a\":\"b\0c\"}"s}) {
    CHECK(error_of<std::invalid_argument>([&] { codec<Anything>::decode(bad); }).what() ==
          "it has a NUL at byte " + std::to_string(bad.find('\0')));
    CHECK(error_of<castore::EventDecodeError>([&] { record_to_json({"a", 1, "A", at(0), bad, ""}); }).version() == 1);
  }
}

TEST_CASE("a type without fields needs nothing and is no JSON at all") {
  STATIC_REQUIRE(castore::HasCodec<Empty>);
  STATIC_REQUIRE_FALSE(castore::JsonConvertible<Empty>);
  CHECK(codec<Empty>::encode({}).empty());
  codec<Empty>::decode("");
  codec<Empty>::decode("{}");  // as other programs may write it
}

TEST_CASE("a type has a codec when nlohmann converts it both ways") {
  STATIC_REQUIRE(castore::JsonConvertible<PokemonAppeared>);
  STATIC_REQUIRE(castore::HasCodec<PokemonAppeared>);
  STATIC_REQUIRE((castore::HasCodec<std::map<std::string, std::vector<int>>>));
  STATIC_REQUIRE_FALSE(castore::HasCodec<NoWay>);
  STATIC_REQUIRE_FALSE(castore::HasCodec<OneWay>);
}
