// SPDX-License-Identifier: MIT
#ifndef CASTORE_AWS_CREDENTIALS_CHAIN_HPP
#define CASTORE_AWS_CREDENTIALS_CHAIN_HPP

/// @file
/// Where AWS users keep credentials, in the order in which AWS's own SDKs look: environment, profile, web identity
/// token file, container, EC2 instance. Source: AWS SDKs and Tools Reference Guide, "Standardized credential
/// providers".

#include <castore/aws/client.hpp>
#include <castore/aws/credentials.hpp>
#include <castore/aws/environment.hpp>
#include <castore/aws/http.hpp>
#include <castore/aws/json_scanner.hpp>
#include <castore/aws/signature_v4.hpp>
#include <castore/core/errors.hpp>
#include <castore/core/timestamp.hpp>
#include <castore/detail/text.hpp>
#include <castore/fwd.hpp>

#include <nlohmann/json.hpp>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <exception>
#include <iterator>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace castore::detail {

/// Of text that becomes a header. @throws AwsCredentialsError
inline void require_line(std::string_view text, const std::string& what) {
  constexpr std::string_view ends{"\r\n\0", 3};
  if (text.find_first_of(ends) == std::string_view::npos) return;
  throw AwsCredentialsError{what + " has a line break or NUL; remove it"};
}

/// Looks for credentials where AWS users keep them.
class AwsCredentialsChain {
 public:
  AwsCredentialsChain(AwsEnvironment environment, std::string profile_name, std::string region, HttpOptions http)
      : environment_{std::move(environment)},
        profile_name_{std::move(profile_name)},
        region_{std::move(region)},
        http_{std::move(http)} {}

  /// @throws AwsCredentialsError
  AwsCredentials operator()() const {
    if (profile_name_.empty()) {
      if (auto found = from_environment()) return *found;
    }
    if (auto found = from_profile()) return *found;
    if (auto found = from_web_identity()) return *found;
    if (auto found = from_container()) return *found;
    if (auto found = from_instance()) return *found;
    throw AwsCredentialsError{
        "none found; looked at AWS_ACCESS_KEY_ID, the profile " +
        in_quotes(aws_profile_name(environment_, profile_name_)) +
        " in the shared config and credentials files, AWS_WEB_IDENTITY_TOKEN_FILE, "
        "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI and _FULL_URI, and the EC2 instance metadata service"};
  }

 private:
  static void require_both(const std::optional<std::string>& id, const std::optional<std::string>& secret,
                           const std::string& id_name, const std::string& secret_name, const std::string& where) {
    if (id.has_value() == secret.has_value()) return;
    throw AwsCredentialsError{where + " has " + (id ? id_name : secret_name) + " but not " +
                              (id ? secret_name : id_name) + "; give both or none"};
  }

