// SPDX-License-Identifier: MIT
#ifndef CASTORE_AWS_JSON_CLIENT_HPP
#define CASTORE_AWS_JSON_CLIENT_HPP

#include <castore/aws/client.hpp>
#include <castore/aws/deadline.hpp>
#include <castore/aws/error_answers.hpp>
#include <castore/aws/http.hpp>
#include <castore/aws/http_client.hpp>
#include <castore/config.hpp>

#include <chrono>
#include <span>
#include <string>
#include <string_view>
#include <utility>

namespace castore {

/// @brief What the clients share of services that take JSON and report errors as `AwsError`. Take that of a service,
/// such as `SqsHttpClient` or `EventBridgeHttpClient`; see `AwsHttpClient` for the guarantees.
/// **Errors** `AwsError`, `AwsConnectionError`, `AwsCredentialsError`.
class AwsJsonHttpClient : public AwsHttpClient {
 public:
  /// @brief Sends a request. @return The answer's JSON text.
  /// @throws AwsError, AwsConnectionError, AwsCredentialsError
  std::string call(std::string_view operation, const std::string& request) {
    return call(operation, request, detail::no_deadline);
  }
  /// @brief The same, ending by the deadline if that is earlier than the time-out.
  std::string call(std::string_view operation, const std::string& request,
                   std::chrono::steady_clock::time_point deadline) {
    return call_json(json_service_, operation, request, deadline,
                     [this](const detail::HttpResponse& response, std::span<const std::string_view> secrets) {
                       detail::AwsErrorAnswer answer = detail::read_aws_error(response, secrets);
                       return AwsError{std::string{json_service_.name}, static_cast<int>(response.status),
                                       std::move(answer.code), answer.message};
                     });
  }

 protected:
  /// Reads the environment and the shared files; it does not connect yet.
  /// @throws AwsSettingsError, AwsCredentialsError
  AwsJsonHttpClient(const AwsHttpClientOptions& options, const detail::AwsJsonService& service)
      : AwsHttpClient{options, service}, json_service_{service} {}

 private:
  detail::AwsJsonService json_service_;
};

}  // namespace castore

#endif
