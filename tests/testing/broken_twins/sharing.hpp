// SPDX-License-Identifier: MIT
#ifndef CASTORE_TESTS_TESTING_BROKEN_TWINS_SHARING_HPP
#define CASTORE_TESTS_TESTING_BROKEN_TWINS_SHARING_HPP

#include <castore/core/errors.hpp>

#include "testing/broken_twins/twin.hpp"
#include "tutorial/json_lines_adapter.hpp"

#include <atomic>
#include <filesystem>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <thread>
#include <tuple>
#include <utility>
#include <vector>

#include <stdlib.h>

namespace broken_twins {

/// Event store id, aggregate id, version.
using EventId = std::tuple<std::string, std::string, castore::Version>;

/// A storage that several adapter objects share.
struct SharedStorage {
  RecordsOnlyAdapter events;
  std::mutex mutex;
  std::set<std::pair<std::string, std::string>> list;
  /// What other adapter objects do not see, and the object that does.
  std::map<EventId, int> hidden;
  std::atomic<int> objects{0};
};

/// One of several adapter objects on a storage.
class SharingAdapter {
 public:
  explicit SharingAdapter(std::shared_ptr<SharedStorage> storage) : storage_{std::move(storage)} {}
  virtual ~SharingAdapter() = default;

  virtual PushOutcome push_events(std::span<const PushRecord> records, const PushOptions& options) {
    return storage().events.push_events(records, options);
  }
  virtual void get_events(std::string_view event_store_id, std::string_view aggregate_id,
                          const GetEventsOptions& options, RecordSink sink) {
    storage().events.get_events(event_store_id, aggregate_id, options, sink);
  }
  virtual AggregateIdsPage list_aggregate_ids(std::string_view event_store_id, const ListAggregateIdsOptions& options) {
    return storage().events.list_aggregate_ids(event_store_id, options);
  }

 protected:
  SharedStorage& storage() const { return *storage_; }

 private:
  std::shared_ptr<SharedStorage> storage_;
};

/// Does not see some of what other objects push.
class HidesSomePushes : public SharingAdapter {
 public:
  using SharingAdapter::SharingAdapter;

  PushOutcome push_events(std::span<const PushRecord> records, const PushOptions& options) override {
    const PushOutcome outcome = SharingAdapter::push_events(records, options);
    if (!is_pushed(outcome) || !hides_pushes()) return outcome;
    const std::scoped_lock lock{storage().mutex};
    for (const PushRecord& push : records) {
      storage().hidden[{std::string{push.event_store_id}, push.record.aggregate_id, push.record.version}] = object_;
    }
    return outcome;
  }
  void get_events(std::string_view event_store_id, std::string_view aggregate_id, const GetEventsOptions& options,
                  RecordSink sink) override {
    SharingAdapter::get_events(event_store_id, aggregate_id, options, [&](const EventRecordView& record) {
      if (!is_hidden({std::string{event_store_id}, std::string{aggregate_id}, record.version})) sink(record);
    });
  }

 private:
  virtual bool hides_pushes() const = 0;

  const int object_ = ++storage().objects;

  bool is_hidden(const EventId& id) const {
    const std::scoped_lock lock{storage().mutex};
    const auto found = storage().hidden.find(id);
    return found != storage().hidden.end() && found->second != object_;
  }
};

/// Reads everything when it is opened, and from then on sees its own pushes only.
class NeverReadsAgain : public HidesSomePushes {
 public:
  explicit NeverReadsAgain(std::shared_ptr<SharedStorage> shared) : HidesSomePushes{std::move(shared)} {
    const std::scoped_lock lock{storage().mutex};
    storage().hidden.clear();
  }

 private:
  bool hides_pushes() const override { return true; }
};

/// When a sink throws, its transaction stays open, and all that follows is in it.
class LeavesTransactionsOpen : public HidesSomePushes {
 public:
  using HidesSomePushes::HidesSomePushes;

  void get_events(std::string_view event_store_id, std::string_view aggregate_id, const GetEventsOptions& options,
                  RecordSink sink) override {
    try {
      HidesSomePushes::get_events(event_store_id, aggregate_id, options, sink);
    } catch (...) {
      is_open_ = true;
      throw;
    }
  }

 private:
  bool hides_pushes() const override { return is_open_; }