  std::optional<AwsCredentials> from_environment() const {
    const auto id = environment_("AWS_ACCESS_KEY_ID");
    const auto secret = environment_("AWS_SECRET_ACCESS_KEY");
    require_both(id, secret, "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "the environment");
    if (!id) return std::nullopt;
    return AwsCredentials{*id, *secret, environment_("AWS_SESSION_TOKEN").value_or(""), {}};
  }

  std::optional<AwsCredentials> from_profile() const {
    const std::string name = aws_profile_name(environment_, profile_name_);
    const AwsProfile profile = load_aws_profile(environment_, name);
    if (profile.empty() && name != "default") {
      throw AwsCredentialsError{"the shared config and credentials files have no profile " + in_quotes(name)};
    }
    const auto id = setting(profile, "aws_access_key_id");
    const auto secret = setting(profile, "aws_secret_access_key");
    const auto role = setting(profile, "role_arn");
    if (role && setting(profile, "web_identity_token_file")) {
      return assume_role(*role, *setting(profile, "web_identity_token_file"), setting(profile, "role_session_name"));
    }
    for (const char* const unsupported : {"role_arn", "credential_process", "sso_session", "sso_account_id"}) {
      if (!(id && secret) && setting(profile, unsupported)) {
        throw AwsCredentialsError{
            "the profile " + in_quotes(name) + " uses " + unsupported +
            ", which is not supported here; give a credentials function that asks the AWS SDK or CLI"};
      }
    }
    require_both(id, secret, "aws_access_key_id", "aws_secret_access_key", "the profile " + in_quotes(name));
    if (!id) return std::nullopt;
    return AwsCredentials{*id, *secret, setting(profile, "aws_session_token").value_or(""), {}};
  }

  std::optional<AwsCredentials> from_web_identity() const {
    const auto file = environment_("AWS_WEB_IDENTITY_TOKEN_FILE");
    const auto role = environment_("AWS_ROLE_ARN");
    if (!file || !role) return std::nullopt;
    return assume_role(*role, *file, environment_("AWS_ROLE_SESSION_NAME"));
  }

  AwsCredentials assume_role(const std::string& role, const std::string& token_file,
                             const std::optional<std::string>& session) const {
    const std::string what = "AssumeRoleWithWebIdentity";
    const auto token = read_aws_file(token_file, web_identity_file);
    if (!token) throw AwsCredentialsError{std::string{web_identity_file} + " does not exist"};
    std::string endpoint = "https://sts.amazonaws.com";
    if (!region_.empty()) {
      endpoint = "https://sts." + region_ + (region_.starts_with("cn-") ? ".amazonaws.com.cn" : ".amazonaws.com");
    }
    endpoint = environment_("AWS_ENDPOINT_URL_STS").value_or(environment_("AWS_ENDPOINT_URL").value_or(endpoint));
    const std::string body = "Action=AssumeRoleWithWebIdentity&Version=2011-06-15&RoleArn=" + percent_encode(role) +
                             "&RoleSessionName=" + percent_encode(session.value_or("castore")) +
                             "&WebIdentityToken=" + percent_encode(trimmed(*token));
    const HttpResponse response = ask({.peer = what,
                                       .url = endpoint + "/",
                                       .headers = {"Content-Type: application/x-www-form-urlencoded"},
                                       .body = body});
    const auto element = [&response](std::string_view name) -> std::string {
      const std::string open = "<" + std::string{name} + ">";
      const std::size_t start = response.body.find(open);
      const std::size_t end = response.body.find("</", start);
      if (start == std::string::npos || end == std::string::npos) return {};
      return response.body.substr(start + open.size(), end - start - open.size());
    };
    return checked(what, {element("AccessKeyId"), element("SecretAccessKey"), element("SessionToken"), {}},
                   element("Expiration"));
  }

  std::optional<AwsCredentials> from_container() const {
    const auto relative = environment_("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI");
    const auto full = environment_("AWS_CONTAINER_CREDENTIALS_FULL_URI");
    if (!relative && !full) return std::nullopt;
    const std::string url = relative ? "http://169.254.170.2" + *relative : *full;
    if (relative && !relative->starts_with('/')) {
      throw AwsCredentialsError{"AWS_CONTAINER_CREDENTIALS_RELATIVE_URI does not begin with a '/'"};
    }
    if (!relative && !is_safe_container_url(url)) {
      throw AwsCredentialsError{
          "AWS_CONTAINER_CREDENTIALS_FULL_URI is neither https nor on this host; the credentials "
          "would cross a network in plain text"};
    }
    HttpRequest request{.peer = "the container endpoint", .url = url, .method = "GET"};
    std::optional<std::string> token = environment_("AWS_CONTAINER_AUTHORIZATION_TOKEN");
    if (const auto file = environment_("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE")) {
      const std::string what = "the file that AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE names";
      token = read_aws_file(*file, what);
      if (!token) throw AwsCredentialsError{what + " does not exist"};
      token = std::string{trimmed(*token)};
    }
    if (token) {
      require_line(*token, "the container authorization token");
      request.headers.push_back("Authorization: " + *token);
    }
    return from_json(request.peer, ask(request, url.starts_with("https")).body);
  }

  static bool is_safe_container_url(std::string_view url) {
    if (url.starts_with("https://")) return true;
    constexpr std::string_view scheme = "http://";
    if (!url.starts_with(scheme)) return false;
    url.remove_prefix(scheme.size());
    const std::string_view authority = url.substr(0, (std::min)(url.find_first_of("/?#"), url.size()));
    if (authority.find('@') != std::string_view::npos) return false;
    const std::string_view host = authority.starts_with('[') ? authority.substr(0, authority.find(']') + 1)
                                                             : authority.substr(0, authority.find(':'));
    const bool is_loopback_address =
        host.starts_with("127.") && host.find_first_not_of("0123456789.") == std::string_view::npos;
    constexpr std::string_view others[] = {"localhost", "[::1]", "169.254.170.2", "169.254.170.23", "[fd00:ec2::23]"};
    return is_loopback_address || std::ranges::find(others, host) != std::end(others);
  }

  /// Nothing when this is not an EC2 instance, or one without a role.
  std::optional<AwsCredentials> from_instance() const {
    if (environment_("AWS_EC2_METADATA_DISABLED").value_or("") == "true") return std::nullopt;
    const std::string endpoint = environment_("AWS_EC2_METADATA_SERVICE_ENDPOINT").value_or("http://169.254.169.254");
    const std::string base = endpoint.ends_with('/') ? endpoint.substr(0, endpoint.size() - 1) : endpoint;
    const std::string roles = base + "/latest/meta-data/iam/security-credentials/";
    HttpOptions impatient = http_;
    impatient.uses_proxy = false;
    impatient.connect_timeout = impatient.request_timeout = std::chrono::seconds{1};
    HttpConnection connection{impatient};
    const std::string peer = "the EC2 instance metadata service";
    try {
      const auto token = connection.send({.peer = peer,
                                          .url = base + "/latest/api/token",
                                          .headers = {"X-aws-ec2-metadata-token-ttl-seconds: 21600"},
                                          .method = "PUT"});
      if (token.status != 200) return std::nullopt;
      HttpRequest request{.peer = peer,
                          .url = roles,
                          .headers = {"X-aws-ec2-metadata-token: " + std::string{trimmed(token.body)}},
                          .method = "GET"};
      const auto role = connection.send(request);
      if (role.status != 200) return std::nullopt;
      request.url += percent_encode(trimmed(role.body.substr(0, role.body.find('\n'))));
      const auto answer = connection.send(request);
      if (answer.status != 200) return std::nullopt;
      return from_json(peer, answer.body);
    } catch (const AwsConnectionError&) {
      return std::nullopt;
    }
  }

  HttpResponse ask(const HttpRequest& request, bool uses_proxy = true) const {
    HttpOptions options = http_;
    options.uses_proxy = uses_proxy;
    HttpResponse response;
    try {
      response = HttpConnection{options}.send(request);
    } catch (const AwsConnectionError& error) {
      std::throw_with_nested(AwsCredentialsError{without_prefix(error.what())});
    }
    if (response.status != 200) {
      throw AwsCredentialsError{request.peer + " answers with HTTP status " + std::to_string(response.status)};
    }
    return response;
  }

  static AwsCredentials from_json(const std::string& what, const std::string& body) {
    const auto json = parse_json(body);
    const auto text = [&json](const char* name) -> std::string {
      if (!json.is_object() || !json.contains(name) || !json[name].is_string()) return {};
      return json[name].get<std::string>();
    };
    return checked(what, {text("AccessKeyId"), text("SecretAccessKey"), text("Token"), {}}, text("Expiration"));
  }

  static AwsCredentials checked(const std::string& what, AwsCredentials credentials, std::string_view expiration) {
    if (credentials.access_key_id.empty() || credentials.secret_access_key.empty()) {
      throw AwsCredentialsError{what + " gives an answer without keys"};
    }
    if (const auto time = parse_timestamp(expiration)) {
      using Clock = std::chrono::system_clock;  // it ends in the year 2262
      constexpr Timestamp last = std::chrono::floor<Timestamp::duration>((Clock::time_point::max)());
      credentials.expires_at = (std::min)(*time, last);
    }
    return credentials;
  }

  static constexpr const char* web_identity_file =
      "the web identity token file (AWS_WEB_IDENTITY_TOKEN_FILE, or web_identity_token_file in the profile)";

  AwsEnvironment environment_;
  std::string profile_name_;
  std::string region_;
  HttpOptions http_;
};

}  // namespace castore::detail

#endif
