// SPDX-License-Identifier: MIT
#ifndef CASTORE_CORE_OBSERVER_HPP
#define CASTORE_CORE_OBSERVER_HPP

/// @file
/// What an observer is told of an operation, for logs, metrics and traces.

#include <castore/fwd.hpp>

#include <concepts>
#include <cstddef>
#include <exception>
#include <functional>
#include <memory>
#include <optional>
#include <string_view>
#include <type_traits>
#include <utility>

namespace castore {

/// @brief What is done.
enum class OperationKind {
  push,                ///< Events are pushed to a store: one, several, or its part of a group.
  get_events,          ///< Events of an aggregate are loaded.
  get_aggregate,       ///< An aggregate is loaded, or brought up to date.
  list_aggregate_ids,  ///< A page of a store's aggregates is fetched.
  command,             ///< A command runs, with all of its attempts.
  publish,             ///< Messages are given to a channel.
  poll                 ///< A subscription, projection or relay looks for events and handles them.
};

/// @brief The kind as text, such as `push`: for logs and for the labels of metrics.
constexpr std::string_view to_string(OperationKind kind) noexcept {
  switch (kind) {
    case OperationKind::push:
      return "push";
    case OperationKind::get_events:
      return "get_events";
    case OperationKind::get_aggregate:
      return "get_aggregate";
    case OperationKind::list_aggregate_ids:
      return "list_aggregate_ids";
    case OperationKind::command:
      return "command";
    case OperationKind::publish:
      return "publish";
    case OperationKind::poll:
      return "poll";
  }
  return "unknown";
}

/// @brief An operation that begins. Its texts live until `start` returns; copy what the span needs.
struct Operation {
  OperationKind kind{};             ///< What is done.
  std::string_view store{};         ///< The event store's id; empty where there are several, or none yet.
  std::string_view aggregate_id{};  ///< The first aggregate's id; empty where there is none.
  /// @brief How many events are pushed, or messages published; 0 where that is known at the end only.
  std::size_t count = 0;
  std::string_view name{};  ///< The id of the command or channel, the name of the subscription; else empty.
};

/// @brief How an operation ended.
struct Outcome {
  /// @brief What the operation throws; null when it throws nothing, and for a push that ends with `is_conflict`.
  /// `OnEventPushedError`: the events were stored.
  std::exception_ptr error{};
  /// @brief Others were faster: nothing was pushed, since an event of that version exists. A command tries again.
  bool is_conflict = false;
  /// @brief How many events were pushed, loaded or handled, aggregates loaded or listed, or messages published.
  std::size_t count = 0;
  /// @brief The place of a push's first event (0 for a store of a group whose first event is another store's), of a
  /// command's last event, or a subscription's checkpoint; 0 where there is none.
  Position position = 0;
};

/// @brief An observer that does nothing, and costs nothing.
struct NoObserver {
  /// @brief Its span.
  struct Span {};

