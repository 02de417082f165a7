// SPDX-License-Identifier: MIT
#ifndef CASTORE_TESTING_ADAPTER_CONFORMANCE_RANDOM_HISTORY_HPP
#define CASTORE_TESTING_ADAPTER_CONFORMANCE_RANDOM_HISTORY_HPP

/// @file
/// Operations on an adapter, compared with a simple model one after another.

#include <castore/core/errors.hpp>
#include <castore/core/event_storage_adapter.hpp>
#include <castore/fwd.hpp>
#include <castore/testing/adapter_conformance/adapter_under_test.hpp>
#include <castore/testing/adapter_conformance/expect.hpp>
#include <castore/testing/adapter_conformance/law.hpp>
#include <castore/testing/adapter_conformance/law_events.hpp>
#include <castore/testing/adapter_conformance/storage_model.hpp>

#include <algorithm>
#include <cstddef>
#include <exception>
#include <string>
#include <utility>
#include <vector>

namespace castore::testing::detail {

/// Where an adapter left the model, and the law that this belongs to.
struct LawDeviation {
  int law;
  Deviation deviation;
};

/// One step of a history. Aggregates are places in a list of keys, so that the same steps can be done with others.
struct RandomOperation {
  enum class Kind { push, get, list, throw_in_sink, bad_token };
  struct Event {
    std::size_t key = 0;
    Version version = 0;
    std::string text{};
  };

  Kind kind = Kind::push;
  std::size_t key = 0;  ///< Which aggregate it is about; of a push, another one that is looked at after it.
  std::vector<Event> events{};
  Timestamp timestamp{};
  bool force = false;
  Way way = Way::records;
  GetEventsOptions get{};
  ListAggregateIdsOptions list{};
};

inline std::string describe(const GetEventsOptions& options) {
  return "min_version " + describe(options.min_version) + ", max_version " + describe(options.max_version) +
         ", limit " + describe(options.limit) + ", reverse " + describe(options.reverse);
}
inline std::string describe(const ListAggregateIdsOptions& options) {
  return "limit " + describe(options.limit) + ", initial_event_after " + describe(options.initial_event_after) +
         ", initial_event_before " + describe(options.initial_event_before) + ", reverse " + describe(options.reverse);
}

/// A storage and the model of it. It ends at the first deviation, as from there on they know different things.
class RandomHistory {
 public:
  /// @param keys Not used by anything else in this storage.
  RandomHistory(const AdapterUnderTest& adapter, std::vector<AggregateKey> keys)
      : adapter_{adapter}, keys_{std::move(keys)}, model_{adapter.properties().detects_version_gaps} {}

  const std::vector<AggregateKey>& keys() const noexcept { return keys_; }
  const StorageModel& model() const noexcept { return model_; }

  /// @throws LawDeviation
  void run(const RandomOperation& operation) {
    switch (operation.kind) {
      case RandomOperation::Kind::push:
        return push(operation);
      case RandomOperation::Kind::get:
        return get(operation);
      case RandomOperation::Kind::list:
        return list(operation);
      default:
        return fail(operation);
    }
  }

  std::string describe_operation(const RandomOperation& operation) const {
    const auto& [event_store_id, aggregate_id] = keys_[operation.key];
    const std::string aggregate = describe(aggregate_id) + " in " + describe(event_store_id);
    switch (operation.kind) {
      case RandomOperation::Kind::push:
        return (operation.force ? "force " : "push ") + describe(events_of(operation)) +
               (operation.way == Way::events ? " through EventStore" : " as records");
      case RandomOperation::Kind::get:
        return "get events of " + aggregate + ", " + describe(operation.get);
      case RandomOperation::Kind::list:
        return "list aggregates of " + describe(event_store_id) + ", all pages, " + describe(operation.list);
      case RandomOperation::Kind::throw_in_sink:
        return "get events of " + aggregate + " with a sink that throws";
      default:
        return "list aggregates of " + describe(event_store_id) + " with a bad page token";
    }
  }

