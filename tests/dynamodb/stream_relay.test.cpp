// SPDX-License-Identifier: MIT
// The relay from a table's stream to a feed. The table is one in memory, which tells the stream what the test lets it.

#include <castore/adapters/dynamodb_stream_relay.hpp>

#include <castore/adapters/in_memory.hpp>
#include <castore/adapters/sqlite.hpp>
#include "dynamodb/fake_stream.hpp"
#include "dynamodb/support.hpp"

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <random>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

using namespace castore::dynamodb_tests;
using castore::DynamoDbMissingVersionError;
using castore::DynamoDbRelayTakenOverError;
using castore::DynamoDbStream;
using castore::DynamoDbStreamGapError;
using castore::DynamoDbStreamPollResult;
using castore::DynamoDbStreamRelay;
using castore::DynamoDbStreamRelayOptions;
using castore::EventRecord;
using castore::EventRecordView;
using castore::InMemoryEventStorageAdapter;
using castore::Position;
using castore::PushOptions;
using castore::PushOutcome;
using castore::PushRecord;
using castore::SequencedEventView;
using castore::SqliteEventStorageAdapter;
using castore::StorageError;
using castore::Timestamp;
using castore::Version;

namespace {

constexpr const char* arn = "arn:aws:dynamodb:eu-west-1:123456789012:table/events/stream/2026-01-01T00:00:00.000";

/// The events of a storage in their order, as text.
template <class Storage>
std::vector<std::string> feed_of(Storage& feed) {
  std::vector<std::string> events;
  static_cast<void>(feed.read_all_events(0, {.limit = 100'000}, [&](const SequencedEventView& event) {
    events.push_back(std::string{event.event_store_id} + "#" + std::string{event.event.aggregate_id} + "#" +
                     std::to_string(event.event.version) + " " + std::string{event.event.payload});
  }));
  return events;
}

struct Killed {};

/// Ends the program, as far as a relay can tell, before or after it does something.
class MortalFeed {
 public:
  using Transaction = castore::SqliteTransaction;

  explicit MortalFeed(SqliteEventStorageAdapter& feed) : feed_{feed} {}
  std::function<bool()> dies = [] { return false; };

  PushOutcome push_events(std::span<const PushRecord> records, const PushOptions& options) {
    maybe_die();
    const PushOutcome outcome = feed_.push_events(records, options);
    maybe_die();
    return outcome;
  }
  void get_events(std::string_view store, std::string_view id, const castore::GetEventsOptions& options,
                  castore::RecordSink sink) {
    feed_.get_events(store, id, options, sink);
  }
  castore::AggregateIdsPage list_aggregate_ids(std::string_view store,
                                               const castore::ListAggregateIdsOptions& options) {
    return feed_.list_aggregate_ids(store, options);
  }
  void transact(castore::detail::FunctionRef<void(Transaction&)> function) {
    feed_.transact([&](Transaction& transaction) {
      function(transaction);
      maybe_die();
    });
    maybe_die();
  }

 private:
  void maybe_die() const {
    if (dies()) throw Killed{};
  }

  SqliteEventStorageAdapter& feed_;
};

/// A table, its stream, a clock.
struct Scene {
  InMemoryEventStorageAdapter table{};
  std::shared_ptr<FakeStream> service = std::make_shared<FakeStream>();
  DynamoDbStream<InMemoryEventStorageAdapter> stream{
      table, service, arn, {.retry = {.max_attempts = 1, .sleep = [](auto) {}}, .pause = std::chrono::milliseconds{0}}};
  Timestamp now = noon;

  DynamoDbStreamRelayOptions options(bool force_past_gaps = false) {
    return {.event_store_ids = {"POKEMONS"}, .force_past_gaps = force_past_gaps, .clock = [this] { return now; }};
  }
  /// Writes events to the table.
  void store(const std::vector<PushRecord>& events) {
    if (table.push_events(events, PushOptions{}).status != castore::PushStatus::pushed) throw std::logic_error{"table"};
  }
  /// And to the stream.
  void push(const std::vector<PushRecord>& events) {
    store(events);
    for (const PushRecord& one : events) service->write(one);
  }
};

PushRecord numbered(const std::string& id, Version version) {
  return event(id, version, "{\"of\":" + std::to_string(version) + "}");
}

/// What many would write first: it pushes what comes as it comes, and takes a refusal for a double.
class NaiveRelay {
 public:
  NaiveRelay(FakeStream& service, MortalFeed& feed) : service_{service}, feed_{feed} {}
  bool poll() {
    bool is_caught_up = true;
    for (const auto& shard : service_.shards) {
      for (std::size_t& index = read_[shard.id]; index < shard.records.size(); ++index) {
        Json answer{{"Records", {shard.records[index]}}};
        const auto records = castore::detail::read_stream_records(answer.dump());
        const auto& record = records.records.front();
        const PushRecord push{record.event_store_id, *record.event};
        static_cast<void>(feed_.push_events(std::span{&push, 1}, PushOptions{}));
        is_caught_up = false;
      }
    }
    return is_caught_up;
  }
  std::size_t reconcile() { return 0; }

