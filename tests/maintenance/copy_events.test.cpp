// SPDX-License-Identifier: MIT
#include <castore/maintenance/copy_events.hpp>

#include <castore/adapters/sqlite.hpp>
#include <castore/castore.hpp>
#include <castore/testing/child_process.hpp>
#include <castore/testing/fault_injecting_adapter.hpp>

#include "adapters/support/sqlite.hpp"
#include "maintenance/support.hpp"
#include "support/catch.hpp"

#include <chrono>
#include <csignal>
#include <cstddef>
#include <functional>
#include <optional>
#include <stdexcept>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include <unistd.h>

using namespace castore_tests;
using castore::AnyEventStorageAdapter;
using castore::CopyConflictError;
using castore::CopyInterruptedError;
using castore::CopyOptions;
using castore::CopyResult;
using castore::InMemoryEventStorageAdapter;
using castore::InvalidResumeTokenError;
using castore::SqliteEventStorageAdapter;
using Operation = castore::StorageOperation;

namespace {

/// A storage with an order that tells of its pushes.
struct Watched : RecordStorage {
  castore::PushOutcome push_events(std::span<const castore::PushRecord> records,
                                   const castore::PushOptions& options) override {
    if (records.size() > most) throw castore::InvalidEventError{"max_events_per_push", "the group is too large"};
    sizes.push_back(records.size());
    return RecordStorage::push_events(records, options);
  }
  std::vector<std::string> list_event_stores() { return {"MONSTERS", "TAMERS"}; }

  std::size_t most = 1000;
  std::vector<std::size_t> sizes{};
};

/// 10,000 events that are nowhere, and an order of them.
struct Endless : RecordStorage {
  static constexpr castore::Position count = 10'000;

  castore::ReadAllEventsResult read_all_events(castore::Position after, const castore::ReadAllEventsOptions& options,
                                               castore::SequencedEventSink sink) {
    most = (std::max)(most, options.limit);
    const castore::Position end = (std::min)(count, after + static_cast<castore::Position>(options.limit));
    for (castore::Position next = after + 1; next <= end; ++next) {
      const std::string id = "m" + std::to_string(next);
      sink({next, "MONSTERS", {id, 1, "LEVELED_UP", at(next / 7), {}, {}}});
    }
    return {.next = end, .head = count, .is_caught_up = end == count};
  }

  std::size_t most = 0;
};

/// Takes everything and keeps nothing.
struct Nowhere : RecordStorage {
  castore::PushOutcome push_events(std::span<const castore::PushRecord> records, const castore::PushOptions&) override {
    most = (std::max)(most, records.size());
    return {};
  }
  std::size_t most = 0;
};

castore::PushRecord record(std::string id, castore::Version version, std::string payload = {}, int time = 1) {
  return {"MONSTERS", {std::move(id), version, "LEVELED_UP", at(time), std::move(payload), {}}};
}
template <class Adapter>
void put(Adapter& adapter, const castore::PushRecord& push, bool force = false) {
  REQUIRE(adapter.push_events({&push, 1}, {.force = force}).status == castore::PushOutcome::pushed);
}

/// Everything in both event stores, aggregate by aggregate.
std::vector<castore::EventRecord> everything(auto& adapter) {
  std::vector<castore::EventRecord> all;
  for (const std::string_view store : {"MONSTERS", "TAMERS"}) {
    for (const auto& entry : adapter.list_aggregate_ids(store, {}).aggregate_ids) {
      for (auto& event : records_of(adapter, store, entry.aggregate_id)) all.push_back(std::move(event));
    }
  }
  return all;
}

}  // namespace

TEST_CASE("events are copied as they are and in their order, from memory to SQLite and back") {
  const Histories histories;
  SqliteEventStorageAdapter file{":memory:"};
  const std::size_t page_size = GENERATE(1U, 3U, 500U);
  const CopyResult result = castore::copy_events(histories.storage, file, {.page_size = page_size});
  CHECK(result.read_count == histories.event_count);
  CHECK(result.written_count == histories.event_count);
  CHECK(result.already_there_count == 0);
  CHECK(result.dropped_count == 0);
  CHECK(result.aggregate_count == histories.aggregate_count);
  CHECK(result.is_complete);
  CHECK(in_order(file) == in_order(histories.storage));
  CHECK(everything(file) == everything(histories.storage));
  InMemoryEventStorageAdapter memory;
  CHECK(castore::copy_events(AnyEventStorageAdapter{file}, AnyEventStorageAdapter{memory}, {.page_size = page_size})
            .is_complete);
  CHECK(in_order(memory) == in_order(histories.storage));
  MonsterStore monsters{"MONSTERS", memory};
  CHECK(monsters.get_existing_aggregate("m1") == histories.monsters.get_existing_aggregate("m1"));
}

