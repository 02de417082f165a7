// SPDX-License-Identifier: MIT
#ifndef CASTORE_TESTING_ADAPTER_CONFORMANCE_PROCESSES_HPP
#define CASTORE_TESTING_ADAPTER_CONFORMANCE_PROCESSES_HPP

/// @file
/// Law 8, third part: several processes may use one storage.

#include <castore/core/any_event_storage_adapter.hpp>
#include <castore/core/event_storage_adapter.hpp>
#include <castore/fwd.hpp>
#include <castore/testing/adapter_conformance/adapter_under_test.hpp>
#include <castore/testing/adapter_conformance/expect.hpp>
#include <castore/testing/adapter_conformance/law.hpp>
#include <castore/testing/adapter_conformance/law_events.hpp>
#include <castore/testing/adapter_conformance/run_threads.hpp>
#include <castore/testing/child_process.hpp>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <map>
#include <random>
#include <sstream>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

namespace castore::testing::detail {

#if __has_include(<sys/wait.h>)

inline constexpr int process_count = 3;
inline constexpr std::size_t fewest_conflicts = 16;  ///< Of each process, or it goes on for longer.

/// What one of several processes does: it pushes the next version of one aggregate again and again while the others do
/// the same, and an event of its own after each. At the end it writes down which versions were its own.
class RacingProcess {
 public:
  RacingProcess(const AnyEventStorageAdapter& adapter, int number, std::chrono::milliseconds time)
      : adapter_{adapter}, number_{number}, time_{time} {}

  static std::string own_id(int number) { return "of process " + std::to_string(number); }
  static std::string wins_id(int number) { return "versions of process " + std::to_string(number); }

  void run() {
    meet();
    std::minstd_rand random{static_cast<std::minstd_rand::result_type>(number_ + 1)};
    std::string wins;
    Version last = 0;
    RaceEnd end{time_, fewest_conflicts};
    for (Version own = 1; own <= 8 || !end.is_over(); ++own) {
      if (number_ > 0) nap(random);
      adapter_.get_events("S", "all", {.min_version = last + 1},
                          [&last](const EventRecordView& event) { last = event.version; });
      const PushOutcome outcome = push("all", last + 1, own_id(number_));
      if (outcome == PushOutcome{}) {
        wins += std::to_string(last + 1) + ' ';
      } else if (outcome != PushOutcome{PushOutcome::already_exists, 0}) {
        throw std::runtime_error{"a process that pushes the next version gets " + describe(outcome)};
      } else {
        end.add_meeting();
      }
      must_push(own_id(number_), own, "");
    }
    must_push(wins_id(number_), 1, wins);
  }

 private:
  PushOutcome push(const std::string& id, Version version, const std::string& text) {
    const PushRecord record{"S", AdapterUnderTest::to_record({"S", id, version, text, at(0)})};
    return adapter_.push_events({&record, 1}, {});
  }
  void must_push(const std::string& id, Version version, const std::string& text) {
    const PushOutcome outcome = push(id, version, text);
    if (outcome != PushOutcome{})
      throw std::runtime_error{"an event that no other process pushes: " + describe(outcome)};
  }

  /// Waits for all the others, which takes one that ends or never begins for late.
  void meet() {
    must_push("process " + std::to_string(number_), 1, "");
    const auto end = std::chrono::steady_clock::now() + std::chrono::seconds{5};
    for (int other = 0; other < process_count;) {
      bool is_there = false;
      adapter_.get_events("S", "process " + std::to_string(other), {},
                          [&is_there](const EventRecordView&) { is_there = true; });
      if (is_there) {
        ++other;
      } else if (std::chrono::steady_clock::now() > end) {
        throw std::runtime_error{"a process that does not see within 5 s what another one has pushed"};
      } else {
        std::this_thread::sleep_for(std::chrono::milliseconds{1});
      }
    }
  }

  AnyEventStorageAdapter adapter_;
  int number_;
  std::chrono::milliseconds time_;
};

inline void one_of_several_processes_wins(const AdapterUnderTest& before) {
  std::vector<ChildProcess> processes;
  for (int number = 0; number < process_count; ++number) {
    processes.push_back(before.spawn([number, time = before.effort().race](const AnyEventStorageAdapter& adapter) {
      RacingProcess{adapter, number, time}.run();
    }));
  }
  for (ChildProcess& process : processes) {
    const std::string fault = process.wait(before.effort().limit);
    expect(fault.empty(), "processes that push and end", fault);
  }

  const AdapterUnderTest adapter = before.after_spawn();
  std::map<Version, int> winners;
  std::vector<AggregateIdEntry> entries{{"all", at(0)}};
  for (int number = 0; number < process_count; ++number) {
    const LawEventList wins = adapter.get("S", RacingProcess::wins_id(number));
    expect(wins.size() == 1, "an event that each process pushes at its end", describe(wins));
    std::istringstream versions{wins.front().text};
    for (Version version = 0; versions >> version;) {
      const bool is_first = winners.emplace(version, number).second;
      expect(is_first, "one process that pushes version " + std::to_string(version), "two");
    }
    Version last = 0;
    for (const LawEvent& event : adapter.get("S", RacingProcess::own_id(number))) {
      expect_equal(event.version, ++last, "the next version of what one process alone has pushed");
    }
    expect(last >= 8, "all events of a process", std::to_string(last) + " events");
    for (const std::string& id :
         {RacingProcess::own_id(number), RacingProcess::wins_id(number), "process " + std::to_string(number)}) {
      entries.push_back({id, at(0)});
    }
  }
  LawEventList expected;
  for (const auto& [version, number] : winners) {
    expected.push_back({"S", "all", version, RacingProcess::own_id(number), at(0)});
  }
  adapter.expect_events(expected, "the events of the processes that won");
  const auto by_id = [](std::vector<AggregateIdEntry> all) {
    std::ranges::sort(all, {}, &AggregateIdEntry::aggregate_id);
    return all;
  };
  expect_equal(by_id(adapter.list_all("S")), by_id(entries), "aggregates that several processes have pushed to");
}

#else
inline void one_of_several_processes_wins(const AdapterUnderTest&) {}  // where there is no fork, no fixture spawns
#endif

inline constexpr AdapterLaw process_laws[] = {
    {.law = 8,
     .name = "of pushes of one version by several processes exactly one wins",
     .check = one_of_several_processes_wins,
     .applies = spawns,
     .records_only = true,
     .single_thread = true},
};

}  // namespace castore::testing::detail

#endif
