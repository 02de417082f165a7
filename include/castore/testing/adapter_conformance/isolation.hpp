// SPDX-License-Identifier: MIT
#ifndef CASTORE_TESTING_ADAPTER_CONFORMANCE_ISOLATION_HPP
#define CASTORE_TESTING_ADAPTER_CONFORMANCE_ISOLATION_HPP

/// @file
/// Law 1: (event store id, aggregate id) is the key, and any text is an id.

#include <castore/core/errors.hpp>
#include <castore/core/event_storage_adapter.hpp>
#include <castore/testing/adapter_conformance/adapter_under_test.hpp>
#include <castore/testing/adapter_conformance/expect.hpp>
#include <castore/testing/adapter_conformance/law.hpp>
#include <castore/testing/adapter_conformance/law_events.hpp>
#include <castore/testing/adapter_conformance/random_operations.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <random>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace castore::testing::detail {

inline void two_event_stores_keep_one_id_apart(const AdapterUnderTest& adapter) {
  const LawEvent in_a{"A", "same", 1, "of A", at(0)};
  const LawEvent in_b{"B", "same", 1, "of B", at(1)};
  adapter.must_push(in_a);
  adapter.expect_no_events("B", "same", "events of an aggregate that exists in another event store only");
  adapter.must_push(in_b);
  adapter.must_push({"B", "same", 2, "of B", at(2)});
  adapter.expect_events({in_a}, "events in A");
  adapter.expect_events({in_b, {"B", "same", 2, "of B", at(2)}}, "events in B");
}

inline void a_list_is_of_one_event_store(const AdapterUnderTest& adapter) {
  adapter.must_push({"A", "in a", 1, "", at(0)});
  adapter.must_push({"B", "in b", 1, "", at(1)});
  adapter.must_push({"AB", "in ab", 1, "", at(2)});
  expect_equal(adapter.list_all("A"), {{"in a", at(0)}}, "aggregates of event store A");
  expect_equal(adapter.list_all("B"), {{"in b", at(1)}}, "aggregates of event store B");
}

/// False when the storage refuses an event store id, as it may where it cannot keep it.
inline bool takes_event_store_id(const AdapterUnderTest& adapter, const LawEvent& event) {
  try {
    adapter.must_push(event);
    return true;
  } catch (const InvalidEventError& error) {
    expect_equal(error.field(), std::string{"event_store_id"}, "field of the error");
    return false;
  }
}

inline void ids_that_join_alike_stay_apart(const AdapterUnderTest& adapter) {
  for (const std::string separator : {"#", "/", ":", "|", ",", " ", "\x1f", "\\", "'", "\"", ""}) {
    const LawEvent left{"A", "B" + separator + "1", 1, "left", at(0)};
    const LawEvent right{"A" + separator + "B", "1", 1, "right", at(0)};
    adapter.must_push(left);
    if (!takes_event_store_id(adapter, right)) continue;
    adapter.expect_events({left}, "events of the one");
    adapter.expect_events({right}, "events of the other");
  }
}

/// Pushes to all these ids and expects each to have its own event and its own place in the list.
inline void expect_all_different(const AdapterUnderTest& adapter, const std::vector<std::string>& ids) {
  std::vector<AggregateIdEntry> entries;
  const auto event = [&ids](std::size_t index) {
    return LawEvent{"IDS", ids[index], 1, "id " + std::to_string(index), at(0)};
  };
  for (std::size_t index = 0; index < ids.size(); ++index) adapter.must_push(event(index));
  for (std::size_t index = 0; index < ids.size(); ++index) {
    adapter.expect_events({event(index)}, "events of aggregate " + describe(ids[index]));
    entries.push_back({ids[index], at(0)});
  }
  const auto by_id = [](const AggregateIdEntry& left, const AggregateIdEntry& right) {
    return left.aggregate_id < right.aggregate_id;
  };
  auto listed = adapter.list_all("IDS");
  std::ranges::sort(listed, by_id);
  std::ranges::sort(entries, by_id);
  expect_equal(listed, entries, "aggregates in any order");
}

inline void any_text_is_an_aggregate_id(const AdapterUnderTest& adapter) {
  expect_all_different(adapter, {"",
                                 " ",
                                 "#",
                                 "##",
                                 "a#b",
                                 "__proto__",
                                 "constructor",
                                 "'; DROP TABLE event; --",
                                 "'",
                                 "\"",
                                 "`",
                                 "\\",
                                 "\\0",
                                 "%",
                                 "_",
                                 "*",
                                 "?",
                                 "[a]",
                                 "{}",
                                 "$1",
                                 ":id",
                                 "?1",
                                 "/",
                                 "../..",
                                 ";",
                                 ",",
                                 "=",
                                 "&",
                                 "\n",
                                 "\r\n",
                                 "\t",
                                 "\x01",
                                 "\x1b[0m",
                                 "\x7f",
                                 "null",
                                 "NULL",
                                 "true",
                                 "0",
                                 "-1",
                                 "\xc3\xa9",
                                 "\xe6\x97\xa5\xe6\x9c\xac",
                                 "\xd7\xa9\xd7\x9c",
                                 "\xe2\x80\xae",
                                 "\xef\xbb\xbf",
                                 "\xef\xbf\xbf",
                                 "\xf0\x9f\x90\x89",
                                 "\xf4\x8f\xbf\xbf"});
}

