// SPDX-License-Identifier: MIT
#ifndef CASTORE_TESTS_TESTING_BROKEN_TWINS_THREADS_HPP
#define CASTORE_TESTS_TESTING_BROKEN_TWINS_THREADS_HPP

#include "testing/broken_twins/conflicts.hpp"
#include "testing/broken_twins/meeting_point.hpp"
#include "testing/broken_twins/twin.hpp"

#include <algorithm>
#include <cstddef>
#include <memory>
#include <mutex>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>
#include <vector>

namespace broken_twins {

/// A twin that knows which aggregates single events are being pushed to.
class KnowsItsPushes : public BreaksSinglePushes {
 protected:
  /// Marks a push as being under way.
  class UnderWay {
   public:
    UnderWay(KnowsItsPushes& adapter, const std::string& aggregate_id) : adapter_{adapter} {
      const std::scoped_lock lock{adapter_.mutex_};
      place_ = adapter_.aggregate_ids_.insert(aggregate_id);
    }
    UnderWay(UnderWay&&) = delete;
    ~UnderWay() {
      adapter_.others_.meet();
      const std::scoped_lock lock{adapter_.mutex_};
      adapter_.aggregate_ids_.erase(place_);
    }

   private:
    KnowsItsPushes& adapter_;
    std::multiset<std::string>::iterator place_;
  };

  std::multiset<std::string> under_way() {
    const std::scoped_lock lock{mutex_};
    return aggregate_ids_;
  }
  MeetingPoint& others() { return others_; }

 private:
  std::mutex mutex_;
  std::multiset<std::string> aggregate_ids_;
  MeetingPoint others_;
};

class LosesPushesOfOthers : public KnowsItsPushes {
  PushOutcome push_event(const PushRecord& push, bool force) override {
    const std::string& id = push.record.aggregate_id;
    const UnderWay here{*this, id};
    others().meet();
    const auto all = under_way();
    const bool is_alone = all.count(id) == all.size();
    return is_alone ? push_correctly(push, force) : PushOutcome{};
  }
};

class HidesTheBeginningMeanwhile : public KnowsItsPushes {
 public:
  void get_events(std::string_view event_store_id, std::string_view aggregate_id, const GetEventsOptions& options,
                  RecordSink sink) override {
    const bool is_under_way = under_way().contains(std::string{aggregate_id});
    RecordsOnlyAdapter::get_events(event_store_id, aggregate_id, options, [&](const EventRecordView& record) {
      if (record.version != 1 || !is_under_way) sink(record);
    });
    if (is_under_way) others().pass();
  }

 private:
  PushOutcome push_event(const PushRecord& push, bool force) override {
    const UnderWay here{*this, push.record.aggregate_id};
    return push_correctly(push, force);
  }
};

class ListsLessMeanwhile : public KnowsItsPushes {
 public:
  AggregateIdsPage list_aggregate_ids(std::string_view event_store_id,
                                      const ListAggregateIdsOptions& options) override {
    const bool is_under_way = !under_way().empty();
    AggregateIdsPage page = RecordsOnlyAdapter::list_aggregate_ids(event_store_id, options);
    if (is_under_way && !page.aggregate_ids.empty()) page.aggregate_ids.erase(page.aggregate_ids.begin());
    if (is_under_way) others().pass();
    return page;
  }

 private:
  PushOutcome push_event(const PushRecord& push, bool force) override {
    const UnderWay here{*this, push.record.aggregate_id};
    return push_correctly(push, force);
  }
};

/// A storage that several adapter objects share.
struct SharedStorage {
  RecordsOnlyAdapter events;
  MeetingPoint writers;
  std::mutex mutex;
  /// Who pushed what, first to last.
  std::vector<std::pair<const void*, std::tuple<std::string, std::string, castore::Version>>> pushes;
};

/// One of several adapter objects on a storage.
class SharingAdapter {
 public:
  explicit SharingAdapter(std::shared_ptr<SharedStorage> storage) : storage_{std::move(storage)} {}
  virtual ~SharingAdapter() = default;

