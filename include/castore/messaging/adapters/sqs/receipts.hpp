// SPDX-License-Identifier: MIT
#ifndef CASTORE_MESSAGING_ADAPTERS_SQS_RECEIPTS_HPP
#define CASTORE_MESSAGING_ADAPTERS_SQS_RECEIPTS_HPP

#include <castore/aws/caller.hpp>
#include <castore/aws/client.hpp>
#include <castore/aws/deadline.hpp>
#include <castore/aws/retry.hpp>
#include <castore/config.hpp>
#include <castore/detail/stopping.hpp>
#include <castore/detail/text.hpp>
#include <castore/messaging/detail/message_recipient.hpp>
#include <castore/messaging/errors.hpp>

#include <nlohmann/json.hpp>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <exception>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace castore::detail {

/// The messages of a queue that this program has: until when, and what the queue is still to be told of them.
class SqsReceipts {
 public:
  static constexpr std::size_t batch_size = 10;
  static constexpr std::chrono::seconds acknowledged_after{1};  ///< At most, while others are handled.

  SqsReceipts(AwsCaller caller, std::string queue_url, std::chrono::seconds visibility_timeout)
      : caller_{std::move(caller)}, queue_url_{std::move(queue_url)}, visibility_timeout_{visibility_timeout} {}

  /// @param seen Before it was received.
  void add(const std::string& handle, SteadyTime seen) {
    const std::scoped_lock lock{mutex_};
    held_.emplace(handle, seen + visibility_timeout_);
  }

  /// Makes sure that a message stays invisible to others for at least half of the time-out.
  /// @return Whether it does.
  bool extend(const std::string& handle) {
    std::vector<std::string> handles;
    bool is_late = false;
    bool is_due = false;
    {
      const std::scoped_lock lock{mutex_};
      const SteadyTime now = std::chrono::steady_clock::now();
      const auto held = held_.find(handle);
      if (held == held_.end() || held->second <= now) return held_.erase(handle), false;
      is_late = held->second - now < half_;
      // What waits behind it would be late, too.
      if (is_late) {
        for (const auto& [other, until] : held_) {
          if (until > now && until - now < half_) handles.push_back(other);
        }
      }
      is_due = tell_at_ && now >= *tell_at_;
      if (!is_late && !is_due) return true;
    }
    // A client of the user's may throw anything.
    try {
      if (is_late) change_visibility(handles);
    } catch (...) {
      // It may go well the next time; until then the message is this program's as long as it was.
    }
    try {
      if (is_due) tell_deleted();
    } catch (...) {
      // `settle` tells it again.
    }
    const std::scoped_lock lock{mutex_};
    const auto held = held_.find(handle);
    if (held != held_.end() && held->second > std::chrono::steady_clock::now()) return true;
    return held_.erase(handle), false;
  }

  /// It is to be deleted.
  void acknowledge(const std::string& handle) {
    bool is_full = false;
    {
      const std::scoped_lock lock{mutex_};
      const SteadyTime now = std::chrono::steady_clock::now();
      const auto held = held_.find(handle);
      const SteadyTime until = held == held_.end() ? now : held->second - half_;
      tell_at_ = (std::min)({tell_at_.value_or(now + acknowledged_after), now + acknowledged_after, until});
      if (held != held_.end()) held_.erase(held);
      deleted_.push_back(handle);
      is_full = deleted_.size() >= batch_size;
    }
    try {
      if (is_full) tell_deleted();
    } catch (...) {
      // `settle` tells it again.
    }
  }

  /// It becomes visible to others after a while.
  void give_back(const std::string& handle, std::chrono::milliseconds delay) {
    constexpr std::chrono::milliseconds longest = std::chrono::hours{11};  // SQS takes 12, from when it was received
    const std::scoped_lock lock{mutex_};
    held_.erase(handle);
    given_back_.emplace_back(handle, std::chrono::ceil<std::chrono::seconds>((std::min)(delay, longest)));
  }

  /// The same for one that the queue is to move to its dead letters. Until it does it delivers it again.
  void bury(const std::string& handle, const std::string& id, std::chrono::milliseconds delay) {
    give_back(handle, delay);
    constexpr std::size_t most = 10'000;
    const std::scoped_lock lock{mutex_};
    if (buried_.size() >= most) buried_.clear();
    static_cast<void>(exception_of([&] { buried_.insert(id); }));  // without memory it is counted once more
  }
  bool was_buried(const std::string& id) const {
    const std::scoped_lock lock{mutex_};
    return !id.empty() && buried_.contains(id);
  }

