// SPDX-License-Identifier: MIT
#ifndef CASTORE_TESTING_FAULT_INJECTING_ADAPTER_HPP
#define CASTORE_TESTING_FAULT_INJECTING_ADAPTER_HPP

#include <castore/core/any_event_storage_adapter.hpp>
#include <castore/core/event_log.hpp>
#include <castore/core/event_storage_adapter.hpp>
#include <castore/core/forwards_operations.hpp>
#include <castore/core/storage_operations.hpp>
#include <castore/fwd.hpp>
#include <castore/testing/fault.hpp>

#include <concepts>
#include <cstddef>
#include <functional>
#include <memory>
#include <stdexcept>
#include <type_traits>
#include <utility>
#include <vector>

namespace castore::testing {

/// @brief Stands between an event store and its storage and lets operations fail as it is told.
///
/// @code
/// castore::testing::FaultInjectingAdapter storage{real_storage};
/// PokemonStore pokemons{"POKEMONS", storage};
/// storage.inject(StorageOperation::push_events, fails_after());    // what becomes of the next push
/// storage.inject(StorageOperation::push_events, conflicts(), 3);   // of the third from now
/// @endcode
///
/// **Guarantees:** it has the operations that its storage has, the optional ones, too. One without a fault passes
/// unchanged, also with typed events; a fault is used up by the operation that meets it. Any number of threads may use
/// one adapter, also to inject faults.
template <EventStorageAdapter Adapter>
class FaultInjectingAdapter final : public ForwardsOperations<FaultInjectingAdapter<Adapter>> {
 public:
  static constexpr AdapterProperties properties = properties_of<Adapter>();  ///< Those of the storage.

  /// @brief Refers to a storage, which must outlive it. Of an `AnyEventStorageAdapter` it keeps a copy, so that it can
  /// take the place of a store's own: `FaultInjectingAdapter faulty{store.event_storage_adapter()}`.
  explicit FaultInjectingAdapter(Adapter& adapter) {
    if constexpr (std::same_as<Adapter, AnyEventStorageAdapter>) {
      adapter_ = std::make_shared<Adapter>(adapter);
    } else {
      adapter_ = std::shared_ptr<Adapter>{std::shared_ptr<void>{}, &adapter};
    }
  }
  /// @brief Shares a storage.
  explicit FaultInjectingAdapter(std::shared_ptr<Adapter> adapter) : adapter_{std::move(adapter)} {}

  // --- faults --------------------------------------------------------------------------------------------------------

  /// @brief The nth such operation from now on meets the fault; 1 is the next.
  void inject(StorageOperation operation, Fault fault, std::size_t nth = 1) {
    plan_.add(operation, std::move(fault), nth);
  }
  /// @brief The next operations meet these faults, in turn.
  void inject(StorageOperation operation, std::vector<Fault> faults) {
    for (std::size_t index = 0; index < faults.size(); ++index) {
      plan_.add(operation, std::move(faults[index]), index + 1);
    }
  }
  /// @brief Every such operation without a fault of its own meets what the rule says. It gets the operation's number,
  /// from 1, and is called by one thread at a time; it must not use the adapter.
  void inject_by_rule(StorageOperation operation, std::function<Fault(std::size_t)> rule) {
    plan_.set_rule(operation, std::move(rule));
  }
  /// @brief Forgets all faults that were not met yet.
  void clear() { plan_.clear(); }

  /// @brief How many such operations there were, and how many of them met a fault.
  std::size_t calls(StorageOperation operation) const { return plan_.calls(operation); }
  /// @brief How many such operations met a fault.
  std::size_t faults(StorageOperation operation) const { return plan_.faults(operation); }

  // --- the adapter ---------------------------------------------------------------------------------------------------

  /// @brief That of the storage, where it has any.
  using Transaction = typename castore::detail::TransactionOf<Adapter>::Type;

  /// @brief True when its storage has the operation, or may have it.
  template <class Operation>
  static constexpr bool may_have = Operation::template is_had_by<Adapter>;
  /// @brief True when its storage has the operation.
  template <class Operation>
  bool supports() const {
    return castore::supports<Operation>(*adapter_);
  }
  /// @brief The storage's operation, unless a fault is due. @throws What the fault throws
  template <class Operation, class... With>
  auto call(With&&... with) const {
    return run<Operation>([&] { return Operation::call(*adapter_, std::forward<With>(with)...); });
  }

 private:
  template <class Operation, class Function>
  auto run(const Function& function) const {
    using Result = std::invoke_result_t<const Function&>;
    const Fault fault = plan_.next(Operation::operation);
    if (fault.first) fault.first();
    if (fault.kind == Fault::Kind::before) detail::raise<Operation>(fault);
    if (fault.kind == Fault::Kind::conflict) {
      if constexpr (std::same_as<Result, PushOutcome>) return PushOutcome{PushOutcome::already_exists, fault.index};
      throw std::logic_error{"castore: a conflict was injected into an operation that is not a push"};
    }
    if constexpr (std::is_void_v<Result>) {
      function();
      if (fault.kind == Fault::Kind::after) detail::raise<Operation>(fault);
    } else {
      Result result = function();
      if (fault.kind == Fault::Kind::after) detail::raise<Operation>(fault);
      return result;
    }
  }

  std::shared_ptr<Adapter> adapter_;
  mutable detail::FaultPlan plan_;
};

}  // namespace castore::testing

#endif