 private:
  FakeStream& service_;
  MortalFeed& feed_;
  std::map<std::string, std::size_t> read_{};
};

/// Writes a history while a relay follows it and is killed, and says what is wrong with the feed at the end.
template <class MakeRelay>
std::string faults_of(const MakeRelay& make_relay, std::uint64_t seed) {
  std::mt19937_64 random{seed};
  const auto one_in = [&random](std::uint64_t count) { return random() % count == 0; };
  Scene scene;
  scene.service->limit = 5;
  SqliteEventStorageAdapter storage{":memory:"};
  MortalFeed feed{storage};
  bool may_die = true;
  feed.dies = [&] { return may_die && one_in(25); };
  std::map<std::string, Version> versions;
  std::vector<PushRecord> on_the_way;
  bool is_dropped = false;
  auto relay = make_relay(scene, feed);
  const auto alive = [&](const auto& function) {
    try {
      function();
    } catch (const Killed&) {
      relay = make_relay(scene, feed);
    }
  };
  const auto release = [&] {
    // Of one item there is one record: all may overtake each other.
    const auto place = static_cast<std::ptrdiff_t>(random() % on_the_way.size());
    const PushRecord one = on_the_way[static_cast<std::size_t>(place)];
    on_the_way.erase(on_the_way.begin() + place);
    if (seed % 2 == 0 && one_in(20)) {
      is_dropped = true;
    } else {
      const std::size_t shard = std::hash<std::string>{}(one.record.aggregate_id + std::to_string(one.record.version));
      for (bool again = true; again; again = one_in(5)) scene.service->write(one, shard);
    }
  };
  may_die = false;
  relay->reconcile();
  may_die = true;
  for (int step = 0; step < 150; ++step) {
    const std::string id = "a" + std::to_string(random() % 5);
    std::vector<PushRecord> group{numbered(id, ++versions[id])};
    if (one_in(3)) group.push_back(numbered(id, ++versions[id]));
    if (one_in(4)) group.push_back(numbered("b" + id, ++versions["b" + id]));
    scene.store(group);
    on_the_way.insert(on_the_way.end(), group.begin(), group.end());
    while (on_the_way.size() > random() % 12) release();
    if (one_in(15)) {
      const std::size_t shard = random() % scene.service->shards.size();
      if (!scene.service->shards[shard].is_closed) scene.service->split(shard, 1 + random() % 2);
    }
    if (one_in(10)) scene.service->valid_from = scene.service->issued;
    if (one_in(2)) alive([&] { relay->poll(); });
  }
  while (!on_the_way.empty()) release();
  for (int death = 0; death < 10; ++death) alive([&] { relay->poll(); });
  may_die = false;
  const auto catch_up = [&] {
    if constexpr (requires { relay->catch_up(); }) {
      relay->catch_up();
    } else {
      while (!relay->poll()) {
      }
    }
  };
  relay = make_relay(scene, feed);
  catch_up();
  if (is_dropped) relay->reconcile();
  catch_up();

  std::string faults;
  for (const auto& [id, version] : versions) {
    if (load(storage, id) != load(scene.table, id)) {
      faults += id + " has other events in the feed than in the table; ";
    }
  }
  std::map<std::string, Version> seen;
  static_cast<void>(storage.read_all_events(0, {.limit = 100'000}, [&](const SequencedEventView& one) {
    if (one.event.version != ++seen[std::string{one.event.aggregate_id}]) faults += "the feed has another order; ";
  }));
  if (seen != versions) faults += "the feed does not have each event once; ";
  return faults;
}

}  // namespace

