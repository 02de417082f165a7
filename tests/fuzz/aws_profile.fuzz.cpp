// SPDX-License-Identifier: MIT
// AWS's shared files may hold anything.

#include <castore/aws/environment.hpp>

#include "fuzz/fuzz.hpp"

#include <castore/aws/credentials.hpp>

#include <string_view>

using namespace castore_fuzz;

void try_input(std::string_view input) {
  for (const std::string_view prefix : {"", "profile "}) {
    is_taken<castore::AwsCredentialsError>([&] {
      castore::detail::AwsProfile profile;
      castore::detail::read_profile(profile, input, "default", prefix, "the file");
      for (const auto& [name, value] : profile) {
        require(name == castore::detail::trimmed(name) && value == castore::detail::trimmed(value),
                "a setting has no spaces around it");
      }
    });
  }
}
