// SPDX-License-Identifier: MIT
#ifndef CASTORE_CORE_DETAIL_PUSH_OF_HPP
#define CASTORE_CORE_DETAIL_PUSH_OF_HPP

/// @file
/// What of a push depends on the types of its store and payload.

#include <castore/core/detail/event_store_parts.hpp>
#include <castore/core/detail/observed_push.hpp>
#include <castore/core/detail/push.hpp>
#include <castore/core/detail/validate.hpp>
#include <castore/core/errors.hpp>
#include <castore/core/event.hpp>
#include <castore/core/event_checks.hpp>
#include <castore/core/event_codec.hpp>
#include <castore/core/event_storage_adapter.hpp>
#include <castore/core/event_store_options.hpp>
#include <castore/core/events.hpp>
#include <castore/core/observer.hpp>
#include <castore/core/reducer.hpp>
#include <castore/core/timestamp.hpp>
#include <castore/core/typed_events.hpp>
#include <castore/detail/text.hpp>
#include <castore/fwd.hpp>

#include <concepts>
#include <cstddef>
#include <exception>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

namespace castore::detail {

[[noreturn]] inline void throw_not_readable(std::string_view event_store_id, std::string_view aggregate_id) {
  throw StorageError{"aggregate " + in_quotes(aggregate_id) + " of event store " + in_quotes(event_store_id) +
                     " is kept as events of other types, which this store could read as JSON only; include "
                     "<castore/json.hpp> and give its payloads a codec"};
}

[[noreturn]] inline void throw_other_aggregate(std::string_view aggregate_id) {
  throw InvalidEventError{"prev_aggregate", "it is another aggregate than " + in_quotes(aggregate_id)};
}
[[noreturn]] inline void throw_other_version(Version aggregate, Version event) {
  throw InvalidEventError{"prev_aggregate", "it has version " + std::to_string(aggregate) + ", but event " +
                                                std::to_string(event) + " applies to version " +
                                                std::to_string(event - 1)};
}

/// Stands for what a function makes, where that is to come to life without a move.
template <class Make>
struct MadeInPlace {
  const Make& make;
  operator std::invoke_result_t<const Make&>() const { return make(); }  // NOLINT(google-explicit-constructor)
};
template <class Make>
MadeInPlace(const Make&) -> MadeInPlace<Make>;

/// Moves everything out of its arguments.
template <class Payload, class Aggregate>
EventDetail<Payload> make_event(std::string& aggregate_id, Version version, Payload& payload,
                                PushEventOptions<Payload, Aggregate>& options) {
  return {.aggregate_id = std::move(aggregate_id),
          .version = version,
          .timestamp = options.timestamp.value_or(unset_timestamp),
          .payload = std::move(payload),
          .metadata = std::move(options.metadata),
          .context = std::move(options.context)};
}

/// An event on its way from a store of this type.
template <class Store>
class PushIn : public Push {
 protected:
  using Aggregate = typename Store::Aggregate;
  using Events = typename Store::Events;
  using PushedEvent = typename Store::PushedEvent;
  static constexpr bool is_kept = can_keep<Events, typename Store::EventStorageAdapter>;
  using Kept = std::conditional_t<is_kept, KeptEvent<Events>, KeptRecord>;

 public:
  Timestamp now() const final { return store_.options().clock(); }
  const EventStreamType& stream_type() const noexcept final { return EventStreamOf<Kept>::type_of_kept; }

  void begin(PushOptions& options, PushScopes& scopes) const final {
    const auto& outmost = store_.options().extension;
    if (!outmost) return;
    outmost->for_each([&](auto& extension) {
      if (auto scope = extension.begin_push(aggregate_id, version, options)) scopes.emplace_back(std::move(scope));
    });
  }
  void add_to(ObservedPush& observed) const final {
    const auto& outmost = store_.options().extension;
    if (!outmost) return;
    outmost->for_each([&](auto& extension) {
      if (const AnyObserver* const observer = extension.observer()) {
        observed.add_event(*observer, event_store_id, aggregate_id);
      }
    });
  }
  void add_transaction_hooks(TransactionHooks& hooks) const final {
    const auto& outmost = store_.options().extension;
    if (!outmost) return;
    outmost->for_each([&hooks](auto& extension) {
      TransactionHook* const hook = extension.transaction_hook();
      if (hook != nullptr && std::find(hooks.begin(), hooks.end(), hook) == hooks.end()) hooks.push_back(hook);
    });
  }

