// SPDX-License-Identifier: MIT
#ifndef CASTORE_LOG_DETAIL_FEED_READER_HPP
#define CASTORE_LOG_DETAIL_FEED_READER_HPP

/// @file
/// Checkpoints, dead letters, waiting: what a subscription does that does not depend on its handler.

#include <castore/core/dead_letters.hpp>
#include <castore/core/errors.hpp>
#include <castore/core/event_log.hpp>
#include <castore/core/storage_operations.hpp>
#include <castore/core/timestamp.hpp>
#include <castore/detail/signal.hpp>
#include <castore/detail/stopping.hpp>
#include <castore/fwd.hpp>
#include <castore/log/errors.hpp>
#include <castore/log/subscription_options.hpp>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <exception>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

namespace castore::detail {

/// What a feature needs of a storage: the operation that is to `explain` itself, the first that it lacks.
template <class Storage, bool needs_transactions>
using FeedOperation = std::conditional_t<needs_transactions && operations::ReadAllEvents::is_had_by<Storage>,
                                         operations::Transact, operations::ReadAllEvents>;

/// Sleeps, until it is asked to stop. @return False when it was.
inline bool sleep_unless_stopped(std::chrono::milliseconds duration, const StopToken& stop) {
  Signal signal;
  signal.wait_until(Signal::deadline(duration), stop, [] { return false; });
  return !stop.stop_requested();
}

/// What an exception says.
inline std::string words_of(const std::exception_ptr& error) {
  try {
    std::rethrow_exception(error);
  } catch (const std::exception& exception) {
    return exception.what();
  } catch (...) {
    return "an exception that is not a std::exception";
  }
}

/// True for an error of the storage that may pass by itself; what became of a transaction is seen by its checkpoint.
inline bool may_pass(const std::exception_ptr& error) {
  try {
    std::rethrow_exception(error);
  } catch (const StorageError& storage_error) {
    return storage_error.retryable() || storage_error.outcome() == StorageError::Outcome::unknown;
  } catch (...) {
    return false;
  }
}

/// True for an error that an event met, for which it may be left out.
inline bool is_of_event(const std::exception_ptr& error) {
  try {
    std::rethrow_exception(error);
  } catch (const ProjectionTakenOverError&) {
    return false;
  } catch (...) {
    return !may_pass(error);
  }
}

/// The first name is the user's; the library keeps what it needs besides a checkpoint as checkpoints of such names, so
/// that every storage that keeps checkpoints can do it. `#started` is 1 when a place to begin at was chosen.
inline std::string name_for(std::string_view name, std::string_view what) {
  std::string text{name};
  text += '#';
  text += what;
  return text;
}

template <class Storage>
class FeedReader {
 public:
  using Transaction = typename TransactionOf<Storage>::Type;
  static constexpr bool may_transact = operations::Transact::is_had_by<Storage>;

  FeedReader(std::string name, Storage& storage, SubscriptionOptions options)
      : storage_{storage}, name_{std::move(name)}, key_{name_}, options_{std::move(options)} {
    check_options(name_, options_);
    if (options_.partition.count > 1) {
      key_ += ':' + std::to_string(options_.partition.index) + '/' + std::to_string(options_.partition.count);
    }
    if (!supports<operations::ReadAllEvents>(storage_)) {
      throw UnsupportedOperationError{operations::ReadAllEvents::name};
    }
    if (!options_.checkpoints && !can_transact()) throw UnsupportedOperationError{operations::Transact::name};
  }

  Storage& storage() const noexcept { return storage_; }
  const std::string& name() const noexcept { return name_; }
  int version() const noexcept { return options_.version; }
  const SubscriptionOptions& options() const noexcept { return options_; }
  /// Under which checkpoint and dead letters are kept.
  const std::string& key() const noexcept { return key_; }

  bool can_transact() const {
    if constexpr (may_transact) return supports<operations::Transact>(storage_);
    return false;
  }

  /// Calls a function with what keeps the checkpoints: in a transaction, where that is the storage.
  template <class Function>
  void with_checkpoints(const Function& function) const {
    if (options_.checkpoints) return function(*options_.checkpoints);
    if constexpr (may_transact) storage_.transact([&function](Transaction& transaction) { function(transaction); });
  }

  Position checkpoint() const {
    Position position = 0;
    with_checkpoints([&](auto& keeper) { position = keeper.checkpoint(key_, options_.version); });
    return position;
  }

  /// The checkpoint to read on from; chooses it when there is none yet.
  Position begin() {
    if (known_) return *known_;
    Position position = checkpoint();
    if (position == 0) position = choose_start();
    known_ = position;
    reached(position);
    return position;
  }
  /// To be called when it is not known what was written.
  void forget() noexcept { known_.reset(); }

  /// @throws ProjectionTakenOverError
  template <class Keeper>
  void move(Keeper& keeper, Position from, Position to) const {
    if (from != to && !keeper.move_checkpoint(key_, options_.version, from, to)) {
      throw ProjectionTakenOverError{name_, options_.version, from};
    }
  }
  void move(Position from, Position to) {
    if (from != to) with_checkpoints([&](auto& keeper) { move(keeper, from, to); });
    moved(to);
  }
  /// The checkpoint was moved, and that is written.
  void moved(Position to) {
    known_ = to;
    reached(to);
  }