TEST_CASE("events that stand together with one timestamp are pushed together, as many as the target takes") {
  Histories histories;
  histories.monsters.push_events("large", 0, std::vector<std::variant<Appeared, LeveledUp>>(20));
  Watched target;
  CHECK(castore::copy_events(histories.storage, target).written_count == histories.event_count + 20);
  CHECK(target.sizes.back() == 20);
  Watched in_parts;
  CHECK(castore::copy_events(histories.storage, in_parts, {.page_size = 8}).written_count ==
        histories.event_count + 20);
  CHECK(std::vector(in_parts.sizes.end() - 3, in_parts.sizes.end()) == std::vector<std::size_t>{8, 8, 4});
  Watched small;
  small.most = 3;
  CHECK(castore::copy_events(histories.storage, small).written_count == histories.event_count + 20);
  CHECK(everything(small) == everything(histories.storage));
}

TEST_CASE("a storage without an order is copied aggregate by aggregate, and its event stores are named or listed") {
  const Histories histories;
  RecordStorage unordered;
  copy_all(histories.storage, unordered, {.page_size = 2});
  const std::size_t page_size = GENERATE(1U, 3U, 500U);
  SqliteEventStorageAdapter file{":memory:"};
  const auto error = error_of<std::invalid_argument>([&] { return castore::copy_events(unordered, file); });
  CHECK(std::string{error.what()} ==
        "castore: the source does not tell which event stores it has; name them in event_store_ids");
  const CopyResult one = castore::copy_events(unordered, file, {.event_store_ids = {"TAMERS"}, .page_size = page_size});
  CHECK(one.is_complete);
  CHECK_FALSE(one.resume_token);
  CHECK(file.list_event_stores() == std::vector<std::string>{"TAMERS"});
  const CopyResult both =
      castore::copy_events(unordered, file, {.event_store_ids = {"MONSTERS", "TAMERS"}, .page_size = page_size});
  CHECK(both.already_there_count == one.written_count);
  CHECK(both.written_count + one.written_count == histories.event_count);
  CHECK(both.aggregate_count == histories.aggregate_count);
  CHECK(everything(file) == everything(histories.storage));

  Watched listed;
  copy_all(histories.storage, listed);
  InMemoryEventStorageAdapter memory;
  CHECK(castore::copy_events(listed, memory).written_count == histories.event_count);
  CHECK(everything(memory) == everything(histories.storage));
}

TEST_CASE("another copy writes what has come since and what is missing") {
  Histories histories;
  SqliteEventStorageAdapter file{":memory:"};
  put(file, {"MONSTERS", records_of(histories.storage, "MONSTERS", "m1").front()});
  const CopyResult first = castore::copy_events(histories.storage, file);
  CHECK(first.already_there_count == 1);
  CHECK(first.written_count == histories.event_count - 1);
  histories.monsters.push_event("m1", *histories.last_version("m1") + 1, LeveledUp{});
  histories.monsters.push_event("later", 1, LeveledUp{});
  SECTION("from the start") {
    const CopyResult second = castore::copy_events(histories.storage, file);
    CHECK(second.already_there_count == histories.event_count);
    CHECK(second.written_count == 2);
  }
  SECTION("by the token, which spares reading what was copied") {
    const CopyResult second = castore::copy_events(histories.storage, file, {.resume_token = first.resume_token});
    CHECK(second.read_count == 2);
    CHECK(second.written_count == 2);
    CHECK(castore::copy_events(histories.storage, file, {.resume_token = second.resume_token}).read_count == 0);
  }
  CHECK(everything(file) == everything(histories.storage));
}

