// SPDX-License-Identifier: MIT
#ifndef CASTORE_CORE_UPCASTS_HPP
#define CASTORE_CORE_UPCASTS_HPP

/// @file
/// Events that were stored in a form that a program no longer writes, or under a type that they no longer have.

#include <castore/core/event.hpp>
#include <castore/core/timestamp.hpp>
#include <castore/fwd.hpp>

#include <array>
#include <cstddef>
#include <iterator>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

namespace castore {

/// @brief The older forms of an event, each a payload with the type and the fields that are stored, and maybe with
/// upcasts of its own.
///
/// @code
/// struct PokemonCaught1 {                                              // as it is stored
///   static constexpr std::string_view type = "POKEMON_CAUGHT";
///   std::string trainer;
/// };
/// struct PokemonCaught {                                               // as of today
///   static constexpr std::string_view type = "POKEMON_CAUGHT_2";
///   std::string trainer_id;
///   using upcasts = castore::Upcasts<PokemonCaught1>;
///   static PokemonCaught upcast(PokemonCaught1 old) { return {.trainer_id = std::move(old.trainer)}; }
/// };
/// @endcode
/// The store's `Events<...>`, reducers and projections name the newest form only. An event of an older one is read as
/// if the newest had been stored; its metadata are read as those of the newest form. `upcast` may take a `const
/// UpcastInfo&` besides. What it throws is nested in `EventDecodeError`.
///
/// Where only the type has another name, `static constexpr std::array<std::string_view, 1> former_types{"..."};` says
/// so, and nothing else is needed.
template <class... OldForms>
struct Upcasts {};

/// @brief What `upcast` may want to know of an event besides its payload. A view: valid during the call.
struct UpcastInfo {
  std::string_view aggregate_id;  ///< Of its aggregate.
  Version version = 0;            ///< Of the event.
  std::string_view type;          ///< As it is stored.
  Timestamp timestamp{};          ///< When it happened.
};

/// @brief An event of a type that is not among those of its store, where `UnknownEvents::keep` is wanted: for an
/// overload of the reducer, as for other events. All of it is as it was stored.
/// @code
/// void operator()(Pokemon& pokemon, const castore::UnknownEvent& event) const { pokemon.unknown.push_back(event.type);
/// }
/// @endcode
struct UnknownEvent {
  std::string type{};      ///< The event type's name.
  std::string payload{};   ///< JSON text; empty: none.
  std::string metadata{};  ///< JSON text; empty: none.

  friend bool operator==(const UnknownEvent&, const UnknownEvent&) = default;
};

namespace detail {

template <class Forms>
inline constexpr bool is_upcasts = false;
template <class... OldForms>
inline constexpr bool is_upcasts<Upcasts<OldForms...>> = true;

template <class Payload>
concept HasUpcasts = requires {
  typename Payload::upcasts;
  requires is_upcasts<typename Payload::upcasts>;
};
template <class Payload>
concept HasFormerTypes = requires { Payload::former_types; };
/// Payloads that are stored in other ways than today's.
template <class Payload>
inline constexpr bool has_old_forms = HasUpcasts<Payload> || HasFormerTypes<Payload>;

template <std::size_t count>
using EventTypes = std::array<std::string_view, count>;

template <std::size_t... counts>
constexpr auto join_types(const EventTypes<counts>&... lists) {
  EventTypes<(std::size_t{0} + ... + counts)> joined{};
  std::size_t next = 0;
  const auto add = [&](const auto& list) {
    for (const std::string_view type : list) joined[next++] = type;
  };
  (add(lists), ...);
  return joined;
}

/// One of `former_types`. A place that was left empty, which a store refuses in words, may hold no text at all.
template <class Text>
constexpr std::string_view former_type(const Text& text) {
  if constexpr (std::is_pointer_v<Text>) {
    if (text == nullptr) return {};
  }
  return text;
}

template <class Payload>
constexpr auto own_types() {
  if constexpr (HasFormerTypes<Payload>) {
    EventTypes<std::size(Payload::former_types) + 1> types{std::string_view{Payload::type}};
    std::size_t next = 1;
    for (const auto& type : Payload::former_types) types[next++] = former_type(type);
    return types;
  } else {
    return EventTypes<1>{std::string_view{Payload::type}};
  }
}

template <class Payload>
constexpr auto stored_types();
template <class... OldForms>
constexpr auto old_types(Upcasts<OldForms...>) {
  return join_types(stored_types<OldForms>()...);
}
/// The types that a payload may be stored under: its own, former ones, those of its older forms.
template <class Payload>
constexpr auto stored_types() {
  if constexpr (HasUpcasts<Payload>) {
    return join_types(own_types<Payload>(), old_types(typename Payload::upcasts{}));
  } else {
    return own_types<Payload>();
  }
}
template <class Payload>
inline constexpr auto stored_types_of = stored_types<Payload>();
template <class Payload>
inline constexpr auto own_types_of = own_types<Payload>();

constexpr bool is_among(std::string_view type, const auto& types) {
  for (const std::string_view one : types) {
    if (type == one) return true;
  }
  return false;
}

/// True for the type of a stored event that is read as this payload.
template <class Payload>
constexpr bool is_stored_as(std::string_view type) {
  if constexpr (!HasType<Payload>) {
    return false;  // which a store says in words of its own
  } else if constexpr (has_old_forms<Payload>) {
    return is_among(type, stored_types_of<Payload>);
  } else {
    return type == std::string_view{Payload::type};
  }
}

template <class... Payloads>
constexpr bool is_known_type(Events<Payloads...>, std::string_view type) {
  return (is_stored_as<Payloads>(type) || ...);
}

template <class Newer, class Older>
concept HasUpcastWithInfo = requires(Older& older, const UpcastInfo& info) { Newer::upcast(std::move(older), info); };
template <class Newer, class Older>
concept HasUpcast = requires(Older& older) { Newer::upcast(std::move(older)); };

template <class Newer, class Older>
constexpr decltype(auto) upcast_one(Older&& older, const UpcastInfo& info) {
  if constexpr (HasUpcastWithInfo<Newer, Older>) {
    return Newer::upcast(std::move(older), info);
  } else {
    return Newer::upcast(std::move(older));
  }
}

}  // namespace detail

}  // namespace castore

#endif
