// SPDX-License-Identifier: MIT
#ifndef CASTORE_TESTS_OBSERVERS_RECORDER_HPP
#define CASTORE_TESTS_OBSERVERS_RECORDER_HPP

#include <castore/core/errors.hpp>
#include <castore/core/observer.hpp>

#include <exception>
#include <memory>
#include <mutex>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace castore_tests {

/// Writes down what it is told.
class Recorder {
 public:
  struct Span {
    explicit Span(std::string operation_) : operation{std::move(operation_)} {}
    Span(Span&&) = default;

    std::string operation;
  };

  Span start(const castore::Operation& operation) const {
    if (operation.aggregate_id == "refused by the observer") throw std::domain_error{"not this one"};
    std::string text{to_string(operation.kind)};
    for (const auto word : {operation.store, operation.aggregate_id, operation.name}) {
      if (!word.empty()) text.append(" ").append(word);
    }
    if (operation.count != 0) text.append(" x").append(std::to_string(operation.count));
    add("start " + text);
    return Span{std::move(text)};
  }
  void end(Span span, const castore::Outcome& outcome) const noexcept {
    std::string text = "end " + span.operation + ": " + std::to_string(outcome.count);
    if (outcome.position != 0) text.append(" at ").append(std::to_string(outcome.position));
    if (outcome.is_conflict) text.append(", conflict");
    if (outcome.error) text.append(", ").append(words_of(outcome.error));
    add(std::move(text));
  }

  std::vector<std::string> told() const {
    const std::lock_guard lock{state_->mutex};
    return std::exchange(state_->told, {});
  }

 private:
  struct State {
    std::mutex mutex;
    std::vector<std::string> told;
  };

  static std::string words_of(const std::exception_ptr& error) {
    try {
      std::rethrow_exception(error);
    } catch (const castore::EventAlreadyExistsError&) {
      return "EventAlreadyExistsError";
    } catch (const castore::VersionGapError&) {
      return "VersionGapError";
    } catch (const castore::OnEventPushedError&) {
      return "OnEventPushedError";
    } catch (const castore::AggregateNotFoundError&) {
      return "AggregateNotFoundError";
    } catch (const std::exception& other) {
      return other.what();
    }
  }
  void add(std::string text) const {
    const std::lock_guard lock{state_->mutex};
    state_->told.push_back(std::move(text));
  }

  std::shared_ptr<State> state_ = std::make_shared<State>();
};

using Told = std::vector<std::string>;

}  // namespace castore_tests

#endif
