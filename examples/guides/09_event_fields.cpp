// SPDX-License-Identifier: MIT
// What the fields of an event may be.

#include <castore/castore.hpp>

#include <chrono>
#include <cstdint>
#include <exception>
#include <iostream>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

// [money]
struct Money {
  std::int64_t minor_units = 0;  // cents: a double would round
  std::string currency;          // "EUR"
};
// [/money]

// [enum]
enum class Ball { poke, great, ultra };
enum class Weather { sun, rain };

template <>
inline constexpr auto castore::enum_names<Weather> = castore::rename(Weather::sun, "SUNNY", Weather::rain, "RAINY");
// [/enum]

// [identifier]
class TrainerId {
 public:
  explicit TrainerId(std::string text) : text_(std::move(text)) {}
  const std::string& text() const { return text_; }

 private:
  std::string text_;
};

template <>
struct castore::codec<TrainerId> {
  static std::string encode(const TrainerId& id) { return castore::codec<std::string>::encode(id.text()); }
  static TrainerId decode(std::string_view json) { return TrainerId{castore::codec<std::string>::decode(json)}; }
};
// [/identifier]

namespace geo {

/// Somebody else's, with private fields.
class Point {
 public:
  Point() = default;
  Point(double x, double y) : x_{x}, y_{y} {}
  double x() const { return x_; }
  double y() const { return y_; }

 private:
  double x_ = 0;
  double y_ = 0;
};

}  // namespace geo

// [third-party]
template <>
struct nlohmann::adl_serializer<geo::Point> {
  static void to_json(json& json, const geo::Point& point) { json = {point.x(), point.y()}; }
  static void from_json(const json& json, geo::Point& point) { point = geo::Point{json.at(0), json.at(1)}; }
};
// [/third-party]

// [variant]
struct Fished {
  static constexpr std::string_view type = "FISHED";
  std::string rod;
};
struct Traded {
  static constexpr std::string_view type = "TRADED";
  TrainerId with;
};
// [/variant]

// [event]
struct Move {
  std::string name;
  int power = 0;
};

struct PokemonCaught {
  static constexpr std::string_view type = "POKEMON_CAUGHT";
  TrainerId trainer_id;
  Ball ball = Ball::poke;
  Weather weather = Weather::sun;
  std::optional<std::string> nickname;
  std::vector<Move> moves;
  std::map<Ball, int> balls_left;
  std::variant<Fished, Traded> how;
  Money price;
  geo::Point place;
  castore::Timestamp caught_at{};
  std::chrono::seconds chase{};
};
// [/event]

// [names]
struct PokemonReleased {
  static constexpr std::string_view type = "POKEMON_RELEASED";
  std::string trainer_id;
  std::string reason = "unknown";
  Ball ball = Ball::poke;

  static constexpr auto json_case = castore::JsonCase::camel;
  static constexpr auto json_names = castore::rename(&PokemonReleased::ball, "kind");
  static constexpr auto added_fields = castore::fields(&PokemonReleased::reason);
};
// [/names]

int main() {
  PokemonCaught caught{.trainer_id = TrainerId{"ash"},
                       .ball = Ball::great,
                       .weather = Weather::rain,
                       .nickname = {},
                       .moves = {{"surf", 90}},
                       .balls_left = {{Ball::poke, 3}},
                       .how = Fished{"old rod"},
                       .price = {1999, "EUR"},
                       .place = {1.5, 2},
                       .caught_at = *castore::parse_timestamp("2022-01-01T12:00:00Z"),
                       .chase = std::chrono::minutes{2}};
  const std::string text = castore::codec<PokemonCaught>::encode(caught);
  std::cout << nlohmann::json::parse(text).dump(1) << '\n';
  std::cout << castore::codec<PokemonCaught>::decode(text).place.x() << '\n';

  std::cout << castore::codec<PokemonReleased>::encode({"ash", "hungry", Ball::ultra}) << '\n';
  std::cout << castore::codec<PokemonReleased>::decode(R"({"trainerId":"ash","kind":"poke"})").reason << '\n';

  for (const char* const wrong : {R"({"trainerId":"ash"})", R"({"trainerId":"ash","kind":"net"})"}) {
    try {
      castore::codec<PokemonReleased>::decode(wrong);
    } catch (const std::exception& error) {
      std::cout << error.what() << '\n';
    }
  }
}
