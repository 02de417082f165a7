// SPDX-License-Identifier: MIT
// The example of the guide runs as it stands, with the exchanges and queues that the guide says.
#include <castore/messaging/adapters/rabbitmq.hpp>

#include "rabbitmq/support.hpp"
#include "support/place.hpp"

#include <array>
#include <cstdio>
#include <stdexcept>
#include <string>

using namespace castore::rabbitmq_tests;

namespace {

/// What a program prints, also when something goes wrong.
std::string output_of(const std::string& arguments) {
  const std::string command = "'" + std::string{castore_tests::place::program} + "' " + arguments;
  std::FILE* const pipe = ::popen((command + " 2>&1; echo \"exit code $?\"").c_str(), "r");
  if (pipe == nullptr) throw std::runtime_error{"the program cannot be started"};
  std::string output;
  for (std::array<char, 1000> part{}; std::fgets(part.data(), part.size(), pipe) != nullptr;) output += part.data();
  ::pclose(pipe);
  return output;
}

}  // namespace

TEST_CASE("the example sends events to RabbitMQ and receives them again") {
  const std::string url = server_url() + "/shop";
  const std::string examples = std::string{castore_tests::place::sources} + "/../../examples/rabbitmq/";
  server("ctl", "import_definitions '" + examples + "definitions.json'");
  server("ctl", "set_permissions -p shop castore '.*' '.*' '.*'");
  CHECK(output_of(url) == "pikachu 1: POKEMON_APPEARED\npikachu 2: POKEMON_LEVELED_UP\nexit code 0\n");
  server("ctl", "import_definitions '" + examples + "spread.json'");
  castore::RabbitMqMessageChannelAdapter adapter{url, "events"};
  const auto error = error_of<castore::MessagesNotPublishedError>([&] { publish(adapter, {appeared("a")}); });
  CHECK(std::string{error.what()}.ends_with("wants the routing key 'MONSTERS.APPEARED': NO_ROUTE"));
  server("ctl", "delete_vhost shop");
  const std::string missing = output_of(url);
  CHECK(missing.find("NOT_ALLOWED - vhost shop not found") != std::string::npos);
  CHECK(missing.ends_with("exit code 1\n"));
}