  virtual PushOutcome push_events(std::span<const PushRecord> records, bool force) {
    return storage().events.push_events(records, force);
  }
  virtual void get_events(std::string_view event_store_id, std::string_view aggregate_id,
                          const GetEventsOptions& options, RecordSink sink) {
    storage().events.get_events(event_store_id, aggregate_id, options, sink);
  }
  AggregateIdsPage list_aggregate_ids(std::string_view event_store_id, const ListAggregateIdsOptions& options) {
    return storage().events.list_aggregate_ids(event_store_id, options);
  }

 protected:
  SharedStorage& storage() const { return *storage_; }

 private:
  std::shared_ptr<SharedStorage> storage_;
};

/// Has read everything when it was opened, and from then on sees its own pushes only.
class NeverReadsAgain : public SharingAdapter {
 public:
  explicit NeverReadsAgain(std::shared_ptr<SharedStorage> shared) : SharingAdapter{std::move(shared)} {
    const std::scoped_lock lock{storage().mutex};
    opened_after_ = storage().pushes.size();
  }
  PushOutcome push_events(std::span<const PushRecord> records, bool force) override {
    const PushOutcome outcome = SharingAdapter::push_events(records, force);
    const std::scoped_lock lock{storage().mutex};
    for (const PushRecord& push : records) {
      if (!is_pushed(outcome)) break;
      storage().pushes.push_back(
          {this, {std::string{push.event_store_id}, push.record.aggregate_id, push.record.version}});
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
  bool is_hidden(const std::tuple<std::string, std::string, castore::Version>& key) const {
    const std::scoped_lock lock{storage().mutex};
    const auto& pushes = storage().pushes;
    const auto unseen = pushes.begin() + static_cast<std::ptrdiff_t>(opened_after_);
    return std::any_of(unseen, pushes.end(),
                       [&](const auto& push) { return push.first != this && push.second == key; });
  }

  std::size_t opened_after_ = 0;
};

/// Guards its check and its write by a mutex of its own, which other adapter objects do not know.
class LocksItselfOnly : public SharingAdapter {
 public:
  using SharingAdapter::SharingAdapter;

  PushOutcome push_events(std::span<const PushRecord> records, bool force) override {
    if (records.size() != 1) return SharingAdapter::push_events(records, force);
    const std::scoped_lock lock{mutex_};
    if (!force && has_event(storage().events, records.front())) return {PushOutcome::already_exists, 0};
    storage().writers.meet();
    const PushOutcome outcome = SharingAdapter::push_events(records, force);
    if (outcome.status != PushOutcome::already_exists) return outcome;
    return SharingAdapter::push_events(records, true);
  }

 private:
  std::mutex mutex_;
};

template <class Adapter>
class SharingFixture {
 public:
  Adapter& adapter() { return *adapter_; }
  std::unique_ptr<Adapter> reopen() const { return std::make_unique<Adapter>(storage_); }

 private:
  std::shared_ptr<SharedStorage> storage_ = std::make_shared<SharedStorage>();
  std::unique_ptr<Adapter> adapter_ = reopen();
};

inline std::vector<Twin> thread_twins() {
  const char* const one_wins = "of pushes of one version through two adapter objects exactly one wins";
  return {
      twin<LosesPushesOfOthers>("loses events when threads push to several aggregates",
                                {"threads that push to aggregates of their own lose nothing"}),
      twin<HidesTheBeginningMeanwhile>("hides the first event while another one is pushed",
                                       {"readers see a beginning of the history while others push"}),
      twin<ListsLessMeanwhile>("lists less while an event is pushed",
                               {"lists hold all earlier aggregates while others push"}),
      twin_in<SharingFixture<NeverReadsAgain>>("does not see what another adapter object pushes",
                                               {"two adapter objects on one storage see what both push", one_wins}),
      twin_in<SharingFixture<LocksItselfOnly>>("locks out no other adapter object", {one_wins}),
  };
}

}  // namespace broken_twins

#endif
