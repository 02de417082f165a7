// SPDX-License-Identifier: MIT
#include <castore/detail/json_reader.hpp>
#include "support/catch.hpp"

#include <nlohmann/json.hpp>

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

using castore::detail::JsonReader;

namespace {

using Texts = std::vector<std::string>;

std::vector<std::pair<std::string, std::string>> members_of(std::string_view text) {
  std::vector<std::pair<std::string, std::string>> members;
  JsonReader{text}.for_each_member([&](std::string_view name, std::string_view value, std::size_t begin) {
    CHECK(text.substr(begin, name.size()) == name);
    members.emplace_back(name, value);
    return true;
  });
  return members;
}

Texts elements_of(std::string_view text) {
  Texts elements;
  JsonReader{text}.for_each_element([&](std::string_view element) { elements.emplace_back(element); });
  return elements;
}

}  // namespace

TEST_CASE("members and elements are the text that stands there") {
  CHECK(members_of(" { } ").empty());
  CHECK(members_of(R"( {"a" : 1.50 ,"b":{"c":[1,{"}":"]"}] } , "\"}" :"\\", "d":null})") ==
        std::vector<std::pair<std::string, std::string>>{
            {R"("a")", "1.50"}, {R"("b")", R"({"c":[1,{"}":"]"}] })"}, {R"("\"}")", R"("\\")"}, {R"("d")", "null"}});
  CHECK(elements_of("\t[\r\n] ").empty());
  CHECK(elements_of(R"([[], "a,]" ,{"b":[2]},-3e+4 , true])") ==
        Texts{"[]", R"("a,]")", R"({"b":[2]})", "-3e+4", "true"});
}

TEST_CASE("a string ends at its own quote, wherever in it escapes and other letters stand") {
  for (std::size_t before = 0; before < 20; ++before) {
    for (const std::string part : {R"(\")", R"(\\)", R"(\\\")", "\xC3\xA9", "\x7F", ",}]", R"(\u00e9)"}) {
      for (std::size_t after = 0; after < 10; ++after) {
        const std::string quoted = "\"" + std::string(before, 'x') + part + std::string(after, 'y') + "\"";
        CAPTURE(quoted);
        CHECK(elements_of("[" + quoted + "," + quoted + "]") == Texts{quoted, quoted});
        const std::string object = "{" + quoted + " : [" + quoted + "]}";
        CHECK(elements_of("[" + object + ",1]") == Texts{object, "1"});
        CHECK(members_of(object) == std::vector<std::pair<std::string, std::string>>{{quoted, "[" + quoted + "]"}});
      }
    }
  }
}

TEST_CASE("a search among members ends where it is told to, and knows the place") {
  constexpr std::string_view text = R"({"a":[1], "b" : "x", "c":2})";
  JsonReader reader{text};
  std::size_t members = 0;
  reader.for_each_member([&](std::string_view name, std::string_view, std::size_t) {
    ++members;
    return name != R"("b")";
  });
  CHECK(members == 2);
  CHECK(text.substr(0, reader.place()) == R"({"a":[1], "b" : "x")");
}

TEST_CASE("what JSON begins with, behind spaces") {
  using castore::detail::first_of_json;
  CHECK(first_of_json(" \t\r\n{") == '{');
  CHECK(first_of_json("1") == '1');
  CHECK(first_of_json(" ") == '\0');
  CHECK(first_of_json("") == '\0');
}

TEST_CASE("every text in quotes is JSON that another parser reads as that text") {
  std::string text{"\xC3\xA9\xF0\x9F\x98\x80/"};
  for (int character = 0; character < 0x80; ++character) text += static_cast<char>(character);
  std::string json{"["};
  castore::detail::append_quoted_json(json, text);
  CHECK(nlohmann::json::parse(json + "]").at(0) == text);
}
