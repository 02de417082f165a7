// SPDX-License-Identifier: MIT
#ifndef CASTORE_TESTING_LOG_CONFORMANCE_FOLLOWERS_HPP
#define CASTORE_TESTING_LOG_CONFORMANCE_FOLLOWERS_HPP

/// @file
/// Laws 1 and 2: a reader that follows the one order while others push sees every event.

#include <castore/core/any_event_storage_adapter.hpp>
#include <castore/core/event_log.hpp>
#include <castore/core/event_storage_adapter.hpp>
#include <castore/fwd.hpp>
#include <castore/testing/adapter_conformance/adapter_under_test.hpp>
#include <castore/testing/adapter_conformance/expect.hpp>
#include <castore/testing/adapter_conformance/run_threads.hpp>
#include <castore/testing/log_conformance/placed_events.hpp>

#include <atomic>
#include <chrono>
#include <cstddef>
#include <map>
#include <string>
#include <thread>
#include <vector>

namespace castore::testing::detail {

/// Writers of events and of groups, of their own aggregates and one that all share, of which many pushes are refused.
inline void push_in_races(const AnyEventStorageAdapter& adapter, std::size_t writer, int rounds) {
  const auto record = [](const std::string& id, Version version) {
    return PushRecord{"S", AdapterUnderTest::to_record(law_event(id, version))};
  };
  const std::string own = "own " + std::to_string(writer);
  const std::string grouped = "grouped " + std::to_string(writer);
  Version next_of_group = 1;
  for (int round = 1; round <= rounds; ++round) {
    const PushRecord alone = record(own, round);
    expect(adapter.push_events({&alone, 1}, {}) == PushOutcome{}, "a push that is written", "one that is refused");
    Version last = 0;
    adapter.get_events("S", "shared", {.limit = 1, .reverse = true},
                       [&last](const EventRecordView& event) { last = event.version; });
    const std::vector<PushRecord> group{record(grouped, next_of_group), record("shared", last + 1)};
    if (adapter.push_events(group, {}).status == PushOutcome::pushed) ++next_of_group;
  }
}

/// What a follower sees must be what is read in the end.
class Follower {
 public:
  explicit Follower(const AnyEventStorageAdapter& adapter) : adapter_{adapter} {}

  void follow(const std::atomic<bool>& is_over) {
    ReadAllEventsResult result;
    for (bool is_last = false; !is_last || !result.is_caught_up;) {
      is_last = is_over;
      const Position after = result.next;
      result = read_page(adapter_, after, {.limit = 7}, seen_);
      if (result.next == after) std::this_thread::sleep_for(std::chrono::microseconds{200});
    }
  }
  void expect_to_follow(const PlacedEvents& all) const {
    Position last = 0;
    for (const PlacedEvent& event : seen_) {
      expect(event.position > last, "rising positions for who reads while others push",
             std::to_string(event.position) + " after " + std::to_string(last));
      last = event.position;
    }
    if (seen_ == all) return;
    std::string lost;
    std::size_t next = 0;
    for (const PlacedEvent& event : all) {
      next < seen_.size() && seen_[next] == event ? void(++next) : void(lost += " " + describe(event) + ";");
    }
    throw Deviation{"all " + std::to_string(all.size()) + " events for who reads while others push",
                    std::to_string(seen_.size()) + ", without" + lost.substr(0, 500)};
  }

 private:
  AnyEventStorageAdapter adapter_;
  PlacedEvents seen_;
};

inline void followers_see_every_event(const AdapterUnderTest& adapter) {
  constexpr std::size_t writers = 3;
  std::vector<Follower> followers(2, Follower{adapter.adapter()});
  std::atomic<bool> is_over{false};
  std::atomic<std::size_t> writing{writers};
  run_threads(writers + followers.size(), [&](std::size_t thread) {
    if (thread >= writers) return followers[thread - writers].follow(is_over);
    const AtExit done{[&] {
      if (--writing == 0) is_over = true;
    }};
    push_in_races(adapter.adapter(), thread, 40);
  });
  const PlacedEvents all = read_to_end(adapter.adapter());
  for (const Follower& follower : followers) follower.expect_to_follow(all);
  std::map<std::string, Version> versions;
  for (const PlacedEvent& event : all) {
    expect_equal(event.record.version, ++versions[event.record.aggregate_id],
                 "the next version of " + describe(event.record.aggregate_id) + " in the order of all events");
  }
  std::size_t stored = 0;
  for (const auto& [id, last] : versions) stored += adapter.read("S", id).size();
  expect_equal(all.size(), stored, "number of events");
}

#if __has_include(<sys/wait.h>)
inline void followers_see_every_event_of_processes(const AdapterUnderTest& before) {
  std::vector<ChildProcess> writers;
  for (std::size_t writer = 0; writer < 4; ++writer) {
    writers.push_back(
        before.spawn([writer](const AnyEventStorageAdapter& adapter) { push_in_races(adapter, writer, 40); }));
  }
  const AdapterUnderTest adapter = before.after_spawn();
  Follower follower{adapter.adapter()};
  std::atomic<bool> is_over{false};
  std::string wrong;
  run_threads(2, [&](std::size_t thread) {
    if (thread == 1) return follower.follow(is_over);
    const AtExit done{[&] { is_over = true; }};
    for (ChildProcess& writer : writers) wrong += writer.wait(adapter.effort().limit);
  });
  expect(wrong.empty(), "processes that push", wrong);
  follower.expect_to_follow(read_to_end(adapter.adapter()));
}
#endif

}  // namespace castore::testing::detail

#endif
