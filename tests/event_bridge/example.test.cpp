// SPDX-License-Identifier: MIT
// The example of the guide runs as it stands, with what the environment says.
#include <castore/messaging/adapters/event_bridge.hpp>

#include "event_bridge/support.hpp"
#include "sqs/s3_support.hpp"
#include "support/output_of.hpp"
#include "support/place.hpp"

#include <string>

using namespace castore::event_bridge_tests;
using castore_tests::output_of;

TEST_CASE("the example sends events to a bus, and receives them again through a queue and by a function") {
  const Queue queue;
  const Bus bus{queue.url()};
  const std::string program = example_environment() + "'" + castore_tests::place::program + "' ";
  const std::string sent = output_of(program + bus.name() + " " + queue.url());
  // A queue that is not FIFO has an order of its own.
  CHECK(sent.find("pikachu 1: POKEMON_APPEARED\n") != std::string::npos);
  CHECK(sent.find("pikachu 2: POKEMON_LEVELED_UP\n") != std::string::npos);
  CHECK(sent.ends_with("exit code 0\n"));
  CHECK(output_of(program + "--event '" + bus.events().front() + "'") == "pikachu 1: POKEMON_APPEARED\nexit code 0\n");
  const Bucket bucket;
  CHECK(output_of(program + "--large " + bus.name() + " " + bucket.name()) == "exit code 0\n");
  CHECK(Json::parse(bus.events().back())["detail"].size() == 1);
  const std::string refused = output_of(program + "'no name' " + queue.url());
  CHECK(refused.find("ValidationException") != std::string::npos);
  CHECK(refused.ends_with("exit code 1\n"));
}