 protected:
  PushIn(const Store& store, std::string_view aggregate_id_, Version version_, Timestamp given_timestamp,
         std::optional<Aggregate>& next_aggregate, const std::optional<Aggregate>* prev_aggregate = nullptr) noexcept
      : Push{store.core_, aggregate_id_, version_, given_timestamp},
        store_{store},
        next_aggregate_{next_aggregate},
        prev_aggregate_{prev_aggregate} {}
  ~PushIn() = default;

  /// Puts into the result what the event applies to: it is there, or comes from the event before, whose own is then
  /// wanted still or not. @return False when nobody knows it. @throws InvalidEventError
  bool find_aggregate(Push* previous, bool is_wanted_still) {
    if constexpr (std::copy_constructible<Aggregate>) {
      if (prev_aggregate_) next_aggregate_ = *prev_aggregate_;
    }
    check_event(aggregate_id, version, timestamp);
    if (next_aggregate_) {
      if (!(next_aggregate_->aggregate_id == aggregate_id)) throw_other_aggregate(aggregate_id);
      if (next_aggregate_->version != version - 1) throw_other_version(next_aggregate_->version, version);
      store_.refuse_unknown_events(aggregate_id, version - 1);
    } else if (previous && &previous->store() == &this->store()) {
      follow(static_cast<PushIn*>(previous)->next_aggregate_, is_wanted_still);
    }
    return next_aggregate_ || version == 1;
  }

  /// Applies the event to what was found. @throws InvalidPayloadError, what the reducer throws
  template <class Payload>
  void prepare_with(const EventDetail<Payload>& event, Push* previous, bool is_wanted_still) {
    if constexpr (is_validated_event<Payload>) {
      validate_event(event_store_id, aggregate_id, version, event.payload, event.metadata);
    }
    if (event.context) [[unlikely]] check_context_of(event);
    if (!find_aggregate(previous, is_wanted_still)) return;
    apply_event(store_.options().reducer, begin_aggregate(next_aggregate_, aggregate_id), event.payload,
                EventInfo<Payload>{aggregate_id, version, timestamp, event.metadata, event.context});
    end_aggregate(*next_aggregate_, aggregate_id);
  }

  /// @throws InvalidEventError
  template <class Payload>
  [[gnu::noinline]] void check_context_of(const EventDetail<Payload>& event) const {
    check_context(*event.context);
    using Metadata = MetadataOf<Payload>;
    if constexpr (!std::same_as<Metadata, NoMetadata> && HasCodec<Metadata>) {
      check_room_for_context(with_event_in_error<EventEncodeError>(
          event_store_id, aggregate_id, version, Payload::type, [&] { return codec<Metadata>::encode(event.metadata); }));
    }
  }

  template <class Payload>
  EventRecord record_of(const EventDetail<Payload>& event) const {
    if constexpr (EncodablePayload<Payload>) {
      return encode_event(event_store_id, aggregate_id, version, timestamp, event.payload, event.metadata,
                          event.context);
    } else {
      throw_not_readable(event_store_id, aggregate_id);
    }
  }

  template <class Payload>
  void append_event(const EventDetail<Payload>& event, EventStream& stream) const {
    if constexpr (is_kept) {
      static_cast<EventStreamOf<Kept>&>(stream).append(event);
    } else {
      append_record(stream, record_of(event));
    }
  }

  std::exception_ptr call_hooks_with(const PushedEvent& pushed) const noexcept {
    std::exception_ptr first_error;
    const auto call = [&first_error](const auto& hook) {
      try {
        hook();
      } catch (...) {
        if (!first_error) first_error = std::current_exception();
      }
    };
    if (const auto& hook = store_.options().on_event_pushed) call([&] { hook(pushed); });
    if (const auto& outmost = store_.options().extension) {
      outmost->for_each([&](auto& extension) { call([&] { extension.event_pushed(pushed); }); });
    }
    return first_error;
  }