TEST_CASE(
    "a feed has each event of the table once and in order whatever the stream doubles drops delays and reorders") {
  const auto relay = [](Scene& scene, MortalFeed& feed) {
    return std::make_unique<DynamoDbStreamRelay<decltype(scene.stream), MortalFeed>>(scene.stream, feed,
                                                                                     scene.options());
  };
  const auto naive = [](Scene& scene, MortalFeed& feed) { return std::make_unique<NaiveRelay>(*scene.service, feed); };
  int found = 0;
  for (std::uint64_t seed = 1; seed <= 8; ++seed) {
    CAPTURE(seed);
    CHECK(faults_of(relay, seed) == "");
    found += faults_of(naive, seed).empty() ? 0 : 1;
  }
  CHECK(found == 8);
}

TEST_CASE("a relay begins with reconcile, reads a shard before those that follow it, and goes on after a restart") {
  Scene scene;
  InMemoryEventStorageAdapter feed;
  scene.store({numbered("old", 1), numbered("old", 2)});
  {
    DynamoDbStreamRelay relay{scene.stream, feed, scene.options()};
    const auto gap = error_of<DynamoDbStreamGapError>([&] { relay.poll(); });
    CHECK(gap.relay_name() == "dynamodb_stream");
    CHECK(gap.stream_arn() == arn);
    CHECK(contains(gap.what(), "nothing was read of it yet"));
    CHECK(relay.reconcile() == 2);
    scene.push({numbered("a", 1)});
    scene.service->split(0, 2);
    scene.push({numbered("a", 2), numbered("b", 1)});
    CHECK(relay.catch_up() == DynamoDbStreamPollResult{.events = 3, .is_caught_up = true});
  }
  CHECK(feed_of(feed) == std::vector<std::string>{R"(POKEMONS#old#1 {"of":1})", R"(POKEMONS#old#2 {"of":2})",
                                                  R"(POKEMONS#a#1 {"of":1})", R"(POKEMONS#a#2 {"of":2})",
                                                  R"(POKEMONS#b#1 {"of":1})"});
  scene.push({numbered("a", 3)});
  DynamoDbStreamRelay relay{scene.stream, feed, scene.options()};
  CHECK(relay.catch_up() == DynamoDbStreamPollResult{.events = 1, .is_caught_up = true});
  CHECK(relay.catch_up() == DynamoDbStreamPollResult{.is_caught_up = true});
}

TEST_CASE("nothing is acknowledged before it is in the feed") {
  Scene scene;
  SqliteEventStorageAdapter storage{":memory:"};
  MortalFeed feed{storage};
  using Relay = DynamoDbStreamRelay<decltype(scene.stream), MortalFeed>;
  Relay{scene.stream, feed, scene.options()}.reconcile();
  scene.push({numbered("a", 1), numbered("b", 1)});
  // After it looked for its place it dies before the push, after it, before the checkpoint is written, and after that.
  for (const auto& [step, events] : {std::pair{3, 0U}, {4, 2U}, {3, 2U}, {4, 2U}}) {
    feed.dies = [left = step]() mutable { return --left == 0; };
    CHECK_THROWS_AS((Relay{scene.stream, feed, scene.options()}.poll()), Killed);
    CHECK(feed_of(storage).size() == events);
  }
  feed.dies = [] { return false; };
  CHECK(Relay{scene.stream, feed, scene.options()}.catch_up() == DynamoDbStreamPollResult{.is_caught_up = true});
  CHECK(feed_of(storage).size() == 2);
}

