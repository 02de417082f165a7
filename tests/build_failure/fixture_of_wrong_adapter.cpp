// SPDX-License-Identifier: MIT
// expected: castore: this adapter needs a public member function
// expected: castore::AggregateIdsPage list_aggregate_ids(std::string_view event_store_id,
// expected: MyAdapter
// errors: 1
// lines[gcc]: 19
// lines[clang]: 27
#include <castore/castore.hpp>
#include <castore/testing/catch2.hpp>

#include <span>
#include <string_view>

struct MyAdapter {
  castore::PushOutcome push_events(std::span<const castore::PushRecord>, const castore::PushOptions&) { return {}; }
  void get_events(std::string_view, std::string_view, const castore::GetEventsOptions&, castore::RecordSink) {}
#ifndef OFFEND
  castore::AggregateIdsPage list_aggregate_ids(std::string_view, const castore::ListAggregateIdsOptions&) { return {}; }
#endif
};

struct MyFixture {
  MyAdapter& adapter() { return storage; }
  MyAdapter storage;
};

const bool registered = castore::testing::register_adapter_laws<MyFixture>("my adapter");
