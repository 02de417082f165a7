// SPDX-License-Identifier: MIT
#ifndef CASTORE_ADAPTERS_IN_MEMORY_HPP
#define CASTORE_ADAPTERS_IN_MEMORY_HPP

#include <castore/adapters/in_memory/initial_events_index.hpp>
#include <castore/adapters/in_memory/log.hpp>
#include <castore/adapters/in_memory/shards.hpp>
#include <castore/adapters/in_memory/snapshots.hpp>
#include <castore/adapters/in_memory/transaction.hpp>
#include <castore/core/event_checks.hpp>
#include <castore/core/event_log.hpp>
#include <castore/core/event_storage_adapter.hpp>
#include <castore/core/page_token.hpp>
#include <castore/core/snapshot_storage.hpp>
#include <castore/core/typed_events.hpp>
#include <castore/detail/event_selection.hpp>
#include <castore/detail/function_ref.hpp>
#include <castore/detail/signal.hpp>
#include <castore/detail/small_vector.hpp>
#include <castore/detail/stopping.hpp>
#include <castore/fwd.hpp>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <mutex>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace castore {

namespace detail {

/// What an `InMemoryEventStorageAdapter` does. It and its parts are templates only so that those who do not use them do
/// not compile them.
template <class StreamPtr>
class InMemoryStorage {
 public:
  InMemoryStorage(const InMemoryStorage&) = delete;
  InMemoryStorage& operator=(const InMemoryStorage&) = delete;

  /// @brief Keeps records, as other adapters store them. @throws InvalidEventError
  PushOutcome push_events(std::span<const PushRecord> records, const PushOptions& options) {
    check_records(records);
    SmallVector<RecordToPush> events{records.size()};
    SmallVector<const EventToPush*> pointers{records.size()};
    for (const PushRecord& push : records) {
      events.emplace_back(push.event_store_id, push.record);
      pointers.emplace_back(&events[events.size() - 1]);
    }
    return push_typed_events(pointers, options);
  }

  /// @brief What functions are called with in a transaction.
  using Transaction = InMemoryTransaction;
  /// @brief Calls a function with a transaction; what it did is undone when it throws. Events that it pushes are not a
  /// part of the transaction. @throws What the function throws
  void transact(FunctionRef<void(InMemoryTransaction&)> function) { transactions_.run(function); }
  /// @brief Keeps records, and calls a function in a transaction before anybody can see them; it must not call the
  /// adapter. @throws InvalidEventError, StorageError, and what the function throws, after which nothing is kept
  PushOutcome push_events(std::span<const PushRecord> records, const PushOptions& options,
                          PushHook<InMemoryTransaction> hook) {
    check_records(records);
    if (records.empty()) return {};
    SmallVector<RecordToPush> events{records.size()};
    SmallVector<const EventToPush*> pointers{records.size()};
    std::vector<SequencedEventView> views;
    views.reserve(records.size());
    for (const PushRecord& push : records) {
      events.emplace_back(push.event_store_id, push.record);
      pointers.emplace_back(&events[events.size() - 1]);
      views.push_back({0, push.event_store_id, push.record});
    }
    std::vector<Position> positions(records.size());
    PushOutcome outcome;
    transactions_.run([&](InMemoryTransaction& transaction) {
      outcome = push_group(pointers, {.force = options.force, .positions = positions}, [&] {
        for (std::size_t index = 0; index < views.size(); ++index) views[index].position = positions[index];
        const typename Shard<StreamPtr>::InHook in_hook{shards_.all()};
        hook(transaction, views);
      });
    });
    if (outcome.status != PushOutcome::pushed) return outcome;
    std::copy_n(positions.begin(), options.positions.size(), options.positions.begin());
    pushed_.raise();
    return outcome;
  }

  /// @brief Hands the events of one aggregate to the sink as records. @throws EventEncodeError when one has no JSON
  /// form, StorageError when its type has no codec, and whatever the sink throws
  void get_events(std::string_view event_store_id, std::string_view aggregate_id, const GetEventsOptions& options,
                  RecordSink sink) const {
    const EventStreamSnapshot events = typed_events(event_store_id, aggregate_id);
    const auto version_at = [&](std::size_t index) { return events.stream->version_at(index); };
    const EventSelection selection = select_events(events.size, version_at, options);
    selection.for_each([&](std::size_t index) { events.stream->record_at(index, event_store_id, aggregate_id, sink); });
  }

