// SPDX-License-Identifier: MIT
#ifndef CASTORE_MAINTENANCE_INSPECT_EVENTS_HPP
#define CASTORE_MAINTENANCE_INSPECT_EVENTS_HPP

/// @file
/// Finds what is wrong with stored events, also where an adapter refuses to read them: it is given rows as a database
/// has them, of which any part may be missing or be anything.
///
/// @code
/// castore::EventInspector inspector{[](const castore::Finding& finding) { report(finding.what, finding.remedy); }};
/// inspector.add_schema_lock("POKEMONS", lock);  // what castore::testing::check_event_schema committed
/// for (const Row& row : rows_by_aggregate_and_version) inspector.add(row_of(row));
/// @endcode

#include <castore/config.hpp>
#include <castore/core/codec.hpp>
#include <castore/core/event_storage_adapter.hpp>
#include <castore/core/timestamp.hpp>
#include <castore/detail/json_text.hpp>
#include <castore/detail/text.hpp>
#include <castore/fwd.hpp>
#include <castore/json/schema_fault.hpp>
#include <castore/json/text.hpp>

#include <nlohmann/json.hpp>

#include <exception>
#include <functional>
#include <map>
#include <new>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace castore {

/// @brief What is wrong with stored events.
enum class EventFault {
  missing_version,       ///< A version before one that is there is missing.
  duplicate,             ///< A version is there more than once.
  out_of_order,          ///< A version has a position before that of the version before it.
  foreign_row,           ///< A row that is not an event: it has no store, id, version from 1 or type.
  not_json,              ///< A payload or metadata is not one JSON value.
  timestamp_form,        ///< A timestamp has not the form `2022-01-01T00:00:00.000Z`.
  unknown_type,          ///< The schema lock has no such type.
  refused_by_schema,     ///< The schema lock does not allow the payload or metadata.
  checkpoint_beyond_end  ///< A reader's checkpoint is after the newest event.
};

/// @brief The name of a fault, as it is written here.
constexpr std::string_view name_of(EventFault fault) noexcept {
  switch (fault) {
    case EventFault::missing_version:
      return "missing_version";
    case EventFault::duplicate:
      return "duplicate";
    case EventFault::out_of_order:
      return "out_of_order";
    case EventFault::foreign_row:
      return "foreign_row";
    case EventFault::not_json:
      return "not_json";
    case EventFault::timestamp_form:
      return "timestamp_form";
    case EventFault::unknown_type:
      return "unknown_type";
    case EventFault::refused_by_schema:
      return "refused_by_schema";
    case EventFault::checkpoint_beyond_end:
      break;
  }
  return "checkpoint_beyond_end";
}

/// @brief Something that is wrong, where, and what to do about it.
struct Finding {
  EventFault fault{};                           ///< What it is.
  std::optional<std::string> event_store_id{};  ///< Nothing where it is not known.
  std::optional<std::string> aggregate_id{};    ///< Nothing where it is not known.
  std::optional<Version> version{};             ///< Nothing where it is not known; the first one that is missing.
  std::string what{};                           ///< A sentence; what is shown of ids and values is safe for a terminal.
  std::string remedy{};                         ///< What to do.

  friend bool operator==(const Finding&, const Finding&) = default;
};

/// @brief A row as a database has it. A view, used during the call that gets it.
struct StoredRow {
  std::string_view place{};                          ///< By which it is found: `row 7`.
  Position position = 0;                             ///< 0 where the storage has no order.
  std::optional<std::string_view> event_store_id{};  ///< Nothing when there is none, or it is not text.
  std::optional<std::string_view> aggregate_id{};    ///< The same.
  std::optional<Version> version{};                  ///< Nothing when there is none, or it is not an integer.
  std::optional<std::string_view> type{};            ///< Nothing when there is none, or it is not text.
  std::optional<std::string_view> timestamp{};       ///< As text.
  std::optional<std::string_view> payload{};         ///< Nothing when there is none.
  std::optional<std::string_view> metadata{};        ///< Nothing when there is none.
};

/// @brief Looks at rows one after the other and tells what is wrong with them. In memory it keeps one row's key.
class EventInspector {
 public:
  /// @brief Tells a function of each finding. What that throws, `add` throws.
  explicit EventInspector(std::function<void(const Finding&)> tell) : tell_{std::move(tell)} {}

  /// @brief Compares the events of a store with a schema lock, a document that `castore::testing::event_schema` makes:
  /// the schema of each type is in its `$defs`. @param event_store_id Empty for all stores without a lock of their own.
  void add_schema_lock(std::string event_store_id, nlohmann::json lock) {
    locks_.insert_or_assign(std::move(event_store_id), std::move(lock));
  }

  /// @brief Looks at the next row. Rows of one aggregate come one after the other, in the order of their versions.
  void add(const StoredRow& row) {
    if (!is_event(row)) return;
    inspect_version(row);
    inspect_timestamp(row);
    const bool is_json = inspect_json(row, "payload", row.payload) && inspect_json(row, "metadata", row.metadata);
    if (is_json) inspect_schema(row);
  }

  /// @brief Looks at a reader's checkpoint. @param head The position of the newest event.
  void add_checkpoint(std::string_view name, int version, Position position, Position head) {
    if (position <= head) return;
    tell_({EventFault::checkpoint_beyond_end, std::nullopt, std::nullopt, std::nullopt,
           "the checkpoint of " + detail::in_quotes(name) + ", version " + std::to_string(version) + ", is " +
               std::to_string(position) + ", after the newest event at " + std::to_string(head),
           "events were lost or restored from an older backup: build what the reader keeps again, from position 0"});
  }