  Span start(const Operation&) const noexcept { return {}; }  ///< Does nothing.
  void end(Span&&, const Outcome&) const noexcept {}          ///< Does nothing.
};
static_assert(std::is_empty_v<NoObserver> && std::is_empty_v<NoObserver::Span>);

/// @brief Types whose `start` is told of an operation and returns a span, any object that can be moved, and whose `end`
/// gets the span back with the outcome. Both are const, as threads call them at the same time; state that changes is
/// behind a pointer, or atomic and `mutable`. Observers are copied; copies stand for the same. One that cannot be
/// copied is passed as `std::ref(observer)`, and must outlive what was made with it; its functions need not be const.
///
/// What `start` throws passes, and the operation is not begun. `end` must not throw: the program then ends, as what was
/// done cannot be undone.
/// @code
/// struct Logs {
///   auto start(const castore::Operation&) const { return std::chrono::steady_clock::now(); }
///   void end(std::chrono::steady_clock::time_point begin, const castore::Outcome& outcome) const noexcept;
/// };
/// @endcode
template <class Candidate>
concept Observer = std::copy_constructible<Candidate> && requires(const std::unwrap_reference_t<Candidate>& observer,
                                                                  const Operation& operation, const Outcome& outcome) {
  requires std::move_constructible<decltype(observer.start(operation))>;
  observer.end(observer.start(operation), outcome);
};

namespace detail {

/// One compile error for a type that is not an observer, which then is told nothing: that would be more errors.
template <class Candidate>
constexpr bool check_observer() {
  constexpr bool is_observer = Observer<Candidate>;
  static_assert(is_observer,
                "castore: this is not an observer; give it `Span start(const castore::Operation&) const` and `void "
                "end(Span, const castore::Outcome&) const`, where Span is any type of yours that can be moved, and let "
                "it be copied, or pass std::ref(the_observer)");
  return true;
}

/// Tells an observer of what a function does, which gets the outcome to fill in.
template <class Candidate, class Function>
decltype(auto) observe(const Candidate& candidate, const Operation& operation, const Function& function) {
  Outcome outcome;
  if constexpr (std::same_as<Candidate, NoObserver> || !Observer<Candidate>) {
    return function(outcome);
  } else {
    const std::unwrap_reference_t<Candidate>& observer = candidate;
    auto span = observer.start(operation);
    const auto end = [&]() noexcept { observer.end(std::move(span), outcome); };
    const auto call = [&]() -> decltype(auto) {
      try {
        return function(outcome);
      } catch (...) {
        outcome.error = std::current_exception();
        end();
        throw;
      }
    };
    if constexpr (std::is_void_v<decltype(call())>) {
      call();
      end();
    } else {
      decltype(auto) result = call();
      end();
      return result;
    }
  }
}

}  // namespace detail

/// @brief An observer of any type, or none: what `SubscriptionOptions::observer` takes. Copies stand for the same.
/// @code
/// castore::Subscription audit{"audit", storage, std::tie(pokemons), {.observer = Logs{}}};
/// @endcode
class AnyObserver {
 public:
  /// @brief None: nothing is told.
  AnyObserver() = default;
  /// @brief An observer.
  template <class Candidate>
    requires(!std::same_as<std::remove_cvref_t<Candidate>, AnyObserver>)
  AnyObserver(Candidate&& observer) {  // NOLINT(google-explicit-constructor): .observer = Logs{}
    using Decayed = std::decay_t<Candidate>;
    if constexpr (detail::check_observer<Decayed>() && Observer<Decayed>) {
      observer_ = std::make_shared<const Of<Decayed>>(std::forward<Candidate>(observer));
    }
  }

  /// @brief True when there is one.
  explicit operator bool() const noexcept { return observer_ != nullptr; }
  /// @brief Begins an operation. @return A span to pass to `end`; null without an observer.
  std::shared_ptr<void> start(const Operation& operation) const {
    return observer_ ? observer_->start(operation) : nullptr;
  }
  /// @brief Ends an operation.
  void end(const std::shared_ptr<void>& span, const Outcome& outcome) const noexcept {
    if (observer_) observer_->end(span.get(), outcome);
  }

 private:
  struct Interface {
    virtual ~Interface() = default;
    virtual std::shared_ptr<void> start(const Operation& operation) const = 0;
    virtual void end(void* span, const Outcome& outcome) const noexcept = 0;
  };
  template <class Observed>
  struct Of final : Interface {
    using Told = const std::unwrap_reference_t<Observed>&;
    using Span = std::decay_t<decltype(std::declval<Told>().start(std::declval<const Operation&>()))>;

    template <class Candidate>
    explicit Of(Candidate&& candidate) : observer(std::forward<Candidate>(candidate)) {}
    std::shared_ptr<void> start(const Operation& operation) const override {
      const auto span = std::make_shared<std::optional<Span>>();  // nothing can fail behind start
      span->emplace(static_cast<Told>(observer).start(operation));
      return span;
    }
    void end(void* span, const Outcome& outcome) const noexcept override {
      static_cast<Told>(observer).end(std::move(**static_cast<std::optional<Span>*>(span)), outcome);
    }

    Observed observer;
  };

  std::shared_ptr<const Interface> observer_{};
};

}  // namespace castore

#endif
