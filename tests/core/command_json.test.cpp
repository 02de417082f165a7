// SPDX-License-Identifier: MIT
#include <castore/core/command.hpp>

#include <castore/castore.hpp>
#include "core/pokemons.hpp"
#include "core/support.hpp"
#include "support/catch.hpp"

#include <nlohmann/json.hpp>

#include <cstddef>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

namespace command_json_tests {

using castore::Command;
using castore::InvalidInputError;
using castore_tests::cause_of;
using castore_tests::error_of;
using castore_tests::Pokemon;
using castore_tests::PokemonAppeared;
using castore_tests::PokemonLeveledUp;
using castore_tests::PokemonStore;

struct Appearance {
  std::string name;
  int level = 1;
};
struct Appear {
  Appearance what;
  std::optional<std::string> place;

  static void validate(const Appear& appear) {
    if (appear.what.level > 100) throw castore::InvalidEventError{"what.level", "it is at most 100"};
  }
};

struct Fixture {
  castore::InMemoryEventStorageAdapter storage{};
  PokemonStore pokemons{"POKEMONS", storage};
};

PokemonAppeared appear(const std::optional<Pokemon>&, const Appear& input, int more) {
  return {input.what.name + input.place.value_or(""), input.what.level + more};
}

TEST_CASE("a command takes its input as JSON, and its context as it is") {
  Fixture fixture;
  const Command command{"APPEAR", fixture.pokemons, appear};
  CHECK(command.call_json("a", R"({"what": {"name": "Pikachu", "level": 5}})", 1).aggregate.level == 6);
  const nlohmann::json json{{"what", {{"name", "Rai"}, {"level", 7}}}, {"place", "chu"}};
  CHECK(command.call_json("b", json, 1).aggregate.name == "Raichu");

  const Command train{"TRAIN", fixture.pokemons, [](const Pokemon&, int times) {
                        return std::vector<PokemonLeveledUp>(static_cast<std::size_t>(times));
                      }};
  CHECK(train.call_json("a", "2").aggregate.level == 8);

  const Command rename{"RENAME", std::tie(fixture.pokemons), [](const Appear& input, PokemonStore& store, int version) {
                         return store.push_event("a", version, PokemonAppeared{input.what.name}).event.payload.name;
                       }};
  CHECK(rename.call_json(R"({"what": {"name": "Pika", "level": 5}})", 4) == "Pika");
}

TEST_CASE("an input that is not what the command takes is InvalidInputError with the way to the field") {
  Fixture fixture;
  const Command command{"APPEAR", fixture.pokemons, appear};
  const auto error = [&](const char* json) {
    return error_of<InvalidInputError>([&] { command.call_json("a", json, 0); });
  };
  CHECK(error(R"({"what": {"level": 5}})").field() == "what.name");
  CHECK(error(R"({"what": {"level": 5}})").command_id() == "APPEAR");
  CHECK(error(R"({"what": {"level": 5}})").what() ==
        std::string_view{"castore: the input of command 'APPEAR' is not valid: field 'what.name': it is missing"});
  CHECK(error(R"({"what": {"name": "Pikachu", "level": "x"}})").field() == "what.level");
  CHECK(error(R"({"what": 3})").field() == "what");
  CHECK(error(R"({"what": {"name": "Pikachu", "level": 5}, "place": []})").field() == "place");
  {  // one that the input does not have, on each level, is said with those that it has
    const auto unknown = error(R"({"what": {"nmae": "Pikachu", "level": 5}})");
    CHECK(unknown.field() == "what.nmae");
    CHECK(unknown.what() == std::string_view{"castore: the input of command 'APPEAR' is not valid: field 'what.nmae': "
                                             "it is not known; known are: name, level"});
    CHECK(error(R"({"what": {"name": "Pikachu", "level": 5}, "plcae": "x"})").field() == "plcae");
  }
  CHECK(error("3").field().empty());
  CHECK(error("{").field().empty());
  CHECK(error("").field().empty());
  CHECK(cause_of<nlohmann::json::parse_error>([&] { command.call_json("a", "{", 0); }).id == 101);
  CHECK(cause_of<castore::FieldError>([&] { command.call_json("a", R"({"what": 3})", 0); }).field() == "what");
  CHECK(fixture.pokemons.get_events("a").empty());
}

TEST_CASE("an input that its validate refuses is InvalidInputError, and nothing is decided") {
  Fixture fixture;
  int calls = 0;
  const Command command{"APPEAR", fixture.pokemons, [&calls](const std::optional<Pokemon>&, const Appear& input) {
                          ++calls;
                          return PokemonAppeared{input.what.name, 1};
                        }};
  const auto error =
      error_of<InvalidInputError>([&] { command.call_json("a", R"({"what": {"name": "Pikachu", "level": 101}})"); });
  CHECK(error.field() == "what.level");
  CHECK(error.what() ==
        std::string_view{"castore: the input of command 'APPEAR' is not valid: field 'what.level': it is at most 100"});
  CHECK(calls == 0);
}

}  // namespace command_json_tests
