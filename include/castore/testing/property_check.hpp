// SPDX-License-Identifier: MIT
#ifndef CASTORE_TESTING_PROPERTY_CHECK_HPP
#define CASTORE_TESTING_PROPERTY_CHECK_HPP

#include <castore/adapters/in_memory.hpp>
#include <castore/core/command.hpp>
#include <castore/core/event_codec.hpp>
#include <castore/core/event_storage_adapter.hpp>
#include <castore/core/event_store.hpp>
#include <castore/core/events.hpp>
#include <castore/fwd.hpp>
#include <castore/testing/compare_values.hpp>
#include <castore/testing/domain.hpp>
#include <castore/testing/failure.hpp>
#include <castore/testing/fake_clock.hpp>
#include <castore/testing/report_difference.hpp>
#include <castore/testing/report_text.hpp>

#include <array>
#include <chrono>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <optional>
#include <random>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <thread>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

namespace castore::testing {

/// @brief Options of `check_reducer`.
struct CheckReducerOptions {
  std::optional<std::uint64_t> seed{};  ///< Another one in each run unless given; a failure tells it.
  std::size_t histories = 50;           ///< How many are made up.
  std::size_t max_events = 20;          ///< Where one ends, give or take the last decision.
  /// How long the check waits, once, between two runs over the same events, so that a clock which the reducer reads goes
  /// on: more than a second, as `std::time` counts seconds. A coarser clock is not noticed.
  std::chrono::milliseconds pause{1100};
};

namespace detail {

/// The in-memory storage without its interface for typed events, so that events go through their JSON form.
class InMemoryRecords {
 public:
  PushOutcome push_events(std::span<const PushRecord> records, const PushOptions& options) {
    return storage_.push_events(records, options);
  }
  void get_events(std::string_view event_store_id, std::string_view aggregate_id, const GetEventsOptions& options,
                  RecordSink sink) const {
    storage_.get_events(event_store_id, aggregate_id, options, sink);
  }
  AggregateIdsPage list_aggregate_ids(std::string_view event_store_id, const ListAggregateIdsOptions& options) const {
    return storage_.list_aggregate_ids(event_store_id, options);
  }

 private:
  InMemoryEventStorageAdapter storage_;
};

template <class Events>
inline constexpr bool are_encodable = false;
template <class... Payloads>
inline constexpr bool are_encodable<castore::Events<Payloads...>> = (EncodablePayload<Payloads> && ...);

/// One run of `check_reducer`, or of `check_snapshots`.
template <class Domain, bool with_snapshots, class... Steps>
class ReducerCheck {
  using Events = typename Domain::Events;
  using Aggregate = typename Domain::Aggregate;
  using Storage = std::conditional_t<are_encodable<Events>, InMemoryRecords, InMemoryEventStorageAdapter>;
  using Store = EventStore<Events, Aggregate, typename Domain::Reducer, Storage>;
  using Event = typename Store::Event;
  using State = std::optional<Aggregate>;
  using Decided = DecidedEvents<Events>;
  struct History {
    std::string aggregate_id;
    std::vector<Event> events;
    State aggregate;
  };

 public:
  ReducerCheck(const typename Domain::Reducer& reducer, const CheckReducerOptions& options, const Steps&... steps)
      : options_{options},
        seed_{options.seed ? *options.seed : std::random_device{}()},
        random_{seed_},
        steps_{steps...},
        store_{"REDUCER_CHECK", storage_, {.reducer = reducer, .clock = FakeClock{FakeClock{}.now(), std::chrono::seconds{1}}}} {
    if (options.histories == 0 || options.max_events == 0) {
      throw std::invalid_argument{"castore: histories and max_events of check_reducer are at least 1"};
    }
  }

  /// @throws Failure
  void run() {
    std::vector<History> histories;
    for (std::size_t number = 1; number <= options_.histories; ++number) {
      histories.push_back(make_history("history " + std::to_string(number)));
      if (histories.back().events.empty()) histories.pop_back();
    }
    if (histories.empty()) {
      report_failure("check_reducer: no step gives an event for an aggregate that does not exist yet; add the payload "
                     "of a first event, or a function that takes const std::optional<TheAggregate>&\n");
    }
    std::this_thread::sleep_for(options_.pause);
    for (const History& history : histories) {
      expect_equal("run again over the same events, the reducer gives the same aggregate (it reads no clock and no "
                   "global, and keeps no state)",
                   history, fold(history.events));
    }
    for (const History& history : histories) check_history(history);
    report_pass();
  }

