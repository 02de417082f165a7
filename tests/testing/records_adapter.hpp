// SPDX-License-Identifier: MIT
#ifndef CASTORE_TESTS_TESTING_RECORDS_ADAPTER_HPP
#define CASTORE_TESTS_TESTING_RECORDS_ADAPTER_HPP

#include <castore/castore.hpp>

#include <cstddef>
#include <span>
#include <string_view>

namespace kit_tests {

/// A storage that knows records only, and says of itself what few others do.
class RecordsAdapter {
 public:
  static constexpr bool orders_equal_timestamps = false;
  static constexpr std::size_t max_events_per_push = 7;

  castore::PushOutcome push_events(std::span<const castore::PushRecord> records, bool force) {
    return memory_.push_events(records, force);
  }
  void get_events(std::string_view event_store_id, std::string_view aggregate_id,
                  const castore::GetEventsOptions& options, castore::RecordSink sink) const {
    memory_.get_events(event_store_id, aggregate_id, options, sink);
  }
  castore::AggregateIdsPage list_aggregate_ids(std::string_view event_store_id,
                                               const castore::ListAggregateIdsOptions& options) const {
    return memory_.list_aggregate_ids(event_store_id, options);
  }

 private:
  castore::InMemoryEventStorageAdapter memory_;
};

}  // namespace kit_tests

#endif
