// SPDX-License-Identifier: MIT
#include <castore/snapshots/cached_event_store.hpp>

#include <castore/adapters/in_memory.hpp>
#include <castore/core/command.hpp>
#include <castore/core/event_group.hpp>
#include <castore/snapshots/snapshot_event_store.hpp>
#include <castore/testing/fault_injecting_adapter.hpp>
#include "snapshots/domain.hpp"
#include "support/catch.hpp"

#include <atomic>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

namespace cached_store_tests {

using namespace castore;
using namespace castore::snapshot_tests;

namespace {

using Faulty = testing::FaultInjectingAdapter<InMemoryEventStorageAdapter>;

/// A storage of events and, on it, the stores.
struct Stage {
  InMemoryEventStorageAdapter storage{};
  StoryStore stories{"S", storage};
};

}  // namespace

TEST_CASE("a cached aggregate is brought up to date by every load") {
  Stage stage;
  CachedEventStore cached{stage.stories};
  CHECK_FALSE(cached.get_aggregate("a"));
  push_all(stage.stories, "a", 3);
  CHECK(cached.get_existing_aggregate("a").text == "1 2 3 ");
  push_all(stage.stories, "a", 4, 4);  // as another process may
  CHECK(cached.get_existing_aggregate("a").text == "1 2 3 4 ");
  CHECK(cached.get_aggregate("a", {.max_version = 2})->text == "1 2 ");
  push_all(stage.stories, "a", 6, 5);
  CHECK(cached.get_aggregate("a", {.max_version = 5})->text == "1 2 3 4 5 ");
  CHECK(cached.get_existing_aggregate("a").text == "1 2 3 4 5 6 ");
  CHECK(cached.statistics() == CacheStatistics{.aggregates = 1, .hits = 3, .misses = 3});
  REQUIRE_THROWS_AS(cached.get_existing_aggregate("b"), AggregateNotFoundError);
}

TEST_CASE("the aggregates that were used last are kept, and no more than that") {
  Stage stage;
  CachedEventStore cached{stage.stories, {.max_aggregates = 2}};
  for (const std::string id : {"a", "b", "c"}) push_all(stage.stories, id, 1);
  for (const char* id : {"a", "b", "a", "c", "a"}) (void)cached.get_aggregate(id);
  CHECK(cached.statistics() == CacheStatistics{.aggregates = 2, .hits = 2, .misses = 3});
  (void)cached.get_aggregate("b");
  CHECK(cached.statistics().misses == 4);
  cached.forget("b");
  CHECK(cached.statistics().aggregates == 1);
  cached.clear();
  CHECK(cached.statistics().aggregates == 0);
  REQUIRE_THROWS_AS((CachedEventStore{stage.stories, {.max_aggregates = 0}}), std::invalid_argument);
}

TEST_CASE("a forced push makes a cache forget the aggregate, before and after it") {
  Stage stage;
  CachedEventStore cached{stage.stories};
  push_all(cached, "a", 3);
  (void)cached.get_aggregate("a");
  cached.push_event("a", 2, Noted{"two"}, {.force = true});
  CHECK(cached.get_existing_aggregate("a").text == "1 two 3 ");
  push_event_group(PushEventGroupOptions{.force = true}, cached.group_event("a", 1, Noted{"one"}),
                   cached.group_event("b", 1, Noted{"1"}));
  CHECK(cached.get_existing_aggregate("a").text == "one two 3 ");
  // by a store that the cache does not know of
  stage.stories.push_event("a", 3, Noted{"three"}, {.force = true});
  CHECK(cached.get_existing_aggregate("a").text == "one two 3 ");
  cached.forget("a");
  CHECK(cached.get_existing_aggregate("a").text == "one two three ");
}

TEST_CASE("what was loaded while a forced push was under way is not kept") {
  Stage stage;
  Faulty faulty{stage.storage};
  StoryStore stories{"S", faulty};
  CachedEventStore cached{stories};
  push_all(stories, "a", 2);
  faulty.inject(StorageOperation::push_events, testing::follows([&] { (void)cached.get_aggregate("a"); }));
  cached.push_event("a", 1, Noted{"one"}, {.force = true});
  CHECK(cached.get_existing_aggregate("a").text == "one 2 ");
}

TEST_CASE("a cache stands on snapshots, and works in commands; another adapter has other aggregates") {
  Stage stage;
  SnapshotEventStore fast{stage.stories, stage.storage, {.policy = every(1)}};
  CachedEventStore cached{fast};
  Command note{"NOTE", cached,
               [](const std::optional<Story>& story) { return Noted{std::to_string(story ? story->version + 1 : 1)}; }};
  for (int times = 0; times < 4; ++times) note("a");
  CHECK(cached.get_existing_aggregate("a").text == "1 2 3 4 ");
  CHECK(cached.statistics().hits == 3);
  CHECK(fast.statistics().misses == 2);
  InMemoryEventStorageAdapter other;
  cached.set_event_storage_adapter(other);
  CHECK_FALSE(cached.get_aggregate("a"));
}

TEST_CASE("threads that load and push share a cache") {
  Stage stage;
  CachedEventStore cached{stage.stories, {.max_aggregates = 1}};
  push_all(cached, "a", 1);
  push_all(cached, "b", 1);
  std::atomic<int> wrong{0};
  std::vector<std::thread> threads;
  for (int thread = 0; thread < 3; ++thread) {
    threads.emplace_back([&, thread] {
      Command note{"NOTE",
                   cached,
                   [](const Story& story) { return Noted{std::to_string(story.version + 1)}; },
                   {.event_already_exists_retries = 1000}};
      for (int times = 0; times < 20; ++times) {
        const Story before = cached.get_existing_aggregate("a");
        if (thread == 2) {
          cached.push_event("a", 1, Noted{"1"}, {.force = true});
        } else {
          note(times % 3 == 0 ? "b" : "a");
        }
        const Story after = cached.get_existing_aggregate("a");
        if (after.version < before.version || !after.text.starts_with(before.text)) ++wrong;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  CHECK(wrong == 0);
  CHECK(cached.get_existing_aggregate("a").text == stage.stories.get_existing_aggregate("a").text);
}

}  // namespace cached_store_tests
