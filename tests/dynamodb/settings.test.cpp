// SPDX-License-Identifier: MIT
// The files and variables that AWS's tools share may hold anything.

#include <castore/aws/environment.hpp>

#include "dynamodb/clean_environment.hpp"
#include "dynamodb/support.hpp"

#include <castore/core/errors.hpp>

#include <sys/stat.h>

#include <cstddef>
#include <filesystem>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

using namespace castore;
using namespace castore::dynamodb_tests;

namespace {

/// What is said when credentials are looked for, for a profile; nothing when they are found.
std::string said_for(const std::string& profile = {}) {
  AwsHttpClientOptions options{.region = "eu-west-1", .endpoint = server_address(), .profile = profile};
  try {
    DynamoDbHttpClient{options}.call("ListTables", "{}");
    return {};
  } catch (const AwsCredentialsError& error) {
    return error.what();
  }
}

const std::string keys = "aws_access_key_id = CASTORE\naws_secret_access_key = castore/secret+key\n";

TEST_CASE("a credentials file that cannot be read is an error that says why") {
  const struct {
    const char* what;
    std::function<void(const std::string& path)> make;
    const char* said;
  } files[] = {
      {"a directory", [](const std::string& path) { std::filesystem::create_directory(path); }, "is a directory"},
      {"a pipe", [](const std::string& path) { mkfifo(path.c_str(), 0600); }, "is not a file"},
      {"a link to itself", [](const std::string& path) { std::filesystem::create_symlink(path, path); },
       "cannot be read"},
      {"a huge file",
       [](const std::string& path) {
         std::ofstream{path} << "[default]\n" << keys;
         std::filesystem::resize_file(path, std::size_t{1'048'577});
       },
       "more than 1048576 bytes"},
      {"a file without end", [](const std::string& path) { std::filesystem::create_symlink("/dev/zero", path); },
       "more than 1048576 bytes"},
      {"UTF-16",
       [](const std::string& path) {
         std::ofstream{path} << std::string{"[\0d\0", 4};
       },
       "is not text"},
      {"no end of a section", [](const std::string& path) { std::ofstream{path} << "\n[default\n"
                                                                                << keys; },
       "line 2 begins a profile"},
      {"no equals sign", [](const std::string& path) { std::ofstream{path} << "[default]\n"
                                                                           << keys << "more\n"; },
       "line 4 has no '='"},
      {"one key", [](const std::string& path) { std::ofstream{path} << "[default]\naws_access_key_id = KEY\n"; },
       "has aws_access_key_id but not aws_secret_access_key"},
      {"the other key",
       [](const std::string& path) { std::ofstream{path} << "[default]\naws_secret_access_key = KEY\n"; },
       "has aws_secret_access_key but not aws_access_key_id"},
  };
  for (const auto& file : files) {
    CAPTURE(file.what);
    for (const char* const variable : {"AWS_SHARED_CREDENTIALS_FILE", "AWS_CONFIG_FILE"}) {
      CleanEnvironment environment;
      const std::string path = environment.file("any", "");
      std::filesystem::remove(path);
      file.make(path);
      environment.set(variable, path);
      const std::string said = said_for();
      CHECK(contains(said, file.said));
      CHECK_FALSE(contains(said, path));
      // The region is looked for in the same files.
      CHECK_NOTHROW(DynamoDbHttpClient{{.region = "r", .endpoint = "http://host", .credentials = server_credentials}});
    }
  }
}

TEST_CASE("files that are not there or empty are no error and forms that AWS's tools write are read") {
  CleanEnvironment environment;
  for (const char* const path : {"/dev/null", "/nothing/here", "/dev/null/below"}) {
    CAPTURE(path);
    environment.set("AWS_SHARED_CREDENTIALS_FILE", path);
    environment.set("AWS_CONFIG_FILE", path);
    CHECK(contains(said_for(), "none found"));
  }
  for (const std::string& text :
       {"[default]\n" + keys, "\xEF\xBB\xBF[default]\n" + keys, "[default]\r\n" + keys, "[ default ] ; mine\n" + keys,
        "junk without a section\n[default]\n" + keys, "[default]\n" + keys + "[other]\nwithout equals\n",
        "[default]\n" + keys + "s3 =\n  nested without equals\n# comment\n; comment\n\n",
        std::string{"[default]\naws_access_key_id=CASTORE\naws_secret_access_key=castore/secret+key"}}) {
    CAPTURE(text);
    environment.set("AWS_SHARED_CREDENTIALS_FILE", environment.file("credentials", text));
    CHECK(said_for().empty());
  }
}

TEST_CASE("the shared files are looked for in the user's folder, which Windows names by another variable") {
  CleanEnvironment files;
  const std::string folder = std::filesystem::path{files.file("any", "")}.parent_path().string();
  std::filesystem::create_directory(folder + "/.aws");
  files.file(".aws/config", "[default]\nregion = eu-west-1\n");
  const auto region = [&](std::map<std::string, std::string> variables) {
    const detail::AwsEnvironment environment = [&variables](const char* name) -> std::optional<std::string> {
      const auto found = variables.find(name);
      return found == variables.end() ? std::nullopt : std::optional{found->second};
    };
    return detail::setting(detail::load_aws_profile(environment, "default"), "region");
  };
  CHECK(region({{"HOME", folder}}) == "eu-west-1");
  CHECK(region({{"USERPROFILE", folder}}) == "eu-west-1");
  CHECK(region({{"HOME", folder}, {"USERPROFILE", "/nothing/here"}}) == "eu-west-1");
  CHECK_FALSE(region({}));
}

TEST_CASE("token files that cannot be read are errors that say why") {
  const struct {
    const char* variable;
    std::string value;
    const char* said;
  } cases[] = {{"AWS_WEB_IDENTITY_TOKEN_FILE", "/nothing", "does not exist"},
               {"AWS_WEB_IDENTITY_TOKEN_FILE", "/", "is a directory"},
               {"AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE", "/nothing", "does not exist"},
               {"AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE", "/", "is a directory"},
               {"AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", "@127.0.0.1", "does not begin with a '/'"}};
  for (const auto& [variable, value, said] : cases) {
    CAPTURE(variable);
    CleanEnvironment environment;
    environment.set("AWS_ROLE_ARN", "arn:aws:iam::1:role/r");
    environment.set("AWS_CONTAINER_CREDENTIALS_FULL_URI", server_address() + "/container");
    environment.set(variable, value);
    const std::string what = said_for();
    CHECK(contains(what, said));
    CHECK(contains(what, std::string_view{variable}));
  }
}

TEST_CASE("keys of which one is missing are an error that names the other") {
  CleanEnvironment environment;
  environment.set("AWS_ACCESS_KEY_ID", "KEY");
  CHECK(contains(said_for(), "has AWS_ACCESS_KEY_ID but not AWS_SECRET_ACCESS_KEY"));
  environment.set("AWS_ACCESS_KEY_ID", "");
  environment.set("AWS_SECRET_ACCESS_KEY", "key");
  CHECK(contains(said_for(), "has AWS_SECRET_ACCESS_KEY but not AWS_ACCESS_KEY_ID"));
}

TEST_CASE("keys that would break a header are refused before anything is sent") {
  for (const std::string& end : {std::string{"\n"}, std::string{"\r"}, std::string(1, '\0')}) {
    for (int part = 0; part < 3; ++part) {
      const FaultPlan plan{Json::array()};
      auto options = plan.options();
      options.credentials = {
          "KEY" + (part == 0 ? end : ""), "key" + (part == 1 ? end : ""), "token" + (part == 2 ? end : ""), {}};
      CHECK_THROWS_AS(DynamoDbHttpClient{options}.call("ListTables", "{}"), AwsCredentialsError);
      CHECK(plan.log().empty());
    }
  }
  CHECK_THROWS_AS((DynamoDbHttpClient{{.region = "r", .endpoint = "http://h", .ca_file = std::string{"/etc\0x", 6}}}),
                  AwsSettingsError);
}

TEST_CASE("an endpoint is a scheme and a host and perhaps a port and a path") {
  const auto make = [](const std::string& endpoint) {
    const DynamoDbHttpClient client{{.region = "r", .endpoint = endpoint, .credentials = server_credentials}};
    return client.endpoint();
  };
  for (const char* const good :
       {"http://localhost:8000", "https://dynamodb.eu-west-1.amazonaws.com", "http://127.0.0.1", "http://[::1]:8000",
        "http://[::1]", "http://dynamodb_local:8000", "https://host/path/more"}) {
    CHECK(make(good) == good);
  }
  for (const char* const bad : {"host",
                                "host:8000",
                                "//host",
                                "ftp://host",
                                "file:///etc/passwd",
                                "http://",
                                "http:///path",
                                "http://host:",
                                "http://host:port",
                                "http://host:8000x",
                                "http://host:123456",
                                "http://[::1",
                                "http://[]",
                                "http://[::1]8000",
                                "http://user@host",
                                "http://host?query",
                                "http://host#part",
                                "http://ho st",
                                "http://host\\path",
                                "HTTP://host",
                                "http://h\xc3\xb6st"}) {
    CAPTURE(bad);
    CHECK_THROWS_AS(make(bad), AwsSettingsError);
  }
  CHECK_THROWS_AS(make(std::string{"http://host\0x", 13}), AwsSettingsError);
}

}  // namespace
