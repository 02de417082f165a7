// SPDX-License-Identifier: MIT
#ifndef CASTORE_CORE_ANY_EVENT_STORAGE_ADAPTER_HPP
#define CASTORE_CORE_ANY_EVENT_STORAGE_ADAPTER_HPP

#include <castore/core/errors.hpp>
#include <castore/core/event_log.hpp>
#include <castore/core/event_storage_adapter.hpp>
#include <castore/core/forwards_operations.hpp>
#include <castore/core/storage_operations.hpp>
#include <castore/fwd.hpp>

#include <concepts>
#include <cstdint>
#include <memory>
#include <string_view>
#include <utility>

namespace castore {

namespace detail {

/// An operation of an adapter whose type is forgotten; a null pointer where the adapter never has it.
template <class Operation, class Signature = typename Operation::Signature>
struct ErasedOperation;
template <class Operation, class Result, class... With>
struct ErasedOperation<Operation, Result(With...)> {
  Result (*call)(void* adapter, With...);

  template <class Adapter>
  static constexpr ErasedOperation of() {
    if constexpr (Operation::template is_had_by<Adapter>) {
      return {[](void* adapter, With... with) -> Result {
        return Operation::call(*static_cast<Adapter*>(adapter), static_cast<With&&>(with)...);
      }};
    } else {
      return {nullptr};
    }
  }
};

template <class List>
struct OperationTable;
template <class... Operations>
struct OperationTable<OperationList<Operations...>> : ErasedOperation<Operations>... {
  template <class Adapter>
  static constexpr OperationTable make() {
    return {ErasedOperation<Operations>::template of<Adapter>()...};
  }

  /// A bit for each operation in the list.
  template <class Operation>
  static constexpr std::uint32_t bit_of() {
    std::uint32_t bit = 1;
    (void)((std::same_as<Operation, Operations> || (bit <<= 1U) == 0) || ...);
    return bit;
  }
  template <class Adapter>
  static constexpr std::uint32_t supported_by(const Adapter& adapter) {
    return ((castore::supports<Operations>(adapter) ? bit_of<Operations>() : 0U) | ...);
  }
};

template <class Adapter>
inline constexpr OperationTable<AllOperations> operations_of = OperationTable<AllOperations>::make<Adapter>();

[[noreturn]] inline void throw_unsupported(std::string_view operation) { throw UnsupportedOperationError{operation}; }

}  // namespace detail

/// @brief A handle to a storage of any type, or to none: what an `EventStore` holds.
///
/// Reach for it where the storage is chosen at run time. It costs one indirect call per operation, and typed events
/// stay typed through it. Copies refer to the same storage.
///
/// **Guarantees:** it has every operation that there is; ask `supports` which of the optional ones its storage has.
/// **Errors:** `UnsupportedOperationError` (fix) for one that its storage does not have, and for every operation when
/// the handle refers to nothing; besides, what the adapter throws.
/// @code
/// castore::InMemoryEventStorageAdapter in_memory;
/// castore::AnyEventStorageAdapter storage{in_memory};  // or one of SQLite, by a setting of the program
/// const bool has_order = storage.supports<castore::operations::ReadAllEvents>();
/// @endcode
class AnyEventStorageAdapter : public ForwardsOperations<AnyEventStorageAdapter> {
 public:
  /// @brief Refers to nothing; test with `explicit operator bool`.
  AnyEventStorageAdapter() = default;

  /// @brief Refers to an adapter, which must outlive the handle.
  template <class Adapter>
    requires(!std::same_as<Adapter, AnyEventStorageAdapter> && EventStorageAdapter<Adapter>)
  explicit AnyEventStorageAdapter(Adapter& adapter)
      : AnyEventStorageAdapter{std::shared_ptr<Adapter>{std::shared_ptr<void>{}, &adapter}} {}

  /// @brief Does not compile: says what this adapter lacks.
  template <class Adapter>
    requires(!EventStorageAdapter<Adapter> && requires { &Adapter::push_events; })
  explicit AnyEventStorageAdapter(Adapter&) {
    static_assert(explain_event_storage_adapter<Adapter>());
  }

  /// @brief Shares an adapter.
  template <EventStorageAdapter Adapter>
    requires(!std::same_as<Adapter, AnyEventStorageAdapter>)
  explicit AnyEventStorageAdapter(std::shared_ptr<Adapter> adapter) {
    if (!adapter) return;
    operations_ = &detail::operations_of<Adapter>;
    supported_ = Table::supported_by(*adapter);
    adapter_ = std::move(adapter);
  }

  /// @brief True when it refers to an adapter.
  explicit operator bool() const noexcept { return adapter_ != nullptr; }

  /// @brief The adapter itself when it has this type, else a null pointer.
  template <EventStorageAdapter Adapter>
  Adapter* target() const noexcept {
    return operations_ == &detail::operations_of<Adapter> ? static_cast<Adapter*>(adapter_.get()) : nullptr;
  }

  /// @brief The adapter's address, a null pointer when it refers to nothing.
  void* address() const noexcept { return adapter_.get(); }

  /// @brief True when both refer to the same adapter object.
  friend bool operator==(const AnyEventStorageAdapter& left, const AnyEventStorageAdapter& right) noexcept {
    return left.adapter_ == right.adapter_;
  }

  /// @brief What functions are called with in a transaction, whatever the storage.
  using Transaction = AnyTransaction;

  /// @brief True: it may be asked for any operation.
  template <class Operation>
  static constexpr bool may_have = true;
  /// @brief True when its storage has the operation.
  template <class Operation>
  bool supports() const noexcept {
    return (supported_ & Table::bit_of<Operation>()) != 0;
  }
  /// @brief Calls an operation of its storage. @throws UnsupportedOperationError
  template <class Operation, class... With>
  decltype(auto) call(With&&... with) const {
    if (!supports<Operation>()) detail::throw_unsupported(Operation::name);
    return static_cast<const detail::ErasedOperation<Operation>&>(*operations_)
        .call(adapter_.get(), std::forward<With>(with)...);
  }

 private:
  using Table = detail::OperationTable<detail::AllOperations>;

  const Table* operations_ = nullptr;
  std::shared_ptr<void> adapter_;
  std::uint32_t supported_ = 0;
};

static_assert(EventStorageAdapter<AnyEventStorageAdapter>);

}  // namespace castore

#endif