TEST_CASE("what a stream removed before it was read is noticed and reconcile brings it") {
  Scene scene;
  SqliteEventStorageAdapter feed{":memory:"};
  DynamoDbStreamRelay relay{scene.stream, feed, scene.options()};
  relay.reconcile();
  scene.push({numbered("a", 1)});
  relay.catch_up();
  const auto check_gap = [&](const std::string& expected) {
    DynamoDbStreamRelay later{scene.stream, feed, scene.options()};
    const auto gap = error_of<DynamoDbStreamGapError>([&] { later.catch_up(); });
    CHECK(contains(gap.what(), expected));
    CHECK(contains(gap.what(), "call reconcile()"));
    later.reconcile();
    scene.push({numbered("d", 1)});
    later.catch_up();
    for (const char* const id : {"a", "b", "c", "d"}) CHECK(load(feed, id) == load(scene.table, id));
  };
  SECTION("the record that was read last is gone") {
    scene.push({numbered("a", 2), numbered("b", 1)});
    scene.service->shards[0].trimmed = 2;
    check_gap("the record that was read last is gone");
  }
  SECTION("a shard is gone that was not read to its end") {
    scene.push({numbered("a", 2), numbered("b", 1)});
    scene.service->split(0, 1);
    scene.service->shards.pop_back();
    check_gap("a shard is gone that was not read to its end");
  }
  SECTION("a shard is gone that was never seen") {
    scene.service->split(0, 1);
    scene.push({numbered("a", 2), numbered("b", 1)});
    scene.service->split(0, 1);
    scene.service->shards.erase(scene.service->shards.begin() + 1);
    check_gap("a shard is gone that was not read");
  }
  SECTION("it was not looked at for a day") {
    scene.store({numbered("a", 2), numbered("b", 1)});
    scene.now += std::chrono::hours{24};
    check_gap("it was last looked at on 2022-01-01T12:00:00.000Z");
  }
  SECTION("it was in a shard that waited for the one before it, which alone was looked at") {
    scene.push({numbered("a", 2)});
    scene.service->split(0, 1);
    scene.push({numbered("b", 1)});
    scene.now += std::chrono::hours{22};
    DynamoDbStreamRelay{scene.stream, feed, scene.options()}.poll();
    CHECK(load(feed, "a") == load(scene.table, "a"));
    scene.now += std::chrono::hours{8};
    scene.service->shards[0].trimmed = 1;
    check_gap("it was last looked at on 2022-01-01T12:00:00.000Z");
  }
  SECTION("the stream is another one") {
    scene.store({numbered("a", 2), numbered("b", 1)});
    scene.service->shards = {{.id = "shardId-other", .parent = ""}};
    check_gap("a shard is gone that was not read to its end");
  }
}

TEST_CASE("a relay that is idle for days with one open shard is not behind") {
  Scene scene;
  InMemoryEventStorageAdapter feed;
  DynamoDbStreamRelay relay{scene.stream, feed, scene.options()};
  relay.reconcile();
  for (int hour = 0; hour < 60; hour += 6) {
    scene.now += std::chrono::hours{6};
    DynamoDbStreamRelay again{scene.stream, feed, scene.options()};
    CHECK(again.catch_up() == DynamoDbStreamPollResult{.is_caught_up = true});
  }
}

TEST_CASE("a version that the table does not have holds its own aggregate and nothing else") {
  Scene scene;
  InMemoryEventStorageAdapter feed;
  scene.store({numbered("a", 1)});
  const PushRecord third = numbered("a", 3);
  static_cast<void>(scene.table.push_events(std::span{&third, 1}, {.force = true}));
  DynamoDbStreamRelay relay{scene.stream, feed, scene.options()};
  CHECK_THROWS_AS(relay.reconcile(), DynamoDbMissingVersionError);
  DynamoDbStreamRelay forcing{scene.stream, feed, scene.options(true)};
  SECTION("until it is there") {
    scene.store({numbered("b", 1)});
    scene.push({numbered("a", 2)});
    CHECK(relay.reconcile() == 3);
    CHECK(load(feed, "a") == load(scene.table, "a"));
  }
  SECTION("or what is there may be forced") {
    CHECK(forcing.reconcile() == 1);
    scene.service->write(third);
    scene.push({numbered("b", 1), numbered("a", 2)});
    forcing.catch_up();
    CHECK(feed_of(feed) == std::vector<std::string>{R"(POKEMONS#a#1 {"of":1})", R"(POKEMONS#a#3 {"of":3})",
                                                    R"(POKEMONS#b#1 {"of":1})", R"(POKEMONS#a#2 {"of":2})"});
  }
  SECTION("also in a Lambda function, where the others are in the feed before the error") {
    const Json records{{"Records", {FakeStream::record_of(third), FakeStream::record_of(numbered("b", 1))}}};
    const auto error = error_of<DynamoDbMissingVersionError>([&] { relay.push(records.dump()); });
    CHECK(error.event_store_id() == "POKEMONS");
    CHECK(error.aggregate_id() == "a");
    CHECK(error.version() == 2);
    CHECK(error.found_version() == 3);
    CHECK(versions(feed, "b") == std::vector<Version>{1});
  }
}

