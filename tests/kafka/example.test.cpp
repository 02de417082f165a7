// SPDX-License-Identifier: MIT
// The example of the guide runs as it stands.
#include <castore/messaging/adapters/kafka.hpp>

#include "kafka/support.hpp"
#include "support/place.hpp"

#include <array>
#include <cstdio>
#include <stdexcept>
#include <string>

using namespace castore::kafka_tests;

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

TEST_CASE("the example sends events to Kafka and receives them again") {
  Cluster cluster;
  cluster.create("pokemons", 2);
  const std::string program = "'" + std::string{castore_tests::place::program} + "' ";
  CHECK(output_of(program + cluster.settings().brokers) ==
        "pikachu 1: POKEMON_APPEARED\npikachu 2: POKEMON_LEVELED_UP\nexit code 0\n");
}
