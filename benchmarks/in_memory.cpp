// SPDX-License-Identifier: MIT
// The in-memory adapter beside what one would write by hand: an unordered_map of vectors of variants.
#include "support/compare.hpp"
#include "support/workload.hpp"

#include <castore/castore.hpp>

#include <malloc.h>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <functional>
#include <memory>
#include <set>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <thread>
#include <unordered_map>
#include <utility>
#include <variant>
#include <vector>

namespace {

using namespace benchmarks;

struct HandEvent {
  std::int64_t version;
  std::int64_t timestamp;
  std::variant<AccountOpened, MoneyDeposited, AccountClosed> payload;
};

struct Hash {
  using is_transparent = void;
  std::size_t operator()(std::string_view text) const noexcept { return std::hash<std::string_view>{}(text); }
};

class HandStore {
 public:
  template <class Payload>
  HandEvent push(const std::string& id, std::int64_t version, Payload payload) {
    std::vector<HandEvent>& events = events_[id];
    if (version != static_cast<std::int64_t>(events.size()) + 1) throw std::runtime_error{"conflict"};
    const std::int64_t timestamp = now();
    events.push_back({version, timestamp, std::move(payload)});
    if (version == 1) index_.emplace(timestamp, id);
    return events.back();
  }

  /// One event into each of two stores, or none.
  template <class Payload>
  static std::pair<HandEvent, HandEvent> push_group(HandStore& left, HandStore& right, const std::string& id,
                                                    std::int64_t version, const Payload& payload) {
    std::vector<HandEvent>& left_events = left.events_[id];
    std::vector<HandEvent>& right_events = right.events_[id];
    if (version != static_cast<std::int64_t>(left_events.size()) + 1) throw std::runtime_error{"conflict"};
    if (version != static_cast<std::int64_t>(right_events.size()) + 1) throw std::runtime_error{"conflict"};
    const std::int64_t timestamp = now();
    left_events.push_back({version, timestamp, payload});
    right_events.push_back({version, timestamp, payload});
    if (version == 1) {
      left.index_.emplace(timestamp, id);
      right.index_.emplace(timestamp, id);
    }
    return {left_events.back(), right_events.back()};
  }

  Account load_in_place(std::string_view id) const {
    Account account;
    account.aggregate_id = id;
    for (const HandEvent& event : events_.find(id)->second) {
      std::visit([&](const auto& payload) { InPlaceReducer{}(account, payload); }, event.payload);
      account.version = event.version;
    }
    return account;
  }

  Account load_pure(std::string_view id) const {
    Account account;
    account.aggregate_id = id;
    for (const HandEvent& event : events_.find(id)->second) {
      account = std::visit([&](const auto& payload) { return PureReducer{}(std::move(account), payload); },
                           event.payload);
      account.version = event.version;
    }
    return account;
  }

  std::vector<std::pair<std::int64_t, std::string>> page(std::pair<std::int64_t, std::string> after,
                                                         std::size_t limit) const {
    std::vector<std::pair<std::int64_t, std::string>> result;
    for (auto next = index_.upper_bound(after); next != index_.end() && result.size() < limit; ++next) {
      result.push_back(*next);
    }
    return result;
  }

 private:
  static std::int64_t now() {
    return std::chrono::floor<std::chrono::milliseconds>(std::chrono::system_clock::now()).time_since_epoch().count();
  }

