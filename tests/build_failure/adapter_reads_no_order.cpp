// SPDX-License-Identifier: MIT
// expected: castore: this needs an adapter that hands out the events of all stores in one order; give it a public member function `castore::ReadAllEventsResult read_all_events(castore::Position after, const castore::ReadAllEventsOptions& options, castore::SequencedEventSink sink)`, or take another adapter
// expected: MyAdapter
// errors: 1
// lines[clang]: 15
#include <castore/castore.hpp>

#include <span>
#include <string_view>

struct MyAdapter {
  castore::PushOutcome push_events(std::span<const castore::PushRecord>, const castore::PushOptions&) { return {}; }
  void get_events(std::string_view, std::string_view, const castore::GetEventsOptions&, castore::RecordSink) {}
  castore::AggregateIdsPage list_aggregate_ids(std::string_view, const castore::ListAggregateIdsOptions&) { return {}; }
#ifndef OFFEND
  castore::ReadAllEventsResult read_all_events(castore::Position, const castore::ReadAllEventsOptions&,
                                               castore::SequencedEventSink) {
    return {};
  }
#endif
};

template <class Adapter>
castore::Position last_position(Adapter& adapter) {
  if constexpr (castore::operations::ReadAllEvents::explain<Adapter>()) {
    return adapter.read_all_events(0, {}, [](const castore::SequencedEventView&) {}).head;
  }
  return 0;
}

int main() {
  MyAdapter storage;
  static_cast<void>(last_position(storage));
}
