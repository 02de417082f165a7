// SPDX-License-Identifier: MIT
#ifndef CASTORE_MESSAGING_ADAPTERS_AWS_BATCHES_HPP
#define CASTORE_MESSAGING_ADAPTERS_AWS_BATCHES_HPP

#include <castore/aws/client.hpp>
#include <castore/aws/deadline.hpp>
#include <castore/aws/retry.hpp>
#include <castore/config.hpp>
#include <castore/detail/text.hpp>
#include <castore/messaging/errors.hpp>

#include <nlohmann/json.hpp>

#include <algorithm>
#include <cstddef>
#include <exception>
#include <functional>
#include <numeric>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace castore::detail {

/// A message on its way to a service that takes several at once.
struct AwsOutgoingMessage {
  nlohmann::json entry{};  ///< As the service wants it.
  std::size_t size = 0;    ///< In bytes, as the service counts them.
  /// Of the messages with the same one none is sent before those that come before it were taken; empty: it does not
  /// matter.
  std::string lane{};
  std::string name{};  ///< As errors call it.
};

enum class AwsEntryStatus { taken, transient, refused };

/// What a service says of one message of a batch.
struct AwsEntryResult {
  AwsEntryStatus status = AwsEntryStatus::transient;
  std::string what{};  ///< Why not.
};

struct AwsBatchLimits {
  std::size_t max_entries = 10;
  std::size_t max_message_size = 0;  ///< In bytes.
  std::size_t max_batch_size = 0;    ///< In bytes, of all messages of a batch.
};

/// Publishes messages in batches, again what was not taken though it may be later.
class AwsBatchPublisher {
 public:
  /// Sends a batch once. @throws What is `AwsError` or `AwsConnectionError` after its own retries, or anything else.
  using Send = std::function<std::vector<AwsEntryResult>(const std::vector<const AwsOutgoingMessage*>&)>;

  AwsBatchPublisher(const AwsRetryPolicy& policy, const AwsBatchLimits& limits, const Send& send)
      : policy_{policy}, limits_{limits}, send_{send} {}

  /// @throws MessagesNotPublishedError
  void publish(const std::vector<AwsOutgoingMessage>& messages) {
    refuse_too_large(messages);
    std::vector<std::size_t> pending(messages.size());
    std::iota(pending.begin(), pending.end(), std::size_t{0});
    std::vector<std::size_t> refused;
    std::string why;
    bool may_help = true;
    const auto give_up = [&](const std::vector<std::size_t>& indices) {
      refused.insert(refused.end(), indices.begin(), indices.end());
      std::ranges::sort(refused);
    };
    std::optional<Deadline> deadline;  // when nothing gets on; each message that is taken begins a new one
    for (int fruitless = 0; !pending.empty();) {
      const std::vector<std::size_t> batch = next_batch(messages, pending);
      std::vector<const AwsOutgoingMessage*> entries;
      for (const std::size_t index : batch) entries.push_back(&messages[index]);
      std::vector<AwsEntryResult> results;
      try {
        results = send_(entries);
      } catch (const AwsError& error) {
        give_up(pending);
        std::throw_with_nested(MessagesNotPublishedError{refused, reason(why, without_prefix(error.what())),
                                                         may_help && is_transient_aws_error(error)});
      } catch (const AwsConnectionError& error) {
        give_up(pending);
        std::throw_with_nested(MessagesNotPublishedError{refused, reason(why, without_prefix(error.what())),
                                                         may_help && error.retryable()});
      }
      results.resize(batch.size(), {AwsEntryStatus::transient, "the answer does not tell of it"});
      bool any_taken = false;
      bool any_transient = false;
      std::string transient_why;
      for (std::size_t place = 0; place < batch.size(); ++place) {
        const auto& [status, what] = results[place];
        any_taken = any_taken || status == AwsEntryStatus::taken;
        if (status == AwsEntryStatus::taken) std::erase(pending, batch[place]);
        if (status == AwsEntryStatus::transient) {
          any_transient = true;
          transient_why = messages[batch[place]].name + ": " + what;
        }
        if (status == AwsEntryStatus::refused) {
          if (why.empty()) why = messages[batch[place]].name + ": " + what;
          may_help = false;
          give_up(take_lane(messages, pending, batch[place]));
        }
      }
      if (!any_transient) {
        fruitless = 0;
        continue;
      }
      fruitless = any_taken ? 1 : fruitless + 1;
      if (fruitless == 1) deadline = deadline_after(policy_.deadline);
      const auto pause = aws_wait(policy_, fruitless);
      if (fruitless >= policy_.max_attempts || pause >= time_until(*deadline)) {
        if (why.empty()) why = std::move(transient_why);
        give_up(pending);
        break;
      }
      policy_.sleep(pause);
    }
    if (!refused.empty()) throw MessagesNotPublishedError{std::move(refused), why, may_help};
  }

 private:
  /// Before anything is sent.
  void refuse_too_large(const std::vector<AwsOutgoingMessage>& messages) const {
    for (const AwsOutgoingMessage& message : messages) {
      if (message.size <= limits_.max_message_size) continue;
      std::vector<std::size_t> all(messages.size());
      std::iota(all.begin(), all.end(), std::size_t{0});
      throw MessagesNotPublishedError{std::move(all),
                                      message.name + " (at index " + std::to_string(&message - messages.data()) +
                                          ") has " + std::to_string(message.size) + " bytes, more than the " +
                                          std::to_string(limits_.max_message_size) +
                                          " that are allowed; nothing was sent",
                                      false};
    }
  }

  /// The first of each lane, as many as a batch may have.
  std::vector<std::size_t> next_batch(const std::vector<AwsOutgoingMessage>& messages,
                                      const std::vector<std::size_t>& pending) const {
    std::vector<std::size_t> batch;
    std::set<std::string_view> lanes;
    std::size_t size = 0;
    for (const std::size_t index : pending) {
      const AwsOutgoingMessage& message = messages[index];
      if (!message.lane.empty() && !lanes.insert(message.lane).second) continue;
      if (!batch.empty() && size + message.size > limits_.max_batch_size) break;
      size += message.size;
      batch.push_back(index);
      if (batch.size() == limits_.max_entries) break;
    }
    return batch;
  }

  /// Takes a message out of those that are to be sent, and those of its lane, which must not overtake it.
  static std::vector<std::size_t> take_lane(const std::vector<AwsOutgoingMessage>& messages,
                                            std::vector<std::size_t>& pending, std::size_t refused) {
    std::vector<std::size_t> taken;
    std::erase_if(pending, [&](std::size_t index) {
      const std::string& lane = messages[index].lane;
      const bool is_held = index == refused || (!lane.empty() && lane == messages[refused].lane);
      if (is_held) taken.push_back(index);
      return is_held;
    });
    return taken;
  }

  static std::string reason(const std::string& before, const std::string& what) {
    return before.empty() ? what : before + "; " + what;
  }

  const AwsRetryPolicy& policy_;
  AwsBatchLimits limits_;
  const Send& send_;
};

}  // namespace castore::detail

#endif