inline void any_text_is_an_event_store_id(const AdapterUnderTest& adapter) {
  LawEventList events;
  for (const char* const id : {"", " ", "#", "__proto__", "'; DROP TABLE event; --", "\"", "\\", "%", "\n", "\xc3\xa9",
                               "\xf0\x9f\x90\x89", "id", "ID", "id "}) {
    const std::string number = std::to_string(events.size());
    const LawEvent event{id, "1", 1, "in event store " + number, at(0)};
    if (takes_event_store_id(adapter, event)) events.push_back(event);
  }
  for (const LawEvent& event : events) {
    const std::string where = "in event store " + describe(event.event_store_id);
    adapter.expect_events({event}, "events " + where);
    expect_equal(adapter.list_all(event.event_store_id), {{"1", at(0)}}, "aggregates " + where);
  }
}

inline void ids_that_look_alike_are_different(const AdapterUnderTest& adapter) {
  expect_all_different(adapter, {"id", "ID", "Id", " id", "id ", "id\n", "id\xc2\xa0", "1", "01", "1.0", "1e0", "+1",
                                 "\xc3\xa9", "e\xcc\x81", "\xc3\x89", "ss", "\xc3\x9f", "k", "\xe2\x84\xaa"});
}

/// Texts of this size that differ in their last, first or middle byte only, and that cannot be compressed.
inline std::vector<std::string> long_ids(std::size_t size) {
  std::minstd_rand random{1};
  std::string id(size, ' ');
  for (char& character : id) character = "0123456789abcdefghijklmnopqrstuvwxyz"[random() % 36];
  std::vector<std::string> ids(5, id);
  if (size > 0) ids.back().pop_back();
  for (std::size_t index = 1; index < 4 && size > 2; ++index) {
    char& changed = ids[index][index == 1 ? size - 1 : index == 2 ? 0 : size / 2];
    changed = changed == '0' ? '1' : '0';
  }
  return ids;
}

inline void long_ids_are_kept_whole(const AdapterUnderTest& adapter) {
  expect_all_different(adapter, long_ids(adapter.properties().max_id_size));
}

/// Together with aggregate ids of that size.
inline void long_event_store_ids_are_kept_whole(const AdapterUnderTest& adapter) {
  const std::string aggregate_id = long_ids(adapter.properties().max_id_size).front();
  LawEventList events;
  for (const std::string& event_store_id : long_ids(adapter.properties().max_id_size)) {
    events.push_back({event_store_id, aggregate_id, 1, "event " + std::to_string(events.size()), at(0)});
    adapter.must_push(events.back());
  }
  for (const LawEvent& event : events) {
    adapter.expect_events({event}, "events in an event store with a long id");
    expect_equal(adapter.list_all(event.event_store_id), {{aggregate_id, at(0)}}, "aggregates in it");
  }
}

/// What is longer than the adapter says may be refused, but not cut.
inline void longer_ids_are_kept_whole_or_refused(const AdapterUnderTest& adapter) {
  constexpr std::size_t any_size = 65'536;
  for (const std::size_t size : {adapter.properties().max_id_size + 1, any_size}) {
    const std::vector<std::string> ids = long_ids((std::min)(size, any_size));
    LawEventList events;
    for (const std::string& id : {ids[0], ids[1]}) {
      for (LawEvent event : {LawEvent{"IDS", id, 1, "", at(0)}, LawEvent{id, "1", 1, "", at(0)}}) {
        event.text = "event " + std::to_string(events.size());
        try {
          adapter.must_push(event);
          events.push_back(event);
        } catch (const InvalidEventError& error) {
          const bool is_of_store = event.aggregate_id == "1";
          expect_equal(error.field(), std::string{is_of_store ? "event_store_id" : "aggregate_id"},
                       "field of the error");
        }
      }
    }
    for (const LawEvent& event : events) adapter.expect_events({event}, "events of a very long id");
  }
}

