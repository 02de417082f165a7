// SPDX-License-Identifier: MIT
#ifndef CASTORE_TESTS_MAINTENANCE_SUPPORT_HPP
#define CASTORE_TESTS_MAINTENANCE_SUPPORT_HPP

#include <castore/castore.hpp>
#include <castore/core/event_log.hpp>
#include <castore/maintenance/copy_events.hpp>

#include "messaging/support.hpp"

#include <cstddef>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace castore_tests {

/// Two event stores in one storage, whose aggregates grow in turns; some of their events are groups.
struct Histories {
  Histories() {
    castore::push_event_group(monsters.group_event("m1", 1, Appeared{"Pikachu"}, {.timestamp = at(0)}),
                              tamers.group_event("t1", 1, Joined{}));
    event_count = 2;
    for (int turn = 1; turn <= 12; ++turn) {
      const std::string id = "m" + std::to_string(turn % 4 + 1);
      const castore::Version next = last_version(id).value_or(0) + 1;
      monsters.push_event(id, next, LeveledUp{}, {.timestamp = at(turn / 2)});
      ++event_count;
      if (turn % 5 == 0) {
        tamers.push_event("t" + std::to_string(turn), 1, Joined{}, {.timestamp = at(turn)});
        ++event_count;
        ++aggregate_count;
      }
    }
    aggregate_count += 5;  // m1 to m4, t1
  }

  std::optional<castore::Version> last_version(const std::string& id) const {
    const auto monster = monsters.get_aggregate(id);
    return monster ? std::optional{monster->version} : std::nullopt;
  }

  mutable castore::InMemoryEventStorageAdapter storage{};
  MonsterStore monsters{"MONSTERS", storage};
  TamerStore tamers{"TAMERS", storage};
  std::size_t event_count = 0;
  std::size_t aggregate_count = 0;
};

/// Copies everything that is named.
template <class Source, class Target>
void copy_all(Source& source, Target& target, const castore::CopyOptions& options = {}) {
  CHECK(castore::copy_events(source, target, options).is_complete);
}

/// All events of a storage in its order, with their event stores.
template <class Adapter>
std::vector<std::pair<std::string, castore::EventRecord>> in_order(Adapter& adapter) {
  std::vector<std::pair<std::string, castore::EventRecord>> all;
  const auto read = adapter.read_all_events(0, {.limit = 100'000}, [&](const castore::SequencedEventView& event) {
    all.emplace_back(event.event_store_id, event.event.to_record());
  });
  CHECK(read.is_caught_up);
  return all;
}

}  // namespace castore_tests

#endif
