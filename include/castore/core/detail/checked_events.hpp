// SPDX-License-Identifier: MIT
#ifndef CASTORE_CORE_DETAIL_CHECKED_EVENTS_HPP
#define CASTORE_CORE_DETAIL_CHECKED_EVENTS_HPP

/// @file
/// What a list of event types is checked for.

#include <castore/core/event.hpp>
#include <castore/core/upcasts.hpp>
#include <castore/detail/fault.hpp>
#include <castore/fwd.hpp>

#include <algorithm>
#include <array>
#include <concepts>
#include <cstddef>
#include <iterator>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <utility>

namespace castore::detail {

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

/// Texts for types that events of today no longer have.
template <class Payload>
constexpr bool are_former_types_texts() {
  if constexpr (HasFormerTypes<Payload>) {
    return requires {
      typename std::bool_constant<(std::size(Payload::former_types) > 0)>;
      requires std::convertible_to<decltype(Payload::former_types[0]), std::string_view>;
    };
  }
  return true;
}

/// No place of the list was left empty.
template <class Payload>
consteval bool are_former_types_whole() {
  for (const auto& type : Payload::former_types) {
    if (former_type(type).empty()) return false;
  }
  return true;
}
template <class Payload>
constexpr bool have_former_types_no_hole() {
  if constexpr (HasFormerTypes<Payload> && are_former_types_texts<Payload>()) {
    return are_former_types_whole<Payload>();
  }
  return true;
}

/// One payload type of a list, or an older form, checked so that a compiler's error names it.
template <class Payload>
struct CheckedPayload {
  static constexpr bool is_plain = std::same_as<Payload, std::remove_cvref_t<Payload>>;
  static constexpr bool has_type = HasType<Payload>;
  static constexpr bool is_movable = std::move_constructible<Payload>;
  static constexpr bool is_reserved = is_reserved_event_type(type_or_nothing<Payload>());
  static constexpr bool has_former_types = are_former_types_texts<Payload>();
  static constexpr bool has_whole_former_types = have_former_types_no_hole<Payload>();
  static constexpr bool has_list = HasUpcasts<Payload> || !requires { typename Payload::upcasts; };
  static constexpr bool is_valid =
      is_plain && has_type && is_movable && !is_reserved && has_former_types && has_whole_former_types && has_list;

  static constexpr bool explain() {
    static_assert(is_plain, "castore: list the payload type itself in Events<...>, without const or a reference");
    static_assert(has_type,
                  "castore: this payload has no event type; write in it: "
                  "static constexpr std::string_view type = \"SOMETHING_HAPPENED\";");
    static_assert(is_movable, "castore: this payload cannot be moved; give it a move constructor");
    static_assert(!is_reserved,
                  "castore: this payload's type is reserved for messages; choose another name than "
                  "__REPLAYED__ and __AGGREGATE_EXISTS__");
    static_assert(has_former_types,
                  "castore: `former_types` of this event is not a list of texts; write in it: "
                  "static constexpr std::array<std::string_view, 1> former_types{\"FORMER_TYPE\"};");
    static_assert(
        has_whole_former_types,
        "castore: `former_types` of this event has a place without a text; make the list as long as there are "
        "former types");
    static_assert(has_list,
                  "castore: `upcasts` of this event is not a list of older forms; write in it: "
                  "using upcasts = castore::Upcasts<TheOlderForm>;");
    return is_valid;
  }
};

/// One step from an older form of an event to a newer one, checked so that a compiler's error names both.
template <class Newer, class Older>
struct CheckedUpcast {
  static constexpr bool has_step = HasUpcastWithInfo<Newer, Older> || HasUpcast<Newer, Older>;
  static constexpr bool does_return_newer() {
    if constexpr (has_step) {
      return std::same_as<decltype(upcast_one<Newer>(std::declval<Older>(), std::declval<const UpcastInfo&>())), Newer>;
    } else {
      return true;
    }
  }
  static constexpr bool returns_newer = does_return_newer();
  static constexpr bool has_newest_metadata =
      std::same_as<MetadataOf<Older>, NoMetadata> || std::same_as<MetadataOf<Older>, MetadataOf<Newer>>;
  static constexpr bool is_valid = has_step && returns_newer && has_newest_metadata;

