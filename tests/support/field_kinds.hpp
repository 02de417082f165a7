// SPDX-License-Identifier: MIT
#ifndef CASTORE_TESTS_SUPPORT_FIELD_KINDS_HPP
#define CASTORE_TESTS_SUPPORT_FIELD_KINDS_HPP

/// @file
/// Events with every kind of field, for all storages: their types, values at the limits, and text that does not fit.

#include <castore/core/any_event_storage_adapter.hpp>
#include <castore/core/events.hpp>
#include <castore/fwd.hpp>
#include <castore/json.hpp>
#include <castore/reflection.hpp>

#include <nlohmann/json.hpp>

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <forward_list>
#include <list>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <tuple>
#include <unordered_map>
#include <unordered_set>
#include <utility>
#include <variant>
#include <vector>

namespace castore_tests::field_kinds {

enum class Ball { poke, great, ultra, gone = 410, marked = 1 << 20 };
enum Color : signed char { red = -128, green = 127 };
enum Old { small = 1, large = 6 };
enum class Size { few, many };
NLOHMANN_JSON_SERIALIZE_ENUM(Size, {{Size::few, "FEW"}, {Size::many, "MANY"}})
enum class Renamed { first, second };
enum class Sign { minus = -1, zero, plus };

/// An identifier as a type of its own, with a castore::codec.
class TrainerId {
 public:
  TrainerId() = default;
  explicit TrainerId(std::string text) : text_(std::move(text)) {}
  const std::string& text() const { return text_; }
  friend bool operator==(const TrainerId&, const TrainerId&) = default;

