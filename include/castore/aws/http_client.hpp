// SPDX-License-Identifier: MIT
#ifndef CASTORE_AWS_HTTP_CLIENT_HPP
#define CASTORE_AWS_HTTP_CLIENT_HPP

#include <castore/aws/client.hpp>
#include <castore/aws/credentials.hpp>
#include <castore/aws/credentials_chain.hpp>
#include <castore/aws/deadline.hpp>
#include <castore/aws/environment.hpp>
#include <castore/aws/http.hpp>
#include <castore/aws/signature_v4.hpp>
#include <castore/config.hpp>
#include <castore/core/errors.hpp>

#include <curl/curl.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <ctime>
#include <functional>
#include <iterator>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>

namespace castore {

/// @brief What a client of AWS needs is missing or is not what it should be: no region is known, or the region or the
/// endpoint is not one.
/// **Handling:** fix: correct the options, the environment or the profile. Nothing was sent.
class CASTORE_DETAIL_THROWN AwsSettingsError : public Error {
 public:
  /// @brief Says what is wrong with which setting; `what` must hold no secret.
  explicit AwsSettingsError(const std::string& what) : Error{"castore: " + what} {}
};

/// @brief How a client finds and calls a service of AWS. What is left empty comes from where AWS's own tools take it.
struct AwsHttpClientOptions {
  /// @brief Such as `eu-west-1`. Else `AWS_REGION`, `AWS_DEFAULT_REGION`, the profile's `region`.
  std::string region{};
  /// @brief Such as `http://localhost:8000`. Else `AWS_ENDPOINT_URL_` with the service's name, such as
  /// `AWS_ENDPOINT_URL_DYNAMODB`, `AWS_ENDPOINT_URL`, the profile's `endpoint_url`, the region's own.
  std::string endpoint{};
  /// @brief The profile in the shared files, which then comes before the environment's keys. Else `AWS_PROFILE`,
  /// `default`.
  std::string profile{};
  /// @brief Keys that never change. Else `credentials_provider`.
  std::optional<AwsCredentials> credentials{};
  /// @brief Gets credentials. Else the environment, the profile, a web identity token file, a container's endpoint, the
  /// EC2 instance metadata service, in this order.
  AwsCredentialsProvider credentials_provider{};
  std::size_t max_connections = 64;  ///< At least 1; a call waits when all are in use.
  std::chrono::milliseconds connect_timeout = std::chrono::seconds{3};  ///< For a connection to be made.
  /// @brief For one call from beginning to end, with waiting for a connection and for credentials; 0 waits forever.
  std::chrono::milliseconds request_timeout = std::chrono::seconds{10};
  std::string ca_file{};  ///< Certificates to trust, as a PEM file. Else `AWS_CA_BUNDLE`, the system's.
  /// @brief The most bytes of an answer's body; a larger one is an error. DynamoDB's pages have up to 1 MB of data,
  /// whose JSON text may be some times as long. Answers that report errors have at most 256 kB, headers 64 kB.
  std::size_t max_answer_size = std::size_t{16} * 1024 * 1024;
  /// @brief Now; signatures and the expiry of credentials depend on it.
  std::function<std::chrono::system_clock::time_point()> clock{[] { return std::chrono::system_clock::now(); }};
};

namespace detail {

/// What services differ in.
struct AwsService {
  std::string_view name;          ///< As errors call it, such as `DynamoDB`.
  std::string_view host;          ///< What an endpoint of AWS begins with, such as `dynamodb.`.
  std::string_view signing_name;  ///< What signatures are made for, such as `dynamodb`.
  const char* endpoint_variable;  ///< Comes before `AWS_ENDPOINT_URL`.
};

/// A service whose requests are an operation's name and JSON.
struct AwsJsonService : AwsService {
  std::string_view target;        ///< What stands before an operation's name, such as `DynamoDB_20120810.`.
  std::string_view content_type;  ///< Such as `application/x-amz-json-1.0`.
};

}  // namespace detail

/// @brief What the clients that come with the library share: libcurl with kept connections, Signature Version 4 with
/// OpenSSL. Take that of a service, such as `DynamoDbHttpClient` or `SqsHttpClient`.
///
/// **Guarantees**
/// - Any number of threads may use one client. A thread that calls again uses the same connection; connections are kept
///   open and no more are made than calls run at the same time, up to `max_connections`.
/// - A request is sent once. It is sent a second time only after an answer which says that it was not done: because the
///   clock is wrong (that of the server is used from then on) or because the credentials expired (new ones are got).
/// - One time-out, computed once, bounds a call with all it has to wait for; the size of an answer is bounded.
/// - TLS certificates are verified. No error has text from anything that may hold a secret: keys, tokens, URLs (also
///   that of a proxy); an answer that repeats a secret is not repeated.
///
/// **Errors** `AwsError` or the service's own, `AwsConnectionError`, `AwsCredentialsError`.
class AwsHttpClient {
 public:
  /// @brief Where requests go, such as `https://dynamodb.eu-west-1.amazonaws.com`.
  const std::string& endpoint() const noexcept { return endpoint_; }
  /// @brief The region that requests are signed for.
  const std::string& region() const noexcept { return region_; }

