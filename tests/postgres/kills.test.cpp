// SPDX-License-Identifier: MIT
// Runners and relays that are killed: what is written is what the events up to the checkpoint make of it.

#include <castore/log.hpp>

#include "log/support/kills.hpp"
#include "postgres/support/postgres_log.hpp"
#include "support/catch.hpp"

TEST_CASE("after a kill at any statement a read model in PostgreSQL is the fold of the events up to its checkpoint",
          "[postgres]") {
  log_tests::kill_at_each_statement<log_tests::PostgresLog>(12);
}

TEST_CASE("after random kills of runners, writer and relay PostgreSQL has each event once in the read model, and sent",
          "[postgres]") {
  log_tests::kill_at_random<log_tests::PostgresLog>();
}
