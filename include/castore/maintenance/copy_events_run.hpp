// SPDX-License-Identifier: MIT
#ifndef CASTORE_MAINTENANCE_COPY_EVENTS_RUN_HPP
#define CASTORE_MAINTENANCE_COPY_EVENTS_RUN_HPP

#include <castore/core/any_event_storage_adapter.hpp>
#include <castore/core/codec.hpp>
#include <castore/core/errors.hpp>
#include <castore/core/event_storage_adapter.hpp>
#include <castore/detail/json_text.hpp>
#include <castore/fwd.hpp>
#include <castore/maintenance/copy_events_options.hpp>
#include <castore/maintenance/different_field.hpp>
#include <castore/maintenance/pour_options.hpp>

#include <nlohmann/json.hpp>

#include <algorithm>
#include <concepts>
#include <cstddef>
#include <exception>
#include <optional>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

namespace castore::detail {

/// @throws CopyConflictError
inline void check_same_event(const PushRecord& event, const EventRecordView& there) {
  const std::string_view field = different_field(event.record, there);
  if (field.empty()) return;
  throw CopyConflictError{event.event_store_id, event.record.aggregate_id, event.record.version, field};
}

/// A handle to an adapter, or the handle that it is.
template <class Adapter>
AnyEventStorageAdapter any_adapter(Adapter& adapter) {
  if constexpr (std::same_as<std::remove_const_t<Adapter>, AnyEventStorageAdapter>) {
    return adapter;
  } else {
    return AnyEventStorageAdapter{adapter};
  }
}

/// A copy at work: takes events in their order, writes to the target what it lacks, and keeps the report.
class CopyRun {
 public:
  /// @param source The storage that records are copied from; none where events are changed.
  CopyRun(AnyEventStorageAdapter source, AnyEventStorageAdapter target, const CopyOptions& options)
      : source_{std::move(source)}, target_{std::move(target)}, options_{options} {
    if (options.page_size == 0) throw std::invalid_argument{"castore: page_size is 0"};
    result_.resume_token = options.resume_token;
  }

  const CopyOptions& options() const noexcept { return options_; }
  bool is_stopped() const { return options_.stop_token.stop_requested(); }

  /// What is worked on, for errors; a version of 0 stands for the aggregate as such.
  void go_to(std::string_view event_store_id, std::string_view aggregate_id, Version version = 0) {
    place_store_ = event_store_id;
    place_aggregate_ = aggregate_id;
    place_version_ = version;
  }

  /// Takes the next event. Those that stand together with one timestamp, as the events of a group do, are pushed
  /// together. @param position Its position in the source's order, where it has one. @return False when the copy is to
  /// stop.
  bool add(PushRecord event, Position position = 0) {
    const bool is_full = batch_.size() == options_.page_size;
    if (!batch_.empty() && (is_full || batch_.front().record.timestamp != event.record.timestamp) && !flush()) {
      return false;
    }
    batch_.push_back(std::move(event));
    batch_position_ = position;
    return !is_stopped();
  }
  void count_read(std::size_t events, std::size_t aggregates, std::size_t dropped = 0) {
    counted_.read_count += events;
    counted_.aggregate_count += aggregates;
    counted_.dropped_count += dropped;
  }

  /// Writes what was added. @return False when the copy is to stop.
  bool flush() {
    if (is_stopped()) return false;
    const bool has_events = !batch_.empty();
    if (has_events) {
      const PushRecord& first = batch_.front();
      go_to(first.event_store_id, first.record.aggregate_id, first.record.version);
      const std::size_t written = options_.dry_run ? absent_of(batch_).size() : write(batch_);
      result_.written_count += written;
      result_.already_there_count += batch_.size() - written;
      batch_.clear();
      if (batch_position_ > 0) resume_at(make_copy_token(batch_position_));
    }
    result_.read_count += counted_.read_count;
    result_.aggregate_count += counted_.aggregate_count;
    result_.dropped_count += counted_.dropped_count;
    counted_ = {};
    if (has_events && options_.on_progress) options_.on_progress(result_);
    return !is_stopped();
  }

  /// The next copy goes on here. Nothing was copied by a dry run.
  void resume_at(std::optional<std::string> token) {
    if (!options_.dry_run) result_.resume_token = std::move(token);
  }

  /// @throws CopyConflictError when the target has an event of the aggregate after a version
  void demand_no_event_after(Version version, std::string_view event_store_id, const std::string& aggregate_id) {
    target_.get_events(event_store_id, aggregate_id, {.min_version = version + 1, .limit = 1},
                       [&](const EventRecordView& there) {
                         throw CopyConflictError{event_store_id, aggregate_id, there.version, "version"};
                       });
  }

