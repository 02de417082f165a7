// SPDX-License-Identifier: MIT
// What is special to DynamoDB about its adapter: limits, paging, damaged items, the environment.

#include <castore/adapters/dynamodb.hpp>

#include "dynamodb/clean_environment.hpp"
#include "dynamodb/support.hpp"

#include <chrono>
#include <cstdio>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

using namespace castore::dynamodb_tests;
using castore::AwsCredentials;
using castore::AwsCredentialsError;
using castore::DynamoDbEventStorageAdapter;
using castore::DynamoDbHttpClient;
using castore::AwsHttpClientOptions;
using castore::AwsSettingsError;
using castore::InvalidEventError;
using castore::InvalidPageTokenError;
using castore::PushOutcome;
using castore::PushRecord;
using castore::StorageError;

namespace {

/// A client of somebody else's, which counts.
struct CountingClient {
  std::map<std::string, int, std::less<>> calls{};
  std::string call(std::string_view operation, const std::string& request) {
    ++calls[std::string{operation}];
    return client().call(operation, request);
  }
};

struct Counted {
  Table table{};
  std::shared_ptr<CountingClient> calls = std::make_shared<CountingClient>();
  DynamoDbEventStorageAdapter storage{calls, table.name()};
};

std::string text_of(std::size_t size) { return '"' + std::string(size, 'x') + '"'; }

/// The access key id with which a client made from the environment is known.
std::string known_as(AwsHttpClientOptions options = {.region = "eu-west-1"}) {
  const FaultPlan plan{Json::array()};
  options.endpoint = plan.options().endpoint;
  DynamoDbHttpClient{options}.call("ListTables", "{}");
  return plan.log().at(0).at("accessKeyId");
}

}  // namespace