  /// @brief Lists the aggregates of one store. @throws InvalidPageTokenError
  AggregateIdsPage list_aggregate_ids(std::string_view event_store_id, const ListAggregateIdsOptions& options) const {
    return initial_events_.page(event_store_id, resolve_page_request(options));
  }

  /// @brief The event stores that have events here.
  std::vector<std::string> list_event_stores() const { return initial_events_.event_stores(); }

  /// @brief The events of one aggregate as the objects they are.
  EventStreamSnapshot typed_events(std::string_view event_store_id, std::string_view aggregate_id) const {
    return shards_.snapshot(StreamKeyView{event_store_id, aggregate_id});
  }

  /// @brief Keeps events as the objects they are. @pre They are checked.
  PushOutcome push_typed_events(EventsToPush events, const PushOptions& options) {
    const PushOutcome outcome =
        events.size() == 1 ? push_one(*events.front(), options) : push_group(events, options, [] {});
    if (outcome.status == PushOutcome::pushed) pushed_.raise();
    return outcome;
  }

  /// @brief The events of all stores in the order of their pushes, as the objects they are. The sink may call the
  /// adapter. @throws What the sink throws
  ReadAllEventsResult read_all_typed_events(Position after, const ReadAllEventsOptions& options,
                                            SequencedTypedEventSink sink) const {
    return log_.read(shards_, after, options, sink);
  }
  /// @brief The same as records. @throws As `get_events`
  ReadAllEventsResult read_all_events(Position after, const ReadAllEventsOptions& options,
                                      SequencedEventSink sink) const {
    return log_.read(shards_, after, options, [sink](const SequencedTypedEvent& place) {
      place.events->record_at(place.index, place.event_store_id, place.aggregate_id, [&](const EventRecordView& event) {
        sink({place.position, place.event_store_id, event});
      });
    });
  }
  /// @brief Sleeps until there is an event after a position, at most so long, or until it is asked to stop. True when
  /// there is one.
  bool wait_for_events(Position after, std::chrono::milliseconds at_most, StopToken stop_token = {}) const {
    return pushed_.wait_until(Signal::deadline(at_most), stop_token, [&] { return log_.last() > after; });
  }

  /// @brief See `KeepsSnapshots`.
  [[nodiscard("castore: false says that the history has changed and nothing was saved")]] bool save_snapshot(
      const SnapshotRecord& snapshot) {
    return snapshots_.save_snapshot(snapshot);
  }
  /// @brief See `KeepsSnapshots`. @throws What the sink throws
  std::int64_t load_snapshot(const SnapshotKey& key, Version max_version, SnapshotSink sink) const {
    return snapshots_.load_snapshot(key, max_version, sink);
  }
  /// @brief See `KeepsSnapshots`.
  void delete_snapshots(std::string_view event_store_id, const DeleteSnapshotsOptions& which) {
    snapshots_.delete_snapshots(event_store_id, which);
  }

 protected:
  InMemoryStorage() = default;
  ~InMemoryStorage() = default;

 private:
  using Change = StreamChange<StreamPtr>;
  using IndexChange = typename InitialEventsIndex<AggregateIdEntry>::Change;

  /// Undoes the changes, the last one first, unless they are kept.
  struct Changes {
    std::span<Change> all;
    bool is_kept = false;

    ~Changes() {
      for (std::size_t index = all.size(); !is_kept && index-- > 0;) all[index].undo();
    }
  };

  PushOutcome push_one(const EventToPush& event, const PushOptions& options) {
    PushOutcome outcome;
    Change change{shards_, event};
    const std::scoped_lock lock{change.shard()};
    change.look_up();
    if (change.append_next(event)) {  // the usual case
      outcome.position = log_.draw(1);
      change.place_last(outcome.position);
    } else {
      push_otherwise(event, change, options.force, outcome);
    }
    if (!options.positions.empty()) options.positions[0] = outcome.position;
    return outcome;
  }
  void push_otherwise(const EventToPush& event, Change& change, bool force, PushOutcome& outcome) {
    Changes kept{{&change, 1}};
    outcome.status = change.apply(event, force);
    if (outcome.status != PushOutcome::pushed) return;
    if (change.is_indexed(event)) prepare(event, change).commit();
    if (force) delete_snapshots_after(event);
    kept.is_kept = true;
    outcome.position = change.place(event, change.is_new() ? log_.draw(1) : 0);
    change.tell_log();
  }

