// SPDX-License-Identifier: MIT
// expected: castore: this needs an adapter that lists its event stores; give it a public member function `std::vector<std::string> list_event_stores()`, or take another adapter
// expected: MyAdapter
// errors: 1
// lines[clang]: 15
#include <castore/castore.hpp>

#include <span>
#include <string>
#include <string_view>
#include <vector>

struct MyAdapter {
  castore::PushOutcome push_events(std::span<const castore::PushRecord>, const castore::PushOptions&) { return {}; }
  void get_events(std::string_view, std::string_view, const castore::GetEventsOptions&, castore::RecordSink) {}
  castore::AggregateIdsPage list_aggregate_ids(std::string_view, const castore::ListAggregateIdsOptions&) { return {}; }
#ifndef OFFEND
  std::vector<std::string> list_event_stores() { return {}; }
#endif
};

template <class Adapter>
std::size_t count_event_stores(Adapter& adapter) {
  if constexpr (castore::operations::ListEventStores::explain<Adapter>()) return adapter.list_event_stores().size();
  return 0;
}

int main() {
  MyAdapter storage;
  static_cast<void>(count_event_stores(storage));
}
