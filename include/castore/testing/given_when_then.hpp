// SPDX-License-Identifier: MIT
#ifndef CASTORE_TESTING_GIVEN_WHEN_THEN_HPP
#define CASTORE_TESTING_GIVEN_WHEN_THEN_HPP

#include <castore/core/event.hpp>
#include <castore/core/event_store.hpp>
#include <castore/core/reducer.hpp>
#include <castore/core/timestamp.hpp>
#include <castore/fwd.hpp>
#include <castore/testing/domain.hpp>
#include <castore/testing/given_when_then/scenario.hpp>
#include <castore/testing/given_when_then/stored.hpp>
#include <castore/testing/given_when_then/when.hpp>
#include <castore/testing/report_text.hpp>

#include <chrono>
#include <concepts>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <utility>

namespace castore::testing {

namespace detail {

/// What calls a projection with one event; `castore/testing/project.hpp` defines it.
template <class Projection, class Transaction>
struct ProjectsEvents;
template <bool is_included, class Projects, class... Given>
constexpr bool explain_projected() {
  if constexpr (is_included) return (Projects::explain(std::type_identity<Given>{}) && ...);
  return false;
}

}  // namespace detail

/// @brief What `given` fills in where its events leave it open: payload n is version n of this aggregate, and happened
/// n - 1 seconds after this moment.
inline constexpr std::string_view given_aggregate_id = "aggregate";
/// @brief When the first event of `given` happened unless it says so: 2022-01-01T00:00:00.000Z.
inline constexpr Timestamp given_timestamp = std::chrono::sys_days{std::chrono::year{2022} / 1 / 1};

/// @brief What `given` returns: a history. It may be kept and asked several questions.
template <class Domain, class... Given>
class GivenEvents {
 public:
  /// @brief For the kit itself: `given` makes them.
  template <class... Events>
  constexpr GivenEvents(typename Domain::Reducer reducer, std::string_view event_store_id, Events&&... events)
      : reducer_(std::move(reducer)), event_store_id_{event_store_id}, events_(std::forward<Events>(events)...) {
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

  /// @brief Calls a projection with the events, in a transaction of a storage such as one on ":memory:", which holds
  /// what is asserted then. Event n has position n. It needs `castore/testing/project.hpp`; `project(...)` there takes
  /// events of several aggregates.
  template <class Projection, class Transaction>
  void project(const Projection& projection, Transaction& transaction) const {
    using Projects = detail::ProjectsEvents<Projection, Transaction>;
    constexpr bool is_included = requires { sizeof(Projects); };
    static_assert(is_included,
                  "castore: given(...).project(...) needs a header more: #include <castore/testing/project.hpp>");
    if constexpr (detail::explain_projected<is_included, Projects, Given...>()) {
      for_each([&](Version version, const auto& event) {
        with_header(version, event,
                    [&](const auto& detail) { Projects::call(projection, transaction, detail, version); });
      });
    }
  }

  /// For the kit itself.
  template <class Aggregate, class Reducer>
  constexpr std::optional<Aggregate> fold(const Reducer& reducer) const {
    castore::detail::AggregateFold<Aggregate, Reducer> fold{reducer, aggregate_id()};
    for_each([&fold](Version version, const auto& event) { apply(fold, version, event); });
    return std::move(fold).result();
  }
  /// For the kit itself. @throws Failure when an event would not come back from a storage as it is.
  void check_stored() const {
    for_each([](Version, const auto& event) { detail::check_event_stored(event); });
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

  /// The event with all that was left out, as a storage gives it back.
  template <class Payload, class Function>
  void with_header(Version version, const Payload& payload, const Function& function) const {
    with_header(version, EventDetail<Payload>{.payload = payload}, function);
  }
  template <class Payload, class Function>
  void with_header(Version version, EventDetail<Payload> event, const Function& function) const {
    event.aggregate_id = aggregate_id();
    event.version = version;
    if (event.timestamp == unset_timestamp) event.timestamp = time_of(version);
    if constexpr (detail::is_stored<Payload>) event.payload = detail::stored(event.payload);
    if constexpr (detail::is_stored<MetadataOf<Payload>>) event.metadata = detail::stored(event.metadata);
    function(event);
  }

  template <class Fold, class Payload>
  static constexpr void apply(Fold& fold, Version version, const Payload& payload) {
    const MetadataOf<Payload> metadata{};
    detail::use_stored(payload, [&](const Payload& stored) { fold.apply(stored, version, time_of(version), metadata); });
  }
  template <class Fold, class Payload>
  static constexpr void apply(Fold& fold, Version version, const EventDetail<Payload>& event) {
    const Timestamp timestamp = event.timestamp == unset_timestamp ? time_of(version) : event.timestamp;
    detail::use_stored(event.payload, [&](const Payload& payload) {
      detail::use_stored(event.metadata, [&](const MetadataOf<Payload>& metadata) {
        fold.apply(payload, version, timestamp, metadata, event.context);
      });
    });
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
/// `Domain` is the type of an `EventStore` or a `castore::testing::Domain`; it may be left out when the first argument
/// is an event store, or when `when` gets a `Command`. The events are payloads, or `EventDetail`s where the header
/// matters (what is left out of it is filled in). Given and decided events are those that a storage would give back:
/// they go through their JSON form, where they have one, and one that comes back changed is a failure. Payloads are
/// compared by
/// `==`, else by their fields, else by JSON.
/// @code
/// given<PokemonStore>(PokemonAppeared{"Pikachu", 5}).when(level_up).then(PokemonLeveledUp{});
/// given<PokemonStore>(PokemonAppeared{"Pikachu", 100}).when(level_up).then(throws<std::domain_error>());
/// given<PokemonStore>().when(level_up).then(throws<castore::AggregateNotFoundError>());
/// @endcode
/// With a `Domain` whose reducer, decide function and `==` are constexpr, the same line works in a `static_assert`.
///
/// **Errors:** `Failure` from `then` shows given, when, expected and actual. Any test framework reports it; in Catch2
/// write `CHECK(given(...).when(...).then(...))`, or include `castore/testing/catch2_checks.hpp`.
/// A projection is called with them by `given(...).project(PokemonList{}, tx)`.
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
