// SPDX-License-Identifier: MIT
#include <castore/simdjson.hpp>
#include "support/catch.hpp"

#include <castore/castore.hpp>

#include <nlohmann/json.hpp>

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <random>
#include <stdexcept>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

namespace simdjson_test {

struct Part {
  std::string name;
  std::vector<double> sizes;
  CASTORE_DEFINE_JSON(Part, name, sizes)
};
struct Fast {
  static constexpr std::string_view type = "FAST";
  std::int64_t big = 0;
  std::uint8_t small = 0;
  double number = 0;
  float single = 0;
  bool is_on = false;
  std::string text;
  Part part;
  std::vector<Part> parts;
  CASTORE_DEFINE_JSON(Fast, big, small, number, single, is_on, text, part, parts)
};

struct PlainPart {
  std::string name;
  std::vector<double> sizes;
  NLOHMANN_DEFINE_TYPE_INTRUSIVE(PlainPart, name, sizes)
};
struct Plain {
  std::int64_t big = 0;
  std::uint8_t small = 0;
  double number = 0;
  float single = 0;
  bool is_on = false;
  std::string text;
  PlainPart part;
  std::vector<PlainPart> parts;
  NLOHMANN_DEFINE_TYPE_INTRUSIVE(Plain, big, small, number, single, is_on, text, part, parts)
};

struct Tree {
  std::vector<Tree> children;
  CASTORE_DEFINE_JSON(Tree, children)
};
struct PlainTree {
  std::vector<PlainTree> children;
  NLOHMANN_DEFINE_TYPE_INTRUSIVE(PlainTree, children)
};

struct Compared {
  int number = 0;
  int counted = 0;
  CASTORE_DEFINE_JSON(Compared, number)
  friend bool operator==(const Compared&, const Compared&) = default;
};
struct NoDefault {
  explicit NoDefault(int) {}
  int number = 0;
  CASTORE_DEFINE_JSON(NoDefault, number)
};
struct NoFields : Part {
  int more = 1;
};
struct OtherFields : Part {
  int more = 1;
  NLOHMANN_DEFINE_TYPE_INTRUSIVE(OtherFields, more)
};
struct Undeclared {
  Part part;
  NLOHMANN_DEFINE_TYPE_INTRUSIVE(Undeclared, part)
};
class Closed {
  int number = 1;
  Part part;
  CASTORE_DEFINE_JSON(Closed, number, part)
};

/// What decoding gives, as text that shows every bit of it, or the error.
template <class Value>
std::string outcome(std::string_view json) {
  try {
    return nlohmann::json(castore::codec<Value>::decode(json)).dump();
  } catch (const std::exception& error) {
    return std::string{"error: "} + error.what();
  }
}

template <class Value>
std::string refusal_of(const Value& value) {
  try {
    castore::codec<Value>::encode(value);
  } catch (const std::invalid_argument& error) {
    return error.what();
  }
  return "nothing was thrown";
}

template <class Value>
bool is_read_fast(std::string_view json) {
  Value value{};
  return castore::detail::read_json(json, value);
}

const std::string usual =
    R"({"big":-9007199254740993,"small":255,"number":0.1,"single":1.5,"is_on":true,"text":"a \"\\\n\u00e9\ud83d\udc09",)"
    R"("part":{"name":"p","sizes":[1,2.5,-3e10]},"parts":[{"name":"","sizes":[]},{"sizes":[1e-7],"name":"q"}]})";

std::string with(std::string_view field, std::string_view value) {
  nlohmann::json json = nlohmann::json::parse(usual);
  json[std::string{field}] = "HERE";
  std::string text = json.dump();
  return text.replace(text.find("\"HERE\""), 6, value);
}

}  // namespace simdjson_test

using namespace simdjson_test;

TEST_CASE("text of exactly the declared fields is read fast and as nlohmann_json reads it") {
  CHECK(is_read_fast<Fast>(usual));
  CHECK(outcome<Fast>(usual) == outcome<Plain>(usual));
  const std::string spaced = nlohmann::json::parse(usual).dump(2) + " \n\t";
  CHECK(is_read_fast<Fast>(spaced));
  CHECK(outcome<Fast>(spaced) == outcome<Plain>(usual));
}