  static constexpr bool explain() {
    static_assert(has_step,
                  "castore: this event lists an older form, but has no step from it; write in it: "
                  "static TheEvent upcast(TheOlderForm old) { return {...}; }");
    static_assert(returns_newer,
                  "castore: upcast() returns another type than the event that it is written in; let it return that "
                  "event, by value");
    static_assert(has_newest_metadata,
                  "castore: an older form of an event has another Metadata than the newer one; stored metadata are read "
                  "as those of the newest form, so take `Metadata` out of the older form");
    return is_valid;
  }
};

template <class Payload>
struct IsOwnOldForm {
  static constexpr bool explain() {
    static_assert(never<Payload>, "castore: this event is an older form of itself; take one of the `upcasts` out");
    return false;
  }
};

/// What is wrong with a payload, or an older form. @tparam Newer The forms that it is an older one of.
template <class Payload, class... Newer>
constexpr auto payload_fault();
/// The same as a check.
template <class Payload, class... Newer>
struct CheckedForm {
  static constexpr auto fault() { return payload_fault<Payload, Newer...>(); }
  static constexpr bool is_valid = !is_fault<decltype(payload_fault<Payload, Newer...>())>;
};
template <class Payload, class... Newer, class... OldForms>
constexpr auto old_forms_fault(Upcasts<OldForms...>) {
  if constexpr ((std::same_as<Payload, Newer> || ...)) {
    return IsOwnOldForm<Payload>{};
  } else if constexpr (is_fault<FirstInvalid<CheckedForm<OldForms, Payload, Newer...>...>>) {
    return FirstInvalid<CheckedForm<OldForms, Payload, Newer...>...>::fault();
  } else {
    return FirstInvalid<CheckedUpcast<Payload, OldForms>...>{};
  }
}
template <class Payload, class... Newer>
constexpr auto payload_fault() {
  if constexpr (!CheckedPayload<Payload>::is_valid) {
    return CheckedPayload<Payload>{};
  } else if constexpr (HasUpcasts<Payload>) {
    return old_forms_fault<Payload, Newer...>(typename Payload::upcasts{});
  } else {
    return NoFault{};
  }
}

/// One pair of payload types of a list, checked so that a compiler's error names both.
template <class Left, class Right>
struct DistinctEventTypes {
  static constexpr bool explain() {
    static_assert(never<Left, Right>,
                  "castore: two payloads of one Events<...> have the same event type; "
                  "give each its own `type` and list each once");
    return false;
  }
};

/// Two events, or two forms of one, of which the same type is stored.
template <class Left, class Right>
struct DistinctStoredTypes {
  static constexpr bool explain() {
    static_assert(never<Left, Right>,
                  "castore: one event type stands for two forms of events in one Events<...>; give each `type`, each of "
                  "`former_types` and each older form in `upcasts` a text of its own");
    return false;
  }
};

/// A type and the place of its payload in the list.
using PlacedType = std::pair<std::string_view, std::size_t>;

/// The places of two payloads of a list with the same type.
struct SameTypes {
  bool are_there = false;
  std::size_t left = 0;
  std::size_t right = 0;
};
template <std::size_t count>
constexpr SameTypes find_same_types(std::array<PlacedType, count> places) {
  std::sort(places.begin(), places.end(), [](const PlacedType& left, const PlacedType& right) {
    return left.first != right.first ? left.first < right.first : left.second < right.second;
  });
  for (std::size_t next = 1; next < places.size(); ++next) {
    if (places[next - 1].first == places[next].first) return {true, places[next - 1].second, places[next].second};
  }
  return {};
}

template <class... Payloads>
constexpr SameTypes find_same_event_types() {
  std::size_t index = 0;
  return find_same_types(
      std::array<PlacedType, sizeof...(Payloads)>{PlacedType{std::string_view{Payloads::type}, index++}...});
}
template <class... Payloads>
constexpr SameTypes find_same_stored_types() {
  std::array<PlacedType, (std::size_t{0} + ... + stored_types_of<Payloads>.size())> places{};
  std::size_t next = 0;
  std::size_t index = 0;
  const auto add = [&](const auto& types) {
    for (const std::string_view type : types) places[next++] = {type, index};
    ++index;
  };
  (add(stored_types_of<Payloads>), ...);
  return find_same_types(places);
}

template <std::size_t place, class... Payloads>
using PayloadAt = std::remove_pointer_t<std::tuple_element_t<place, std::tuple<Payloads*...>>>;

/// What is wrong with the types of payloads that are valid each.
template <class... Payloads>
constexpr auto types_fault() {
  constexpr SameTypes same = find_same_event_types<Payloads...>();
  if constexpr (same.are_there) {
    return DistinctEventTypes<PayloadAt<same.left, Payloads...>, PayloadAt<same.right, Payloads...>>{};
  } else if constexpr ((has_old_forms<Payloads> || ...)) {
    constexpr SameTypes stored = find_same_stored_types<Payloads...>();
    if constexpr (stored.are_there) {
      return DistinctStoredTypes<PayloadAt<stored.left, Payloads...>, PayloadAt<stored.right, Payloads...>>{};
    } else {
      return NoFault{};
    }
  } else {
    return NoFault{};
  }
}

template <class Value>
concept HasValidate = requires(const Value& value) {
  { Value::validate(value) } -> std::same_as<void>;
};
/// It has a member `validate` that would not be called: that would be worse than none.
template <class Value>
struct HasUncalledValidate {
  static constexpr bool explain() {
    static_assert(
        never<Value>,
        "castore: the member `validate` of this type is not called when it is pushed; write it as "
        "`static void validate(const TheType&)`, which throws castore::InvalidEventError{\"field\", \"what is "
        "wrong\"}, or give it another name");
    return false;
  }
};
template <class Value>
constexpr auto validate_fault() {
  if constexpr (!HasValidate<Value> && requires { &Value::validate; })
    return HasUncalledValidate<Value>{};
  else
    return NoFault{};
}
template <class Payload>
struct CheckedValidate {
  static constexpr auto fault() {
    if constexpr (is_fault<decltype(validate_fault<Payload>())>)
      return validate_fault<Payload>();
    else
      return validate_fault<MetadataOf<Payload>>();
  }
  static constexpr bool is_valid = !is_fault<decltype(CheckedValidate::fault())>;
};

/// What is wrong with a list of payloads.
template <class... Payloads>
constexpr auto events_fault() {
  using Form = FirstInvalid<CheckedForm<Payloads>...>;
  if constexpr (is_fault<Form>) {
    return Form::fault();
  } else {
    return types_fault<Payloads...>();
  }
}

}  // namespace castore::detail

#endif
