// SPDX-License-Identifier: MIT
#include <castore/testing/event_schema.hpp>
#include "support/catch.hpp"
#include "support/field_kinds.hpp"
#include "testing/failure_of.hpp"

#include <castore/core/events.hpp>
#include <castore/reflection.hpp>
#include <castore/testing/failure.hpp>

#include <nlohmann/json.hpp>

#include <cstdlib>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

#include <unistd.h>

using castore::testing::check_event_schema;
using kit_tests::failure_of;

namespace event_schema_test {

enum class Ball { poke, great };
namespace before {
struct Caught {
  static constexpr std::string_view type = "CAUGHT";
  std::string trainer;
  int level = 1;
  Ball ball{};
};
struct Released {
  static constexpr std::string_view type = "RELEASED";
};
}  // namespace before
namespace after {
struct Caught {
  static constexpr std::string_view type = "CAUGHT";
  using Metadata = std::optional<std::string>;
  std::string trainer_id;
  std::optional<int> level;
  Ball ball{};
  static constexpr auto added_fields = castore::fields(&Caught::ball);
};
struct Fled {
  static constexpr std::string_view type = "FLED";
};
}  // namespace after

using PokemonEvents = castore::Events<after::Caught, after::Fled>;

/// The schema of "before" in a file.
struct SchemaFile {
  std::filesystem::path path = std::filesystem::temp_directory_path() / ("castore_schema_" + std::to_string(getpid()));
  SchemaFile() {
    setenv("CASTORE_WRITE_SCHEMAS", "1", 1);
    check_event_schema<castore::Events<before::Caught, before::Released>>(path);
    unsetenv("CASTORE_WRITE_SCHEMAS");
  }
  SchemaFile(const SchemaFile&) = delete;
  SchemaFile& operator=(const SchemaFile&) = delete;
  ~SchemaFile() { std::filesystem::remove(path); }
};

}  // namespace event_schema_test

using namespace event_schema_test;

TEST_CASE("the schema of every kind of field is the committed one, with every compiler") {
  CHECK_NOTHROW(check_event_schema<castore_tests::field_kinds::Events>("field_kinds.schema.json"));
}

// [lock]
TEST_CASE("the schema of our events is the committed one") {
  castore::testing::check_event_schema<PokemonEvents>("pokemon_events.schema.json");
}
// [/lock]

TEST_CASE("events with their committed schema pass, also where a struct has another name") {
  const SchemaFile file;
  CHECK_NOTHROW(check_event_schema<castore::Events<before::Caught, before::Released>>(file.path));
  CHECK_NOTHROW(check_event_schema<castore::Events<before::Released, before::Caught>>(file.path));
}

TEST_CASE("events with another schema fail with a line for each difference") {
  const SchemaFile file;
  const std::string failure =
      failure_of([&] { check_event_schema<castore::Events<after::Caught, after::Fled>>(file.path); });
  CHECK(failure == "castore: the events no longer have the schema " + file.path.string() +
                       R"(:
  CAUGHT.payload.ball.default: is new, "poke"
  CAUGHT.payload.level: was {"maximum":2147483647,"minimum":-2147483648,"type":"integer"}, is {"anyOf":[{"maximum":2147483647,"minimum":-2147483648,"type":"integer"},{"type":"null"}]}
  CAUGHT.payload.trainer: is gone; it was {"type":"string"}
  CAUGHT.payload.trainer_id: is new, {"type":"string"}
  CAUGHT.payload: may be missing now: "level", "ball"
  CAUGHT.metadata: is new, {"anyOf":[{"type":"string"},{"type":"null"}]}
  RELEASED: is gone; it was {"properties":{"type":{"const":"RELEASED"}},"required":["type"],"type":"object"}
  FLED: is new, {"properties":{"type":{"const":"FLED"}},"required":["type"],"type":"object"}
)"
                       "Stored events have the form of the file. Keep it (json_names, enum_names, added_fields, "
                       "std::optional), or, when they "
                       "can\nstill be read, run the test once with CASTORE_WRITE_SCHEMAS=1 in its "
                       "environment and commit the file.");
}

TEST_CASE("a schema that is not there, or is no JSON, is told with what to do") {
  const auto here = castore::testing::detail::folder_of_source(__FILE__) / "event_schema.test.cpp";
  const std::string failure = failure_of([] { check_event_schema<castore::Events<after::Fled>>("none.json"); });
  CHECK(failure.ends_with(
      "none.json; run the test once with CASTORE_WRITE_SCHEMAS=1 in its environment and commit the file"));
  CHECK(failure_of([] { check_event_schema<castore::Events<after::Fled>>("event_schema.test.cpp"); }) ==
        "castore: the schema " + here.string() +
            " is not JSON; run the test once with CASTORE_WRITE_SCHEMAS=1 in its environment and commit the file");
}
