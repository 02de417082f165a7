// SPDX-License-Identifier: MIT
#include "git_history/import.hpp"

#include "git_history/git.hpp"
#include "git_history/replay.hpp"
#include "support/catch.hpp"

#include <castore/castore.hpp>

#include <cstdint>
#include <limits>
#include <string>
#include <vector>

namespace {

std::string timestamp_text(std::int64_t seconds) {
  return castore::format_timestamp(git_history::timestamp_of({.time = seconds}));
}

}  // namespace

TEST_CASE("An event has its commit's time, after the year 9999 the last second of it") {
  CHECK(timestamp_text(std::numeric_limits<std::int64_t>::min()) == "0000-01-01T00:00:00.000Z");
  CHECK(timestamp_text(-1) == "1969-12-31T23:59:59.000Z");
  CHECK(timestamp_text(0) == "1970-01-01T00:00:00.000Z");
  CHECK(timestamp_text(1'600'000'000) == "2020-09-13T12:26:40.000Z");
  CHECK(timestamp_text(253'402'300'799) == "9999-12-31T23:59:59.000Z");
  CHECK(timestamp_text(253'402'300'800) == "9999-12-31T23:59:59.000Z");
  CHECK(timestamp_text(std::numeric_limits<std::int64_t>::max()) == "9999-12-31T23:59:59.000Z");
}

TEST_CASE("Ten commits at equal distances end with the last one") {
  using Numbers = std::vector<std::int64_t>;
  CHECK(git_history::spaced_commits(1) == Numbers{1});
  CHECK(git_history::spaced_commits(9) == Numbers{1, 2, 3, 4, 5, 6, 7, 8, 9});
  CHECK(git_history::spaced_commits(10) == Numbers{1, 2, 3, 4, 5, 6, 7, 8, 9, 10});
  CHECK(git_history::spaced_commits(11) == Numbers{1, 2, 3, 4, 5, 6, 7, 8, 9, 11});
  CHECK(git_history::spaced_commits(1000) == Numbers{100, 200, 300, 400, 500, 600, 700, 800, 900, 1000});
  CHECK(git_history::spaced_commits(1234567) ==
        Numbers{123456, 246913, 370370, 493826, 617283, 740740, 864196, 987653, 1111110, 1234567});
}
