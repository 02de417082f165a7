// SPDX-License-Identifier: MIT
#ifndef CASTORE_MESSAGING_ADAPTERS_SQS_CLIENT_HPP
#define CASTORE_MESSAGING_ADAPTERS_SQS_CLIENT_HPP

#include <castore/aws/client.hpp>
#include <castore/aws/deadline.hpp>
#include <castore/aws/error_answers.hpp>
#include <castore/aws/http.hpp>
#include <castore/aws/http_client.hpp>
#include <castore/config.hpp>

#include <chrono>
#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <utility>

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
class SqsHttpClient : public AwsHttpClient {
 public:
  /// @brief Reads the environment and the shared files; it does not connect yet.
  /// @throws AwsSettingsError when there is no region, or region or endpoint are none; AwsCredentialsError
  explicit SqsHttpClient(const AwsHttpClientOptions& options = {}) : AwsHttpClient{options, detail::sqs_service} {}

  /// @brief Sends a request. @return The answer's JSON text.
  /// @throws AwsError, AwsConnectionError, AwsCredentialsError
  std::string call(std::string_view operation, const std::string& request) {
    return call(operation, request, detail::no_deadline);
  }
  /// @brief The same, ending by the deadline if that is earlier than the time-out.
  std::string call(std::string_view operation, const std::string& request,
                   std::chrono::steady_clock::time_point deadline) {
    return call_json(detail::sqs_service, operation, request, deadline,
                     [](const detail::HttpResponse& response, std::span<const std::string_view> secrets) {
                       detail::AwsErrorAnswer answer = detail::read_aws_error(response, secrets);
                       return AwsError{std::string{detail::sqs_service.name}, static_cast<int>(response.status),
                                       std::move(answer.code), answer.message};
                     });
  }
};

static_assert(AwsClient<SqsHttpClient>);

}  // namespace castore

#endif
