// SPDX-License-Identifier: MIT
#ifndef CASTORE_LOG_SUBSCRIPTION_HPP
#define CASTORE_LOG_SUBSCRIPTION_HPP

#include <castore/core/dead_letters.hpp>
#include <castore/core/errors.hpp>
#include <castore/core/event_log.hpp>
#include <castore/core/observer.hpp>
#include <castore/core/timestamp.hpp>
#include <castore/detail/stopping.hpp>
#include <castore/detail/text.hpp>
#include <castore/fwd.hpp>
#include <castore/log/detail/event_batch.hpp>
#include <castore/log/detail/feed_reader.hpp>
#include <castore/log/errors.hpp>
#include <castore/log/event_place.hpp>
#include <castore/log/subscription_options.hpp>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <exception>
#include <stdexcept>
#include <string>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

namespace castore {

/// @brief Calls a handler with the events of some stores, in the one order that their storage gives them, and remembers
/// how far it came: a reaction, an audit, whatever follows events. For a read model reach for `AsyncProjection`.
///
/// The handler takes `const EventDetail<Payload>&`, or that and `const EventPlace&`: by one overload for each event it
/// wants, or by `auto` for all. With the storage's transaction as first parameter it writes in the transaction in which
/// the checkpoint moves.
/// @code
/// castore::Subscription audit{"audit", storage, std::tie(pokemons, trainers)};
/// audit.catch_up([](const auto& event, const castore::EventPlace& place) { std::cout << place.id() << '\n'; });
/// std::jthread thread{[&](std::stop_token stop) { audit.run(handler, stop); }};
/// @endcode
///
/// **Guarantees:** an event is handled after all events before it that will ever be visible. A handler that takes the
/// transaction takes effect once for each event; another one is called at least once, and again with those of its last
/// batch after a crash. Only events of types that the handler takes are decoded; where it takes all of a store, a type
/// that the store does not know stops it. One thread at a time polls, catches up or runs; any thread may wait.
///
/// **Errors:** `SubscriptionStoppedError` (fix), `ProjectionTakenOverError` and `FeedWentBackError` (report), and the
/// storage's: of those, `run` tries again what may pass by itself. After each of them it may be called again.
/// @tparam Storage An adapter that reads all events, and runs transactions unless the options bring checkpoints.
template <class Storage, class... Stores>
class Subscription {
  static_assert(sizeof...(Stores) > 0,
                "castore: a subscription needs the event stores whose events it is to read: "
                "castore::Subscription{\"name\", storage, std::tie(store, ...)}");

 public:
  /// @brief What a handler may take as its first parameter: the storage's transaction.
  using Transaction = typename detail::FeedReader<Storage>::Transaction;

  /// @brief A subscription whose checkpoint is kept by the storage. @param name Its checkpoint's name, without `#`.
  /// @param storage Where the stores keep their events. It and the stores must outlive the subscription.
  /// @throws std::invalid_argument, and UnsupportedOperationError where a handle's storage lacks an operation.
  Subscription(std::string name, Storage& storage, std::tuple<Stores&...> stores)
      : Subscription{std::move(name), storage, stores, SubscriptionOptions{}} {
    [[maybe_unused]] constexpr bool is_valid = detail::FeedOperation<Storage, true>::template explain<Storage>();
  }
  /// @brief The same with options.
  Subscription(std::string name, Storage& storage, std::tuple<Stores&...> stores, SubscriptionOptions options)
      : reader_{std::move(name), storage, std::move(options)}, stores_{stores} {
    [[maybe_unused]] constexpr bool is_valid = detail::FeedOperation<Storage, false>::template explain<Storage>();
  }
  Subscription(const Subscription&) = delete;
  Subscription& operator=(const Subscription&) = delete;

  /// @brief Its name.
  std::string_view name() const noexcept { return reader_.name(); }
  /// @brief Its version.
  int version() const noexcept { return reader_.version(); }
  /// @brief Its options.
  const SubscriptionOptions& options() const noexcept { return reader_.options(); }

