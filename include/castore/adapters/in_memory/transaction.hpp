// SPDX-License-Identifier: MIT
#ifndef CASTORE_ADAPTERS_IN_MEMORY_TRANSACTION_HPP
#define CASTORE_ADAPTERS_IN_MEMORY_TRANSACTION_HPP

#include <castore/core/dead_letters.hpp>
#include <castore/core/errors.hpp>
#include <castore/core/event_log.hpp>
#include <castore/fwd.hpp>

#include <atomic>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

namespace castore {

namespace detail {

template <class StreamPtr>
class InMemoryTransactions;

}  // namespace detail

/// @brief A transaction of an `InMemoryEventStorageAdapter`: a lock that no other transaction of the adapter has at the
/// time, and what it takes to undo what was done. A read model is an object of yours, which you look at and change in
/// transactions only.
/// @code
/// storage.transact([&](castore::InMemoryTransaction& tx) { tx.set(levels["pikachu"], 5); });
/// @endcode
class InMemoryTransaction {
 public:
  InMemoryTransaction(const InMemoryTransaction&) = delete;
  InMemoryTransaction& operator=(const InMemoryTransaction&) = delete;

  /// @brief Remembers a function that undoes what is going to be done; those of a transaction that is rolled back are
  /// called, the last one first. They must not throw.
  void on_rollback(std::function<void()> undo) { undo_.push_back(std::move(undo)); }
  /// @brief Gives an object another value, until a rollback gives the old one back. It must stay where it is.
  template <class Value, class NewValue>
  void set(Value& place, NewValue&& value) {
    on_rollback([&place, old = place] { place = old; });
    place = std::forward<NewValue>(value);
  }

  /// @brief See `KeepsCheckpoints`.
  Position checkpoint(std::string_view name, int version) const {
    const auto found = kept_.checkpoints.find({std::string{name}, version});
    return found == kept_.checkpoints.end() ? 0 : found->second;
  }
  /// @brief See `KeepsCheckpoints`.
  [[nodiscard("castore: false says that another one moved it, and that nothing was changed")]] bool move_checkpoint(
      std::string_view name, int version, Position from, Position to) {
    if (checkpoint(name, version) != from) return false;
    set(kept_.checkpoints[{std::string{name}, version}], to);
    return true;
  }
  /// @brief See `KeepsDeadLetters`.
  void add_dead_letter(std::string_view name, int version, const EventDeadLetter& letter) {
    drop_dead_letter(name, version, letter.position);
    DeadLetters& letters = kept_.dead_letters[{std::string{name}, version}];
    on_rollback([&letters, position = letter.position] { letters.erase(position); });
    letters.emplace(letter.position, letter);
  }
  /// @brief See `KeepsDeadLetters`.
  std::vector<EventDeadLetter> dead_letters(std::string_view name, int version) const {
    std::vector<EventDeadLetter> letters;
    const auto found = kept_.dead_letters.find({std::string{name}, version});
    if (found == kept_.dead_letters.end()) return letters;
    for (const auto& [position, letter] : found->second) letters.push_back(letter);
    return letters;
  }
  /// @brief See `KeepsDeadLetters`.
  bool drop_dead_letter(std::string_view name, int version, Position position) {
    DeadLetters& letters = kept_.dead_letters[{std::string{name}, version}];
    const auto dropped = std::make_shared<DeadLetters::node_type>();  // so that an undo needs no memory
    on_rollback([&letters, dropped] { letters.insert(std::move(*dropped)); });
    *dropped = letters.extract(position);
    return !dropped->empty();
  }

 private:
  template <class StreamPtr>
  friend class detail::InMemoryTransactions;
  using Key = std::pair<std::string, int>;
  using DeadLetters = std::map<Position, EventDeadLetter>;
  /// What outlives a transaction.
  struct Kept {
    std::map<Key, Position> checkpoints{};
    std::map<Key, DeadLetters> dead_letters{};
  };

  explicit InMemoryTransaction(Kept& kept) noexcept : kept_{kept} {}
  void roll_back() noexcept {
    for (; !undo_.empty(); undo_.pop_back()) undo_.back()();
  }

  Kept& kept_;
  std::vector<std::function<void()>> undo_{};
};

static_assert(KeepsCheckpoints<InMemoryTransaction> && KeepsDeadLetters<InMemoryTransaction>);

namespace detail {

/// The transactions of one adapter, one at a time.
template <class StreamPtr>
class InMemoryTransactions {
 public:
  /// Calls a function with a transaction. @throws What it throws, after everything was undone
  template <class Function>
  void run(const Function& function) {
    if (owner_.load(std::memory_order_relaxed) == std::this_thread::get_id()) {
      throw StorageError{
          "this thread is in a transaction of the storage in memory, which cannot have another one in it"};
    }
    const std::lock_guard lock{mutex_};
    const Owner owner{owner_};
    InMemoryTransaction transaction{kept_};
    try {
      function(transaction);
    } catch (...) {
      transaction.roll_back();
      throw;
    }
  }

 private:
  struct Owner {
    explicit Owner(std::atomic<std::thread::id>& owner) noexcept : owner_{owner} {
      owner_.store(std::this_thread::get_id(), std::memory_order_relaxed);
    }
    Owner(Owner&&) = delete;
    ~Owner() { owner_.store(std::thread::id{}, std::memory_order_relaxed); }

   private:
    std::atomic<std::thread::id>& owner_;
  };

  std::mutex mutex_;
  std::atomic<std::thread::id> owner_{};
  InMemoryTransaction::Kept kept_;
};

}  // namespace detail

}  // namespace castore

#endif
