// SPDX-License-Identifier: MIT
#include <castore/core/any_event_storage_adapter.hpp>
#include "core/support.hpp"
#include "support/catch.hpp"

#include <concepts>
#include <memory>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

using castore::AnyEventStorageAdapter;
using castore::EventRecord;
using castore::InMemoryEventStorageAdapter;
using castore::PushOutcome;
using castore::PushRecord;
using castore::supports;
using castore::operations::PushEvents;
using castore::operations::PushTypedEvents;
using castore_tests::at;
using castore_tests::records_of;
using castore_tests::RecordStorage;

namespace {

PushOutcome push(auto& adapter, castore::Version version, bool force = false) {
  const PushRecord record{"S", {"a", version, "A", at(version), "{}", ""}};
  return adapter.push_events({&record, 1}, {.force = force});
}

}  // namespace

TEST_CASE("a handle to nothing says so") {
  const AnyEventStorageAdapter nothing;
  CHECK_FALSE(static_cast<bool>(nothing));
  CHECK_FALSE(supports<PushTypedEvents>(nothing));
  CHECK_FALSE(supports<PushEvents>(nothing));
  CHECK(nothing.target<InMemoryEventStorageAdapter>() == nullptr);
  CHECK(nothing == AnyEventStorageAdapter{});
  CHECK_FALSE(static_cast<bool>(AnyEventStorageAdapter{std::shared_ptr<RecordStorage>{}}));
  CHECK_FALSE(supports<PushTypedEvents>(AnyEventStorageAdapter{std::shared_ptr<InMemoryEventStorageAdapter>{}}));
}

TEST_CASE("a handle passes every operation on to its adapter") {
  RecordStorage storage;
  const AnyEventStorageAdapter handle{storage};
  CHECK(static_cast<bool>(handle));
  CHECK(push(handle, 1) == PushOutcome{});
  CHECK(push(handle, 1) == PushOutcome{PushOutcome::already_exists, 0});
  CHECK(push(handle, 3) == PushOutcome{PushOutcome::version_gap, 0});
  CHECK(push(handle, 3, true) == PushOutcome{});
  CHECK(records_of(storage, "S", "a").size() == 2);
  CHECK(records_of(handle, "S", "a") == records_of(storage, "S", "a"));
  CHECK(records_of(handle, "S", "a", {.limit = 1, .reverse = true}) ==
        std::vector{EventRecord{"a", 3, "A", at(3), "{}", ""}});
  CHECK(records_of(handle, "T", "a").empty());
  CHECK(handle.list_aggregate_ids("S", {}).aggregate_ids == std::vector{castore::AggregateIdEntry{"a", at(1)}});
  CHECK(handle.list_aggregate_ids("S", {.limit = 0}).aggregate_ids.empty());
}

TEST_CASE("a handle knows the adapter it refers to") {
  InMemoryEventStorageAdapter memory;
  RecordStorage records;
  const AnyEventStorageAdapter typed{memory};
  CHECK(typed.target<InMemoryEventStorageAdapter>() == &memory);
  CHECK(typed.target<RecordStorage>() == nullptr);
  CHECK(supports<PushTypedEvents>(typed));

  const AnyEventStorageAdapter untyped{records};
  CHECK(untyped.target<RecordStorage>() == &records);
  CHECK(untyped.target<InMemoryEventStorageAdapter>() == nullptr);
  CHECK_FALSE(supports<PushTypedEvents>(untyped));
}

TEST_CASE("handles are equal when they refer to the same adapter object") {
  InMemoryEventStorageAdapter one;
  const auto two = std::make_shared<InMemoryEventStorageAdapter>();
  CHECK(AnyEventStorageAdapter{one} == AnyEventStorageAdapter{one});
  CHECK(AnyEventStorageAdapter{two} == AnyEventStorageAdapter{*two});
  CHECK_FALSE(AnyEventStorageAdapter{one} == AnyEventStorageAdapter{two});
  CHECK_FALSE(AnyEventStorageAdapter{one} == AnyEventStorageAdapter{});
}

TEST_CASE("copies of a handle refer to the same adapter and a moved one takes it over") {
  InMemoryEventStorageAdapter memory;
  AnyEventStorageAdapter handle{memory};
  const AnyEventStorageAdapter copy = handle;
  push(copy, 1);
  CHECK(records_of(handle, "S", "a").size() == 1);
  const AnyEventStorageAdapter moved = std::move(handle);
  CHECK(moved == copy);
  CHECK(supports<PushTypedEvents>(moved));
}

TEST_CASE("a handle keeps a shared adapter alive and leaves one it refers to alone") {
  auto shared = std::make_shared<InMemoryEventStorageAdapter>();
  const std::weak_ptr<InMemoryEventStorageAdapter> watcher = shared;
  {
    const AnyEventStorageAdapter handle{std::move(shared)};
    const AnyEventStorageAdapter copy = handle;
    push(copy, 1);
    CHECK_FALSE(watcher.expired());
  }
  CHECK(watcher.expired());

  InMemoryEventStorageAdapter memory;
  { const AnyEventStorageAdapter handle{memory}; }
  CHECK(push(memory, 1) == PushOutcome{});
}

TEST_CASE("a handle is made from adapters and shared adapters and nothing else") {
  STATIC_REQUIRE(castore::EventStorageAdapter<AnyEventStorageAdapter>);
  STATIC_REQUIRE(castore::EventStorageAdapter<const AnyEventStorageAdapter>);
  STATIC_REQUIRE(std::regular<AnyEventStorageAdapter>);
  STATIC_REQUIRE(std::is_constructible_v<AnyEventStorageAdapter, RecordStorage&>);
  STATIC_REQUIRE(std::is_constructible_v<AnyEventStorageAdapter, std::shared_ptr<RecordStorage>>);
  STATIC_REQUIRE_FALSE(std::is_convertible_v<RecordStorage&, AnyEventStorageAdapter>);
  STATIC_REQUIRE_FALSE(std::is_constructible_v<AnyEventStorageAdapter, RecordStorage>);
  STATIC_REQUIRE_FALSE(std::is_constructible_v<AnyEventStorageAdapter, std::string&>);
  STATIC_REQUIRE_FALSE(std::is_constructible_v<AnyEventStorageAdapter, std::shared_ptr<std::string>>);
}