 protected:
  /// Reads the environment and the shared files; it does not connect yet.
  /// @throws AwsSettingsError, AwsCredentialsError
  AwsHttpClient(const AwsHttpClientOptions& options, const detail::AwsService& service)
      : AwsHttpClient{options, service, detail::process_environment} {}

  /// Signs and sends a request, whose path is below that of the endpoint and whose header `Host` is added.
  /// @param read_error Makes the exception of an answer and of what it must not repeat.
  template <class ReadError>
  detail::HttpResponse send(const detail::AwsRequest& request, detail::Deadline deadline, const ReadError& read_error) {
    deadline = (std::min)(deadline, detail::deadline_after_timeout(request_timeout_));
    bool clock_corrected = false;
    bool credentials_renewed = false;
    for (;;) {
      const AwsCredentials credentials = credentials_.get(deadline);
      const std::chrono::system_clock::time_point now = clock_();
      const std::chrono::seconds offset{clock_offset_.load(std::memory_order_relaxed)};
      detail::AwsSignature signature;
      detail::HttpRequest signed_one =
          signed_request(request, credentials, std::chrono::floor<std::chrono::seconds>(now) + offset, signature);
      signed_one.deadline = deadline;
      detail::HttpResponse response = pool_.send(std::move(signed_one));
      if (response.status == 200) return response;
      const std::string_view secrets[] = {credentials.secret_access_key, credentials.session_token,
                                          signature.signature};
      const auto error = read_error(response, std::span<const std::string_view>{secrets});
      if (!clock_corrected && correct_clock(error, response.date, now, offset)) {
        clock_corrected = true;
        continue;
      }
      const bool expired = error.code() == "ExpiredTokenException" || error.code() == "ExpiredToken";
      if (!credentials_renewed && expired && credentials_.refuse(credentials, deadline)) {
        credentials_renewed = true;
        continue;
      }
      throw error;
    }
  }

  /// The address by which whoever has it may get what is at a path, without keys, until it ends.
  std::string presigned_url(const std::string& path, std::chrono::seconds lifetime) {
    const AwsCredentials credentials = credentials_.get(detail::deadline_after_timeout(request_timeout_));
    const std::chrono::seconds offset{clock_offset_.load(std::memory_order_relaxed)};
    const auto time = std::chrono::floor<std::chrono::seconds>(clock_()) + offset;
    const detail::AwsRequest request{
        .method = "GET", .path = path_ + path, .headers = {{"host", host_}}, .has_plain_path = true};
    return endpoint_ + path + "?" +
           detail::presigned_query(request, credentials,
                                   {.region = region_, .service = service_.signing_name, .time = time}, lifetime);
  }

  /// Gets what is at an address that begins with the endpoint, without a signature of its own.
  detail::HttpResponse get_without_keys(const std::string& url, detail::Deadline deadline) {
    return pool_.send({.peer = peer_,
                       .url = url,
                       .method = "GET",
                       .deadline = (std::min)(deadline, detail::deadline_after_timeout(request_timeout_))});
  }