TEST_CASE("what the fast codec encodes is what nlohmann_json writes") {
  const Fast value = castore::codec<Fast>::decode(usual);
  CHECK(castore::codec<Fast>::encode(value) == castore::codec<Plain>::encode(castore::codec<Plain>::decode(usual)));
  Fast invalid = value;
  invalid.text = "\xff";
  CHECK(refusal_of(invalid) == "field 'text': its text is not UTF-8 (byte 0)");
  invalid = value;
  invalid.part.sizes = {1, std::nan("")};
  CHECK(refusal_of(invalid) == "field 'part.sizes[1]': JSON has neither NaN nor infinity");
}

TEST_CASE("every value of a field gives the same object or the same error") {
  const std::string_view field = GENERATE("big", "small", "number", "single", "is_on", "text", "part", "parts");
  const std::string_view values[] = {
      "null", "true", "false", "0", "-0", "1", "-1", "255", "256", "1.0", "1.5", "-0.0", "1e2", "1E+2", "1e400", "-1e400",
      "1e-400", "9007199254740993", "9223372036854775807", "9223372036854775808", "18446744073709551615",
      "18446744073709551616", "-9223372036854775808", "-9223372036854775809", "0.1", "5e-324", "2.2250738585072011e-308",
      "1.7976931348623157e308", "1.7976931348623159e308", "123456789012345678901234567890", "16777217", "3.5e38", "01",
      "1152921573326323713", "-76947710657167361", "0.839157735439341341100257", "-0.83915773543934134110",
      "+1", ".5", "1.", "1e", "NaN", "Infinity", R"("")", R"("1")", R"("a\u0000b")", R"("\ud800")", R"("\ud800\u0041")",
      R"("\x")", "\"\xff\"", "\"\xc3\xa9\"", "\"\n\"", "\"open", "[]", "[1]", "[1,]", "[,1]", "[[]]", "[{}]", "{}",
      R"({"name":"a","sizes":[]})", R"({"name":"a","sizes":[],"more":1})", R"({"name":"a"})",
      R"({"name":1,"sizes":[]})", R"({"name":"a","sizes":{}})", R"([{"name":"a","sizes":["x"]}])",
      R"({"name":"a","name":"b","sizes":[]})", R"({"na\u006de":"a","sizes":[]})"};
  for (const std::string_view value : values) {
    const std::string text = with(field, value);
    INFO(text);
    CHECK(outcome<Fast>(text) == outcome<Plain>(text));
  }
}

TEST_CASE("a value that does not come back equal is refused") {
  CHECK(refusal_of(Compared{0, 1}).starts_with("field 'counted': it does not come back from JSON as it was"));
  CHECK(refusal_of(Compared{1, 0}) == "nothing was thrown");
}

TEST_CASE("a class without default constructor has no codec, and nlohmann_json says why") {
  STATIC_REQUIRE_FALSE(castore::HasCodec<NoDefault>);
}

TEST_CASE("a class that derives from one with declared fields has its own JSON") {
  STATIC_REQUIRE_FALSE(castore::HasCodec<NoFields>);
  const std::string text = R"({"name":"p","sizes":[]})";
  CHECK(outcome<Part>(text) == text);
  CHECK(outcome<OtherFields>(text).find("key 'more' not found") != std::string::npos);
  CHECK(outcome<OtherFields>(R"({"more":2})") == R"({"more":2})");
}

TEST_CASE("a class declared for nlohmann_json alone may hold one with declared fields") {
  const std::string text = R"({"part":{"name":"p","sizes":[1.5]}})";
  CHECK(outcome<Undeclared>(text) == text);
}

TEST_CASE("private fields can be declared in the private part of a class") {
  const std::string text = R"({"number":7,"part":{"name":"p","sizes":[1.5]}})";
  CHECK(is_read_fast<Closed>(text));
  CHECK(outcome<Closed>(text) == text);
}

