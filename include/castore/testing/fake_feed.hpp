// SPDX-License-Identifier: MIT
#ifndef CASTORE_TESTING_FAKE_FEED_HPP
#define CASTORE_TESTING_FAKE_FEED_HPP

#include <castore/core/dead_letters.hpp>
#include <castore/core/event_log.hpp>
#include <castore/core/event_storage_adapter.hpp>
#include <castore/core/storage_operations.hpp>
#include <castore/detail/function_ref.hpp>
#include <castore/detail/signal.hpp>
#include <castore/detail/stopping.hpp>
#include <castore/fwd.hpp>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <exception>
#include <limits>
#include <map>
#include <mutex>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace castore::testing {

/// @brief The transaction of a `FakeFeed`: checkpoints, dead letters, and rows of text for read models.
class FakeTransaction {
 public:
  /// @brief See `KeepsCheckpoints`.
  Position checkpoint(std::string_view name, int version) const {
    const auto found = checkpoints_.find({std::string{name}, version});
    return found == checkpoints_.end() ? 0 : found->second;
  }
  /// @brief See `KeepsCheckpoints`.
  [[nodiscard]] bool move_checkpoint(std::string_view name, int version, Position from, Position to) {
    Position& position = checkpoints_[{std::string{name}, version}];
    if (position != from) return false;
    position = to;
    return true;
  }
  /// @brief See `KeepsDeadLetters`.
  void add_dead_letter(std::string_view name, int version, const EventDeadLetter& letter) {
    dead_letters_[{std::string{name}, version}].insert_or_assign(letter.position, letter);
  }
  /// @brief See `KeepsDeadLetters`.
  std::vector<EventDeadLetter> dead_letters(std::string_view name, int version) {
    std::vector<EventDeadLetter> letters;
    for (const auto& [position, letter] : dead_letters_[{std::string{name}, version}]) letters.push_back(letter);
    return letters;
  }
  /// @brief See `KeepsDeadLetters`.
  bool drop_dead_letter(std::string_view name, int version, Position position) {
    return dead_letters_[{std::string{name}, version}].erase(position) != 0;
  }

  /// @brief The rows of all read models, by their names; changes are undone with the transaction.
  std::map<std::string, std::string> rows{};

 private:
  using Key = std::pair<std::string, int>;

  std::map<Key, Position> checkpoints_{};
  std::map<Key, std::map<Position, EventDeadLetter>> dead_letters_{};
};

/// @brief A storage for tests of what reads all events: it has every operation that they need, does as the contract
/// says, and on request holds events back, fails, or goes back, as a database in trouble would.
///
/// **Guarantees:** any number of threads may use one object. It is made for few events: everything is copied at each
/// transaction.
/// @code
/// castore::testing::FakeFeed storage;
/// PokemonStore pokemons{"POKEMONS", storage};
/// castore::Subscription audit{"audit", storage, std::tie(pokemons)};
/// @endcode
class FakeFeed {
 public:
  using Transaction = FakeTransaction;  ///< What transactions are.

  // --- trouble -------------------------------------------------------------------------------------------------------

  /// @brief Hands out nothing from a position on, as if an open transaction could still write before it.
  void hold_back(Position position) { held_ = position; }
  /// @brief Hands out everything again.
  void release() {
    held_ = none_held;
    changed_.raise();
  }
  /// @brief Forgets the events after a position, as if a backup was restored.
  void go_back_to(Position position) {
    const std::lock_guard lock{mutex_};
    std::erase_if(events_, [position](const Stored& stored) { return stored.position > position; });
    last_ = position;
  }
  /// @brief The next such operations fail with this error, in turn; nothing of them is done.
  void fail(StorageOperation operation, std::exception_ptr error, std::size_t times = 1) {
    const std::lock_guard lock{mutex_};
    failures_[operation].insert(failures_[operation].end(), times, std::move(error));
  }
  /// @brief The next transaction fails at its end; done, where nobody can tell, or not done.
  void fail_commit(std::exception_ptr error, bool is_done) {
    const std::lock_guard lock{mutex_};
    commit_failure_ = {std::move(error), is_done};
  }

