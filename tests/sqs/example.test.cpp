// SPDX-License-Identifier: MIT
// The example of the guide runs as it stands, with what the environment says.
#include <castore/messaging/adapters/sqs.hpp>

#include "sqs/s3_support.hpp"
#include "sqs/support.hpp"
#include "support/output_of.hpp"
#include "support/place.hpp"

#include <string>

using namespace castore::sqs_tests;
using castore_tests::output_of;

TEST_CASE("the example sends events and receives them again") {
  const Queue queue{true};
  const std::string program = "'" + std::string{castore_tests::place::program} + "' ";
  CHECK(output_of(example_environment() + program + queue.url()) ==
        "pikachu 1: POKEMON_APPEARED\npikachu 2: POKEMON_LEVELED_UP\nexit code 0\n");
  CHECK(queue.size() + queue.in_flight() == 0);
  const Bucket bucket;
  CHECK(output_of(example_environment() + program + queue.url() + " " + bucket.name()) ==
        "pikachu has a name of 300000 letters\nexit code 0\n");
  CHECK(queue.size() + queue.in_flight() == 0);
  const std::string missing = output_of(example_environment() + program + queue.url() + "x");
  CHECK(missing.find("QueueDoesNotExist") != std::string::npos);
  CHECK(missing.ends_with("exit code 1\n"));
}
