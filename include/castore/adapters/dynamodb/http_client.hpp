// SPDX-License-Identifier: MIT
#ifndef CASTORE_ADAPTERS_DYNAMODB_HTTP_CLIENT_HPP
#define CASTORE_ADAPTERS_DYNAMODB_HTTP_CLIENT_HPP

#include <castore/adapters/dynamodb/client.hpp>
#include <castore/adapters/dynamodb/credentials.hpp>
#include <castore/adapters/dynamodb/credentials_chain.hpp>
#include <castore/adapters/dynamodb/environment.hpp>
#include <castore/adapters/dynamodb/http.hpp>
#include <castore/adapters/dynamodb/signature_v4.hpp>
#include <castore/core/errors.hpp>
#include <castore/detail/text.hpp>

#include <curl/curl.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <ctime>
#include <functional>
#include <iterator>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace castore {

/// @brief How a `DynamoDbHttpClient` finds and calls DynamoDB. What is left empty comes from where AWS's own tools take
/// it.
struct DynamoDbHttpClientOptions {
  /// @brief Such as `eu-west-1`. Else `AWS_REGION`, `AWS_DEFAULT_REGION`, the profile's `region`.
  std::string region{};
  /// @brief Such as `http://localhost:8000`. Else `AWS_ENDPOINT_URL_DYNAMODB`, `AWS_ENDPOINT_URL`, the profile's
  /// `endpoint_url`, the region's own.
  std::string endpoint{};
  /// @brief The profile in the shared files, which then comes before the environment's keys. Else `AWS_PROFILE`,
  /// `default`.
  std::string profile{};
  /// @brief Keys that never change. Else `credentials_provider`.
  std::optional<AwsCredentials> credentials{};
  /// @brief Gets credentials. Else the environment, the profile, a web identity token file, a container's endpoint, the
  /// EC2 instance metadata service, in this order.
  AwsCredentialsProvider credentials_provider{};
  std::size_t max_connections = 64;                   ///< At least 1; a call waits when all are in use.
  std::chrono::milliseconds connect_timeout{3'000};   ///< For a connection to be made.
  std::chrono::milliseconds request_timeout{10'000};  ///< For one request from beginning to end; 0 waits for ever.
  std::string ca_file{};  ///< Certificates to trust, as a PEM file. Else `AWS_CA_BUNDLE`, the system's.
  /// @brief Now; signatures and the expiry of credentials depend on it.
  std::function<std::chrono::system_clock::time_point()> clock{[] { return std::chrono::system_clock::now(); }};
};

/// @brief The `DynamoDbClient` that comes with the library: libcurl with kept connections, Signature Version 4 with
/// OpenSSL.
///
/// **Guarantees**
/// - Any number of threads may use one client. A thread that calls again uses the same connection; connections are kept
///   open and no more are made than calls run at the same time, up to `max_connections`.
/// - A request is sent once. It is sent a second time only after an answer which says that it was not done: because the
///   clock is wrong (that of the server is used from then on) or because the credentials expired (new ones are got).
/// - TLS certificates are verified. Secrets are in no error.
///
/// **Errors** `DynamoDbError`, `DynamoDbConnectionError`, `AwsCredentialsError`.
class DynamoDbHttpClient {
 public:
  /// @brief Reads the environment and the shared files; it does not connect yet.
  /// @throws StorageError when there is no region, or region or endpoint are none; AwsCredentialsError
  explicit DynamoDbHttpClient(const DynamoDbHttpClientOptions& options = {})
      : DynamoDbHttpClient{options, detail::process_environment} {}

  /// @brief Sends a request. @return The answer's JSON text.
  /// @throws DynamoDbError, DynamoDbConnectionError, AwsCredentialsError
  std::string call(std::string_view operation, const std::string& request) {
    bool clock_corrected = false;
    bool credentials_renewed = false;
    for (;;) {
      const AwsCredentials credentials = credentials_.get();
      const std::chrono::system_clock::time_point now = clock_();
      const std::chrono::seconds offset{clock_offset_.load(std::memory_order_relaxed)};
      detail::HttpResponse response = pool_.send(
          signed_request(operation, request, credentials, std::chrono::floor<std::chrono::seconds>(now) + offset));
      if (response.status == 200) return std::move(response.body);
      const DynamoDbError error = read_error(response);
      if (!clock_corrected && correct_clock(error, response.date, now, offset)) {
        clock_corrected = true;
        continue;
      }
      const bool expired = error.code() == "ExpiredTokenException" || error.code() == "ExpiredToken";
      if (!credentials_renewed && expired && credentials_.refuse(credentials)) {
        credentials_renewed = true;
        continue;
      }
      throw error;
    }
  }

  /// @brief Where requests go, such as `https://dynamodb.eu-west-1.amazonaws.com`.
  const std::string& endpoint() const noexcept { return endpoint_; }
  /// @brief The region that requests are signed for.
  const std::string& region() const noexcept { return region_; }

 private:
  struct Settings {
    std::string region;
    std::string endpoint;
  };

  DynamoDbHttpClient(const DynamoDbHttpClientOptions& options, const detail::AwsEnvironment& environment)
      : DynamoDbHttpClient{options, environment, settings(options, environment)} {}
  DynamoDbHttpClient(const DynamoDbHttpClientOptions& options, const detail::AwsEnvironment& environment,
                     Settings settings)
      : region_{std::move(settings.region)},
        endpoint_{std::move(settings.endpoint)},
        clock_{options.clock},
        pool_{http_options(options, environment), options.max_connections},
        credentials_{provider(options, environment, region_), clock_} {
    while (endpoint_.ends_with('/')) endpoint_.pop_back();
    const std::size_t scheme = endpoint_.find("://");
    const std::string_view after =
        std::string_view{endpoint_}.substr(scheme == std::string::npos ? endpoint_.size() : scheme + 3);
    const std::size_t slash = std::min(after.find('/'), after.size());
    host_ = after.substr(0, slash);
    path_ = std::string{after.substr(slash)} + "/";
    // libcurl escapes other characters on their way, after the path was signed.
    const auto is_sent_as_it_is = [](char character) {
      return character > ' ' && character <= '~' && std::string_view{"@?#"}.find(character) == std::string_view::npos;
    };
    if (host_.empty() || !std::ranges::all_of(endpoint_, is_sent_as_it_is)) {
      // It is not repeated here: it may hold a password.
      throw StorageError{
          "the DynamoDB endpoint is no address like https://dynamodb.eu-west-1.amazonaws.com or http://localhost:8000"};
    }
    // libcurl leaves the scheme's own port out of the header Host, which is signed.
    const bool is_https = endpoint_.starts_with("https://");
    for (const std::string_view port : {std::string_view{is_https ? ":443" : ":80"}}) {
      if (host_.ends_with(port)) host_.resize(host_.size() - port.size());
    }
  }

  static Settings settings(const DynamoDbHttpClientOptions& options, const detail::AwsEnvironment& environment) {
    const detail::AwsProfile profile =
        detail::load_aws_profile(environment, detail::aws_profile_name(environment, options.profile));
    Settings result{options.region, options.endpoint};
    for (const char* const name : {"AWS_REGION", "AWS_DEFAULT_REGION"}) {
      if (result.region.empty()) result.region = environment(name).value_or("");
    }
    if (result.region.empty()) result.region = detail::setting(profile, "region").value_or("");
    const bool ignored = environment("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS").value_or("") == "true";
    for (const char* const name : {"AWS_ENDPOINT_URL_DYNAMODB", "AWS_ENDPOINT_URL"}) {
      if (result.endpoint.empty() && !ignored) result.endpoint = environment(name).value_or("");
    }
    if (result.endpoint.empty() && !ignored) {
      result.endpoint = detail::setting(profile, "endpoint_url").value_or("");
    }
    if (result.region.empty()) {
      throw StorageError{"no AWS region is known; give one in the options, in AWS_REGION, or in the profile"};
    }
    const auto is_of_name = [](char character) { return character > ' ' && character <= '~' && character != '/'; };
    if (!std::ranges::all_of(result.region, is_of_name)) {
      throw StorageError{"the AWS region " + detail::in_quotes(result.region) + " is no name like eu-west-1"};
    }
    if (result.endpoint.empty()) {
      result.endpoint = "https://dynamodb." + result.region +
                        (result.region.starts_with("cn-") ? ".amazonaws.com.cn" : ".amazonaws.com");
    }
    return result;
  }

  static detail::HttpOptions http_options(const DynamoDbHttpClientOptions& options,
                                          const detail::AwsEnvironment& environment) {
    return {options.connect_timeout, options.request_timeout,
            options.ca_file.empty() ? environment("AWS_CA_BUNDLE").value_or("") : options.ca_file};
  }

  static AwsCredentialsProvider provider(const DynamoDbHttpClientOptions& options,
                                         const detail::AwsEnvironment& environment, const std::string& region) {
    if (options.credentials) return [credentials = *options.credentials] { return credentials; };
    if (options.credentials_provider) return options.credentials_provider;
    return detail::AwsCredentialsChain{environment, options.profile, region, http_options(options, environment)};
  }

  detail::HttpRequest signed_request(std::string_view operation, const std::string& request,
                                     const AwsCredentials& credentials, std::chrono::sys_seconds time) const {
    for (const std::string* const part :
         {&credentials.access_key_id, &credentials.secret_access_key, &credentials.session_token}) {
      if (part->find_first_of("\r\n") != std::string::npos) {
        throw AwsCredentialsError{"a key or the session token has a line break; remove it"};
      }
    }
    detail::AwsRequest to_sign{.method = "POST",
                               .path = path_,
                               .headers = {{"content-type", "application/x-amz-json-1.0"},
                                           {"host", host_},
                                           {"x-amz-date", detail::amz_date(time)},
                                           {"x-amz-target", "DynamoDB_20120810." + std::string{operation}}},
                               .body = request};
    if (!credentials.session_token.empty()) {
      to_sign.headers.emplace_back("x-amz-security-token", credentials.session_token);
    }
    const auto signature =
        detail::sign_v4(to_sign, credentials, {.region = region_, .service = "dynamodb", .time = time});
    detail::HttpRequest result{.url = endpoint_ + "/", .body = request};
    for (const auto& [name, value] : to_sign.headers) result.headers.push_back(name + ": " + value);
    result.headers.push_back("authorization: " + signature.authorization);
    return result;
  }

  static DynamoDbError read_error(const detail::HttpResponse& response) {
    const auto json = nlohmann::json::parse(response.body, nullptr, false);
    const auto text = [](const nlohmann::json& object, const char* name) -> std::string {
      if (!object.is_object() || !object.contains(name) || !object[name].is_string()) return {};
      return object[name].get<std::string>();
    };
    if (json.is_discarded() && response.body.starts_with('{')) {
      throw DynamoDbConnectionError{"the answer of HTTP status " + std::to_string(response.status) + " is cut", true};
    }
    std::string code = text(json, "__type");
    code.erase(0, code.find('#') + 1);
    std::string message = text(json, "message");
    if (message.empty()) message = text(json, "Message");
    std::vector<std::string> reasons;
    if (json.is_object() && json.contains("CancellationReasons") && json["CancellationReasons"].is_array()) {
      for (const auto& reason : json["CancellationReasons"]) reasons.push_back(text(reason, "Code"));
    }
    // What AWS says of a wrong signature holds the canonical request, and that the session token.
    constexpr std::string_view canonical = "The Canonical String";
    if (const std::size_t place = message.find(canonical); place != std::string::npos) message.resize(place);
    return {static_cast<int>(response.status), std::move(code), message, std::move(reasons)};
  }

  /// Takes over the server's time when that is why it refused.
  bool correct_clock(const DynamoDbError& error, const std::string& date, std::chrono::system_clock::time_point now,
                     std::chrono::seconds used) {
    constexpr std::chrono::seconds tolerated{60};
    constexpr std::string_view codes[] = {"RequestTimeTooSkewed", "RequestExpired", "RequestInTheFuture",
                                          "InvalidSignatureException", "SignatureDoesNotMatch"};
    if (std::ranges::find(codes, error.code()) == std::end(codes)) return false;
    const std::time_t server = curl_getdate(date.c_str(), nullptr);
    if (server == -1) return false;
    const auto offset = std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::from_time_t(server) - now);
    if (std::chrono::abs(offset - used) < tolerated) return false;
    clock_offset_.store(offset.count(), std::memory_order_relaxed);
    return true;
  }

  std::string region_;
  std::string endpoint_;
  std::string host_;
  std::string path_;
  std::function<std::chrono::system_clock::time_point()> clock_;
  detail::HttpPool pool_;
  detail::CachedCredentials credentials_;
  std::atomic<std::int64_t> clock_offset_{0};  // seconds
};

static_assert(DynamoDbClient<DynamoDbHttpClient>);

}  // namespace castore

#endif