TEST_CASE("an event store may have another name in the target, which may be the source") {
  Histories histories;
  const CopyOptions options{.event_store_ids = {"MONSTERS"}, .target_event_store_id = "COPIES", .page_size = 3};
  const CopyResult result = castore::copy_events(histories.storage, histories.storage, options);
  CHECK(result.is_complete);
  MonsterStore copies{"COPIES", histories.storage};
  CHECK(copies.get_events("m2") == histories.monsters.get_events("m2"));
  CHECK(castore::copy_events(histories.storage, histories.storage, options).already_there_count ==
        result.written_count);
  const auto error = error_of<std::invalid_argument>(
      [&] { return castore::copy_events(histories.storage, histories.storage, {.target_event_store_id = "COPIES"}); });
  CHECK(std::string{error.what()} ==
        "castore: target_event_store_id is for one event store; name it in event_store_ids");
}

TEST_CASE("an event that is there and differs is a conflict that names what differs, and stays as it is") {
  RecordStorage source;
  SqliteEventStorageAdapter file{":memory:"};
  put(source, record("a", 1));
  put(source, {"MONSTERS", {"a", 2, "LEVELED_UP", at(2), R"({"by":1})", R"({"user":"ash"})"}});
  castore::PushRecord other{"MONSTERS", {"a", 2, "LEVELED_UP", at(2), R"({"by":1})", R"({"user":"ash"})"}};
  const auto& [field, change] = GENERATE(table<std::string, void (*)(castore::EventRecord&)>(
      {{"type", [](castore::EventRecord& event) { event.type = "OTHER"; }},
       {"timestamp", [](castore::EventRecord& event) { event.timestamp = at(3); }},
       {"payload", [](castore::EventRecord& event) { event.payload = R"({"by":2})"; }},
       {"payload", [](castore::EventRecord& event) { event.payload = ""; }},
       {"metadata", [](castore::EventRecord& event) { event.metadata = ""; }}}));
  change(other.record);
  put(file, record("a", 1));
  put(file, other);
  const bool is_dry = GENERATE(false, true);
  const CopyOptions options{.event_store_ids = {"MONSTERS"}, .dry_run = is_dry};
  const auto error = error_of<CopyConflictError>([&] { return castore::copy_events(source, file, options); });
  CHECK(error.event_store_id() == "MONSTERS");
  CHECK(error.aggregate_id() == "a");
  CHECK(error.version() == 2);
  CHECK(error.field() == field);
  CHECK(std::string{error.what()} ==
        "castore: event 2 of aggregate 'a' in event store 'MONSTERS' is in the target "
        "already, with another " +
            field + "; it was left as it is; copy into an event store that holds nothing else");
  CHECK(records_of(file, "MONSTERS", "a").back() == other.record);
}

TEST_CASE("payloads are equal when their JSON means the same, however a database writes it") {
  RecordStorage source;
  RecordStorage target;
  const auto& [here, there, is_same] =
      GENERATE(table<std::string, std::string, bool>({{R"({"a":1,"b":[2]})", R"({"b": [2.0], "a": 1})", true},
                                                      {R"("\u00e9")", R"("é")", true},
                                                      {"9007199254740993", "9007199254740992", false},
                                                      {"1e999", "1e998", false},
                                                      {"null", "", false}}));
  put(source, record("a", 1, here));
  put(target, record("a", 1, there));
  if (is_same) {
    CHECK(castore::copy_events(source, target, {.event_store_ids = {"MONSTERS"}}).already_there_count == 1);
  } else {
    CHECK(error_of<CopyConflictError>([&] {
            return castore::copy_events(source, target, {.event_store_ids = {"MONSTERS"}});
          }).field() == "payload");
  }
}

TEST_CASE("gaps in the source are gaps in the target, whatever the order of their events") {
  InMemoryEventStorageAdapter source;
  put(source, record("a", 1));
  put(source, record("a", 2));
  put(source, record("a", 5), true);
  put(source, record("b", 7), true);
  put(source, record("a", 4, "{}", 2), true);
  put(source, record("a", 6, {}, 2));
  SqliteEventStorageAdapter file{":memory:"};
  const CopyResult dry = castore::copy_events(source, file, {.dry_run = true});
  CopyResult result = castore::copy_events(source, file);
  CHECK(result.written_count == 6);
  CHECK(in_order(file) == in_order(source));
  CHECK(records_of(file, "MONSTERS", "a") == records_of(source, "MONSTERS", "a"));
  result.resume_token.reset();
  CHECK(dry == result);
  CHECK(castore::copy_events(source, file).already_there_count == 6);
  RecordStorage unordered;
  copy_all(source, unordered);
  InMemoryEventStorageAdapter memory;
  CHECK(castore::copy_events(unordered, memory, {.event_store_ids = {"MONSTERS"}, .page_size = 2}).written_count == 5);
  CHECK(records_of(memory, "MONSTERS", "a") == records_of(source, "MONSTERS", "a"));  // "b" is not listed
}

