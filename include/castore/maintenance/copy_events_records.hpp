// SPDX-License-Identifier: MIT
#ifndef CASTORE_MAINTENANCE_COPY_EVENTS_RECORDS_HPP
#define CASTORE_MAINTENANCE_COPY_EVENTS_RECORDS_HPP

#include <castore/core/any_event_storage_adapter.hpp>
#include <castore/core/event_log.hpp>
#include <castore/core/event_storage_adapter.hpp>
#include <castore/core/storage_operations.hpp>
#include <castore/detail/page_size.hpp>
#include <castore/fwd.hpp>
#include <castore/maintenance/copy_events_options.hpp>
#include <castore/maintenance/copy_events_run.hpp>
#include <castore/maintenance/pour_options.hpp>

#include <algorithm>
#include <functional>
#include <limits>
#include <optional>
#include <set>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace castore::detail {

/// Copies records. The functions return whether they came to the end.
class RecordCopy {
 public:
  RecordCopy(AnyEventStorageAdapter source, const AnyEventStorageAdapter& target, const CopyOptions& options)
      : source_{std::move(source)},
        run_{source_, target, options},
        is_in_order_{supports<operations::ReadAllEvents>(source_)} {
    if (options.target_event_store_id && options.event_store_ids.size() != 1) {
      throw std::invalid_argument{"castore: target_event_store_id is for one event store; name it in event_store_ids"};
    }
    if (options.event_store_ids.empty() && !is_in_order_ && !supports<operations::ListEventStores>(source_)) {
      throw std::invalid_argument{
          "castore: the source does not tell which event stores it has; name them in event_store_ids"};
    }
    if (options.resume_token) start_ = parse_copy_token(*options.resume_token, is_in_order_);
  }

  CopyResult run() {
    return run_.run([this] { return is_in_order_ ? copy_in_order() : copy_by_lists(); });
  }

 private:
  const CopyOptions& options() const noexcept { return run_.options(); }

  /// The name of an event store in the target.
  std::string_view target_id_of(std::string_view event_store_id) {
    if (options().target_event_store_id) return *options().target_event_store_id;
    const auto known = ids_.find(event_store_id);
    return known != ids_.end() ? *known : *ids_.emplace(event_store_id).first;
  }

  bool add(std::string_view target_id, EventRecord record, Position position = 0) {
    const bool is_first = record.version == 1;
    if (!run_.add({target_id, std::move(record)}, position)) return false;
    run_.count_read(1, is_first ? 1 : 0);
    return true;
  }

  bool copy_in_order() {
    struct Read {
      Position position;
      PushRecord event;
    };
    const std::vector<std::string_view> ids(options().event_store_ids.begin(), options().event_store_ids.end());
    ReadAllEventsOptions which{.event_store_ids = ids};
    PageSize page_size{options().page_size};
    Position after = start_.position;
    std::optional<Position> last;  // what is pushed from now on is for the next copy
    std::vector<Read> page;
    for (bool is_at_end = false; !is_at_end;) {
      page.clear();
      which.limit = page_size.next();
      const ReadAllEventsResult read = source_.read_all_events(after, which, [&](const SequencedEventView& next) {
        page_size.add(next.event.payload.size() + next.event.metadata.size());
        page.push_back({next.position, {target_id_of(next.event_store_id), next.event.to_record()}});
      });
      page_size.turn();
      if (read.head < after) throw_went_back(read.head);
      if (!last) last = read.head;
      for (auto& [position, event] : page) {
        if (!add(event.event_store_id, std::move(event.record), position)) return false;
      }
      is_at_end = read.is_caught_up || read.next >= *last;
      if (!is_at_end && read.next == after) return run_.flush() && false;  // held back
      after = read.next;
    }
    if (!run_.flush()) return false;
    if (after > 0) run_.resume_at(make_copy_token(after));
    return true;
  }

  [[noreturn]] void throw_went_back(Position head) const {
    throw InvalidResumeTokenError{*options().resume_token,
                                  "a copy of this source, whose newest event is at position " + std::to_string(head)};
  }

  bool copy_by_lists() {
    std::vector<std::string> stores = options().event_store_ids;
    if (stores.empty()) stores = source_.list_event_stores();
    auto store = stores.begin();
    if (options().resume_token) {
      store = std::ranges::find(stores, start_.event_store_id);
      if (store == stores.end()) {
        throw InvalidResumeTokenError{*options().resume_token, "a copy of these event stores"};
      }
    }
    for (std::optional<std::string> page_token = start_.page_token; store != stores.end(); ++store) {
      do {
        run_.resume_at(make_copy_token(*store, page_token));
        const AggregateIdsPage page =
            source_.list_aggregate_ids(*store, {.limit = options().page_size, .page_token = page_token});
        for (const AggregateIdEntry& entry : page.aggregate_ids) {
          if (!copy_aggregate(*store, entry.aggregate_id)) return false;
        }
        if (!run_.flush()) return false;
        page_token = page.next_page_token;
      } while (page_token);
    }
    run_.resume_at(std::nullopt);
    return true;
  }

  bool copy_aggregate(std::string_view event_store_id, const std::string& aggregate_id) {
    run_.go_to(event_store_id, aggregate_id);
    std::vector<EventRecord> page;
    PageSize page_size{options().page_size};
    std::size_t limit = 0;
    Version last = 0;
    do {
      page.clear();
      limit = page_size.next();
      source_.get_events(event_store_id, aggregate_id, {.min_version = last + 1, .limit = limit},
                         [&](const EventRecordView& record) {
                           page_size.add(record.payload.size() + record.metadata.size());
                           page.push_back(record.to_record());
                         });
      page_size.turn();
      if (!page.empty()) last = page.back().version;
      for (EventRecord& record : page) {
        if (!add(target_id_of(event_store_id), std::move(record))) return false;
      }
    } while (page.size() == limit && last < (std::numeric_limits<Version>::max)());
    return true;
  }

  AnyEventStorageAdapter source_;
  CopyRun run_;
  bool is_in_order_;
  CopyPlace start_;
  std::set<std::string, std::less<>> ids_;  ///< Of event stores, as long as their events are on their way.
};

}  // namespace castore::detail

#endif
