// SPDX-License-Identifier: MIT
#ifndef CASTORE_TESTING_SNAPSHOT_CONFORMANCE_LOADS_HPP
#define CASTORE_TESTING_SNAPSHOT_CONFORMANCE_LOADS_HPP

/// @file
/// Laws 25 to 27 as a store with snapshots keeps them over a storage: what is loaded is what all events give.

#include <castore/core/event_store.hpp>
#include <castore/core/snapshot_storage.hpp>
#include <castore/fwd.hpp>
#include <castore/snapshots/snapshot_event_store.hpp>
#include <castore/testing/adapter_conformance/adapter_under_test.hpp>
#include <castore/testing/adapter_conformance/expect.hpp>
#include <castore/testing/adapter_conformance/law.hpp>
#include <castore/testing/adapter_conformance/law_events.hpp>
#include <castore/testing/adapter_conformance/run_threads.hpp>
#include <castore/testing/snapshot_conformance/storage.hpp>

#include <cstddef>
#include <optional>
#include <random>
#include <string>
#include <thread>
#include <vector>

namespace castore::testing::detail {

/// All texts one after the other: no event can be left out, or be read twice, unnoticed.
struct LawStory {
  std::string aggregate_id{};
  Version version = 0;
  std::string text{};
};
struct LawStoryReducer {
  void operator()(LawStory& story, const Noted& noted) const { (story.text += noted.text) += ';'; }
};
using LawStoryStore = EventStore<Events<Noted>, LawStory, LawStoryReducer>;

inline std::string describe_story(const std::optional<LawStory>& story) {
  if (!story) return "nothing";
  return "version " + std::to_string(story->version) + " of " + describe(story->aggregate_id) + ": " +
         describe(story->text);
}

/// What both stores load must be the same. @tparam SnapshotStore As `SnapshotEventStore`; the tests have worse ones.
template <template <class, class> class SnapshotStore>
class StoryLoads {
 public:
  explicit StoryLoads(const AdapterUnderTest& adapter, SnapshotEventStoreOptions options = {.policy = every(1)})
      : storage_{adapter.adapter()}, plain_{"S", storage_}, fast_{plain_, storage_, std::move(options)} {}

  SnapshotStore<LawStoryStore, AnyEventStorageAdapter>& fast() noexcept { return fast_; }
  /// @param when What was done before.
  void expect_equal(const std::string& when, std::optional<Version> max_version = {},
                    const std::string& aggregate_id = "a") {
    const std::string expected = describe_story(plain_.get_aggregate(aggregate_id, {.max_version = max_version}));
    const std::string seen = describe_story(fast_.get_aggregate(aggregate_id, {.max_version = max_version}));
    expect(seen == expected,
           expected + ", as without snapshots, " + when +
               (max_version ? ", at version " + std::to_string(*max_version) : std::string{}),
           seen);
  }
  void expect_equal_everywhere(const std::string& when, Version last) {
    for (Version version = 0; version <= last + 1; ++version) expect_equal(when, version);
    expect_equal(when);
  }

