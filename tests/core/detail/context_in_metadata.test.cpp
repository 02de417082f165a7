// SPDX-License-Identifier: MIT
#include <castore/core/detail/context_in_metadata.hpp>

#include "support/catch.hpp"

#include <nlohmann/json.hpp>

#include <string>
#include <string_view>
#include <vector>

using castore::Context;
using castore::EventContext;
using castore::detail::context_in;
using castore::detail::is_traceparent;
using castore::detail::take_context;
using castore::detail::with_context;

namespace {

const EventContext seven{Context{.correlation_id = "7"}};
constexpr std::string_view stored_seven = R"("$context":{"correlationId":"7"})";

void check_taken(const std::string& stored, const std::string& metadata, const Context& context) {
  const auto taken = take_context(stored);
  INFO(stored);
  CHECK(taken.metadata == metadata);
  CHECK(*taken.context == context);
}

}  // namespace

TEST_CASE("metadata without a context are stored as they are") {
  CHECK(with_context("", {}).empty());
  for (const char* const metadata : {"{}", "5", "null", R"({"a":"$context"})", R"([{"$context":{}}])"}) {
    CHECK(with_context(metadata, {}) == metadata);
  }
}

TEST_CASE("a context is a member of the metadata") {
  const std::string member{stored_seven};
  CHECK(with_context("", seven) == "{" + member + "}");
  CHECK(with_context(R"({"a":1})", seven) == R"({"a":1,)" + member + "}");
  CHECK(with_context(" {\"a\" : [{}] \n } ", seven) == " {\"a\" : [{}]," + member + "} ");
  CHECK(with_context(" { } ", seven) == R"( {"$context":{"correlationId":"7","emptyMetadata":true}} )");
}

TEST_CASE("metadata that are not JSON do not become it by a context") {
  for (const char* const metadata : {"{", "{} x", R"({"a":1}})", R"({"a":)"}) {
    CHECK(!nlohmann::json::accept(with_context(metadata, seven)));
  }
}

TEST_CASE("a context is taken out of the metadata wherever it stands") {
  const std::string member{stored_seven};
  const Context context{.correlation_id = "7"};
  check_taken("{" + member + "}", "", context);
  check_taken(" { " + member + " } ", "", context);
  check_taken("{" + member + R"(,"a":1})", R"({"a":1})", context);
  check_taken(R"({"a":1,)" + member + "}", R"({"a":1})", context);
  check_taken(R"({ "a" : "}" , )" + member + R"( , "b" : [1, {"c": "\"]"}] })",
              R"({ "a" : "}"  , "b" : [1, {"c": "\"]"}] })", context);
  check_taken(R"({"$context": {"correlationId": "7", "emptyMetadata": true}})", "{}", context);
  const std::string parent = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
  check_taken(R"({"$context":{"traceparent":")" + parent +
                  R"(","causationId":"c","spanId":5,"correlationId":"7","more":{"a":[]}}})",
              "", {"7", "c", parent});
}

TEST_CASE("what is no context of this form stays where it is") {
  for (const std::string stored :
       {"", "5", "null", R"("$context")", R"(["$context"])", R"({"$context":5})", R"({"$context":"7"})",
        R"({"a":{"$context":{"correlationId":"7"}}})", R"([{"$context":{"correlationId":"7"}}])", R"({"$context":{)",
        R"({"$context":{}} x)"}) {
    check_taken(stored, stored, {});
    CHECK(!context_in(stored));
  }
  check_taken(R"({"$context":{"correlationId":7}})", "", {});
  check_taken(R"({"$context":{}})", "", {});
}

TEST_CASE("text of a context comes back, however it is escaped") {
  std::string text;
  for (char character = 1; character < 127; ++character) text += character;
  text += "\xc3\xa9\xe6\xbc\xa2\xf0\x9f\x98\x80";
  const Context context{.correlation_id = text, .causation_id = "\\\"}"};
  const std::string stored = with_context(R"({"a":1})", EventContext{context});
  CHECK(*take_context(stored).context == context);
  const auto json = nlohmann::json::parse(stored);
  CHECK(json["$context"]["correlationId"] == text);
  CHECK(*context_in(json.dump(-1, ' ', true)) == context);  // as ASCII
  CHECK(context_in(R"({"$context":{"correlationId":"\/\b\f\u00e9\uD83D\ude00"}})")->correlation_id ==
        "/\b\f\xc3\xa9\xf0\x9f\x98\x80");
}

TEST_CASE("a traceparent has the form that W3C gives it") {
  const std::string right = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
  CHECK(is_traceparent(right));
  CHECK(is_traceparent("01" + right.substr(2)));
  CHECK(is_traceparent("cc" + right.substr(2) + "-what-the-future-will-be-like"));
  for (const std::string& wrong : std::vector<std::string>{
           "", right + "-", right + "-00", right.substr(0, 54), "ff" + right.substr(2), " " + right, right + " ",
           "cc" + right.substr(2) + ".more", "00-" + std::string(32, '0') + right.substr(35),
           right.substr(0, 36) + std::string(16, '0') + "-01",
           "00-4BF92F3577B34DA6A3CE929D0E0E4736-00f067aa0ba902b7-01",
           "00_4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01", right.substr(0, 53) + "0g"}) {
    INFO(wrong);
    CHECK(!is_traceparent(wrong));
  }
}
