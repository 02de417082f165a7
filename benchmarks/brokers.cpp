// SPDX-License-Identifier: MIT
// Carriers of messages beside hand-written programs on the same client libraries and servers.
//
// Publishing takes all messages at once, as an OutboxRelay does, and returns when the broker has confirmed them all.
// Both sides send the same bodies, headers and ids. Of the messages of an aggregate both have one on its way at a time:
// a broker may refuse one and take the next, which would have overtaken it. The lines that begin with "/" compare with
// a program that does not care.
//
// Receiving hands each message to a handler, and acknowledges it after that; both sides read all fields from the JSON.
// What the library does besides: it keeps the messages of an aggregate in their order when a handler fails, and tries
// again; it looks in headers for CloudEvents and replays, which SQS has to send it; with NATS it sees to it
// that no other program has messages that come before. Acknowledgements of NATS are confirmed by the server on both
// sides, many at a time, but for the line that says so.
#include "brokers/kafka.hpp"
#include "brokers/nats.hpp"
#include "brokers/rabbitmq.hpp"
#include "brokers/sqs.hpp"
#include "support/compare.hpp"

#include <cstdio>

int main(int argument_count, char** arguments) {
  if (argument_count != 4) {
    std::printf("usage: %s NATS_URL RABBITMQ_URL SQS_ADDRESS\n", arguments[0]);
    for (const char* const what : {"nats/server.sh start DIRECTORY writes one to DIRECTORY/address",
                                   "rabbitmq/server.sh start DIRECTORY writes one to DIRECTORY/url",
                                   "sqs/server.sh start DIRECTORY writes one to DIRECTORY/address"}) {
      std::printf("  tests/%s\n", what);
    }
    return 0;
  }
  benchmarks::print_header();
  benchmarks::brokers::compare_nats(arguments[1]);
  benchmarks::brokers::compare_rabbitmq(arguments[2]);
  benchmarks::brokers::compare_kafka();
  benchmarks::brokers::compare_sqs(arguments[3]);
  return 0;
}
