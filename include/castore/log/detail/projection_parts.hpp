// SPDX-License-Identifier: MIT
#ifndef CASTORE_LOG_DETAIL_PROJECTION_PARTS_HPP
#define CASTORE_LOG_DETAIL_PROJECTION_PARTS_HPP

/// @file
/// What a projection is checked for, and how it is called.

#include <castore/core/event.hpp>
#include <castore/core/event_log.hpp>
#include <castore/core/events.hpp>
#include <castore/fwd.hpp>
#include <castore/log/detail/feed_reader.hpp>
#include <castore/log/detail/handled_events.hpp>
#include <castore/log/errors.hpp>
#include <castore/log/event_place.hpp>

#include <concepts>
#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

namespace castore::detail {

template <class Projection>
concept HasNameAndVersion = requires {
  { Projection::name } -> std::convertible_to<std::string_view>;
  { Projection::version } -> std::convertible_to<int>;
};

/// How a projection takes an event.
enum class ProjectionForm {
  none,
  transaction_payload_info_place,
  transaction_payload_info,
  transaction_payload,
  payload_info_place,
  payload_info,
  payload
};

template <class Projection, class Transaction, class Payload, class Info>
consteval ProjectionForm projection_form() {
  using Event = const Payload&;
  if constexpr (std::is_invocable_v<Projection&, Transaction&, Event, Info, const EventPlace&>) {
    return ProjectionForm::transaction_payload_info_place;
  } else if constexpr (std::is_invocable_v<Projection&, Transaction&, Event, Info>) {
    return ProjectionForm::transaction_payload_info;
  } else if constexpr (std::is_invocable_v<Projection&, Transaction&, Event>) {
    return ProjectionForm::transaction_payload;
  } else if constexpr (std::is_invocable_v<Projection&, Event, Info, const EventPlace&>) {
    return ProjectionForm::payload_info_place;
  } else if constexpr (std::is_invocable_v<Projection&, Event, Info>) {
    return ProjectionForm::payload_info;
  } else if constexpr (std::is_invocable_v<Projection&, Event>) {
    return ProjectionForm::payload;
  } else {
    return ProjectionForm::none;
  }
}
template <class Projection, class Transaction, class Payload>
inline constexpr ProjectionForm projection_form_of =
    projection_form<const Projection, Transaction, Payload, const EventInfo<Payload>&>();

/// Stands for an event of no store, and for its header.
template <class... Payloads>
struct ForeignPayload {
  template <class Payload>
    requires(HasType<Payload> && !(std::same_as<Payload, Payloads> || ...))
  operator const Payload&() const;  // NOLINT(google-explicit-constructor)
};
struct ForeignInfo {
  template <class Payload>
  operator const EventInfo<Payload>&() const;  // NOLINT(google-explicit-constructor)
};
/// What only a projection that takes everything takes.
struct AnyPayload {};

/// A projection has an overload for an event that none of the stores has; of several such it is not seen.
template <class Projection, class Transaction, class... Payloads>
consteval bool takes_foreign_event() {
  using Foreign = ForeignPayload<Payloads...>;
  return projection_form<const Projection, Transaction, Foreign, ForeignInfo>() != ProjectionForm::none &&
         projection_form<const Projection, Transaction, AnyPayload, ForeignInfo>() == ProjectionForm::none;
}

template <class... Lists>
struct JoinedEvents;
template <class... Payloads>
struct JoinedEvents<Events<Payloads...>> {
  using type = std::tuple<Payloads...>;
};
template <class... Left, class... Right, class... Rest>
struct JoinedEvents<Events<Left...>, Events<Right...>, Rest...> {
  using type = typename JoinedEvents<Events<Left..., Right...>, Rest...>::type;
};

template <class Projection, class Transaction, class Payloads>
inline constexpr bool takes_foreign = false;
template <class Projection, class Transaction, class... Payloads>
inline constexpr bool takes_foreign<Projection, Transaction, std::tuple<Payloads...>> =
    takes_foreign_event<Projection, Transaction, Payloads...>();
template <class Projection, class Transaction, class Payloads>
inline constexpr bool takes_any = false;
template <class Projection, class Transaction, class... Payloads>
inline constexpr bool takes_any<Projection, Transaction, std::tuple<Payloads...>> =
    ((projection_form_of<Projection, Transaction, Payloads> != ProjectionForm::none) || ...);

/// The event of the only store, for `apply`.
template <class... Stores>
struct AppliedEvent {
  using type = void;
};
template <class Store>
struct AppliedEvent<Store> {
  using type = Event<typename Store::Events>;
};

template <class Projection, class Transaction, class Event>
inline constexpr bool applies_batches =
    requires(const Projection& projection, Transaction& transaction, std::span<const Event> events) {
      projection.apply(transaction, events);
    };
template <class Projection, class Transaction>
inline constexpr bool applies_batches<Projection, Transaction, void> = false;

/// Checked so that a compiler's error names the projection; one mistake is one error.
template <class Projection, class Transaction, class... Stores>
struct CheckedProjection {
  using Checked = CheckedProjection;  ///< To be named where the shortest error shall come from.
  using Payloads = typename JoinedEvents<typename Stores::Events...>::type;
  using Event = typename AppliedEvent<Stores...>::type;

  static constexpr bool is_named = HasNameAndVersion<Projection>;
  static constexpr bool has_batches = applies_batches<Projection, Transaction, Event>;
  static constexpr bool has_events = takes_any<Projection, Transaction, Payloads> || has_batches;
  static constexpr bool has_foreign = has_events && takes_foreign<Projection, Transaction, Payloads>;
  static constexpr bool is_valid = is_named && has_events && !has_foreign;
  static constexpr bool is_without_events = is_named && !has_events;
  static constexpr bool is_with_foreign = is_named && has_foreign;