  /// Runs the whole copy, a function that returns whether it came to the end. @throws CopyInterruptedError and what
  /// says itself what is wrong
  template <class Function>
  CopyResult run(const Function& copy) {
    try {
      result_.is_complete = copy();
    } catch (const CopyConflictError&) {
      throw;
    } catch (const CopyCheckError&) {
      throw;
    } catch (const InvalidResumeTokenError&) {
      throw;
    } catch (const std::exception& error) {
      std::throw_with_nested(CopyInterruptedError{result_, place(), error.what()});
    } catch (...) {
      std::throw_with_nested(CopyInterruptedError{result_, place(), "what was thrown is not a std::exception"});
    }
    return std::move(result_);
  }

 private:
  std::string place() const {
    if (place_version_ > 0) return event_name(place_store_, place_aggregate_, place_version_);
    if (place_store_.empty() && place_aggregate_.empty()) return {};
    return "aggregate " + in_quotes(place_aggregate_) + " in event store " + in_quotes(place_store_);
  }

  /// @return How many of the events the target lacked. An event that it lacks and does not take is one at a gap, which
  /// the source has as well, and is written by force.
  std::size_t write(std::span<const PushRecord> events) {
    if (events.empty()) return 0;
    if (push(events)) return events.size();
    const std::vector<PushRecord> absent = absent_of(events);
    if (absent.size() < events.size()) return write(absent);
    if (events.size() == 1) {
      check_gap_before(events.front());
      (void)target_.push_events(events, {.force = true});
      return 1;
    }
    const std::size_t half = events.size() / 2;
    return write(events.first(half)) + write(events.subspan(half));
  }

  /// @return False when the target has one of the events, or lacks one before them, or does not take so many at once.
  bool push(std::span<const PushRecord> events) {
    try {
      return target_.push_events(events, {}).status == PushOutcome::pushed;
    } catch (const InvalidEventError& error) {
      if (error.field() != "max_events_per_push" || events.size() == 1) throw;
      return false;
    }
  }

  /// A copy that goes on by a token finds in the target what was copied before, unless that is another target. @throws
  /// InvalidResumeTokenError
  void check_gap_before(const PushRecord& event) {
    if (!options_.resume_token || !source_) return;
    const std::string& id = event.record.aggregate_id;
    const Version before = event.record.version - 1;
    const auto has_it = [&](AnyEventStorageAdapter& adapter, std::string_view event_store_id) {
      bool has = false;
      adapter.get_events(event_store_id, id, {.min_version = before, .max_version = before},
                         [&has](const EventRecordView&) { has = true; });
      return has;
    };
    const bool is_renamed = options_.target_event_store_id.has_value();
    if (has_it(target_, event.event_store_id)) return;
    if (!has_it(source_, is_renamed ? options_.event_store_ids.front() : event.event_store_id)) return;
    throw InvalidResumeTokenError{
        *options_.resume_token, "a copy into this target, which lacks " + event_name(event.event_store_id, id, before)};
  }

  /// The events that the target does not have. @throws CopyConflictError
  std::vector<PushRecord> absent_of(std::span<const PushRecord> events) {
    std::vector<const PushRecord*> sorted;
    sorted.reserve(events.size());
    for (const PushRecord& event : events) sorted.push_back(&event);
    const auto key_of = [](const PushRecord* event) {
      return std::tuple{event->event_store_id, std::string_view{event->record.aggregate_id}, event->record.version};
    };
    std::ranges::sort(sorted, {}, key_of);
    std::vector<const PushRecord*> found;
    for (auto next = sorted.begin(); next != sorted.end();) {
      const PushRecord& first = **next;
      const auto end = std::find_if(next, sorted.end(), [&first](const PushRecord* event) {
        return event->event_store_id != first.event_store_id || event->record.aggregate_id != first.record.aggregate_id;
      });
      const GetEventsOptions versions{.min_version = first.record.version, .max_version = end[-1]->record.version};
      target_.get_events(first.event_store_id, first.record.aggregate_id, versions, [&](const EventRecordView& there) {
        next = std::find_if(next, end, [&](const PushRecord* event) { return event->record.version >= there.version; });
        if (next == end || (*next)->record.version != there.version) return;
        check_same_event(**next, there);
        found.push_back(*next);
      });
      next = end;
    }
    std::ranges::sort(found);
    std::vector<PushRecord> absent;
    for (const PushRecord& event : events) {
      if (!std::ranges::binary_search(found, &event)) absent.push_back(event);
    }
    return absent;
  }

  AnyEventStorageAdapter source_;
  AnyEventStorageAdapter target_;
  const CopyOptions& options_;
  CopyResult result_;
  CopyResult counted_;  ///< What was read since events were written.
  std::vector<PushRecord> batch_;
  Position batch_position_ = 0;
  std::string place_store_;
  std::string place_aggregate_;
  Version place_version_ = 0;
};

}  // namespace castore::detail

#endif
