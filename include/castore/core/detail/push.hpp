// SPDX-License-Identifier: MIT
#ifndef CASTORE_CORE_DETAIL_PUSH_HPP
#define CASTORE_CORE_DETAIL_PUSH_HPP

/// @file
/// The one way of events into a storage. A push is an object; a list of them is checked, prepared, written and told to
/// hooks here, whatever their stores and types. `push_of.hpp` makes the objects.

#include <castore/core/any_event_storage_adapter.hpp>
#include <castore/core/detail/event_keys.hpp>
#include <castore/core/detail/observed_push.hpp>
#include <castore/core/errors.hpp>
#include <castore/core/event_checks.hpp>
#include <castore/core/event_storage_adapter.hpp>
#include <castore/core/storage_operations.hpp>
#include <castore/core/timestamp.hpp>
#include <castore/core/transaction_hook.hpp>
#include <castore/core/typed_events.hpp>
#include <castore/detail/counted_ptr.hpp>
#include <castore/detail/event_selection.hpp>
#include <castore/detail/function_ref.hpp>
#include <castore/detail/small_vector.hpp>
#include <castore/fwd.hpp>

#include <cstddef>
#include <exception>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace castore::detail {

/// A store's handle to its adapter, in a cell that the stores derived from it share: to set it for one is to set it for
/// all. A copy has a cell of its own, with the same adapter; an assignment changes what is in the cell.
class SharedAdapter {
 public:
  SharedAdapter() : cell_{new Cell} {}
  SharedAdapter(const SharedAdapter& other) : cell_{new Cell{*other.cell_}} {}
  /// Takes the cell; the other keeps it, too.
  SharedAdapter(SharedAdapter&& other) noexcept : cell_{other.cell_} {}
  SharedAdapter& operator=(const SharedAdapter& other) {
    if (cell_ != other.cell_) **this = *other;
    return *this;
  }
  ~SharedAdapter() = default;

  void share(const SharedAdapter& other) noexcept { cell_ = other.cell_; }
  AnyEventStorageAdapter& operator*() const noexcept { return cell_->adapter; }

 private:
  struct Cell : Counted {
    AnyEventStorageAdapter adapter{};
  };

  CountedPtr<Cell> cell_;
};

/// What a push needs to know of its store.
struct EventStoreCore {
  std::string event_store_id;
  SharedAdapter shared_adapter{};
  std::size_t extensions = 0;  // how many there are
  bool has_hooks = false;      // on_event_pushed, or extensions

  /// @throws UndefinedEventStorageAdapterError
  AnyEventStorageAdapter& adapter() const {
    AnyEventStorageAdapter& adapter = *shared_adapter;
    if (!adapter) throw UndefinedEventStorageAdapterError{event_store_id};
    return adapter;
  }
};

/// What extensions of stores keep until a push is over.
using PushScopes = SmallVector<std::shared_ptr<void>>;

/// What is done in the transaction of a push.
using TransactionHooks = std::vector<TransactionHook*>;

/// An event on its way from its store to a storage.
class Push : public EventToPush {
 public:
  const EventStoreCore& store() const noexcept { return *store_; }
  /// `unset_timestamp` when none was given.
  Timestamp given_timestamp() const noexcept { return given_timestamp_; }

  /// The store's time.
  virtual Timestamp now() const = 0;
  /// Checks the event and makes its result, all that can fail before it is written; `previous` is the push of the event
  /// before it, if that comes earlier in its list. @throws InvalidEventError
  virtual void prepare(Push* previous) = 0;
  /// Tells the store's extensions that the event is going to be written.
  virtual void begin(PushOptions& options, PushScopes& scopes) const = 0;
  /// Adds what the store's extensions do in the transaction of the push, each once.
  virtual void add_transaction_hooks(TransactionHooks& hooks) const = 0;
  /// Adds the event for whom the store's extensions tell of the push.
  virtual void add_to(ObservedPush& observed) const = 0;
  /// Tells the store's hook and extensions that it is. @return What one of them threw first.
  virtual std::exception_ptr call_hooks() noexcept = 0;