  /// Sends the JSON of an operation. @return The answer's JSON text.
  template <class ReadError>
  std::string call_json(const detail::AwsJsonService& service, std::string_view operation, const std::string& request,
                        detail::Deadline deadline, const ReadError& read_error) {
    const detail::AwsRequest whole{.method = "POST",
                                   .headers = {{"content-type", std::string{service.content_type}},
                                               {"x-amz-target", std::string{service.target}.append(operation)}},
                                   .body = request};
    return std::move(send(whole, deadline, read_error).body);
  }

 private:
  struct Settings {
    std::string region;
    std::string endpoint;
  };

  AwsHttpClient(const AwsHttpClientOptions& options, const detail::AwsService& service,
                const detail::AwsEnvironment& environment)
      : AwsHttpClient{options, service, environment, settings(options, service, environment)} {}
  AwsHttpClient(const AwsHttpClientOptions& options, const detail::AwsService& service,
                const detail::AwsEnvironment& environment, Settings settings)
      : service_{service},
        region_{std::move(settings.region)},
        endpoint_{std::move(settings.endpoint)},
        clock_{options.clock},
        request_timeout_{options.request_timeout},
        pool_{http_options(options, environment), options.max_connections},
        credentials_{provider(options, environment, region_), clock_} {
    while (endpoint_.ends_with('/')) endpoint_.pop_back();
    const std::size_t scheme = endpoint_.find("://");
    const std::string_view after =
        std::string_view{endpoint_}.substr(scheme == std::string::npos ? endpoint_.size() : scheme + 3);
    const std::size_t slash = (std::min)(after.find('/'), after.size());
    host_ = after.substr(0, slash);
    path_ = after.substr(slash);
    // libcurl escapes other characters on their way, after the path was signed.
    const auto is_sent_as_it_is = [](char character) {
      return character > ' ' && character <= '~' && std::string_view{"@?#\\"}.find(character) == std::string_view::npos;
    };
    const bool has_scheme = endpoint_.starts_with("https://") || endpoint_.starts_with("http://");
    if (!has_scheme || !is_host(host_) || !std::ranges::all_of(endpoint_, is_sent_as_it_is)) {
      // It is not repeated here: it may hold a password.
      throw AwsSettingsError{"the endpoint of " + std::string{service.name} + " is not an address like https://" +
                             std::string{service.host} + "eu-west-1.amazonaws.com or http://localhost:8000"};
    }
    // libcurl leaves the scheme's own port out of the header Host, which is signed.
    const bool is_https = endpoint_.starts_with("https://");
    for (const std::string_view port : {std::string_view{is_https ? ":443" : ":80"}}) {
      if (host_.ends_with(port)) host_.resize(host_.size() - port.size());
    }
    peer_ = std::string{service.name} + " at " + host_;
  }

  /// A name or an address, and perhaps a port: nothing else can be meant, so that errors may name it.
  static bool is_host(std::string_view text) {
    const auto consists_of = [](std::string_view part, std::string_view others) {
      return !part.empty() && std::ranges::all_of(part, [others](char character) {
        return (character >= 'a' && character <= 'z') || (character >= 'A' && character <= 'Z') ||
               (character >= '0' && character <= '9') || others.find(character) != std::string_view::npos;
      });
    };
    const bool is_ipv6 = text.starts_with('[');
    const std::size_t end = (std::min)(is_ipv6 ? text.find(']') : text.find(':'), text.size());
    const std::string_view name = text.substr(is_ipv6 ? 1 : 0, end - (is_ipv6 ? 1 : 0));
    std::string_view port = text.substr(end);
    if (is_ipv6 && port.empty()) return false;
    if (is_ipv6) port.remove_prefix(1);
    if (!consists_of(name, is_ipv6 ? ":." : "-._")) return false;
    return port.empty() || (port.size() > 1 && port.size() <= 6 && port.starts_with(':') &&
                            port.find_first_not_of("0123456789", 1) == std::string_view::npos);
  }