 private:
  void tell(EventFault fault, const StoredRow& row, std::string what, std::string remedy) const {
    const auto text_of = [](const std::optional<std::string_view>& text) {
      return text ? std::optional<std::string>(*text) : std::nullopt;
    };
    tell_({fault, text_of(row.event_store_id), text_of(row.aggregate_id), row.version,
           std::string{row.place}.append(": ").append(what), std::move(remedy)});
  }

  bool is_event(const StoredRow& row) const {
    const auto is_id = [](const std::optional<std::string_view>& id) { return id && detail::is_utf8_without_nul(*id); };
    const char* const wrong = !is_id(row.event_store_id)         ? "event store id that is UTF-8 text"
                              : !is_id(row.aggregate_id)         ? "aggregate id that is UTF-8 text"
                              : !row.version || *row.version < 1 ? "version from 1"
                              : !row.type || !is_id(row.type)    ? "type that is UTF-8 text"
                                                                 : nullptr;
    if (wrong == nullptr) return true;
    tell(EventFault::foreign_row, row, std::string{"it has no "} + wrong, "correct the row, or delete it");
    return false;
  }

  void inspect_version(const StoredRow& row) {
    const Version version = *row.version;
    const bool is_same = last_version_ > 0 && last_store_ == *row.event_store_id && last_id_ == *row.aggregate_id;
    if (!is_same) {
      last_store_ = *row.event_store_id;
      last_id_ = *row.aggregate_id;
      last_version_ = 0;
      last_position_ = 0;
    }
    if (version == last_version_) {
      tell(EventFault::duplicate, row, "version " + std::to_string(version) + " is there more than once",
           "delete the row that is wrong, and make the key of store, aggregate and version unique");
    } else if (version > last_version_ + 1) {
      tell_gap(row, last_version_ + 1, version - 1);
    } else if (row.position != 0 && row.position <= last_position_) {
      tell(EventFault::out_of_order, row,
           "its position " + std::to_string(row.position) + " is before that of the version before it",
           "readers see the later version first; copy the events to a new storage if that harms them");
    }
    last_version_ = version;
    last_position_ = row.position;
  }
  void tell_gap(const StoredRow& row, Version first, Version last) const {
    StoredRow gap = row;
    gap.version = first;
    const std::string versions =
        first == last ? "version " + std::to_string(first) + " is missing"
                      : "versions " + std::to_string(first) + " to " + std::to_string(last) + " are missing";
    tell(EventFault::missing_version, gap, versions,
         "restore them from a backup; if the gap is meant, set missing_versions of the event store");
  }

  void inspect_timestamp(const StoredRow& row) const {
    const auto time = row.timestamp ? parse_timestamp(*row.timestamp) : std::nullopt;
    if (time && format_timestamp(*time) == *row.timestamp) return;
    const std::string text = row.timestamp ? detail::in_quotes(*row.timestamp, 60) : std::string{"nothing"};
    tell(EventFault::timestamp_form, row, "its timestamp is " + text + ", not of the form 2022-01-01T00:00:00.000Z",
         time ? "write it as " + format_timestamp(*time) : "write the time of the event in this form, in UTC");
  }

  bool inspect_json(const StoredRow& row, const char* name, const std::optional<std::string_view>& text) const {
    if (!text) return true;
    const std::string copy{*text};
    detail::JsonTextCheck<max_json_depth> json{copy};
    if (json.is_value()) return true;
    tell(EventFault::not_json, row, std::string{"its "} + name + " is not JSON: " + json.fault(),
         "write one JSON value, or NULL where there is none");
    return false;
  }

  const nlohmann::json* lock_of(std::string_view event_store_id) const {
    auto found = locks_.find(event_store_id);
    if (found == locks_.end()) found = locks_.find("");
    return found == locks_.end() ? nullptr : &found->second;
  }

  void inspect_schema(const StoredRow& row) const {
    const nlohmann::json* const lock = lock_of(*row.event_store_id);
    if (lock == nullptr) return;
    const std::string type{*row.type};
    const auto types = lock->find("$defs");
    if (types == lock->end() || !types->contains(type)) {
      return tell(EventFault::unknown_type, row, "its type " + detail::in_quotes(type) + " is not in the schema lock",
                  "give the event store this type, or an upcast of it, and commit the lock again");
    }
    nlohmann::json event{{"type", type}};
    try {
      if (row.payload) event["payload"] = detail::text_to_json(*row.payload);
      if (row.metadata) event["metadata"] = detail::text_to_json(*row.metadata);
    } catch (const std::bad_alloc&) {
      throw;
    } catch (const std::exception& error) {  // a number that no double holds
      return tell(EventFault::not_json, row, "it cannot be read: " + detail::safe_text(error.what()),
                  "correct the row");
    }
    if (const auto fault = find_schema_fault(*lock, (*types)[type], event)) {
      tell(EventFault::refused_by_schema, row,
           detail::in_quotes(fault->path) + " of " + detail::in_quotes(type) + ": " + detail::safe_text(fault->what),
           "correct the event, or read its old form by an upcast and commit the lock again");
    }
  }

  std::function<void(const Finding&)> tell_;
  std::map<std::string, nlohmann::json, std::less<>> locks_;
  std::string last_store_;
  std::string last_id_;
  Version last_version_ = 0;
  Position last_position_ = 0;
};

}  // namespace castore

#endif
