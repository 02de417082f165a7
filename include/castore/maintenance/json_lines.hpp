// SPDX-License-Identifier: MIT
#ifndef CASTORE_MAINTENANCE_JSON_LINES_HPP
#define CASTORE_MAINTENANCE_JSON_LINES_HPP

/// @file
/// Events as JSON Lines, one event in each line, in the shape of Castore's messages:
/// `{"eventStoreId":"POKEMONS","event":{"aggregateId":"pikachu","version":1,"type":"APPEARED","timestamp":"...",
/// "payload":{...}}}`. `copy_events` into a `JsonLinesWriter` writes them, `import_json_lines` puts them into a
/// storage. Payload and metadata are the same text in both places, but for line breaks between values.
///
/// @code
/// std::ofstream file{"events.jsonl", std::ios::binary};
/// castore::JsonLinesWriter lines{file};
/// castore::copy_events(storage, lines);
/// @endcode

#include <castore/config.hpp>
#include <castore/core/any_event_storage_adapter.hpp>
#include <castore/core/errors.hpp>
#include <castore/core/event_checks.hpp>
#include <castore/core/event_storage_adapter.hpp>
#include <castore/core/timestamp.hpp>
#include <castore/fwd.hpp>
#include <castore/maintenance/copy_events_options.hpp>
#include <castore/maintenance/copy_events_run.hpp>
#include <castore/maintenance/event_line.hpp>

#include <algorithm>
#include <cstddef>
#include <istream>
#include <ostream>
#include <set>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>

namespace castore {

/// @brief Writes what is copied into it as JSON Lines: a target for `copy_events`, which cannot be read. A thread at a
/// time may use it.
/// **Errors:** `StorageError` (report) when the stream fails.
class JsonLinesWriter {
 public:
  /// @brief Writes to a stream, which must outlive it. It does not flush.
  explicit JsonLinesWriter(std::ostream& lines) noexcept : lines_{lines} {}

  /// @brief Appends a line for each event. @throws InvalidEventError, StorageError
  PushOutcome push_events(std::span<const PushRecord> records, const PushOptions&) {
    check_records(records);
    for (const PushRecord& push : records) {
      lines_ << to_event_line(push.event_store_id, EventRecordView{push.record}) << '\n';
    }
    if (!lines_) throw StorageError{"cannot write the lines of events: the stream failed; is the disk full?"};
    return {};
  }
  /// @brief Hands out nothing.
  void get_events(std::string_view, std::string_view, const GetEventsOptions&, RecordSink) {}
  /// @brief Lists nothing.
  AggregateIdsPage list_aggregate_ids(std::string_view, const ListAggregateIdsOptions&) { return {}; }

 private:
  std::ostream& lines_;
};

static_assert(EventStorageAdapter<JsonLinesWriter>);

namespace detail {

/// Reads lines one by one.
class EventLineReader {
 public:
  explicit EventLineReader(std::istream& lines) noexcept : lines_{lines} {}

  /// @return False at the end. @throws InvalidEventError that names the line
  bool next(EventLine& line) {
    while (read()) {
      ++number_;
      if (text_.find_first_not_of(" \t\r") == std::string::npos) continue;
      try {
        line = parse_event_line(text_);
      } catch (const InvalidEventError& error) {
        throw InvalidEventError{error.field(), "line " + std::to_string(number_) + ": " + error.reason()};
      }
      return true;
    }
    if (lines_.bad()) throw StorageError{"cannot read the lines of events: the stream failed"};
    return false;
  }

 private:
  bool read() {
    text_.clear();
    for (std::streambuf* const from = lines_.rdbuf(); from != nullptr;) {
      const int byte = from->sbumpc();
      if (byte == std::streambuf::traits_type::eof()) return !text_.empty();
      if (byte == '\n') return true;
      if (text_.size() == max_event_line_size) {
        throw InvalidEventError{"line", "line " + std::to_string(number_ + 1) + " has more than " +
                                            std::to_string(max_event_line_size) + " bytes"};
      }
      text_ += std::streambuf::traits_type::to_char_type(byte);
    }
    return false;
  }

  std::istream& lines_;
  std::string text_;
  std::size_t number_ = 0;
};

class LinesImport {
 public:
  LinesImport(std::istream& lines, AnyEventStorageAdapter target, const CopyOptions& options)
      : lines_{lines}, run_{{}, std::move(target), options} {
    if (options.resume_token || options.target_event_store_id) {
      throw std::invalid_argument{
          "castore: import_json_lines takes neither resume_token nor target_event_store_id; to go on after an "
          "interruption, import the same lines again"};
    }
  }

  CopyResult run() {
    return run_.run([this] {
      for (EventLine line; lines_.next(line);) {
        if (is_wanted(line.event_store_id) && !add(std::move(line))) return false;
      }
      return run_.flush();
    });
  }

 private:
  bool is_wanted(const std::string& event_store_id) const {
    const auto& ids = run_.options().event_store_ids;
    return ids.empty() || std::ranges::find(ids, event_store_id) != ids.end();
  }
  bool add(EventLine line) {
    const std::string_view event_store_id = *ids_.insert(std::move(line.event_store_id)).first;
    run_.go_to(event_store_id, line.event.aggregate_id, line.event.version);
    const bool is_first = line.event.version == 1;
    if (!run_.add({event_store_id, std::move(line.event)})) return false;
    run_.count_read(1, is_first ? 1 : 0);
    return true;
  }

  EventLineReader lines_;
  CopyRun run_;
  std::set<std::string, std::less<>> ids_;  ///< Of event stores, as long as their events are on their way.
};

}  // namespace detail

/// @brief Puts the events of JSON Lines into a storage, in their order.
///
/// **Guarantees:** those of `copy_events`: an event that the target has already and equal is left alone, so that an
/// import that was interrupted is run again; nothing is overwritten. Empty lines are passed over. In memory are
/// `page_size` events.
/// @param options `event_store_ids`, `page_size`, `dry_run`, `stop_token` and `on_progress`; no others.
/// @throws CopyConflictError, CopyInterruptedError with an `InvalidEventError` in it that names the line, or with what
/// the storage throws; std::invalid_argument
template <class Target>
[[nodiscard("castore: is_complete is false where it was stopped")]] CopyResult import_json_lines(
    std::istream& lines, Target& target, const CopyOptions& options = {}) {
  return detail::LinesImport{lines, detail::any_adapter(target), options}.run();
}

}  // namespace castore

#endif
