// SPDX-License-Identifier: MIT
#ifndef CASTORE_LOG_INLINE_PROJECTIONS_HPP
#define CASTORE_LOG_INLINE_PROJECTIONS_HPP

#include <castore/core/errors.hpp>
#include <castore/core/event_log.hpp>
#include <castore/core/event_storage_adapter.hpp>
#include <castore/core/event_store_concepts.hpp>
#include <castore/core/event_store_options.hpp>
#include <castore/core/storage_operations.hpp>
#include <castore/core/transaction_hook.hpp>
#include <castore/core/upcasts.hpp>
#include <castore/detail/signal.hpp>
#include <castore/fwd.hpp>
#include <castore/log/detail/event_batch.hpp>
#include <castore/log/detail/projection_parts.hpp>
#include <castore/log/errors.hpp>
#include <castore/log/projection.hpp>
#include <castore/log/subscription_options.hpp>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <concepts>
#include <cstddef>
#include <exception>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <thread>
#include <tuple>
#include <type_traits>
#include <utility>

namespace castore {

namespace detail {

/// A projection that is called in the transactions of pushes.
template <class Projection, class Storage, class Store>
class InlineProjection {
  using Transaction = typename TransactionOf<Storage>::Type;
  using Checked = CheckedProjection<Projection, Transaction, Store>;
  using Event = typename Store::Event;

 public:
  explicit InlineProjection(Projection projection) : projection_(std::move(projection)) {}

  const Projection& projection() const noexcept { return projection_; }

  /// @throws ProjectionError
  void push(Transaction& transaction, std::string_view event_store_id,
            std::span<const SequencedEventView> events) const {
    if constexpr (Checked::is_valid) {
      if (!is_inline(transaction, events.back().position)) return;
      for (const SequencedEventView& event : events) {
        if (event.event_store_id == event_store_id) push_one(transaction, event, typename Store::Events{});
      }
    }
  }

 private:
  /// Before the hand-over a push says how far pushes have come, which the hand-over compares with what is built. Of a
  /// push and a hand-over at the same time one waits for the other, so a push looks again after it has said so.
  static bool is_inline(Transaction& transaction, Position last) {
    const std::string inlined = name_for(Projection::name, "inline");
    if (transaction.checkpoint(inlined, Projection::version) != 0) return true;
    const std::string pushed = name_for(Projection::name, "pushed");
    while (true) {
      const Position before = transaction.checkpoint(pushed, Projection::version);
      if (transaction.move_checkpoint(pushed, Projection::version, before, (std::max)(before, last))) break;
    }
    return transaction.checkpoint(inlined, Projection::version) != 0;
  }

  template <class... Payloads>
  void push_one(Transaction& transaction, const SequencedEventView& event, Events<Payloads...>) const {
    const EventPlace place{event.position,      event.event_store_id, event.event.aggregate_id,
                           event.event.version, event.event.type,     event.event.timestamp};
    try {
      const bool is_taken = (try_one<Payloads>(transaction, event, place) || ...);
      // Where statements are only sent, it is known after this which event's failed.
      if constexpr (requires { transaction.settle(); }) {
        if (is_taken) transaction.settle();
      }
    } catch (const StorageInterruption&) {
      throw;
    } catch (...) {
      if (may_pass(std::current_exception())) throw;  // the push's own: it may be tried again
      const std::string reason = words_of(std::current_exception());
      std::throw_with_nested(ProjectionError{Projection::name, Projection::version, place, reason});
    }
  }

  /// @return True when the event is of this type.
  template <class Payload>
  bool try_one(Transaction& transaction, const SequencedEventView& event, const EventPlace& place) const {
    if (!is_stored_as<Payload>(place.type)) return false;
    constexpr bool is_named = projection_form_of<Projection, Transaction, Payload> != ProjectionForm::none;
    constexpr bool takes_events = takes_any<Projection, Transaction, typename Checked::Payloads>;
    if constexpr (Checked::has_batches && (is_named || !takes_events)) {
      const Event one{decode_detail<Payload>(event.event_store_id, event.event)};
      projection_.apply(transaction, std::span<const Event>{&one, 1});
    } else if constexpr (is_named) {
      const auto detail = decode_detail<Payload>(event.event_store_id, event.event);
      project_event(projection_, &transaction, EventRef<Payload>{detail}, place);
    }
    return true;
  }

