// SPDX-License-Identifier: MIT
#ifndef CASTORE_CORE_EVENT_LOG_HPP
#define CASTORE_CORE_EVENT_LOG_HPP

/// @file
/// What a storage may offer besides the three functions of an adapter: all its events in one order, waiting for new
/// ones, and transactions that hold more than events. Each is a concept of its own; an adapter without them is
/// complete.

#include <castore/core/dead_letters.hpp>
#include <castore/core/event_storage_adapter.hpp>
#include <castore/core/typed_events.hpp>
#include <castore/detail/function_ref.hpp>
#include <castore/detail/stopping.hpp>
#include <castore/detail/type_identity.hpp>
#include <castore/fwd.hpp>

#include <chrono>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

namespace castore {

/// @brief An event and its place in the order of all events of a storage. A view, valid during the call that gets it.
struct SequencedEventView {
  Position position = 0;              ///< From 1, rising, with gaps.
  std::string_view event_store_id{};  ///< The store it belongs to.
  EventRecordView event{};            ///< The event.
};

/// @brief Receives events one by one, in the order of their positions. What it throws ends the reading.
using SequencedEventSink = detail::FunctionRef<void(const SequencedEventView&)>;

/// @brief The same for an event that is kept as an object: it is the one at `index` of `events`. The ids stay for as long
/// as the storage, the event for as long as `events` has an owner: who wants it later moves it from here.
struct SequencedTypedEvent {
  Position position = 0;              ///< From 1, rising, with gaps.
  std::string_view event_store_id{};  ///< The store it belongs to.
  std::string_view aggregate_id{};    ///< Its aggregate.
  EventStreamPtr events{};            ///< Those of its aggregate, as they are kept.
  std::size_t index = 0;              ///< Its place among them, from 0.
};

/// @brief Receives typed events one by one, in the order of their positions. What it throws ends the reading.
using SequencedTypedEventSink = detail::FunctionRef<void(SequencedTypedEvent&&)>;

/// @brief Which events to read. What the views refer to must outlive the call.
struct ReadAllEventsOptions {
  std::size_t limit = 500;                              ///< At most so many; 0 hands out none.
  std::span<const std::string_view> event_store_ids{};  ///< Those of these stores; of all when there are none.
  std::span<const std::string_view> types{};            ///< Those of these types; of all when there are none.
};

/// @brief How far a reading came.
struct ReadAllEventsResult {
  /// @brief All matching events up to here were handed out: the next reading goes on after it. The position that the
  /// reading began after, when there was nothing new.
  Position next = 0;
  /// @brief The newest position that was seen, settled or not: `head - next` tells how far behind a reader is. A head
  /// below the position that a reading began after says that the storage went back, as when a backup was restored.
  Position head = 0;
  /// @brief All that can be seen was handed out. False, too, while a transaction is open that may still write before
  /// what can be seen: then `next` stays, and `WaitsForEvents` waits.
  bool is_caught_up = false;

  friend bool operator==(const ReadAllEventsResult&, const ReadAllEventsResult&) = default;
};

/// @brief Optional. Hands out the events of all stores after a position, in the order of their positions. An event is
/// handed out when every event before it that will ever be visible was.
template <class Adapter>
concept ReadsAllEvents =
    requires(Adapter& adapter, Position after, const ReadAllEventsOptions& options, SequencedEventSink sink) {
      { adapter.read_all_events(after, options, sink) } -> std::same_as<ReadAllEventsResult>;
    };

/// @brief Optional. The same for events that are kept as objects, without making records of them.
template <class Adapter>
concept ReadsAllTypedEvents =
    requires(Adapter& adapter, Position after, const ReadAllEventsOptions& options, SequencedTypedEventSink sink) {
      { adapter.read_all_typed_events(after, options, sink) } -> std::same_as<ReadAllEventsResult>;
    };

/// @brief Optional. Waits until there is an event after a position, but not longer than it is told, or until it is
/// asked to stop. True when there may be one; it may wake early.
template <class Adapter>
concept WaitsForEvents =
    requires(Adapter& adapter, Position after, std::chrono::milliseconds at_most, detail::StopToken stop_token) {
      { adapter.wait_for_events(after, at_most, stop_token) } -> std::same_as<bool>;
    };

/// @brief A transaction that a reader waits for, as it may still write an event before those that are there.
struct FeedHolder {
  std::int64_t pid = 0;             ///< The process on the server; 0 for a prepared transaction.
  std::chrono::milliseconds age{};  ///< Since it began.
  std::string name{};               ///< What the storage calls it.

