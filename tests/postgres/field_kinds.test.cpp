// SPDX-License-Identifier: MIT
#include "support/field_kinds.hpp"

#include <castore/adapters/postgres.hpp>
#include <castore/core/any_event_storage_adapter.hpp>
#include "postgres/support/postgres.hpp"
#include "support/catch.hpp"

TEST_CASE("every kind of field comes back from PostgreSQL, and what does not fit is refused with its path",
          "[postgres]") {
  castore::postgres_tests::Storage storage;
  castore_tests::field_kinds::check(castore::AnyEventStorageAdapter{*storage});
}
