// SPDX-License-Identifier: MIT
#ifndef CASTORE_ADAPTERS_DYNAMODB_STREAM_HPP
#define CASTORE_ADAPTERS_DYNAMODB_STREAM_HPP

#include <castore/adapters/dynamodb/caller.hpp>
#include <castore/adapters/dynamodb/client.hpp>
#include <castore/adapters/dynamodb/errors.hpp>
#include <castore/adapters/dynamodb/http_client.hpp>
#include <castore/adapters/dynamodb/requests.hpp>
#include <castore/adapters/dynamodb/stream_records.hpp>
#include <castore/aws/http_client.hpp>
#include <castore/aws/json_scanner.hpp>
#include <castore/aws/retry.hpp>
#include <castore/core/errors.hpp>
#include <castore/core/event_storage_adapter.hpp>
#include <castore/detail/text.hpp>

#include <chrono>
#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace castore {

template <class Stream, class Feed>
class DynamoDbStreamRelay;

/// @brief How a `DynamoDbStream` is read.
struct DynamoDbStreamOptions {
  /// @brief Of the client that it makes when it is given none; without a region it takes the one in the stream's ARN.
  AwsHttpClientOptions client{};
  AwsRetryPolicy retry{};     ///< How often and how long it tries.
  std::size_t batch_size = 1'000;  ///< The most records of one answer, 1 to 1,000.
  /// @brief Between two answers of one shard: DynamoDB gives five in a second, to all readers together.
  std::chrono::milliseconds pause{200};
};

/// @brief The stream of changes of a DynamoDB table, and that table: what a `DynamoDbStreamRelay` reads.
///
/// The table needs a stream with the view type `NEW_IMAGE` or `NEW_AND_OLD_IMAGES`; its ARN is `LatestStreamArn` in
/// what `DescribeTable` says. One thread at a time.
/// @tparam Table An adapter, such as `DynamoDbEventStorageAdapter`; it is asked for what the stream does not have.
template <class Table>
class DynamoDbStream {
  static_assert(GetsEvents<const Table> && ListsAggregateIds<const Table>,
                "castore: a DynamoDbStream needs the adapter of its table: "
                "castore::DynamoDbEventStorageAdapter table{\"events\"}; castore::DynamoDbStream stream{table, arn};");

 public:
  /// @brief Uses a client of its own. @param table Whose stream it is; it must outlive this object.
  /// @throws AwsSettingsError, AwsCredentialsError
  DynamoDbStream(const Table& table, std::string stream_arn, const DynamoDbStreamOptions& options = {})
      : DynamoDbStream{table, std::make_shared<DynamoDbStreamsHttpClient>(with_region(options.client, stream_arn)),
                       std::move(stream_arn), options} {}
  /// @brief Shares a client, such as one over the AWS SDK; `options.client` then means nothing.
  template <AwsClient Client>
  DynamoDbStream(const Table& table, std::shared_ptr<Client> client, std::string stream_arn,
                 const DynamoDbStreamOptions& options = {})
      : table_{table},
        caller_{std::move(client), options.retry},
        arn_{std::move(stream_arn)},
        sleep_{options.retry.sleep},
        batch_size_{options.batch_size},
        pause_{options.pause} {}

  /// @brief The adapter of the table.
  const Table& table() const noexcept { return table_; }
  /// @brief The stream's ARN.
  const std::string& arn() const noexcept { return arn_; }

 private:
  template <class Stream, class Feed>
  friend class DynamoDbStreamRelay;

  /// All shards, as they are listed.
  /// @throws StorageError, also when the stream does not tell what is in the table.
  detail::StreamDescription describe() const {
    detail::StreamDescription all;
    for (std::string after;;) {
      std::string request = begin_request();
      if (!after.empty()) {
        request += ',';
        detail::append_text_member(request, "ExclusiveStartShardId", after);
      }
      detail::StreamDescription page = call("DescribeStream", request + '}', "describe",
                                            [](auto text) { return detail::read_stream_description(text); });
      if (page.view_type != "NEW_IMAGE" && page.view_type != "NEW_AND_OLD_IMAGES") {
        throw StorageError{"the stream " + name() + " has the view type " + detail::in_quotes(page.view_type) +
                           ", which does not hold the events; make one with NEW_IMAGE"};
      }
      all.shards.insert(all.shards.end(), page.shards.begin(), page.shards.end());
      all.status = std::move(page.status);
      if (page.last_shard_id.empty()) return all;
      if (page.last_shard_id == after) throw StorageError{"cannot describe " + name() + ": a page ends where it began"};
      after = std::move(page.last_shard_id);
    }
  }