/// In keys that hold one id after another, and a version after them.
inline void an_id_may_begin_with_another(const AdapterUnderTest& adapter) {
  std::vector<std::string> ids{"k", "kk", "k1", "k11", "k1/1", "k\x01"};
  for (const std::string separator : {"#", "/", ":", "|", ",", ".", "-", "_", " ", "\x1f", "\x7f", "\xc3\xbf"}) {
    ids.push_back("k" + separator);
    ids.push_back("k" + separator + "1");
    ids.push_back("k" + separator + "00000001");
  }
  LawEventList events;
  for (const std::string& id : ids) events.push_back({"IDS", id, 1, "of " + id, at(0)});
  for (Version version = 2; version <= 12; ++version) events.push_back({"IDS", "k", version, "of k", at(0)});
  for (const std::string store : {"I", "ID", "IDSS", "IDS1"}) events.push_back({store, "S", 1, "of " + store, at(0)});
  adapter.must_push_many(events);
  for (const std::string& id : ids) {
    LawEventList expected;
    for (const LawEvent& event : events) {
      if (event.event_store_id == "IDS" && event.aggregate_id == id) expected.push_back(event);
    }
    adapter.expect_events(expected, "events of " + describe(id));
  }
  for (const char* const unknown : {"", "k0", "k2", "k#2", "k/2"}) {
    adapter.expect_no_events("IDS", unknown, "events of an aggregate that does not exist, " + describe(unknown));
  }
  std::set<std::string> listed;
  for (const AggregateIdEntry& entry : adapter.list_all("IDS")) listed.insert(entry.aggregate_id);
  expect_equal(listed.size(), ids.size(), "aggregates in the list");
}

inline void other_bytes_are_no_id(const AdapterUnderTest& adapter) {
  const auto expect_refused = [&](std::string_view field, const LawEvent& event) {
    const auto error = expect_error<InvalidEventError>(
        "InvalidEventError",
        "pushing an event with " + std::string{field} + " " +
            describe(field == "aggregate_id" ? event.aggregate_id : event.event_store_id) +
            "; call castore::check_records first",
        [&] { adapter.push(event); });
    expect_equal(error.field(), std::string{field}, "field of the error");
  };
  using namespace std::string_literals;
  for (const std::string& bytes : {"a\0b"s, "\0"s, "\xff"s, "\xc3"s, "\xed\xa0\x80"s, "\xc0\xaf"s}) {
    expect_refused("aggregate_id", {"IDS", bytes, 1, "", at(0)});
    expect_refused("event_store_id", {bytes, "id", 1, "", at(0)});
  }
}

/// The same operations on ids that a storage may confuse. What goes wrong with plain ids of the same order too is
/// another law's business.
inline void random_operations_on_lookalike_ids(const AdapterUnderTest& adapter) {
  for (const std::uint64_t seed : random_seeds(1)) {
    const std::string one = "one " + std::to_string(seed);
    const std::string two = "two " + std::to_string(seed);
    const std::string three = "three " + std::to_string(seed);
    RandomOperations plain{
        adapter, 1, seed, {{three, "b"}, {three, "a"}, {three, "c"}, {three + "+", "e"}, {three + "+", "d"}}};
    if (plain.find_deviation()) return;
    RandomOperations alike{adapter, 1, seed, {{one, "a"}, {one, "A"}, {one, "a "}, {two, "a"}, {two, "A"}}};
    if (auto found = alike.find_deviation()) {
      alike.shorten(*found);
      throw std::move(found->deviation);
    }
  }
}

inline constexpr AdapterLaw isolation_laws[] = {
    {1, "one aggregate id in two event stores is two aggregates", two_event_stores_keep_one_id_apart},
    {1, "list_aggregate_ids lists one event store only", a_list_is_of_one_event_store},
    {1, "ids that join to the same text stay apart", ids_that_join_alike_stay_apart},
    {1, "any NUL-free UTF-8 text is an aggregate id", any_text_is_an_aggregate_id},
    {1, "any NUL-free UTF-8 text is an event store id", any_text_is_an_event_store_id},
    {1, "ids that look alike are different ids", ids_that_look_alike_are_different},
    {1, "ids of max_id_size bytes are kept whole", long_ids_are_kept_whole},
    {1, "event store ids of max_id_size bytes are kept whole", long_event_store_ids_are_kept_whole},
    {.law = 1,
     .name = "longer ids are kept whole or refused",
     .check = longer_ids_are_kept_whole_or_refused,
     .records_only = true},
    {1, "an id may begin with another one", an_id_may_begin_with_another},
    {.law = 1,
     .name = "push_events refuses an id that is not NUL-free UTF-8",
     .check = other_bytes_are_no_id,
     .records_only = true},
    {.law = 1,
     .name = "random operations on ids that look alike agree with a model",
     .check = random_operations_on_lookalike_ids,
     .records_only = true},
};

}  // namespace castore::testing::detail

#endif