  /// @brief Handles at most one batch of events.
  template <class Handler>
  PollResult poll(Handler&& handler) {
    auto batch = batch_for(handler);
    return look(handler, batch, {}).result;
  }

  /// @brief Handles events until there is nothing more. @return How many in all.
  template <class Handler>
  PollResult catch_up(Handler&& handler) {
    auto batch = batch_for(handler);
    PollResult all;
    while (!all.is_caught_up) {
      const PollResult result = look(handler, batch, {}).result;
      all = {all.events + result.events, result.position, result.is_caught_up};
    }
    return all;
  }

  /// @brief Handles events as they come, until it is asked to stop: on your thread, so bring one. An error of the
  /// storage that may pass by itself is waited out, from 10 ms on twice as long each time, up to `max_wait`.
  template <class Handler>
  void run(Handler&& handler, detail::StopToken stop) {
    auto batch = batch_for(handler);
    const typename detail::FeedReader<Storage>::Running running{reader_};
    std::chrono::milliseconds pause{0};
    while (!stop.stop_requested()) {
      try {
        const Look seen = look(handler, batch, stop);
        pause = {};
        if (seen.result.is_caught_up) reader_.wait_for_events(seen.result.position, seen.head, stop);
      } catch (...) {
        if (!may_pass(handler, std::current_exception())) throw;
        pause = (std::min)((std::max)(2 * pause, std::chrono::milliseconds{10}),
                           (std::max)(options().max_wait, std::chrono::milliseconds{10}));
        detail::sleep_unless_stopped(pause, stop);
      }
    }
  }

  /// @brief Its checkpoint: all events up to here that it handles were handled.
  Position position() const { return reader_.checkpoint(); }
  /// @brief How far the checkpoint is behind the newest event, in positions.
  Position lag() const {
    const Position checkpoint = position();
    return (std::max)(reader_.head() - checkpoint, Position{0});
  }

  /// @brief Waits until the checkpoint is at a position: that of a push, to read one's own write.
  /// @return False when it is not there in time, or a `run` of this object has ended.
  [[nodiscard("castore: false says that the position was not reached")]] bool wait_until(
      Position position, std::chrono::milliseconds at_most) {
    return reader_.wait_until(position, at_most);
  }
  /// @brief The same for the newest event that there is now.
  [[nodiscard("castore: false says that it has not caught up")]] bool wait_until_caught_up(
      std::chrono::milliseconds at_most) {
    return reader_.wait_until(reader_.head(), at_most);
  }

  /// @brief The events that were left out, in the order of their positions.
  std::vector<EventDeadLetter> dead_letters() const { return reader_.dead_letters(); }
  /// @brief Forgets one of them. @return False when there is none at this position.
  bool drop_dead_letter(Position position) { return reader_.drop_dead_letter(position); }
  /// @brief Handles the events that were left out, and forgets those that did not fail.
  /// @return How many failed again; their dead letters count one attempt more.
  template <class Handler>
  std::size_t retry_dead_letters(Handler&& handler) {
    auto batch = batch_for(handler);
    std::size_t failed = 0;
    for (const EventDeadLetter& letter : reader_.dead_letters()) failed += retry(handler, batch, letter) ? 0U : 1U;
    return failed;
  }

 private:
  template <class Handler>
  using BatchFor = detail::EventBatch<std::remove_reference_t<Handler>, Transaction, Stores...>;

  struct Look {
    PollResult result;
    Position head = 0;
  };
  template <class Handler>
  auto batch_for(Handler&) const {
    using Batch = BatchFor<Handler>;
    static_assert(Batch::is_anything_handled,
                  "castore: this handler takes none of the events of these stores; give it for each event that it is "
                  "to see an overload `void operator()(const castore::EventDetail<ThePayload>& event, const "
                  "castore::EventPlace& place)`, and name the payload's store in std::tie(...)");
    static_assert(!Batch::is_in_transaction || detail::FeedReader<Storage>::may_transact,
                  "castore: this handler takes a transaction, but the storage runs none");
    if constexpr (Batch::is_in_transaction) {
      if (options().checkpoints) {
        throw std::invalid_argument{
            "castore: a handler that takes the storage's transaction has its checkpoint there; "
            "leave the option checkpoints out"};
      }
    }
    return Batch{stores_};
  }

