// SPDX-License-Identifier: MIT
#ifndef CASTORE_TESTING_GIVEN_WHEN_THEN_HPP
#define CASTORE_TESTING_GIVEN_WHEN_THEN_HPP

#include <castore/core/command.hpp>
#include <castore/core/decision.hpp>
#include <castore/core/errors.hpp>
#include <castore/core/event.hpp>
#include <castore/core/event_store.hpp>
#include <castore/core/reducer.hpp>
#include <castore/core/timestamp.hpp>
#include <castore/fwd.hpp>
#include <castore/testing/domain.hpp>
#include <castore/testing/failure.hpp>
#include <castore/testing/report_text.hpp>

#include <chrono>
#include <concepts>
#include <functional>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <typeinfo>
#include <utility>
#include <variant>
#include <vector>

namespace castore::testing {

/// @brief What `given` fills in where its events leave it open: payload n is version n of this aggregate, and happened
/// n - 1 seconds after this moment.
inline constexpr std::string_view given_aggregate_id = "aggregate";
/// @brief When the first event of `given` happened unless it says so: 2022-01-01T00:00:00.000Z.
inline constexpr Timestamp given_timestamp = std::chrono::sys_days{std::chrono::year{2022} / 1 / 1};

/// @brief `then(nothing)`: the decision is that nothing happens. A decide function may return it, too.
inline constexpr std::monostate nothing{};

/// @brief What `throws` returns.
template <class Error, class Predicate>
struct Throws {
  Predicate predicate;        ///< What the exception must satisfy.
  bool has_predicate = true;  ///< False when any `Error` will do.
};

/// @brief `then(throws<E>())`, `then(throws<E>(predicate))`: the decision throws an `E` (or an exception derived from
/// it) that satisfies the predicate.
template <class Error>
constexpr auto throws() {
  constexpr auto any = [](const Error&) { return true; };
  return Throws<Error, decltype(any)>{any, false};
}
template <class Error, std::predicate<const Error&> Predicate>
constexpr auto throws(Predicate predicate) {
  return Throws<Error, Predicate>{std::move(predicate)};
}

namespace detail {

template <class Given>
struct PayloadOf {
  using type = Given;
};
template <class Payload>
struct PayloadOf<EventDetail<Payload>> {
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
                "castore: given() got something that is no event of the domain; pass payloads of its "
                "castore::Events<...>, or castore::EventDetail<ThePayload> where the header matters");
}

template <class Events, class Expected>
constexpr void check_expected() {
  static_assert(castore::detail::is_decision_of<Events, Expected>,
                "castore: then() got something that no decision of this domain can be; pass payloads of its "
                "castore::Events<...>, castore::testing::throws<TheError>() or castore::testing::nothing");
}

/// The domain of a `given` that was told none: the command that `when` gets will tell.
struct UnknownDomain {
  using Reducer = std::monostate;
};

/// Not constexpr, so that a compiler that evaluates `then` in a static_assert stops at this name.
[[noreturn]] inline void the_decision_is_another_than_expected(std::string_view report = {}) {
  report_failure(std::string{report});
}

template <class Payload>
std::vector<Lines> blocks_of(const std::vector<Payload>& payloads) {
  if (payloads.empty()) return {{"nothing"}};
  std::vector<Lines> blocks;
  for (const Payload& payload : payloads) blocks.push_back(payload_lines(payload));
  return blocks;
}

/// One decision: what `given` and `when` were told.
template <class Domain, class Given, class Decide, class... Inputs>
class Scenario {
  using Decision = DecisionOf<Domain, Decide>;

 public:
  using Events = typename Domain::Events;
  using Payloads = PayloadsOf<Domain>;

  constexpr Scenario(const typename Domain::Reducer& reducer, std::string_view event_store_id, const Given& given,
                     std::string_view name, const Decide& decide, Inputs&... inputs)
      : reducer_{reducer},
        event_store_id_{event_store_id},
        given_{given},
        name_{name},
        decide_{decide},
        inputs_{inputs...} {}

  /// What is decided. @throws What the decide function throws, AggregateNotFoundError
  constexpr Payloads run() const {
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
  constexpr Payloads decide(const typename Decision::State& state) const {
    return std::apply(
        [&](Inputs&... inputs) { return decide_payloads<Domain>(decide_, state, inputs...); }, inputs_);
  }

  const typename Domain::Reducer& reducer_;
  std::string_view event_store_id_;
  const Given& given_;
  std::string_view name_;
  const Decide& decide_;
  std::tuple<Inputs&...> inputs_;
};

}  // namespace detail

/// @brief What `when` returns. It refers to the arguments of `given` and `when`, so `then` ends the same expression.
template <class Scenario>
class When {
  using Events = typename Scenario::Events;
  using Payloads = typename Scenario::Payloads;

 public:
  /// @brief For the kit itself: `when` makes them.
  constexpr explicit When(const Scenario& scenario) : scenario_{scenario} {}