 private:
  std::string text_;
};
/// A type with JSON functions, which has no default constructor.
struct Money {
  explicit Money(std::int64_t cents_) : cents{cents_} {}
  std::int64_t cents;
  friend bool operator==(const Money&, const Money&) = default;
};

struct Move {
  std::string name;
  const int power = 0;
  friend bool operator==(const Move&, const Move&) = default;
};
struct Nothing {
  friend bool operator==(const Nothing&, const Nothing&) = default;
};
struct Tree {
  std::vector<Tree> children;
  friend bool operator==(const Tree&, const Tree&) = default;
};
struct ByBall {
  static constexpr std::string_view type = "BALL";
  Ball ball{};
  friend bool operator==(const ByBall&, const ByBall&) = default;
};
struct ByHand {
  static constexpr std::string_view type = "HAND";
  friend bool operator==(const ByHand&, const ByHand&) = default;
};

struct Numbers {
  static constexpr std::string_view type = "NUMBERS";
  bool flag = false;
  char letter = 'x';
  std::byte byte{};
  std::int8_t i8 = 0;
  std::uint8_t u8 = 0;
  std::int16_t i16 = 0;
  std::uint16_t u16 = 0;
  std::int32_t i32 = 0;
  std::uint32_t u32 = 0;
  std::int64_t i64 = 0;
  std::uint64_t u64 = 0;
  float single = 0;
  double real = 0;
  friend bool operator==(const Numbers&, const Numbers&) = default;
};
struct Values {
  static constexpr std::string_view type = "VALUES";
  std::string text;
  Ball ball{};
  Color color = red;
  Old old = small;
  Size size{};
  Renamed renamed{};
  std::optional<std::string> nickname;
  std::optional<Move> best;
  TrainerId trainer;
  Money price{0};
  Move move;
  std::array<Move, 1> last;
  Nothing nothing;
  Tree tree;
  std::variant<ByBall, ByHand> how;
  nlohmann::json anything;
  const int constant = 0;
  friend bool operator==(const Values&, const Values&) = default;
};
struct Containers {
  static constexpr std::string_view type = "CONTAINERS";
  std::vector<Move> moves;
  std::vector<bool> flags;
  std::list<Ball> balls;
  std::deque<std::optional<int>> levels;
  std::forward_list<std::int64_t> numbers;
  std::array<ByBall, 2> two;
  std::set<Ball> seen;
  std::unordered_set<std::string> words;
  std::tuple<int, std::string, Ball> tuple;
  std::pair<ByBall, Money> priced{ByBall{}, Money{0}};
  std::map<std::string, Move> by_name;
  std::unordered_map<std::string, int> counts;
  std::map<Ball, std::vector<Ball>> by_ball;
  std::map<Size, int> by_size;
  std::map<int, Ball> by_number;
  std::multimap<std::string, int> repeated;
  std::vector<std::variant<ByBall, ByHand>> hows;
  friend bool operator==(const Containers&, const Containers&) = default;
};
struct Times {
  static constexpr std::string_view type = "TIMES";
  castore::Timestamp at{};
  std::chrono::sys_seconds second{};
  std::chrono::sys_time<std::chrono::microseconds> exactly{};
  std::chrono::sys_time<std::chrono::nanoseconds> most_exactly{};
  std::chrono::seconds pause{};
  std::chrono::milliseconds short_pause{};
  std::chrono::duration<double> measured{};
  friend bool operator==(const Times&, const Times&) = default;
};
/// As many fields as the compiler finds.
struct Wide {
  int f01, f02, f03, f04, f05, f06, f07, f08, f09, f10, f11, f12, f13, f14, f15, f16, f17, f18, f19, f20, f21, f22, f23,
      f24, f25, f26, f27, f28, f29, f30, f31, f32, f33, f34, f35, f36, f37, f38, f39, f40, f41, f42, f43, f44, f45, f46,
      f47, f48, f49, f50, f51, f52, f53, f54, f55, f56, f57, f58, f59, f60, f61, f62, f63, f64;
  friend bool operator==(const Wide&, const Wide&) = default;
};
/// Kinds within kinds.
struct Nested {
  static constexpr std::string_view type = "NESTED";
  std::optional<std::optional<int>> twice;
  std::optional<std::vector<std::optional<Move>>> maybe_moves;
  std::map<std::string, std::optional<int>> by_chance;
  std::map<Sign, int> by_sign;
  std::map<castore::Timestamp, bool> by_time;
  std::vector<std::byte> bytes;
  std::array<std::array<int, 2>, 2> grid{};
  std::multiset<int> repeated;
  std::tuple<int> alone;
  char16_t unit = u'x';
  std::chrono::hours long_pause{};
  Wide wide{};
  friend bool operator==(const Nested&, const Nested&) = default;
};
/// Names as in TypeScript, one of its own, and fields that came later.
struct Named {
  static constexpr std::string_view type = "NAMED";
  std::string trainer_id;
  std::string home_town_;
  Ball added_ball = Ball::great;
  std::vector<int> added_levels{1, 2};
  static constexpr auto json_case = castore::JsonCase::camel;
  static constexpr auto json_names = castore::rename(&Named::home_town_, "home", &Named::added_ball, "thrown");
  static constexpr auto added_fields = castore::fields(&Named::added_ball, &Named::added_levels);
  friend bool operator==(const Named&, const Named&) = default;
};

using Events = castore::Events<Numbers, Values, Containers, Times, Nested, Named>;
using Sample = std::variant<Numbers, Values, Containers, Times, Nested, Named>;

/// Values at the limits, that all storages hold, and usual ones.
std::vector<Sample> samples();

/// Text that is JSON, but not what was stored.
struct Damaged {
  std::string_view type;
  std::string_view member;  ///< Of the JSON of the usual value, which takes this value; none: it is left out.
  std::string_view value;
  std::string_view reason;
};
const std::vector<Damaged>& damaged();
/// The JSON text of a usual value with a change.
std::string damaged_text(const Damaged& change);

/// Pushes and loads all of that.
void check(castore::AnyEventStorageAdapter storage);

}  // namespace castore_tests::field_kinds

template <>
inline constexpr auto castore::enum_names<castore_tests::field_kinds::Renamed> =
    castore::rename(castore_tests::field_kinds::Renamed::second, "the second");

template <>
struct castore::codec<castore_tests::field_kinds::TrainerId> {
  static std::string encode(const castore_tests::field_kinds::TrainerId& id) {
    return codec<std::string>::encode(id.text());
  }
  static castore_tests::field_kinds::TrainerId decode(std::string_view json) {
    return castore_tests::field_kinds::TrainerId{codec<std::string>::decode(json)};
  }
};
template <>
struct nlohmann::adl_serializer<castore_tests::field_kinds::Money> {
  static void to_json(json& target, const castore_tests::field_kinds::Money& source) { target = source.cents; }
  static castore_tests::field_kinds::Money from_json(const json& source) {
    return castore_tests::field_kinds::Money{source.get<std::int64_t>()};
  }
};

#endif