  /// @brief What is committed.
  FakeTransaction state() const {
    const std::lock_guard lock{mutex_};
    return state_;
  }
  /// @brief How many transactions were committed.
  std::size_t commits() const noexcept { return commits_.load(); }

  // --- the operations ------------------------------------------------------------------------------------------------

  /// @brief `push_events` of the adapter contract.
  [[nodiscard]] PushOutcome push_events(std::span<const PushRecord> records, const PushOptions& options) {
    const std::lock_guard transaction_lock{transaction_mutex_};
    take_failure(StorageOperation::push_events);
    const std::lock_guard lock{mutex_};
    return push(records, options, nullptr);
  }
  /// @brief See `PushesInTransaction`.
  [[nodiscard]] PushOutcome push_events(std::span<const PushRecord> records, const PushOptions& options,
                                        PushHook<Transaction> hook) {
    const std::lock_guard transaction_lock{transaction_mutex_};
    take_failure(StorageOperation::push_events);
    std::vector<SequencedEventView> views;
    std::vector<Stored> before;
    PushOutcome outcome;
    {
      const std::lock_guard lock{mutex_};
      before = events_;
      outcome = push(records, options, &views);
    }
    if (outcome.status != PushOutcome::pushed) return outcome;
    FakeTransaction transaction = state();
    try {
      hook(transaction, views);
    } catch (...) {
      const std::lock_guard lock{mutex_};
      events_ = std::move(before);
      throw;
    }
    const std::lock_guard lock{mutex_};
    state_ = std::move(transaction);
    return outcome;
  }
  /// @brief `get_events` of the adapter contract.
  void get_events(std::string_view event_store_id, std::string_view aggregate_id, const GetEventsOptions& options,
                  RecordSink sink) const {
    std::map<Version, EventRecord> found;
    {
      const std::lock_guard lock{mutex_};
      for (const Stored& stored : events_) {
        const Version version = stored.record.version;
        if (stored.event_store_id != event_store_id || stored.record.aggregate_id != aggregate_id) continue;
        if (version < options.min_version.value_or(version) || version > options.max_version.value_or(version))
          continue;
        found.emplace(version, stored.record);
      }
    }
    std::size_t left = options.limit.value_or((std::numeric_limits<std::size_t>::max)());
    const auto hand_out = [&](auto first, auto last) {
      for (; first != last && left > 0; ++first, --left) sink(EventRecordView{first->second});
    };
    options.reverse ? hand_out(found.rbegin(), found.rend()) : hand_out(found.begin(), found.end());
  }
  /// @brief `list_aggregate_ids` of the adapter contract: all of them, on one page.
  AggregateIdsPage list_aggregate_ids(std::string_view event_store_id, const ListAggregateIdsOptions&) const {
    const std::lock_guard lock{mutex_};
    AggregateIdsPage page;
    for (const Stored& stored : events_) {
      if (stored.event_store_id == event_store_id && stored.record.version == 1) {
        page.aggregate_ids.push_back({stored.record.aggregate_id, stored.record.timestamp});
      }
    }
    return page;
  }
  /// @brief See `ReadsAllEvents`.
  ReadAllEventsResult read_all_events(Position after, const ReadAllEventsOptions& options, SequencedEventSink sink) {
    take_failure(StorageOperation::read_all_events);
    std::vector<Stored> events;
    ReadAllEventsResult result{after, 0, true};
    {
      const std::lock_guard lock{mutex_};
      result.head = last_;
      events = events_;
    }
    const Position settled = (std::min)(result.head, held_.load() - 1);
    if (options.limit == 0) return {after, result.head, after >= settled};
    std::size_t handed_out = 0;
    for (const Stored& stored : events) {
      if (stored.position <= after || stored.position > settled) continue;
      if (!is_wanted(options.event_store_ids, stored.event_store_id)) continue;
      if (!is_wanted(options.types, stored.record.type)) continue;
      sink({stored.position, stored.event_store_id, EventRecordView{stored.record}});
      if (++handed_out == options.limit) return {stored.position, result.head, stored.position >= settled};
    }
    result.next = (std::max)(after, settled);
    return result;
  }
  /// @brief See `WaitsForEvents`.
  bool wait_for_events(Position after, std::chrono::milliseconds at_most, castore::detail::StopToken stop_token) {
    take_failure(StorageOperation::wait_for_events);
    return changed_.wait_until(castore::detail::Signal::deadline(at_most), stop_token,
                               [&] { return last_.load() > after; });
  }
  /// @brief See `RunsTransactions`.
  void transact(castore::detail::FunctionRef<void(Transaction&)> function) {
    const std::lock_guard transaction_lock{transaction_mutex_};
    take_failure(StorageOperation::transact);
    FakeTransaction transaction = state();
    function(transaction);
    const std::lock_guard lock{mutex_};
    const auto [error, is_done] = std::exchange(commit_failure_, {});
    if (!error || is_done) {
      state_ = std::move(transaction);
      ++commits_;
    }
    if (error) std::rethrow_exception(error);
  }

