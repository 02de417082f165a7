// SPDX-License-Identifier: MIT
#include <castore/maintenance/json_lines.hpp>

#include <castore/castore.hpp>
#include <castore/maintenance/copy_events.hpp>

#include "maintenance/support.hpp"
#include "support/catch.hpp"

#include <exception>
#include <ios>
#include <sstream>
#include <stdexcept>
#include <string>

using namespace castore_tests;
using castore::CopyResult;
using castore::InMemoryEventStorageAdapter;

namespace {

std::string exported(InMemoryEventStorageAdapter& storage) {
  std::ostringstream lines;
  castore::JsonLinesWriter writer{lines};
  copy_all(storage, writer);
  return lines.str();
}

CopyResult imported(const std::string& text, InMemoryEventStorageAdapter& storage,
                    const castore::CopyOptions& options = {}) {
  std::istringstream lines{text};
  return castore::import_json_lines(lines, storage, options);
}

template <class Function>
std::string nested_error_of(const Function& function) {
  try {
    function();
  } catch (const castore::CopyInterruptedError& error) {
    try {
      std::rethrow_if_nested(error);
    } catch (const castore::Error& nested) {
      return nested.what();
    }
  }
  return "no error";
}

TEST_CASE("events go through JSON Lines and come out in their order") {
  const Histories histories;
  const std::string lines = exported(histories.storage);
  CHECK(static_cast<std::size_t>(std::count(lines.begin(), lines.end(), '\n')) == histories.event_count);

  InMemoryEventStorageAdapter target;
  CHECK(imported(lines, target) == CopyResult{.read_count = histories.event_count,
                                              .written_count = histories.event_count,
                                              .aggregate_count = histories.aggregate_count,
                                              .is_complete = true});
  CHECK(in_order(target) == in_order(histories.storage));
  CHECK(exported(target) == lines);
}

TEST_CASE("an import may be run again, after an interruption and for what has come since") {
  const Histories histories;
  const std::string lines = exported(histories.storage);
  InMemoryEventStorageAdapter target;
  CHECK(imported(lines.substr(0, lines.find('\n', lines.size() / 2) + 1), target).is_complete);
  const CopyResult again = imported(lines, target);
  CHECK(again.read_count == histories.event_count);
  CHECK(again.written_count > 0);
  CHECK(again.already_there_count > 0);
  CHECK(in_order(target) == in_order(histories.storage));
}

TEST_CASE("a dry import writes nothing and counts what is missing") {
  const Histories histories;
  InMemoryEventStorageAdapter target;
  CHECK(imported(exported(histories.storage), target, {.dry_run = true}).written_count == histories.event_count);
  CHECK(target.list_event_stores().empty());
}

TEST_CASE("only the events of the stores that are named are imported") {
  const Histories histories;
  InMemoryEventStorageAdapter target;
  CHECK(imported(exported(histories.storage), target, {.event_store_ids = {"TAMERS"}}).read_count == 3);
  CHECK(target.list_event_stores() == std::vector<std::string>{"TAMERS"});
}

TEST_CASE("an import says in which line something is wrong, and what came before is there") {
  const Histories histories;
  const std::string lines = exported(histories.storage);
  const std::string first = lines.substr(0, lines.find('\n'));
  InMemoryEventStorageAdapter target;
  CHECK(nested_error_of([&] { (void)imported(first + "\n\n \r\n{\"event\":1}\n", target); }) ==
        "castore: event: line 4: it must be an object");
  CHECK(nested_error_of([&] {
          (void)imported(first.substr(0, 50), target);
        }).starts_with("castore: line: line 1: it is not JSON"));
}

TEST_CASE("a line without an end is read, and Windows' ends of lines, too") {
  const Histories histories;
  std::string lines = exported(histories.storage);
  lines.pop_back();
  lines.insert(lines.find('\n'), "\r");
  InMemoryEventStorageAdapter target;
  CHECK(imported(lines, target).read_count == histories.event_count);
}

TEST_CASE("an event that the target has otherwise ends an import") {
  InMemoryEventStorageAdapter target;
  const std::string event =
      R"({"eventStoreId":"S","event":{"aggregateId":"a","version":1,"type":"T","timestamp":"2022-01-01","payload":)";
  CHECK(imported(event + "1}}", target).is_complete);
  try {
    (void)imported(event + "2}}", target);
    FAIL("a CopyConflictError was expected");
  } catch (const castore::CopyConflictError& error) {
    CHECK(error.field() == "payload");
    CHECK(error.aggregate_id() == "a");
  }
}

TEST_CASE("options of copies that mean nothing to an import are refused") {
  InMemoryEventStorageAdapter target;
  CHECK_THROWS_AS(imported("", target, {.resume_token = "x"}), std::invalid_argument);
  CHECK_THROWS_AS(imported("", target, {.event_store_ids = {"A"}, .target_event_store_id = "B"}),
                  std::invalid_argument);
}

TEST_CASE("a stream that fails ends an export") {
  const Histories histories;
  std::ostringstream lines;
  lines.setstate(std::ios::badbit);
  castore::JsonLinesWriter writer{lines};
  CHECK(nested_error_of([&] { (void)castore::copy_events(histories.storage, writer); }) ==
        "castore: cannot write the lines of events: the stream failed; is the disk full?");
}

}  // namespace
