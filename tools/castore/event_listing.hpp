// SPDX-License-Identifier: MIT
#ifndef CASTORE_TOOLS_CASTORE_EVENT_LISTING_HPP
#define CASTORE_TOOLS_CASTORE_EVENT_LISTING_HPP

#include "tools/castore/output.hpp"

#include <castore/core/any_event_storage_adapter.hpp>
#include <castore/core/event_log.hpp>
#include <castore/core/event_storage_adapter.hpp>

#include <functional>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>

namespace castore::tool {

struct NoSuchStore : std::runtime_error {
  using std::runtime_error::runtime_error;
};
/// @throws NoSuchStore, which says what may be meant
void check_event_store(AnyEventStorageAdapter storage, const std::string& event_store_id);

bool has_aggregate(AnyEventStorageAdapter storage, const std::string& event_store_id, const std::string& aggregate_id);

/// An aggregate that a command needs is not there, or its event store is not.
[[noreturn]] void throw_no_such_aggregate(AnyEventStorageAdapter storage, const std::string& event_store_id,
                                          std::string_view aggregate_id);

/// The events of an aggregate page by page, as all of them may be more than memory holds.
void for_each_event_of(AnyEventStorageAdapter storage, const std::string& event_store_id,
                       const std::string& aggregate_id, GetEventsOptions which,
                       const std::function<void(const EventRecordView&)>& function);

/// The events of one aggregate; as JSON in Castore's shape.
class EventListing {
 public:
  explicit EventListing(Output& output);
  void add(const EventRecordView& event);
  void finish() { listing_.finish(); }

 private:
  Listing listing_;
};

/// Events of all stores with their positions, where they have one; as JSON what `import` takes.
class SequencedEventListing {
 public:
  explicit SequencedEventListing(Output& output);
  void add(const SequencedEventView& next);
  void flush() { listing_.flush(); }
  void finish() { listing_.finish(); }

 private:
  Listing listing_;
};

/// An event of `read_all_events` as JSON, with its position.
std::string to_sequenced_event_json(const SequencedEventView& next);

/// `--at`: a version, or a time.
class Moment {
 public:
  /// @throws UsageError
  static Moment parse(const std::optional<std::string>& text);

  std::optional<Version> version() const noexcept { return version_; }
  bool has(const EventRecordView& event) const noexcept {
    return (!version_ || event.version <= *version_) && (!time_ || event.timestamp <= *time_);
  }

 private:
  std::optional<Version> version_;
  std::optional<Timestamp> time_;
};

}  // namespace castore::tool

#endif