  /// @param after The sequence number to read after; empty: from the oldest record on.
  /// @return Nothing when that record is not in the stream any more. @throws StorageError
  std::optional<std::string> iterator(const std::string& shard_id, const std::string& after) const {
    std::string request = begin_request() + ',';
    detail::append_text_member(request, "ShardId", shard_id);
    request += ',';
    detail::append_text_member(request, "ShardIteratorType", after.empty() ? "TRIM_HORIZON" : "AFTER_SEQUENCE_NUMBER");
    if (!after.empty()) {
      request += ',';
      detail::append_text_member(request, "SequenceNumber", after);
    }
    try {
      return call("GetShardIterator", request + '}', "read a shard of",
                  [](auto text) { return detail::read_shard_iterator(text); });
    } catch (const StorageError& error) {
      if (code_in(error) == "TrimmedDataAccessException") return std::nullopt;
      throw;
    }
  }

  /// What became of a look at a shard.
  enum class Answer { records, expired, trimmed };
  /// @throws StorageError
  Answer records(const std::string& iterator, detail::StreamRecords& records) const {
    std::string request{"{"};
    detail::append_text_member(request, "ShardIterator", iterator);
    detail::append_limit(request, batch_size_);
    try {
      records = call("GetRecords", request + '}', "read records of",
                     [](auto text) { return detail::read_stream_records(text); });
      return Answer::records;
    } catch (const StorageError& error) {
      const std::string code = code_in(error);
      if (code == "ExpiredIteratorException") return Answer::expired;
      if (code == "TrimmedDataAccessException") return Answer::trimmed;
      throw;
    }
  }

  void sleep(std::chrono::milliseconds duration) const { sleep_(duration); }
  std::chrono::milliseconds pause() const noexcept { return pause_; }

  static AwsHttpClientOptions with_region(AwsHttpClientOptions client, std::string_view arn) {
    // arn:aws:dynamodb:REGION:ACCOUNT:table/NAME/stream/LABEL
    for (int part = 0; client.region.empty() && part < 3; ++part)
      arn.remove_prefix((std::min)(arn.find(':') + 1, arn.size()));
    if (client.region.empty() && arn.find(':') != std::string_view::npos) client.region = arn.substr(0, arn.find(':'));
    return client;
  }

  std::string name() const { return "DynamoDB stream " + detail::in_quotes(arn_); }
  std::string begin_request() const {
    std::string request{"{"};
    detail::append_text_member(request, "StreamArn", arn_);
    return request;
  }

  template <class Read>
  auto call(std::string_view operation, const std::string& request, std::string_view what, const Read& read) const {
    detail::DynamoDbAction action{.what = std::string{what} + " the " + name()};
    std::string answer;
    try {
      answer = caller_.call(operation, request, action);
    } catch (const DynamoDbError& error) {
      if (error.code() != "ResourceNotFoundException") detail::throw_dynamodb_refusal(action.what, error, false);
      std::throw_with_nested(StorageError{
          "cannot " + action.what +
          ": there is no such stream or shard; a table whose stream was turned off and on again has another one, whose "
          "ARN DescribeTable says (docs/guides/dynamodb_streams.md)"});
    }
    try {
      return read(answer);
    } catch (const detail::JsonScanError& error) {
      throw detail::damaged_dynamodb_answer(action, error.what());
    }
  }

  /// The code that AWS gave, of a nested error.
  static std::string code_in(const StorageError& error) {
    try {
      std::rethrow_if_nested(error);
    } catch (const DynamoDbError& native) {
      return native.code();
    } catch (...) {
      return {};
    }
    return {};
  }

  const Table& table_;
  detail::DynamoDbCaller caller_;
  std::string arn_;
  std::function<void(std::chrono::milliseconds)> sleep_;
  std::size_t batch_size_;
  std::chrono::milliseconds pause_;
};

}  // namespace castore

#endif
