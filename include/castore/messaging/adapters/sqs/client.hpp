// SPDX-License-Identifier: MIT
#ifndef CASTORE_MESSAGING_ADAPTERS_SQS_CLIENT_HPP
#define CASTORE_MESSAGING_ADAPTERS_SQS_CLIENT_HPP

#include <castore/aws/client.hpp>
#include <castore/aws/http_client.hpp>
#include <castore/aws/json_client.hpp>
#include <castore/config.hpp>

#include <cstddef>
#include <string>
#include <string_view>

namespace castore {

namespace detail {

inline constexpr AwsJsonService sqs_service{
    {"Amazon SQS", "sqs.", "sqs", "AWS_ENDPOINT_URL_SQS"}, "AmazonSQS.", "application/x-amz-json-1.0"};

/// Where a queue is says where requests go: `https://sqs.eu-west-1.amazonaws.com/123456789012/pokemons`.
inline AwsHttpClientOptions sqs_client_options(AwsHttpClientOptions options, std::string_view queue_url) {
  const std::size_t scheme = queue_url.find("://");
  const std::size_t start = scheme == std::string_view::npos ? 0 : scheme + 3;
  const std::string_view host = queue_url.substr(start, queue_url.find('/', start) - start);
  if (options.endpoint.empty()) options.endpoint = std::string{queue_url.substr(0, start)}.append(host);
  constexpr std::string_view service = "sqs.";
  const std::size_t end = host.find(".amazonaws.com");
  if (options.region.empty() && host.starts_with(service) && end != std::string_view::npos) {
    options.region = host.substr(service.size(), end - service.size());
  }
  return options;
}

}  // namespace detail

/// @brief The `AwsClient` of Amazon SQS that comes with the library; see `AwsHttpClient` for its guarantees.
/// **Errors** `AwsError`, `AwsConnectionError`, `AwsCredentialsError`.
/// @code
/// castore::SqsHttpClient client{{.region = "eu-west-1"}};
/// const std::string answer = client.call("ListQueues", "{}");
/// @endcode
class SqsHttpClient : public AwsJsonHttpClient {
 public:
  /// @brief Reads the environment and the shared files; it does not connect yet.
  /// @throws AwsSettingsError when there is no region, or region or endpoint are none; AwsCredentialsError
  explicit SqsHttpClient(const AwsHttpClientOptions& options = {}) : AwsJsonHttpClient{options, detail::sqs_service} {}
};

static_assert(AwsClient<SqsHttpClient>);

}  // namespace castore

#endif
