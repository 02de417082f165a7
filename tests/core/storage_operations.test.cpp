// SPDX-License-Identifier: MIT
#include <castore/core/storage_operations.hpp>

#include <castore/castore.hpp>
#include <castore/testing/fault_injecting_adapter.hpp>
#include "core/pokemons.hpp"
#include "core/support.hpp"
#include "support/catch.hpp"

#include <memory>
#include <string>
#include <vector>

using castore::AnyEventStorageAdapter;
using castore::InMemoryEventStorageAdapter;
using castore::PushOutcome;
using castore::PushRecord;
using castore::StorageOperation;
using castore::supports;
using castore::UnsupportedOperationError;
using castore::operations::GetTypedEvents;
using castore::operations::ListEventStores;
using castore::operations::PushEvents;
using castore::operations::PushTypedEvents;
using castore::testing::FaultInjectingAdapter;
using castore_tests::at;
using castore_tests::error_of;
using castore_tests::RecordStorage;

namespace {

using OverMemory = FaultInjectingAdapter<InMemoryEventStorageAdapter>;
using OverRecords = FaultInjectingAdapter<RecordStorage>;
using OverAny = FaultInjectingAdapter<AnyEventStorageAdapter>;

template <class Adapter>
PushOutcome push(Adapter& adapter, std::string_view event_store_id, castore::Version version, bool force = false) {
  const PushRecord record{event_store_id, {"a", version, "A", at(version), "{}", ""}};
  return adapter.push_events({&record, 1}, {.force = force});
}

}  // namespace

TEST_CASE("an adapter and what stands before it have the same optional operations") {
  STATIC_REQUIRE(castore::ListsEventStores<InMemoryEventStorageAdapter>);
  STATIC_REQUIRE(castore::KeepsTypedEvents<InMemoryEventStorageAdapter>);
  STATIC_REQUIRE_FALSE(castore::ListsEventStores<RecordStorage>);
  STATIC_REQUIRE_FALSE(castore::KeepsTypedEvents<RecordStorage>);
  STATIC_REQUIRE(castore::ListsEventStores<OverMemory>);
  STATIC_REQUIRE(castore::KeepsTypedEvents<OverMemory>);
  STATIC_REQUIRE_FALSE(castore::ListsEventStores<OverRecords>);
  STATIC_REQUIRE_FALSE(castore::KeepsTypedEvents<OverRecords>);
  STATIC_REQUIRE(castore::ListsEventStores<AnyEventStorageAdapter>);
  STATIC_REQUIRE(castore::ListsEventStores<OverAny>);
  STATIC_REQUIRE(ListEventStores::explain<InMemoryEventStorageAdapter>());
}

TEST_CASE("supports tells what a storage has, through handles and decorators of handles") {
  InMemoryEventStorageAdapter memory;
  RecordStorage records;
  CHECK(supports<ListEventStores>(memory));
  CHECK_FALSE(supports<ListEventStores>(records));
  CHECK(supports<PushEvents>(records));

  AnyEventStorageAdapter any_memory{memory};
  AnyEventStorageAdapter any_records{records};
  OverAny over_memory{any_memory};
  OverAny over_records{any_records};
  CHECK(supports<ListEventStores>(over_memory));
  CHECK(supports<GetTypedEvents>(over_memory));
  CHECK_FALSE(supports<ListEventStores>(over_records));
  CHECK_FALSE(supports<PushTypedEvents>(over_records));
  CHECK(supports<ListEventStores>(AnyEventStorageAdapter{over_memory}));
  CHECK_FALSE(supports<ListEventStores>(AnyEventStorageAdapter{over_records}));
  CHECK(supports<PushEvents>(AnyEventStorageAdapter{over_records}));
}

TEST_CASE("an operation that a storage does not have is an error that names it") {
  RecordStorage records;
  AnyEventStorageAdapter handle{records};
  const auto error = error_of<UnsupportedOperationError>([&] { (void)handle.list_event_stores(); });
  CHECK(error.operation() == "list_event_stores");
  CHECK(std::string{error.what()} ==
        "castore: this event storage adapter has no operation list_event_stores; take an adapter that has it, or ask "
        "castore::supports before");
  CHECK(error_of<UnsupportedOperationError>([&] { (void)handle.typed_events("S", "a"); }).operation() ==
        "typed_events");
  const OverAny over{handle};
  CHECK(error_of<UnsupportedOperationError>([&] { (void)over.list_event_stores(); }).operation() ==
        "list_event_stores");
  const AnyEventStorageAdapter nothing;
  CHECK(error_of<UnsupportedOperationError>([&] { push(nothing, "S", 1); }).operation() == "push_events");
}

TEST_CASE("an optional operation goes through a handle and a decorator, which may let it fail") {
  InMemoryEventStorageAdapter memory;
  AnyEventStorageAdapter handle{memory};
  OverAny over{handle};
  const AnyEventStorageAdapter outer{over};
  REQUIRE(push(outer, "S", 1) == PushOutcome{});
  CHECK(outer.list_event_stores() == std::vector<std::string>{"S"});
  CHECK(over.calls(StorageOperation::list_event_stores) == 1);
  over.inject(StorageOperation::list_event_stores, castore::testing::fails_before());
  CHECK(std::string{error_of<castore::StorageError>([&] { (void)outer.list_event_stores(); }).what()} ==
        "castore: injected fault: list_event_stores lost its connection; whether it took effect is unknown");
}

TEST_CASE("typed events stay objects through a decorator of a handle") {
  InMemoryEventStorageAdapter memory;
  AnyEventStorageAdapter handle{memory};
  OverAny over{handle};
  castore_tests::PokemonStore through{"POKEMONS", over};
  castore_tests::PokemonStore direct{"POKEMONS", memory};
  direct.push_event("pikachu", 1, castore_tests::PokemonAppeared{"Pikachu", 5});
  through.push_event("pikachu", 2, castore_tests::PokemonLeveledUp{});
  CHECK(over.calls(StorageOperation::push_events) == 1);
  CHECK(through.get_existing_aggregate("pikachu").level == 6);
  direct.push_event("raichu", 1, castore_tests::PokemonAppeared{"Raichu", 5});
  CHECK(memory.typed_events("POKEMONS", "pikachu").stream->type() ==
        memory.typed_events("POKEMONS", "raichu").stream->type());
}

TEST_CASE("the in-memory adapter lists the stores that have events, by the bytes of their ids") {
  InMemoryEventStorageAdapter memory;
  CHECK(memory.list_event_stores().empty());
  CHECK(push(memory, "b", 2) == PushOutcome{PushOutcome::version_gap, 0});
  CHECK(memory.list_event_stores().empty());
  for (const char* id : {"b", "a", "\xC3\xA9", "B", "", "a"}) push(memory, id, 1);
  push(memory, "forced", 7, true);
  CHECK(memory.list_event_stores() == std::vector<std::string>{"", "B", "a", "b", "forced", "\xC3\xA9"});

  const PushRecord refused[] = {{"new", {"a", 1, "A", at(1), "{}", ""}}, {"a", {"a", 1, "A", at(1), "{}", ""}}};
  CHECK(memory.push_events(refused, {}) == PushOutcome{PushOutcome::already_exists, 1});
  CHECK(memory.list_event_stores().size() == 6);
}