  static_assert(is_named,
                "castore: this projection has no name or no version; write in it: static constexpr std::string_view "
                "name = \"my_list\"; static constexpr int version = 1;");
  static_assert(!is_without_events,
                "castore: this projection takes none of the events of these stores; write in it for each event that it "
                "is to see: `void operator()(TheTransaction& tx, const ThePayload& event, const "
                "castore::EventInfo<ThePayload>& info) const`, with the transaction of this storage");
  static_assert(!is_with_foreign,
                "castore: this projection has an overload for an event that none of these stores has; name the event's "
                "store in std::tie(...), or take the overload out");
};

/// Calls one overload of a projection.
template <class Projection, class Transaction, class Payload>
void project_event(const Projection& projection, Transaction* transaction, const EventRef<Payload>& event,
                   const EventPlace& place) {
  const EventInfo<Payload> info{event.aggregate_id, event.version, event.timestamp, event.metadata,
                                event.context};
  using enum ProjectionForm;
  constexpr ProjectionForm form = projection_form_of<Projection, Transaction, Payload>;
  if constexpr (form == transaction_payload_info_place) {
    projection(*transaction, event.payload, info, place);
  } else if constexpr (form == transaction_payload_info) {
    projection(*transaction, event.payload, info);
  } else if constexpr (form == transaction_payload) {
    projection(*transaction, event.payload);
  } else if constexpr (form == payload_info_place) {
    projection(event.payload, info, place);
  } else if constexpr (form == payload_info) {
    projection(event.payload, info);
  } else if constexpr (form == payload) {
    projection(event.payload);
  }
}

/// Calls `create` or `drop` of a projection where it has one, with or without the transaction.
template <class Projection, class Transaction>
void create_projection(const Projection& projection, Transaction& transaction) {
  if constexpr (requires { projection.create(transaction); }) projection.create(transaction);
}
template <class Projection, class Transaction>
void drop_projection(const Projection& projection, Transaction& transaction) {
  if constexpr (requires { projection.drop(transaction); }) projection.drop(transaction);
}

/// Creates what a projection writes to, once for each version. Of two that do it at a time only one moves the mark.
template <class Projection, class Transaction>
void create_projection_once(const Projection& projection, Transaction& transaction, std::string_view name,
                            int version) {
  if (transaction.move_checkpoint(name_for(name, "created"), version, 0, 1)) create_projection(projection, transaction);
}

/// A projection as the handler of a subscription.
template <class Projection, class Storage, class... Stores>
class ProjectionHandler {
  using Transaction = typename TransactionOf<Storage>::Type;
  using Checked = CheckedProjection<Projection, Transaction, Stores...>;
  using Event = typename Checked::Event;
  template <class Payload>
  static constexpr ProjectionForm form = projection_form_of<Projection, Transaction, Payload>;
  static constexpr bool is_all_applied =
      Checked::has_batches && !takes_any<Projection, Transaction, typename Checked::Payloads>;

  template <class Payload>
  static constexpr bool is_in_transaction =
      is_all_applied || (form<Payload> >= ProjectionForm::transaction_payload_info_place &&
                         form<Payload> <= ProjectionForm::transaction_payload);

 public:
  ProjectionHandler(Projection projection, bool is_created)
      : projection_(std::move(projection)), is_created_{is_created} {}

  template <class Payload>
    requires(is_in_transaction<Payload>)
  void operator()(Transaction& transaction, const EventDetail<Payload>& event, const EventPlace& place) const {
    if constexpr (Checked::has_batches) {
      const Event one{event};
      projection_.apply(transaction, std::span<const Event>{&one, 1});
    } else {
      project_event(projection_, &transaction, EventRef<Payload>{event}, place);
    }
  }
  template <class Payload>
    requires(form<Payload> >= ProjectionForm::payload_info_place)
  void operator()(const EventDetail<Payload>& event, const EventPlace& place) const {
    project_event<Projection, Transaction>(projection_, nullptr, EventRef<Payload>{event}, place);
  }
  /// Either, with the event where it is kept.
  template <class Payload>
    requires(!Checked::has_batches && form<Payload> != ProjectionForm::none)
  void project(Transaction* transaction, const EventRef<Payload>& event, const EventPlace& place) const {
    project_event(projection_, transaction, event, place);
  }

  template <class Batch>
    requires Checked::has_batches
  void apply_all(Transaction& transaction, const Batch& batch, std::size_t first, std::size_t last) const {
    std::vector<Event> events;
    events.reserve(last - first);
    for (; first < last; ++first) batch.visit(first, [&events](const auto& event) { events.emplace_back(event); });
    projection_.apply(transaction, std::span<const Event>{events});
  }

  /// Another one does the work from `inline_from` on: the store's pushes themselves.
  void check_not_inline(Transaction& transaction) const {
    const Position inline_from = transaction.checkpoint(name_for(Projection::name, "inline"), Projection::version);
    if (inline_from != 0) throw ProjectionTakenOverError{Projection::name, Projection::version, inline_from};
  }

  void prepare(Storage& storage) {
    if (is_created_) return;
    if constexpr (operations::Transact::is_had_by<Storage>) {
      storage.transact([this](Transaction& transaction) {
        create_projection_once(projection_, transaction, Projection::name, Projection::version);
      });
    }
    is_created_ = true;
  }

 private:
  Projection projection_;
  bool is_created_;
};

}  // namespace castore::detail

#endif
