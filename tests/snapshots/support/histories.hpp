// SPDX-License-Identifier: MIT
#ifndef CASTORE_TESTS_SNAPSHOTS_SUPPORT_HISTORIES_HPP
#define CASTORE_TESTS_SNAPSHOTS_SUPPORT_HISTORIES_HPP

/// @file
/// Three releases of one program that take turns in one storage, at random: they push, overwrite events, load with
/// snapshots, from memory and in commands, save, prune and delete, while somebody puts wrong snapshots among theirs and
/// deletes events. Whatever is loaded is compared with a list of all events that this program keeps.

#include <castore/castore.hpp>
#include <castore/snapshots.hpp>
#include <castore/testing/fake_clock.hpp>
#include "snapshots/support/kills.hpp"
#include "support/catch.hpp"

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <map>
#include <optional>
#include <random>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

namespace castore::snapshot_tests {

/// The form of the third release, which the others do not know.
struct CountedLater {
  static constexpr std::string_view type = "COUNTED_LATER";
  std::int64_t number = 0;
  using upcasts = Upcasts<Counted>;
  static CountedLater upcast(Counted old) { return {old.number}; }
};
/// Release 1 has a wrong reducer, 2 mends it, and 3 stores another form of the event.
template <>
struct CounterReducer<3> {
  static constexpr int version = 3;
  void operator()(Counter& counter, const CountedLater& event) const { CounterReducer<2>{}(counter, {event.number}); }
};
template <int release>
using CountedBy = std::conditional_t<release == 3, CountedLater, Counted>;

/// A program of one release, with an adapter of its own.
template <int release, class Storage>
struct Program {
  using Store = EventStore<Events<CountedBy<release>>, Counter, CounterReducer<release>>;

  Program(Storage& storage, const testing::FakeClock& clock, SnapshotPolicy policy)
      : plain{"COUNTERS", storage, {.clock = clock}}, fast{plain, storage, {.policy = std::move(policy)}} {}

  Store plain;
  SnapshotEventStore<Store, Storage> fast;
  CachedEventStore<SnapshotEventStore<Store, Storage>> cached{fast, {.max_aggregates = 2}};
};

/// @tparam Erase `void(const std::string& id, Version first)`: deletes an aggregate's events from a version on, as no
/// program does. What is not called so never does.
template <class Storage, class Erase>
class RandomHistory {
 public:
  /// @param storages Of the same events; those of releases 1 to 3.
  RandomHistory(const std::array<Storage*, 3>& storages, Erase erase, std::uint64_t seed)
      : storage_{*storages[0]},
        erase_{std::move(erase)},
        random_{seed},
        first_{*storages[0], clock_, policy()},
        second_{*storages[1], clock_, policy()},
        third_{*storages[2], clock_, policy()} {}

  void run(int steps) {
    for (int step = 0; step < steps; ++step) {
      done_ += '\n';
      in_any_release([this](auto& program) { this->step(program); });
    }
    for (const std::string_view id : counter_ids) {
      for (Version version = 0; version <= last(std::string{id}) + 1; ++version) {
        compare(first_, std::string{id}, version);
        compare(second_, std::string{id}, version);
        compare(third_, std::string{id}, version);
      }
    }
    check_that_good_ones_come_again();
  }

 private:
  struct Stored {
    std::int64_t number;
    bool is_later;
  };

  std::size_t dice(std::size_t sides) { return static_cast<std::size_t>(random_() % sides); }
  std::string any_id() { return std::string{counter_ids[dice(counter_ids.size())]}; }
  SnapshotPolicy policy() {
    if (dice(4) == 0) return every(std::chrono::milliseconds{20});
    return every(1 + dice(4));
  }
  Version last(const std::string& id) { return static_cast<Version>(events_[id].size()); }
  std::optional<Version> any_max_version(const std::string& id) {
    if (dice(2) == 0) return std::nullopt;
    return static_cast<Version>(dice(static_cast<std::size_t>(last(id)) + 3));
  }
  void note(const std::string& what) { done_ += what + "; "; }

  template <class Function>
  void in_any_release(const Function& function) {
    const std::size_t release = dice(3);
    if (release == 0) return function(first_);
    if (release == 1) return function(second_);
    function(third_);
  }