  const Store& store_;
  std::optional<Aggregate>& next_aggregate_;  // of the result; until `prepare` what the event applies to

 private:
  const std::optional<Aggregate>* prev_aggregate_;

  void follow(std::optional<Aggregate>& previous, bool is_wanted_still) {
    if constexpr (std::copy_constructible<Aggregate>) {
      if (is_wanted_still) {
        next_aggregate_ = std::as_const(previous);
        return;
      }
    }
    if (!is_wanted_still) next_aggregate_ = std::move(previous);
  }
};

/// The push of an event of a known type.
template <class Store, class Payload>
class PushOf final : public PushIn<Store> {
  using Base = PushIn<Store>;
  using typename Base::Aggregate;
  using typename Base::PushedEvent;
  using Result = PushEventResult<Payload, Aggregate>;

 public:
  /// Refers to the result and to the ids in it. Its `next_aggregate` is the aggregate that the event applies to, if one
  /// is given; but `prev_aggregate` is, where it stays for a second attempt.
  PushOf(const Store& store, Result& result, const std::optional<Aggregate>* prev_aggregate = nullptr) noexcept
      : Base{store,
             result.event.aggregate_id,
             result.event.version,
             result.event.timestamp,
             result.next_aggregate,
             prev_aggregate},
        event_{result.event} {
    this->tell_position(result.position);
  }

  std::string_view type() const noexcept override { return Payload::type; }
  EventRecord to_record() const override { return this->record_of(event_); }
  void append_to(EventStream& stream) const override { this->append_event(event_, stream); }
  void prepare(Push* previous) override {
    event_.timestamp = this->timestamp;
    this->prepare_with(event_, previous, true);
  }

  /// The event is moved into what hooks see and back, so that payloads need not be copied.
  std::exception_ptr call_hooks() noexcept override {
    if (!this->store().has_hooks) return nullptr;
    try {
      using Detail = EventDetail<Payload>;
      constexpr bool is_moved = std::is_move_assignable_v<Detail> || !std::copy_constructible<Detail>;
      PushedEvent pushed{static_cast<std::conditional_t<is_moved, Detail&&, const Detail&>>(event_),
                         std::move(this->next_aggregate_)};
      std::exception_ptr error = this->call_hooks_with(pushed);
      if constexpr (is_moved) put_back(std::move(pushed.event.template release<Payload>()));
      this->next_aggregate_ = std::move(pushed.next_aggregate);
      return error;
    } catch (...) {
      return std::current_exception();
    }
  }

 private:
  /// What cannot be assigned to is made again in its place, which must not fail.
  void put_back(EventDetail<Payload>&& event) noexcept(!std::is_move_assignable_v<EventDetail<Payload>>) {
    if constexpr (std::is_move_assignable_v<EventDetail<Payload>>) {
      event_ = std::move(event);
    } else {
      std::destroy_at(&event_);
      std::construct_at(&event_, std::move(event));
    }
    this->aggregate_id = event_.aggregate_id;
  }

  EventDetail<Payload>& event_;
};

/// The push of an event of any type, whose result only hooks see.
template <class Store>
class PushOfAny final : public PushIn<Store> {
  using Base = PushIn<Store>;
  using typename Base::PushedEvent;

 public:
  PushOfAny(const Store& store, std::string_view aggregate_id_, Version version_, Timestamp timestamp_,
            PushedEvent& pushed) noexcept
      : Base{store, aggregate_id_, version_, timestamp_, pushed.next_aggregate}, pushed_{pushed} {}

  std::string_view type() const noexcept override { return pushed_.event.type(); }
  EventRecord to_record() const override {
    EventRecord record;
    pushed_.event.visit([&](const auto& event) { record = this->record_of(event); });
    return record;
  }
  void append_to(EventStream& stream) const override {
    pushed_.event.visit([&](const auto& event) { this->append_event(event, stream); });
  }
  void prepare(Push* previous) override {
    pushed_.event.visit([&](const auto& event) { this->prepare_with(event, previous, this->store().has_hooks); });
  }
  std::exception_ptr call_hooks() noexcept override {
    return this->store().has_hooks ? this->call_hooks_with(pushed_) : nullptr;
  }

 private:
  PushedEvent& pushed_;
};

}  // namespace castore::detail

#endif