  /// Writes a dead letter and moves the checkpoint past it.
  void skip(const EventDeadLetter& letter, Position from) {
    with_checkpoints([&](auto& keeper) {
      detail::add_dead_letter(keeper, key_, options_.version, letter);
      move(keeper, from, letter.position);
    });
    moved(letter.position);
  }
  std::vector<EventDeadLetter> dead_letters() const {
    std::vector<EventDeadLetter> letters;
    with_checkpoints([&](auto& keeper) { letters = dead_letters_of(keeper, key_, options_.version); });
    return letters;
  }
  template <class Keeper>
  bool drop(Keeper& keeper, Position position) const {
    return detail::drop_dead_letter(keeper, key_, options_.version, position);
  }
  bool drop_dead_letter(Position position) const {
    bool is_dropped = false;
    with_checkpoints([&](auto& keeper) { is_dropped = drop(keeper, position); });
    return is_dropped;
  }
  void keep(const EventDeadLetter& letter) const {
    with_checkpoints([&](auto& keeper) { detail::add_dead_letter(keeper, key_, options_.version, letter); });
  }

  /// The newest position there is.
  Position head() const { return look(0, {.limit = 0}).head; }

  /// Waits for something to read, after a look that found nothing more.
  void wait_for_events(Position next, Position head, const StopToken& stop) const {
    // What is behind something that is not settled makes no sign when that is: look again soon.
    const auto at_most = next < head ? (std::min)(options_.max_wait, std::chrono::milliseconds{25}) : options_.max_wait;
    if constexpr (operations::WaitForEvents::is_had_by<Storage>) {
      if (supports<operations::WaitForEvents>(storage_)) {
        storage_.wait_for_events((std::max)(next, head), at_most, stop);
        return;
      }
    }
    sleep_unless_stopped((std::min)(at_most, std::chrono::milliseconds{50}), stop);
  }

  /// @return True when the checkpoint is at a position; false when it was not in time, or `run` has ended.
  bool wait_until(Position position, std::chrono::milliseconds at_most) {
    const auto deadline = Signal::deadline(at_most);
    const auto ends = run_ends_.load();
    const auto is_over = [&] { return reached_.load() >= position || run_ends_.load() != ends; };
    for (std::chrono::milliseconds pause{5};; pause = (std::min)(2 * pause, std::chrono::milliseconds{80})) {
      // Another object, or another process, may do the work.
      if (reached_.load() < position && !is_running_.load()) look_up_reached();
      if (reached_.load() >= position) return true;
      if (run_ends_.load() != ends || Signal::Clock::now() >= deadline) return false;
      moved_.wait_until((std::min)(deadline, Signal::deadline(pause)), {}, is_over);
    }
  }

  /// For as long as `run` runs.
  class Running {
   public:
    explicit Running(FeedReader& reader) noexcept : reader_{reader} { reader_.is_running_ = true; }
    Running(const Running&) = delete;
    Running& operator=(const Running&) = delete;
    ~Running() {
      reader_.is_running_ = false;
      ++reader_.run_ends_;
      reader_.moved_.raise();
    }

   private:
    FeedReader& reader_;
  };

 private:
  /// An error that may pass is waited out like everything else.
  void look_up_reached() {
    try {
      reached(checkpoint());
    } catch (const StorageError& error) {
      if (!error.retryable()) throw;
    }
  }

  void reached(Position position) {
    Position before = reached_.load();
    while (before < position && !reached_.compare_exchange_weak(before, position)) continue;
    moved_.raise();
  }

  Position choose_start() {
    const SubscriptionStart& start = options_.start;
    Position position = start.value();
    if (start.is_after_version()) {
      with_checkpoints([&](auto& keeper) { position = keeper.checkpoint(key_, static_cast<int>(start.value())); });
    } else if (start.is_end()) {
      // An empty storage has its end at 0, which must not be looked for again when events have come.
      const std::string started = name_for(key_, "started");
      bool was_started = false;
      with_checkpoints([&](auto& keeper) { was_started = keeper.checkpoint(started, options_.version) != 0; });
      position = was_started ? 0 : end_of_feed();
      with_checkpoints([&](auto& keeper) {
        if (!was_started && !keeper.move_checkpoint(started, options_.version, 0, 1)) {
          throw ProjectionTakenOverError{name_, options_.version, 0};
        }
        move(keeper, 0, position);
      });
      return position;
    }
    with_checkpoints([&](auto& keeper) { move(keeper, 0, position); });
    return position;
  }

  /// Reads without taking an event.
  ReadAllEventsResult look(Position after, const ReadAllEventsOptions& options) const {
    if constexpr (ReadsAllEvents<Storage>) {
      return storage_.read_all_events(after, options, [](const SequencedEventView&) {});
    }
    return {};
  }

  /// Not the newest position, before which events may come that are on their way.
  Position end_of_feed() const {
    constexpr std::string_view none = "\n";
    ReadAllEventsResult result;
    do {
      result = look(result.next, {.types = {&none, 1}});
    } while (!result.is_caught_up);
    return result.next;
  }

  Storage& storage_;
  std::string name_;
  std::string key_;
  SubscriptionOptions options_;
  std::optional<Position> known_;
  std::atomic<Position> reached_{0};
  std::atomic<unsigned> run_ends_{0};
  std::atomic<bool> is_running_{false};
  Signal moved_;
};

}  // namespace castore::detail

#endif
