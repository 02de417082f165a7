// SPDX-License-Identifier: MIT
#ifndef CASTORE_TESTS_SNAPSHOTS_DOMAIN_HPP
#define CASTORE_TESTS_SNAPSHOTS_DOMAIN_HPP

#include <castore/core/event_store.hpp>
#include <castore/json.hpp>

#include <string>
#include <string_view>

namespace castore::snapshot_tests {

struct Noted {
  static constexpr std::string_view type = "NOTED";
  std::string text;
};

struct Story {
  std::string aggregate_id;
  Version version = 0;
  std::string text;
};

struct StoryReducer {
  static constexpr int version = 3;
  void operator()(Story& story, const Noted& noted) const { (story.text += noted.text) += ' '; }
};

using StoryStore = EventStore<Events<Noted>, Story, StoryReducer>;

/// Events 1 to `last`, each with its version as text.
template <class Store>
void push_all(Store& store, const std::string& id, Version last, Version first = 1) {
  for (Version version = first; version <= last; ++version) {
    store.push_event(id, version, Noted{std::to_string(version)});
  }
}

}  // namespace castore::snapshot_tests

#endif
