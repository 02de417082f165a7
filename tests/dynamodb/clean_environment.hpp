// SPDX-License-Identifier: MIT
#ifndef CASTORE_TESTS_DYNAMODB_CLEAN_ENVIRONMENT_HPP
#define CASTORE_TESTS_DYNAMODB_CLEAN_ENVIRONMENT_HPP

#include "dynamodb/support.hpp"

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace castore::dynamodb_tests {

/// A variable of the environment until the end of the test.
class Variable {
 public:
  Variable(const char* name, const std::string& value) : name_{name} {
    if (const char* const before = std::getenv(name)) before_ = before;
    setenv(name, value.c_str(), 1);
  }
  Variable(const Variable&) = delete;
  Variable& operator=(const Variable&) = delete;
  ~Variable() { before_ ? setenv(name_, before_->c_str(), 1) : unsetenv(name_); }

 private:
  const char* name_;
  std::optional<std::string> before_{};
};

/// An environment in which nothing of AWS is set.
class CleanEnvironment {
 public:
  CleanEnvironment() {
    for (const char* const name :
         {"AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_PROFILE", "AWS_REGION",
          "AWS_DEFAULT_REGION", "AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_DYNAMODB", "AWS_WEB_IDENTITY_TOKEN_FILE",
          "AWS_ROLE_ARN", "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", "AWS_CONTAINER_CREDENTIALS_FULL_URI",
          "AWS_CONTAINER_AUTHORIZATION_TOKEN", "AWS_EC2_METADATA_SERVICE_ENDPOINT"}) {
      set(name, "");
    }
    set("AWS_EC2_METADATA_DISABLED", "true");
    set("AWS_SHARED_CREDENTIALS_FILE", file("credentials", ""));
    set("AWS_CONFIG_FILE", file("config", ""));
  }
  ~CleanEnvironment() {
    while (!variables_.empty()) variables_.pop_back();
    std::filesystem::remove_all(folder_);
  }

  void set(const char* name, const std::string& value) {
    variables_.push_back(std::make_unique<Variable>(name, value));
  }
  std::string file(const std::string& name, const std::string& text) {
    std::filesystem::create_directory(folder_);
    const std::string path = folder_ / name;
    std::ofstream{path} << text;
    return path;
  }

 private:
  std::filesystem::path folder_ =
      std::filesystem::temp_directory_path() / ("castore-" + detail::new_client_request_token());
  std::vector<std::unique_ptr<Variable>> variables_{};
};

}  // namespace castore::dynamodb_tests

#endif
