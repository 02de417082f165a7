// SPDX-License-Identifier: MIT
#ifndef CASTORE_CORE_EVENTS_HPP
#define CASTORE_CORE_EVENTS_HPP

#include <castore/core/detail/checked_events.hpp>
#include <castore/core/detail/one_of.hpp>
#include <castore/core/event.hpp>
#include <castore/detail/fault.hpp>
#include <castore/fwd.hpp>

#include <concepts>
#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <utility>
#include <variant>

namespace castore {

namespace detail {

template <class Events, class Payload>
inline constexpr bool is_event_of = Events::template contains<Payload>;
template <class Events>
inline constexpr bool is_event_of<Events, NoFault> = true;

/// One compile error where a payload is given to a store of other events.
template <class Events, class Payload>
constexpr void check_event_of() {
  static_assert(is_event_of<Events, Payload>,
                "castore: this payload is not among the event types of this store; add it to the store's "
                "castore::Events<...>, or push it to the store it belongs to");
}

template <class... Functions>
struct Overloaded : Functions... {
  using Functions::operator()...;
};

template <class Function, class Argument>
constexpr bool check_visitor() {
  constexpr bool accepted = std::is_invocable_v<Function, Argument>;
  static_assert(accepted,
                "castore: visit() was given no function for this event; "
                "add [](const castore::EventDetail<ThePayload>&) { ... }");
  return accepted;
}

/// Visits a `OneOf`, and returns what the visitor returns.
template <class Result, class... Others, class Value, class Visitor>
Result visit_for_result(const Value& value, Visitor& visitor) {
  static_assert((std::same_as<Result, Others> && ...),
                "castore: the functions that visit() was given return different types; let all return the same");
  if constexpr (std::is_void_v<Result>) {
    value.visit(visitor);
  } else if constexpr (std::is_reference_v<Result>) {
    std::remove_reference_t<Result>* result = nullptr;
    value.visit([&](const auto& one) {
      Result&& reference = visitor(one);
      result = std::addressof(reference);
    });
    return static_cast<Result>(*result);
  } else {
    std::optional<std::remove_const_t<Result>> result;
    value.visit([&](const auto& one) { result.emplace(visitor(one)); });
    return *std::move(result);
  }
}

}  // namespace detail

/// @brief The event types of a store: a list of payload types, each with its own `type`.
/// A payload without a type, a reserved type and two payloads with the same type do not compile.
///
/// @code
/// using PokemonEvents = castore::Events<PokemonAppeared, PokemonLeveledUp>;
/// @endcode
template <class... Payloads>
struct Events {
  static_assert(sizeof...(Payloads) > 0, "castore: Events<> is empty; list at least one payload type");
  /// @brief True when the list is valid; asking is what makes the compiler report a list that is not.
  static constexpr bool is_valid = decltype(detail::events_fault<Payloads...>())::explain();

  /// @brief How many event types there are.
  static constexpr std::size_t size = sizeof...(Payloads);

  /// @brief True when `Payload` is one of them.
  template <class Payload>
  static constexpr bool contains = (__is_same(Payload, Payloads) || ...);
};

namespace detail {
/// Of an event that is not there.
inline const std::string no_aggregate_id;
}  // namespace detail

/// @brief An event of a store, of any of its types: one of `EventDetail<Payloads>...`, with the accessors that all of
/// them share.
///
/// **Guarantees:** it owns everything and never refers to the storage. Comparable when all payloads are.
template <class... Payloads>
class Event<Events<Payloads...>> {
 public:
  using Variant = std::variant<EventDetail<Payloads>...>;  ///< What `variant` makes of it.
  /// For the library itself: a detail to be moved into an event, as one type for all of them.
  using Source = typename detail::OneOf<EventDetail<Payloads>...>::Source;

