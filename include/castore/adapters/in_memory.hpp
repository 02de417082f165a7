// SPDX-License-Identifier: MIT
#ifndef CASTORE_ADAPTERS_IN_MEMORY_HPP
#define CASTORE_ADAPTERS_IN_MEMORY_HPP

#include <castore/adapters/in_memory/initial_events_index.hpp>
#include <castore/adapters/in_memory/shards.hpp>
#include <castore/core/event_checks.hpp>
#include <castore/core/event_selection.hpp>
#include <castore/core/event_storage_adapter.hpp>
#include <castore/core/page_token.hpp>
#include <castore/core/typed_event_storage.hpp>
#include <castore/detail/small_vector.hpp>
#include <castore/fwd.hpp>

#include <cstddef>
#include <mutex>
#include <span>
#include <string_view>
#include <vector>

namespace castore {

namespace detail {

/// What an `InMemoryEventStorageAdapter` does. It and its parts are templates only so that those who do not use them do
/// not compile them.
template <class StreamPtr>
class InMemoryStorage : public TypedEventStorage {
 public:
  InMemoryStorage(const InMemoryStorage&) = delete;
  InMemoryStorage& operator=(const InMemoryStorage&) = delete;

  /// @brief Keeps records, as other adapters store them. @throws InvalidEventError
  PushOutcome push_events(std::span<const PushRecord> records, bool force) {
    check_records(records);
    SmallVector<RecordToKeep> events{records.size()};
    SmallVector<const EventToKeep*> pointers{records.size()};
    for (const PushRecord& push : records) {
      events.emplace_back(push.event_store_id, push.record);
      pointers.emplace_back(&events[events.size() - 1]);
    }
    return push_typed_events(pointers, force);
  }

  /// @brief Hands the events of one aggregate to the sink as records. @throws EventEncodeError when one has no JSON
  /// form, StorageError when its type has no codec, and whatever the sink throws
  void get_events(std::string_view event_store_id, std::string_view aggregate_id, const GetEventsOptions& options,
                  RecordSink sink) const {
    const EventStreamSnapshot events = snapshot(event_store_id, aggregate_id);
    const auto version_at = [&](std::size_t index) { return events.stream->version_at(index); };
    const EventSelection selection = select_events(events.size, version_at, options);
    selection.for_each(
        [&](std::size_t index) { events.stream->record_at(index, event_store_id, aggregate_id, sink); });
  }

  /// @brief Lists the aggregates of one store. @throws InvalidPageTokenError
  AggregateIdsPage list_aggregate_ids(std::string_view event_store_id, const ListAggregateIdsOptions& options) const {
    return initial_events_.page(event_store_id, resolve_page_request(options));
  }

  EventStreamSnapshot snapshot(std::string_view event_store_id, std::string_view aggregate_id) const final {
    return shards_.snapshot(StreamKeyView{event_store_id, aggregate_id});
  }

  PushOutcome push_typed_events(std::span<const EventToKeep* const> events, bool force) final {
    if (events.size() == 1) {
      StreamChange<StreamPtr> change{shards_, *events.front()};
      const std::scoped_lock lock{change.shard()};
      return apply({&change, 1}, events, force);
    }
    SmallVector<StreamChange<StreamPtr>> changes{events.size()};
    for (const EventToKeep* event : events) changes.emplace_back(shards_, *event);
    const ShardLocks<StreamPtr> locks{shards_, changes};
    return apply(changes, events, force);
  }

 protected:
  InMemoryStorage() = default;
  ~InMemoryStorage() = default;

 private:
  /// Undoes the changes, the last one first, unless they are kept.
  struct Transaction {
    std::span<StreamChange<StreamPtr>> changes;
    bool is_kept = false;

    ~Transaction() {
      for (std::size_t index = changes.size(); !is_kept && index-- > 0;) changes[index].undo();
    }
  };

  PushOutcome apply(std::span<StreamChange<StreamPtr>> changes, std::span<const EventToKeep* const> events, bool force) {
    Transaction transaction{changes};
    std::vector<InitialEventsIndex<AggregateIdEntry>::Change> initial_events;
    for (std::size_t index = 0; index < events.size(); ++index) {
      const PushOutcome::Status status = changes[index].apply(*events[index], force);
      if (status != PushOutcome::pushed) return {status, index};
      if (events[index]->version() == 1) {
        initial_events.push_back(initial_events_.prepare(*events[index], changes[index].replaced_timestamp()));
      }
    }
    transaction.is_kept = true;
    for (auto& initial_event : initial_events) std::move(initial_event).commit();
    return {};
  }

  Shards<StreamPtr> shards_;
  InitialEventsIndex<AggregateIdEntry> initial_events_;
};

}  // namespace detail

/// @brief Keeps events in this process, as the C++ objects they are. For tests, tools and state that need not survive.
///
/// **Guarantees:** all laws of the adapter contract. Pushing and loading never touch JSON, also through a
/// three-parameter `EventStore`; whoever asks for records, or reads with other event types, gets the events through
/// their codecs. The events of one aggregate lie side by side in memory. Any number of threads may use one object;
/// those that work on different aggregates meet only by chance, and then for the time of a hash look-up. A reader sees
/// the events that were there when it came and never waits for a reducer.
///
/// **Errors:** `InvalidEventError` (fix), `InvalidPageTokenError` (start again), `EventEncodeError` when somebody asks
/// for records of events that have no JSON form. Running out of memory leaves everything as it was.
class InMemoryEventStorageAdapter final : public detail::InMemoryStorage<EventStreamPtr> {
 public:
  InMemoryEventStorageAdapter() = default;
};

static_assert(EventStorageAdapter<InMemoryEventStorageAdapter>);
static_assert(KeepsTypedEvents<InMemoryEventStorageAdapter>);

}  // namespace castore

#endif