  std::atomic<bool> is_open_{false};
};

/// Guards its check and its write by a mutex of its own, which other adapter objects do not know.
class LocksItselfOnly : public SharingAdapter {
 public:
  using SharingAdapter::SharingAdapter;

  PushOutcome push_events(std::span<const PushRecord> records, const PushOptions& options) override {
    const std::scoped_lock lock{mutex_};
    if (records.size() != 1) return SharingAdapter::push_events(records, options);
    if (!options.force && has_event(storage().events, records.front())) return {PushOutcome::already_exists, 0};
    std::this_thread::yield();
    const PushOutcome outcome = SharingAdapter::push_events(records, options);
    if (outcome.status != PushOutcome::already_exists) return outcome;
    return SharingAdapter::push_events(records, {.force = true});
  }

 private:
  std::mutex mutex_;
};

/// Keeps what it has read, and forgets it at its own pushes only.
class KeepsWhatItRead : public SharingAdapter {
 public:
  using SharingAdapter::SharingAdapter;

  PushOutcome push_events(std::span<const PushRecord> records, const PushOptions& options) override {
    const PushOutcome outcome = SharingAdapter::push_events(records, options);
    const std::scoped_lock lock{mutex_};
    kept_.clear();
    return outcome;
  }
  void get_events(std::string_view event_store_id, std::string_view aggregate_id, const GetEventsOptions& options,
                  RecordSink sink) override {
    std::vector<EventRecord> records;
    SharingAdapter::get_events(event_store_id, aggregate_id, options,
                               [&records](const EventRecordView& record) { records.push_back(record.to_record()); });
    const std::scoped_lock lock{mutex_};
    for (const EventRecord& record : records) {
      sink(kept_.try_emplace({std::string{event_store_id}, record.aggregate_id, record.version}, record).first->second);
    }
  }

 private:
  std::mutex mutex_;
  std::map<std::tuple<std::string, std::string, castore::Version>, EventRecord> kept_;
};

/// Knows its own page tokens only, as one that keeps a cursor for each would.
class KnowsItsOwnTokens : public SharingAdapter {
 public:
  using SharingAdapter::SharingAdapter;

  AggregateIdsPage list_aggregate_ids(std::string_view event_store_id,
                                      const ListAggregateIdsOptions& options) override {
    AggregateIdsPage page = SharingAdapter::list_aggregate_ids(event_store_id, options);
    const std::scoped_lock lock{mutex_};
    if (options.page_token && !tokens_.contains(*options.page_token)) {
      throw castore::InvalidPageTokenError{*options.page_token};
    }
    if (page.next_page_token) tokens_.insert(*page.next_page_token);
    return page;
  }

 private:
  std::mutex mutex_;
  std::set<std::string> tokens_;
};

/// Reads the list of all objects, adds to it and writes it back, behind a mutex of its own.
class LosesEntriesOfASharedList : public SharingAdapter {
 public:
  using SharingAdapter::SharingAdapter;

  PushOutcome push_events(std::span<const PushRecord> records, const PushOptions& options) override {
    const PushOutcome outcome = SharingAdapter::push_events(records, options);
    if (!is_pushed(outcome)) return outcome;
    const std::scoped_lock lock{mutex_};
    std::set<std::pair<std::string, std::string>> list = read_list();
    for (const PushRecord& push : records) list.emplace(push.event_store_id, push.record.aggregate_id);
    std::this_thread::yield();
    const std::scoped_lock lock_storage{storage().mutex};
    storage().list = std::move(list);
    return outcome;
  }
  AggregateIdsPage list_aggregate_ids(std::string_view event_store_id,
                                      const ListAggregateIdsOptions& options) override {
    AggregateIdsPage page = SharingAdapter::list_aggregate_ids(event_store_id, options);
    std::erase_if(page.aggregate_ids, [&, list = read_list()](const AggregateIdEntry& entry) {
      return !list.contains({std::string{event_store_id}, entry.aggregate_id});
    });
    return page;
  }

 private:
  std::set<std::pair<std::string, std::string>> read_list() {
    const std::scoped_lock lock{storage().mutex};
    return storage().list;
  }

  std::mutex mutex_;
};

template <class Adapter, const castore::testing::LawEffort& how = quick>
class SharingFixture {
 public:
  static constexpr castore::testing::LawEffort effort = how;

