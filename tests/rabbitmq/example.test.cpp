// SPDX-License-Identifier: MIT
// The example of the guide runs as it stands, with the exchanges and queues that the guide says.
#include <castore/messaging/adapters/rabbitmq.hpp>

#include "rabbitmq/support.hpp"
#include "support/output_of.hpp"
#include "support/place.hpp"

#include <string>

using namespace castore::rabbitmq_tests;

namespace {

/// What a program prints, also when something goes wrong.
std::string output_of(const std::string& arguments) {
  return castore_tests::output_of("timeout 60 '" + std::string{castore_tests::place::program} + "' " + arguments);
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
