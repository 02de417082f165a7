// SPDX-License-Identifier: MIT
#include <castore/json/values.hpp>
#include <castore/adapters/in_memory.hpp>
#include <castore/core/event_store.hpp>
#include <castore/json.hpp>
#include "core/support.hpp"
#include "support/catch.hpp"

#include <nlohmann/json.hpp>

#include <array>
#include <chrono>
#include <cmath>
#include <cstdint>
#include <limits>
#include <map>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

using castore::codec;
using castore_tests::error_of;
using nlohmann::json;
using namespace std::string_literals;

namespace values_test {

enum class Ball { poke, great, ultra };
NLOHMANN_JSON_SERIALIZE_ENUM(Ball, {{Ball::poke, "poke"}, {Ball::great, "great"}})

struct Move {
  std::string name;
  const int power = 0;
  friend bool operator==(const Move&, const Move&) = default;
};
struct Caught {
  static constexpr std::string_view type = "CAUGHT";
  std::string trainer;
  std::optional<std::string> nickname;
  std::optional<Move> best;
  Move first;
  std::vector<int> levels;
  json anything;
  castore::Timestamp at{};
  std::chrono::seconds chase{};
  friend bool operator==(const Caught&, const Caught&) = default;
};
struct ConstFields {
  const std::string name;
  const std::vector<json> values;
};
struct Immutable {
  explicit Immutable(int number_) : number{number_} {}
  int number;
};
struct HoldsImmutable {
  Immutable value;
  int more;
};

/// Found fields, some with an enumeration in them.
struct Thrown {
  std::string by;
  Ball ball{};
  std::optional<Ball> second;
  std::vector<Ball> others;
};
struct Bag {
  Thrown last;
  std::optional<Thrown> before;
};
/// The same by a macro, without `==`.
struct Declared {
  Ball ball{};
  std::vector<std::pair<int, Ball>> pairs;
  NLOHMANN_DEFINE_TYPE_INTRUSIVE(Declared, ball, pairs)
};
struct DeclaredBag {
  std::map<std::string, std::vector<Declared>> balls;
  NLOHMANN_DEFINE_TYPE_INTRUSIVE(DeclaredBag, balls)
};
struct Comparable {
  int kept = 0;
  int forgotten = 0;
  friend bool operator==(const Comparable&, const Comparable&) = default;
  NLOHMANN_DEFINE_TYPE_INTRUSIVE(Comparable, kept)
};
struct HoldsComparable {
  std::string name;
  std::vector<Comparable> values;
};
class Closed {
  int kept_ = 0;
  int forgotten_ = 0;

 public:
  Closed() = default;
  Closed(int kept, int forgotten) : kept_{kept}, forgotten_{forgotten} {}
  friend bool operator==(const Closed&, const Closed&) = default;
  NLOHMANN_DEFINE_TYPE_INTRUSIVE(Closed, kept_)
};
struct Validated {
  int positive = 1;
  friend bool operator==(const Validated&, const Validated&) = default;
  friend void to_json(json& target, const Validated& source) { target = source.positive; }
  friend void from_json(const json& source, Validated& target) {
    if (source < 1) throw std::domain_error{"not positive"};
    target.positive = source;
  }
};
struct DeclaredTwice {
  std::multimap<std::string, int> values;
  NLOHMANN_DEFINE_TYPE_INTRUSIVE(DeclaredTwice, values)
};
struct Unordered {
  std::unordered_map<std::string, Declared> values;
};

struct Exact {
  int number = 1;
  NLOHMANN_DEFINE_TYPE_INTRUSIVE(Exact, number)
};
struct Event {
  static constexpr std::string_view type = "THROWN";
  using Metadata = Declared;
  Ball ball{};
  NLOHMANN_DEFINE_TYPE_INTRUSIVE(Event, ball)
};

/// What is said, by a FieldError where there is a field to name.
template <class Function>
std::string message_of(const Function& function) {
  try {
    function();
  } catch (const castore::FieldError& error) {
    CHECK_FALSE(error.field().empty());
    return error.what();
  } catch (const std::invalid_argument& error) {
    CHECK_FALSE(std::string_view{error.what()}.starts_with("field"));
    return error.what();
  }
  return {};
}
template <class Value>
std::string refusal_of(const Value& value) {
  return message_of([&] { codec<Value>::encode(value); });
}
std::string changed(const std::string& field) {
  return "field '" + field +
         "': it does not come back from JSON as it was (does NLOHMANN_JSON_SERIALIZE_ENUM list each enumerator, does to_json "
         "write each field?)";
}

}  // namespace values_test

