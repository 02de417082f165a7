// SPDX-License-Identifier: MIT
#ifndef CASTORE_TESTING_ADAPTER_CONFORMANCE_RANDOM_OPERATIONS_HPP
#define CASTORE_TESTING_ADAPTER_CONFORMANCE_RANDOM_OPERATIONS_HPP

/// @file
/// Random sequences of operations, compared with a simple model.

#include <castore/core/errors.hpp>
#include <castore/core/event_storage_adapter.hpp>
#include <castore/detail/text.hpp>
#include <castore/fwd.hpp>
#include <castore/testing/adapter_conformance/adapter_under_test.hpp>
#include <castore/testing/adapter_conformance/expect.hpp>
#include <castore/testing/adapter_conformance/law.hpp>
#include <castore/testing/adapter_conformance/law_events.hpp>
#include <castore/testing/adapter_conformance/storage_model.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <exception>
#include <optional>
#include <random>
#include <set>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace castore::testing::detail {

/// Always the same ones, different for each law; or the one of the environment variable CASTORE_CONFORMANCE_SEED.
inline std::vector<std::uint64_t> random_seeds(int law) {
  if (const char* const text = std::getenv("CASTORE_CONFORMANCE_SEED")) {
    const auto seed = castore::detail::parse_integer<std::uint64_t>(text);
    if (!seed) throw std::invalid_argument{"castore: CASTORE_CONFORMANCE_SEED is not a number from 0 to 2^64 - 1"};
    return {*seed};
  }
  const auto first = static_cast<std::uint64_t>(law) * 100;
  return {first + 1, first + 2, first + 3};
}

/// Where an adapter left the model, and the law that this belongs to.
struct LawDeviation {
  int law;
  Deviation deviation;
};

/// One random sequence. It ends at the first deviation, as from there on adapter and model know different things.
class RandomOperations {
 public:
  /// @param law Whose operations come more often than others.
  /// @param keys Not used by anything else in this storage.
  RandomOperations(const AdapterUnderTest& adapter, int law, std::uint64_t seed, std::vector<AggregateKey> keys)
      : adapter_{adapter},
        law_{law},
        seed_{seed},
        random_{seed},
        keys_{std::move(keys)},
        model_{adapter.properties().detects_version_gaps} {}

  std::optional<LawDeviation> find_deviation() {
    constexpr int operations = 60;
    for (int operation = 0; operation < operations; ++operation) {
      try {
        if (operation == 0) {
          push_first_events();
        } else {
          act();
        }
      } catch (LawDeviation& found) {
        found.deviation.seed = seed_;
        found.deviation.expected += " (operation " + std::to_string(operation + 1) + ")";
        return std::move(found);
      }
    }
    return std::nullopt;
  }

 private:
  /// A number from 0 to `count - 1`; the standard's distributions differ between libraries.
  int below(int count) { return static_cast<int>(random_() % static_cast<std::uint64_t>(count)); }
  bool one_in(int count) { return below(count) == 0; }
  const AggregateKey& any_key() { return keys_[static_cast<std::size_t>(below(static_cast<int>(keys_.size())))]; }

  /// So that no event store is unknown to the storage, which laws 5 and 6 are about.
  void push_first_events() {
    std::set<std::string> event_store_ids;
    for (const auto& [event_store_id, aggregate_id] : keys_) {
      if (!event_store_ids.insert(event_store_id).second) continue;
      push({{event_store_id, aggregate_id, 1, "first", any_time()}}, false);
    }
  }

  void act() {
    const int operation_of = one_in(4) ? law_ : below(10);
    const bool force = one_in(5);
    switch (operation_of) {
      case 4:
      case 0:
        return push(any_group(force), force);
      case 5:
        return get();
      case 6:
        return list();
      case 9:
        return fail();
      default: {
        const Timestamp timestamp = any_time();  // compilers call the functions of one expression in different orders
        return push({any_event(any_key(), timestamp, force)}, force);
      }
    }
  }