  static Settings settings(const AwsHttpClientOptions& options, const detail::AwsService& service,
                           const detail::AwsEnvironment& environment) {
    Settings result{options.region, options.endpoint};
    for (const char* const name : {"AWS_REGION", "AWS_DEFAULT_REGION"}) {
      if (result.region.empty()) result.region = environment(name).value_or("");
    }
    std::optional<detail::AwsProfile> profile;
    const auto from_profile = [&](std::string_view name) {
      if (!profile) {
        profile = detail::load_aws_profile(environment, detail::aws_profile_name(environment, options.profile));
      }
      return detail::setting(*profile, name).value_or("");
    };
    if (result.region.empty()) result.region = from_profile("region");
    const bool ignored = environment("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS").value_or("") == "true";
    for (const char* const name : {service.endpoint_variable, "AWS_ENDPOINT_URL"}) {
      if (result.endpoint.empty() && !ignored) result.endpoint = environment(name).value_or("");
    }
    if (result.endpoint.empty() && !ignored) {
      result.endpoint = from_profile("endpoint_url");
    }
    if (result.region.empty()) {
      throw AwsSettingsError{"no AWS region is known; give one in the options, in AWS_REGION, or in the profile"};
    }
    const auto is_of_name = [](char character) {
      return (character >= 'a' && character <= 'z') || (character >= 'A' && character <= 'Z') ||
             (character >= '0' && character <= '9') || character == '-' || character == '_' || character == '.';
    };
    if (!std::ranges::all_of(result.region, is_of_name)) {
      throw AwsSettingsError{"the AWS region is not a name like eu-west-1"};
    }
    if (result.endpoint.empty()) {
      result.endpoint = "https://" + std::string{service.host} + result.region +
                        (result.region.starts_with("cn-") ? ".amazonaws.com.cn" : ".amazonaws.com");
    }
    return result;
  }

  static detail::HttpOptions http_options(const AwsHttpClientOptions& options,
                                          const detail::AwsEnvironment& environment) {
    std::string ca_file = options.ca_file.empty() ? environment("AWS_CA_BUNDLE").value_or("") : options.ca_file;
    if (ca_file.find('\0') != std::string::npos) throw AwsSettingsError{"ca_file is a path that holds a NUL"};
    return {.connect_timeout = options.connect_timeout,
            .request_timeout = options.request_timeout,
            .ca_file = std::move(ca_file),
            .max_answer_size = options.max_answer_size};
  }

  static AwsCredentialsProvider provider(const AwsHttpClientOptions& options, const detail::AwsEnvironment& environment,
                                         const std::string& region) {
    if (options.credentials) return [credentials = *options.credentials] { return credentials; };
    if (options.credentials_provider) return options.credentials_provider;
    detail::HttpOptions http = http_options(options, environment);
    http.max_answer_size = detail::max_small_answer_size;
    return detail::AwsCredentialsChain{environment, options.profile, region, std::move(http)};
  }

  detail::HttpRequest signed_request(const detail::AwsRequest& request, const AwsCredentials& credentials,
                                     std::chrono::sys_seconds time, detail::AwsSignature& signature) const {
    for (const std::string* const part :
         {&credentials.access_key_id, &credentials.secret_access_key, &credentials.session_token}) {
      detail::require_line(*part, "a key or the session token");
    }
    detail::AwsRequest to_sign = request;
    to_sign.path = path_ + request.path;
    to_sign.headers.emplace_back("host", host_);
    to_sign.headers.emplace_back("x-amz-date", detail::amz_date(time));
    if (!credentials.session_token.empty()) {
      to_sign.headers.emplace_back("x-amz-security-token", credentials.session_token);
    }
    signature =
        detail::sign_v4(to_sign, credentials, {.region = region_, .service = service_.signing_name, .time = time});
    detail::HttpRequest result{.peer = peer_,
                               .url = endpoint_ + request.path + (request.query.empty() ? "" : "?" + request.query),
                               .method = request.method,
                               .body = request.body};
    for (const auto& [name, value] : to_sign.headers) result.headers.push_back(name + ": " + value);
    result.headers.push_back("authorization: " + signature.authorization);
    return result;
  }

  /// Takes over the server's time when that is why it refused.
  bool correct_clock(const AwsError& error, const std::string& date, std::chrono::system_clock::time_point now,
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

  detail::AwsService service_;
  std::string region_;
  std::string endpoint_;
  std::string host_;
  std::string path_;
  std::string peer_;
  std::function<std::chrono::system_clock::time_point()> clock_;
  std::chrono::milliseconds request_timeout_;
  detail::HttpPool pool_;
  detail::CachedCredentials credentials_;
  std::atomic<std::int64_t> clock_offset_{0};  // seconds
};

}  // namespace castore

#endif
