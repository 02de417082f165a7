// SPDX-License-Identifier: MIT
// Each attack that a server of events on a developer's machine meets, and who may do what.
#include <castore/http/access.hpp>

#include <castore/adapters/in_memory.hpp>
#include <castore/http.hpp>

#include "http/support.hpp"
#include "support/catch.hpp"

#include <string>
#include <string_view>
#include <utility>
#include <vector>

using namespace castore::http_tests;
using castore::AnyEventStorageAdapter;
using castore::HttpApi;
using castore::HttpApiOptions;
using castore::HttpApiRequest;
using castore::HttpApiResponse;
using castore::HttpHeaders;
using castore::HttpOperation;
using castore::InMemoryEventStorageAdapter;
using nlohmann::json;

namespace {

/// The status and the code of a problem.
using Refusal = std::pair<int, std::string>;

struct Server {
  explicit Server(HttpApiOptions options = {.token = token})
      : ask{AnyEventStorageAdapter{storage}, std::move(options)} {}

  Refusal refusal(const HttpApiResponse& answer) const {
    if (answer.status < 400) return {answer.status, ""};
    CHECK(answer.header("Content-Type") == "application/problem+json");
    return {answer.status, json::parse(answer.body)["code"]};
  }
  Refusal get(HttpHeaders headers, const std::string& target = "/v1/stores") const {
    return refusal(ask.api.handle({.target = target, .headers = std::move(headers)}));
  }
  Refusal push(HttpHeaders headers, const std::string& query = {}) const {
    const std::string event = R"({"store":"S","aggregateId":"a","version":1,"type":"T"})";
    return refusal(ask.post("/v1/events" + query, event, std::move(headers)));
  }
  bool is_empty() const { return ask.get_json("/v1/stores")["stores"].empty(); }

  InMemoryEventStorageAdapter storage{};
  Asker ask;
};

const Refusal good{200, ""};

}  // namespace

TEST_CASE("a page cannot reach the server by a name of its own (DNS rebinding)", "[http]") {
  const Server server;
  const Refusal refused{421, "unknown_host"};
  CHECK(server.get({{"Host", "evil.example"}}) == refused);
  CHECK(server.get({{"Host", "evil.example:8080"}}) == refused);
  CHECK(server.get({{"Host", "localhost.evil.example"}}) == refused);
  CHECK(server.get({{"Host", "localhost:80@evil.example"}}) == refused);
  CHECK(server.get({{"Host", "127.0.0.1.evil.example:80"}}) == refused);
  CHECK(server.get({{"Host", "192.168.0.1"}}) == refused);
  CHECK(server.get({{"Host", ""}}) == refused);
  CHECK(server.get({}) == Refusal{400, "invalid_host"});
  CHECK(server.get({{"Host", "localhost"}, {"host", "evil.example"}}) == Refusal{400, "invalid_host"});
  for (const char* const host : {"localhost", "LocalHost:1", "127.0.0.1:8080", "[::1]", "[::1]:8080"}) {
    CHECK(server.get({{"Host", host}}) == good);
  }
  HttpApiOptions options;
  options.hosts = {"events.example"};
  const Server named{options};
  CHECK(named.get({{"Host", "Events.Example:443"}}) == good);
  CHECK(named.get({{"Host", "localhost"}}) == refused);
}

TEST_CASE("a page of another origin is refused, whatever it asks for", "[http]") {
  const Server server;
  const Refusal refused{403, "foreign_origin"};
  for (const char* const origin : {"http://evil.example", "null", "", "http://localhost:3000", "http://localhost",
                                   "http://localhost:8080.evil.example", "file://localhost:8080",
                                   "http://localhost:8080/", "http://user@localhost:8080"}) {
    CAPTURE(origin);
    CHECK(server.get({{"Host", "localhost:8080"}, {"Origin", origin}}) == refused);
    CHECK(server.push({{"Authorization", "Bearer " + token}, {"Origin", origin}}) == refused);
  }
  CHECK(server.get(
            {{"Host", "localhost:8080"}, {"Origin", "http://localhost:8080"}, {"Origin", "http://evil.example"}}) ==
        refused);
  CHECK(server.is_empty());
  CHECK(server.get({{"Host", "localhost:8080"}, {"Origin", "http://localhost:8080"}}) == good);
  CHECK(server.get({{"Host", "localhost:8080"}, {"Origin", "https://localhost:8080"}}) == good);  // TLS by a proxy
}

