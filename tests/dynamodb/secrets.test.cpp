// SPDX-License-Identifier: MIT
// A secret may stand in many places by intention or by mistake. No error holds any part of it.

#include <castore/adapters/dynamodb.hpp>

#include "dynamodb/clean_environment.hpp"
#include "dynamodb/support.hpp"

#include <chrono>
#include <cstddef>
#include <exception>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

using namespace castore;
using namespace castore::dynamodb_tests;

namespace {

const std::string secret = "S3cretW0rd/with+Signs=";

/// What an exception and all those nested in it say.
std::string all_of(const std::exception& error) {
  std::string text = error.what();
  try {
    std::rethrow_if_nested(error);
  } catch (const std::exception& nested) {
    text += '\n' + all_of(nested);
  }
  return text;
}

/// What a failing action says, with the codes that programs look at.
std::string said_by(const std::function<void()>& action) {
  try {
    action();
  } catch (const DynamoDbError& error) {
    std::string text = all_of(error) + '\n' + error.code();
    for (const std::string& reason : error.cancellation_reasons()) text += '\n' + reason;
    return text;
  } catch (const std::exception& error) {
    return all_of(error);
  }
  FAIL_CHECK("nothing failed");
  return {};
}

/// True when a text holds six characters in a row of the secret.
bool holds_part(const std::string& text, const std::string& whole = secret) {
  for (std::size_t place = 0; place + 6 <= whole.size(); ++place) {
    if (contains(text, std::string_view{whole}.substr(place, 6))) return true;
  }
  return false;
}

/// An action in an environment where the secret stands somewhere.
struct Place {
  const char* where;
  std::function<void(CleanEnvironment&)> prepare;
  AwsHttpClientOptions options{};
};

void use(AwsHttpClientOptions options) {
  if (options.region.empty()) options.region = "eu-west-1";
  options.connect_timeout = options.request_timeout = std::chrono::seconds{1};
  DynamoDbHttpClient{options}.call("ListTables", "{}");
}

/// Options that reach nobody.
AwsHttpClientOptions nowhere(const std::string& endpoint = "http://127.0.0.1:1") {
  return {.region = "eu-west-1", .endpoint = endpoint, .credentials = server_credentials};
}

Place variable(const char* where, const char* name, const std::string& value,
               const AwsHttpClientOptions& options = nowhere()) {
  return {where, [=](CleanEnvironment& environment) { environment.set(name, value); }, options};
}

/// Without keys in the options: they are looked for.
AwsHttpClientOptions without_keys() { return {.region = "eu-west-1", .endpoint = "http://127.0.0.1:1"}; }

TEST_CASE("no error holds any part of a secret wherever it stands") {
  const std::string password = "user:" + secret;
  const std::string container = "AWS_CONTAINER_CREDENTIALS_FULL_URI";
  const auto keys_of = [](const std::string& id, const std::string& key, const std::string& token) {
    AwsHttpClientOptions options = nowhere();
    options.credentials = AwsCredentials{id, key, token, {}};
    return options;
  };
  const auto with_file = [](const char* name, const std::string& text) {
    return [=](CleanEnvironment& environment) { environment.file(name, text); };
  };
  const std::vector<Place> places = {
      // Endpoints
      {"the endpoint's password", [](auto&) {}, nowhere("http://" + password + "@127.0.0.1:1")},
      {"the endpoint's user", [](auto&) {}, nowhere("http://" + secret + "@127.0.0.1:1")},
      {"the endpoint's password, without a host", [](auto&) {}, nowhere("http://" + password)},
      {"the endpoint's query", [](auto&) {}, nowhere("http://127.0.0.1:1/?key=" + secret)},
      {"the endpoint's path", [](auto&) {}, nowhere("http://127.0.0.1:1/" + secret)},
      {"the endpoint's fragment", [](auto&) {}, nowhere("http://127.0.0.1:1/#" + secret)},
      {"an endpoint without a scheme", [](auto&) {}, nowhere(password + "@127.0.0.1:1")},
      {"an endpoint of another scheme", [](auto&) {}, nowhere("ftp://" + password + "@127.0.0.1:1")},
      {"nothing but a key as the endpoint", [](auto&) {}, nowhere(secret)},
      variable("AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL", "https://" + password + "@host", nowhere("")),
      variable("AWS_ENDPOINT_URL_DYNAMODB", "AWS_ENDPOINT_URL_DYNAMODB", "http://host:" + secret + "/", nowhere("")),
      {"the profile's endpoint", with_file("config", "[default]\nendpoint_url = http://" + password + "@host\n"),
       nowhere("")},
      // Proxies
      variable("the proxy's password", "http_proxy", "http://" + password + "@127.0.0.1:1"),
      variable("the proxy's password with a percent sign", "http_proxy", "http://" + password + "%@127.0.0.1:1"),
      variable("the proxy's password with a slash before the host", "http_proxy", "http://user/" + secret + "@host:1"),
      variable("a proxy of an unknown scheme", "http_proxy", "proxy9://" + password + "@127.0.0.1:1"),
      variable("nothing but a key as the proxy", "http_proxy", secret),
      variable("all_proxy", "all_proxy", "socks5://" + password + "@127.0.0.1:1"),
      variable("https_proxy", "https_proxy", "http://" + password + "@127.0.0.1:1", nowhere("https://127.0.0.1:1")),
      variable("a proxy's host", "http_proxy", "http://" + secret.substr(0, 10) + ".invalid:1"),
      // The container's endpoint
      variable("the container's password", container.c_str(), "http://" + password + "@127.0.0.1:1/", without_keys()),
      variable("the container's password, https", container.c_str(), "https://" + password + "@127.0.0.1:1/",
               without_keys()),
      variable("the container's key", container.c_str(), "http://127.0.0.1:1/?key=" + secret, without_keys()),
      variable("the container's path", container.c_str(), "http://127.0.0.1:1/" + secret, without_keys()),
      variable("the container's host", container.c_str(), "https://" + secret.substr(0, 10) + ".invalid/" + secret,
               without_keys()),
      variable("a container's address that is not one", container.c_str(), secret, without_keys()),
      variable("the container's relative address", "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", secret, without_keys()),
      {"the container's token",
       [&](CleanEnvironment& environment) {
         environment.set(container.c_str(), "http://127.0.0.1:1/");
         environment.set("AWS_CONTAINER_AUTHORIZATION_TOKEN", secret + "\r\nX: 1");
       },
       without_keys()},
      {"the container's token refused by the server",
       [&](CleanEnvironment& environment) {
         environment.set(container.c_str(), server_address() + "/container");
         environment.set("AWS_CONTAINER_AUTHORIZATION_TOKEN", secret);
       },
       without_keys()},
      {"the container's token instead of its file",
       [&](CleanEnvironment& environment) {
         environment.set(container.c_str(), "http://127.0.0.1:1/");
         environment.set("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE", secret);
       },
       without_keys()},
      // Web identity
      {"the web identity token instead of its file",
       [](CleanEnvironment& environment) {
         environment.set("AWS_WEB_IDENTITY_TOKEN_FILE", secret);
         environment.set("AWS_ROLE_ARN", "arn:aws:iam::1:role/r");
       },
       without_keys()},
      {"the web identity token, refused",
       [](CleanEnvironment& environment) {
         environment.set("AWS_WEB_IDENTITY_TOKEN_FILE", environment.file("identity", secret));
         environment.set("AWS_ROLE_ARN", "arn:aws:iam::1:role/r");
         environment.set("AWS_ENDPOINT_URL_STS", server_address() + "/sts");
       },
       without_keys()},
      {"the password of STS's endpoint",
       [&](CleanEnvironment& environment) {
         environment.set("AWS_WEB_IDENTITY_TOKEN_FILE", environment.file("identity", secret));
         environment.set("AWS_ROLE_ARN", "arn:aws:iam::1:role/" + secret);
         environment.set("AWS_ENDPOINT_URL_STS", "http://" + password + "@127.0.0.1:1");
       },
       without_keys()},
      // Files
      {"a key in a file without a name", with_file("credentials", "[default]\n" + secret + "\n"), without_keys()},
      {"a key in a broken section", with_file("credentials", "[" + secret + "\n"), without_keys()},
      {"a key without its id", with_file("credentials", "[default]\naws_secret_access_key = " + secret + "\n"),
       without_keys()},
      {"a key in a binary file", with_file("credentials", "[default]\n" + secret + std::string(1, '\0')),
       without_keys()},
      variable("a key instead of the credentials file", "AWS_SHARED_CREDENTIALS_FILE", "/" + secret + "/\x01",
               without_keys()),
      // Keys
      {"a key with a line break", [](auto&) {}, keys_of("KEY", secret + "\n", "")},
      {"a token with a NUL", [](auto&) {}, keys_of("KEY", "key", secret + std::string(1, '\0') + secret)},
      variable("a key in the environment without its id", "AWS_SECRET_ACCESS_KEY", secret, without_keys()),
      {"an answer that never comes", [](auto&) {}, keys_of("KEY", secret, secret)},
      // Other settings
      {"the region",
       [](auto&) {},
       {.region = secret, .endpoint = "http://127.0.0.1:1", .credentials = server_credentials}},
      variable("AWS_REGION", "AWS_REGION", secret,
               {.endpoint = "http://127.0.0.1:1", .credentials = server_credentials}),
      variable("AWS_CA_BUNDLE", "AWS_CA_BUNDLE", "/" + secret, nowhere("https://127.0.0.1:1")),
  };
  CHECK(places.size() >= 40);
  for (const Place& place : places) {
    CAPTURE(place.where);
    CleanEnvironment environment;
    for (const char* const name :
         {"http_proxy", "https_proxy", "all_proxy", "no_proxy", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY", "AWS_CA_BUNDLE",
          "AWS_ENDPOINT_URL_STS", "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE"}) {
      environment.set(name, "");
    }
    place.prepare(environment);
    const std::string said = said_by([&] { use(place.options); });
    CAPTURE(said);
    CHECK_FALSE(holds_part(said));
    CHECK(said.starts_with("castore: "));
    // The adapter wraps it.
    const std::string adapter_said = said_by([&] {
      auto options = place.options;
      if (options.region.empty()) options.region = "eu-west-1";
      options.connect_timeout = options.request_timeout = std::chrono::seconds{1};
      push(DynamoDbEventStorageAdapter{"events", {.client = options, .retry = quick_retries(1)}}, event("a", 1));
    });
    CAPTURE(adapter_said);
    CHECK_FALSE(holds_part(adapter_said));
  }
}

TEST_CASE("no error holds a secret that an answer repeats") {
  const std::string key = "an0therKey/of+forty=Characters";
  for (const int status : {400, 403, 500}) {
    for (const char* const member : {"message", "Message", "type", "whole_type", "reasons", "body", "html", "header",
                                     "token", "cut_token", "signature"}) {
      CAPTURE(status, member);
      const FaultPlan plan{Json::array({{{"echo", {status, member}}}, {{"echo", {status, member}}}})};
      auto options = plan.options();
      options.request_timeout = std::chrono::seconds{10};
      options.credentials = AwsCredentials{"KEY", key, secret, {}};
      const std::string said = said_by([&] { DynamoDbHttpClient{options}.call("ListTables", "{}"); });
      CAPTURE(said);
      CHECK_FALSE(holds_part(said));
      CHECK_FALSE(holds_part(said, key));
      CHECK_FALSE(contains(said, "Signature="));
      const bool is_said =
          std::string_view{"message Message token cut_token signature"}.find(member) != std::string::npos;
      CHECK(contains(said, "left out") == is_said);
      const std::string adapter_said = said_by([&] {
        push(DynamoDbEventStorageAdapter{"events", {.client = options, .retry = quick_retries(1)}}, event("a", 1),
             event("b", 1));
      });
      CHECK_FALSE(holds_part(adapter_said));
    }
  }
}

TEST_CASE("no error holds a secret that an answer repeats in another form") {
  const std::string key = "an0therKey/of+forty=Characters";
  std::string spaced;
  for (const char character : key) (spaced += character) += ' ';
  for (const std::string& form :
       {spaced, std::string{"AN0THERKEY/OF+FORTY=CHARACTERS"}, std::string{"an0therKey%2Fof%2Bforty%3DCharacters"}}) {
    const std::string_view secrets[] = {key};
    const auto error = detail::read_dynamodb_error(
        {.status = 400, .body = Json{{"__type", "x#ValidationException"}, {"message", "key " + form}}.dump()}, secrets);
    CHECK(contains(error.what(), "left out"));
    CHECK_FALSE(contains(error.what(), form));
  }
}

TEST_CASE("what a server says is shown where it repeats no secret") {
  const FaultPlan plan{
      Json::array({{{"text", {400, R"({"__type":"x#ValidationException","message":"no such index"})"}}}})};
  auto options = plan.options();
  options.credentials = AwsCredentials{"KEY", "an0therKey/of+forty=Characters", secret, {}};
  const auto error = error_of<DynamoDbError>([&] { DynamoDbHttpClient{options}.call("ListTables", "{}"); });
  CHECK(error.what() == std::string{"castore: DynamoDB: ValidationException: no such index"});
}

}  // namespace
