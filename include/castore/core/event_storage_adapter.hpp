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
        payload{payload_},
        metadata{metadata_} {}
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

/// @brief What became of a push. A conflict is an outcome, not an exception: the store turns it into an error.
struct PushOutcome {
  /// @brief Written or not, and why not.
  enum class Status {
    pushed,          ///< All events are stored.
    already_exists,  ///< An event with this version exists; nothing was written.
    version_gap      ///< A version before this one is missing; nothing was written.
  };
  static constexpr Status pushed = Status::pushed;                  ///< `Status::pushed`.
  static constexpr Status already_exists = Status::already_exists;  ///< `Status::already_exists`.
  static constexpr Status version_gap = Status::version_gap;        ///< `Status::version_gap`.

  Status status = Status::pushed;  ///< Of all events together.
  std::size_t index = 0;           ///< The offending event's place in the group, from 0.

  friend bool operator==(const PushOutcome&, const PushOutcome&) = default;
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
concept PushesEvents = requires(Adapter& adapter, std::span<const PushRecord> records, bool force) {
  { adapter.push_events(records, force) } -> std::same_as<PushOutcome>;
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
/// What its storage cannot do, an adapter says by constants, such as `detects_version_gaps`; all of them are the members
/// of `castore::testing::AdapterProperties`.
template <class Adapter>
concept EventStorageAdapter = PushesEvents<Adapter> && GetsEvents<Adapter> && ListsAggregateIds<Adapter>;

/// @brief False for an adapter that declares `static constexpr bool detects_version_gaps = false`: its storage cannot
/// tell within the write that a version is missing.
template <class Adapter>
constexpr bool detects_version_gaps() {
  if constexpr (requires { Adapter::detects_version_gaps; }) {
    return Adapter::detects_version_gaps;
  } else {
    return true;
  }
}

/// @brief How many events one push can write at most: an adapter's `static constexpr std::size_t max_events_per_push`.
/// It refuses more by an `InvalidEventError` whose field is `max_events_per_push`, before anything is written.
template <class Adapter>
constexpr std::optional<std::size_t> max_events_per_push() {
  if constexpr (requires { Adapter::max_events_per_push; }) {
    return Adapter::max_events_per_push;
  } else {
    return std::nullopt;
  }
}

/// @brief Says, one error per operation, which function an adapter lacks and its exact signature.
/// Write `static_assert(castore::explain_event_storage_adapter<MyAdapter>());` below your adapter.
template <class Adapter>
consteval bool explain_event_storage_adapter() {
  static_assert(!std::is_const_v<Adapter>, "castore: an event store writes to its adapter; pass one that is not const");
  static_assert(PushesEvents<Adapter>,
                "castore: this adapter needs a public member function "
                "`castore::PushOutcome push_events(std::span<const castore::PushRecord> records, bool force)`");
  static_assert(GetsEvents<Adapter>,
                "castore: this adapter needs a public member function "
                "`void get_events(std::string_view event_store_id, std::string_view aggregate_id, "
                "const castore::GetEventsOptions& options, castore::RecordSink sink)`");
  static_assert(ListsAggregateIds<Adapter>,
                "castore: this adapter needs a public member function "
                "`castore::AggregateIdsPage list_aggregate_ids(std::string_view event_store_id, "
                "const castore::ListAggregateIdsOptions& options)`");
  return EventStorageAdapter<Adapter>;
}

}  // namespace castore

#endif