TEST_CASE("what another page loads without asking, such as an image, is refused", "[http]") {
  const Server server;
  const Refusal refused{403, "foreign_origin"};
  CHECK(server.get({{"Host", "localhost"}, {"Sec-Fetch-Site", "cross-site"}}) == refused);
  CHECK(server.get({{"Host", "localhost"}, {"Sec-Fetch-Site", "same-site"}}) == refused);  // another port
  CHECK(server.get({{"Host", "localhost"}, {"Sec-Fetch-Site", "same-origin"}}) == good);
  CHECK(server.get({{"Host", "localhost"}, {"Sec-Fetch-Site", "none"}}) == good);
}

TEST_CASE("answers cannot be read, framed or taken for something else by others", "[http]") {
  HttpApiOptions options;
  options.files = {{"/", "text/html; charset=utf-8", "<p>"}};
  const Server server{options};
  for (const char* const target : {"/", "/v1/stores", "/v1/nothing"}) {
    const HttpApiResponse answer = server.ask.get(target);
    CHECK(answer.header("X-Content-Type-Options") == "nosniff");
    CHECK(answer.header("Cross-Origin-Resource-Policy") == "same-origin");
    CHECK(answer.header("Cache-Control") == (std::string_view{target} == "/" ? "no-cache" : "no-store"));
    CHECK(answer.header("Access-Control-Allow-Origin").empty());
  }
  const HttpApiResponse page = server.ask.get("/", {{"Sec-Fetch-Site", "cross-site"}});  // a link leads to it
  CHECK(page.body == "<p>");
  CHECK(page.header("Content-Security-Policy") ==
        "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data:; base-uri "
        "'none'; form-action 'none'; frame-ancestors 'none'");
  CHECK(server.ask.get("/page/../../../etc/passwd").status == 404);
  CHECK(server.ask.get("/%2e%2e/etc/passwd").status == 404);
}

TEST_CASE("a file that the browser has already is not sent again", "[http]") {
  HttpApiOptions options;
  options.files = {{"/", "text/html; charset=utf-8", "<p>"}, {"/page/a.js", "text/javascript", "<q>"}};
  const Server server{options};
  const std::string tag{server.ask.get("/").header("ETag")};
  CHECK(tag.size() > 2);
  const HttpApiResponse same = server.ask.get("/", {{"If-None-Match", "\"other\", W/" + tag}});
  CHECK(same.status == 304);
  CHECK(same.body.empty());
  CHECK(same.header("ETag") == tag);
  CHECK(same.header("Content-Security-Policy").starts_with("default-src 'none'"));
  CHECK(server.ask.get("/page/a.js", {{"If-None-Match", tag}}).body == "<q>");
}

TEST_CASE("only who has the token writes", "[http]") {
  const Server server;
  const Refusal refused{401, "token_needed"};
  CHECK(server.push({}) == refused);
  CHECK(server.push(bearer("a-toke")) == refused);
  CHECK(server.push(bearer("a-token ")) == refused);
  CHECK(server.push(bearer("")) == refused);
  CHECK(server.push({{"Authorization", token}}) == refused);
  CHECK(server.push({{"Authorization", "Basic " + token}}) == refused);
  CHECK(server.push({{"Authorization", "Bearer " + token}, {"Authorization", "Bearer " + token}}) == refused);
  CHECK(server.push({}, "?token=" + token) == refused);
  CHECK(server.is_empty());
  CHECK(server.ask.post("/v1/events", "{}", {}).header("WWW-Authenticate") == "Bearer realm=\"castore\"");
  CHECK(server.push(bearer()) == Refusal{201, ""});
  CHECK_FALSE(server.is_empty());
}

TEST_CASE("a server without a token does not write", "[http]") {
  const Server server{{}};
  CHECK(server.push(bearer("")) == Refusal{403, "read_only"});
  CHECK(server.push({{"Authorization", "Bearer"}}) == Refusal{403, "read_only"});
  CHECK(server.is_empty());
}

