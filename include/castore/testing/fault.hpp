// SPDX-License-Identifier: MIT
#ifndef CASTORE_TESTING_FAULT_HPP
#define CASTORE_TESTING_FAULT_HPP

#include <castore/core/errors.hpp>
#include <castore/core/storage_operations.hpp>

#include <chrono>
#include <cstddef>
#include <exception>
#include <functional>
#include <map>
#include <mutex>
#include <stdexcept>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

namespace castore::testing {

using castore::StorageOperation;

/// @brief What happens to an operation instead of, or besides, what it does.
struct Fault {
  /// @brief What happens.
  enum class Kind {
    none,     ///< The operation takes place.
    before,   ///< It throws and has done nothing.
    after,    ///< It takes place, then throws. To the caller this looks the same.
    conflict  ///< A push writes nothing and is told that a version exists already.
  };
  Kind kind = Kind::none;          ///< Whether and when it fails.
  std::exception_ptr exception{};  ///< What `before` and `after` throw; a retryable `StorageError` unless given.
  std::size_t index = 0;           ///< The place in its group of the event that `conflict` names.
  std::function<void()> first{};   ///< Called before anything else happens.
};

/// @brief The operation is left alone; a place in a sequence.
inline Fault passes() { return {}; }

/// @brief The operation throws before it takes effect: a retryable `StorageError`, or the given exception.
inline Fault fails_before() { return {.kind = Fault::Kind::before}; }
template <class Exception>
Fault fails_before(Exception exception) {
  return {.kind = Fault::Kind::before, .exception = std::make_exception_ptr(std::move(exception))};
}

/// @brief The operation takes effect and throws then, as when a connection breaks before the answer comes: the events
/// of a push are stored though the caller sees an error. A second push of them meets `EventAlreadyExistsError`. A load
/// has handed out its events before it throws.
inline Fault fails_after() { return {.kind = Fault::Kind::after}; }
template <class Exception>
Fault fails_after(Exception exception) {
  return {.kind = Fault::Kind::after, .exception = std::make_exception_ptr(std::move(exception))};
}

/// @brief A push writes nothing and meets a conflict, though nobody else wrote.
/// @param index The place in its group, from 0, of the event that exists already.
inline Fault conflicts(std::size_t index = 0) { return {.kind = Fault::Kind::conflict, .index = index}; }

/// @brief The operation takes place later.
inline Fault delays(std::chrono::microseconds duration) {
  return {.first = [duration] { std::this_thread::sleep_for(duration); }};
}

/// @brief Something else happens just before the operation, e.g. another writer pushes the same version.
inline Fault follows(std::function<void()> first) { return {.first = std::move(first)}; }

namespace detail {

/// The name of an operation, by whichever of its functions it is done.
template <class... Operations>
constexpr std::string_view name_of(StorageOperation operation, castore::detail::OperationList<Operations...>) {
  std::string_view name;
  static_cast<void>((... || (Operations::operation == operation && !(name = Operations::name).empty())));
  return name;
}

template <class Operation>
[[noreturn]] void raise(const Fault& fault) {
  if (fault.exception) std::rethrow_exception(fault.exception);
  constexpr std::string_view name = name_of(Operation::operation, castore::detail::AllOperations{});
  throw StorageError{"injected fault: " + std::string{name} + " lost its connection; whether it took effect is unknown",
                     true,
                     Operation::operation == StorageOperation::push_events ? StorageError::Outcome::unknown
                                                                           : StorageError::Outcome::not_done};
}

/// Which operations will meet which faults, and how many operations there were.
class FaultPlan {
 public:
  using Rule = std::function<Fault(std::size_t)>;

  void add(StorageOperation operation, Fault fault, std::size_t nth) {
    if (nth == 0) throw std::invalid_argument{"castore: the next operation is number 1"};
    const std::scoped_lock lock{mutex_};
    Plan& plan = of(operation);
    plan.faults.insert_or_assign(plan.calls + nth, std::move(fault));
  }
  void set_rule(StorageOperation operation, Rule rule) {
    const std::scoped_lock lock{mutex_};
    of(operation).rule = std::move(rule);
  }
  void clear() {
    const std::scoped_lock lock{mutex_};
    for (auto& [operation, plan] : plans_) {
      plan.faults.clear();
      plan.rule = nullptr;
    }
  }
  std::size_t calls(StorageOperation operation) const {
    const std::scoped_lock lock{mutex_};
    return of(operation).calls;
  }
  std::size_t faults(StorageOperation operation) const {
    const std::scoped_lock lock{mutex_};
    return of(operation).faults_met;
  }

  /// Counts an operation and tells what happens to it.
  Fault next(StorageOperation operation) {
    const std::scoped_lock lock{mutex_};
    Plan& plan = of(operation);
    ++plan.calls;
    Fault fault;
    if (auto planned = plan.faults.extract(plan.calls)) {
      fault = std::move(planned.mapped());
    } else if (plan.rule) {
      fault = plan.rule(plan.calls);
    }
    if (fault.kind != Fault::Kind::none || fault.first) ++plan.faults_met;
    return fault;
  }

 private:
  struct Plan {
    std::size_t calls = 0;
    std::size_t faults_met = 0;
    std::map<std::size_t, Fault> faults{};
    Rule rule{};
  };

  Plan& of(StorageOperation operation) const { return plans_[operation]; }

  mutable std::mutex mutex_;
  mutable std::map<StorageOperation, Plan> plans_;
};

}  // namespace detail

}  // namespace castore::testing

#endif
