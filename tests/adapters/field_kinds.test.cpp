// SPDX-License-Identifier: MIT
#include "support/field_kinds.hpp"

#include <castore/adapters/in_memory.hpp>
#include <castore/adapters/sqlite.hpp>
#include <castore/core/any_event_storage_adapter.hpp>
#include "support/catch.hpp"

TEST_CASE("every kind of field comes back from memory and SQLite, and what does not fit is refused with its path") {
  castore::InMemoryEventStorageAdapter memory;
  castore_tests::field_kinds::check(castore::AnyEventStorageAdapter{memory});
  castore::SqliteEventStorageAdapter sqlite{":memory:"};
  castore_tests::field_kinds::check(castore::AnyEventStorageAdapter{sqlite});
}
