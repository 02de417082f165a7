// SPDX-License-Identifier: MIT
#ifndef CASTORE_TESTS_CORE_SUPPORT_HPP
#define CASTORE_TESTS_CORE_SUPPORT_HPP

#include <castore/adapters/in_memory.hpp>
#include <castore/core/any_event_storage_adapter.hpp>
#include <castore/core/codec.hpp>
#include <castore/core/event_storage_adapter.hpp>
#include <castore/fwd.hpp>
#include "support/catch.hpp"
#include "support/records_only_adapter.hpp"

#include <chrono>
#include <cstdint>
#include <cstdlib>
#include <exception>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <typeinfo>
#include <vector>

namespace castore_tests {

/// The error that the function throws; it must be of this very type, or be a codec's `FieldError`, which knows the field.
template <class Error, class Function>
Error error_of(Function&& function) {
  try {
    function();
  } catch (const Error& error) {
    if constexpr (std::is_polymorphic_v<Error>) {
      const bool is_exact = typeid(error) == typeid(Error) || dynamic_cast<const std::nested_exception*>(&error) ||
                            dynamic_cast<const castore::FieldError*>(&error);
      if (!is_exact) FAIL("thrown was an error derived from the expected one: " << error.what());
    }
    return error;
  }
  FAIL("nothing was thrown");
  std::abort();
}

/// The error nested in the one that the function throws.
template <class Cause, class Function>
Cause cause_of(Function&& function) {
  try {
    function();
  } catch (const std::exception& error) {
    try {
      std::rethrow_if_nested(error);
    } catch (const Cause& cause) {
      return cause;
    }
    FAIL("nothing is nested in: " << error.what());
  }
  FAIL("nothing was thrown");
  std::abort();
}

/// `at(n)` is n milliseconds after 2022-01-01T00:00:00.000Z.
inline castore::Timestamp at(std::int64_t milliseconds) {
  return castore::Timestamp{std::chrono::milliseconds{1'640'995'200'000 + milliseconds}};
}

/// A storage that knows records only.
using RecordStorage = RecordsOnlyAdapter;

/// The records of an aggregate, of any adapter.
template <class Adapter>
std::vector<castore::EventRecord> records_of(Adapter& adapter, std::string_view event_store_id,
                                             std::string_view aggregate_id,
                                             const castore::GetEventsOptions& options = {}) {
  std::vector<castore::EventRecord> records;
  adapter.get_events(event_store_id, aggregate_id, options,
                     [&records](const castore::EventRecordView& view) { records.push_back(view.to_record()); });
  return records;
}

enum class Keeping { objects, records };

/// A storage behind a three-parameter store: the in-memory one, which keeps objects, or one that knows records only.
inline castore::AnyEventStorageAdapter new_storage(Keeping keeping) {
  if (keeping == Keeping::records) return castore::AnyEventStorageAdapter{std::make_shared<RecordStorage>()};
  return castore::AnyEventStorageAdapter{std::make_shared<castore::InMemoryEventStorageAdapter>()};
}

}  // namespace castore_tests

/// Runs the test case with either.
#define CASTORE_TESTS_EITHER_STORAGE \
  castore_tests::new_storage(GENERATE(castore_tests::Keeping::objects, castore_tests::Keeping::records))

#endif
