// SPDX-License-Identifier: MIT
#include <castore/testing/check_events.hpp>

#include <castore/castore.hpp>
#include "support/catch.hpp"
#include "testing/failure_of.hpp"
#include "testing/pokemons.hpp"

#include <limits>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace check_events_tests {

using castore::testing::check_events;
using kit_tests::failure_of;

struct Move {
  std::string name;
  std::optional<double> power;
  NLOHMANN_DEFINE_TYPE_INTRUSIVE(Move, name, power)
};
struct Learned {
  static constexpr std::string_view type = "LEARNED";
  struct Metadata {
    std::string teacher;
  };
  std::vector<Move> moves;
  Move best;
  std::map<std::string, int> uses;
  castore::Timestamp at{};
};
/// Its JSON forgets a field.
struct Forgetful {
  static constexpr std::string_view type = "FORGETFUL";
  struct Metadata {
    std::string device;
    int place = 0;
    NLOHMANN_DEFINE_TYPE_INTRUSIVE(Metadata, device)
  };
  int kept = 0;
  Move forgotten{};

  friend void to_json(nlohmann::json& json, const Forgetful& event) { json = {{"kept", event.kept}}; }
  friend void from_json(const nlohmann::json& json, Forgetful& event) { event.kept = json.at("kept"); }
};
struct NoDefault {
  static constexpr std::string_view type = "NO_DEFAULT";
  explicit NoDefault(int value_) : value{value_} {}
  friend bool operator==(const NoDefault&, const NoDefault&) = default;
  int value;
};
struct Ended {
  static constexpr std::string_view type = "ENDED";
};
using Good = castore::Events<Learned, Ended>;

}  // namespace check_events_tests

template <>
struct castore::codec<check_events_tests::NoDefault> {
  static std::string encode(const check_events_tests::NoDefault& event) { return std::to_string(event.value); }
  static check_events_tests::NoDefault decode(std::string_view json) {
    return check_events_tests::NoDefault{std::stoi(std::string{json})};
  }
};

namespace check_events_tests {

TEST_CASE("check_events passes when all samples, and what it makes up, come back from their JSON") {
  CHECK(check_events<Good>());
  CHECK(check_events<Good>(Learned{.moves = {{"Bite", 60}, {"Growl", {}}}, .best = {}, .uses = {{"Bite", 1}}}, Ended{},
                           castore::with_metadata(Learned{}, {.teacher = "oak"}),
                           castore::EventDetail<Learned>{.payload = {}, .metadata = {.teacher = "ash"}}));
  CHECK(check_events<kit_tests::PokemonStore>());
}

TEST_CASE("check_events shows what a sample loses, field by field") {
  const std::string begin =
      "the payload of FORGETFUL does not come back from its JSON as it was (expected: as it was, actual: as it comes "
      "back)\n";
  CHECK(failure_of([] {
          check_events<castore::Events<Forgetful>>(Forgetful{1, {"Bite", 60}});
        }) == begin +
                  "  expected                    actual\n"
                  "    forgotten.name: \"Bite\" !=   forgotten.name: \"\"\n"
                  "    forgotten.power: 60.0  !=   forgotten.power: (none)\n");
  CHECK(check_events<castore::Events<Forgetful>>(Forgetful{1, {}}));
  CHECK(
      failure_of([] {
        check_events<castore::Events<Forgetful>>(castore::with_metadata(Forgetful{1, {}}, {.device = "a", .place = 2}));
      }) ==
      "the metadata of FORGETFUL does not come back from its JSON as it was (expected: as it was, actual: as it comes "
      "back)\n"
      "  expected      actual\n"
      "    place: 2 !=   place: 0\n");
  CHECK(
      failure_of([] {
        check_events<Good>(Learned{.moves = {}, .best = {"Bite", std::numeric_limits<double>::infinity()}, .uses = {}});
      }) == "the payload of LEARNED cannot be stored: field 'best.power': JSON has neither NaN nor infinity\n");
}

TEST_CASE("check_events makes up an event of each type without a sample, and so finds what its JSON forgets") {
  CHECK(failure_of([] { check_events<castore::Events<Ended, Forgetful>>(Ended{}); }) ==
        "the payload of FORGETFUL does not come back from its JSON as it was (expected: as it was, actual: as it comes "
        "back)\n"
        "  expected                    actual\n"
        "    forgotten.name: \"text\" !=   forgotten.name: \"\"\n"
        "    forgotten.power: 1.0   !=   forgotten.power: (none)\n");
  CHECK(failure_of([] { check_events<castore::Events<NoDefault>>(); }) ==
        "check_events: NO_DEFAULT cannot be made up, as it has no default constructor; give a sample of it\n");
  CHECK(check_events<castore::Events<NoDefault>>(NoDefault{3}));
}

}  // namespace check_events_tests