  Adapter& adapter() { return *adapter_; }
  std::unique_ptr<Adapter> reopen() const { return std::make_unique<Adapter>(storage_); }

 private:
  std::shared_ptr<SharedStorage> storage_ = std::make_shared<SharedStorage>();
  std::unique_ptr<Adapter> adapter_ = reopen();
};

/// A storage that is opened once more only after it was closed.
template <class Adapter>
class ClosingFixture {
 public:
  static constexpr castore::testing::LawEffort effort = quick;

  Adapter& adapter() { return *adapter_; }
  void close_and_reopen() {
    adapter_.reset();
    adapter_ = std::make_unique<Adapter>(storage_);
  }

 private:
  std::shared_ptr<SharedStorage> storage_ = std::make_shared<SharedStorage>();
  std::unique_ptr<Adapter> adapter_ = std::make_unique<Adapter>(storage_);
};

/// Its storage ends with it.
class KeepsNothing : public SharingAdapter {
 public:
  explicit KeepsNothing(const std::shared_ptr<SharedStorage>&) : SharingAdapter{std::make_shared<SharedStorage>()} {}
};

/// The tutorial's adapter, which keeps other threads away but no other process.
class TutorialFixture {
 public:
  static constexpr castore::testing::LawEffort effort = racing;

  JsonLinesEventStorageAdapter& adapter() { return *storage_; }
  castore::testing::ChildProcess spawn(const castore::testing::ChildWork& work) {
    return castore::testing::ChildProcess{[this, &work] {
      JsonLinesEventStorageAdapter storage{path()};
      work(castore::AnyEventStorageAdapter{storage});
    }};
  }

 private:
  struct TemporaryFolder {
    std::filesystem::path path = [] {
      std::string name = std::filesystem::temp_directory_path() / "castore-XXXXXX";
      return std::filesystem::path{mkdtemp(name.data())};
    }();
    TemporaryFolder() = default;
    TemporaryFolder(TemporaryFolder&&) = delete;
    ~TemporaryFolder() { std::filesystem::remove_all(path); }
  };
  std::filesystem::path path() const { return folder_.path / "events.jsonl"; }

  TemporaryFolder folder_;
  std::unique_ptr<JsonLinesEventStorageAdapter> storage_ = std::make_unique<JsonLinesEventStorageAdapter>(path());
};

inline std::vector<Twin> sharing_twins() {
  const char* const push = "two adapter objects on one storage see what both push";
  const char* const force = "two adapter objects on one storage see what both force";
  const char* const one_wins = "of pushes of one version through two adapter objects exactly one wins";
  const char* const of_processes = "of pushes of one version by several processes exactly one wins";
  // That it keeps all other laws is tested with the tutorial.
  const auto check_tutorial_adapter = [of_processes] {
    std::vector<castore::testing::LawViolation> violations;
    for (const auto& law : castore::testing::all_adapter_laws) {
      if (law.name != of_processes) continue;
      try {
        castore::testing::check_adapter_law(law, [] { return TutorialFixture{}; });
      } catch (const castore::testing::LawViolation& violation) {
        violations.push_back(violation);
      }
    }
    return violations;
  };
  const char* const apart = "two adapter objects that push to aggregates of their own lose nothing";
  return {
      twin_in<SharingFixture<NeverReadsAgain>>("does not see what another adapter object pushes",
                                               {push, force, one_wins, apart}),
      twin_in<SharingFixture<KeepsWhatItRead>>("does not see what another adapter object forces", {force}),
      twin_in<SharingFixture<LocksItselfOnly, racing>>("locks out no other adapter object", {one_wins}),
      twin_in<SharingFixture<LosesEntriesOfASharedList, racing>>("loses entries of the list of several adapter objects",
                                                                 {apart}),
      twin_in<SharingFixture<KnowsItsOwnTokens>>("does not know page tokens of another adapter object",
                                                 {"a page token holds for another adapter object"}),
      twin_in<ClosingFixture<KeepsNothing>>("keeps its events in the adapter object",
                                            {"the storage outlives the adapter object"}),
      {"keeps no other process away", {of_processes}, check_tutorial_adapter},
  };
}

}  // namespace broken_twins

#endif
