// SPDX-License-Identifier: MIT
// What becomes of answers that get lost, or that are not those of an event storage.

#include <castore/adapters/http.hpp>
#include <castore/adapters/in_memory.hpp>
#include <castore/core/errors.hpp>
#include <castore/core/storage_operations.hpp>
#include <castore/maintenance/each_event.hpp>

#include "http/support.hpp"
#include "support/catch.hpp"
#include "support/records_only_adapter.hpp"

#include <chrono>
#include <exception>
#include <mutex>
#include <stop_token>
#include <string>
#include <thread>
#include <utility>
#include <vector>

using namespace castore::http_tests;
using castore::AnyEventStorageAdapter;
using castore::AwsConnectionError;
using castore::HttpAnswerError;
using castore::HttpApiResponse;
using castore::HttpCall;
using castore::HttpEventStorageAdapter;
using castore::HttpEventStorageAdapterOptions;
using castore::HttpRoute;
using castore::InMemoryEventStorageAdapter;
using castore::PushOutcome;
using castore::PushRecord;
using castore::StorageError;

namespace {

/// A server whose first answers of a route are lost on their way.
class LossyServer {
 public:
  LossyServer(const std::string& method, const std::string& path, int lost) : left_{lost} {
    HttpRoute route;
    for (const HttpRoute& each : server.api().routes()) {
      if (each.method == method && each.path == path) route = each;
    }
    route.handle = [this, handle = route.handle](const HttpCall& call) {
      HttpApiResponse answer = handle(call);
      const std::lock_guard lock{mutex_};
      targets_.push_back(call.request().target);
      if (left_-- > 0) answer.stream = [](const castore::HttpStreamTarget&) {};  // ends before it is whole
      return answer;
    };
    server.api().add_route(std::move(route));
    server.start();
  }

  /// What was asked of the route.
  std::vector<std::string> targets() {
    const std::lock_guard lock{mutex_};
    return targets_;
  }

  InMemoryEventStorageAdapter storage{};
  RunningServer server{AnyEventStorageAdapter{storage}};
  HttpEventStorageAdapter client{server.url(), {.token = token, .max_attempts = 2}};

 private:
  std::mutex mutex_;
  std::vector<std::string> targets_;
  int left_;
};

PushRecord record(castore::Version version = 1) { return {"S", {"a", version, "T", noon_and(0), R"({"x":1})", {}}}; }
template <class Storage>
PushOutcome push(Storage& storage, const PushRecord& record) {
  return storage.push_events({&record, 1}, {});
}
template <class Storage>
int events_in(Storage& storage) {
  int count = 0;
  storage.get_events("S", "a", {}, [&](const castore::EventRecordView&) { ++count; });
  return count;
}

template <class Function>
StorageError storage_error_of(const Function& function) {
  try {
    function();
  } catch (const StorageError& error) {
    return error;
  }
  FAIL("nothing was thrown");
  throw;
}
/// The answer that an error is about.
template <class Function>
HttpAnswerError answer_error_of(const Function& function) {
  try {
    function();
  } catch (const StorageError& error) {
    try {
      std::rethrow_if_nested(error);
    } catch (const HttpAnswerError& answer) {
      return answer;
    }
  }
  FAIL("there is no answer");
  throw;
}

}  // namespace

TEST_CASE("a push whose answer was lost is done once, and is not a conflict with itself", "[http]") {
  LossyServer lossy{"POST", "/v1/events", 1};
  CHECK(push(lossy.client, record()) == PushOutcome{});
  CHECK(lossy.targets() == std::vector<std::string>{"/v1/events", "/v1/events?repeated=true"});
  CHECK(events_in(lossy.storage) == 1);
}

TEST_CASE("a conflict whose answer was lost stays a conflict", "[http]") {
  LossyServer lossy{"POST", "/v1/events", 1};
  PushRecord other = record();
  other.record.payload = R"({"x":2})";
  REQUIRE(push(lossy.storage, other) == PushOutcome{});
  CHECK(push(lossy.client, record()) == PushOutcome{.status = castore::PushStatus::already_exists});
}

TEST_CASE("a push of which no answer comes has an unknown outcome", "[http]") {
  LossyServer lossy{"POST", "/v1/events", 5};
  const StorageError error = storage_error_of([&] { push(lossy.client, record()); });
  CHECK(error.outcome() == StorageError::Outcome::unknown);
  CHECK(error.retryable());
  CHECK(events_in(lossy.storage) == 1);
}

TEST_CASE("a load whose answer was lost is asked for again", "[http]") {
  LossyServer lossy{"GET", "/v1/events", 1};
  REQUIRE(push(lossy.storage, record()) == PushOutcome{});
  CHECK(events_in(lossy.client) == 1);
}

TEST_CASE("a server that is not there is a StorageError that can be retried", "[http]") {
  int port = 0;
  {
    InMemoryEventStorageAdapter storage;
    port = RunningServer{AnyEventStorageAdapter{storage}}.port();
  }
  HttpEventStorageAdapter client{"http://user:secret@127.0.0.1:" + std::to_string(port), {.max_attempts = 1}};
  const StorageError error = storage_error_of([&] { push(client, record()); });
  CHECK(error.outcome() == StorageError::Outcome::not_done);
  CHECK(error.retryable());
  const std::string what = error.what();
  CHECK(what.find("no answer from the server '127.0.0.1:" + std::to_string(port) + "'") != std::string::npos);
  CHECK(what.find("secret") == std::string::npos);
}