TEST_CASE("text that is not the declared object gives the same object or the same error") {
  std::vector<std::string> texts{"", " ", "null", "[]", "{}", "1", "\"\"", "{", "}", "\xEF\xBB\xBF" + usual, usual + "x",
                                 usual + usual, usual + ",", usual + std::string(1, '\0'), " " + usual};
  std::string twice = usual;
  texts.push_back(twice.insert(1, R"("big":1,)"));
  std::string unknown = usual;
  texts.push_back(unknown.insert(1, R"("unknown":[1,{"a":"b"}],)"));
  std::string malformed = usual;
  texts.push_back(malformed.insert(1, R"("unknown":[1 2],)"));
  for (std::size_t length = 0; length < usual.size(); ++length) texts.push_back(usual.substr(0, length));
  for (const std::string& text : texts) {
    INFO(text);
    CHECK(outcome<Fast>(text) == outcome<Plain>(text));
  }
}

TEST_CASE("text damaged at random gives the same object or the same error") {
  std::mt19937 random{20240117};
  const std::string alphabet = "{}[]:,\"\\ 0123456789.eE+-truefalsn\n\x01\xc3\xa9\xff";
  const auto below = [&random](std::size_t limit) { return static_cast<std::size_t>(random() % limit); };
  int fast = 0;
  for (int round = 0; round < 5000; ++round) {
    std::string text = usual;
    for (std::size_t change = below(3) + 1; change > 0; --change) {
      const std::size_t place = below(text.size());
      switch (below(4)) {
        case 0: text.erase(place, 1); break;
        case 1: text[place] = alphabet[below(alphabet.size())]; break;
        case 2: text.insert(place, 1, alphabet[below(alphabet.size())]); break;
        default: text.insert(place, text.substr(below(text.size()), below(20))); break;
      }
    }
    fast += is_read_fast<Fast>(text) ? 1 : 0;
    const std::string expected = outcome<Plain>(text);
    if (outcome<Fast>(text) != expected) FAIL_CHECK(text << " gives " << outcome<Fast>(text) << " not " << expected);
  }
  CHECK(fast > 100);
}

TEST_CASE("a type that contains itself has the depth limit of all JSON") {
  const auto nested = [](int levels) {
    std::string text;
    for (int level = 0; level < levels; ++level) text += R"({"children":[)";
    for (int level = 0; level < levels; ++level) text += "]}";
    return text;
  };
  CHECK(is_read_fast<Tree>(nested(250)));
  for (const int levels : {1, 249, 250, 251, 600}) {
    CHECK(outcome<Tree>(nested(levels)) == outcome<PlainTree>(nested(levels)));
  }
}

TEST_CASE("text of any length is read fast in every thread") {
  std::vector<std::thread> threads;
  std::vector<int> reads(2);
  for (int& count : reads) {
    threads.emplace_back([&count] {
      for (const std::size_t length : {0U, 1U, 63U, 64U, 65U, 4096U, 1'000'000U, 10U}) {
        Tree tree;
        Part part;
        const std::string name(length, 'x');
        if (!castore::detail::read_json(R"({"name":")" + name + R"(","sizes":[]})", part)) continue;
        count += part.name == name && castore::detail::read_json(R"({"children":[]})", tree) ? 1 : 0;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  CHECK(reads == std::vector<int>{8, 8});
}

TEST_CASE("events with declared fields are stored and loaded") {
  castore::InMemoryEventStorageAdapter storage;
  using Events = castore::Events<Fast>;
  struct Aggregate : castore::Aggregate {
    std::string text;
  };
  struct Reducer {
    void operator()(Aggregate& aggregate, const Fast& event) const { aggregate.text = event.text; }
  };
  castore::EventStore<Events, Aggregate, Reducer> store{"STORE", storage};
  const Fast value = castore::codec<Fast>::decode(usual);
  store.push_event("a", 1, value);
  CHECK(store.get_existing_aggregate("a").text == value.text);
}