 private:
  History make_history(std::string aggregate_id) {
    History history{std::move(aggregate_id), {}, {}};
    State state;
    const std::size_t length = std::uniform_int_distribution<std::size_t>{1, options_.max_events}(random_);
    for (std::size_t attempt = 0; attempt < 10 * length && history.events.size() < length; ++attempt) {
      Decided decided = decide(state);
      if (decided.empty()) continue;
      std::vector<Event> events =
          store_.push_events(history.aggregate_id, static_cast<Version>(history.events.size()), std::move(decided));
      state = store_.build_aggregate(events, std::move(state));
      for (Event& event : events) history.events.push_back(std::move(event));
    }
    history.aggregate = fold(history.events);
    return history;
  }

  /// What one of the steps makes of the state; a step may refuse it.
  Decided decide(const State& state) {
    using Decide = Decided (*)(ReducerCheck&, const State&);
    constexpr auto functions = []<std::size_t... Index>(std::index_sequence<Index...>) {
      return std::array<Decide, sizeof...(Steps)>{+[](ReducerCheck& check, const State& current) {
        return check.take_step(std::get<Index>(check.steps_), current);
      }...};
    }(std::index_sequence_for<Steps...>{});
    const auto index = std::uniform_int_distribution<std::size_t>{0, sizeof...(Steps) - 1}(random_);
    try {
      return functions[index](*this, state);
    } catch (...) {
      return {};
    }
  }

  template <class Step>
  Decided take_step(const Step& step, const State& state) {
    if constexpr (Events::template contains<Step>) {
      return Decided{EventWithMetadata<Step>{Step(step)}};
    } else {
      using Decision = DecisionOf<Domain, Step>;
      const auto call = [&](const typename Decision::State& known) {
        if constexpr (std::is_invocable_v<const Step&, const typename Decision::State&, std::mt19937_64&>) {
          return decide_events<Domain>(step, known, random_);
        } else {
          return decide_events<Domain>(step, known);
        }
      };
      if constexpr (Decision::may_not_exist) {
        return call(state);
      } else {
        return state ? call(*state) : Decided{};
      }
    }
  }

  State fold(std::span<const Event> events, State seed = {}) const {
    return store_.build_aggregate(events, std::move(seed));
  }

  void check_history(const History& history) const {
    const std::span<const Event> events{history.events};
    const std::string& id = history.aggregate_id;
    expect_equal(are_encodable<Events>
                     ? "loaded from its events' JSON, the aggregate is the fold of the events that were pushed (no "
                       "payload's JSON form leaves out a field)"
                     : "the aggregate that is loaded is the fold of its events",
                 history, store_.get_aggregate(id));
    for (std::size_t length = 0; length <= events.size(); ++length) {
      const std::string prefix = "the first " + std::to_string(length) + " events";
      const auto version = static_cast<Version>(length);
      expect_equal("the aggregate loaded with max_version is the fold of " + prefix, history,
                   store_.get_aggregate(id, {.max_version = version}), fold(events.first(length)));
      expect_equal("a fold on from the aggregate of " + prefix + " ends in the same aggregate", history,
                   fold(events.subspan(length), fold(events.first(length))));
      if constexpr (with_snapshots) check_snapshot(history, length);
    }
  }

  /// What a snapshot after so many events brings back, and what the events after it make of that.
  void check_snapshot(const History& history, std::size_t length) const {
    const std::span<const Event> events{history.events};
    const State before = fold(events.first(length));
    if (!before) return;
    const std::string snapshot = "a snapshot after " + std::to_string(length) + " events";
    State after;
    try {
      after.emplace(codec<Aggregate>::decode(codec<Aggregate>::encode(*before)));
    } catch (const std::exception& error) {
      report_failure("check_snapshots: " + snapshot + " cannot be taken, or cannot be read again: " + error.what() +
                     "\n");
    }
    after->aggregate_id = before->aggregate_id;
    after->version = before->version;
    expect_equal(snapshot + " has the aggregate that was saved (no field is left out of its JSON)", history, after,
                 before);
    expect_equal(snapshot + " and the events after it give the same aggregate", history,
                 fold(events.subspan(length), std::move(after)));
  }

  void expect_equal(std::string_view property, const History& history, const State& actual) const {
    expect_equal(property, history, actual, history.aggregate);
  }
  void expect_equal(std::string_view property, const History& history, const State& actual,
                    const State& expected) const {
    if (actual ? expected && are_equal(*actual, *expected) : !expected) return;
    std::string text = std::string{with_snapshots ? "check_snapshots" : "check_reducer"} + ": this does not hold:\n  " +
                       std::string{property} + "\n" + history.aggregate_id +
                       " (repeat it with the option .seed = " + std::to_string(seed_) + ")\n";
    for (const Event& event : history.events) {
      text += "  " + std::to_string(event.version()) + " " +
              event.visit([](const auto& detail) { return payload_text(detail.payload); }) + "\n";
    }
    text += "aggregate\n";
    if (expected && actual) report_failure(text + side_by_side(difference_of(*expected, *actual)));
    report_failure(text + side_by_side({lines_of(expected)}, {lines_of(actual)}));
  }