TEST_CASE("a server that refuses is a StorageError with its answer", "[http]") {
  InMemoryEventStorageAdapter storage;
  RunningServer server{AnyEventStorageAdapter{storage}};
  server.start();
  HttpEventStorageAdapter nobody{server.url()};
  const HttpAnswerError error = answer_error_of([&] { push(nobody, record()); });
  CHECK(error.status() == 401);
  CHECK(error.code() == "token_needed");
  HttpEventStorageAdapter here{server.url() + "/"};
  CHECK(events_in(here) == 0);
  HttpEventStorageAdapter elsewhere{server.url() + "/other"};
  CHECK(answer_error_of([&] { events_in(elsewhere); }).code() == "not_found");
}

TEST_CASE("a push that is too large for the server is an InvalidEventError", "[http]") {
  InMemoryEventStorageAdapter storage;
  RunningServer server{AnyEventStorageAdapter{storage}, {.token = token, .max_body_size = 100}};
  server.start();
  HttpEventStorageAdapter client{server.url(), {.token = token}};
  PushRecord large = record();
  large.record.payload = '"' + std::string(200, 'x') + '"';
  CHECK_THROWS_MATCHES(push(client, large), castore::InvalidEventError,
                       Catch::Matchers::Message("castore: events: they are too large for one push over HTTP"));
}

TEST_CASE("an answer that is not that of an event storage is a StorageError", "[http]") {
  InMemoryEventStorageAdapter storage;
  RunningServer server{AnyEventStorageAdapter{storage}};
  const std::string body = GENERATE(as<std::string>{}, "<html>", "{}", "[]", R"({"events":7})", R"({"events":[{}]})",
                                    R"({"events":[{"store":"S"}],"nextVersion":"x"})", R"({"stores":[1]})",
                                    R"({"aggregates":[{"aggregateId":"a","initialTimestamp":"x"}]})");
  for (const char* const path : {"/v1/events", "/v1/aggregates", "/v1/stores"}) {
    server.api().add_route(
        {.method = "GET", .path = path, .parameters = {{"store"}, {"id"}, {"limit"}}, .handle = [&](const HttpCall&) {
           return castore::detail::json_answer(200, body);
         }});
  }
  server.start();
  HttpEventStorageAdapter client{server.url()};
  const std::string what = "castore: the answer of the server '127.0.0.1:" + std::to_string(server.port()) +
                           "' is not that of an event storage; is the URL right?";
  CHECK(std::string{storage_error_of([&] { events_in(client); }).what()} == what);
  CHECK(std::string{storage_error_of([&] { client.list_aggregate_ids("S", {.limit = 1}); }).what()} == what);
  CHECK(std::string{storage_error_of([&] { client.list_event_stores(); }).what()} == what);
}

TEST_CASE("a push is done only when the answer is that of an event storage", "[http]") {
  InMemoryEventStorageAdapter storage;
  RunningServer server{AnyEventStorageAdapter{storage}};
  const std::string body =
      GENERATE(as<std::string>{}, "<html>", "{}", "[]", R"({"events":7})", R"({"events":[]})", R"({"events":[{},{}]})");
  server.api().add_route({.method = "POST", .path = "/v1/events", .takes = "any", .handle = [&](const HttpCall&) {
                            return castore::detail::json_answer(200, body);
                          }});
  server.start();
  HttpEventStorageAdapter client{server.url(), {.token = token}};
  const auto error = storage_error_of([&] { put(client, "S", "a", 1, "T", 1); });
  CHECK(std::string{error.what()}.ends_with("is not that of an event storage; is the URL right?"));
  CHECK(error.outcome() == castore::StorageError::Outcome::unknown);
}

TEST_CASE("the adapter has the operations that the storage behind the server has", "[http]") {
  InMemoryEventStorageAdapter storage;
  RunningServer ordered{AnyEventStorageAdapter{storage}};
  ordered.start();
  const HttpEventStorageAdapter full{ordered.url()};
  CHECK(castore::supports<castore::operations::ReadAllEvents>(full));
  CHECK(castore::supports<castore::operations::ListEventStores>(full));
  CHECK_FALSE(castore::supports<castore::operations::Transact>(full));

  RecordsOnlyAdapter plain;
  RunningServer unordered{AnyEventStorageAdapter{plain}};
  unordered.start();
  HttpEventStorageAdapter less{unordered.url()};
  CHECK_FALSE(castore::supports<castore::operations::ReadAllEvents>(less));
  CHECK_FALSE(castore::supports<castore::operations::WaitForEvents>(less));
  CHECK_THROWS_AS(less.read_all_events(0, {}, [](const castore::SequencedEventView&) {}),
                  castore::UnsupportedOperationError);
}

TEST_CASE("a wait over HTTP ends when it is asked to stop", "[http]") {
  InMemoryEventStorageAdapter storage;
  RunningServer server{AnyEventStorageAdapter{storage}};
  server.start();
  HttpEventStorageAdapter client{server.url()};
  std::stop_source stop;
  stop.request_stop();
  CHECK_FALSE(client.wait_for_events(0, std::chrono::hours{1}, stop.get_token()));
}