  Projection projection_;
};

}  // namespace detail

/// @brief A store whose pushes keep read models up to date in their own transaction: event and row, or neither. It is
/// derived from the store it was made from, and used in its place, also in commands and groups.
///
/// @code
/// castore::InlineProjections inline_pokemons{pokemons, storage, PokemonList{}};
/// inline_pokemons.hand_over();                                     // from here on pushes keep the list up to date
/// inline_pokemons.push_event("pikachu", 1, PokemonAppeared{...});  // the event, and its row
/// @endcode
/// A projection does nothing before `hand_over`, which builds it of the events that there are, and lets pushes go on
/// from there. It is for one writer's sake: whoever pushes must push through such a store, in every program. What is
/// written by others too, such as a table that is shared with Castore for Node.js, is for an `AsyncProjection`.
///
/// **Guarantees:** after `hand_over` each event of a push through such a store takes effect once, with the push. An
/// `AsyncProjection` of the same version then fails with `ProjectionTakenOverError`.
///
/// **Errors:** those of the store; `ProjectionError` (as its cause says) when a projection throws: nothing was pushed.
/// What the storage throws through a projection and may pass by itself, as a deadlock, stays the push's own error
/// (retry).
/// @tparam Storage An adapter with `PushesInTransaction`.
template <class Store, class Storage, class... Projections>
class InlineProjections : public Store {
  static_assert(DerivableStore<Store>);
  static_assert(operations::PushEventsInTransaction::explain<Storage>());
  static_assert(sizeof...(Projections) > 0, "castore: InlineProjections needs a projection after the storage");
  static_assert((std::size_t{0} + ... +
                 sizeof(detail::CheckedProjection<Projections, typename detail::TransactionOf<Storage>::Type, Store>)) >
                0);
  using Transaction = typename detail::TransactionOf<Storage>::Type;
  class Hook;

 public:
  /// @brief A store with projections. @param event_store and `storage`, which keeps its events, must outlive it and its
  /// copies. @throws UnsupportedOperationError where a handle's storage lacks the operation
  InlineProjections(Store& event_store, Storage& storage, Projections... projections)
      : InlineProjections{event_store, std::make_shared<Hook>(event_store, storage, std::move(projections)...)} {}

  /// @brief A store derived from another one, see `DerivableStore`.
  InlineProjections(const InlineProjections& original, std::shared_ptr<typename Store::StoreExtension> extension)
      : Store(original, std::move(extension)), hook_{original.hook_} {}

  /// @brief The store it was made from.
  Store& event_store() const noexcept { return hook_->event_store; }

  /// @brief Builds each projection of the events that there are, and lets pushes keep it up to date from there on.
  /// Pushes wait during the last step. What was handed over stays so; it is safe to call it at each start of a program.
  /// Where pushes come in between three times, those through this store and its copies wait, each up to a second.
  /// @throws What `AsyncProjection::poll` throws; StorageError (retry) when pushes of other programs came in between
  /// twenty times: what was built is kept, but pushes do not keep it up to date yet
  void hand_over() {
    std::apply([&](const auto&... projections) { (hand_over_one(projections.projection()), ...); },
               hook_->projections);
  }

 private:
  /// What all copies share.
  class Hook final : public Store::StoreExtension, public TransactionHook {
   public:
    Hook(Store& event_store_, Storage& storage_, Projections... projections_)
        : event_store{event_store_},
          storage{storage_},
          projections{detail::InlineProjection<Projections, Storage, Store>{std::move(projections_)}...} {
      if (!supports<operations::PushEventsInTransaction>(storage)) {
        throw UnsupportedOperationError{operations::PushEventsInTransaction::name};
      }
    }

