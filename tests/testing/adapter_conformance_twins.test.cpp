// SPDX-License-Identifier: MIT
// A law that cannot fail says nothing: for each there is an adapter that breaks it, and nothing else.

#include <castore/testing/adapter_conformance.hpp>

#include "support/catch.hpp"
#include "testing/broken_twins/conflicts.hpp"
#include "testing/broken_twins/failures.hpp"
#include "testing/broken_twins/group_races.hpp"
#include "testing/broken_twins/groups.hpp"
#include "testing/broken_twins/isolation.hpp"
#include "testing/broken_twins/json_text.hpp"
#include "testing/broken_twins/listing.hpp"
#include "testing/broken_twins/paging.hpp"
#include "testing/broken_twins/reading.hpp"
#include "testing/broken_twins/sharing.hpp"
#include "testing/broken_twins/threads.hpp"
#include "testing/broken_twins/times.hpp"
#include "testing/broken_twins/values.hpp"
#include "testing/broken_twins/versions.hpp"

#include <set>
#include <span>
#include <string>
#include <string_view>
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
    for (const std::string& name : twin.may_violate) names.erase(name);
    CHECK(names == twin.violates);
    CHECK(laws == std::set<int>{law});
  }
}

}  // namespace

TEST_CASE("adapters that break law 1 break nothing else") { check_twins(1, broken_twins::isolation_twins()); }
TEST_CASE("adapters that break law 2 break nothing else") { check_twins(2, broken_twins::conflict_twins()); }
TEST_CASE("adapters that break law 3 break nothing else") { check_twins(3, broken_twins::version_twins()); }
TEST_CASE("adapters that break law 4 break nothing else") { check_twins(4, broken_twins::group_twins()); }
TEST_CASE("adapters that break law 4 by races break nothing else") { check_twins(4, broken_twins::group_race_twins()); }
TEST_CASE("adapters that break law 5 break nothing else") { check_twins(5, broken_twins::reading_twins()); }
TEST_CASE("adapters that break law 6 in their lists break nothing else") {
  check_twins(6, broken_twins::listing_twins());
}
TEST_CASE("adapters that break law 6 in their pages break nothing else") {
  check_twins(6, broken_twins::paging_twins());
}
TEST_CASE("adapters that break law 7 break nothing else") { check_twins(7, broken_twins::value_twins()); }
TEST_CASE("adapters that break law 7 by their timestamps break nothing else") {
  check_twins(7, broken_twins::time_twins());
}
TEST_CASE("adapters that break law 6 by their timestamps break nothing else") {
  check_twins(6, broken_twins::time_listing_twins());
}
TEST_CASE("adapters that break law 8 break nothing else") { check_twins(8, broken_twins::thread_twins()); }
TEST_CASE("adapters that break law 8 with others on one storage break nothing else") {
  check_twins(8, broken_twins::sharing_twins());
}
TEST_CASE("adapters that break law 9 break nothing else") { check_twins(9, broken_twins::failure_twins()); }
TEST_CASE("adapters that break law 10 break nothing else") { check_twins(10, broken_twins::json_text_twins()); }

TEST_CASE("for every law there is an adapter that breaks it") {
  std::set<std::string> broken;
  for (const auto& twins :
       {broken_twins::isolation_twins(), broken_twins::conflict_twins(), broken_twins::version_twins(),
        broken_twins::group_twins(), broken_twins::group_race_twins(), broken_twins::reading_twins(),
        broken_twins::listing_twins(), broken_twins::paging_twins(), broken_twins::value_twins(),
        broken_twins::time_twins(), broken_twins::time_listing_twins(), broken_twins::thread_twins(),
        broken_twins::sharing_twins(), broken_twins::failure_twins(), broken_twins::json_text_twins()}) {
    for (const Twin& twin : twins) broken.insert(twin.violates.begin(), twin.violates.end());
  }
  std::set<std::string> all;
  for (const auto& law : castore::testing::all_adapter_laws) all.emplace(law.name);
  CHECK(broken == all);
}

namespace {

using namespace broken_twins;

class LoadsNothing : public RecordsOnlyAdapter {
 public:
  void get_events(std::string_view, std::string_view, const GetEventsOptions&, RecordSink) override {}
};
class ListsNothing : public RecordsOnlyAdapter {
 public:
  AggregateIdsPage list_aggregate_ids(std::string_view, const ListAggregateIdsOptions&) override { return {}; }
};
class PushesNothing : public RecordsOnlyAdapter {
 public:
  PushOutcome push_events(std::span<const PushRecord>, const PushOptions&) override { return {}; }
};
class RefusesEverything : public RecordsOnlyAdapter {
 public:
  PushOutcome push_events(std::span<const PushRecord>, const PushOptions&) override {
    return {PushOutcome::already_exists, 0};
  }
};

}  // namespace

TEST_CASE("an adapter that does next to nothing violates laws, and ends no test") {
  for (const Twin& broken :
       {twin<LoadsNothing>("loads nothing", {}), twin<ListsNothing>("lists nothing", {}),
        twin<PushesNothing>("pushes nothing", {}), twin<RefusesEverything>("refuses everything", {})}) {
    CAPTURE(broken.fault);
    CHECK(broken.check().size() >= 20);
  }
}
