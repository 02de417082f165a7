// SPDX-License-Identifier: MIT
// The example of the guide runs as it stands.
#include <castore/messaging/adapters/nats.hpp>

#include "nats/support.hpp"
#include "support/output_of.hpp"
#include "support/place.hpp"

#include <string>

using castore_tests::output_of;
using namespace castore::nats_tests;

TEST_CASE("the example sends events and receives them again") {
  const OwnServer server;
  const std::string program = "timeout 60 '" + std::string{castore_tests::place::program} + "' ";
  CHECK(output_of(program + server.url()) ==
        "pikachu 1: POKEMON_APPEARED\npikachu 2: POKEMON_LEVELED_UP\nexit code 0\n");
  CHECK(output_of(program + "nats://127.0.0.1:" + std::to_string(free_port())).ends_with("exit code 1\n"));
}
