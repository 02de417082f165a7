// SPDX-License-Identifier: MIT
// A law that cannot fail is no law: for each there is an adapter that breaks it, and nothing else.

#include <castore/testing/adapter_conformance.hpp>

#include "support/catch.hpp"
#include "testing/broken_twins/conflicts.hpp"
#include "testing/broken_twins/failures.hpp"
#include "testing/broken_twins/groups.hpp"
#include "testing/broken_twins/isolation.hpp"
#include "testing/broken_twins/listing.hpp"
#include "testing/broken_twins/paging.hpp"
#include "testing/broken_twins/reading.hpp"
#include "testing/broken_twins/threads.hpp"
#include "testing/broken_twins/values.hpp"
#include "testing/broken_twins/versions.hpp"

#include <set>
#include <string>
#include <vector>

namespace {

using castore::testing::LawViolation;

void check_twins(int law, const std::vector<Twin>& twins) {
  for (const Twin& twin : twins) {
    std::set<std::string> names;
    std::set<int> laws;
    std::string messages;
    for (const LawViolation& violation : twin.check()) {
      names.insert(violation.name());
      laws.insert(violation.law());
      messages += std::string{violation.what()} + '\n';
    }
    INFO("an adapter that " << twin.fault << "\n" << messages);
    CHECK(names == twin.violates);
    CHECK(laws == std::set<int>{law});
  }
}

}  // namespace

TEST_CASE("adapters that break law 1 break nothing else") { check_twins(1, broken_twins::isolation_twins()); }
TEST_CASE("adapters that break law 2 break nothing else") { check_twins(2, broken_twins::conflict_twins()); }
TEST_CASE("adapters that break law 3 break nothing else") { check_twins(3, broken_twins::version_twins()); }
TEST_CASE("adapters that break law 4 break nothing else") { check_twins(4, broken_twins::group_twins()); }
TEST_CASE("adapters that break law 5 break nothing else") { check_twins(5, broken_twins::reading_twins()); }
TEST_CASE("adapters that break law 6 in their lists break nothing else") {
  check_twins(6, broken_twins::listing_twins());
}
TEST_CASE("adapters that break law 6 in their pages break nothing else") {
  check_twins(6, broken_twins::paging_twins());
}
TEST_CASE("adapters that break law 7 break nothing else") { check_twins(7, broken_twins::value_twins()); }
TEST_CASE("adapters that break law 8 break nothing else") { check_twins(8, broken_twins::thread_twins()); }
TEST_CASE("adapters that break law 9 break nothing else") { check_twins(9, broken_twins::failure_twins()); }

TEST_CASE("for every law there is an adapter that breaks it") {
  std::set<std::string> broken;
  for (const auto& twins : {broken_twins::isolation_twins(), broken_twins::conflict_twins(),
                            broken_twins::version_twins(), broken_twins::group_twins(), broken_twins::reading_twins(),
                            broken_twins::listing_twins(), broken_twins::paging_twins(), broken_twins::value_twins(),
                            broken_twins::thread_twins(), broken_twins::failure_twins()}) {
    for (const Twin& twin : twins) broken.insert(twin.violates.begin(), twin.violates.end());
  }
  std::set<std::string> all;
  for (const auto& law : castore::testing::all_adapter_laws) all.emplace(law.name);
  CHECK(broken == all);
}