 private:
  struct Stored {
    Position position;
    std::string event_store_id;
    EventRecord record;
  };
  static constexpr Position none_held = (std::numeric_limits<Position>::max)();

  static bool is_wanted(std::span<const std::string_view> wanted, std::string_view text) {
    return wanted.empty() || std::find(wanted.begin(), wanted.end(), text) != wanted.end();
  }

  void take_failure(StorageOperation operation) {
    std::exception_ptr error;
    {
      const std::lock_guard lock{mutex_};
      std::vector<std::exception_ptr>& failures = failures_[operation];
      if (failures.empty()) return;
      error = failures.front();
      failures.erase(failures.begin());
    }
    std::rethrow_exception(error);
  }

  /// With the lock.
  PushOutcome push(std::span<const PushRecord> records, const PushOptions& options,
                   std::vector<SequencedEventView>* views) {
    std::map<std::pair<std::string_view, std::string_view>, Version> last_versions;
    for (const Stored& stored : events_) {
      Version& last = last_versions[{stored.event_store_id, stored.record.aggregate_id}];
      last = (std::max)(last, stored.record.version);
    }
    for (std::size_t index = 0; index < records.size(); ++index) {
      const EventRecord& record = records[index].record;
      Version& last = last_versions[{records[index].event_store_id, record.aggregate_id}];
      if (record.version <= last) return {PushOutcome::already_exists, index};
      if (record.version > last + 1 && !options.force) return {PushOutcome::version_gap, index};
      last = record.version;
    }
    PushOutcome outcome{PushOutcome::pushed, 0, last_ + 1};
    for (std::size_t index = 0; index < records.size(); ++index) {
      events_.push_back({++last_, std::string{records[index].event_store_id}, records[index].record});
      if (index < options.positions.size()) options.positions[index] = last_;
      if (views != nullptr) views->push_back({last_, records[index].event_store_id, records[index].record});
    }
    changed_.raise();
    return outcome;
  }

  std::mutex transaction_mutex_;
  mutable std::mutex mutex_;
  std::vector<Stored> events_;
  std::atomic<Position> last_{0};
  std::atomic<Position> held_{none_held};
  FakeTransaction state_;
  std::map<StorageOperation, std::vector<std::exception_ptr>> failures_;
  std::pair<std::exception_ptr, bool> commit_failure_{};
  std::atomic<std::size_t> commits_{0};
  castore::detail::Signal changed_;
};

static_assert(EventStorageAdapter<FakeFeed> && ReadsAllEvents<FakeFeed> && WaitsForEvents<FakeFeed>);
static_assert(RunsTransactions<FakeFeed> && KeepsCheckpoints<FakeTransaction> && KeepsDeadLetters<FakeTransaction>);
static_assert(PushesInTransaction<FakeFeed>);

}  // namespace castore::testing

#endif