  /// Runs a step whose deviations belong to this law. After a failed operation an exception belongs to law 9: the
  /// adapter is not usable any more.
  template <class Step>
  auto attribute_to(int law, Step step) {
    try {
      return step();
    } catch (Deviation& deviation) {
      throw LawDeviation{law, std::move(deviation)};
    } catch (const std::exception& error) {
      throw LawDeviation{has_failed_ ? 9 : law, {"no exception", error.what()}};
    }
  }

  Timestamp any_time() { return at(below(4)); }

  LawEvent any_event(const AggregateKey& key, Timestamp timestamp, bool force) {
    const Version last = model_.last_version(key);
    Version version = last + 1;
    if (one_in(4)) version = 1 + below(static_cast<int>(last) + 1);
    if (one_in(4)) version = model_.first_missing_version(key);
    if (one_in(force ? 3 : 8)) version = last + 2;
    if (force && one_in(4)) version = 1;
    return {key.first, key.second, version, "text " + std::to_string(++texts_), timestamp};
  }

  /// Events of several aggregates, or of one with consecutive versions.
  LawEventList any_group(bool force) {
    const Timestamp timestamp = any_time();
    LawEventList group{any_event(any_key(), timestamp, force)};
    const int size = 2 + below(2);
    while (group.size() < static_cast<std::size_t>(size)) {
      LawEvent event = any_event(any_key(), timestamp, force);
      for (const LawEvent& other : group) {
        if (key_of(other) == key_of(event)) event.version = std::max(event.version, other.version + 1);
      }
      group.push_back(event);
    }
    return group;
  }

  void push(const LawEventList& events, bool force) {
    const bool is_group = events.size() > 1;
    const AdapterUnderTest adapter = adapter_.by(one_in(2) ? Way::records : Way::events);
    const std::vector<PushOutcome> possible = model_.outcomes(events, force);
    const bool is_refused = possible.front() != PushOutcome{};
    const int law = law_of_push(possible.front(), is_group);
    const auto what = [&] { return (force ? "force " : "push ") + describe(events); };

    const std::string& event_store_id = events.front().event_store_id;
    const auto list = [&] { return attribute_to(6, [&] { return adapter.list_all(event_store_id); }); };
    std::vector<AggregateIdEntry> listed_before;
    if (is_refused) listed_before = list();

    const PushOutcome outcome = attribute_to(
        law, [&] { return is_group ? adapter.push_group(events, force) : adapter.push(events.front(), force); });
    has_failed_ = has_failed_ || is_refused;
    if (std::ranges::find(possible, outcome) == possible.end()) {
      const bool is_unexpected_gap = possible.front() == PushOutcome{} && outcome.status == PushOutcome::version_gap;
      throw LawDeviation{is_unexpected_gap && !force && !is_group ? 3 : law,
                         {"the outcome of " + what() + ": " + describe(possible), describe(outcome)}};
    }
    if (!is_refused) {
      for (const LawEvent& event : events) model_.write(event);
    }
    for (const LawEvent& event : events) expect_content(key_of(event), law, what);
    expect_content(any_key(), force ? 2 : law, what);
    if (is_refused) {
      const auto listed = list();
      if (listed != listed_before) {
        throw LawDeviation{9,
                           {"the list after a refused " + what() + ": " + describe(listed_before), describe(listed)}};
      }
    }
  }

  static int law_of_push(const PushOutcome& expected, bool is_group) {
    if (is_group) return 4;
    return expected.status == PushOutcome::version_gap ? 3 : 2;
  }

  template <class What>
  void expect_content(const AggregateKey& key, int law, const What& after) {
    LawEventList events = attribute_to(law, [&] { return adapter_.get(key.first, key.second); });
    const LawEventList expected = model_.get_events(key);
    if (events == expected) return;
    Deviation deviation{"events of " + describe(key.second) + " after " + after() + ": " + describe(expected),
                        describe(events)};
    std::ranges::sort(events, {}, &LawEvent::version);
    throw LawDeviation{events == expected ? 5 : law, std::move(deviation)};
  }