  std::unordered_map<std::string, std::vector<HandEvent>, Hash, std::equal_to<>> events_;
  std::set<std::pair<std::int64_t, std::string>> index_;
};

template <class Reducer>
using FourParameters =
    castore::EventStore<AccountEvents, Account, Reducer, castore::InMemoryEventStorageAdapter>;
template <class Reducer>
using ThreeParameters = castore::EventStore<AccountEvents, Account, Reducer>;

template <class Store>
void fill(Store& store, const std::vector<std::string>& ids, std::size_t events) {
  for (const std::string& id : ids) {
    store.push_event(id, 1, opened);
    for (std::size_t version = 2; version <= events; ++version) {
      store.push_event(id, static_cast<castore::Version>(version), deposited);
    }
  }
}

void fill(HandStore& store, const std::vector<std::string>& ids, std::size_t events) {
  for (const std::string& id : ids) {
    store.push(id, 1, opened);
    for (std::size_t version = 2; version <= events; ++version) {
      store.push(id, static_cast<std::int64_t>(version), deposited);
    }
  }
}

template <template <class> class Store>
void compare_push(const std::string& name) {
  const std::vector<std::string> ids = make_ids(1000);
  compare(
      name, 100'000, 15,
      [&] {
        castore::InMemoryEventStorageAdapter storage;
        Store<InPlaceReducer> store{"ACCOUNTS", storage};
        return cpu_seconds([&] { fill(store, ids, 100); });
      },
      [&] {
        HandStore store;
        return cpu_seconds([&] { fill(store, ids, 100); });
      });
}

template <template <class> class Store, class Reducer>
void compare_load(const std::string& name, std::size_t events, Account (HandStore::*load)(std::string_view) const) {
  const std::size_t times = 2'000'000 / events;
  const std::vector<std::string> ids = make_ids(10);
  castore::InMemoryEventStorageAdapter storage;
  Store<Reducer> store{"ACCOUNTS", storage};
  fill(store, ids, events);
  HandStore hand;
  fill(hand, ids, events);
  compare(
      name + " " + std::to_string(events) + " events", times, 15,
      [&] {
        return cpu_seconds([&] {
          for (std::size_t time = 0; time < times; ++time) keep(store.get_aggregate(ids[time % ids.size()])->cents);
        });
      },
      [&] {
        return cpu_seconds([&] {
          for (std::size_t time = 0; time < times; ++time) keep((hand.*load)(ids[time % ids.size()]).cents);
        });
      });
}

void compare_command() {
  const std::vector<std::string> ids = make_ids(1000);
  compare(
      "command on 50 events", ids.size(), 15,
      [&] {
        castore::InMemoryEventStorageAdapter storage;
        FourParameters<InPlaceReducer> store{"ACCOUNTS", storage};
        fill(store, ids, 50);
        const castore::Command command{"DEPOSIT", store, deposit};
        return cpu_seconds([&] {
          for (const std::string& id : ids) keep(command(id, 4200).aggregate.cents);
        });
      },
      [&] {
        HandStore store;
        fill(store, ids, 50);
        return cpu_seconds([&] {
          for (const std::string& id : ids) {
            Account account = store.load_in_place(id);
            const HandEvent event = store.push(id, account.version + 1, deposit(account, 4200));
            InPlaceReducer{}(account, std::get<MoneyDeposited>(event.payload));
            account.version = event.version;
            keep(account.cents);
          }
        });
      });
}

void compare_page(std::size_t aggregates) {
  constexpr std::size_t times = 1000;
  const std::vector<std::string> ids = make_ids(aggregates);
  castore::InMemoryEventStorageAdapter storage;
  FourParameters<InPlaceReducer> store{"ACCOUNTS", storage};
  fill(store, ids, 1);
  HandStore hand;
  fill(hand, ids, 1);
  const auto first = store.list_aggregate_ids({.limit = aggregates / 2});
  const auto hand_first = hand.page({}, aggregates / 2);
  compare(
      "page of 100 out of " + std::to_string(aggregates), times, 15,
      [&] {
        return cpu_seconds([&] {
          for (std::size_t time = 0; time < times; ++time) {
            keep(store.list_aggregate_ids({.limit = 100, .page_token = first.next_page_token}).aggregate_ids.size());
          }
        });
      },
      [&] {
        return cpu_seconds([&] {
          for (std::size_t time = 0; time < times; ++time) keep(hand.page(hand_first.back(), 100).size());
        });
      });
}

/// The group, and its events pushed one by one, which may leave one without the other.
void compare_group() {
  const std::vector<std::string> ids = make_ids(1000);
  constexpr castore::Version versions = 50;
  const auto for_each_version = [&ids](auto&& function) {
    return cpu_seconds([&] {
      for (const std::string& id : ids) {
        for (castore::Version version = 1; version <= versions; ++version) function(id, version);
      }
    });
  };
  const auto castore_seconds = [&](auto&& push) {
    castore::InMemoryEventStorageAdapter storage;
    FourParameters<InPlaceReducer> left{"LEFT", storage};
    FourParameters<InPlaceReducer> right{"RIGHT", storage};
    return for_each_version([&](const std::string& id, castore::Version version) { push(left, right, id, version); });
  };
  const auto hand_seconds = [&] {
    HandStore left;
    HandStore right;
    return for_each_version([&](const std::string& id, castore::Version version) {
      keep(HandStore::push_group(left, right, id, version, deposited));
    });
  };
  const std::size_t groups = ids.size() * versions;
  compare(
      "group of two over two stores", groups, 15,
      [&] {
        return castore_seconds([](auto& left, auto& right, const std::string& id, castore::Version version) {
          castore::push_event_group(left.group_event(id, version, deposited),
                                    right.group_event(id, version, deposited));
        });
      },
      hand_seconds);
  compare(
      "its two events one by one / the group", groups, 15,
      [&] {
        return castore_seconds([](auto& left, auto& right, const std::string& id, castore::Version version) {
          left.push_event(id, version, deposited);
          right.push_event(id, version, deposited);
        });
      },
      hand_seconds);
}

void compare_scale(std::size_t aggregates) {
  constexpr std::size_t touched = 1000;
  const std::vector<std::string> ids = make_ids(aggregates);
  castore::InMemoryEventStorageAdapter storage;
  FourParameters<InPlaceReducer> store{"ACCOUNTS", storage};
  fill(store, ids, 1);
  HandStore hand;
  fill(hand, ids, 1);
  const auto touch = [&](auto&& function) {
    return cpu_seconds([&] {
      for (std::size_t index = 0; index < touched; ++index) function(ids[index * (aggregates / touched)]);
    });
  };
  const std::string among = " among " + std::to_string(aggregates) + " aggregates";
  castore::Version version = 1;
  std::int64_t hand_version = 1;
  compare(
      "push" + among, touched, 15,
      [&] {
        ++version;
        return touch([&](const std::string& id) { store.push_event(id, version, deposited); });
      },
      [&] {
        ++hand_version;
        return touch([&](const std::string& id) { hand.push(id, hand_version, deposited); });
      });
  compare(
      "load" + among, touched, 15,
      [&] { return touch([&](const std::string& id) { keep(store.get_aggregate(id)->cents); }); },
      [&] { return touch([&](const std::string& id) { keep(hand.load_in_place(id).cents); }); });
}

/// How much more two threads get done than one, each on aggregates of its own; by hand each has a store of its own,
/// too, which is what the machine allows.
void compare_threads() {
  const std::vector<std::string> ids = make_ids(200);
  const auto rate = [&](std::size_t count, const auto& fill_own) {
    return static_cast<double>(count) / seconds([&] {
             std::vector<std::jthread> threads;
             for (std::size_t index = 0; index < count; ++index) {
               threads.emplace_back([&ids, &fill_own, index] {
                 const auto own = std::span{ids}.subspan(index * 100, 100);
                 fill_own(index, std::vector<std::string>{own.begin(), own.end()});
               });
             }
           });
  };
  const auto castore_rate = [&](std::size_t count) {
    castore::InMemoryEventStorageAdapter storage;
    FourParameters<InPlaceReducer> store{"ACCOUNTS", storage};
    return rate(count, [&store](std::size_t, const std::vector<std::string>& own) { fill(store, own, 1000); });
  };
  const auto hand_rate = [&](std::size_t count) {
    std::vector<HandStore> stores(count);
    return rate(count,
                [&stores](std::size_t index, const std::vector<std::string>& own) { fill(stores[index], own, 1000); });
  };
  std::vector<double> castore_ratios;
  std::vector<double> hand_ratios;
  for (int round = 0; round < 15; ++round) {
    castore_ratios.push_back(castore_rate(2) / castore_rate(1));
    hand_ratios.push_back(hand_rate(2) / hand_rate(1));
  }
  std::printf("%-44s %14.2f %14.2f           (%.2f .. %.2f)\n", "pushes of two threads / of one",
              median(castore_ratios), median(hand_ratios), *std::ranges::min_element(castore_ratios),
              *std::ranges::max_element(castore_ratios));
}

void compare_heap() {
  const std::vector<std::string> ids = make_ids(1000);
  const auto bytes_per_event = [&](const auto& store) {
    const std::size_t before = mallinfo2().uordblks;
    fill(*store, ids, 100);
    return static_cast<double>(mallinfo2().uordblks - before) / 100'000;
  };
  castore::InMemoryEventStorageAdapter storage;
  const double castore_bytes =
      bytes_per_event(std::make_unique<FourParameters<InPlaceReducer>>("ACCOUNTS", storage));
  const double hand_bytes = bytes_per_event(std::make_unique<HandStore>());
  std::printf("%-44s %8.0f bytes %8.0f bytes   %5.2f\n", "heap per event", castore_bytes, hand_bytes,
              castore_bytes / hand_bytes);
}

}  // namespace

int main() {
  print_header();
  compare_push<FourParameters>("push");
  compare_push<ThreeParameters>("push, three-parameter store");
  for (const std::size_t events : {100U, 1000U, 10'000U}) {
    compare_load<FourParameters, InPlaceReducer>("load in place", events, &HandStore::load_in_place);
  }
  compare_load<ThreeParameters, InPlaceReducer>("load in place, three-parameter store", 100, &HandStore::load_in_place);
  compare_load<FourParameters, PureReducer>("load by value", 100, &HandStore::load_pure);
  compare_command();
  for (const std::size_t aggregates : {10'000U, 100'000U}) compare_page(aggregates);
  compare_group();
  for (const std::size_t aggregates : {1000U, 100'000U, 1'000'000U}) compare_scale(aggregates);
  compare_heap();
  compare_threads();
}