  template <class Handler, class Batch>
  Look look(Handler& handler, Batch& batch, const detail::StopToken& stop) {
    if (Outcome untold; !options().observer) return look_now(handler, batch, stop, untold);
    const Operation operation{.kind = OperationKind::poll, .store = only_store(), .name = name()};
    return detail::observe(options().observer, operation,
                           [&](Outcome& outcome) { return look_now(handler, batch, stop, outcome); });
  }
  std::string_view only_store() const noexcept {
    if constexpr (sizeof...(Stores) == 1) return std::get<0>(stores_).event_store_id();
    return {};
  }

  /// @param outcome Of a look that has not begun; has how far it came, also when it throws.
  template <class Handler, class Batch>
  Look look_now(Handler& handler, Batch& batch, const detail::StopToken& stop, Outcome& outcome) {
    Position& at = outcome.position;
    std::size_t& first = outcome.count;
    try {
      if constexpr (requires { handler.prepare(reader_.storage()); }) handler.prepare(reader_.storage());
      at = reader_.begin();
      const ReadAllEventsResult read = batch.read(reader_.storage(), at, options().batch_size, options().partition);
      if (read.head < at) throw FeedWentBackError{name(), version(), at, read.head};
      for (int attempt = 1;;) {
        const std::size_t began = first;
        const std::exception_ptr error = handle_from(handler, batch, first, at, read.next);
        if (!error) {
          const Look seen{{batch.size(), at, read.is_caught_up}, read.head};
          batch.clear();
          return seen;
        }
        if (first != began) attempt = 1;
        if (!answer(error, batch.place(first), attempt, at, first, stop)) return {{first, at, false}, read.head};
      }
    } catch (...) {
      reader_.forget();
      throw;
    }
  }

  /// Handles events from `first` on and moves the checkpoint. When one fails, those before it are kept: then `first` is
  /// its place.
  /// @return Why it failed.
  template <class Handler, class Batch>
  std::exception_ptr handle_from(Handler& handler, const Batch& batch, std::size_t& first, Position& at,
                                 Position next) {
    if constexpr (Batch::is_in_transaction) {
      const std::size_t count = batch.size() - first;
      try {
        commit(handler, at, next, [&](Transaction& transaction) { handle_all(handler, transaction, batch, first); });
        first = batch.size();
        return nullptr;
      } catch (...) {
        if (!is_of_event(handler, std::current_exception()) || count == 0) throw;
        if (count == 1) return std::current_exception();
      }
      // Which one it was is not known, as a database may tell of an error some statements later: one by one.
      for (; first < batch.size(); ++first) {
        try {
          commit(handler, at, batch.place(first).position,
                 [&](Transaction& transaction) { batch.handle(handler, &transaction, first); });
        } catch (...) {
          if (!is_of_event(handler, std::current_exception())) throw;
          return std::current_exception();
        }
      }
      commit(handler, at, next, [](Transaction&) {});
      return nullptr;
    } else {
      std::exception_ptr error;
      const std::size_t began = first;
      if constexpr (requires { handler.handle_batch(batch, first); }) {
        error = handler.handle_batch(batch, first);
      } else {
        for (; first < batch.size() && !error; first += error ? 0U : 1U) {
          try {
            batch.handle(handler, nullptr, first);
          } catch (...) {
            error = std::current_exception();
          }
        }
      }
      const Position to = !error ? next : first == began ? at : batch.place(first - 1).position;
      reader_.move(at, to);
      at = to;
      if (error && !is_of_event(handler, error)) std::rethrow_exception(error);
      return error;
    }
  }

