// SPDX-License-Identifier: MIT
// The example of the guide runs as it stands.
#include <castore/messaging/adapters/nats.hpp>

#include "nats/support.hpp"
#include "support/place.hpp"

#include <array>
#include <cstdio>
#include <stdexcept>
#include <string>

using namespace castore::nats_tests;

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

}  // namespace

TEST_CASE("the example sends events and receives them again") {
  const OwnServer server;
  const std::string program = "'" + std::string{castore_tests::place::program} + "' ";
  CHECK(output_of(program + server.url()) ==
        "pikachu 1: POKEMON_APPEARED\npikachu 2: POKEMON_LEVELED_UP\nexit code 0\n");
  CHECK(output_of(program + "nats://127.0.0.1:" + std::to_string(free_port())).ends_with("exit code 1\n"));
}