TEST_CASE("a dry run writes nothing and gives the report of the copy but for its token") {
  Histories histories;
  RecordStorage unordered;
  copy_all(histories.storage, unordered);
  const AnyEventStorageAdapter source =
      GENERATE(true, false) ? AnyEventStorageAdapter{histories.storage} : AnyEventStorageAdapter{unordered};
  InMemoryEventStorageAdapter memory;
  for (const auto& event : records_of(source, "MONSTERS", "m2")) put(memory, {"MONSTERS", event});
  const auto before = everything(memory);
  std::size_t calls = 0;
  CopyOptions options{.event_store_ids = {"MONSTERS", "TAMERS"},
                      .page_size = 4,
                      .dry_run = true,
                      .on_progress = [&](const CopyResult&) { ++calls; }};
  CopyResult dry = castore::copy_events(source, memory, options);
  CHECK_FALSE(dry.resume_token);
  CHECK(everything(memory) == before);
  options.dry_run = false;
  const std::size_t dry_calls = std::exchange(calls, 0);
  const CopyResult copied = castore::copy_events(source, memory, options);
  dry.resume_token = copied.resume_token;
  CHECK(dry == copied);
  CHECK(dry_calls == calls);
  CHECK(copied.already_there_count == before.size());
  CHECK(everything(memory) == everything(source));
}

TEST_CASE("a copy stops when it is told to, at any place, and goes on later") {
  Histories histories;
  RecordStorage unordered;
  copy_all(histories.storage, unordered);
  const bool is_in_order = GENERATE(true, false);
  const AnyEventStorageAdapter source =
      is_in_order ? AnyEventStorageAdapter{histories.storage} : AnyEventStorageAdapter{unordered};
  for (std::size_t stops_at = 1;; ++stops_at) {
    InMemoryEventStorageAdapter memory;
    std::stop_source stop;
    CopyOptions options{.event_store_ids = {"MONSTERS", "TAMERS"}, .page_size = 3, .stop_token = stop.get_token()};
    std::size_t pushes = 0;
    options.on_progress = [&](const CopyResult& result) {
      CHECK_FALSE(result.is_complete);
      CHECK(result.read_count == everything(memory).size());
      if (++pushes == stops_at) stop.request_stop();
    };
    const CopyResult first = castore::copy_events(source, memory, options);
    if (pushes < stops_at) break;
    CHECK_FALSE(first.is_complete);
    CHECK(first.read_count == everything(memory).size());
    REQUIRE(first.resume_token);
    CHECK(castore::copy_events(source, memory, options).read_count == 0);  // it is still told to
    const CopyResult rest = castore::copy_events(
        source, memory,
        {.event_store_ids = options.event_store_ids, .page_size = 3, .resume_token = first.resume_token});
    CHECK(rest.is_complete);
    CHECK(rest.written_count + first.written_count == histories.event_count);
    if (is_in_order) {
      CHECK(rest.already_there_count == 0);
      CHECK(in_order(memory) == in_order(source));
    }
    CHECK(everything(memory) == everything(source));
  }
}

