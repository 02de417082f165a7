// SPDX-License-Identifier: MIT
#ifndef CASTORE_TESTS_TESTING_RECORDS_ADAPTER_HPP
#define CASTORE_TESTS_TESTING_RECORDS_ADAPTER_HPP

#include <castore/castore.hpp>
#include "support/records_only_adapter.hpp"

namespace kit_tests {

/// A storage that knows records only, and says of itself what few others do.
struct RecordsAdapter : RecordsOnlyAdapter {
  // [properties]
  static constexpr castore::AdapterProperties properties{.orders_equal_timestamps = false, .max_events_per_push = 7};
  // [/properties]
};

}  // namespace kit_tests

#endif
