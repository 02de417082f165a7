// SPDX-License-Identifier: MIT
#ifndef CASTORE_TESTING_GIVEN_WHEN_THEN_SCENARIO_HPP
#define CASTORE_TESTING_GIVEN_WHEN_THEN_SCENARIO_HPP

/// @file
/// One decision in a test: what happened before, and what is asked.

#include <castore/core/command.hpp>
#include <castore/core/errors.hpp>
#include <castore/core/event.hpp>
#include <castore/core/event_store.hpp>
#include <castore/fwd.hpp>
#include <castore/testing/domain.hpp>
#include <castore/testing/failure.hpp>
#include <castore/testing/report_text.hpp>

#include <string>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <variant>
#include <vector>

namespace castore::testing {

namespace detail {

template <class Given>
struct PayloadOf {
  using type = Given;
};
template <class Payload>
struct PayloadOf<EventDetail<Payload>> {
  using type = Payload;
};
template <class Payload>
struct PayloadOf<EventWithMetadata<Payload>> {
  using type = Payload;
};

template <class Function>
struct CommandStore {};
template <class Store, class Decide>
struct CommandStore<Command<Store, Decide>> {
  using type = Store;
};
template <class... Stores, class Handler>
struct CommandStore<Command<std::tuple<Stores&...>, Handler>> {
  using type = void;
};

template <class Events, class Aggregate, class Reducer, class Adapter>
void accept_event_store(const EventStore<Events, Aggregate, Reducer, Adapter>&);
template <class Candidate>
concept IsEventStore = requires(const Candidate& candidate) { detail::accept_event_store(candidate); };

template <class Events, class Given>
inline constexpr bool is_given_of = Events::template contains<typename PayloadOf<Given>::type>;

template <class Events, class Given>
constexpr void check_given() {
  static_assert(is_given_of<Events, Given>,
                "castore: given() got something that is not an event of the domain; pass payloads of its "
                "castore::Events<...>, or castore::EventDetail<ThePayload> where the header matters");
}

template <class Events, class Expected>
constexpr void check_expected() {
  static_assert(
      castore::detail::is_decision_of<Events, Expected>,
      "castore: then() got something that no decision of this domain can be; pass payloads of its "
      "castore::Events<...>, with metadata by castore::with_metadata(...), castore::testing::throws<TheError>() "
      "or castore::testing::nothing");
}

/// The domain of a `given` that was told none: the command that `when` gets will tell.
struct UnknownDomain {
  using Reducer = std::monostate;
};

/// Not constexpr, so that a compiler that evaluates `then` in a static_assert stops at this name.
[[noreturn]] inline void the_decision_is_another_than_expected(std::string_view report = {}) {
  report_failure(std::string{report});
}

template <class... Events>
std::vector<Lines> blocks_of(const std::vector<std::variant<Events...>>& events) {
  if (events.empty()) return {{"nothing"}};
  std::vector<Lines> blocks;
  for (const auto& event : events) blocks.push_back(event_lines(event));
  return blocks;
}

/// One decision: what `given` and `when` were told.
template <class Domain, class Given, class Decide, class... Inputs>
class Scenario {
  using Decision = DecisionOf<Domain, Decide>;

 public:
  using Events = typename Domain::Events;
  using Decided = DecidedEvents<Events>;

  constexpr Scenario(const typename Domain::Reducer& reducer, std::string_view event_store_id, const Given& given,
                     std::string_view name, const Decide& decide, Inputs&... inputs)
      : reducer_(reducer),
        event_store_id_{event_store_id},
        given_{given},
        name_{name},
        decide_(decide),
        inputs_(inputs...) {}

  /// @throws Failure when a given event would not come back from a storage as it is.
  void check_given() const { given_.check_stored(); }

  /// What is decided. @throws What the decide function throws, AggregateNotFoundError, InvalidPayloadError
  constexpr Decided run() const {
    const auto aggregate = given_.template fold<typename Domain::Aggregate>(reducer_);
    if constexpr (Decision::may_not_exist) {
      return decide(aggregate);
    } else {
      if (!aggregate) throw AggregateNotFoundError{event_store_id_, given_.aggregate_id()};
      return decide(*aggregate);
    }
  }

  /// The report of a failure.
  std::string report(const std::vector<Lines>& expected, const std::vector<Lines>& actual) const {
    std::string arguments;
    std::apply(
        [&arguments](const auto&... input) {
          ((arguments += (arguments.empty() ? "" : ", ") + argument_text(input)), ...);
        },
        inputs_);
    return "given\n" + given_.text() + "when\n  " + std::string{name_} + "(" + arguments + ")\nthen\n" +
           side_by_side(expected, actual);
  }

 private:
  constexpr Decided decide(const typename Decision::State& state) const {
    Decided decided =
        std::apply([&](Inputs&... inputs) { return decide_events<Domain>(decide_, state, inputs...); }, inputs_);
    if (!std::is_constant_evaluated()) validate(state, decided);
    return decided;
  }

  /// @throws InvalidPayloadError, as a push would.
  void validate(const typename Decision::State& state, const Decided& decided) const {
    if constexpr (castore::detail::is_validated_event<Events>) {
      Version version = castore::detail::version_of(state);
      for (const auto& event : decided) {
        ++version;
        std::visit(
            [&](const auto& value) {
              castore::detail::validate_event(event_store_id_, given_.aggregate_id(), version, value.payload,
                                              value.metadata);
            },
            event);
      }
    }
  }

  const typename Domain::Reducer& reducer_;
  std::string_view event_store_id_;
  const Given& given_;
  std::string_view name_;
  const Decide& decide_;
  std::tuple<Inputs&...> inputs_;
};

}  // namespace detail

}  // namespace castore::testing

#endif
