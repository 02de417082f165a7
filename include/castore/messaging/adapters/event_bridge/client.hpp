// SPDX-License-Identifier: MIT
#ifndef CASTORE_MESSAGING_ADAPTERS_EVENT_BRIDGE_CLIENT_HPP
#define CASTORE_MESSAGING_ADAPTERS_EVENT_BRIDGE_CLIENT_HPP

#include <castore/aws/client.hpp>
#include <castore/aws/http_client.hpp>
#include <castore/aws/json_client.hpp>
#include <castore/config.hpp>

namespace castore {

namespace detail {

inline constexpr AwsJsonService event_bridge_service{
    {"Amazon EventBridge", "events.", "events", "AWS_ENDPOINT_URL_EVENTBRIDGE"},
    "AWSEvents.",
    "application/x-amz-json-1.1"};

}  // namespace detail

/// @brief The `AwsClient` of Amazon EventBridge that comes with the library; see `AwsHttpClient` for its guarantees.
/// **Errors** `AwsError`, `AwsConnectionError`, `AwsCredentialsError`.
/// @code
/// castore::EventBridgeHttpClient client{{.region = "eu-west-1"}};
/// const std::string answer = client.call("ListEventBuses", "{}");
/// @endcode
class EventBridgeHttpClient : public AwsJsonHttpClient {
 public:
  /// @brief Reads the environment and the shared files; it does not connect yet.
  /// @throws AwsSettingsError when there is no region, or region or endpoint are none; AwsCredentialsError
  explicit EventBridgeHttpClient(const AwsHttpClientOptions& options = {})
      : AwsJsonHttpClient{options, detail::event_bridge_service} {}
};

static_assert(AwsClient<EventBridgeHttpClient>);

}  // namespace castore

#endif