  /// The same for those of them that this program still has, at once.
  void give_back_held(const std::vector<std::string>& handles) {
    const std::scoped_lock lock{mutex_};
    for (const std::string& handle : handles) {
      if (held_.erase(handle) > 0) given_back_.emplace_back(handle, std::chrono::seconds{0});
    }
  }

  /// Tells the queue all that it does not know yet. @throws MessageSourceError, and what a client of the user's throws
  void settle() {
    try {
      // When anything fails, they become visible after their time-out.
      std::vector<std::pair<std::string, std::chrono::seconds>> given_back;
      {
        const std::scoped_lock lock{mutex_};
        given_back.swap(given_back_);
      }
      tell_all_deleted();  // first: what was handled must not come again because something else fails
      Told told;
      for_batches("ChangeMessageVisibilityBatch", given_back, told, [](nlohmann::json& entry, const auto& one) {
        entry["ReceiptHandle"] = one.first;
        entry["VisibilityTimeout"] = one.second.count();
      });
    } catch (const AwsError& error) {
      throw_source_error("tell", error, is_transient_aws_error(error));
    } catch (const AwsConnectionError& error) {
      throw_source_error("tell", error, error.retryable());
    }
  }

  /// @param stop Ends the waiting between tries. @throws MessageSourceError
  nlohmann::json receive(const nlohmann::json& request, const StopToken& stop) {
    try {
      AwsAction action;
      action.stop = &stop;
      return parse_json(caller_.call<AwsError>("ReceiveMessage", request.dump(), action, is_transient_aws_error));
    } catch (const AwsError& error) {
      throw_source_error("ask", error, is_transient_aws_error(error));
    } catch (const AwsConnectionError& error) {
      throw_source_error("ask", error, error.retryable());
    }
  }

  const std::string& queue_url() const noexcept { return queue_url_; }
  std::chrono::seconds visibility_timeout() const noexcept { return visibility_timeout_; }

 private:
  /// Until the queue has taken all of them. @throws MessageSourceError when it does not
  void tell_all_deleted() {
    const AwsRetryPolicy& policy = caller_.policy();
    const Deadline end = deadline_after(policy.deadline);
    for (int attempt = 1;; ++attempt) {
      if (tell_deleted()) return;
      const auto pause = aws_wait(policy, attempt);
      if (attempt >= policy.max_attempts || pause >= time_until(end)) {
        throw MessageSourceError{"cannot tell the queue " + in_quotes(queue_url_) + ": it did not delete all messages",
                                 true};
      }
      policy.sleep(pause);
    }
  }

  /// @return Whether none has to be told again.
  bool tell_deleted() {
    std::vector<std::string> deleted;
    {
      const std::scoped_lock lock{mutex_};
      deleted.swap(deleted_);
      tell_at_.reset();
    }
    Told told;
    const auto keep = [&] {
      const std::scoped_lock lock{mutex_};
      for (const auto& [index, for_good] : told.failed) {
        if (!for_good) deleted_.push_back(deleted[index]);
      }
      deleted_.insert(deleted_.end(), deleted.begin() + static_cast<std::ptrdiff_t>(told.count), deleted.end());
      if (!deleted_.empty() && !tell_at_) tell_at_ = std::chrono::steady_clock::now();
    };
    try {
      for_batches("DeleteMessageBatch", deleted, told,
                  [](nlohmann::json& entry, const std::string& handle) { entry["ReceiptHandle"] = handle; });
    } catch (...) {
      keep();
      throw;
    }
    keep();
    return std::ranges::all_of(told.failed, &Failed::for_good);
  }