TEST_CASE("a copy whose storages or report fail at any call is completed by another") {
  Histories histories;
  RecordStorage unordered;
  copy_all(histories.storage, unordered);
  const bool is_in_order = GENERATE(true, false);
  const AnyEventStorageAdapter source =
      is_in_order ? AnyEventStorageAdapter{histories.storage} : AnyEventStorageAdapter{unordered};
  const auto& [operation, is_of_target] = GENERATE(table<Operation, bool>({{Operation::read_all_events, false},
                                                                           {Operation::list_aggregate_ids, false},
                                                                           {Operation::get_events, false},
                                                                           {Operation::get_events, true},
                                                                           {Operation::push_events, true}}));
  const bool is_done = GENERATE(false, true);
  std::size_t failures = 0;
  for (std::size_t nth = 1;; ++nth) {
    InMemoryEventStorageAdapter memory;
    put(memory, {"MONSTERS", records_of(source, "MONSTERS", "m1").front()});  // so that the target is read
    AnyEventStorageAdapter faultless{source};
    castore::testing::FaultInjectingAdapter from{faultless};
    castore::testing::FaultInjectingAdapter to{memory};
    const auto fault = is_done ? castore::testing::fails_after() : castore::testing::fails_before();
    is_of_target ? to.inject(operation, fault, nth) : from.inject(operation, fault, nth);
    CopyOptions options{.event_store_ids = {"MONSTERS", "TAMERS"}, .page_size = 3};
    try {
      (void)castore::copy_events(from, to, options);
      break;  // there are no more such calls
    } catch (const CopyInterruptedError& error) {
      ++failures;
      CHECK_THROWS_AS(std::rethrow_if_nested(error), castore::StorageError);
      CHECK(error.result().resume_token == error.resume_token());
      options.resume_token = error.resume_token();
    }
    if (nth % 2 == 0) options.resume_token.reset();
    CHECK(castore::copy_events(from, to, options).is_complete);
    CHECK(everything(memory) == everything(source));
  }
  const bool is_called = is_of_target || (operation == Operation::read_all_events) == is_in_order;
  CHECK((failures > 0) == is_called);
}

TEST_CASE("an interrupted copy says where it was, why, and where to go on") {
  Histories histories;
  InMemoryEventStorageAdapter memory;
  std::optional<std::string> token;
  const auto error = error_of<CopyInterruptedError>([&] {
    return castore::copy_events(histories.storage, memory, {.on_progress = [&](const CopyResult& result) {
                                  token = result.resume_token;
                                  throw std::runtime_error{"the report failed"};
                                }});
  });
  CHECK(std::string{error.what()} ==
        "castore: a copy was interrupted after 3 event(s), at event 1 of aggregate 'm1' in event store 'MONSTERS': the "
        "report failed; copy again with the error's resume_token()");
  CHECK(error.result().written_count == 3);
  CHECK(error.resume_token() == token);
  CHECK(castore::copy_events(histories.storage, memory, {.resume_token = token}).read_count ==
        histories.event_count - 3);
}

TEST_CASE("tokens and options of a copy that mean nothing are refused") {
  Histories histories;
  InMemoryEventStorageAdapter memory;
  const std::string token = *castore::copy_events(histories.storage, memory).resume_token;
  const std::string of_list = castore::detail::make_copy_token("MONSTERS", "a;b");
  CHECK(castore::detail::parse_copy_token(of_list, false).page_token == "a;b");
  CHECK_FALSE(castore::detail::parse_copy_token(castore::detail::make_copy_token("MONSTERS", {}), false).page_token);
  const auto refusal = [](auto& source, auto& target, const std::string& text, std::vector<std::string> ids = {}) {
    const auto error = error_of<InvalidResumeTokenError>([&] {
      return castore::copy_events(source, target, {.event_store_ids = std::move(ids), .resume_token = text});
    });
    CHECK(error.resume_token() == text);
    return std::string{error.what()};
  };
  const auto is_not_of = [](const std::string& text, const std::string& of) {
    return "castore: '" + text + "' is not a resume token of " + of + "; pass it unchanged, or copy from the start";
  };
  for (const std::string& bad : {std::string{}, token + "0", token.substr(1), of_list}) {
    CHECK(refusal(histories.storage, memory, bad) == is_not_of(bad, "a copy of this source"));
  }
  RecordStorage unordered;
  CHECK(refusal(unordered, memory, token, {"MONSTERS"}) == is_not_of(token, "a copy of this source"));
  CHECK(refusal(unordered, memory, of_list, {"TAMERS"}) == is_not_of(of_list, "a copy of these event stores"));

  InMemoryEventStorageAdapter set_back;
  put(set_back, record("a", 1));
  CHECK(refusal(set_back, memory, token) ==
        is_not_of(token, "a copy of this source, whose newest event is at position 1"));

  histories.monsters.push_event("m1", *histories.last_version("m1") + 1, LeveledUp{});
  InMemoryEventStorageAdapter other;
  CHECK(refusal(histories.storage, other, token) ==
        is_not_of(token, "a copy into this target, which lacks event " +
                             std::to_string(*histories.last_version("m1") - 1) +
                             " of aggregate 'm1' in event store 'MONSTERS'"));
  CHECK(everything(other).empty());
  CHECK(std::string{error_of<std::invalid_argument>([&] {
                      return castore::copy_events(histories.storage, memory, {.page_size = 0});
                    }).what()} == "castore: page_size is 0");
}

