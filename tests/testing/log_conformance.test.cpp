// SPDX-License-Identifier: MIT
// The laws of the order of all events and of transactions: an adapter of a third party keeps them, and for each law
// there is one that breaks it.

#include <castore/testing/log_conformance.hpp>

#include <castore/adapters/in_memory.hpp>
#include <castore/core/dead_letters.hpp>
#include "support/catch.hpp"
#include "support/records_only_adapter.hpp"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

namespace {

using namespace castore;
using castore::testing::check_log_laws;
using castore::testing::LawViolation;

/// What anybody may write: positions are places in a list, and a transaction is a lock and a copy.
class ListAdapter {
 public:
  struct Transaction {
    using Key = std::pair<std::string, int>;
    std::map<Key, Position> checkpoints;
    std::map<Key, std::map<Position, EventDeadLetter>> letters;

    Position checkpoint(std::string_view name, int version) { return checkpoints[{std::string{name}, version}]; }
    bool move_checkpoint(std::string_view name, int version, Position from, Position to) {
      if (checkpoint(name, version) != from) return false;
      checkpoints[{std::string{name}, version}] = to;
      return true;
    }
    void add_dead_letter(std::string_view name, int version, const EventDeadLetter& letter) {
      letters[{std::string{name}, version}].insert_or_assign(letter.position, letter);
    }
    std::vector<EventDeadLetter> dead_letters(std::string_view name, int version) {
      std::vector<EventDeadLetter> all;
      for (const auto& [position, letter] : letters[{std::string{name}, version}]) all.push_back(letter);
      return all;
    }
    bool drop_dead_letter(std::string_view name, int version, Position position) {
      return letters[{std::string{name}, version}].erase(position) != 0;
    }
  };

  ListAdapter() = default;
  ListAdapter(const ListAdapter&) = delete;
  ListAdapter& operator=(const ListAdapter&) = delete;
  virtual ~ListAdapter() = default;

  PushOutcome push_events(std::span<const PushRecord> records, const PushOptions& options) {
    const std::lock_guard lock{mutex_};
    return push(records, options);
  }
  virtual void get_events(std::string_view event_store_id, std::string_view aggregate_id,
                          const GetEventsOptions& options, RecordSink sink) {
    storage_.get_events(event_store_id, aggregate_id, options, sink);
  }
  AggregateIdsPage list_aggregate_ids(std::string_view event_store_id, const ListAggregateIdsOptions& options) {
    return storage_.list_aggregate_ids(event_store_id, options);
  }
  virtual ReadAllEventsResult read_all_events(Position after, const ReadAllEventsOptions& options,
                                              SequencedEventSink sink) {
    return storage_.read_all_events(after, options, sink);
  }
  virtual ReadAllEventsResult read_all_typed_events(Position after, const ReadAllEventsOptions& options,
                                                    SequencedTypedEventSink sink) {
    return storage_.read_all_typed_events(after, options, sink);
  }
  virtual bool wait_for_events(Position after, std::chrono::milliseconds at_most, castore::detail::StopToken) {
    return storage_.wait_for_events(after, at_most);
  }
  virtual void transact(castore::detail::FunctionRef<void(Transaction&)> function) {
    const std::lock_guard lock{mutex_};
    Transaction transaction = kept_;
    function(transaction);
    kept_ = transaction;
  }
  virtual PushOutcome push_events(std::span<const PushRecord> records, const PushOptions& options,
                                  PushHook<Transaction> hook) {
    const std::lock_guard lock{mutex_};
    Transaction transaction = kept_;
    const PushOutcome outcome = storage_.push_events(
        records, options,
        [&](InMemoryTransaction&, std::span<const SequencedEventView> events) { hook(transaction, events); });
    if (outcome.status == PushOutcome::pushed) kept_ = transaction;
    return outcome;
  }

 protected:
  virtual PushOutcome push(std::span<const PushRecord> records, const PushOptions& options) {
    return storage_.push_events(records, options);
  }