  /// @brief Makes the decision and compares: these payloads in this order and no others, or `nothing`.
  /// @return True. @throws Failure
  template <class... Expected>
    requires(sizeof...(Expected) > 0)
  constexpr bool then(Expected... expected) && {
    (detail::check_expected<Events, Expected>(), ...);
    if constexpr ((castore::detail::is_decision_of<Events, Expected> && ...)) {
      castore::detail::DecidedEvents<Events> payloads;
      (payloads.add(std::move(expected)), ...);
      const Payloads wanted = std::move(payloads).take();
      if (!std::is_constant_evaluated()) {
        compare(wanted);
      } else if (!detail::are_equal(wanted, scenario_.run())) {
        detail::the_decision_is_another_than_expected();
      }
    }
    return true;
  }

  /// @brief Makes the decision and expects it to throw. Not for constant expressions: nothing can be caught there.
  /// @return True. @throws Failure
  template <class Error, class Predicate>
  bool then(const Throws<Error, Predicate>& expected) && {
    std::string error = "throws " + detail::type_name(typeid(Error));
    std::vector<detail::Lines> actual;
    bool is_as_expected = false;
    try {
      actual = detail::blocks_of(scenario_.run());
    } catch (const Error& caught) {
      is_as_expected = static_cast<bool>(expected.predicate(caught));
      if (!is_as_expected) error += ", which the predicate accepts";
      actual = {{"throws " + detail::current_exception_text()}};
    } catch (...) {
      actual = {{"throws " + detail::current_exception_text()}};
    }
    if (!is_as_expected) detail::the_decision_is_another_than_expected(scenario_.report({{error}}, actual));
    detail::report_pass();
    return true;
  }

 private:
  void compare(const Payloads& wanted) const {
    bool is_as_expected = false;
    std::vector<detail::Lines> actual;
    try {
      const Payloads decided = scenario_.run();
      is_as_expected = detail::are_equal(wanted, decided);
      if (!is_as_expected) actual = detail::blocks_of(decided);
    } catch (...) {
      actual = {{"throws " + detail::current_exception_text()}};
    }
    if (!is_as_expected) {
      detail::the_decision_is_another_than_expected(scenario_.report(detail::blocks_of(wanted), actual));
    }
    detail::report_pass();
  }

  Scenario scenario_;
};

/// @brief What `given` returns: a history. It may be kept and asked several questions.
template <class Domain, class... Given>
class GivenEvents {
 public:
  /// @brief For the kit itself: `given` makes them.
  template <class... Events>
  constexpr GivenEvents(typename Domain::Reducer reducer, std::string_view event_store_id, Events&&... events)
      : reducer_{std::move(reducer)}, event_store_id_{event_store_id}, events_{std::forward<Events>(events)...} {
    for_each([this](Version version, const auto& event) { this->check_header(version, event); });
  }

  /// @brief The decision: a decide function or a `Command`, and its input and context. They are passed by reference, as
  /// a command does.
  template <class Decide, class... Inputs>
  [[nodiscard]] constexpr auto when(Decide&& decide, Inputs&&... inputs) const {
    using Function = std::decay_t<Decide>;
    if constexpr (requires { typename detail::CommandStore<Function>::type; }) {
      using Store = typename detail::CommandStore<Function>::type;
      constexpr bool is_decide_form = !std::is_void_v<Store>;
      static_assert(is_decide_form,
                    "castore: when() got a command whose handler loads and pushes by itself; test it on "
                    "castore::testing::mock_event_store(...)");
      if constexpr (is_decide_form) {
        const auto& store = decide.event_store();
        return scenario<Store>(store.options().reducer, store.event_store_id(), decide.id(), decide.decide_function(),
                               inputs...);
      }
    } else {
      constexpr bool is_known = !std::same_as<Domain, detail::UnknownDomain>;
      static_assert(is_known,
                    "castore: given(...) does not know the reducer that when() needs for a decide function; write "
                    "given<TheEventStore>(...), given(the_event_store, ...), or pass a Command to when()");
      if constexpr (is_known) {
        return scenario<Domain>(reducer_, event_store_id_, "decide", decide, inputs...);
      }
    }
  }

  /// For the kit itself.
  template <class Aggregate, class Reducer>
  constexpr std::optional<Aggregate> fold(const Reducer& reducer) const {
    castore::detail::AggregateFold<Aggregate, Reducer> fold{reducer, aggregate_id()};
    for_each([&fold](Version version, const auto& event) { apply(fold, version, event); });
    return std::move(fold).result();
  }
  /// @brief The id that the events name, else `given_aggregate_id`.
  constexpr std::string_view aggregate_id() const {
    std::string_view id;
    for_each([&id](Version, const auto& event) {
      if constexpr (requires { event.aggregate_id; }) {
        if (id.empty()) id = event.aggregate_id;
      }
    });
    return id.empty() ? given_aggregate_id : id;
  }
  /// @brief The events, one a line, as reports show them.
  std::string text() const {
    std::string text;
    for_each([&text](Version version, const auto& event) {
      text += "  " + std::to_string(version) + " " + event_text(event) + "\n";
    });
    return text.empty() ? "  nothing\n" : text;
  }