  /// It may be pushed again after a failure, and its store have been assigned to meanwhile.
  void start() {
    if (is_pushed_) throw InvalidEventError{"event", "a grouped event can be pushed once; make a new one"};
    event_store_id = store_->event_store_id;
  }
  void set_pushed(Position position) noexcept {
    is_pushed_ = true;
    if (position_ && position != 0) *position_ = position;
  }
  /// Where to tell the event's position; what it refers to must outlive the push.
  void tell_position(std::optional<Position>& position) noexcept { position_ = &position; }

 protected:
  Push(const EventStoreCore& store, std::string_view aggregate_id_, Version version_,
       Timestamp given_timestamp) noexcept
      : EventToPush{store.event_store_id, aggregate_id_, version_, given_timestamp},
        store_{&store},
        given_timestamp_{given_timestamp} {}
  ~Push() = default;

 private:
  const EventStoreCore* store_;
  Timestamp given_timestamp_;
  std::optional<Position>* position_ = nullptr;
  bool is_pushed_ = false;
};

/// The pushes of one operation: the store's view of what a storage sees as `EventsToPush`.
using PushList = std::span<EventToPush* const>;

inline Push& push_at(PushList pushes, std::size_t index) noexcept { return static_cast<Push&>(*pushes[index]); }

// What is rare is a function of its own, so that the rest of a push stays short.

inline PushOutcome write_records(PushList pushes, const AnyEventStorageAdapter& adapter, const PushOptions& options) {
  if (pushes.size() == 1) {
    const PushRecord record{pushes.front()->event_store_id, pushes.front()->to_record()};
    return adapter.push_events({&record, 1}, options);
  }
  SmallVector<PushRecord> records{pushes.size()};
  for (const EventToPush* push : pushes) records.emplace_back(push->event_store_id, push->to_record());
  return adapter.push_events(records, options);
}

inline PushOutcome write_in_transaction(PushList pushes, const AnyEventStorageAdapter& adapter,
                                        const PushOptions& options, const TransactionHooks& hooks) {
  SmallVector<PushRecord> records{pushes.size()};
  for (const EventToPush* push : pushes) records.emplace_back(push->event_store_id, push->to_record());
  const auto call_all = [&hooks](AnyTransaction& transaction, std::span<const SequencedEventView> events) {
    for (TransactionHook* hook : hooks) hook->pushed_in_transaction(transaction, events);
  };
  return adapter.push_events(records, options, call_all);
}

/// The only place that asks a storage to write.
inline PushOutcome write(PushList pushes, const AnyEventStorageAdapter& adapter, const PushOptions& options) {
  if (!adapter.supports<operations::PushTypedEvents>()) return write_records(pushes, adapter, options);
  return adapter.push_typed_events(pushes, options);
}

/// The same; tells each push that it happened, and where.
inline PushOutcome write_several(PushList pushes, const AnyEventStorageAdapter& adapter, PushOptions options,
                                 const TransactionHooks& hooks = {}) {
  SmallVector<Position> positions{pushes.size()};
  for (std::size_t index = 0; index < pushes.size(); ++index) positions.emplace_back();
  options.positions = {positions.data(), positions.size()};
  const PushOutcome outcome =
      hooks.empty() ? write(pushes, adapter, options) : write_in_transaction(pushes, adapter, options, hooks);
  if (outcome.status != PushOutcome::pushed) return outcome;
  if (positions[0] == 0) positions[0] = outcome.position;
  for (std::size_t index = 0; index < pushes.size(); ++index) push_at(pushes, index).set_pushed(positions[index]);
  return outcome;
}

/// All hooks are called, also when one throws. @throws OnEventPushedError for the first that did.
inline void call_hooks(PushList pushes) {
  std::exception_ptr first_error;
  std::size_t failed = 0;
  for (std::size_t index = 0; index < pushes.size(); ++index) {
    std::exception_ptr error = push_at(pushes, index).call_hooks();
    if (!error || first_error) continue;
    first_error = std::move(error);
    failed = index;
  }
  if (!first_error) return;
  try {
    std::rethrow_exception(first_error);
  } catch (...) {
    const EventToPush& push = *pushes[failed];
    std::throw_with_nested(OnEventPushedError{push.event_store_id, push.aggregate_id, push.version});
  }
}