  /// @brief Wraps the detail of one of the event types.
  template <class Payload>
    requires(Events<Payloads...>::template contains<Payload>)
  Event(EventDetail<Payload>&& detail)  // NOLINT(google-explicit-constructor): an event detail is an event
      : detail_{Source{detail}} {}
  /// For the library itself.
  explicit Event(Source source) : detail_{source} {}
  template <class Payload>
    requires(Events<Payloads...>::template contains<Payload>)
  Event(const EventDetail<Payload>& detail)  // NOLINT(google-explicit-constructor): the same, copied
      : detail_{std::in_place_type<EventDetail<Payload>>, detail} {}

  /// @brief The id of the aggregate it belongs to.
  const std::string& aggregate_id() const noexcept { return *header().aggregate_id; }
  /// @brief Its place in the aggregate's history, from 1.
  Version version() const noexcept { return header().version; }
  /// @brief When it happened.
  Timestamp timestamp() const noexcept { return header().timestamp; }
  /// @brief The event type's name, `Payload::type`.
  std::string_view type() const noexcept { return header().type; }

  /// @brief To which request it belongs, and what led to it.
  const EventContext& context() const noexcept {
    const EventContext* context = &detail::no_context;
    detail_.visit([&context](const auto& detail) { context = &detail.context; });
    return *context;
  }

  /// @brief Calls the function that fits the event with its `const EventDetail<Payload>&` and returns what it returns.
  /// An event type that no function fits does not compile; nor do functions that return different types.
  template <class... Functions>
  decltype(auto) visit(Functions&&... functions) const {
    using Visitor = detail::Overloaded<std::decay_t<Functions>...>;
    if constexpr ((detail::check_visitor<Visitor&, const EventDetail<Payloads>&>() && ...)) {
      Visitor visitor{std::forward<Functions>(functions)...};
      return detail::visit_for_result<std::invoke_result_t<Visitor&, const EventDetail<Payloads>&>...>(detail_,
                                                                                                       visitor);
    }
  }

  /// @brief The detail when the event is of this type, else a null pointer. It points into this event, therefore
  /// asking a temporary does not compile.
  template <class Payload>
  const EventDetail<Payload>* get_if() const& noexcept {
    static_assert(Events<Payloads...>::template contains<Payload>,
                  "castore: get_if asks for a payload that is not in the store's Events<...>");
    return detail_.template holds<EventDetail<Payload>>() ? &detail_.template get<EventDetail<Payload>>() : nullptr;
  }
  template <class Payload>
  const EventDetail<Payload>* get_if() const&& = delete;

  /// @brief The event as a `std::variant` of its own: a copy, or what is moved out of the event.
  Variant variant() const& {
    return visit([](const auto& detail) { return Variant{detail}; });
  }
  Variant variant() && {
    return visit([]<class Detail>(const Detail& detail) { return Variant{std::move(const_cast<Detail&>(detail))}; });
  }

  /// For the library itself: the detail, to be moved away. @pre The event has this type.
  template <class Payload>
  EventDetail<Payload>& release() noexcept {
    return detail_.template get<EventDetail<Payload>>();
  }

  friend bool operator==(const Event& left, const Event& right)
    requires((ComparableValue<Payloads> && ComparableValue<MetadataOf<Payloads>>) && ...)
  {
    bool are_equal = false;
    left.detail_.visit([&]<class Detail>(const Detail& detail) {
      are_equal = right.detail_.template holds<Detail>() && detail == right.detail_.template get<Detail>();
    });
    return are_equal;
  }

 private:
  struct Header {
    const std::string* aggregate_id;
    Version version;
    Timestamp timestamp;
    std::string_view type;
  };
  // An event is empty only after its own move constructor threw, which leaves nobody to ask it.
  Header header() const noexcept {
    Header header{&detail::no_aggregate_id, {}, {}, {}};
    detail_.visit([&header](const auto& detail) {
      header = {&detail.aggregate_id, detail.version, detail.timestamp, detail.type()};
    });
    return header;
  }

  detail::OneOf<EventDetail<Payloads>...> detail_;
};

}  // namespace castore

#endif
