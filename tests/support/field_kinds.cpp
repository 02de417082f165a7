// SPDX-License-Identifier: MIT
#include "support/field_kinds.hpp"

#include <castore/core/aggregate.hpp>
#include <castore/core/errors.hpp>
#include <castore/core/event_storage_adapter.hpp>
#include <castore/core/event_store.hpp>
#include <castore/core/timestamp.hpp>
#include "core/support.hpp"
#include "support/catch.hpp"

#include <limits>

namespace castore_tests::field_kinds {

namespace {

template <class Number>
Number least() {
  return std::numeric_limits<Number>::lowest();
}
template <class Number>
Number most() {
  return (std::numeric_limits<Number>::max)();
}

struct State : castore::Aggregate {};
struct Reducer {
  void operator()(State&, const auto&) const {}
};
using Store = castore::EventStore<Events, State, Reducer>;

Numbers extreme_numbers(bool are_least) {
  const auto pick = [are_least]<class Number>(Number& number) {
    number = are_least ? least<Number>() : most<Number>();
  };
  Numbers numbers;
  numbers.flag = !are_least;
  numbers.byte = are_least ? std::byte{0} : std::byte{255};
  pick(numbers.letter);
  pick(numbers.i8);
  pick(numbers.u8);
  pick(numbers.i16);
  pick(numbers.u16);
  pick(numbers.i32);
  pick(numbers.u32);
  pick(numbers.i64);
  pick(numbers.u64);
  pick(numbers.single);
  numbers.real = are_least ? -9.8765432101234567e120 : 1.2345678901234567e-120;  // DynamoDB holds no larger ones
  return numbers;
}

Values usual_values() {
  return {.text = "ash \"\\/\b\f\n\r\t\x01 \xC3\xA9 \xF0\x9F\x90\x89",
          .ball = Ball::ultra,
          .color = green,
          .old = large,
          .size = Size::many,
          .renamed = Renamed::second,
          .nickname = "",
          .best = Move{"thunder", 110},
          .trainer = TrainerId{"trainer/1"},
          .price = Money{-1},
          .move = {"tackle", 40},
          .last = {Move{"cut", 50}},
          .nothing = {},
          .tree = {{{}, {{{}}}}},
          .how = ByBall{Ball::marked},
          .anything = {{"a", {1, nullptr, "x"}}},
          .constant = 7};
}
Containers usual_containers() {
  return {.moves = {{"a", 1}, {"", -1}},
          .flags = {true, false},
          .balls = {Ball::poke, Ball::gone},
          .levels = {1, std::nullopt},
          .numbers = {1, 2, 3},
          .two = {ByBall{Ball::great}, ByBall{Ball::poke}},
          .seen = {Ball::great, Ball::ultra},
          .words = {"one", "two"},
          .tuple = {1, "x", Ball::great},
          .priced = {ByBall{Ball::great}, Money{5}},
          .by_name = {{"", {"e", 5}}, {"a.b", {"f", 6}}},
          .counts = {{"a", 1}, {"b", 2}},
          .by_ball = {{Ball::poke, {}}, {Ball::ultra, {Ball::great}}},
          .by_size = {{Size::many, 1}},
          .by_number = {{-1, Ball::great}, {1, Ball::poke}},
          .repeated = {{"a", 1}, {"a", 2}},
          .hows = {ByHand{}, ByBall{Ball::ultra}}};
}
Nested usual_nested() {
  Nested nested{.twice = 2,
                .maybe_moves = {{Move{"a", 1}, std::nullopt}},
                .by_chance = {{"", std::nullopt}, {"a", 1}},
                .by_sign = {{Sign::minus, 1}, {Sign::plus, 2}},
                .by_time = {{at(0), true}, {castore::earliest_timestamp, false}},
                .bytes = {std::byte{0}, std::byte{255}},
                .grid = {{{1, 2}, {3, 4}}},
                .repeated = {1, 1, 2},
                .alone = {7},
                .unit = u'\xFFFF',
                .long_pause = std::chrono::hours{-1}};
  nested.wide.f01 = 1;
  nested.wide.f64 = 64;
  return nested;
}
Times time_at(castore::Timestamp at, std::int64_t count) {
  using namespace std::chrono;
  return {.at = at,
          .second = floor<seconds>(at),
          .exactly = at,
          .most_exactly = sys_time<nanoseconds>{nanoseconds{count}},
          .pause = seconds{count},
          .short_pause = milliseconds{-count},
          .measured = duration<double>{0.1}};
}

}  // namespace

std::vector<Sample> samples() {
  return {Numbers{},
          extreme_numbers(true),
          extreme_numbers(false),
          Values{},
          usual_values(),
          Containers{},
          usual_containers(),
          Times{},
          time_at(castore::latest_timestamp, 999'999'999),
          time_at(castore::earliest_timestamp, -1),
          Nested{},
          usual_nested(),
          Named{},
          Named{"ash", "pallet", Ball::gone, {}}};
}

const std::vector<Damaged>& damaged() {
  static const std::vector<Damaged> all{
      {"NUMBERS", "flag", "", "field 'flag': it is missing"},
      {"NUMBERS", "flag", "1", "field 'flag': it must be a boolean, but is of type number"},
      {"NUMBERS", "u8", "256", "field 'u8': it must be an integer from 0 to 255, but is 256"},
      {"NUMBERS", "u64", "-1", "field 'u64': it must be an integer from 0 to 18446744073709551615, but is -1"},
      {"NUMBERS", "i32", "1.5", "field 'i32': it must be an integer from -2147483648 to 2147483647, but is 1.5"},
      {"NUMBERS", "i8", "true", "field 'i8': it must be an integer, but is of type boolean"},
      {"NUMBERS", "single", "1e100", "field 'single': its type does not hold 1e+100"},
      {"NUMBERS", "real", "\"1\"", "field 'real': it must be a number, but is of type string"},
      {"VALUES", "text", "null", "field 'text': it must be a string, but is of type null"},
      {"VALUES", "ball", "\"POKE\"",
       "field 'ball': 'POKE' is not an enumerator's text; known are: poke, great, ultra, gone, marked"},
      {"VALUES", "renamed", "\"second\"",
       "field 'renamed': 'second' is not an enumerator's text; known are: first, the second"},
      {"VALUES", "nickname", "1", "field 'nickname': it must be a string, but is of type number"},
      {"VALUES", "best", R"({"power":1})", "field 'best.name': it is missing"},
      {"VALUES", "trainer", "1", "field 'trainer': "},
      {"VALUES", "price", "\"1\"", "field 'price': [json.exception.type_error.302]"},
      {"VALUES", "tree", R"({"children":[{"children":[{}]}]})",
       "field 'tree.children[0].children[0].children': it is missing"},
      {"VALUES", "how", R"({"value":{"ball":"poke"}})", "field 'how.type': it is missing"},
      {"VALUES", "how", R"({"type":"BALL"})", "field 'how.value': it is missing"},
      {"VALUES", "how", R"({"type":"FOOT"})", "field 'how.type': 'FOOT' is not the type of an alternative"},
      {"VALUES", "how", R"({"type":"BALL","value":{"ball":"x"}})",
       "field 'how.value.ball': 'x' is not an enumerator's"},
      {"CONTAINERS", "moves", "{}", "field 'moves': it must be an array, but is of type object"},
      {"CONTAINERS", "levels", "[1,null,\"x\"]", "field 'levels[2]': it must be an integer, but is of type string"},
      {"CONTAINERS", "two", "[]", "field 'two': it must have 2 elements, but has 0"},
      {"CONTAINERS", "tuple", R"([1,"x","poke",4])", "field 'tuple': it must have 3 elements, but has 4"},
      {"CONTAINERS", "seen", R"(["poke","poke"])", "field 'seen': an element occurs twice"},
      {"CONTAINERS", "by_name", "[]", "field 'by_name': it must be an object, but is of type array"},
      {"CONTAINERS", "by_ball", R"({"x":[]})", "field 'by_ball.x': 'x' is not an enumerator's text"},
      {"CONTAINERS", "by_number", R"([[1,"poke"],[1,"great"]])", "field 'by_number': a key occurs twice"},
      {"TIMES", "at", "\"now\"", "field 'at': 'now' is not an ISO 8601 date and time"},
      {"TIMES", "most_exactly", "\"9999-12-31T00:00:00Z\"",
       "field 'most_exactly': '9999-12-31T00:00:00Z' lies outside of what the field's type holds"},
      {"TIMES", "pause", "0.5", "field 'pause': it must be an integer from"},
      {"NESTED", "twice", "\"x\"", "field 'twice': it must be an integer, but is of type string"},
      {"NESTED", "maybe_moves", "[{}]", "field 'maybe_moves[0].name': it is missing"},
      {"NESTED", "by_sign", R"({"more":1})", "field 'by_sign.more': 'more' is not an enumerator's text"},
      {"NESTED", "by_time", "[[1,true]]", "field 'by_time[0][0]': it must be a string, but is of type number"},
      {"NESTED", "grid", "[[1,2],[3]]", "field 'grid[1]': it must have 2 elements, but has 1"},
      {"NESTED", "unit", "65536", "field 'unit': it must be an integer from 0 to 65535, but is 65536"},
      {"NESTED", "wide", R"({"f01":1})", "field 'wide.f02': it is missing"},
      {"NAMED", "trainerId", "", "field 'trainerId': it is missing"},
      {"NAMED", "home", "1", "field 'home': it must be a string, but is of type number"},
      {"NAMED", "thrown", "1", "field 'thrown': it must be a string, but is of type number"},
  };
  return all;
}

std::string damaged_text(const Damaged& change) {
  const auto text_of = [&]<class Value>(const Value& value) {
    nlohmann::json json = nlohmann::json::parse(castore::codec<Value>::encode(value));
    json.erase(std::string{change.member});
    if (!change.value.empty()) json[std::string{change.member}] = nlohmann::json::parse(change.value);
    return json.dump();
  };
  if (change.type == Numbers::type) return text_of(Numbers{});
  if (change.type == Values::type) return text_of(usual_values());
  if (change.type == Containers::type) return text_of(usual_containers());
  if (change.type == Times::type) return text_of(Times{});
  if (change.type == Nested::type) return text_of(usual_nested());
  return text_of(Named{});
}

void check(castore::AnyEventStorageAdapter storage) {
  Store store{"FIELD_KINDS", storage};
  const auto pushed = store.push_events("all", 0, samples());
  CHECK(store.get_events("all") == pushed);

  std::vector<castore::PushRecord> records;
  for (const Damaged& change : damaged()) {
    records.push_back(
        {"FIELD_KINDS",
         {"damaged-" + std::to_string(records.size()), 1, std::string{change.type}, at(0), damaged_text(change), {}}});
  }
  for (const castore::PushRecord& record : records)
    REQUIRE(storage.push_events({&record, 1}, {}) == castore::PushOutcome{});
  for (std::size_t index = 0; index < records.size(); ++index) {
    const std::string id = "damaged-" + std::to_string(index);
    const auto error = error_of<castore::EventDecodeError>([&] { store.get_events(id); });
    INFO(error.what());
    CHECK(error.aggregate_id() == id);
    CHECK(error.type() == damaged()[index].type);
    CHECK(std::string_view{error.what()}.find(damaged()[index].reason) != std::string_view::npos);
  }
}

}  // namespace castore_tests::field_kinds
