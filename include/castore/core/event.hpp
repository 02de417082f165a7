// SPDX-License-Identifier: MIT
#ifndef CASTORE_CORE_EVENT_HPP
#define CASTORE_CORE_EVENT_HPP

#include <castore/core/context.hpp>
#include <castore/core/timestamp.hpp>
#include <castore/fwd.hpp>

#include <concepts>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

namespace castore {

/// @brief The metadata of an event whose payload declares none.
struct NoMetadata {
  friend constexpr bool operator==(NoMetadata, NoMetadata) noexcept { return true; }
};

/// @brief Event types that messages use for themselves; no payload may have them.
inline constexpr std::string_view reserved_event_types[] = {"__REPLAYED__", "__AGGREGATE_EXISTS__"};

namespace detail {

template <class Payload>
concept HasType = requires {
  { Payload::type } -> std::convertible_to<std::string_view>;
  typename std::bool_constant<(std::string_view{Payload::type}.size() > 0)>;  // it is a constant
};

template <class Payload>
struct MetadataTrait {
  using type = NoMetadata;
};
template <class Payload>
  requires requires { typename Payload::Metadata; }
struct MetadataTrait<Payload> {
  using type = typename Payload::Metadata;
};

}  // namespace detail

/// @brief What an event says happened: a movable struct with `static constexpr std::string_view type` and, if events
/// carry metadata, a nested type `Metadata`.
///
/// @code
/// struct PokemonAppeared {
///   static constexpr std::string_view type = "POKEMON_APPEARED";
///   std::string name;
///   int level = 1;
/// };
/// @endcode
template <class Payload>
concept EventPayload =
    std::is_object_v<Payload> && std::same_as<Payload, std::remove_cv_t<Payload>> &&
    std::move_constructible<Payload> && detail::HasType<Payload>;

/// @brief `Payload::Metadata`, or `NoMetadata`. Declare it as `std::optional<M>` when some events have none.
template <class Payload>
using MetadataOf = typename detail::MetadataTrait<Payload>::type;

/// @brief What `with_metadata` returns: an event that is decided, or about to be pushed, with its metadata.
template <class Payload>
struct EventWithMetadata {
  Payload payload;                                       ///< What happens.
  [[no_unique_address]] MetadataOf<Payload> metadata{};  ///< `Payload::Metadata`, where it has one.
};

/// @brief An event with metadata, where a payload alone would do: what a decide function returns, also in vectors,
/// tuples and variants, and what `push_events` takes.
/// @code
/// return castore::with_metadata(PokemonCaught{.balls = 1}, {.trainer = "ash"});
/// @endcode
template <EventPayload Payload>
constexpr EventWithMetadata<Payload> with_metadata(Payload payload, MetadataOf<Payload> metadata) {
  static_assert(!std::same_as<MetadataOf<Payload>, NoMetadata>,
                "castore: with_metadata got an event that has no metadata; declare their type in the payload: "
                "`struct Metadata { ... };`");
  return {.payload = std::move(payload), .metadata = std::move(metadata)};
}

/// @brief Values that can be compared: by their own `==`, or because a type without fields has one value only.
template <class Value>
concept ComparableValue = std::equality_comparable<Value> || std::is_empty_v<Value>;

namespace detail {

template <ComparableValue Value>
constexpr bool equal_values(const Value& left, const Value& right) {
  if constexpr (std::equality_comparable<Value>) {
    return left == right;
  } else {
    return true;
  }
}

}  // namespace detail

/// @brief One event, complete: where it belongs, when it happened, what happened. It owns all of it.
///
/// @code
/// castore::EventDetail<PokemonAppeared>{.aggregate_id = "pikachu", .version = 1, .payload = {"Pikachu", 5}}
/// @endcode
template <class Payload>
struct EventDetail {
  std::string aggregate_id{};             ///< NUL-free UTF-8, at most `max_id_size` bytes.
  Version version = 0;                    ///< 1, 2, 3 ...
  Timestamp timestamp = unset_timestamp;  ///< Left out: the store's clock fills it in when the event is pushed.
  Payload payload;                        ///< What happened.
  [[no_unique_address]] MetadataOf<Payload> metadata{};  ///< `Payload::Metadata`, where it has one.
  EventContext context{};                                ///< To which request it belongs, and what led to it.

  /// @brief The event type's name, `Payload::type`.
  static constexpr std::string_view type() noexcept { return Payload::type; }

  friend constexpr bool operator==(const EventDetail& left, const EventDetail& right)
    requires ComparableValue<Payload> && ComparableValue<MetadataOf<Payload>>
  {
    return left.version == right.version && left.timestamp == right.timestamp &&
           left.aggregate_id == right.aggregate_id && detail::equal_values(left.payload, right.payload) &&
           detail::equal_values(left.metadata, right.metadata) && left.context == right.context;
  }
};

/// @brief What a reducer may want to know of an event besides its payload. A view: valid during the reducer's call.
template <class Payload>
struct EventInfo {
  std::string_view aggregate_id;        ///< Of the aggregate being built.
  Version version = 0;                  ///< Of the event.
  Timestamp timestamp{};                ///< When it happened.
  const MetadataOf<Payload>& metadata;  ///< `Payload::Metadata`, where it has one.
  const EventContext& context = detail::no_context;  ///< To which request it belongs, and what led to it.
};

}  // namespace castore

#endif