TEST_CASE("a copy ends where the source ended when it began, and its token is good for the rest") {
  Histories histories;
  InMemoryEventStorageAdapter memory;
  castore::Version added = 0;
  const CopyResult result =
      castore::copy_events(histories.storage, memory, {.page_size = 1, .on_progress = [&](const CopyResult&) {
                                                         if (added == 100)
                                                           throw std::runtime_error{"it goes on and on"};
                                                         histories.monsters.push_event("busy", ++added, LeveledUp{});
                                                       }});
  CHECK(result.is_complete);
  CHECK(result.read_count == histories.event_count);
  CHECK(castore::copy_events(histories.storage, memory, {.resume_token = result.resume_token}).written_count ==
        static_cast<std::size_t>(added));
  CHECK(in_order(memory) == in_order(histories.storage));
}

TEST_CASE("a copy keeps a page in memory, whatever the source holds") {
  Endless source;
  Nowhere target;
  const CopyResult result = castore::copy_events(source, target, {.page_size = 100});
  CHECK(result.is_complete);
  CHECK(result.written_count == Endless::count);
  CHECK(source.most == 100);
  CHECK(target.most == 7);  // with one timestamp
}

TEST_CASE("a copy is not complete while an open transaction of the source holds events back") {
  struct Held : Endless {
    castore::ReadAllEventsResult read_all_events(castore::Position after, const castore::ReadAllEventsOptions& options,
                                                 castore::SequencedEventSink sink) {
      if (after >= 500) return {.next = after, .head = count, .is_caught_up = false};
      return Endless::read_all_events(after, options, sink);
    }
  };
  Held source;
  Nowhere target;
  const CopyResult result = castore::copy_events(source, target, {.page_size = 100});
  CHECK_FALSE(result.is_complete);
  constexpr std::size_t in_pages = 16 + 64 + 5 * 100;  // the first of which are shorter
  CHECK(result.read_count == in_pages);
  REQUIRE(result.resume_token);
  Endless later;
  CHECK(castore::copy_events(later, target, {.resume_token = result.resume_token}).read_count ==
        Endless::count - in_pages);
}

#if __has_include(<sys/wait.h>)
TEST_CASE("after a kill at any push another copy completes the target") {
  const castore::sqlite_tests::TempDirectory folder;
  const std::string from = folder / "from.db";
  const castore::SqliteEventStorageAdapterOptions fast{.synchronous = castore::SqliteSynchronous::normal};
  std::size_t pushes = 0;
  {
    const Histories histories;
    SqliteEventStorageAdapter source{from, fast};
    copy_all(histories.storage, source, {.on_progress = [&](const CopyResult&) { ++pushes; }});
  }
  int kills = 0;
  for (std::size_t dies_at = 1; dies_at <= pushes; dies_at += 2) {
    const std::string to = folder / "to" + std::to_string(dies_at) + ".db";
    castore::testing::ChildProcess copying{[&] {
      SqliteEventStorageAdapter source{from, fast};
      SqliteEventStorageAdapter target{to, fast};
      castore::testing::FaultInjectingAdapter dying{target};
      castore::testing::Fault fault = castore::testing::passes();
      fault.first = [] { kill(getpid(), SIGKILL); };
      dying.inject(Operation::push_events, fault, dies_at);
      (void)castore::copy_events(source, dying);
    }};
    kills += copying.wait(std::chrono::seconds{20}) == "a process that ended by signal 9" ? 1 : 0;
    SqliteEventStorageAdapter source{from, fast};
    SqliteEventStorageAdapter target{to, fast};
    const CopyResult result = castore::copy_events(source, target);
    CHECK((result.already_there_count > 0) == (dies_at > 1));
    CHECK(in_order(target) == in_order(source));
  }
  CHECK(kills >= 3);
}
#endif