TEST_CASE("changed events are changed in the feed and what is no event of its stores is left out") {
  Scene scene;
  InMemoryEventStorageAdapter feed;
  DynamoDbStreamRelay relay{scene.stream, feed, scene.options()};
  scene.store({numbered("a", 1), numbered("a", 2)});
  CHECK(relay.reconcile() == 2);
  const PushRecord changed = event("a", 1, R"({"of":"new"})");
  static_cast<void>(scene.table.push_events(std::span{&changed, 1}, {.force = true}));
  scene.service->write(FakeStream::record_of(numbered("a", 1)));
  scene.service->write(FakeStream::record_of(changed, "MODIFY"));
  scene.service->write(FakeStream::record_of(numbered("gone", 1), "REMOVE"));
  PushRecord other = numbered("x", 1);
  other.event_store_id = "TRAINERS";
  scene.service->write(other);
  Json foreign = FakeStream::record_of(numbered("a", 1));
  foreign["dynamodb"]["Keys"] = {{"pk", {{"S", "something"}}}};
  scene.service->write(foreign);
  Json damaged = FakeStream::record_of(numbered("late", 1));
  damaged["dynamodb"]["NewImage"].erase("type");
  scene.store({numbered("late", 1)});  // it was corrected in the table
  scene.service->write(damaged);
  CHECK(relay.catch_up() ==
        DynamoDbStreamPollResult{.events = 1, .doubles = 2, .removed = 1, .others = 2, .is_caught_up = true});
  CHECK(feed_of(feed) == std::vector<std::string>{R"(POKEMONS#a#1 {"of":"new"})", R"(POKEMONS#a#2 {"of":2})",
                                                  R"(POKEMONS#late#1 {"of":1})"});
}

TEST_CASE("snapshots in the table are no events to a relay of all event stores") {
  Scene scene;
  InMemoryEventStorageAdapter feed;
  auto options = scene.options();
  options.event_store_ids.clear();
  DynamoDbStreamRelay relay{scene.stream, feed, options};
  scene.store({numbered("a", 1)});
  Json records{{"Records", Json::array({FakeStream::record_of(numbered("a", 1))})}};
  for (const char* const name : {"INSERT", "MODIFY", "REMOVE"}) {
    Json snapshot = FakeStream::record_of(numbered("a", 1), name);
    snapshot["dynamodb"]["Keys"]["aggregateId"]["S"] = "#castore_snapshot#POKEMONS#a";
    records["Records"].push_back(std::move(snapshot));
  }
  const DynamoDbStreamPollResult pushed = relay.push(records.dump());
  CHECK(pushed.events == 1);
  CHECK(pushed.others == 3);
  CHECK(feed_of(feed) == std::vector<std::string>{R"(POKEMONS#a#1 {"of":1})"});
}

TEST_CASE("of two relays of one name the slower one says so, and the feed is right") {
  Scene scene;
  SqliteEventStorageAdapter feed{":memory:"};
  DynamoDbStreamRelay one{scene.stream, feed, scene.options()};
  DynamoDbStreamRelay other{scene.stream, feed, scene.options()};
  one.reconcile();
  one.poll();
  other.poll();
  scene.push({numbered("a", 1)});
  one.poll();
  CHECK(error_of<DynamoDbRelayTakenOverError>([&] { other.poll(); }).relay_name() == "dynamodb_stream");
  CHECK(other.poll() == DynamoDbStreamPollResult{.is_caught_up = true});
  CHECK(feed_of(feed).size() == 1);
}

namespace {

/// What DynamoDB Streams answers, for a `FaultPlan`.
Json answer(const Json& value, int status = 200) { return Json{{"streams", {status, value}}}; }
Json refusal(const std::string& code) { return answer({{"__type", "com.amazonaws.dynamodb.v20120810#" + code}}, 400); }
/// A description of a stream of one shard, for which there may be more to say.
Json page(const std::string& shard, const Json& more = {}) {
  Json description{{"StreamStatus", "ENABLED"},
                   {"StreamViewType", "NEW_AND_OLD_IMAGES"},
                   {"Shards", {{{"ShardId", shard}, {"SequenceNumberRange", {{"StartingSequenceNumber", "1"}}}}}}};
  if (!more.is_null()) description["Shards"][0].update(more);
  return description;
}

}  // namespace