    std::shared_ptr<void> begin_push(std::string_view, Version, PushOptions&) override {
      if (handing_over_.load() != std::thread::id{}) wait_for_hand_over();
      return nullptr;
    }
    void event_pushed(const typename Store::PushedEvent&) override {}
    TransactionHook* transaction_hook() noexcept override { return this; }
    void pushed_in_transaction(AnyTransaction& any, std::span<const SequencedEventView> events) override {
      Transaction* transaction = nullptr;
      if constexpr (std::same_as<Transaction, AnyTransaction>) {
        transaction = &any;
      } else {
        transaction = any.target<Transaction>();
      }
      if (transaction == nullptr) {
        throw StorageError{"the storage of inline projections is not that of their event store; give them the same"};
      }
      std::apply([&](const auto&... each) { (each.push(*transaction, event_store.event_store_id(), events), ...); },
                 projections);
    }

    /// From here on pushes wait, but not those of this thread; a courtesy only, so not for long.
    void hold_pushes() noexcept { handing_over_ = std::this_thread::get_id(); }
    void let_pushes_go() noexcept {
      handing_over_ = std::thread::id{};
      handed_over_.raise();
    }

    Store& event_store;
    Storage& storage;
    std::tuple<detail::InlineProjection<Projections, Storage, Store>...> projections;

   private:
    void wait_for_hand_over() {
      handed_over_.wait_until(detail::Signal::deadline(std::chrono::seconds{1}), {}, [this] {
        const std::thread::id thread = handing_over_.load();
        return thread == std::thread::id{} || thread == std::this_thread::get_id();
      });
    }

    std::atomic<std::thread::id> handing_over_{};
    detail::Signal handed_over_;
  };
  struct HeldPushes {
    explicit HeldPushes(Hook& hook_) noexcept : hook{hook_} {}
    HeldPushes(HeldPushes&&) = delete;
    ~HeldPushes() { hook.let_pushes_go(); }

    Hook& hook;
  };

  InlineProjections(Store& event_store, std::shared_ptr<Hook> hook)
      : Store(static_cast<const Store&>(event_store), hook), hook_{std::move(hook)} {}

  template <class Projection>
  void hand_over_one(const Projection& projection) {
    Storage& storage = hook_->storage;
    AsyncProjection built{storage, std::tuple<Store&>{hook_->event_store}, Projection(projection)};
    constexpr int most_attempts = 20;
    constexpr int attempts_before_pushes_wait = 3;
    const HeldPushes held{*hook_};
    for (int attempt = 0; attempt < most_attempts; ++attempt) {
      if (attempt == attempts_before_pushes_wait) hook_->hold_pushes();
      if (is_inline<Projection>()) return;
      const Position position = build_up_to_now(built);
      bool is_done = false;
      storage.transact([&](Transaction& transaction) {
        const std::string pushed = detail::name_for(Projection::name, "pushed");
        const Position last = transaction.checkpoint(pushed, Projection::version);
        // To move it to where it is makes pushes wait, and fails when one came first.
        is_done = last <= position && transaction.move_checkpoint(pushed, Projection::version, last, last) &&
                  transaction.move_checkpoint(detail::name_for(Projection::name, "inline"), Projection::version, 0,
                                              position + 1);
      });
      if (is_done) return;
    }
    throw StorageError{detail::subscription_name(Projection::name, Projection::version) +
                           " was not handed over, as others pushed at each of " + std::to_string(most_attempts) +
                           " attempts; call hand_over again when they push less",
                       true};
  }

  /// Not until there is nothing more, which need not come while others push. @return How far it is built.
  template <class Built>
  static Position build_up_to_now(Built& built) {
    const Position position = built.position();
    const Position now = position + built.lag();
    PollResult built_to{0, position, false};
    do built_to = built.poll();
    while (!built_to.is_caught_up && built_to.position < now);
    return built_to.position;
  }

  template <class Projection>
  bool is_inline() const {
    Position inline_from = 0;
    hook_->storage.transact([&](Transaction& transaction) {
      inline_from = transaction.checkpoint(detail::name_for(Projection::name, "inline"), Projection::version);
    });
    return inline_from != 0;
  }

  std::shared_ptr<Hook> hook_;
};

template <class Store, class Storage, class... Projections>
InlineProjections(Store&, Storage&, Projections...) -> InlineProjections<Store, Storage, Projections...>;

}  // namespace castore

#endif