TEST_CASE("force is a permission of its own", "[http]") {
  const Server server;
  CHECK(server.push(bearer(), "?force=true") == Refusal{403, "force_not_permitted"});
  CHECK(server.is_empty());
  CHECK(server.push(bearer(), "?force=false") == Refusal{201, ""});
  HttpApiOptions options{.token = token, .allow_force = true};
  const Server forced{options};
  CHECK(forced.push({}, "?force=true") == Refusal{401, "token_needed"});
  CHECK(forced.push(bearer(), "?force=true") == Refusal{201, ""});
}

TEST_CASE("a function decides in place of the token", "[http]") {
  std::vector<HttpOperation> asked;
  HttpApiOptions options{.token = token};
  options.authorize = [&](const HttpApiRequest& request, HttpOperation operation) {
    asked.push_back(operation);
    return operation == HttpOperation::read || request.header("X-User") == "ann";
  };
  const Server server{options};
  CHECK(server.push(bearer()) == Refusal{403, "not_permitted"});
  CHECK(server.push({{"X-User", "ann"}}) == Refusal{201, ""});
  CHECK(server.push({{"X-User", "ann"}}, "?force=true") == Refusal{201, ""});
  CHECK(server.ask.get("/v1/stores").status == 200);
  CHECK(asked == std::vector{HttpOperation::write, HttpOperation::write, HttpOperation::write, HttpOperation::force,
                             HttpOperation::read});
}

TEST_CASE("files are for who may read", "[http]") {
  HttpApiOptions options{.files = {{.path = "/", .content_type = "text/html", .content = "<p>"}}};
  CHECK(Server{options}.ask.get("/").status == 200);
  options.authorize = [](const HttpApiRequest&, HttpOperation) { return false; };
  CHECK(Server{options}.ask.get("/").status == 403);
}

TEST_CASE("a form of another page cannot push", "[http]") {
  const Server server;
  for (const char* const type : {"text/plain", "application/x-www-form-urlencoded", "multipart/form-data", ""}) {
    HttpApiRequest request{.method = "POST",
                           .target = "/v1/events",
                           .headers = {{"Host", "localhost"}, {"Content-Type", type}},
                           .body = R"({"store":"S","aggregateId":"a","version":1,"type":"T"})"};
    request.headers.emplace_back("Authorization", "Bearer " + token);
    CHECK(server.refusal(server.ask.api.handle(request)) == Refusal{415, "unsupported_type"});
  }
  CHECK(server.is_empty());
}

TEST_CASE("a body is bounded", "[http]") {
  const Server server{{.token = token, .max_body_size = 100}};
  CHECK(server.refusal(server.ask.post("/v1/events", std::string(101, ' '))) == Refusal{413, "too_large"});
  CHECK(server.refusal(server.ask.post("/v1/events", std::string(100, ' '))) == Refusal{400, "invalid_json"});
}

TEST_CASE("any text is an id, also one that looks like a path or a query", "[http]") {
  const Server server;
  const auto id =
      GENERATE(as<std::string>{}, "", "/", "../../etc/passwd", "a&id=b", "a%2Fb", "a+b c", "#?=", "\xF0\x9F\x90\xAD",
               "<script>alert(1)</script>", "\r\nSet-Cookie: a=b", "\"'\\", "\x01\x1b[31m");
  const json event{{"store", id}, {"aggregateId", id}, {"version", 1}, {"type", "T"}};
  REQUIRE(server.ask.post("/v1/events", event.dump()).status == 201);
  const std::string escaped = castore::detail::escape_url(id);
  const json events = server.ask.get_json("/v1/events?store=" + escaped + "&id=" + escaped)["events"];
  REQUIRE(events.size() == 1);
  CHECK(events[0]["aggregateId"] == id);
  CHECK(server.ask.get_json("/v1/aggregates?store=" + escaped)["aggregates"][0]["aggregateId"] == id);
  const HttpApiResponse refused = server.ask.get("/v1/events?store=" + escaped + "&id=" + escaped + "&limit=x");
  for (const auto& [name, value] : refused.headers) CHECK(value.find_first_of("\r\n") == std::string::npos);
}
