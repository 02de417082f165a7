// SPDX-License-Identifier: MIT
#ifndef CASTORE_TESTS_TESTING_BROKEN_TWINS_THREADS_HPP
#define CASTORE_TESTS_TESTING_BROKEN_TWINS_THREADS_HPP

#include "testing/broken_twins/conflicts.hpp"
#include "testing/broken_twins/twin.hpp"

#include <mutex>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <thread>
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
      std::this_thread::yield();
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

 private:
  std::mutex mutex_;
  std::multiset<std::string> aggregate_ids_;
};

class HidesTheBeginningMeanwhile : public KnowsItsPushes {
 public:
  void get_events(std::string_view event_store_id, std::string_view aggregate_id, const GetEventsOptions& options,
                  RecordSink sink) override {
    const bool is_under_way = under_way().contains(std::string{aggregate_id});
    RecordsOnlyAdapter::get_events(event_store_id, aggregate_id, options, [&](const EventRecordView& record) {
      if (record.version != 1 || !is_under_way) sink(record);
    });
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
    return page;
  }

 private:
  PushOutcome push_event(const PushRecord& push, bool force) override {
    const UnderWay here{*this, push.record.aggregate_id};
    return push_correctly(push, force);
  }
};

/// Reads its list, adds to it and writes it back, with nothing to keep others away meanwhile.
class LosesEntriesOfItsList : public RecordsOnlyAdapter {
 public:
  PushOutcome push_events(std::span<const PushRecord> records, const PushOptions& options) override {
    const PushOutcome outcome = RecordsOnlyAdapter::push_events(records, options);
    if (!is_pushed(outcome)) return outcome;
    std::set<std::pair<std::string, std::string>> list = read_list();
    for (const PushRecord& push : records) list.emplace(push.event_store_id, push.record.aggregate_id);
    std::this_thread::yield();
    const std::scoped_lock lock{mutex_};
    list_ = std::move(list);
    return outcome;
  }
  AggregateIdsPage list_aggregate_ids(std::string_view event_store_id,
                                      const ListAggregateIdsOptions& options) override {
    AggregateIdsPage page = RecordsOnlyAdapter::list_aggregate_ids(event_store_id, options);
    std::erase_if(page.aggregate_ids, [&, list = read_list()](const AggregateIdEntry& entry) {
      return !list.contains({std::string{event_store_id}, entry.aggregate_id});
    });
    return page;
  }

 private:
  std::set<std::pair<std::string, std::string>> read_list() {
    const std::scoped_lock lock{mutex_};
    return list_;
  }

  std::mutex mutex_;
  std::set<std::pair<std::string, std::string>> list_;
};

inline std::vector<Twin> thread_twins() {
  const char* const apart = "threads that push to aggregates of their own lose nothing";
  return {
      twin<LosesEntriesOfItsList, racing>("loses entries of its list when threads push", {apart}),
      twin<HidesTheBeginningMeanwhile, racing>("hides the first event while another one is pushed",
                                               {"readers see a beginning of the history while others push"}),
      twin<ListsLessMeanwhile, racing>("lists less while an event is pushed",
                                       {"lists hold all earlier aggregates while others push"}),
  };
}

}  // namespace broken_twins

#endif
