// SPDX-License-Identifier: MIT
#ifndef CASTORE_TESTING_ADAPTER_CONFORMANCE_RANDOM_OPERATIONS_HPP
#define CASTORE_TESTING_ADAPTER_CONFORMANCE_RANDOM_OPERATIONS_HPP

/// @file
/// Random sequences of operations, compared with a simple model, and the shortest one that fails.

#include <castore/core/event_storage_adapter.hpp>
#include <castore/detail/text.hpp>
#include <castore/fwd.hpp>
#include <castore/testing/adapter_conformance/adapter_under_test.hpp>
#include <castore/testing/adapter_conformance/expect.hpp>
#include <castore/testing/adapter_conformance/law.hpp>
#include <castore/testing/adapter_conformance/law_events.hpp>
#include <castore/testing/adapter_conformance/random_history.hpp>
#include <castore/testing/adapter_conformance/storage_model.hpp>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <optional>
#include <random>
#include <set>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace castore::testing::detail {

/// Always the same ones, different for each law; or the one of the environment variable CASTORE_CONFORMANCE_SEED.
inline std::vector<std::uint64_t> random_seeds(int law) {
  if (const char* const text = std::getenv("CASTORE_CONFORMANCE_SEED")) {
    const auto seed = castore::detail::parse_integer<std::uint64_t>(text);
    if (!seed) throw std::invalid_argument{"castore: CASTORE_CONFORMANCE_SEED is not a number from 0 to 2^64 - 1"};
    return {*seed};
  }
  const auto first = static_cast<std::uint64_t>(law) * 100;
  return {first + 1, first + 2, first + 3};
}

/// Where some operations leave the model.
inline std::optional<LawDeviation> deviation_of(RandomHistory& history, const RandomOperation& operation) {
  try {
    history.run(operation);
  } catch (LawDeviation& found) {
    return std::move(found);
  }
  return std::nullopt;
}

/// One random sequence, which ends at its first deviation.
class RandomOperations {
 public:
  /// @param law Whose operations come more often than others.
  /// @param keys Not used by anything else in this storage.
  RandomOperations(const AdapterUnderTest& adapter, int law, std::uint64_t seed, std::vector<AggregateKey> keys)
      : adapter_{adapter}, law_{law}, seed_{seed}, random_{seed}, history_{adapter, std::move(keys)} {}

  std::optional<LawDeviation> find_deviation() {
    constexpr std::size_t most = 60;
    std::vector<RandomOperation> next = first_operations();
    while (operations_.size() < most) {
      if (next.empty()) next.push_back(any_operation());
      operations_.push_back(std::move(next.back()));
      next.pop_back();
      if (auto found = deviation_of(history_, operations_.back())) {
        tell_history(*found);
        return found;
      }
    }
    return std::nullopt;
  }

  /// Leaves out what is not needed for a deviation from the same law, with other event stores each time.
  void shorten(LawDeviation& found) {
    const auto end = std::chrono::steady_clock::now() + adapter_.effort().limit / 4;
    const auto take_if_fails = [&](std::vector<RandomOperation> shorter) {
      if (++replays_ > adapter_.effort().replays || std::chrono::steady_clock::now() > end) return;
      auto again = replay(shorter);
      if (!again || again->law != found.law) return;
      found = std::move(*again);
      operations_ = std::move(shorter);
      operations_.resize(found.deviation.history.size());  // it may fail earlier
    };
    for (std::size_t size = (operations_.size() + 1) / 2; size > 0; size /= 2) {
      for (std::size_t first = operations_.size(); first > 0;) {
        first -= (std::min)(size, first);
        std::vector<RandomOperation> shorter = operations_;
        const auto begin = shorter.begin() + static_cast<std::ptrdiff_t>(first);
        shorter.erase(begin, begin + static_cast<std::ptrdiff_t>((std::min)(size, shorter.size() - first)));
        if (!shorter.empty()) take_if_fails(std::move(shorter));
        first = (std::min)(first, operations_.size());
      }
    }
    for (std::size_t index = 0; index < operations_.size(); ++index) {
      for (std::size_t event = operations_[index].events.size(); event-- > 0;) {
        if (index >= operations_.size() || operations_[index].events.size() < 2) break;
        std::vector<RandomOperation> shorter = operations_;
        auto& events = shorter[index].events;
        events.erase(events.begin() + static_cast<std::ptrdiff_t>(event));
        take_if_fails(std::move(shorter));
      }
    }
  }

 private:
  using Kind = RandomOperation::Kind;

  void tell_history(LawDeviation& found) const { tell_history(found, history_, operations_); }
  void tell_history(LawDeviation& found, const RandomHistory& history,
                    const std::vector<RandomOperation>& operations) const {
    found.deviation.seed = seed_;
    for (const RandomOperation& operation : operations) {
      found.deviation.history.push_back(history.describe_operation(operation));
    }
  }