  template <int release>
  CountedBy<release> new_event() {
    return {static_cast<std::int64_t>(random_() % 1'000'000'000'000'000)};
  }
  void keep(const std::string& id, Version version, std::int64_t number, bool is_later) {
    std::vector<Stored>& all = events_[id];
    if (version > last(id)) all.emplace_back();
    all[static_cast<std::size_t>(version - 1)] = {number, is_later};
  }

  template <int release>
  void step(Program<release, Storage>& program) {
    const std::string id = any_id();
    note("release " + std::to_string(release) + " " + id);
    switch (dice(16)) {
      case 0:
      case 1:
      case 2: {
        push(program, id, last(id) + 1, false);
        return;
      }
      case 3:
        return push(program, id, 1 + static_cast<Version>(dice(static_cast<std::size_t>(last(id)) + 1)), true);
      case 4:
        return push_group(program, id);
      case 5:
        return decide(program, id);
      case 6:
        note("prune");
        return program.fast.prune(dice(3));
      case 7:
        note("delete snapshots");
        return program.fast.delete_snapshots({.aggregate_id = id, .min_version = static_cast<Version>(dice(6))});
      case 8:
      case 9:
      case 10:
        return put_wrong_snapshot(program, id);
      case 11:
        if (dice(4) == 0) erase(id);
        return;
      default:
        return compare(program, id, any_max_version(id));
    }
  }

  template <int release>
  void push(Program<release, Storage>& program, const std::string& id, Version version, bool is_forced) {
    note((is_forced ? "force " : "push ") + std::to_string(version));
    const auto event = new_event<release>();
    if (dice(2) == 0) {
      program.plain.push_event(id, version, event, {.force = is_forced});
    } else {
      program.cached.push_event(id, version, event, {.force = is_forced});
    }
    keep(id, version, event.number, release == 3);
    if (is_forced) forget(id);
  }
  template <int release>
  void push_group(Program<release, Storage>& program, const std::string& id) {
    const std::string other = id == "a" ? "b" : "a";
    const bool is_forced = dice(3) == 0;
    const Version version = is_forced && last(id) > 0 ? last(id) : last(id) + 1;
    note("group of " + std::to_string(version) + " and " + other);
    const auto event = new_event<release>();
    const auto other_event = new_event<release>();
    push_event_group({.force = is_forced}, program.fast.group_event(id, version, event),
                     program.fast.group_event(other, last(other) + 1, other_event));
    keep(id, version, event.number, release == 3);
    keep(other, last(other) + 1, other_event.number, release == 3);
    forget(id);
  }
  template <int release>
  void decide(Program<release, Storage>& program, const std::string& id) {
    if (last(id) == 0) return;
    note("decide");
    const auto event = new_event<release>();
    std::optional<Counter> decided_on;
    Command command{"COUNT", program.cached, [&](const Counter& counter) {
                      decided_on = counter;
                      return event;
                    }};
    const auto [counter, fails] = expected<release>(id, last(id));
    if (fails) {
      CHECK_THROWS_AS(command(id), UnknownEventTypeError);
      CHECK_FALSE(decided_on);
    } else {
      command(id);
      CHECK(decided_on == counter);
      keep(id, last(id) + 1, event.number, release == 3);
    }
  }

  /// As somebody might who has no idea, or another one. None of them is what these events make.
  template <int release>
  void put_wrong_snapshot(Program<release, Storage>& program, const std::string& id) {
    const auto version = static_cast<Version>(1 + dice(static_cast<std::size_t>(last(id)) + 3));
    const auto state = [](const std::string& of, Version at) {
      return R"({"aggregate_id":")" + of + R"(","version":)" + std::to_string(at) + R"(,"trace":-7})";
    };
    SnapshotRecord record{.event_store_id = "COUNTERS",
                          .aggregate_id = id,
                          .reducer_version = release,
                          .version = version,
                          .event_timestamp = Timestamp{std::chrono::milliseconds{++wrong_}},  // of no event
                          .state = state(id, version),
                          .created_at = clock_()};
    const std::size_t kind = dice(6);
    note("wrong snapshot " + std::to_string(version) + " of kind " + std::to_string(kind));
    if (kind == 0 || kind == 1) {  // the right event, but not a snapshot of it
      std::string why;
      program.plain.event_storage_adapter().get_events(
          "COUNTERS", id, {.min_version = version, .max_version = version},
          [&](const EventRecordView& event) { record.event_timestamp = event.timestamp; });
      static constexpr std::string_view damaged[]{"",
                                                  "null",
                                                  "[]",
                                                  "7",
                                                  R"("")",
                                                  "{}",
                                                  R"({"aggregate_id":"a"})",
                                                  R"({"trace":-7})",
                                                  R"({"aggregate_id":"a","version":3,"trace":null})",
                                                  R"({"aggregate_id":"a","version":3,"trace":1e300})"};
      record.state = kind == 0 ? std::string{damaged[dice(std::size(damaged))]}
                               : (dice(2) == 0 ? state(id + "x", version) : state(id, version + 1));
    } else if (kind == 2) {
      record.reducer_version = dice(2) == 0 ? (std::numeric_limits<int>::max)() : (std::numeric_limits<int>::min)();
    } else if (kind == 3) {
      record.event_store_id = dice(2) == 0 ? "counters" : "COUNTERS_2";
    } else if (kind == 4) {
      record.version += 1'000'000'000'000;  // of a release that has pushed a lot, in a backup from later
      record.state = state(id, record.version);
    }  // else of events that are gone, or were others
    record.history = storage_.load_snapshot({record.event_store_id, id, record.reducer_version}, version,
                                            [](const SnapshotView&) {});
    CHECK(storage_.save_snapshot(record));
  }

  void erase(const std::string& id) {
    if constexpr (!std::is_same_v<Erase, std::nullptr_t>) {
      if (last(id) == 0) return;
      const auto first = static_cast<Version>(1 + dice(static_cast<std::size_t>(last(id))));
      note("erase from " + std::to_string(first));
      erase_(id, first);
      events_[id].resize(static_cast<std::size_t>(first - 1));
      forget(id);
    }
  }
  /// A cache cannot see what was changed by others.
  void forget(const std::string& id) {
    first_.cached.forget(id);
    second_.cached.forget(id);
    third_.cached.forget(id);
  }

  /// What a release is to make of the events up to a version, or that it fails at one that it does not know.
  template <int release>
  std::pair<std::optional<Counter>, bool> expected(const std::string& id, Version max_version) {
    std::optional<Counter> counter;
    for (const Stored& stored : events_[id]) {
      if (counter && counter->version == max_version) break;
      if (max_version == 0) break;
      if (stored.is_later && release != 3) return {std::nullopt, true};
      if (!counter) counter = Counter{.aggregate_id = id};
      ++counter->version;
      counter->trace = (counter->trace * (release == 1 ? 31 : 37) + stored.number) % 1'000'003;
    }
    return {counter, false};
  }

  template <int release>
  void compare(Program<release, Storage>& program, const std::string& id, std::optional<Version> max_version) {
    note("load" + (max_version ? " at " + std::to_string(*max_version) : std::string{}));
    const auto [counter, fails] = expected<release>(id, max_version.value_or(last(id)));
    const auto check = [&](const auto& store, const std::string& how, const std::optional<Counter>& is,
                           bool is_to_fail) {
      CAPTURE(release, id, how, done_);
      if (is_to_fail) {
        REQUIRE_THROWS_AS(store.get_aggregate(id, {.max_version = max_version}), UnknownEventTypeError);
      } else {
        REQUIRE(store.get_aggregate(id, {.max_version = max_version}) == is);
      }
    };
    if (dice(2) == 0) check(program.cached, "from memory", counter, fails);
    check(program.fast, "from a snapshot", counter, fails);
    check(program.plain, "from all events", counter, fails);
  }

  /// Whatever there is among the snapshots, the third load begins with a good one: the first two may each meet wrong
  /// ones.
  void check_that_good_ones_come_again() {
    const std::string id = "a";
    push(third_, id, last(id) + 1, false);
    SnapshotEventStore fast{third_.plain, storage_, {.policy = every(1)}};
    const std::optional<Counter> counter = expected<3>(id, last(id)).first;
    std::uint64_t before = 0;
    for (int load = 0; load < 40 && fast.statistics().hits == before; ++load) {
      before = fast.statistics().hits;
      REQUIRE(fast.get_aggregate(id) == counter);
    }
    CAPTURE(done_);
    CHECK(fast.statistics().hits > 0);
  }

  Storage& storage_;
  [[no_unique_address]] Erase erase_;
  std::mt19937_64 random_;
  testing::FakeClock clock_{Timestamp{std::chrono::hours{400'000}}, std::chrono::milliseconds{1}};
  Program<1, Storage> first_;
  Program<2, Storage> second_;
  Program<3, Storage> third_;
  std::map<std::string, std::vector<Stored>> events_;
  std::int64_t wrong_ = 0;
  std::string done_;
};

/// Laws 25 to 27. @param rounds How many steps in all.
template <class Storage, class Erase>
void check_random_history(const std::array<Storage*, 3>& storages, Erase erase, int steps) {
  const std::uint64_t seed = std::random_device{}();
  CAPTURE(seed);
  RandomHistory<Storage, Erase>{storages, std::move(erase), seed}.run(steps);
}

}  // namespace castore::snapshot_tests

#endif
