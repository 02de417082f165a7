// SPDX-License-Identifier: MIT
#ifndef CASTORE_MESSAGING_ADAPTERS_AWS_BATCH_CHANNEL_HPP
#define CASTORE_MESSAGING_ADAPTERS_AWS_BATCH_CHANNEL_HPP

#include <castore/aws/caller.hpp>
#include <castore/aws/client.hpp>
#include <castore/aws/http_client.hpp>
#include <castore/aws/retry.hpp>
#include <castore/config.hpp>
#include <castore/detail/text.hpp>
#include <castore/messaging/adapters/aws/batches.hpp>

#include <nlohmann/json.hpp>

#include <cstddef>
#include <string>
#include <utility>
#include <vector>

namespace castore::detail {

/// A member of an object; empty when it is not there, or not a text.
inline std::string text_member(const nlohmann::json& json, const char* name) {
  const auto found = json.is_object() ? json.find(name) : json.end();
  return found != json.end() && found->is_string() ? found->get<std::string>() : std::string{};
}

/// What becomes of a message that a service did not take. @param is_ours Whether it may be the message's fault.
inline AwsEntryResult failed_aws_entry(const AwsService& service, std::string code, const std::string& message,
                                       bool is_ours = true) {
  const AwsError error{std::string{service.name}, 200, std::move(code), message};
  return {is_ours && !is_transient_aws_error(error) ? AwsEntryStatus::refused : AwsEntryStatus::transient,
          without_prefix(error.what())};
}

/// Publishes messages by the operation of a service that takes several at once.
class AwsBatchChannel {
 public:
  /// @param max_size In bytes, of a message and of a batch.
  AwsBatchChannel(AwsCaller caller, std::string operation, std::size_t max_size)
      : caller_{std::move(caller)}, operation_{std::move(operation)}, max_size_{max_size} {}

  std::size_t max_size() const noexcept { return max_size_; }

  /// @param make_request Makes the request of a batch.
  /// @param read_results Is given an answer, and a result for each message, which say that the answer does not tell.
  /// @throws MessagesNotPublishedError, AwsCredentialsError
  template <class MakeRequest, class ReadResults>
  void publish(const std::vector<AwsOutgoingMessage>& messages, const MakeRequest& make_request,
               const ReadResults& read_results) const {
    const AwsBatchPublisher::Send send = [&](const std::vector<const AwsOutgoingMessage*>& batch) {
      AwsAction action{.what = "send", .is_write = true};
      const nlohmann::json answer =
          parse_json(caller_.call<AwsError>(operation_, make_request(batch).dump(), action, is_transient_aws_error));
      std::vector<AwsEntryResult> results(batch.size(), {AwsEntryStatus::transient, "the answer does not tell of it"});
      read_results(answer, results);
      return results;
    };
    AwsBatchPublisher{caller_.policy(), {.max_message_size = max_size_, .max_batch_size = max_size_}, send}.publish(
        messages);
  }

 private:
  AwsCaller caller_;
  std::string operation_;
  std::size_t max_size_;
};

}  // namespace castore::detail

#endif