TEST_CASE("a load asks for no more events than the limit and follows the pages") {
  const Counted dynamodb;
  std::vector<PushRecord> events;
  for (int version = 1; version <= 30; ++version) events.push_back(event("a", version, text_of(100'000)));
  for (const PushRecord& record : events) REQUIRE(push(dynamodb.storage, record) == PushOutcome{});
  CHECK(dynamodb.calls->calls["PutItem"] == 30);
  CHECK(load(dynamodb.storage, "a").size() == 30);
  CHECK(dynamodb.calls->calls["Query"] >= 3);
  const auto queries_of = [&](const castore::GetEventsOptions& options) {
    dynamodb.calls->calls.clear();
    load(dynamodb.storage, "a", options);
    return dynamodb.calls->calls["Query"];
  };
  CHECK(load(dynamodb.storage, "a", {.limit = 1}).size() == 1);
  CHECK(queries_of({.limit = 1}) == 1);
  const auto last = load(dynamodb.storage, "a", {.max_version = 28, .limit = 15, .reverse = true});
  REQUIRE(last.size() == 15);
  CHECK(last.front().version == 28);
  CHECK(last.back().version == 14);
  CHECK(queries_of({.max_version = 28, .limit = 15, .reverse = true}) == 2);
  CHECK(load(dynamodb.storage, "a", {.min_version = 5, .max_version = 4}).empty());
  CHECK(queries_of({.min_version = 5, .max_version = 4}) == 0);
  CHECK(queries_of({.limit = 0}) == 0);
}

TEST_CASE("events and groups that DynamoDB cannot hold are refused before anything is sent") {
  const Counted dynamodb;
  const auto& storage = dynamodb.storage;
  const auto field_of = [&](const std::vector<PushRecord>& records) {
    return error_of<InvalidEventError>([&] { storage.push_events(records, {}); }).field();
  };
  CHECK(field_of({event("a", 1, text_of(410'000))}) == "payload");
  CHECK(field_of({event("a", 1, "1e200")}) == "payload");
  CHECK(field_of({event("a", 1, "{}", "1e200")}) == "metadata");
  CHECK(field_of({event(std::string(2'040, 'x'), 1)}) == "aggregate_id");
  PushRecord wrong = event("a", 1);
  wrong.event_store_id = "A#B";
  CHECK(field_of({wrong}) == "event_store_id");
  wrong.event_store_id = "";
  CHECK(field_of({wrong}) == "event_store_id");
  wrong = event("a", 1);
  wrong.record.type = "\xff";
  CHECK(field_of({wrong}) == "type");
  CHECK(field_of({event("a", 1), event("a", 1)}) == "version");
  CHECK(field_of(std::vector<PushRecord>(101, event("a", 1))) == "version");
  std::vector<PushRecord> many;
  for (int version = 1; version <= 101; ++version) many.push_back(event("a", version));
  CHECK(field_of(many) == "max_events_per_push");
  std::vector<PushRecord> large;
  for (int version = 1; version <= 11; ++version) large.push_back(event("a", version, text_of(390'000)));
  CHECK(field_of(large) == "max_events_per_push");
  CHECK(dynamodb.calls->calls.empty());
}

TEST_CASE("an event of nearly 400 kB and a group of nearly 4 MB are written") {
  const Counted dynamodb;
  const auto& storage = dynamodb.storage;
  // Other servers take the limit for 405,000 bytes instead of 409,600.
  const std::size_t most = client().endpoint() == server_address() ? 409'400 : 404'000;
  CHECK(push(storage, event("large", 1, text_of(most))) == PushOutcome{});
  const auto large = load(storage, "large");
  REQUIRE(large.size() == 1);
  CHECK(large.front().payload.size() == most + 2);
  std::vector<PushRecord> group;
  for (int version = 1; version <= 10; ++version) group.push_back(event("a", version, text_of(400'000)));
  CHECK(storage.push_events(group, {}) == PushOutcome{});
  CHECK(load(storage, "a").size() == 10);
}

TEST_CASE("a group that needs more than 100 operations with its checks is refused") {
  const Counted dynamodb;
  const DynamoDbEventStorageAdapter storage{dynamodb.calls, dynamodb.table.name(), {.check_previous_version = true}};
  std::vector<PushRecord> group;
  for (int index = 0; index < 51; ++index) group.push_back(event("a" + std::to_string(index), 2));
  CHECK(error_of<InvalidEventError>([&] { storage.push_events(group, {}); }).field() == "max_events_per_push");
  CHECK(dynamodb.calls->calls.empty());
  CHECK(push(storage, event("a", 2), event("a", 1)) == PushOutcome{PushOutcome::version_gap, 0});
  CHECK(storage.push_events(group, {.force = true}) == PushOutcome{});
  CHECK(push(storage, event("a0", 3), event("a0", 4)) == PushOutcome{});
  CHECK(push(storage, event("a0", 6)) == PushOutcome{PushOutcome::version_gap, 0});
  CHECK(push(storage, event("a0", 4)) == PushOutcome{PushOutcome::already_exists, 0});
}

TEST_CASE("a list reads one entry more than the page holds and every id once") {
  const Counted dynamodb;
  std::vector<PushRecord> group;
  for (int index = 0; index < 100; ++index) group.push_back(event("id" + std::to_string(index), 1));
  REQUIRE(dynamodb.storage.push_events(group, {}) == PushOutcome{});
  std::set<std::string> ids;
  std::size_t listed = 0;
  castore::ListAggregateIdsOptions options{.limit = 10};
  do {
    const auto page = dynamodb.storage.list_aggregate_ids("POKEMONS", options);
    CHECK(page.aggregate_ids.size() == 10);
    for (const auto& entry : page.aggregate_ids) ids.insert(entry.aggregate_id);
    listed += page.aggregate_ids.size();
    options = {.page_token = page.next_page_token};
  } while (options.page_token);
  CHECK(ids.size() == 100);
  CHECK(listed == 100);
  CHECK(dynamodb.calls->calls["Query"] == 10);
  CHECK(dynamodb.storage.list_aggregate_ids("POKEMONS", {}).aggregate_ids.size() == 100);
  CHECK(dynamodb.calls->calls["Query"] == 11);
}

TEST_CASE("initial events of one time that a server may take for the same are all listed") {
  const Table table{Layout::single_table, server_client()};
  const DynamoDbEventStorageAdapter storage{server_client(), table.name()};
  // What dynalite 3 keeps of the hashes of these two is equal.
  REQUIRE(push(storage, event("id4564", 1), event("id7560", 1)) == PushOutcome{});
  CHECK(storage.list_aggregate_ids("POKEMONS", {}).aggregate_ids.size() == 2);
}

TEST_CASE("a page token of another event store is refused") {
  const Counted dynamodb;
  REQUIRE(push(dynamodb.storage, event("a", 1), event("b", 1)) == PushOutcome{});
  const auto token = dynamodb.storage.list_aggregate_ids("POKEMONS", {.limit = 1}).next_page_token;
  REQUIRE(token);
  CHECK(error_of<InvalidPageTokenError>([&] {
          dynamodb.storage.list_aggregate_ids("TRAINERS", {.page_token = token});
        }).page_token() == *token);
  for (const char* const bad : {R"({"limit":-1,"lastEvaluatedKey":{}})", R"({"reverse":1})",
                                R"({"lastEvaluatedKey":{"aggregateId":{"N":"1"}}})"}) {
    CHECK_THROWS_AS(dynamodb.storage.list_aggregate_ids("POKEMONS", {.page_token = bad}), InvalidPageTokenError);
  }
}

TEST_CASE("attributes that only Castore writes are readable and damaged items are reported") {
  const Counted dynamodb;
  Json item{{"aggregateId", {{"S", "POKEMONS#a"}}},
            {"version", {{"N", "1"}}},
            {"type", {{"S", "T"}}},
            {"timestamp", {{"S", "2022-01-01T13:00:00+01:00"}}},
            {"later", {{"S", "unknown"}}},
            {"payload", {{"M", {{"b", {{"B", "AQID"}}}, {"ss", {{"SS", {"x"}}}}, {"ns", {{"NS", {"1", "2.5"}}}}}}}}};
  dynamodb.table.put(item);
  const auto events = load(dynamodb.storage, "a");
  REQUIRE(events.size() == 1);
  CHECK(events[0].timestamp == noon);
  const Json payload = Json::parse(events[0].payload);
  CHECK(payload["b"] == "AQID");
  CHECK(payload["ss"] == Json{"x"});
  CHECK(payload["ns"].size() == 2);
  for (const auto& [name, value] : std::map<std::string, Json>{
           {"timestamp", {{"S", "yesterday"}}}, {"type", {{"N", "1"}}}, {"version", {{"N", "1.5"}}}}) {
    Json damaged = item;
    damaged["aggregateId"]["S"] = "POKEMONS#damaged " + name;
    damaged[name] = value;
    dynamodb.table.put(damaged);
    const auto error = error_of<StorageError>([&] { load(dynamodb.storage, "damaged " + name); });
    CHECK_FALSE(error.retryable());
    CHECK(contains(error.what(), "damaged"));
  }
}

TEST_CASE("a missing table is a StorageError that says what to do") {
  const DynamoDbEventStorageAdapter storage{"no-such-table", {.client = client_options(), .retry = quick_retries()}};
  const auto error = error_of<StorageError>([&] { push(storage, event("a", 1)); });
  CHECK_FALSE(error.retryable());
  CHECK(contains(error.what(), "'no-such-table'"));
  CHECK(contains(error.what(), "docs/guides/dynamodb.md"));
  CHECK_THROWS_AS(load(storage, "a"), StorageError);
  CHECK_THROWS_AS(storage.list_aggregate_ids("POKEMONS", {}), StorageError);
}

TEST_CASE("region and endpoint come from the options then the environment then the profile") {
  CleanEnvironment environment;
  const auto made = [](const AwsHttpClientOptions& options) {
    const DynamoDbHttpClient made_client{options};
    return made_client.region() + " " + made_client.endpoint();
  };
  CHECK_THROWS_AS(made({}), AwsSettingsError);
  environment.file("config",
                   "[default]\nregion = eu-north-1\n[profile other]\nregion=cn-north-1 # comment\n"
                   "endpoint_url = http://profile:1\n");
  CHECK(made({}) == "eu-north-1 https://dynamodb.eu-north-1.amazonaws.com");
  CHECK(made({.profile = "other"}) == "cn-north-1 http://profile:1");
  CHECK(made({.region = "cn-north-1"}) == "cn-north-1 https://dynamodb.cn-north-1.amazonaws.com.cn");
  environment.set("AWS_DEFAULT_REGION", "us-east-2");
  CHECK(made({}) == "us-east-2 https://dynamodb.us-east-2.amazonaws.com");
  environment.set("AWS_REGION", "us-east-1");
  environment.set("AWS_ENDPOINT_URL", "http://all:1");
  CHECK(made({}) == "us-east-1 http://all:1");
  environment.set("AWS_ENDPOINT_URL_DYNAMODB", "http://dynamodb:1/");
  CHECK(made({}) == "us-east-1 http://dynamodb:1");
  CHECK(made({.region = "r", .endpoint = "http://option:1"}) == "r http://option:1");
  for (const char* const wrong : {"localhost:8000", "http://", "http://user@host", "http://host/\xc3\xa9"}) {
    CHECK_THROWS_AS(made({.region = "r", .endpoint = wrong}), AwsSettingsError);
  }
  CHECK_THROWS_AS(made({.region = "eu-west-1\r\nX-Injected: 1"}), AwsSettingsError);
}

TEST_CASE("credentials come from the first place that has them") {
  CleanEnvironment environment;
  const std::string temporary = "temporary-secret";
  const std::string token = "session/token+of==the test";
  auto error = error_of<AwsCredentialsError>([] { known_as(); });
  CHECK(contains(error.what(), "AWS_ACCESS_KEY_ID"));

  environment.set("AWS_EC2_METADATA_DISABLED", "false");
  environment.set("AWS_EC2_METADATA_SERVICE_ENDPOINT", server_address() + "/imds");
  CHECK(known_as() == "TEMPORARY");

  environment.set("AWS_CONTAINER_CREDENTIALS_FULL_URI", server_address() + "/container");
  error = error_of<AwsCredentialsError>([] { known_as(); });
  CHECK(contains(error.what(), "403"));
  environment.set("AWS_CONTAINER_AUTHORIZATION_TOKEN", "container token");
  CHECK(known_as() == "TEMPORARY");
  environment.set("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE", environment.file("token", "container token\n"));
  environment.set("AWS_CONTAINER_AUTHORIZATION_TOKEN", "wrong");
  CHECK(known_as() == "TEMPORARY");
  environment.set("AWS_CONTAINER_CREDENTIALS_FULL_URI", "http://example.com/container");
  error = error_of<AwsCredentialsError>([] { known_as(); });
  CHECK(contains(error.what(), "plain text"));

  environment.set("AWS_WEB_IDENTITY_TOKEN_FILE", environment.file("identity", "web identity+token"));
  environment.set("AWS_ROLE_ARN", "arn:aws:iam::1:role/r");
  environment.set("AWS_ENDPOINT_URL_STS", server_address() + "/sts");
  CHECK(known_as() == "TEMPORARY");

  environment.file("credentials",
                   "# keys\n[default]\naws_access_key_id=CASTORE\naws_secret_access_key = castore/secret+key\n"
                   "[temporary]\naws_access_key_id = TEMPORARY\naws_secret_access_key = " +
                       temporary + "\naws_session_token = " + token + "\n");
  environment.file("config", "[profile process]\ncredential_process = /bin/true\n");
  CHECK(known_as() == "CASTORE");
  environment.set("AWS_PROFILE", "temporary");
  CHECK(known_as() == "TEMPORARY");
  error = error_of<AwsCredentialsError>([] { known_as({.region = "r", .profile = "process"}); });
  CHECK(contains(error.what(), "credential_process"));

  environment.set("AWS_PROFILE", "temporray");
  error = error_of<AwsCredentialsError>([] { known_as(); });
  CHECK(contains(error.what(), "no profile 'temporray'"));

  environment.set("AWS_ACCESS_KEY_ID", "CASTORE\n");
  environment.set("AWS_SECRET_ACCESS_KEY", "castore/secret+key");
  error = error_of<AwsCredentialsError>([] { known_as(); });
  CHECK(contains(error.what(), "line break"));
  environment.set("AWS_ACCESS_KEY_ID", "CASTORE");
  CHECK(known_as() == "CASTORE");
  CHECK(known_as({.region = "r", .profile = "temporary"}) == "TEMPORARY");
  CHECK(known_as({.region = "r", .credentials = AwsCredentials{"TEMPORARY", temporary, token, {}}}) == "TEMPORARY");
  CHECK(known_as({.region = "r", .credentials_provider = [&] {
                    return AwsCredentials{"TEMPORARY", temporary, token, {}};
                  }}) == "TEMPORARY");
}

TEST_CASE("credentials are renewed before they expire and used until they do") {
  using namespace std::chrono;
  const auto start = system_clock::now();
  auto now = start;
  int calls = 0;
  bool fails = false;
  castore::detail::CachedCredentials cached{[&]() -> AwsCredentials {
                                              ++calls;
                                              if (fails) throw AwsCredentialsError{"not now"};
                                              return {std::to_string(calls), "secret", "", now + hours{1}};
                                            },
                                            [&] { return now; }};
  CHECK(cached.get().access_key_id == "1");
  now = start + minutes{54};
  CHECK(cached.get().access_key_id == "1");
  now = start + minutes{56};
  CHECK(cached.get().access_key_id == "2");
  fails = true;
  now += minutes{57};
  CHECK(cached.get().access_key_id == "2");
  CHECK(cached.get().access_key_id == "2");
  CHECK(calls == 3);
  now += minutes{10};
  CHECK_THROWS_AS(cached.get(), AwsCredentialsError);
  fails = false;
  CHECK(cached.get().access_key_id == "5");
}