 private:
  template <class OfDomain, class Decide, class... Inputs>
  constexpr auto scenario(const typename OfDomain::Reducer& reducer, std::string_view event_store_id,
                          std::string_view name, const Decide& decide, Inputs&... inputs) const {
    (detail::check_given<typename OfDomain::Events, Given>(), ...);
    if constexpr ((detail::is_given_of<typename OfDomain::Events, Given> && ...)) {
      using Scenario = detail::Scenario<OfDomain, GivenEvents, Decide, Inputs...>;
      return When<Scenario>{Scenario{reducer, event_store_id, *this, name, decide, inputs...}};
    }
  }

  template <class Function>
  constexpr void for_each(Function function) const {
    std::apply(
        [&function](const auto&... event) {
          Version version = 0;
          (function(++version, event), ...);
        },
        events_);
  }

  template <class Payload>
  constexpr void check_header(Version, const Payload&) const {}
  template <class Payload>
  constexpr void check_header(Version version, const EventDetail<Payload>& event) const {
    const bool is_next = event.version == 0 || event.version == version;
    const bool is_of_aggregate = event.aggregate_id.empty() || event.aggregate_id == aggregate_id();
    if (!is_next || !is_of_aggregate) {
      throw std::invalid_argument{"castore: event " + std::to_string(version) +
                                  " of given() has another version or aggregate_id; its events are the history of one "
                                  "aggregate from version 1 on"};
    }
  }

  static constexpr Timestamp time_of(Version version) { return given_timestamp + std::chrono::seconds{version - 1}; }

  template <class Fold, class Payload>
  static constexpr void apply(Fold& fold, Version version, const Payload& payload) {
    const MetadataOf<Payload> metadata{};
    fold.apply(payload, version, time_of(version), metadata);
  }
  template <class Fold, class Payload>
  static constexpr void apply(Fold& fold, Version version, const EventDetail<Payload>& event) {
    const Timestamp timestamp = event.timestamp == unset_timestamp ? time_of(version) : event.timestamp;
    fold.apply(event.payload, version, timestamp, event.metadata);
  }

  template <class Payload>
  static std::string event_text(const Payload& payload) {
    return detail::payload_text(payload);
  }
  template <class Payload>
  static std::string event_text(const EventDetail<Payload>& event) {
    std::string text = detail::payload_text(event.payload);
    if constexpr (!std::same_as<MetadataOf<Payload>, NoMetadata>) text += " metadata " + detail::json_text(event.metadata);
    return text;
  }

  [[no_unique_address]] typename Domain::Reducer reducer_;
  std::string_view event_store_id_;
  std::tuple<Given...> events_;
};

/// @brief Tests a decision without any storage: these events happened, this is decided, therefore that happens.
///
/// `Domain` is the type of an `EventStore` or a `castore::testing::Domain`; it may be left out when the first argument is
/// an event store, or when `when` gets a `Command`. The events are payloads, or `EventDetail`s where the header matters
/// (what is left out of it is filled in). Payloads are compared by `==`, else by JSON.
/// @code
/// given<PokemonStore>(PokemonAppeared{"Pikachu", 5}).when(level_up).then(PokemonLeveledUp{});
/// given<PokemonStore>(PokemonAppeared{"Pikachu", 100}).when(level_up).then(throws<std::domain_error>());
/// given<PokemonStore>().when(level_up).then(throws<castore::AggregateNotFoundError>());
/// @endcode
/// With a `Domain` whose reducer, decide function and `==` are constexpr, the same line works in a `static_assert`.
///
/// **Errors:** `Failure` from `then` shows given, when, expected and actual. Any test framework reports it; in Catch2
/// write `CHECK(given(...).when(...).then(...))`, or include `castore/testing/catch2_checks.hpp`.
template <class Domain = detail::UnknownDomain, class... Events>
  requires((std::same_as<Domain, detail::UnknownDomain> || detail::IsDomain<Domain>) &&
           (!detail::IsEventStore<std::remove_cvref_t<Events>> && ...))
[[nodiscard]] constexpr auto given(Events&&... events) {
  return GivenEvents<Domain, std::remove_cvref_t<Events>...>{{}, {}, std::forward<Events>(events)...};
}
/// @brief The same with the reducer of an event store, which must outlive the expression.
template <class StoreEvents, class Aggregate, class Reducer, class Adapter, class... Events>
[[nodiscard]] auto given(const EventStore<StoreEvents, Aggregate, Reducer, Adapter>& event_store, Events&&... events) {
  using Store = EventStore<StoreEvents, Aggregate, Reducer, Adapter>;
  return GivenEvents<Store, std::remove_cvref_t<Events>...>{event_store.options().reducer,
                                                            event_store.event_store_id(),
                                                            std::forward<Events>(events)...};
}

}  // namespace castore::testing

#endif
