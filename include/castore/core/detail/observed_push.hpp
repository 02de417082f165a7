// SPDX-License-Identifier: MIT
#ifndef CASTORE_CORE_DETAIL_OBSERVED_PUSH_HPP
#define CASTORE_CORE_DETAIL_OBSERVED_PUSH_HPP

#include <castore/core/event_storage_adapter.hpp>
#include <castore/core/observer.hpp>
#include <castore/fwd.hpp>

#include <cstddef>
#include <exception>
#include <memory>
#include <string_view>
#include <vector>

namespace castore::detail {

/// What the observers of the stores of one push are told: each of one operation, for all events of its store.
class ObservedPush {
 public:
  void add_event(const AnyObserver& observer, std::string_view event_store_id, std::string_view aggregate_id) {
    for (Told& told : told_) {
      if (told.observer != &observer) continue;
      ++told.operation.count;
      return;
    }
    told_.push_back(
        {.observer = &observer,
         .operation = {
             .kind = OperationKind::push, .store = event_store_id, .aggregate_id = aggregate_id, .count = 1}});
  }

  /// To be called when the observers of the first event are there, whose place is the one that is known.
  void end_of_first_event() noexcept { of_first_event_ = told_.size(); }

  /// What one of them throws ends what those before it began.
  void start() {
    try {
      for (; started_ < told_.size(); ++started_) {
        told_[started_].span = told_[started_].observer->start(told_[started_].operation);
      }
    } catch (...) {
      end(std::current_exception());
      throw;
    }
  }
  void set_outcome(const PushOutcome& outcome) noexcept {
    is_conflict_ = outcome.status == PushOutcome::already_exists;
    is_pushed_ = outcome.status == PushOutcome::pushed;
    if (is_pushed_) position_ = outcome.position;
  }
  /// The last that was begun ends first.
  void end(const std::exception_ptr& error) noexcept {
    for (; started_ > 0; --started_) {
      const Told& told = told_[started_ - 1];
      told.observer->end(told.span, {.error = error,
                                     .is_conflict = is_conflict_,
                                     .count = is_pushed_ ? told.operation.count : 0,
                                     .position = started_ <= of_first_event_ ? position_ : 0});
    }
  }

 private:
  struct Told {
    const AnyObserver* observer;
    Operation operation;
    std::shared_ptr<void> span{};
  };

  std::vector<Told> told_{};
  std::size_t of_first_event_ = 0;
  std::size_t started_ = 0;
  bool is_pushed_ = false;
  bool is_conflict_ = false;
  Position position_ = 0;
};

}  // namespace castore::detail

#endif