  void get() {
    const AggregateKey& key = any_key();
    const Version last = model_.last_version(key);
    const auto any_version = [&]() -> std::optional<Version> {
      if (one_in(2)) return std::nullopt;
      return below(static_cast<int>(last) + 3) - 1;
    };
    GetEventsOptions options{.min_version = any_version(), .max_version = any_version(), .reverse = one_in(2)};
    if (one_in(2)) options.limit = static_cast<std::size_t>(below(4));
    attribute_to(5, [&] {
      expect_equal(adapter_.get(key.first, key.second, options), model_.get_events(key, options),
                   "events of " + describe(key.second) + ", min_version " + describe(options.min_version) +
                       ", max_version " + describe(options.max_version) + ", limit " + describe(options.limit) +
                       ", reverse " + describe(options.reverse));
    });
  }

  void list() {
    const std::string& event_store_id = any_key().first;
    ListAggregateIdsOptions options;
    if (one_in(2)) options.limit = static_cast<std::size_t>(1 + below(3));
    if (one_in(3)) options.initial_event_after = any_time();
    if (one_in(3)) options.initial_event_before = any_time();
    options.reverse = one_in(2);
    attribute_to(6, [&] {
      auto expected = model_.list_aggregate_ids(event_store_id, options);
      auto listed = adapter_.list_all(event_store_id, options);
      if (!adapter_.properties().orders_equal_timestamps) {
        for (auto* const entries : {&expected, &listed}) {
          std::ranges::stable_sort(*entries, {}, &AggregateIdEntry::aggregate_id);
          std::ranges::stable_sort(*entries, {}, &AggregateIdEntry::initial_event_timestamp);
        }
      }
      expect_equal(listed, expected,
                   "aggregates of " + describe(event_store_id) + " on all pages, limit " + describe(options.limit) +
                       ", initial_event_after " + describe(options.initial_event_after) + ", initial_event_before " +
                       describe(options.initial_event_before) + ", reverse " + describe(options.reverse));
    });
  }

  /// Something that fails without leaving a trace.
  void fail() {
    has_failed_ = true;
    const AggregateKey& key = any_key();
    attribute_to(9, [&] {
      struct Thrown {};
      if (one_in(2)) {
        bool is_thrown = model_.last_version(key) == 0;  // a sink that is not called throws nothing
        try {
          adapter_.adapter().get_events(key.first, key.second, {}, [](const EventRecordView&) { throw Thrown{}; });
        } catch (const Thrown&) {
          is_thrown = true;
        }
        expect(is_thrown, "what the sink throws", "no exception");
      } else {
        try {
          adapter_.list(key.first, {.page_token = "no token"});
        } catch (const Error&) {  // which one belongs to law 6
        }
      }
    });
  }

  const AdapterUnderTest& adapter_;
  int law_;
  std::uint64_t seed_;
  std::mt19937_64 random_;
  std::vector<AggregateKey> keys_;
  StorageModel model_;
  int texts_ = 0;
  bool has_failed_ = false;
};

/// Every law has sequences of its own and reports its own deviations only; another law's are found by its own test.
template <int law>
void random_operations_keep_law(const AdapterUnderTest& adapter) {
  std::size_t length = 1;
  const auto next_event_store_id = [&length] {  // neither length nor beginning is that of another one
    ++length;
    return std::string(length, static_cast<char>('a' + length));
  };
  for (const std::uint64_t seed : random_seeds(law)) {
    const std::string one = next_event_store_id();
    const std::string other = next_event_store_id();
    RandomOperations operations{
        adapter, law, seed, {{one, "a"}, {one, "b"}, {one, "c"}, {one, "d"}, {other, "e"}, {other, "f"}}};
    if (auto found = operations.find_deviation()) {
      if (found->law == law) throw std::move(found->deviation);
      return;
    }
  }
}

}  // namespace castore::testing::detail

#endif
