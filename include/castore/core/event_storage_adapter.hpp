// SPDX-License-Identifier: MIT
#ifndef CASTORE_CORE_EVENT_STORAGE_ADAPTER_HPP
#define CASTORE_CORE_EVENT_STORAGE_ADAPTER_HPP

/// @file
/// The contract between an event store and its storage: three functions on plain records. The laws behind them are the
/// tests of `castore/testing/adapter_conformance.hpp`.

#include <castore/detail/function_ref.hpp>
#include <castore/fwd.hpp>

#include <compare>
#include <concepts>
#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

namespace castore {

/// @brief An event as storages see it: payload and metadata are JSON text, empty when the event has none.
struct EventRecord {
  std::string aggregate_id{};  ///< Any NUL-free UTF-8.
  Version version = 0;         ///< From 1.
  std::string type{};          ///< The event type's name.
  Timestamp timestamp{};       ///< When it happened.
  std::string payload{};       ///< JSON; empty: none.
  std::string metadata{};      ///< JSON; empty: none.

  friend bool operator==(const EventRecord&, const EventRecord&) = default;
};

/// @brief The same as a view into the adapter's own buffers, valid during the call that receives it.
struct EventRecordView {
  std::string_view aggregate_id{};  ///< As in `EventRecord`.
  Version version = 0;              ///< From 1.
  std::string_view type{};          ///< The event type's name.
  Timestamp timestamp{};            ///< When it happened.
  std::string_view payload{};       ///< JSON; empty: none.
  std::string_view metadata{};      ///< JSON; empty: none.

  EventRecordView() = default;
  /// @brief A view of these texts, which must outlive it.
  EventRecordView(std::string_view aggregate_id_, Version version_, std::string_view type_, Timestamp timestamp_,
                  std::string_view payload_, std::string_view metadata_)
      : aggregate_id{aggregate_id_},
        version{version_},
        type{type_},
        timestamp{timestamp_},
        payload(payload_),
        metadata(metadata_) {}
  /// @brief A view of a record, which must outlive it.
  EventRecordView(const EventRecord& record)  // NOLINT(google-explicit-constructor): a view of a record
      : EventRecordView{record.aggregate_id, record.version, record.type,
                        record.timestamp,    record.payload, record.metadata} {}

  /// @brief A copy that owns its text.
  EventRecord to_record() const {
    return {std::string{aggregate_id}, version, std::string{type}, timestamp, std::string{payload},
            std::string{metadata}};
  }
};

/// @brief One event to be written, and the store it belongs to.
struct PushRecord {
  std::string_view event_store_id{};  ///< The store; the view must outlive the push.
  EventRecord record{};               ///< The event.
};

/// @brief How a push is to be done. Members may be added; write `{}` or `{.force = true}`.
struct PushOptions {
  bool force = false;  ///< Write exactly these events, over existing ones and past gaps. For migrations only.
  /// @brief Where to write the position of each event, when a storage has an order and the push succeeded; empty, or as
  /// many as there are events. What is not written stays 0, which stands for "not told".
  std::span<Position> positions{};
};

/// @brief Written or not, and why not.
enum class PushStatus {
  pushed,          ///< All events are stored.
  already_exists,  ///< An event with this version exists; nothing was written.
  version_gap      ///< A version before this one is missing; nothing was written.
};

/// @brief What became of a push. A conflict is an outcome, not an exception: the store turns it into an error.
struct PushOutcome {
#pragma push_macro("Status")  // X11 has one
#undef Status
  using Status = PushStatus;  ///< Of all events together.
#pragma pop_macro("Status")
  static constexpr PushStatus pushed = PushStatus::pushed;                  ///< `PushStatus::pushed`.
  static constexpr PushStatus already_exists = PushStatus::already_exists;  ///< `PushStatus::already_exists`.
  static constexpr PushStatus version_gap = PushStatus::version_gap;        ///< `PushStatus::version_gap`.

  PushStatus status = PushStatus::pushed;  ///< Of all events together.
  std::size_t index = 0;                   ///< The offending event's place in the group, from 0.
  Position position = 0;                   ///< Of the first event, when pushed; 0 where the storage has no order.

  /// @brief True when the same became of both pushes, wherever their events were put.
  friend bool operator==(const PushOutcome& left, const PushOutcome& right) noexcept {
    return left.status == right.status && left.index == right.index;
  }
};

/// @brief Receives events one by one, in order. It must not call the adapter; when it throws, the load ends with that.
using RecordSink = detail::FunctionRef<void(const EventRecordView&)>;

/// @brief Which events of an aggregate to get.
struct GetEventsOptions {
  std::optional<Version> min_version{};  ///< Inclusive.
  std::optional<Version> max_version{};  ///< Inclusive.
  std::optional<std::size_t> limit{};    ///< At most so many, counted after `reverse`; 0 gets none.
  bool reverse = false;                  ///< The last version first.
};

/// @brief Which aggregates to list. What is not given comes from the page token, if there is one.
struct ListAggregateIdsOptions {
  std::optional<std::size_t> limit{};               ///< At most so many on a page; 0 gets none and no token.
  std::optional<std::string> page_token{};          ///< `next_page_token` of the page before.
  std::optional<Timestamp> initial_event_after{};   ///< Inclusive.
  std::optional<Timestamp> initial_event_before{};  ///< Inclusive.
  std::optional<bool> reverse{};                    ///< The last initial event first; false unless said otherwise.
};

/// @brief An aggregate in a list: its id and when its event of version 1 happened.
struct AggregateIdEntry {
  std::string aggregate_id{};           ///< The aggregate's id.
  Timestamp initial_event_timestamp{};  ///< When it began.