template <>
struct nlohmann::adl_serializer<values_test::Immutable> {
  static void to_json(json& target, const values_test::Immutable& source) { target = source.number; }
  static values_test::Immutable from_json(const json& source) { return values_test::Immutable{source.get<int>()}; }
};

using namespace values_test;

TEST_CASE("a struct without JSON functions is stored by its fields and comes back") {
  const Caught caught{"ash",
                      "Pika",
                      Move{"thunder", 110},
                      {"tackle", 40},
                      {1, 2},
                      {{"a", {1, nullptr}}},
                      castore_tests::at(7),
                      std::chrono::seconds{90}};
  CHECK(json::parse(codec<Caught>::encode(caught)) == json::parse(R"({
    "trainer": "ash", "nickname": "Pika", "best": {"name": "thunder", "power": 110},
    "first": {"name": "tackle", "power": 40}, "levels": [1, 2], "anything": {"a": [1, null]},
    "at": "2022-01-01T00:00:00.007Z", "chase": 90})"));
  CHECK(codec<Caught>::decode(codec<Caught>::encode(caught)) == caught);
}

TEST_CASE("an optional field is left out when it is empty, and absent or null when it is read") {
  const Caught caught{"ash", {}, {}, {"tackle", 40}, {}, nullptr, castore_tests::at(0), {}};
  const json stored = json::parse(codec<Caught>::encode(caught));
  CHECK_FALSE(stored.contains("nickname"));
  CHECK_FALSE(stored.contains("best"));
  CHECK(stored.contains("anything"));
  CHECK(codec<Caught>::decode(stored.dump()) == caught);
  json with_null = stored;
  with_null["nickname"] = nullptr;
  with_null["best"] = nullptr;
  with_null["unknown"] = 1;
  CHECK(codec<Caught>::decode(with_null.dump()) == caught);
}

TEST_CASE("fields may be const, and of types without a default constructor") {
  const std::vector<json> values{json::array({1}), {{"a", 2}}, nullptr};
  const ConstFields back = codec<ConstFields>::decode(codec<ConstFields>::encode({"x", values}));
  CHECK(back.name == "x");
  CHECK(back.values == values);
  CHECK(codec<HoldsImmutable>::encode({Immutable{5}, 6}) == R"({"more":6,"value":5})");
  CHECK(codec<HoldsImmutable>::decode(R"({"more":6,"value":5})").value.number == 5);
}

TEST_CASE("JSON that does not fit a struct is refused with the field") {
  const auto refusal = [](std::string_view text) {
    return message_of([&] { codec<Bag>::decode(text); });
  };
  CHECK(refusal("[]") == "it must be an object, but is of type array");
  CHECK(refusal("{}") == "field 'last': it is missing");
  CHECK(refusal(R"({"last":1})") == "field 'last': it must be an object, but is of type number");
  CHECK(refusal(R"({"last":null})") == "field 'last': it must be an object, but is of type null");
  CHECK(refusal(R"({"last":{}})") == "field 'last.by': it is missing");
  CHECK(refusal(R"({"last":{"by":1}})") == "field 'last.by': it must be a string, but is of type number");
  CHECK(refusal(R"({"last":{"by":"ash","ball":"poke","others":"x"}})") ==
        "field 'last.others': it must be an array, but is of type string");
  CHECK(error_of<castore::FieldError>([] {
          codec<Caught>::decode(R"({"trainer":"","first":{"name":"","power":1},"levels":[],"anything":1,"at":"now"})");
        }).what() == "field 'at': 'now' is not an ISO 8601 date and time"s);
}