  static Lines lines_of(const State& state) {
    if (!state) return {"nothing"};
    return value_lines(*state);
  }

  const CheckReducerOptions& options_;
  std::uint64_t seed_;
  std::mt19937_64 random_;
  std::tuple<const Steps&...> steps_;
  Storage storage_;
  Store store_;
};

}  // namespace detail

/// @brief Makes up random histories of a domain and checks what must hold for each of them:
/// - Run again, the reducer gives the same aggregate: it reads neither a clock nor a global.
/// - A loaded aggregate is the fold of all its events, also through their JSON form where they have one; loaded with
///   `max_version` it is the fold of the events until then.
/// - Folding on from the aggregate after any number of events ends in the same aggregate, as a snapshot needs it.
///
/// A history grows by steps chosen at random. A step is a payload, which may happen at any time, or a function
/// `(state)` or `(state, std::mt19937_64&)` that takes and returns what a decide function does; it refuses by returning
/// nothing or by an exception.
/// @code
/// check_reducer<PokemonStore>(appear, level_up);                                  // decide functions
/// check_reducer<PokemonStore>({.seed = 42}, PokemonAppeared{"Pikachu", 5}, PokemonLeveledUp{});
/// @endcode
/// Aggregates are compared by `==`, else by JSON.
/// @return True. @throws Failure with the seed, the events and both aggregates; and what the reducer throws.
template <detail::IsDomain Domain, class... Steps>
  requires(sizeof...(Steps) > 0)
bool check_reducer(const CheckReducerOptions& options, const Steps&... steps) {
  static_assert(sizeof(detail::CheckedComparable<typename Domain::Aggregate>) > 0);
  const typename Domain::Reducer reducer{};
  detail::ReducerCheck<Domain, false, Steps...>{reducer, options, steps...}.run();
  return true;
}
template <detail::IsDomain Domain, class First, class... Steps>
  requires(!std::same_as<First, CheckReducerOptions>)
bool check_reducer(const First& first, const Steps&... steps) {
  static_assert(sizeof(detail::CheckedComparable<typename Domain::Aggregate>) > 0);
  return check_reducer<Domain>(CheckReducerOptions{}, first, steps...);
}
/// @brief The same with the reducer of an event store.
template <class Events, class Aggregate, class Reducer, class Adapter, class... Steps>
  requires(sizeof...(Steps) > 0)
bool check_reducer(const EventStore<Events, Aggregate, Reducer, Adapter>& store, const CheckReducerOptions& options,
                   const Steps&... steps) {
  static_assert(sizeof(detail::CheckedComparable<Aggregate>) > 0);
  using Store = EventStore<Events, Aggregate, Reducer, Adapter>;
  detail::ReducerCheck<Store, false, Steps...>{store.options().reducer, options, steps...}.run();
  return true;
}

/// @brief The same checks for a domain whose aggregates are kept as snapshots (`castore/snapshots.hpp`), and besides:
/// - A snapshot after any number of events brings the aggregate back as it was, and the events after it end in the same
///   aggregate as all of them.
///
/// It finds a field that the aggregate's JSON leaves out.
/// @return True. @throws As `check_reducer`
template <detail::IsDomain Domain, class... Steps>
  requires(sizeof...(Steps) > 0)
bool check_snapshots(const CheckReducerOptions& options, const Steps&... steps) {
  if constexpr (decltype(castore::detail::codec_fault<typename Domain::Aggregate>())::explain()) {
    const typename Domain::Reducer reducer{};
    detail::ReducerCheck<Domain, true, Steps...>{reducer, options, steps...}.run();
  }
  return true;
}
template <detail::IsDomain Domain, class First, class... Steps>
  requires(!std::same_as<First, CheckReducerOptions>)
bool check_snapshots(const First& first, const Steps&... steps) {
  return check_snapshots<Domain>(CheckReducerOptions{}, first, steps...);
}
/// @brief The same with the reducer of an event store.
template <class Events, class Aggregate, class Reducer, class Adapter, class... Steps>
  requires(sizeof...(Steps) > 0)
bool check_snapshots(const EventStore<Events, Aggregate, Reducer, Adapter>& store, const CheckReducerOptions& options,
                     const Steps&... steps) {
  using Store = EventStore<Events, Aggregate, Reducer, Adapter>;
  if constexpr (decltype(castore::detail::codec_fault<Aggregate>())::explain()) {
    detail::ReducerCheck<Store, true, Steps...>{store.options().reducer, options, steps...}.run();
  }
  return true;
}

}  // namespace castore::testing

#endif
