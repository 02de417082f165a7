// SPDX-License-Identifier: MIT
#ifndef CASTORE_ADAPTERS_DYNAMODB_HTTP_CLIENT_HPP
#define CASTORE_ADAPTERS_DYNAMODB_HTTP_CLIENT_HPP

#include <castore/adapters/dynamodb/answers.hpp>
#include <castore/aws/client.hpp>
#include <castore/aws/deadline.hpp>
#include <castore/aws/http_client.hpp>
#include <castore/config.hpp>

#include <chrono>
#include <string>
#include <string_view>

namespace castore {

namespace detail {

inline constexpr AwsJsonService dynamodb_tables_service{
    {"DynamoDB", "dynamodb.", "dynamodb", "AWS_ENDPOINT_URL_DYNAMODB"},
    "DynamoDB_20120810.",
    "application/x-amz-json-1.0"};
inline constexpr AwsJsonService dynamodb_streams_service{
    {"DynamoDB", "streams.dynamodb.", "dynamodb", "AWS_ENDPOINT_URL_DYNAMODB_STREAMS"},
    "DynamoDBStreams_20120810.",
    "application/x-amz-json-1.0"};

}  // namespace detail

/// @brief The `AwsClient` of DynamoDB that comes with the library; see `AwsHttpClient` for its guarantees.
/// **Errors** `DynamoDbError`, `AwsConnectionError`, `AwsCredentialsError`.
/// @code
/// castore::DynamoDbHttpClient client{{.region = "eu-west-1"}};
/// castore::DynamoDbEventStorageAdapter storage{client, "events"};
/// @endcode
class DynamoDbHttpClient : public AwsHttpClient {
 public:
  /// @brief Reads the environment and the shared files; it does not connect yet.
  /// @throws AwsSettingsError when there is no region, or region or endpoint are none; AwsCredentialsError
  explicit DynamoDbHttpClient(const AwsHttpClientOptions& options = {})
      : DynamoDbHttpClient{options, detail::dynamodb_tables_service} {}

  /// @brief Sends a request. @return The answer's JSON text.
  /// @throws DynamoDbError, AwsConnectionError, AwsCredentialsError
  std::string call(std::string_view operation, const std::string& request) {
    return call(operation, request, detail::no_deadline);
  }
  /// @brief The same, ending by the deadline if that is earlier than the time-out.
  std::string call(std::string_view operation, const std::string& request,
                   std::chrono::steady_clock::time_point deadline) {
    return call_json(service_, operation, request, deadline, detail::read_dynamodb_error);
  }

 protected:
  /// For another part of DynamoDB.
  DynamoDbHttpClient(const AwsHttpClientOptions& options, const detail::AwsJsonService& service)
      : AwsHttpClient{options, service}, service_{service} {}

 private:
  detail::AwsJsonService service_;
};

/// @brief The same for DynamoDB Streams, at the region's `streams.dynamodb`; its endpoint may be said by
/// `AWS_ENDPOINT_URL_DYNAMODB_STREAMS`.
class DynamoDbStreamsHttpClient : public DynamoDbHttpClient {
 public:
  /// @brief As a `DynamoDbHttpClient`. @throws AwsSettingsError, AwsCredentialsError
  explicit DynamoDbStreamsHttpClient(const AwsHttpClientOptions& options = {})
      : DynamoDbHttpClient{options, detail::dynamodb_streams_service} {}
};

static_assert(AwsClient<DynamoDbHttpClient> && AwsClient<DynamoDbStreamsHttpClient>);

}  // namespace castore

#endif
