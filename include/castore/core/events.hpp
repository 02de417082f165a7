// SPDX-License-Identifier: MIT
#ifndef CASTORE_CORE_EVENTS_HPP
#define CASTORE_CORE_EVENTS_HPP

#include <castore/core/event.hpp>
#include <castore/fwd.hpp>

#include <concepts>
#include <cstddef>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <variant>

namespace castore {

/// @brief Event types that messages use for themselves; no payload may have them.
inline constexpr std::string_view reserved_event_types[] = {"__REPLAYED__", "__AGGREGATE_EXISTS__"};

namespace detail {

constexpr bool is_reserved_event_type(std::string_view type) {
  for (const std::string_view reserved : reserved_event_types) {
    if (type == reserved) return true;
  }
  return false;
}

template <class Payload>
constexpr std::string_view type_or_nothing() {
  if constexpr (HasType<Payload>) {
    return Payload::type;
  } else {
    return {};
  }
}

/// One payload type of a list, checked so that a compiler's error names it.
template <class Payload>
struct CheckedPayload {
  static constexpr bool is_plain = std::same_as<Payload, std::remove_cvref_t<Payload>>;
  static constexpr bool has_type = HasType<Payload>;
  static constexpr bool is_movable = std::move_constructible<Payload>;
  static constexpr bool is_reserved = is_reserved_event_type(type_or_nothing<Payload>());
  static constexpr bool is_valid = is_plain && has_type && is_movable && !is_reserved;

  static_assert(is_plain, "castore: list the payload type itself in Events<...>, without const or a reference");
  static_assert(has_type,
                "castore: this payload has no event type; write in it: "
                "static constexpr std::string_view type = \"SOMETHING_HAPPENED\";");
  static_assert(is_movable, "castore: this payload cannot be moved; give it a move constructor");
  static_assert(!is_reserved,
                "castore: this payload's type is reserved for messages; choose another name than "
                "__REPLAYED__ and __AGGREGATE_EXISTS__");
};

/// One pair of payload types of a list, checked so that a compiler's error names both.
template <class Left, class Right>
struct DistinctEventTypes {
  static constexpr bool is_valid =
      type_or_nothing<Left>().empty() || type_or_nothing<Left>() != type_or_nothing<Right>();
  static_assert(is_valid,
                "castore: two payloads of one Events<...> have the same event type; "
                "give each its own `type` and list each once");
};

template <class... Payloads>
inline constexpr bool are_distinct = true;
template <class First, class... Rest>
inline constexpr bool are_distinct<First, Rest...> =
    (DistinctEventTypes<First, Rest>::is_valid & ... & are_distinct<Rest...>);

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
  static constexpr bool is_valid =
      (detail::CheckedPayload<Payloads>::is_valid & ... & detail::are_distinct<Payloads...>);

  /// @brief How many event types there are.
  static constexpr std::size_t size = sizeof...(Payloads);

  /// @brief True when `Payload` is one of them.
  template <class Payload>
  static constexpr bool contains = (std::same_as<Payload, Payloads> || ...);
};

/// @brief An event of a store, of any of its types: a `std::variant<EventDetail<Payloads>...>` with the accessors that
/// all of them share.
///
/// **Guarantees:** it owns everything and never refers to the storage. Comparable when all payloads are.
template <class... Payloads>
class Event<Events<Payloads...>> {

 public:
  using Variant = std::variant<EventDetail<Payloads>...>;  ///< What it wraps.

  /// @brief Wraps the detail of one of the event types.
  template <class Payload>
    requires(Events<Payloads...>::template contains<Payload>)
  constexpr Event(EventDetail<Payload>&& detail)  // NOLINT(google-explicit-constructor): an event detail is an event
      : variant_{std::in_place_type<EventDetail<Payload>>, std::move(detail)} {}
  template <class Payload>
    requires(Events<Payloads...>::template contains<Payload>)
  constexpr Event(const EventDetail<Payload>& detail)  // NOLINT(google-explicit-constructor): the same, copied
      : variant_{std::in_place_type<EventDetail<Payload>>, detail} {}

  /// @brief The id of the aggregate it belongs to.
  constexpr const std::string& aggregate_id() const noexcept {
    return common([](const auto& detail) -> const std::string& { return detail.aggregate_id; });
  }
  /// @brief Its place in the aggregate's history, from 1.
  constexpr Version version() const noexcept {
    return common([](const auto& detail) { return detail.version; });
  }
  /// @brief When it happened.
  constexpr Timestamp timestamp() const noexcept {
    return common([](const auto& detail) { return detail.timestamp; });
  }
  /// @brief The event type's name, `Payload::type`.
  constexpr std::string_view type() const noexcept {
    return common([](const auto& detail) { return detail.type(); });
  }

  /// @brief Calls the function that fits the event with its `const EventDetail<Payload>&` and returns what it returns.
  /// An event type that no function fits does not compile.
  template <class... Functions>
  constexpr decltype(auto) visit(Functions&&... functions) const {
    using Visitor = detail::Overloaded<std::decay_t<Functions>...>;
    if constexpr ((detail::check_visitor<Visitor&, const EventDetail<Payloads>&>() && ...)) {
      Visitor visitor{std::forward<Functions>(functions)...};
      return std::visit(visitor, variant_);
    }
  }

  /// @brief The detail when the event is of this type, else a null pointer. It points into this event, therefore
  /// asking a temporary does not compile.
  template <class Payload>
  constexpr const EventDetail<Payload>* get_if() const& noexcept {
    static_assert(Events<Payloads...>::template contains<Payload>,
                  "castore: get_if asks for a payload that is not in the store's Events<...>");
    return std::get_if<EventDetail<Payload>>(&variant_);
  }
  template <class Payload>
  const EventDetail<Payload>* get_if() const&& = delete;

  /// @brief The variant itself.
  constexpr const Variant& variant() const& noexcept { return variant_; }
  constexpr Variant&& variant() && noexcept { return std::move(variant_); }

  friend constexpr bool operator==(const Event& left, const Event& right)
    requires((ComparableValue<Payloads> && ComparableValue<MetadataOf<Payloads>>) && ...)
  {
    return left.variant_ == right.variant_;
  }

 private:
  // An event is valueless only after its own move constructor threw, which leaves nobody to ask it.
  template <class Function>
  constexpr decltype(auto) common(Function function) const noexcept {
    return std::visit(function, variant_);
  }

  Variant variant_;
};

}  // namespace castore

#endif