 private:
  AnyEventStorageAdapter storage_;
  LawStoryStore plain_;
  SnapshotStore<LawStoryStore, AnyEventStorageAdapter> fast_;
};

template <template <class, class> class SnapshotStore>
void loads_are_equal(const AdapterUnderTest& adapter) {
  for (const std::size_t policy : {std::size_t{1}, std::size_t{3}}) {
    std::mt19937 random{static_cast<unsigned>(policy)};
    const std::string id = "a" + std::to_string(policy);
    StoryLoads<SnapshotStore> loads{adapter, {.policy = every(policy)}};
    StoryLoads<SnapshotStore> other{adapter, {.policy = every(policy), .reducer_version = 2}};
    Version last = 0;
    for (int step = 0; step < 24; ++step) {
      const auto dice = random() % 8;
      const std::string text = std::to_string(step);
      if (dice == 0 && last > 1) {
        const auto version = 1 + static_cast<Version>(random()) % last;
        adapter.must_push(snapshot_event(version, text, id, 100 + step), true);
      } else {
        adapter.must_push(snapshot_event(++last, text, id));
      }
      if (dice == 1) loads.fast().prune(1 + random() % 2);
      if (dice > 3) loads.expect_equal("after some pushes", {}, id);
      if (dice == 7) other.expect_equal("with another version of the reducer", {}, id);
      loads.expect_equal("after some pushes", 1 + static_cast<Version>(random()) % last, id);
    }
    for (Version version = 0; version <= last + 1; ++version) loads.expect_equal("at the end", version, id);
  }
}

template <template <class, class> class SnapshotStore>
void another_reducer_is_not_used(const AdapterUnderTest& adapter) {
  adapter.must_push_all({snapshot_event(1, "1"), snapshot_event(2, "2")});
  must_save(adapter, {.event_store_id = "S",
                      .aggregate_id = "a",
                      .reducer_version = 1,
                      .version = 2,
                      .state = R"({"aggregate_id":"a","version":2,"text":"of the wrong reducer"})"});
  StoryLoads<SnapshotStore> mended{adapter, {.policy = every(1), .reducer_version = 2}};
  mended.expect_equal_everywhere("when the reducer was mended", 2);
}

template <template <class, class> class SnapshotStore>
void above_max_version_is_not_used(const AdapterUnderTest& adapter) {
  adapter.must_push_all({snapshot_event(1, "1"), snapshot_event(2, "2"), snapshot_event(3, "3")});
  StoryLoads<SnapshotStore> loads{adapter};
  loads.expect_equal("with no snapshot");
  loads.expect_equal_everywhere("with a snapshot of the last version", 3);
}

template <template <class, class> class SnapshotStore>
void damaged_text_is_not_used(const AdapterUnderTest& adapter) {
  adapter.must_push_all({snapshot_event(1, "1"), snapshot_event(2, "2"), snapshot_event(3, "3")});
  StoryLoads<SnapshotStore> loads{adapter, {.policy = every(100)}};
  for (const std::string state : {R"("damaged")", R"({"aggregate_id":"a","version":2})", "[]", "null", "1e3",
                                  R"({"aggregate_id":"a","version":2,"text":7})",
                                  R"({"aggregate_id":"b","version":2,"text":"of another aggregate"})",
                                  R"({"aggregate_id":"a","version":1,"text":"of another version"})"}) {
    must_save(adapter, {.event_store_id = "S", .aggregate_id = "a", .version = 2, .state = state});
    loads.expect_equal_everywhere("with the snapshot " + state, 3);
  }
}

template <template <class, class> class SnapshotStore>
void beyond_the_stream_is_not_used(const AdapterUnderTest& adapter) {
  const auto stale = [](const std::string& id, Version version, int seconds) {
    return SnapshotRecord{.event_store_id = "S",
                          .aggregate_id = id,
                          .version = version,
                          .event_timestamp = at(seconds),
                          .state = R"({"aggregate_id":")" + id + R"(","version":)" + std::to_string(version) +
                                   R"(,"text":"of events that are gone"})"};
  };
  StoryLoads<SnapshotStore> loads{adapter, {.policy = every(100)}};
  must_save(adapter, stale("none", 2, 2));
  loads.expect_equal("when all events are gone", {}, "none");

  adapter.must_push_all({snapshot_event(1, "1"), snapshot_event(2, "2")});
  must_save(adapter, stale("a", 4, 4));
  loads.expect_equal_everywhere("when the last events are gone", 4);
  adapter.must_push_all({snapshot_event(3, "3"), snapshot_event(4, "4"), snapshot_event(5, "5")});
  loads.expect_equal_everywhere("when there are others in their place", 5);

  adapter.must_push_all({snapshot_event(1, "1", "b", 11), snapshot_event(2, "2", "b", 12)});
  must_save(adapter, stale("b", 2, 2));
  loads.expect_equal("when there is another event in the place of the last", {}, "b");
}

template <template <class, class> class SnapshotStore>
void a_forced_push_is_seen(const AdapterUnderTest& adapter) {
  for (Version version = 1; version <= 5; ++version)
    adapter.must_push(snapshot_event(version, std::to_string(version)));
  StoryLoads<SnapshotStore> loads{adapter};
  loads.expect_equal("with no snapshot");
  adapter.must_push(snapshot_event(2, "2 by force", "a", 2), true);
  loads.expect_equal_everywhere("after a forced push", 5);
  adapter.must_push(snapshot_event(5, "5 by force", "a", 5), true);
  loads.expect_equal_everywhere("after a forced push of the last version", 5);
}

template <template <class, class> class SnapshotStore>
void savers_race(const AdapterUnderTest& adapter) {
  adapter.must_push(snapshot_event(1, "1"));
  run_threads(3, [&](std::size_t thread) {
    StoryLoads<SnapshotStore> loads{adapter};
    for (Version version = 2; version <= 12; ++version) {
      if (thread == 0) {
        adapter.must_push(snapshot_event(version, std::to_string(version)));
        std::this_thread::yield();  // on one processor, too, others load between two pushes
      } else {
        static_cast<void>(loads.fast().get_aggregate("a"));
      }
    }
  });
  StoryLoads<SnapshotStore>{adapter, {.policy = every(100)}}.expect_equal_everywhere("after savers have raced", 12);
}

/// @tparam SnapshotStore As for `StoryLoads`.
template <template <class, class> class SnapshotStore = SnapshotEventStore>
inline constexpr AdapterLaw snapshot_load_laws[] = {
    {.law = 25,
     .name = "with and without snapshots loads are equal, at every version, for every policy",
     .check = loads_are_equal<SnapshotStore>,
     .records_only = true},
    {.law = 25,
     .name = "a snapshot above max_version is not used",
     .check = above_max_version_is_not_used<SnapshotStore>,
     .records_only = true},
    {.law = 26,
     .name = "a snapshot of another version of the reducer is not used",
     .check = another_reducer_is_not_used<SnapshotStore>,
     .records_only = true},
    {.law = 26,
     .name = "a snapshot that is damaged, or of another aggregate, is not used",
     .check = damaged_text_is_not_used<SnapshotStore>,
     .records_only = true},
    {.law = 26,
     .name = "a snapshot of events that are gone is not used",
     .check = beyond_the_stream_is_not_used<SnapshotStore>,
     .records_only = true},
    {.law = 26,
     .name = "a snapshot from before a forced push is not used",
     .check = a_forced_push_is_seen<SnapshotStore>},
    {.law = 27,
     .name = "savers that race leave the state right",
     .check = savers_race<SnapshotStore>,
     .records_only = true},
};

}  // namespace castore::testing::detail

#endif