  std::optional<LawDeviation> replay(const std::vector<RandomOperation>& operations) {
    std::vector<AggregateKey> keys = history_.keys();
    for (AggregateKey& key : keys) key.first = std::to_string(1000 + replays_) + key.first;
    RandomHistory again{adapter_, std::move(keys)};
    for (std::size_t count = 0; count < operations.size(); ++count) {
      if (auto found = deviation_of(again, operations[count])) {
        const auto last = operations.begin() + static_cast<std::ptrdiff_t>(count) + 1;
        tell_history(*found, again, {operations.begin(), last});
        return found;
      }
    }
    return std::nullopt;
  }

  /// A number from 0 to `count - 1`; the standard's distributions differ between libraries.
  int below(int count) { return static_cast<int>(random_() % static_cast<std::uint64_t>(count)); }
  bool one_in(int count) { return below(count) == 0; }
  std::size_t any_key() { return static_cast<std::size_t>(below(static_cast<int>(history_.keys().size()))); }
  Timestamp any_time() { return at(below(4)); }
  Way any_way() { return one_in(2) ? Way::records : Way::events; }

  /// So that no event store is unknown to the storage, which laws 5 and 6 are about.
  std::vector<RandomOperation> first_operations() {
    std::vector<RandomOperation> operations;
    std::set<std::string> event_store_ids;
    for (std::size_t key = 0; key < history_.keys().size(); ++key) {
      if (!event_store_ids.insert(history_.keys()[key].first).second) continue;
      operations.push_back({.key = key, .events = {{key, 1, "first"}}, .timestamp = any_time(), .way = any_way()});
    }
    return operations;
  }

  RandomOperation any_operation() {
    const int operation_of = one_in(4) ? law_ : below(10);
    const bool force = one_in(5);
    RandomOperation operation{.key = any_key()};
    switch (operation_of) {
      case 5:
        operation.kind = Kind::get;
        operation.get = any_get_options(operation.key);
        return operation;
      case 6:
        operation.kind = Kind::list;
        operation.list = any_list_options();
        return operation;
      case 9:
        operation.kind = one_in(2) ? Kind::throw_in_sink : Kind::bad_token;
        return operation;
      default:
        operation.force = force;
        operation.timestamp = any_time();
        operation.way = any_way();
        add_event(operation);
        if (operation_of == 4 || operation_of == 0) {
          for (int more = 1 + below(2); more > 0; --more) add_event(operation);
        }
        return operation;
    }
  }

  /// In a group, events of several aggregates, or of one with rising versions.
  void add_event(RandomOperation& operation) {
    const std::size_t key = any_key();
    const AggregateKey& names = history_.keys()[key];
    const Version last = history_.model().last_version(names);
    Version version = last + 1;
    if (one_in(4)) version = 1 + below(static_cast<int>(last) + 1);
    if (one_in(4)) version = history_.model().first_missing_version(names);
    if (one_in(operation.force ? 3 : 8)) version = last + 2;
    if (operation.force && one_in(4)) version = 1;
    for (const auto& other : operation.events) {
      if (other.key == key) version = (std::max)(version, other.version + 1);
    }
    operation.events.push_back({key, version, "text " + std::to_string(++texts_)});
  }

  GetEventsOptions any_get_options(std::size_t key) {
    const auto last = static_cast<int>(history_.model().last_version(history_.keys()[key]));
    GetEventsOptions options;
    if (one_in(2)) options.min_version = below(last + 3) - 1;
    if (one_in(2)) options.max_version = below(last + 3) - 1;
    if (one_in(2)) options.limit = static_cast<std::size_t>(below(4));
    options.reverse = one_in(2);
    return options;
  }

  ListAggregateIdsOptions any_list_options() {
    ListAggregateIdsOptions options;
    if (one_in(2)) options.limit = static_cast<std::size_t>(1 + below(3));
    if (one_in(3)) options.initial_event_after = any_time();
    if (one_in(3)) options.initial_event_before = any_time();
    options.reverse = one_in(2);
    return options;
  }

  const AdapterUnderTest& adapter_;
  int law_;
  std::uint64_t seed_;
  std::mt19937_64 random_;
  RandomHistory history_;
  std::vector<RandomOperation> operations_;
  int texts_ = 0;
  int replays_ = 0;
};

/// Every law has sequences of its own and reports its own deviations only; another law's are found by its own test.
template <int law>
void random_operations_keep_law(const AdapterUnderTest& adapter) {
  // Neither length nor beginning is that of another event store.
  const auto event_store_id = [](unsigned length) { return std::string(length, static_cast<char>('a' + length % 26)); };
  for (const std::uint64_t seed : random_seeds(law)) {
    const auto half = static_cast<unsigned>(seed % 50);
    const std::string one = event_store_id(2 * half + 2);
    const std::string other = event_store_id(2 * half + 3);
    RandomOperations operations{
        adapter, law, seed, {{one, "a"}, {one, "b"}, {one, "c"}, {one, "d"}, {other, "e"}, {other, "f"}}};
    if (auto found = operations.find_deviation()) {
      if (found->law != law) return;
      operations.shorten(*found);
      throw std::move(found->deviation);
    }
  }
}

}  // namespace castore::testing::detail

#endif
