// SPDX-License-Identifier: MIT
// The example of the guide runs as it stands, with what the environment says.
#include <castore/messaging/adapters/sqs.hpp>

#include "sqs/support.hpp"
#include "support/place.hpp"

#include <array>
#include <cstdio>
#include <stdexcept>
#include <string>

using namespace castore::sqs_tests;

namespace {

/// What a program prints, also when something goes wrong.
std::string output_of(const std::string& command) {
  std::FILE* const pipe = ::popen((command + " 2>&1; echo \"exit code $?\"").c_str(), "r");
  if (pipe == nullptr) throw std::runtime_error{"the program cannot be started"};
  std::string output;
  for (std::array<char, 1000> part{}; std::fgets(part.data(), part.size(), pipe) != nullptr;) output += part.data();
  ::pclose(pipe);
  return output;
}

const std::string environment =
    "AWS_ACCESS_KEY_ID=CASTORE AWS_SECRET_ACCESS_KEY=castore/secret+key AWS_SESSION_TOKEN= AWS_REGION=eu-west-1 ";

}  // namespace

TEST_CASE("the example sends events and receives them again") {
  const Queue queue{true};
  const std::string program = "'" + std::string{castore_tests::place::program} + "' ";
  CHECK(output_of(environment + program + queue.url()) ==
        "pikachu 1: POKEMON_APPEARED\npikachu 2: POKEMON_LEVELED_UP\nexit code 0\n");
  CHECK(queue.size() + queue.in_flight() == 0);
  const std::string missing = output_of(environment + program + queue.url() + "x");
  CHECK(missing.find("QueueDoesNotExist") != std::string::npos);
  CHECK(missing.ends_with("exit code 1\n"));
}