  std::mutex mutex_;
  InMemoryEventStorageAdapter storage_;
  Transaction kept_;
};

/// The laws see the base class only, so that they compile once.
struct Fixture {
  static constexpr castore::testing::LawEffort effort{.limit = std::chrono::milliseconds{2'000}, .replays = 0};
  std::unique_ptr<ListAdapter> storage;
  ListAdapter& adapter() const { return *storage; }
  void close_and_reopen() const {}
};

template <class Adapter>
std::set<std::string> violations_of() {
  std::set<std::string> names;
  for (const LawViolation& violation : check_log_laws([] { return Fixture{std::make_unique<Adapter>()}; })) {
    names.insert("law " + std::to_string(violation.law()) + ": " + violation.name());
  }
  return names;
}

/// What follows has one fault each.

/// It sees an event that is not settled, or does not see one that comes later: in the end the same.
struct LosesEvents : ListAdapter {
  ReadAllEventsResult read_all_events(Position after, const ReadAllEventsOptions& options,
                                      SequencedEventSink sink) override {
    return storage_.read_all_events(after, options, [&](const SequencedEventView& place) {
      if (options.limit != 7 || place.position % 20 != 0 || ++lost > 2) sink(place);
    });
  }
  std::atomic<int> lost{0};
};
struct GroupsInOrderOfIds : ListAdapter {
  PushOutcome push(std::span<const PushRecord> records, const PushOptions& options) override {
    std::vector<PushRecord> sorted{records.begin(), records.end()};
    std::ranges::stable_sort(sorted, {},
                             [](const PushRecord& push) { return push.record.aggregate_id.front() != 'a'; });
    const PushOutcome outcome = storage_.push_events(sorted, {.force = options.force});
    if (outcome.status == PushOutcome::pushed) return outcome;
    return storage_.push_events(records, options);
  }
};
struct LosesMetadata : ListAdapter {
  ReadAllEventsResult read_all_events(Position after, const ReadAllEventsOptions& options,
                                      SequencedEventSink sink) override {
    return storage_.read_all_events(after, options, [&](SequencedEventView place) {
      place.event.metadata = {};
      sink(place);
    });
  }
};
/// After a forced event all positions are others.
struct Renumbers : ListAdapter {
  PushOutcome push(std::span<const PushRecord> records, const PushOptions& options) override {
    if (options.force && records[0].record.version == 1) is_forced = true;
    return storage_.push_events(records, options);
  }
  ReadAllEventsResult read_all_events(Position after, const ReadAllEventsOptions& options,
                                      SequencedEventSink sink) override {
    const Position more = is_forced ? 10 : 0;
    auto result =
        storage_.read_all_events((std::max)(after - more, Position{0}), options, [&](SequencedEventView place) {
          place.position += more;
          sink(place);
        });
    result.next += more;
    result.head += more;
    return result;
  }
  std::atomic<bool> is_forced{false};
};
/// It believes that a forced event was there.
struct HidesForced : ListAdapter {
  ReadAllEventsResult read_all_events(Position after, const ReadAllEventsOptions& options,
                                      SequencedEventSink sink) override {
    return storage_.read_all_events(after, options, [&](const SequencedEventView& place) {
      if (place.event.version != 9 || place.event.aggregate_id != "a") sink(place);
    });
  }
};
struct StaysBeforeWhatDoesNotMatch : ListAdapter {
  ReadAllEventsResult read_all_events(Position after, const ReadAllEventsOptions& options,
                                      SequencedEventSink sink) override {
    Position last = after;
    auto result = storage_.read_all_events(after, options, [&](const SequencedEventView& place) {
      last = place.position;
      sink(place);
    });
    if (!options.types.empty()) result.next = last;
    return result;
  }
};
struct PagesOverlap : ListAdapter {
  ReadAllEventsResult read_all_events(Position after, const ReadAllEventsOptions& options,
                                      SequencedEventSink sink) override {
    auto result = storage_.read_all_events(after, options, sink);
    if (options.limit == 5 && after == 0 && !result.is_caught_up) --result.next;
    return result;
  }
};
struct SkipsPageOfNone : ListAdapter {
  ReadAllEventsResult read_all_events(Position after, const ReadAllEventsOptions& options,
                                      SequencedEventSink sink) override {
    auto result = storage_.read_all_events(after, options, sink);
    if (options.limit == 0) result.next = result.head;
    return result;
  }
};
/// A conflict takes back what was already seen too late.
struct ShowsRefused : ListAdapter {
  PushOutcome push(std::span<const PushRecord> records, const PushOptions& options) override {
    const PushOutcome outcome = storage_.push_events(records, options);
    if (records.size() == 3 && outcome.status == PushOutcome::already_exists) {
      static_cast<void>(storage_.push_events(records.first(1), {}));
    }
    return outcome;
  }
};
struct SwallowsExceptions : ListAdapter {
  ReadAllEventsResult read_all_events(Position after, const ReadAllEventsOptions& options,
                                      SequencedEventSink sink) override {
    try {
      return storage_.read_all_events(after, options, sink);
    } catch (const castore::testing::detail::Deviation&) {
      throw;
    } catch (...) {
      return {after, after, false};
    }
  }
};
struct ObjectsOfOtherStores : ListAdapter {
  ReadAllEventsResult read_all_typed_events(Position after, const ReadAllEventsOptions&,
                                            SequencedTypedEventSink sink) override {
    return storage_.read_all_typed_events(after, {}, sink);
  }
};
struct NeverWakes : ListAdapter {
  bool wait_for_events(Position, std::chrono::milliseconds at_most, castore::detail::StopToken) override {
    std::this_thread::sleep_for((std::min)(at_most, std::chrono::milliseconds{5}));
    return false;
  }
};
/// A move from position 0 is always accepted.
struct MovesFromAnywhere : ListAdapter {
  void transact(castore::detail::FunctionRef<void(Transaction&)> function) override {
    const std::lock_guard lock{mutex_};
    Transaction transaction = kept_;
    function(transaction);
    const bool is_first = kept_.checkpoint("list", 1) == 0 && transaction.checkpoint("list", 1) == 0;
    if (is_first && ++asked == 2) transaction.checkpoints[{"list", 1}] = 3;
    kept_ = transaction;
  }
  int asked = 0;
};
struct KeepsWhatThrew : ListAdapter {
  void transact(castore::detail::FunctionRef<void(Transaction&)> function) override {
    const std::lock_guard lock{mutex_};
    function(kept_);
  }
};
struct DropsNoDeadLetters : ListAdapter {
  void transact(castore::detail::FunctionRef<void(Transaction&)> function) override {
    const std::lock_guard lock{mutex_};
    Transaction transaction = kept_;
    function(transaction);
    for (auto& [key, letters] : kept_.letters) transaction.letters[key].merge(letters);
    kept_ = transaction;
  }
};
/// Each transaction works on a copy, and the last one wins.
struct RunsTransactionsAtOnce : ListAdapter {
  void transact(castore::detail::FunctionRef<void(Transaction&)> function) override {
    Transaction transaction = [&] {
      const std::lock_guard lock{mutex_};
      return kept_;
    }();
    function(transaction);
    std::this_thread::sleep_for(std::chrono::milliseconds{1});
    const std::lock_guard lock{mutex_};
    kept_ = transaction;
  }
};
struct TellsHookNoPositions : ListAdapter {
  PushOutcome push_events(std::span<const PushRecord> records, const PushOptions& options,
                          PushHook<Transaction> hook) override {
    return ListAdapter::push_events(records, options,
                                    [&](Transaction& transaction, std::span<const SequencedEventView> events) {
                                      std::vector<SequencedEventView> without{events.begin(), events.end()};
                                      for (SequencedEventView& place : without) place.position = 0;
                                      hook(transaction, without);
                                    });
  }
  using ListAdapter::push_events;
};
struct KeepsEventsOfHooksThatThrew : ListAdapter {
  PushOutcome push_events(std::span<const PushRecord> records, const PushOptions& options,
                          PushHook<Transaction> hook) override {
    try {
      return ListAdapter::push_events(records, options, hook);
    } catch (...) {
      static_cast<void>(ListAdapter::push_events(records, options));
      throw;
    }
  }
  using ListAdapter::push_events;
};
struct CallsHookFirst : ListAdapter {
  PushOutcome push_events(std::span<const PushRecord> records, const PushOptions& options,
                          PushHook<Transaction> hook) override {
    const PushOutcome outcome = ListAdapter::push_events(records, options, hook);
    Transaction nothing;
    if (outcome.status != PushOutcome::pushed) hook(nothing, {});
    return outcome;
  }
  using ListAdapter::push_events;
};

using Names = std::set<std::string>;

TEST_CASE("an adapter of a third party keeps the laws of what it has, and is not asked for more") {
  const auto report = check_log_laws([] { return Fixture{std::make_unique<ListAdapter>()}; });
  for (const LawViolation& violation : report) UNSCOPED_INFO(violation.what());
  CHECK(report.empty());
  CHECK(report.laws_run == 20);
  CHECK(report.left_out.size() == 1);  // that of processes
  const auto none = check_log_laws([] { return std::make_unique<RecordsOnlyAdapter>(); });
  CHECK(none.empty());
  CHECK(none.laws_run == 0);
}

TEST_CASE("for each law of the order there is an adapter that breaks it, and nothing else") {
  CHECK(violations_of<LosesEvents>() ==
        Names{"law 1: who reads while others push sees every event, once and in order"});
  CHECK(violations_of<GroupsInOrderOfIds>() ==
        Names{"law 3: positions rise with the versions of an aggregate and in the order of a group"});
  CHECK(violations_of<LosesMetadata>() ==
        Names{"law 3: events come as they were pushed, with the position that the push told"});
  CHECK(violations_of<Renumbers>() ==
        Names{"law 9: an event that is overwritten by force keeps its position and does not come again"});
  CHECK(violations_of<HidesForced>() == Names{"law 9: an event that is forced past a gap comes as a new one"});
  CHECK(violations_of<StaysBeforeWhatDoesNotMatch>() ==
        Names{"law 10: a reading selects by store and type and moves over what does not match"});
  CHECK(violations_of<PagesOverlap>() == Names{"law 10: pages of any size, from any position, have the same events"});
  CHECK(violations_of<SkipsPageOfNone>() ==
        Names{"law 10: pages of any size, from any position, have the same events"});
  CHECK(violations_of<ObjectsOfOtherStores>() == Names{"law 10: objects are read as records are"});
  CHECK(violations_of<ShowsRefused>() == Names{"law 11: a push that is refused never appears"});
  CHECK(violations_of<SwallowsExceptions>() ==
        Names{"law 12: what a sink throws ends a reading, which can be done again"});
  CHECK(violations_of<NeverWakes>() == Names{"law 12: a wait ends with an event or with its time"});
}

TEST_CASE("for each law of transactions there is an adapter that breaks it") {
  CHECK(violations_of<MovesFromAnywhere>().contains("law 13: a checkpoint moves only from where it is"));
  CHECK(violations_of<KeepsWhatThrew>() == Names{"law 13: a checkpoint moves with its transaction",
                                                 "law 19: dead letters are kept with their transaction"});
  CHECK(violations_of<DropsNoDeadLetters>() ==
        Names{"law 19: dead letters are kept by their positions until they are dropped"});
  CHECK(violations_of<RunsTransactionsAtOnce>() == Names{"law 14: of many that move a checkpoint at once one does"});
  CHECK(violations_of<TellsHookNoPositions>() == Names{"law 16: a push and what its hook does happen together"});
  CHECK(violations_of<KeepsEventsOfHooksThatThrew>() ==
        Names{"law 16: a hook that throws leaves neither an event nor anything else"});
  CHECK(violations_of<CallsHookFirst>() == Names{"law 16: the hook of a push that is refused is not called"});
}

TEST_CASE("a storage that gives positions out again is found when it is opened again") {
  struct Reopens {
    InMemoryEventStorageAdapter& adapter() { return *storage; }
    void close_and_reopen() {  // without what it held
      storage = std::make_unique<InMemoryEventStorageAdapter>();
      const std::vector<PushRecord> records{{"S", {"a", 1, "LAW_NOTED", {}, "{}", ""}},
                                            {"S", {"a", 2, "LAW_NOTED", {}, "{}", ""}}};
      static_cast<void>(storage->push_events(std::vector{records[1]}, {.force = true}));
      static_cast<void>(storage->push_events(std::vector{records[0]}, {.force = true}));
    }
    std::unique_ptr<InMemoryEventStorageAdapter> storage = std::make_unique<InMemoryEventStorageAdapter>();
  };
  const auto report = check_log_laws([] { return Reopens{}; });
  REQUIRE(report.size() == 1);
  CHECK(report[0].law() == 4);
}

}  // namespace