TEST_CASE("what text cannot hold is refused with the way to it") {
  Caught caught{"ash", {}, {}, {"tackle", 40}, {}, nullptr, castore_tests::at(0), {}};
  caught.anything = {{"a", {1, {{"b c", std::nan("")}}}}};
  CHECK(refusal_of(caught) == "field 'anything.a[1].b c': JSON has neither NaN nor infinity");
  caught.anything = {1, -std::numeric_limits<double>::infinity()};
  CHECK(refusal_of(caught) == "field 'anything[1]': JSON has neither NaN nor infinity");
  caught.anything = json::binary({1});
  CHECK(refusal_of(caught) == "field 'anything': JSON has no binary values; encode them as text");
  caught.anything = json::array({"a", json::array({"b\xFF"})});
  CHECK(refusal_of(caught) == "field 'anything[1][0]': its text is not UTF-8 (byte 1)");
  caught.anything = {{"a\xFF", 1}};
  CHECK(refusal_of(caught) == "field 'anything.a\\xFF': its text is not UTF-8 (byte 1)");
  caught.anything = nullptr;
  caught.nickname = "\xED\xA0\x80";
  CHECK(refusal_of(caught) == "field 'nickname': its text is not UTF-8 (byte 0)");
  caught.nickname.reset();
  caught.at = castore::latest_timestamp + std::chrono::milliseconds{1};
  CHECK(refusal_of(caught) == "field 'at': a point in time lies outside the years 0000 to 9999");
}

TEST_CASE("an enumerator that has no text is refused with its field, in a found struct") {
  const Thrown usual{"ash", Ball::great, Ball::poke, {Ball::poke, Ball::great}};
  CHECK(json::parse(codec<Thrown>::encode(usual)) ==
        json::parse(R"({"by":"ash","ball":"great","second":"poke","others":["poke","great"]})"));
  CHECK(codec<Thrown>::decode(codec<Thrown>::encode(usual)).second == Ball::poke);
  CHECK(refusal_of(Thrown{"ash", Ball::ultra, {}, {}}) == changed("ball"));
  CHECK(refusal_of(Thrown{"ash", Ball::poke, Ball::ultra, {}}) == changed("second"));
  CHECK(refusal_of(Thrown{"ash", Ball::poke, {}, {Ball::great, Ball::ultra}}) == changed("others[1]"));
  CHECK(refusal_of(Bag{{"ash", Ball::ultra, {}, {}}, {}}) == changed("last.ball"));
  CHECK(refusal_of(Bag{usual, Thrown{"ash", Ball::poke, {}, {Ball::ultra}}}) == changed("before.others[0]"));
}

TEST_CASE("an enumerator that has no text is refused with its field, in a declared struct") {
  codec<Declared>::encode({Ball::great, {{1, Ball::great}}});
  CHECK(refusal_of(Declared{Ball::ultra, {}}) == changed("ball"));
  CHECK(refusal_of(Declared{Ball::poke, {{1, Ball::great}, {2, Ball::ultra}}}) == changed("pairs[1]"));
  CHECK(refusal_of(DeclaredBag{{{"a", {}}, {"b", {Declared{}, Declared{Ball::ultra, {}}}}}}) == changed("balls[1][1].ball"));
  CHECK(refusal_of(std::vector<Ball>{Ball::poke, Ball::ultra}) == changed("[1]"));
  CHECK(refusal_of(Ball::ultra) ==
        "it does not come back from JSON as it was (does NLOHMANN_JSON_SERIALIZE_ENUM list each enumerator, does to_json "
        "write each field?)");
}

TEST_CASE("a value that its functions change is refused where it can be asked for equality") {
  codec<Comparable>::encode({1, 0});
  CHECK(refusal_of(Comparable{1, 2}) == changed("forgotten"));
  CHECK(refusal_of(HoldsComparable{"a", {Comparable{1, 0}, Comparable{1, 2}}}) == changed("values[1].forgotten"));
  codec<Closed>::encode(Closed{1, 0});
  CHECK(refusal_of(Closed{1, 2}).starts_with("it does not come back from JSON as it was"));
  codec<Validated>::encode({1});
  CHECK(refusal_of(Validated{-1}) == "its JSON cannot be read back: not positive");
  CHECK(refusal_of(DeclaredTwice{{{"a", 1}, {"a", 2}}}).starts_with("field 'values"));
  codec<DeclaredTwice>::encode({{{"a", 1}, {"b", 2}}});
}

