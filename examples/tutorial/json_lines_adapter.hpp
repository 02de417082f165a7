// SPDX-License-Identifier: MIT
#ifndef CASTORE_EXAMPLES_TUTORIAL_JSON_LINES_ADAPTER_HPP
#define CASTORE_EXAMPLES_TUTORIAL_JSON_LINES_ADAPTER_HPP

/// @file
/// A small event storage adapter: a text file to which every push appends one line of JSON.

#include <castore/castore.hpp>

#include <algorithm>
#include <cstdint>
#include <exception>
#include <filesystem>
#include <fstream>
#include <ios>
#include <map>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <system_error>
#include <tuple>
#include <utility>
#include <vector>

/// @brief Keeps events in a file for the threads and adapter objects of one process, and all of them in memory too.
///
/// **Guarantees:** a push, also of a group, is one line, so it is in the file whole or not at all: a last line without
/// an end is what a crash left of a push that was never acknowledged, and the next push takes its place. An
/// acknowledged push survives a crash of the process, but perhaps not a loss of power.
class JsonLinesEventStorageAdapter {
 public:
  /// @brief Opens the file, or creates it. @throws castore::StorageError
  explicit JsonLinesEventStorageAdapter(const std::filesystem::path& path) : path_{std::filesystem::absolute(path)} {
    if (!std::ofstream{path_, std::ios::app}) {
      throw storage_error("cannot be opened or created; see that its folder exists and may be written to");
    }
    const std::scoped_lock lock{mutex_};
    read_new_lines();
  }

  // [push]
  castore::PushOutcome push_events(std::span<const castore::PushRecord> records, const castore::PushOptions& options) {
    castore::check_records(records);
    const std::scoped_lock lock{mutex_};
    read_new_lines();
    for (std::size_t index = 0; index < records.size() && !options.force; ++index) {
      const auto& [event_store_id, record] = records[index];
      const auto is_stored = [&](castore::Version version) {
        const auto stream = streams_.find({std::string{event_store_id}, record.aggregate_id});
        return stream != streams_.end() && stream->second.contains(version);
      };
      const auto is_before = [&](const castore::PushRecord& other) {
        return other.event_store_id == event_store_id && other.record.aggregate_id == record.aggregate_id &&
               other.record.version == record.version - 1;
      };
      if (is_stored(record.version)) return {castore::PushOutcome::already_exists, index};
      if (record.version > 1 && !is_stored(record.version - 1) &&
          std::ranges::none_of(records.first(index), is_before)) {
        return {castore::PushOutcome::version_gap, index};
      }
    }
    append_line(records);
    read_new_lines();
    return {};
  }
  // [/push]

  // [get]
  void get_events(std::string_view event_store_id, std::string_view aggregate_id,
                  const castore::GetEventsOptions& options, castore::RecordSink sink) {
    std::vector<castore::EventRecord> selected;
    {
      const std::scoped_lock lock{mutex_};
      read_new_lines();
      const auto stream = streams_.find({std::string{event_store_id}, std::string{aggregate_id}});
      if (stream == streams_.end()) return;
      for (const auto& [version, record] : stream->second) {
        if (is_within(version, options.min_version, options.max_version)) selected.push_back(record);
      }
    }
    if (options.reverse) std::ranges::reverse(selected);
    if (options.limit && *options.limit < selected.size()) selected.resize(*options.limit);
    for (const castore::EventRecord& record : selected) sink(record);
  }
  // [/get]

  // [list]
  castore::AggregateIdsPage list_aggregate_ids(std::string_view event_store_id,
                                               const castore::ListAggregateIdsOptions& options) {
    const castore::PageRequest request = castore::resolve_page_request(options);
    std::vector<castore::AggregateIdEntry> entries;
    {
      const std::scoped_lock lock{mutex_};
      read_new_lines();
      for (const auto& [key, events] : streams_) {
        const auto& [version, record] = *events.begin();
        if (key.first == event_store_id && version == 1) entries.push_back({record.aggregate_id, record.timestamp});
      }
    }
    const auto place = [](const castore::AggregateIdEntry& entry) {
      return std::tie(entry.initial_event_timestamp, entry.aggregate_id);
    };
    std::ranges::sort(entries, {}, place);
    if (request.reverse) std::ranges::reverse(entries);

    castore::AggregateIdsPage page;
    for (castore::AggregateIdEntry& entry : entries) {
      const bool was_on_earlier_page = request.last && (request.reverse ? place(entry) >= place(*request.last)
                                                                        : place(entry) <= place(*request.last));
      if (was_on_earlier_page) continue;
      const castore::Timestamp time = entry.initial_event_timestamp;
      if (!is_within(time, request.initial_event_after, request.initial_event_before)) continue;
      if (page.aggregate_ids.size() == request.limit) {
        if (request.limit != 0U) page.next_page_token = castore::make_page_token(request, page.aggregate_ids.back());
        break;
      }
      page.aggregate_ids.push_back(std::move(entry));
    }
    return page;
  }
  // [/list]

 private:
  // [append]
  void append_line(std::span<const castore::PushRecord> records) {
    nlohmann::json line = nlohmann::json::array();
    for (const auto& [event_store_id, record] : records) {
      line.push_back(castore::record_to_json(record));
      line.back()["eventStoreId"] = event_store_id;
    }
    std::error_code error;
    std::filesystem::resize_file(path_, size_, error);  // cuts off what an unfinished push left behind
    if (error) throw storage_error("cannot be written: " + error.message());
    std::ofstream file{path_, std::ios::app | std::ios::binary};
    file << line.dump() << '\n' << std::flush;
    if (!file) throw storage_error("cannot be written; see that its disk has room and that it is not read-only");
  }
  // [/append]

  // [read]
  /// Takes over the lines that this and other adapter objects have appended since the last call.
  void read_new_lines() {
    std::ifstream file{path_, std::ios::binary};
    file.seekg(static_cast<std::streamoff>(size_));
    if (!file) throw storage_error("cannot be read; see that it still exists");
    for (std::string line; std::getline(file, line) && !file.eof(); size_ += line.size() + 1) {
      std::vector<std::pair<Key, castore::EventRecord>> events;
      try {
        for (const nlohmann::json& event : nlohmann::json::parse(line)) {
          castore::EventRecord record = castore::record_from_json(event);
          events.emplace_back(Key{event.at("eventStoreId").get<std::string>(), record.aggregate_id}, std::move(record));
        }
      } catch (const std::exception&) {
        std::throw_with_nested(storage_error("has a damaged line at byte " + std::to_string(size_)));
      }
      for (auto& [key, record] : events) streams_[key].insert_or_assign(record.version, std::move(record));
    }
  }
  // [/read]

  template <class Value>
  static bool is_within(Value value, const std::optional<Value>& first, const std::optional<Value>& last) {
    return (!first || value >= *first) && (!last || value <= *last);
  }

  castore::StorageError storage_error(const std::string& what) const {
    return castore::StorageError{"JSON Lines file '" + path_.string() + "' " + what};
  }

  using Key = std::pair<std::string, std::string>;  // event store id, aggregate id
  using Stream = std::map<castore::Version, castore::EventRecord>;

  // One for all adapter objects, as several may have the same file.
  static inline std::mutex mutex_;

  std::filesystem::path path_;
  std::uintmax_t size_ = 0;  // of the lines in streams_
  std::map<Key, Stream> streams_;
};

// [check]
static_assert(castore::explain_event_storage_adapter<JsonLinesEventStorageAdapter>());
// [/check]

#endif
