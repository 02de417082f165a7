// SPDX-License-Identifier: MIT
#include <castore/detail/enumerators.hpp>
#include "support/catch.hpp"

#include <cstdint>
#include <stdexcept>
#include <string>
#include <string_view>

using castore::detail::enumerators_of;
using castore::detail::EnumTexts;
using castore::detail::parse_enumerators;

namespace enumerators_test {

enum class Usual { none = -1, poke, great, also_great = great, ok = 200, last = 511, beyond = 1000, flag = 1 << 20 };
enum Unscoped { red, green = 3 };
enum Signed { minus = -2, plus = 1 };
enum class Tiny : std::int8_t { least = -128, most = 127 };
enum class Byte : unsigned char { letter = 'a', most = 255 };
enum class Letter : char { a = 'a', quote = '\'', comma = ',', bracket = '<' };
enum class Large : std::uint64_t { top = std::uint64_t{1} << 63 };
enum class Negative : std::int64_t { least = -129, one = -128 };
enum class Truth : bool { no, yes };
enum class None {};
template <class Type, char letter>
struct Template {
  enum class Inner { one, two };
};

}  // namespace enumerators_test

using namespace enumerators_test;

namespace {

enum class Hidden { one, two };

template <class Enum>
std::string names() {
  std::string text;
  for (const auto& [value, name] : enumerators_of<Enum>()) {
    text += (text.empty() ? "" : " ") + std::string{name} + '=' + std::to_string(static_cast<std::intmax_t>(value));
  }
  return text;
}

}  // namespace

TEST_CASE("enumerators have their names and values, in a range and at the powers of two above") {
  CHECK(names<Usual>() == "none=-1 poke=0 great=1 ok=200 last=511 flag=1048576");
  CHECK(names<Unscoped>() == "red=0 green=3");
  CHECK(names<Signed>() == "minus=-2 plus=1");
  CHECK(names<Tiny>() == "least=-128 most=127");
  CHECK(names<Byte>() == "letter=97 most=255");
  CHECK(names<Letter>() == "quote=39 comma=44 bracket=60 a=97");
  CHECK(names<Large>() == "top=-9223372036854775808");
  CHECK(names<Negative>() == "one=-128");
  CHECK(names<Truth>() == "no=0 yes=1");
  CHECK(names<None>().empty());
}

TEST_CASE("enumerators are found where their type has a name that is hard to read") {
  enum class Local { one, two };
  CHECK(names<Local>() == "one=0 two=1");
  CHECK(names<Hidden>() == "one=0 two=1");
  CHECK(names<Template<int, ','>::Inner>() == "one=0 two=1");
  CHECK(names<Template<Template<int, '('>, '\''>::Inner>() == "one=0 two=1");
}

TEST_CASE("the text of a compiler that says something else gives no names, and ends") {
  for (const std::string_view text : {"", "values = ", "values = {", "values = {'", "values = {a", "nothing"}) {
    CHECK(parse_enumerators(text, 0, 2).empty());
  }
  CHECK(parse_enumerators("values = {A::a, (A)1}", 0, 2).size() == 1);
}

TEST_CASE("a text stands for one value only") {
  const EnumTexts texts{{{1, "one"}, {2, "two"}}};
  CHECK(texts.find(2)->name == "two");
  CHECK(texts.find("one")->value == 1);
  CHECK(texts.find(3) == nullptr);
  CHECK(texts.find("") == nullptr);
  std::string what;
  try {
    const EnumTexts twice{{{1, "one"}, {2, "one"}}};
  } catch (const std::logic_error& error) {
    what = error.what();
  }
  CHECK(what == "two enumerators have the text 'one'");
}