/// The version of the last event before that of a push; 0 when there is none.
inline Version last_version_before(const EventToPush& push, const AnyEventStorageAdapter& adapter) {
  if (adapter.supports<operations::GetTypedEvents>()) {
    const EventStreamSnapshot events = adapter.typed_events(push.event_store_id, push.aggregate_id);
    const auto version_at = [&events](std::size_t index) { return events.stream->version_at(index); };
    const std::size_t place = version_lower_bound(events.size, version_at, push.version);
    return place == 0 ? 0 : version_at(place - 1);
  }
  Version last = 0;
  adapter.get_events(push.event_store_id, push.aggregate_id,
                     {.max_version = push.version - 1, .limit = 1, .reverse = true},
                     [&last](const EventRecordView& record) { last = record.version; });
  return last;
}

[[noreturn]] inline void throw_already_exists(std::string_view event_store_id, std::string_view aggregate_id,
                                              Version version) {
  throw EventAlreadyExistsError{event_store_id, aggregate_id, version};
}

/// Throws the error of the event that an outcome names.
[[noreturn]] inline void throw_refused(PushList pushes, const PushOutcome& outcome) {
  if (outcome.index >= pushes.size()) {
    throw StorageError{"the adapter refused event " + std::to_string(outcome.index) + " of a group of " +
                       std::to_string(pushes.size()) + " (counted from 0), which there is not; fix its push_events"};
  }
  const Push& push = push_at(pushes, outcome.index);
  if (outcome.status == PushOutcome::already_exists) {
    throw EventAlreadyExistsError{push.event_store_id, push.aggregate_id, push.version};
  }
  throw VersionGapError{push.event_store_id, push.aggregate_id, push.version,
                        last_version_before(push, push.store().adapter()) + 1};
}

inline PushOutcome write_with_hooks(PushList pushes, const AnyEventStorageAdapter& adapter, PushOptions options,
                                    ObservedPush& observed) {
  std::size_t scope_count = 0;
  for (std::size_t index = 0; index < pushes.size(); ++index) scope_count += push_at(pushes, index).store().extensions;
  PushScopes scopes{scope_count};
  for (std::size_t index = 0; index < pushes.size(); ++index) push_at(pushes, index).begin(options, scopes);
  TransactionHooks hooks;
  for (std::size_t index = 0; index < pushes.size(); ++index) push_at(pushes, index).add_transaction_hooks(hooks);
  const PushOutcome outcome = write_several(pushes, adapter, options, hooks);
  observed.set_outcome(outcome);
  if (outcome.status == PushOutcome::pushed) call_hooks(pushes);
  if (outcome.status == PushOutcome::version_gap) throw_refused(pushes, outcome);
  return outcome;
}

/// Pushes to stores with hooks, within the operations of their observers.
[[gnu::noinline]] inline PushOutcome push_with_hooks(PushList pushes, const AnyEventStorageAdapter& adapter,
                                                     const PushOptions& options, FunctionRef<void()> prepare) {
  ObservedPush observed;
  for (std::size_t index = 0; index < pushes.size(); ++index) {
    push_at(pushes, index).add_to(observed);
    if (index == 0) observed.end_of_first_event();
  }
  observed.start();
  try {
    prepare();
    const PushOutcome outcome = write_with_hooks(pushes, adapter, options, observed);
    observed.end(nullptr);
    return outcome;
  } catch (...) {
    observed.end(std::current_exception());
    throw;
  }
}

/// One event, pushed without a walk: the usual case.
inline PushOutcome try_push_one(Push& push, const PushOptions& options) {
  const AnyEventStorageAdapter& adapter = push.store().adapter();
  if (push.timestamp == unset_timestamp) push.timestamp = push.now();
  EventToPush* const pushes[] = {&push};
  if (push.store().has_hooks) return push_with_hooks(pushes, adapter, options, [&push] { push.prepare(nullptr); });
  push.prepare(nullptr);
  const PushOutcome outcome = write(pushes, adapter, options);
  if (outcome.status == PushOutcome::pushed) push.set_pushed(outcome.position);
  return outcome;
}