  /// A handler may know more errors that pass.
  template <class Handler>
  static bool may_pass(const Handler& handler, const std::exception_ptr& error) {
    if constexpr (requires { handler.may_pass(error); }) {
      if (handler.may_pass(error)) return true;
    }
    return detail::may_pass(error);
  }
  template <class Handler>
  static bool is_of_event(const Handler& handler, const std::exception_ptr& error) {
    return !may_pass(handler, error) && detail::is_of_event(error);
  }

  template <class Handler, class Batch>
  static void handle_all(Handler& handler, Transaction& transaction, const Batch& batch, std::size_t first) {
    if constexpr (requires { handler.apply_all(transaction, batch, first, first); }) {
      if (first < batch.size()) handler.apply_all(transaction, batch, first, batch.size());
    } else {
      for (; first < batch.size(); ++first) batch.handle(handler, &transaction, first);
    }
  }

  /// Calls a function in the transaction that moves the checkpoint; after that, so that of two runners the slower one
  /// ends before it does what was done.
  template <class Handler, class Function>
  void commit(Handler& handler, Position& at, Position to, const Function& function) {
    if (at != to) {
      reader_.storage().transact([&](Transaction& transaction) {
        reader_.move(transaction, at, to);
        if constexpr (requires { handler.check_not_inline(transaction); }) handler.check_not_inline(transaction);
        function(transaction);
      });
    }
    reader_.moved(to);
    at = to;
  }

  /// Does what is to be done about a failure. @return False when it was asked to stop meanwhile.
  bool answer(const std::exception_ptr& error, const EventPlace& place, int& attempt, Position& at, std::size_t& first,
              const detail::StopToken& stop) {
    const ErrorAnswer chosen = options().on_error ? options().on_error(error, place, attempt) : ErrorAnswer{Stop{}};
    if (const Retry* retry = std::get_if<Retry>(&chosen)) {
      ++attempt;
      return retry->after.count() <= 0 ? !stop.stop_requested() : detail::sleep_unless_stopped(retry->after, stop);
    }
    if (std::holds_alternative<Skip>(chosen)) {
      reader_.skip({place.position, detail::safe_text(detail::words_of(error)), attempt, system_timestamp()}, at);
      at = place.position;
      ++first;
      attempt = 1;
      return true;
    }
    try {
      std::rethrow_exception(error);
    } catch (...) {
      std::throw_with_nested(SubscriptionStoppedError{name(), version(), place, attempt, detail::words_of(error)});
    }
  }

  /// @return False when it failed again.
  template <class Handler, class Batch>
  bool retry(Handler& handler, Batch& batch, EventDeadLetter letter) {
    batch.read(reader_.storage(), letter.position - 1, 1, options().partition);
    std::exception_ptr error;
    const auto handle = [&](Transaction* transaction) {
      error = nullptr;
      // The event may be gone, or of a type that is not handled any more: then there is nothing to do.
      if (batch.size() == 0 || batch.place(0).position != letter.position) return;
      try {
        batch.handle(handler, transaction, 0);
      } catch (...) {
        error = std::current_exception();
        throw;
      }
    };
    try {
      if constexpr (Batch::is_in_transaction) {
        reader_.storage().transact([&](Transaction& transaction) {
          handle(&transaction);
          reader_.drop(transaction, letter.position);
        });
      } else {
        handle(nullptr);
        reader_.drop_dead_letter(letter.position);
      }
      return true;
    } catch (...) {
      // A database may tell of an error some statements later; without a transaction the handler's is the event's.
      if constexpr (Batch::is_in_transaction) {
        error = std::current_exception();
        if (!is_of_event(handler, error)) throw;
      }
      if (!error) throw;
    }
    letter.error = detail::safe_text(detail::words_of(error));
    ++letter.attempts;
    reader_.keep(letter);
    return false;
  }

  detail::FeedReader<Storage> reader_;
  std::tuple<Stores&...> stores_;
};

}  // namespace castore

#endif