  void change_visibility(const std::vector<std::string>& handles) {
    const SteadyTime now = std::chrono::steady_clock::now();
    Told told;
    for_batches("ChangeMessageVisibilityBatch", handles, told,
                [this](nlohmann::json& entry, const std::string& handle) {
                  entry["ReceiptHandle"] = handle;
                  entry["VisibilityTimeout"] = visibility_timeout_.count();
                });
    const std::scoped_lock lock{mutex_};
    for (std::size_t index = 0; index < handles.size(); ++index) {
      const auto held = held_.find(handles[index]);
      if (held == held_.end()) continue;
      const auto failed = std::ranges::find(told.failed, index, &Failed::index);
      if (failed == told.failed.end()) held->second = now + visibility_timeout_;
      if (failed != told.failed.end() && failed->for_good) held_.erase(held);
    }
  }

  struct Failed {
    std::size_t index = 0;
    bool for_good = false;
  };
  struct Told {
    std::size_t count = 0;         ///< Of how many it was told.
    std::vector<Failed> failed{};  ///< Those of them of which it did not take it.
  };

  /// Tells the queue of all elements, some at a time. @param told Is right also when it throws.
  template <class Element, class Describe>
  void for_batches(const char* operation, const std::vector<Element>& elements, Told& told, const Describe& describe) {
    for (std::size_t first = 0; first < elements.size(); first += batch_size) {
      nlohmann::json request{{"QueueUrl", queue_url_}, {"Entries", nlohmann::json::array()}};
      for (std::size_t index = first; index < (std::min)(first + batch_size, elements.size()); ++index) {
        nlohmann::json entry{{"Id", std::to_string(index)}};
        describe(entry, elements[index]);
        request["Entries"].push_back(std::move(entry));
      }
      AwsAction action;
      const auto answer = parse_json(caller_.call<AwsError>(operation, request.dump(), action, is_transient_aws_error));
      told.count = (std::min)(first + batch_size, elements.size());
      if (!answer.contains("Failed") || !answer["Failed"].is_array()) continue;
      for (const auto& entry : answer["Failed"]) {
        const auto id = entry.is_object() ? entry.find("Id") : entry.end();
        if (id == entry.end() || !id->is_string()) continue;
        const auto index = parse_integer<std::size_t>(id->template get_ref<const std::string&>());
        if (!index || *index >= elements.size()) continue;
        told.failed.push_back({*index, entry.value("SenderFault", nlohmann::json{}) == true});
      }
    }
  }

  [[noreturn]] void throw_source_error(const char* verb, const Error& error, bool retryable) const {
    std::throw_with_nested(MessageSourceError{
        std::string{"cannot "} + verb + " the queue " + in_quotes(queue_url_) + ": " + without_prefix(error.what()),
        retryable});
  }

  AwsCaller caller_;
  std::string queue_url_;
  std::chrono::seconds visibility_timeout_;
  std::chrono::milliseconds half_ = std::chrono::milliseconds{visibility_timeout_} / 2;
  mutable std::mutex mutex_;
  std::map<std::string, SteadyTime> held_;  ///< By their handles; until when they are invisible to others.
  std::vector<std::string> deleted_;
  std::optional<SteadyTime> tell_at_;  ///< When the queue is to be told of them, at the latest.
  std::vector<std::pair<std::string, std::chrono::seconds>> given_back_;
  std::set<std::string> buried_;  ///< By their ids, so that statistics count each once.
};

/// What the engine tells of a message.
class SqsReceipt final : public MessageReceipt {
 public:
  /// @param id What the queue calls the message, each time that it delivers it.
  SqsReceipt(std::shared_ptr<SqsReceipts> receipts, std::string handle, std::string id)
      : receipts_{std::move(receipts)},
        handle_{std::move(handle)},
        id_{std::move(id)},
        was_buried_{receipts_->was_buried(id_)} {}

  bool begin() noexcept override { return receipts_->extend(handle_); }
  void acknowledge() noexcept override { receipts_->acknowledge(handle_); }
  bool retry_after(std::chrono::milliseconds delay) noexcept override {
    receipts_->give_back(handle_, delay);
    return true;
  }
  bool bury(std::chrono::milliseconds delay) noexcept override {
    receipts_->bury(handle_, id_, delay);
    return true;
  }
  bool was_buried() const noexcept override { return was_buried_; }
  void release() noexcept override { receipts_->give_back(handle_, std::chrono::milliseconds{0}); }

 private:
  std::shared_ptr<SqsReceipts> receipts_;
  std::string handle_;
  std::string id_;
  bool was_buried_;
};

}  // namespace castore::detail

#endif