TEST_CASE("what cannot be asked is not: elements without an order, types without == whose fields are exact") {
  codec<Unordered>::encode({{{"a", Declared{}}, {"b", Declared{}}}});
  STATIC_REQUIRE_FALSE(castore::detail::must_be_asked<Exact>);
  STATIC_REQUIRE_FALSE(castore::detail::must_be_asked<Move>);
  STATIC_REQUIRE_FALSE(castore::detail::must_be_asked<std::map<std::string, std::vector<std::optional<double>>>>);
  STATIC_REQUIRE_FALSE(castore::detail::must_be_asked<ConstFields>);
  STATIC_REQUIRE(castore::detail::must_be_asked<std::multimap<std::string, int>>);
  STATIC_REQUIRE(castore::detail::must_be_asked<std::optional<json>>);
  STATIC_REQUIRE(castore::detail::must_be_asked<Bag>);
  STATIC_REQUIRE(castore::detail::must_be_asked<DeclaredBag>);
}

TEST_CASE("null in an optional JSON value is refused, as it would come back as nothing") {
  struct Perhaps {
    std::optional<json> value;
  };
  codec<Perhaps>::encode({json(1)});
  codec<Perhaps>::encode({std::nullopt});
  CHECK(error_of<castore::FieldError>([] { codec<Perhaps>::encode({json(nullptr)}); }).what() == changed("value"));
}

TEST_CASE("a push of what would not come back is refused with event and field, and stores nothing") {
  struct State : castore::Aggregate {};
  struct Reducer {
    void operator()(State&, const Event&) const {}
  };
  castore_tests::RecordStorage storage;
  castore::EventStore<castore::Events<Event>, State, Reducer> store{"STORE", storage};
  const auto error = error_of<castore::EventEncodeError>([&] { store.push_event("a", 1, Event{Ball::ultra}); });
  CHECK(error.event_store_id() == "STORE");
  CHECK(error.aggregate_id() == "a");
  CHECK(error.version() == 1);
  CHECK(error.type() == "THROWN");
  CHECK(std::string_view{error.what()}.find(changed("ball")) != std::string_view::npos);
  CHECK(error_of<castore::EventEncodeError>([&] {
          store.push_event("a", 1, Event{Ball::poke}, {.metadata = {Ball::ultra, {}}});
        }).version() == 1);
  CHECK(store.get_events("a").empty());
  store.push_event("a", 1, Event{Ball::great});
  CHECK(store.get_events("a").size() == 1);
}

TEST_CASE("what a field of any kind cannot hold in JSON is refused with the way to it") {
  enum class Flags { one = 1, two = 2 };
  struct Part {
    std::vector<std::map<std::string, Flags>> flags;
    std::map<Flags, int> counts;
    std::vector<castore::Timestamp> times;
    std::chrono::duration<float> span{};
  };
  struct Whole {
    std::array<Part, 1> parts;
  };
  Whole whole{};
  const auto refused = [](const Whole& value) { return refusal_of(value); };
  whole.parts[0].flags = {{}, {{"a.b", static_cast<Flags>(3)}}};
  CHECK(refused(whole) ==
        "field 'parts[0].flags[1].a.b': its enumeration has no name for the value 3 (where it is an enumerator, give it one "
        "by castore::enum_names)");
  whole.parts[0].flags.clear();
  whole.parts[0].counts = {{static_cast<Flags>(0), 1}};
  CHECK(refused(whole).starts_with("field 'parts[0].counts': its enumeration has no name for the value 0"));
  whole.parts[0].counts.clear();
  whole.parts[0].times = {castore::latest_timestamp + std::chrono::milliseconds{1}};
  CHECK(refused(whole) == "field 'parts[0].times[0]': a point in time lies outside the years 0000 to 9999");
  whole.parts[0].times.clear();
  whole.parts[0].span = std::chrono::duration<float>{std::numeric_limits<float>::infinity()};
  CHECK(refused(whole) == "field 'parts[0].span': JSON has neither NaN nor infinity");
}

TEST_CASE("an optional value that holds an empty one is refused, as JSON has one form for both") {
  struct Twice {
    std::optional<std::optional<int>> twice;
  };
  Twice value;
  CHECK(codec<Twice>::encode(value) == "{}");
  value.twice.emplace(7);
  CHECK(codec<Twice>::decode(codec<Twice>::encode(value)).twice == value.twice);
  value.twice.emplace();
  const auto error = error_of<castore::FieldError>([&] { codec<Twice>::encode(value); });
  CHECK(error.field() == "twice");
  CHECK(error.reason().find("it does not come back from JSON as it was") == 0);
}