  friend bool operator==(const FeedHolder&, const FeedHolder&) = default;
};

/// @brief How far the order of a storage is known.
struct FeedStatus {
  Position settled = 0;                 ///< What is missing up to here will never come.
  Position head = 0;                    ///< The newest position that can be seen.
  std::optional<FeedHolder> held_by{};  ///< The oldest transaction that readers wait for, where there is one.
};

/// @brief Optional. Tells what a reader that does not come on is waiting for.
template <class Adapter>
concept TellsFeedStatus = requires(Adapter& adapter) {
  { adapter.feed_status() } -> std::same_as<FeedStatus>;
};

/// @brief A transaction that keeps how far a reader of a name and version has come: `checkpoint` is 0 until it was
/// moved. `move_checkpoint` moves it when it is still at `from`, and else changes nothing and returns false; of two
/// that move it from one place, only one succeeds.
template <class Transaction>
concept KeepsCheckpoints =
    requires(Transaction& transaction, std::string_view name, int version, Position from, Position to) {
      { transaction.checkpoint(name, version) } -> std::same_as<Position>;
      { transaction.move_checkpoint(name, version, from, to) } -> std::same_as<bool>;
    };

/// @brief Optional. Calls a function with a transaction, which is committed when the function returns, and rolled back
/// when it throws.
template <class Adapter>
concept RunsTransactions =
    requires(Adapter& adapter, detail::FunctionRef<void(typename Adapter::Transaction&)> function) {
      { adapter.transact(function) } -> std::same_as<void>;
    };

/// @brief What is to be done in the transaction of a push, after its events were written: it sees them with their
/// positions. What it throws undoes the push.
template <class Transaction>
using PushHook = detail::FunctionRef<void(Transaction&, std::span<const SequencedEventView>)>;

/// @brief Optional. Pushes events and calls a function in the same transaction: both take effect, or neither. It is not
/// called for a push that is refused.
template <class Adapter>
concept PushesInTransaction = requires(Adapter& adapter, std::span<const PushRecord> records,
                                       const PushOptions& options, PushHook<typename Adapter::Transaction> hook) {
  { adapter.push_events(records, options, hook) } -> std::same_as<PushOutcome>;
};

/// @brief A transaction of a storage whose type is forgotten: what an `AnyEventStorageAdapter` calls functions with. It
/// refers to the transaction.
class AnyTransaction {
 public:
  /// @brief Refers to a transaction, which must outlive it.
  template <KeepsCheckpoints Transaction>
    requires(!std::same_as<Transaction, AnyTransaction>)
  explicit AnyTransaction(Transaction& transaction) noexcept
      : transaction_{&transaction}, operations_{&operations_of<Transaction>} {}

  /// @brief The transaction itself when it has this type, else a null pointer.
  template <class Transaction>
  Transaction* target() const noexcept {
    if (operations_->type != &detail::type_identity_tag<Transaction>) return nullptr;
    return static_cast<Transaction*>(transaction_);
  }

  /// @brief See `KeepsCheckpoints`.
  Position checkpoint(std::string_view name, int version) {
    return operations_->checkpoint(transaction_, name, version);
  }
  /// @brief See `KeepsCheckpoints`.
  [[nodiscard("castore: false says that another one moved it, and that nothing was changed")]] bool move_checkpoint(
      std::string_view name, int version, Position from, Position to) {
    return operations_->move_checkpoint(transaction_, name, version, from, to);
  }
  /// @brief See `KeepsDeadLetters`. @throws UnsupportedOperationError where the transaction does not keep them
  void add_dead_letter(std::string_view name, int version, const EventDeadLetter& letter) {
    operations_->add_dead_letter(transaction_, name, version, letter);
  }
  /// @brief See `KeepsDeadLetters`; none where the transaction does not keep them.
  std::vector<EventDeadLetter> dead_letters(std::string_view name, int version) {
    return operations_->dead_letters(transaction_, name, version);
  }
  /// @brief See `KeepsDeadLetters`.
  bool drop_dead_letter(std::string_view name, int version, Position position) {
    return operations_->drop_dead_letter(transaction_, name, version, position);
  }

 private:
  struct Operations {
    const void* type;
    Position (*checkpoint)(void*, std::string_view, int);
    bool (*move_checkpoint)(void*, std::string_view, int, Position, Position);
    void (*add_dead_letter)(void*, std::string_view, int, const EventDeadLetter&);
    std::vector<EventDeadLetter> (*dead_letters)(void*, std::string_view, int);
    bool (*drop_dead_letter)(void*, std::string_view, int, Position);
  };
  template <class Transaction>
  static constexpr Operations operations_of{
      &detail::type_identity_tag<Transaction>,
      [](void* transaction, std::string_view name, int version) -> Position {
        return static_cast<Transaction*>(transaction)->checkpoint(name, version);
      },
      [](void* transaction, std::string_view name, int version, Position from, Position to) -> bool {
        return static_cast<Transaction*>(transaction)->move_checkpoint(name, version, from, to);
      },
      [](void* transaction, std::string_view name, int version, const EventDeadLetter& letter) {
        detail::add_dead_letter(*static_cast<Transaction*>(transaction), name, version, letter);
      },
      [](void* transaction, std::string_view name, int version) -> std::vector<EventDeadLetter> {
        return detail::dead_letters_of(*static_cast<Transaction*>(transaction), name, version);
      },
      [](void* transaction, std::string_view name, int version, Position position) -> bool {
        return detail::drop_dead_letter(*static_cast<Transaction*>(transaction), name, version, position);
      }};

  void* transaction_;
  const Operations* operations_;
};

namespace detail {

/// What a storage throws through the functions that it calls, as when its connection broke: they let it pass as it is.
struct StorageInterruption {};

/// The transaction of an adapter, `AnyTransaction` where it has none.
template <class Adapter>
struct TransactionOf {
  using Type = AnyTransaction;
};
template <class Adapter>
  requires requires { typename Adapter::Transaction; }
struct TransactionOf<Adapter> {
  using Type = typename Adapter::Transaction;
};

/// Calls a function with a transaction, or with a handle to it where that is what the function takes.
template <class Function, class Transaction, class... With>
void call_with_transaction(const Function& function, Transaction& transaction, const With&... with) {
  if constexpr (std::is_invocable_v<const Function&, Transaction&, const With&...>) {
    function(transaction, with...);
  } else {
    AnyTransaction any{transaction};
    function(any, with...);
  }
}

}  // namespace detail

}  // namespace castore

#endif