TEST_CASE("what is asked of DynamoDB Streams over HTTP is signed, in its form, and asked again where that helps") {
  Scene scene;
  SqliteEventStorageAdapter feed{":memory:"};
  DynamoDbStreamRelay{scene.stream, feed, scene.options()}.reconcile();
  scene.store({numbered("a", 1), numbered("a", 2)});
  const std::string first = scene.service->shards[0].id;
  Json head = page(first, {});
  head["LastEvaluatedShardId"] = first;
  Json late = FakeStream::record_of(numbered("a", 2));
  late["dynamodb"]["SequenceNumber"] = "000000000000000000042";
  const FaultPlan plan{
      {answer({{"StreamDescription", head}}),
       answer({{"StreamDescription", page("shardId-child", {{"ParentShardId", first}})}}),
       refusal("LimitExceededException"), answer({{"ShardIterator", "one/+=="}}),
       answer({{"Records", {late}}, {"NextShardIterator", "two"}}), refusal("ExpiredIteratorException"),
       answer({{"ShardIterator", "three"}}), answer({{"Records", Json::array()}, {"NextShardIterator", nullptr}}),
       answer({{"ShardIterator", "four"}}), answer({{"Records", Json::array()}, {"NextShardIterator", "five"}})}};
  const DynamoDbStream over_http{
      scene.table, arn, {.client = plan.options(), .retry = quick_retries(3), .pause = std::chrono::milliseconds{0}}};
  DynamoDbStreamRelay relay{over_http, feed, scene.options()};
  CHECK(relay.poll() == DynamoDbStreamPollResult{.events = 2});  // the first is asked of the table
  CHECK(relay.poll() == DynamoDbStreamPollResult{});             // the parent ends, and its child is read
  const std::vector<Json> bodies{
      {{"StreamArn", arn}},
      {{"StreamArn", arn}, {"ExclusiveStartShardId", first}},
      {{"StreamArn", arn}, {"ShardId", first}, {"ShardIteratorType", "TRIM_HORIZON"}},
      {{"StreamArn", arn}, {"ShardId", first}, {"ShardIteratorType", "TRIM_HORIZON"}},
      {{"ShardIterator", "one/+=="}, {"Limit", 1000}},
      {{"ShardIterator", "two"}, {"Limit", 1000}},
      {{"StreamArn", arn},
       {"ShardId", first},
       {"ShardIteratorType", "AFTER_SEQUENCE_NUMBER"},
       {"SequenceNumber", "000000000000000000042"}},
      {{"ShardIterator", "three"}, {"Limit", 1000}},
      {{"StreamArn", arn}, {"ShardId", "shardId-child"}, {"ShardIteratorType", "TRIM_HORIZON"}},
      {{"ShardIterator", "four"}, {"Limit", 1000}}};
  CHECK(plan.operations() == std::vector<std::string>{"DescribeStream", "DescribeStream", "GetShardIterator",
                                                      "GetShardIterator", "GetRecords", "GetRecords",
                                                      "GetShardIterator", "GetRecords", "GetShardIterator",
                                                      "GetRecords"});
  std::vector<Json> sent;
  for (const Json& request : plan.log()) sent.push_back(Json::parse(request["body"].get<std::string>()));
  CHECK(sent == bodies);
  CHECK(castore::DynamoDbStreamsHttpClient{{.region = "eu-west-1"}}.endpoint() ==
        "https://streams.dynamodb.eu-west-1.amazonaws.com");
}

TEST_CASE("records that may not be read are an error, and are read when they may be") {
  Scene scene;
  SqliteEventStorageAdapter feed{":memory:"};
  DynamoDbStreamRelay{scene.stream, feed, scene.options()}.reconcile();
  scene.store({numbered("a", 1)});
  const std::string shard = scene.service->shards[0].id;
  const FaultPlan plan{
      {answer({{"StreamDescription", page(shard)}}), answer({{"ShardIterator", "one"}}),
       refusal("AccessDeniedException"), answer({{"StreamDescription", page(shard)}}),
       answer({{"ShardIterator", "two"}}),
       answer({{"Records", {FakeStream::record_of(numbered("a", 1))}}, {"NextShardIterator", nullptr}})}};
  const DynamoDbStream over_http{
      scene.table, arn, {.client = plan.options(), .retry = quick_retries(3), .pause = std::chrono::milliseconds{0}}};
  DynamoDbStreamRelay relay{over_http, feed, scene.options()};
  CHECK_THROWS_AS(relay.poll(), castore::StorageError);
  CHECK(relay.poll() == DynamoDbStreamPollResult{.events = 1});
}

