// SPDX-License-Identifier: MIT
#ifndef CASTORE_ADAPTERS_SQLITE_ROWS_HPP
#define CASTORE_ADAPTERS_SQLITE_ROWS_HPP

#include <castore/adapters/sqlite/errors.hpp>
#include <castore/adapters/sqlite/list_bounds.hpp>
#include <castore/adapters/sqlite/query.hpp>
#include <castore/core/errors.hpp>
#include <castore/core/event_storage_adapter.hpp>
#include <castore/core/timestamp.hpp>
#include <castore/detail/text.hpp>
#include <castore/fwd.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <string_view>

namespace castore::detail {

/// As SQL says it: -1 where there is none.
inline std::int64_t sqlite_limit(const std::optional<std::size_t>& limit) noexcept {
  constexpr auto largest = static_cast<std::size_t>((std::numeric_limits<std::int64_t>::max)());
  return limit ? static_cast<std::int64_t>((std::min)(*limit, largest)) : -1;
}

/// @param wrong What the row has no valid one of, and what to write instead.
[[noreturn]] inline void throw_sqlite_damaged(const SqliteFile& file, std::string_view event_store_id,
                                              std::string_view aggregate_id, Version version, std::string_view wrong) {
  throw StorageError{file.name() + " is damaged: " + event_name(event_store_id, aggregate_id, version) +
                     " has no valid " + std::string{wrong} + "; correct its row or restore the file from a backup"};
}

/// The event in a row whose columns from `first` on are version, type, timestamp, payload and metadata.
/// @throws StorageError when another program wrote it wrong
inline EventRecordView sqlite_event_in(const SqliteQuery& query, int first, std::string_view event_store_id,
                                       std::string_view aggregate_id) {
  // NULL, or something. What it is, is for the codec to say.
  const auto may_be_json = [](std::string_view text) { return text.data() == nullptr || !text.empty(); };
  const Version version = query.integer(first);
  const std::string_view type = query.text(first + 1);
  const std::string_view time = query.text(first + 2);
  auto timestamp = parse_sortable_timestamp(time);
  if (!timestamp) timestamp = parse_timestamp(time);
  const std::string_view payload = query.text(first + 3);
  const std::string_view metadata = query.text(first + 4);
  const char* const wrong = version < 1              ? "version: they start at 1"
                            : type.data() == nullptr ? "type: it has none"
                            : !timestamp             ? "timestamp: write it as 2022-01-01T00:00:00.000Z"
                            : !may_be_json(payload)  ? "payload: write one JSON value, or NULL"
                            : !may_be_json(metadata) ? "metadata: write one JSON value, or NULL"
                                                     : nullptr;
  if (wrong != nullptr) throw_sqlite_damaged(query.file(), event_store_id, aggregate_id, version, wrong);
  return {aggregate_id, version, type, *timestamp, payload, metadata};
}

}  // namespace castore::detail

#endif