[[noreturn]] inline void throw_other_timestamp(const EventToPush& push) {
  throw InvalidEventError{"timestamp",
                          event_name(push.event_store_id, push.aggregate_id, push.version) +
                              " has another one than an earlier event of its group; a group has one timestamp"};
}

/// The timestamp of all: the first that was given, else the first store's time. @throws InvalidEventError
inline Timestamp common_timestamp(PushList pushes) {
  Timestamp timestamp = unset_timestamp;
  for (std::size_t index = 0; index < pushes.size(); ++index) {
    const Push& push = push_at(pushes, index);
    const Timestamp given = push.given_timestamp();
    if (timestamp == unset_timestamp) timestamp = given;
    if (given != unset_timestamp && given != timestamp) throw_other_timestamp(push);
  }
  return timestamp == unset_timestamp ? push_at(pushes, 0).now() : timestamp;
}

[[noreturn]] inline void throw_other_adapter(const EventToPush& push) {
  throw InvalidEventError{"event_storage_adapter",
                          event_name(push.event_store_id, push.aggregate_id, push.version) +
                              " is kept by another adapter than the first event of its group; all stores of a group "
                              "share one adapter object"};
}

/// Checks all, and that none comes twice. Each of its two callers has it in line: a call would cost a group 3 %.
[[gnu::always_inline]] inline void prepare_all(PushList pushes) {
  const Timestamp timestamp = common_timestamp(pushes);
  const EventKeys keys{pushes.size(), [pushes](std::size_t index) {
                         const EventToPush& push = *pushes[index];
                         return EventKey{push.version, push.aggregate_id, push.event_store_id};
                       }};
  for (std::size_t index = 0; index < pushes.size(); ++index) {
    Push& push = push_at(pushes, index);
    push.timestamp = timestamp;
    const std::size_t previous = index == 0 ? 0 : keys.find_previous(index);  // nothing is before the first
    push.prepare(previous < index ? &push_at(pushes, previous) : nullptr);
  }
}

/// @return The outcome; only with `pushed` anything was written.
inline PushOutcome try_push_all(PushList pushes, const PushOptions& options) {
  if (pushes.empty()) return {};
  const AnyEventStorageAdapter& adapter = push_at(pushes, 0).store().adapter();
  bool has_hooks = false;
  const Push* other = nullptr;  // the first that is kept by another adapter
  for (std::size_t index = 0; index < pushes.size(); ++index) {
    Push& push = push_at(pushes, index);
    push.start();
    if (push.store().adapter() != adapter && !other) other = &push;
    has_hooks |= push.store().has_hooks;
  }
  if (has_hooks) {
    return push_with_hooks(pushes, adapter, options, [pushes, other] {
      if (other) throw_other_adapter(*other);
      prepare_all(pushes);
    });
  }
  if (other) throw_other_adapter(*other);
  prepare_all(pushes);
  return write_several(pushes, adapter, options);
}

/// @return False on a conflict, which so costs no exception.
inline bool push_one(Push& push, const PushOptions& options) {
  const PushOutcome outcome = try_push_one(push, options);
  if (outcome.status == PushOutcome::pushed) return true;
  if (outcome.status == PushOutcome::already_exists) return false;
  EventToPush* const pushes[] = {&push};
  throw_refused(pushes, {outcome.status});
}

/// The same for several; where `throws_conflict`, a conflict is an exception, too.
inline bool push_all(PushList pushes, const PushOptions& options, bool throws_conflict) {
  const PushOutcome outcome = try_push_all(pushes, options);
  if (outcome.status == PushOutcome::pushed) return true;
  if (outcome.status == PushOutcome::already_exists && !throws_conflict) return false;
  throw_refused(pushes, outcome);
}

}  // namespace castore::detail

#endif
