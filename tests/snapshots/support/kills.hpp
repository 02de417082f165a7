// SPDX-License-Identifier: MIT
#ifndef CASTORE_TESTS_SNAPSHOTS_SUPPORT_KILLS_HPP
#define CASTORE_TESTS_SNAPSHOTS_SUPPORT_KILLS_HPP

/// @file
/// Processes of two releases of one program, which push, load from snapshots and save them in one storage, and are
/// killed (SIGKILL) at any moment. See read_models.hpp for `Log`; its storage must keep snapshots.

#include <castore/castore.hpp>
#include <castore/snapshots.hpp>
#include <castore/testing/child_process.hpp>
#include "adapters/support/sqlite.hpp"
#include "support/catch.hpp"

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <exception>
#include <fstream>
#include <iterator>
#include <optional>
#include <random>
#include <stdexcept>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include <fcntl.h>
#include <unistd.h>

namespace castore::snapshot_tests {

/// No two events have the same number, so events that are equal are the same.
struct Counted {
  static constexpr std::string_view type = "COUNTED";
  std::int64_t number = 0;
  friend bool operator==(const Counted&, const Counted&) = default;
};

/// Another `trace` for each order of the numbers.
struct Counter {
  std::string aggregate_id;
  Version version = 0;
  std::int64_t trace = 0;
  friend bool operator==(const Counter&, const Counter&) = default;
};

/// Each release has its own opinion of what the same events make.
template <int release>
struct CounterReducer {
  static constexpr int version = release;
  void operator()(Counter& counter, const Counted& event) const {
    counter.trace = (counter.trace * (release == 1 ? 31 : 37) + event.number) % 1'000'003;
  }
};
template <int release>
using CounterStore = EventStore<Events<Counted>, Counter, CounterReducer<release>>;

inline constexpr std::array<std::string_view, 4> counter_ids{"a", "b", "c", "d"};

/// A load with snapshots must be the fold of all events up to its version. @return False when it was not compared, as
/// some of them were pushed or overwritten meanwhile.
template <class Fast>
bool compare_with_fold(const Fast& fast, std::string_view id, const GetAggregateOptions& options) {
  const auto& plain = fast.event_store();
  const auto before = plain.get_events(id, {.max_version = options.max_version});
  const std::optional<Counter> loaded = fast.get_aggregate(id, options);
  const Version version = loaded ? loaded->version : 0;
  const auto after = plain.get_events(id, {.max_version = version});
  if (version < static_cast<Version>(before.size())) {
    throw std::runtime_error{std::string{id} + " was loaded as of " + std::to_string(version) + " of " +
                             std::to_string(before.size()) + " events"};
  }
  if (before != after) return false;
  const std::optional<Counter> folded = plain.build_aggregate(after);
  if (loaded == folded) return true;
  throw std::runtime_error{std::string{id} + " at " + std::to_string(version) + " is " +
                           std::to_string(loaded ? loaded->trace : -1) + " and not " +
                           std::to_string(folded ? folded->trace : -1)};
}

/// One process of a release: what it compared goes to `compared`, a letter for each load. It never ends by itself.
template <int release, class Storage>
[[noreturn]] void count_on(Storage& storage, int compared) {
  std::mt19937_64 random{std::random_device{}()};
  const auto number = [&random] { return static_cast<std::int64_t>(random() % 1'000'000'000'000'000); };
  CounterStore<release> counters{"COUNTERS", storage};
  const auto on_snapshot_ignored = [](const IgnoredSnapshot& ignored) {
    // Its last event may be overwritten, and it be deleted, after it was read.
    if (ignored.fault == SnapshotFault::not_in_history) return;
    throw std::runtime_error{"ignored at " + std::to_string(ignored.version) + ": " + std::string{ignored.reason}};
  };
  SnapshotEventStore fast{
      counters, storage, {.policy = every(1 + random() % 4), .on_snapshot_ignored = on_snapshot_ignored}};
  while (true) {
    const std::string id{counter_ids[random() % counter_ids.size()]};
    const std::uint64_t hits = fast.statistics().hits;
    GetAggregateOptions options;
    const std::optional<Counter> last = fast.get_aggregate(id);
    const Version version = last ? last->version : 0;
    if (random() % 4 == 0) options.max_version = static_cast<Version>(random() % 8) + version - 6;
    if (options.max_version && *options.max_version < 1) options.max_version.reset();
    if (compare_with_fold(fast, id, options)) {
      const char letter = fast.statistics().hits == hits ? '.' : static_cast<char>('0' + release);
      if (write(compared, &letter, 1) != 1) throw std::runtime_error{"no room"};
    }
    if (random() % 8 == 0 && version > 0) {
      const Version overwritten = version - static_cast<Version>(random() % 3) % version;
      fast.push_event(id, overwritten, Counted{number()}, {.force = true});
    } else if (random() % 32 == 0) {
      fast.prune(random() % 3);
    } else {
      (void)fast.try_push_event(id, version + 1, Counted{number()});
    }
  }
}

/// At the end every load is right at every version, and begins with what the processes left.
template <int release, class Storage>
void check_counters(Storage& storage) {
  CounterStore<release> counters{"COUNTERS", storage};
  SnapshotEventStore fast{counters, storage, {.policy = every(1)}};
  for (const std::string_view id : counter_ids) {
    CAPTURE(release, id);
    const auto all = counters.get_events(id);
    CHECK(fast.get_aggregate(id) == counters.build_aggregate(all));
    for (std::size_t size = 1; size <= all.size(); ++size) {
      const std::vector some(all.begin(), all.begin() + static_cast<std::ptrdiff_t>(size));
      CHECK(fast.get_aggregate(id, {.max_version = static_cast<Version>(size)}) == counters.build_aggregate(some));
    }
  }
  const SnapshotStatistics statistics = fast.statistics();
  CHECK(statistics.hits > 0);
  CHECK(statistics.damaged + statistics.of_another + statistics.not_in_history + statistics.unreadable == 0);
}

#if __has_include(<sys/wait.h>)
/// Laws 25 to 27. As many kills as the environment's CASTORE_KILLS says.
template <class Log>
void kill_savers_at_random() {
  const Log log;
  const castore::sqlite_tests::TempDirectory folder;
  const std::string compared = folder / "compared";
  const std::string errors = folder / "errors";
  const auto read = [](const std::string& path) {
    return std::string{std::istreambuf_iterator<char>{std::ifstream{path}.rdbuf()}, {}};
  };
  const char* const wanted = std::getenv("CASTORE_KILLS");
  const int kills = wanted == nullptr ? 10 : std::atoi(wanted);
  const auto seed = std::random_device{}();
  CAPTURE(seed, kills);
  std::mt19937 random{seed};
  const auto is_compared = [&] {
    const std::string letters = read(compared);
    return letters.find('1') != std::string::npos && letters.find('2') != std::string::npos;
  };
  {
    constexpr std::size_t processes = 4;
    std::array<std::optional<castore::testing::ChildProcess>, processes> children;
    const auto start = [&](std::size_t process) {
      children[process].emplace([&log, &compared, &errors, process] {
        try {
          const auto storage = log.open();
          const int file = open(compared.c_str(), O_WRONLY | O_APPEND | O_CREAT, 0644);
          if (process % 2 == 0) count_on<1>(*storage, file);
          count_on<2>(*storage, file);
        } catch (const std::exception& error) {
          std::ofstream{errors, std::ios::app} << error.what() << '\n';
        }
      });
    };
    log.open();  // the file is there
    for (std::size_t process = 0; process < processes; ++process) start(process);
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds{60};
    for (int killed = 0; killed < kills || (!is_compared() && std::chrono::steady_clock::now() < deadline); ++killed) {
      // Longer and longer, as a process on a busy machine may need more to come to anything.
      std::this_thread::sleep_for(std::chrono::milliseconds{random() % static_cast<unsigned>(50 + killed)});
      const std::size_t process = random() % processes;
      children[process].reset();
      start(process);
    }
  }
  CHECK(read(errors) == "");
  CHECK(is_compared());
  const auto storage = log.open();
  check_counters<1>(*storage);
  check_counters<2>(*storage);
}
#endif

}  // namespace castore::snapshot_tests

#endif