  /// @param hook Called before anybody can see the events; what it throws undoes the push.
  template <class Hook>
  PushOutcome push_group(EventsToPush events, const PushOptions& options, const Hook& hook) {
    SmallVector<Change> changes{events.size()};
    for (const EventToPush* event : events) changes.emplace_back(shards_, *event);
    const ShardLocks<StreamPtr> locks{shards_, changes};
    Changes kept{changes};
    std::vector<IndexChange> index_changes;
    for (std::size_t index = 0; index < events.size(); ++index) {
      changes[index].look_up();  // an earlier event of the group may have begun the stream
      if (changes[index].append_next(*events[index])) continue;
      const PushStatus status = changes[index].apply(*events[index], options.force);
      if (status != PushOutcome::pushed) return {status, index};
      if (changes[index].is_indexed(*events[index])) index_changes.push_back(prepare(*events[index], changes[index]));
    }
    const Position first = place(events, changes, options);
    hook();
    kept.is_kept = true;
    if (options.force) {
      for (const EventToPush* event : events) delete_snapshots_after(*event);
    }
    for (Change& change : changes) change.tell_log();
    for (IndexChange& change : index_changes) std::move(change).commit();
    return {PushOutcome::pushed, 0, first};
  }

  /// Gives the events of a group their positions, in its order. @return The first one's.
  Position place(EventsToPush events, std::span<Change> changes, const PushOptions& options) noexcept {
    const auto is_new = [](const Change& change) { return change.is_new(); };
    Position next = log_.draw(static_cast<std::size_t>(std::count_if(changes.begin(), changes.end(), is_new)));
    Position first = 0;
    for (std::size_t index = 0; index < events.size(); ++index) {
      const Position position = changes[index].place(*events[index], next);
      if (changes[index].is_new()) ++next;
      if (index == 0) first = position;
      if (index < options.positions.size()) options.positions[index] = position;
    }
    return first;
  }

  /// Under the lock of the aggregate's shard, so that a thread that reads the new events finds the snapshots deleted.
  void delete_snapshots_after(const EventToPush& event) {
    snapshots_.delete_snapshots(event.event_store_id,
                                {.aggregate_id = event.aggregate_id, .min_version = event.version});
  }

  IndexChange prepare(const EventToPush& event, const Change& change) {
    return event.version == 1 ? initial_events_.prepare(event, change.replaced_timestamp())
                              : initial_events_.prepare_other(event);
  }

  mutable Shards<StreamPtr> shards_;
  InitialEventsIndex<AggregateIdEntry> initial_events_;
  mutable InMemoryLog<StreamPtr> log_;
  mutable Signal pushed_;
  InMemoryTransactions<StreamPtr> transactions_;
  InMemorySnapshotStorage snapshots_;
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
/// @code
/// castore::InMemoryEventStorageAdapter storage;
/// castore::EventStore<PokemonEvents, Pokemon, PokemonReducer> pokemons{"POKEMONS", storage};
/// @endcode
class InMemoryEventStorageAdapter final : public detail::InMemoryStorage<EventStreamPtr> {
 public:
  InMemoryEventStorageAdapter() = default;
};

static_assert(EventStorageAdapter<InMemoryEventStorageAdapter>);
static_assert(ListsEventStores<InMemoryEventStorageAdapter>);
static_assert(KeepsTypedEvents<InMemoryEventStorageAdapter>);
static_assert(ReadsAllEvents<InMemoryEventStorageAdapter>);
static_assert(ReadsAllTypedEvents<InMemoryEventStorageAdapter>);
static_assert(WaitsForEvents<InMemoryEventStorageAdapter>);
static_assert(RunsTransactions<InMemoryEventStorageAdapter>);
static_assert(PushesInTransaction<InMemoryEventStorageAdapter>);
static_assert(KeepsSnapshots<InMemoryEventStorageAdapter>);

}  // namespace castore

#endif
