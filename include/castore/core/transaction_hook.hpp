// SPDX-License-Identifier: MIT
#ifndef CASTORE_CORE_TRANSACTION_HOOK_HPP
#define CASTORE_CORE_TRANSACTION_HOOK_HPP

#include <castore/core/event_log.hpp>
#include <castore/fwd.hpp>

#include <span>

namespace castore {

/// @brief What is done in the transactions of pushes, by what a store on top of another one adds to them.
class TransactionHook {
 public:
  /// @brief Called in the transaction of a push, with all of its events and their positions: also those of other
  /// stores, in a group. What it throws undoes the push. It may be called again, and on another thread, see the
  /// storage's `push_events`.
  virtual void pushed_in_transaction(AnyTransaction& transaction, std::span<const SequencedEventView> events) = 0;

 protected:
  TransactionHook() = default;
  TransactionHook(const TransactionHook&) = default;
  TransactionHook& operator=(const TransactionHook&) = default;
  ~TransactionHook() = default;
};

}  // namespace castore

#endif
