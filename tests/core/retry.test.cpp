// SPDX-License-Identifier: MIT
#include <castore/core/retry.hpp>

#include <castore/castore.hpp>
#include <castore/testing/fault.hpp>
#include <castore/testing/fault_injecting_adapter.hpp>
#include "support/catch.hpp"

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <optional>
#include <set>
#include <string_view>
#include <tuple>
#include <vector>

namespace {

using castore::CommandBackoff;
using castore::CommandOptions;
using castore::testing::conflicts;
using castore::testing::StorageOperation;
using std::chrono::microseconds;
using namespace std::chrono_literals;

struct Ticked {
  static constexpr std::string_view type = "TICKED";
};
struct Clock : castore::Aggregate {};
struct ClockReducer {
  void operator()(Clock&, const Ticked&) const {}
};
using Clocks = castore::EventStore<castore::Events<Ticked>, Clock, ClockReducer>;

using Waits = std::vector<microseconds>;

/// The waits of a command of either form that always meets a conflict.
Waits waits_of(int retries, CommandBackoff backoff, bool is_decide_form = true) {
  Waits waits;
  backoff.sleep = [&waits](microseconds duration) { waits.push_back(duration); };
  castore::InMemoryEventStorageAdapter storage;
  castore::testing::FaultInjectingAdapter faulty{storage};
  faulty.inject_by_rule(StorageOperation::push_events, [](std::size_t) { return conflicts(); });
  Clocks clocks{"CLOCKS", faulty};
  const CommandOptions options{.event_already_exists_retries = retries, .backoff = backoff};
  try {
    if (is_decide_form) {
      castore::Command{"TICK", clocks, [](const std::optional<Clock>&) { return Ticked{}; }, options}("a");
    } else {
      castore::Command{"TICK", std::tie(clocks), [](Clocks& store) { store.push_event("a", 1, Ticked{}); }, options}();
    }
    FAIL("nothing was thrown");
  } catch (const castore::EventAlreadyExistsError& error) {
    CHECK(error.aggregate_id() == "a");
    CHECK(error.version() == 1);
  }
  return waits;
}

TEST_CASE("a command does not wait unless it is told to") {
  CHECK(waits_of(5, {}).empty());
  CHECK(waits_of(5, {.first = 0us, .longest = 1s}).empty());
  CHECK(waits_of(5, {.first = -1us}).empty());
}

TEST_CASE("a command waits before each retry, and not after its last attempt") {
  CHECK(waits_of(0, {.first = 1ms}).empty());
  CHECK(waits_of(3, {.first = 1ms}).size() == 3);
  CHECK(waits_of(3, {.first = 1ms}, false).size() == 3);
}

TEST_CASE("a wait lies between nothing and first times two for each retry before, and is never longer than longest") {
  constexpr int retries = 12;
  Waits longest(retries);
  for (int run = 0; run < 200; ++run) {
    const Waits waits = waits_of(retries, {.first = 100us, .longest = 10ms});
    REQUIRE(waits.size() == retries);
    for (std::size_t retry = 0; retry < retries; ++retry) {
      REQUIRE(waits[retry] >= 0us);
      REQUIRE(waits[retry] <= std::min<microseconds>(100us * (1 << retry), 10ms));
      longest[retry] = std::max(longest[retry], waits[retry]);
    }
  }
  // Of 200 numbers below a limit, the largest is near it; a chance of 1 in 10^12 that it is not in one of these.
  for (std::size_t retry = 0; retry < retries; ++retry) {
    CHECK(longest[retry] > std::min<microseconds>(100us * (1 << retry), 10ms) * 8 / 10);
  }
}

TEST_CASE("the waits of a command vary") {
  std::set<microseconds> different;
  for (const microseconds wait : waits_of(50, {.first = 1s, .longest = 1s})) different.insert(wait);
  CHECK(different.size() > 40);
}

TEST_CASE("any number of retries and any length of a wait is fine") {
  for (const microseconds wait : waits_of(2000, {.first = 1us, .longest = 3us})) REQUIRE(wait <= 3us);
  for (const microseconds wait : waits_of(100, {.first = 1us, .longest = microseconds::max()})) REQUIRE(wait >= 0us);
  for (const microseconds wait : waits_of(3, {.first = microseconds::max()})) REQUIRE(wait <= 1s);
  for (const microseconds wait : waits_of(3, {.first = 1s, .longest = -1us})) REQUIRE(wait == 0us);
}

TEST_CASE("by default a wait puts the thread to sleep") {
  const auto start = std::chrono::steady_clock::now();
  CommandBackoff{}.sleep(20ms);
  CHECK(std::chrono::steady_clock::now() - start >= 20ms);
}

}  // namespace