TEST_CASE("an answer that is none of a stream is not taken for a shard without records") {
  for (const std::string_view answer : {"{}", R"({"NextShardIterator":"two"})", R"({"records":[]})", "[]", ""}) {
    CAPTURE(answer);
    CHECK_THROWS_AS(castore::detail::read_stream_records(answer), castore::detail::JsonScanError);
  }
  CHECK(castore::detail::read_stream_records(R"({"Records":[]})").records.empty());
}

TEST_CASE("what the guide to streams shows") {
  const Table events{Layout::single_table, server_client()};
  const std::string& table_name = events.name();
  const std::string stream_arn = arn;
  const auto answer = [](const Json& value) { return Json{{"streams", {200, value}}}; };
  const Json shards{
      {"StreamDescription",
       {{"StreamStatus", "ENABLED"}, {"StreamViewType", "NEW_IMAGE"}, {"Shards", {{{"ShardId", "one"}}}}}}};
  const FaultPlan plan{{answer(shards), answer(shards), answer({{"ShardIterator", "1"}}),
                        answer({{"Records", Json::array()}, {"NextShardIterator", "2"}})}};
  setenv("AWS_ENDPOINT_URL_DYNAMODB", server_address().c_str(), 1);
  setenv("AWS_ENDPOINT_URL_DYNAMODB_STREAMS", plan.options().endpoint.c_str(), 1);
  setenv("AWS_REGION", "eu-west-1", 1);
  setenv("AWS_ACCESS_KEY_ID", server_credentials.access_key_id.c_str(), 1);
  setenv("AWS_SECRET_ACCESS_KEY", server_credentials.secret_access_key.c_str(), 1);
  const std::string path = ":memory:";

  // [use]
  castore::DynamoDbEventStorageAdapter table{table_name};
  castore::DynamoDbStream stream{table, stream_arn};
  castore::SqliteEventStorageAdapter feed{path};
  castore::DynamoDbStreamRelay relay{stream, feed, {.event_store_ids = {"POKEMONS", "TRAINERS"}}};
  relay.reconcile();  // once, for events older than the stream
  relay.catch_up();   // or relay.run(stop) on a thread of yours
  // [/use]
  push(table, numbered("a", 1), numbered("a", 2));
  const std::string event_text = Json{{"Records", {FakeStream::record_of(numbered("a", 2))}}}.dump();
  // [lambda]
  relay.push(event_text);  // the JSON that a Lambda function is called with
  // [/lambda]
  for (const char* const name : {"AWS_ENDPOINT_URL_DYNAMODB", "AWS_ENDPOINT_URL_DYNAMODB_STREAMS", "AWS_REGION",
                                 "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"}) {
    unsetenv(name);
  }
  CHECK(load(feed, "a") == load(table, "a"));
  CHECK(versions(feed, "a") == std::vector<Version>{1, 2});
}

TEST_CASE("a stream that cannot be followed says what to do") {
  Scene scene;
  InMemoryEventStorageAdapter feed;
  DynamoDbStreamRelay relay{scene.stream, feed, scene.options()};
  relay.reconcile();
  const auto said = [&] { return std::string{error_of<StorageError>([&] { relay.catch_up(); }).what()}; };
  SECTION("without images") {
    scene.service->view_type = "KEYS_ONLY";
    CHECK(contains(said(), "make one with NEW_IMAGE"));
  }
  SECTION("turned off") {
    scene.push({numbered("a", 1)});
    scene.service->status = "DISABLED";
    scene.service->shards[0].is_closed = true;
    CHECK(contains(said(), "is turned off, and all it had is in the feed"));
    CHECK(versions(feed, "a") == std::vector<Version>{1});
  }
  SECTION("with iterators that never live") {
    scene.service->valid_from = 1'000;
    CHECK(contains(said(), "has expired"));
  }
  CHECK_THROWS_AS((DynamoDbStreamRelay{scene.stream, feed}.reconcile()), std::invalid_argument);
  CHECK_THROWS_AS((DynamoDbStreamRelay{scene.stream, feed, {.name = "a#b"}}), std::invalid_argument);
}
