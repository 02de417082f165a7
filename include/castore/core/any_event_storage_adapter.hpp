// SPDX-License-Identifier: MIT
#ifndef CASTORE_CORE_ANY_EVENT_STORAGE_ADAPTER_HPP
#define CASTORE_CORE_ANY_EVENT_STORAGE_ADAPTER_HPP

#include <castore/core/event_storage_adapter.hpp>
#include <castore/core/typed_event_storage.hpp>
#include <castore/fwd.hpp>

#include <concepts>
#include <memory>
#include <span>
#include <string_view>
#include <type_traits>
#include <utility>

namespace castore {

/// @brief A handle to a storage of any type, or to none: what a three-parameter `EventStore` holds.
///
/// Reach for it where the storage is chosen at run time. It costs one indirect call per operation, and typed events
/// stay typed through it. Copies refer to the same storage.
class AnyEventStorageAdapter {
 public:
  /// @brief Refers to nothing; test with `explicit operator bool`.
  AnyEventStorageAdapter() = default;

  /// @brief Refers to an adapter, which must outlive the handle.
  template <class Adapter>
    requires(!std::same_as<Adapter, AnyEventStorageAdapter> && EventStorageAdapter<Adapter>)
  explicit AnyEventStorageAdapter(Adapter& adapter)
      : AnyEventStorageAdapter{std::shared_ptr<Adapter>{std::shared_ptr<void>{}, &adapter}} {}

  /// @brief Shares an adapter.
  template <EventStorageAdapter Adapter>
    requires(!std::same_as<Adapter, AnyEventStorageAdapter>)
  explicit AnyEventStorageAdapter(std::shared_ptr<Adapter> adapter) : operations_{&operations_of<Adapter>} {
    if constexpr (KeepsTypedEvents<Adapter>) typed_ = adapter.get();
    adapter_ = std::move(adapter);
    if (!adapter_) *this = AnyEventStorageAdapter{};
  }

  /// @brief True when it refers to an adapter.
  explicit operator bool() const noexcept { return adapter_ != nullptr; }

  /// @brief The adapter itself when it has this type, else a null pointer.
  template <EventStorageAdapter Adapter>
  Adapter* target() const noexcept {
    return operations_ == &operations_of<Adapter> ? static_cast<Adapter*>(adapter_.get()) : nullptr;
  }

  /// @brief The storage's interface for typed events, a null pointer when it has none.
  TypedEventStorage* typed_event_storage() const noexcept { return typed_; }

  /// @brief The adapter's address, a null pointer when it refers to nothing.
  const void* address() const noexcept { return adapter_.get(); }

  /// @brief True when both refer to the same adapter object.
  friend bool operator==(const AnyEventStorageAdapter& left, const AnyEventStorageAdapter& right) noexcept {
    return left.adapter_ == right.adapter_;
  }

  /// The operations of the adapter contract. @pre The handle refers to an adapter.
  PushOutcome push_events(std::span<const PushRecord> records, bool force) const {
    return operations_->push_events(adapter_.get(), records, force);
  }
  /// @brief `get_events` of the adapter. @pre The handle refers to an adapter.
  void get_events(std::string_view event_store_id, std::string_view aggregate_id, const GetEventsOptions& options,
                  RecordSink sink) const {
    operations_->get_events(adapter_.get(), event_store_id, aggregate_id, options, sink);
  }
  /// @brief `list_aggregate_ids` of the adapter. @pre The handle refers to an adapter.
  AggregateIdsPage list_aggregate_ids(std::string_view event_store_id, const ListAggregateIdsOptions& options) const {
    return operations_->list_aggregate_ids(adapter_.get(), event_store_id, options);
  }

 private:
  struct Operations {
    PushOutcome (*push_events)(void*, std::span<const PushRecord>, bool);
    void (*get_events)(void*, std::string_view, std::string_view, const GetEventsOptions&, RecordSink);
    AggregateIdsPage (*list_aggregate_ids)(void*, std::string_view, const ListAggregateIdsOptions&);
  };

  template <class Adapter>
  static constexpr Operations operations_of{
      [](void* adapter, std::span<const PushRecord> records, bool force) {
        return static_cast<Adapter*>(adapter)->push_events(records, force);
      },
      [](void* adapter, std::string_view event_store_id, std::string_view aggregate_id,
         const GetEventsOptions& options, RecordSink sink) {
        static_cast<Adapter*>(adapter)->get_events(event_store_id, aggregate_id, options, sink);
      },
      [](void* adapter, std::string_view event_store_id, const ListAggregateIdsOptions& options) {
        return static_cast<Adapter*>(adapter)->list_aggregate_ids(event_store_id, options);
      }};

  const Operations* operations_ = nullptr;
  std::shared_ptr<void> adapter_;
  TypedEventStorage* typed_ = nullptr;
};

static_assert(EventStorageAdapter<AnyEventStorageAdapter>);

}  // namespace castore

#endif