 private:
  LawEventList events_of(const RandomOperation& operation) const {
    LawEventList events;
    for (const auto& [key, version, text] : operation.events) {
      events.push_back({keys_[key].first, keys_[key].second, version, text, operation.timestamp});
    }
    return events;
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

  void push(const RandomOperation& operation) {
    const LawEventList events = events_of(operation);
    const bool force = operation.force;
    const bool is_group = events.size() > 1;
    const AdapterUnderTest adapter = adapter_.by(operation.way);
    const PushOutcome expected = model_.outcome(events, force);
    const bool is_refused = expected != PushOutcome{};
    const int law = law_of_push(expected, is_group);
    const auto what = [&] { return (force ? "force " : "push ") + describe(events); };

    const std::string& event_store_id = events.front().event_store_id;
    const auto list = [&] { return attribute_to(6, [&] { return adapter.list_all(event_store_id); }); };
    std::vector<AggregateIdEntry> listed_before;
    if (is_refused) listed_before = list();

    const PushOutcome outcome = attribute_to(
        law, [&] { return is_group ? adapter.push_group(events, force) : adapter.push(events.front(), force); });
    has_failed_ = has_failed_ || is_refused;
    if (outcome != expected) {
      const bool is_unexpected_gap = !is_refused && outcome.status == PushOutcome::version_gap;
      throw LawDeviation{is_unexpected_gap && !force && !is_group ? 3 : law,
                         {"the outcome of " + what() + ": " + describe(expected), describe(outcome)}};
    }
    if (!is_refused) {
      for (const LawEvent& event : events) model_.write(event);
    }
    for (const LawEvent& event : events) expect_content(adapter_, key_of(event), law, what);
    expect_content(adapter, keys_[operation.key], force ? 2 : law, what);
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
  void expect_content(const AdapterUnderTest& adapter, const AggregateKey& key, int law, const What& after) {
    LawEventList events = attribute_to(law, [&] { return adapter.read(key.first, key.second); });
    const LawEventList expected = model_.get_events(key);
    if (events == expected) return;
    Deviation deviation{"events of " + describe(key.second) + " after " + after() + ": " + describe(expected),
                        describe(events)};
    std::ranges::sort(events, {}, &LawEvent::version);
    throw LawDeviation{events == expected ? 5 : law, std::move(deviation)};
  }

  void get(const RandomOperation& operation) {
    const AggregateKey& key = keys_[operation.key];
    attribute_to(5, [&] {
      const LawEventList seen = adapter_.get(key.first, key.second, operation.get);
      const LawEventList expected = model_.get_events(key, operation.get);
      if (seen != expected) expect_equal(seen, expected, "what comes of " + describe_operation(operation));
    });
  }

  void list(const RandomOperation& operation) {
    const std::string& event_store_id = keys_[operation.key].first;
    attribute_to(6, [&] {
      auto expected = model_.list_aggregate_ids(event_store_id, operation.list);
      auto listed = adapter_.list_all(event_store_id, operation.list);
      if (!adapter_.properties().orders_equal_timestamps) {
        for (auto* const entries : {&expected, &listed}) {
          std::ranges::stable_sort(*entries, {}, &AggregateIdEntry::aggregate_id);
          std::ranges::stable_sort(*entries, {}, &AggregateIdEntry::initial_event_timestamp);
        }
      }
      if (listed != expected) expect_equal(listed, expected, "what comes of " + describe_operation(operation));
    });
  }

  /// Something that fails without leaving a trace.
  void fail(const RandomOperation& operation) {
    has_failed_ = true;
    const AggregateKey& key = keys_[operation.key];
    attribute_to(9, [&] {
      struct Thrown {};
      if (operation.kind == RandomOperation::Kind::throw_in_sink) {
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
  std::vector<AggregateKey> keys_;
  StorageModel model_;
  bool has_failed_ = false;
};

}  // namespace castore::testing::detail

#endif
