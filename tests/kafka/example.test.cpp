// SPDX-License-Identifier: MIT
// The example of the guide runs as it stands.
#include <castore/messaging/adapters/kafka.hpp>

#include "kafka/support.hpp"
#include "support/output_of.hpp"
#include "support/place.hpp"

#include <string>

using castore_tests::output_of;
using namespace castore::kafka_tests;

TEST_CASE("the example sends events to Kafka and receives them again") {
  Cluster cluster;
  cluster.create("pokemons", 2);
  const std::string program = "timeout 60 '" + std::string{castore_tests::place::program} + "' ";
  CHECK(output_of(program + cluster.settings().brokers) ==
        "pikachu 1: POKEMON_APPEARED\npikachu 2: POKEMON_LEVELED_UP\nexit code 0\n");
}
