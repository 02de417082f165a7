// SPDX-License-Identifier: MIT
#ifndef CASTORE_TESTS_SUPPORT_RECORDS_ONLY_ADAPTER_HPP
#define CASTORE_TESTS_SUPPORT_RECORDS_ONLY_ADAPTER_HPP

#include <castore/adapters/in_memory.hpp>
#include <castore/core/event_storage_adapter.hpp>
#include <castore/core/typed_events.hpp>

#include <span>
#include <string_view>

/// The in-memory adapter without its typed corridor: all that goes in and out are records. It keeps the contract; what
/// derives from it need not.
class RecordsOnlyAdapter {
 public:
  RecordsOnlyAdapter() = default;
  RecordsOnlyAdapter(const RecordsOnlyAdapter&) = delete;
  RecordsOnlyAdapter& operator=(const RecordsOnlyAdapter&) = delete;
  virtual ~RecordsOnlyAdapter() = default;

  virtual castore::PushOutcome push_events(std::span<const castore::PushRecord> records,
                                           const castore::PushOptions& options) {
    return storage_.push_events(records, options);
  }
  virtual void get_events(std::string_view event_store_id, std::string_view aggregate_id,
                          const castore::GetEventsOptions& options, castore::RecordSink sink) {
    storage_.get_events(event_store_id, aggregate_id, options, sink);
  }
  virtual castore::AggregateIdsPage list_aggregate_ids(std::string_view event_store_id,
                                                       const castore::ListAggregateIdsOptions& options) {
    return storage_.list_aggregate_ids(event_store_id, options);
  }

 private:
  castore::InMemoryEventStorageAdapter storage_;
};

static_assert(castore::EventStorageAdapter<RecordsOnlyAdapter>);
static_assert(!castore::KeepsTypedEvents<RecordsOnlyAdapter>);

#endif