  friend bool operator==(const AggregateIdEntry&, const AggregateIdEntry&) = default;
};

/// @brief A page of aggregates, ordered by (initial event's timestamp, aggregate id).
struct AggregateIdsPage {
  std::vector<AggregateIdEntry> aggregate_ids{};  ///< At most `limit`.
  std::optional<std::string> next_page_token{};   ///< None on the last page.
};

/// @brief Writes all the events or none; of several pushes of one version exactly one wins. With `force` it writes
/// exactly these events, over existing ones and past gaps.
template <class Adapter>
concept PushesEvents = requires(Adapter& adapter, std::span<const PushRecord> records, const PushOptions& options) {
  { adapter.push_events(records, options) } -> std::same_as<PushOutcome>;
};

/// @brief Hands the events of one aggregate to the sink, in the order of their versions.
template <class Adapter>
concept GetsEvents = requires(Adapter& adapter, std::string_view event_store_id, std::string_view aggregate_id,
                              const GetEventsOptions& options, RecordSink sink) {
  { adapter.get_events(event_store_id, aggregate_id, options, sink) } -> std::same_as<void>;
};

/// @brief Lists the aggregates of one store page by page, each exactly once over all pages.
template <class Adapter>
concept ListsAggregateIds =
    requires(Adapter& adapter, std::string_view event_store_id, const ListAggregateIdsOptions& options) {
      { adapter.list_aggregate_ids(event_store_id, options) } -> std::same_as<AggregateIdsPage>;
    };

/// @brief A storage for events. Any number of threads may use one adapter object at the same time.
///
/// What its storage cannot do, an adapter says by one constant, `static constexpr AdapterProperties properties`.
template <class Adapter>
concept EventStorageAdapter = PushesEvents<Adapter> && GetsEvents<Adapter> && ListsAggregateIds<Adapter>;

/// @brief Optional. Lists the event stores that have at least one event in the storage, each once, ordered by the bytes
/// of their ids.
template <class Adapter>
concept ListsEventStores = requires(Adapter& adapter) {
  { adapter.list_event_stores() } -> std::same_as<std::vector<std::string>>;
};

/// @brief What a storage can and cannot do. An adapter says it once, as a constant that decorators forward as a whole:
/// `static constexpr castore::AdapterProperties properties{.detects_version_gaps = false};`
struct AdapterProperties {
  /// @brief A push past the next version is refused. False: the storage cannot tell within the write.
  bool detects_version_gaps = true;
  /// @brief Aggregates whose initial events have equal timestamps are listed by their ids.
  bool orders_equal_timestamps = true;
  /// @brief The last page of a list has no token. False: an empty page may follow it.
  bool detects_last_page = true;
  /// @brief A load never sees a part of a group.
  bool shows_groups_at_once = true;
  /// @brief Every double comes back, negative zero among them.
  bool holds_every_double = true;
  /// @brief How many events one push can write. More are refused by an `InvalidEventError` whose field is
  /// `max_events_per_push`, before anything is written.
  std::optional<std::size_t> max_events_per_push{};
  /// @brief The longest aggregate id, in bytes, that is taken with a store's id of any length up to the same.
  std::size_t max_id_size = 1024;

  friend bool operator==(const AdapterProperties&, const AdapterProperties&) = default;
};

/// @brief What an adapter says of its storage: its `properties`, or else that it can do everything.
template <class Adapter>
constexpr AdapterProperties properties_of() {
  if constexpr (requires { Adapter::properties; }) {
    static_assert(std::same_as<std::remove_cv_t<decltype(Adapter::properties)>, AdapterProperties>,
                  "castore: what an adapter says of its storage is one constant, "
                  "`static constexpr castore::AdapterProperties properties{...};`");
    return Adapter::properties;
  } else {
    static_assert(!(
                      requires { Adapter::detects_version_gaps; } || requires { Adapter::orders_equal_timestamps; } ||
                      requires { Adapter::detects_last_page; } || requires { Adapter::shows_groups_at_once; } ||
                      requires { Adapter::holds_every_double; } || requires { Adapter::max_events_per_push; }),
                  "castore: what an adapter says of its storage is one constant; put these members into "
                  "`static constexpr castore::AdapterProperties properties{...};`");
    return {};
  }
}

/// @brief Says, one error per operation, which function an adapter lacks and its exact signature.
/// Write `static_assert(castore::explain_event_storage_adapter<MyAdapter>());` below your adapter.
/// @return True; what is wrong is an error already, and one is enough.
template <class Adapter>
consteval bool explain_event_storage_adapter() {
  static_assert(!std::is_const_v<Adapter>, "castore: an event store writes to its adapter; pass one that is not const");
  static_assert(PushesEvents<Adapter>,
                "castore: this adapter needs a public member function "
                "`castore::PushOutcome push_events(std::span<const castore::PushRecord> records, "
                "const castore::PushOptions& options)`");
  static_assert(GetsEvents<Adapter>,
                "castore: this adapter needs a public member function "
                "`void get_events(std::string_view event_store_id, std::string_view aggregate_id, "
                "const castore::GetEventsOptions& options, castore::RecordSink sink)`");
  static_assert(ListsAggregateIds<Adapter>,
                "castore: this adapter needs a public member function "
                "`castore::AggregateIdsPage list_aggregate_ids(std::string_view event_store_id, "
                "const castore::ListAggregateIdsOptions& options)`");
  return true;
}

}  // namespace castore

#endif
