// SPDX-License-Identifier: MIT
#ifndef CASTORE_MAINTENANCE_COPY_EVENTS_OPTIONS_HPP
#define CASTORE_MAINTENANCE_COPY_EVENTS_OPTIONS_HPP

/// @file
/// What goes into copying and what comes out.

#include <castore/config.hpp>
#include <castore/core/errors.hpp>
#include <castore/detail/stop_token.hpp>
#include <castore/detail/text.hpp>
#include <castore/detail/token.hpp>
#include <castore/fwd.hpp>
#include <castore/maintenance/pour_options.hpp>

#include <concepts>
#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace castore {

/// @brief What a copy did, or has done so far.
struct CopyResult {
  std::size_t read_count = 0;           ///< Events of the source.
  std::size_t written_count = 0;        ///< Events that the target did not have.
  std::size_t already_there_count = 0;  ///< Events that the target had, and equal.
  std::size_t dropped_count = 0;        ///< Aggregates that were left out, as `change` returned no event of them.
  std::size_t aggregate_count = 0;      ///< Aggregates of the source whose first event was read.
  /// @brief False when it was stopped, or when an open transaction in the source holds events back.
  bool is_complete = false;
  /// @brief Where the next copy into the same target is to go on. Nothing means from the start, which is right after a
  /// copy of a storage without an order, too: it finds what has come since.
  std::optional<std::string> resume_token{};

  friend bool operator==(const CopyResult&, const CopyResult&) = default;
};

/// @brief Options of copying the events of a storage.
struct CopyOptions {
  std::vector<std::string> event_store_ids{};  ///< Those of these event stores; of all when there are none.
  /// @brief What the event store is called in the target, when it is one; the same unless given.
  std::optional<std::string> target_event_store_id{};
  /// @brief Events or ids to fetch at once and to push at once at most, from 1. Large events are fetched fewer at once.
  std::size_t page_size = 500;
  bool dry_run = false;         ///< Reads and compares, but writes nothing; `resume_token` stays what it is.
  /// @brief Go on where a copy ended: a token of one from the same source into the same target with the same
  /// `event_store_ids`. In a source without an order it is a place in the list of aggregates: what came since to those
  /// before it is found by the next copy from the start.
  std::optional<std::string> resume_token{};
  std::stop_token stop_token{};  ///< Stops between two pushes.
  /// @brief Called on the copying thread after every push. What it throws ends the copy.
  std::function<void(const CopyResult&)> on_progress{};
};

/// @brief Options of copying an event store through a function that changes its events.
template <class FromAggregate, class ToAggregate>
struct CopyStoreOptions {
  /// @brief Compares each aggregate before and after its events were changed. When it returns false, the copy ends
  /// before anything of the aggregate is written. It is not asked of aggregates that are left out.
  std::function<bool(const FromAggregate&, const ToAggregate&)> check{};
  std::size_t page_size = 500;                           ///< As in `CopyOptions`.
  bool dry_run = false;                                  ///< As in `CopyOptions`; `change` and `check` are called.
  std::optional<std::string> resume_token{};             ///< As in `CopyOptions`.
  std::stop_token stop_token{};                          ///< As in `CopyOptions`.
  std::function<void(const CopyResult&)> on_progress{};  ///< As in `CopyOptions`.
};

/// @brief A `check` for stores with the same aggregate: before and after the change it is equal in all but `version`.
struct FoldsAgree {
  /// @brief True when the aggregates are equal, whatever their versions.
  template <class Aggregate>
    requires std::equality_comparable<Aggregate> && std::copy_constructible<Aggregate>
  bool operator()(const Aggregate& before, const Aggregate& after) const {
    Aggregate same(after);
    same.version = before.version;
    return before == same;
  }
};
/// @brief The check itself: `{.check = castore::folds_agree}`.
inline constexpr FoldsAgree folds_agree{};

/// @brief An event to copy is in the target already and is another one there, or the target has an event that the copy
/// of a changed store does not have. It was left as it is; what comes before it in the copy may be written.
/// **Handling:** report: the target is not a copy of this source, or it went its own way since, or `change` makes other
/// events of a history once that has grown. Copy into an event store of its own.
class CASTORE_DETAIL_THROWN CopyConflictError : public detail::EventError {
 public:
  /// @brief What a copy throws. @param field What differs: `type`, `timestamp`, `payload`, `metadata`; or `version`
  /// when the copy has no such event.
  CopyConflictError(std::string_view event_store_id, std::string_view aggregate_id, Version version,
                    std::string_view field)
      : EventError{event_store_id, aggregate_id, version,
                   "castore: " + detail::event_name(event_store_id, aggregate_id, version) +
                       (field == "version" ? " is in the target, but not among the events to copy"
                                           : " is in the target already, with another " + std::string{field}) +
                       "; it was left as it is; copy into an event store that holds nothing else"},
        field_{field} {}

  /// @brief What differs: `type`, `timestamp`, `payload`, `metadata`; or `version` when the copy has no such event.
  const std::string& field() const noexcept { return field_; }

 private:
  std::string field_;
};

/// @brief The `check` of a copy refused what `change` made of an aggregate, of which nothing was written.
/// **Handling:** fix `change`, or the check; then copy again: what is written already is found and left as it is.
class CASTORE_DETAIL_THROWN CopyCheckError : public Error {
 public:
  /// @brief What a copy throws. @param event_store_id The store in which the aggregate was found.
  CopyCheckError(std::string_view event_store_id, std::string_view aggregate_id)
      : Error{"castore: the check of a copy refused aggregate " + detail::in_quotes(aggregate_id) + " of event store " +
              detail::in_quotes(event_store_id) +
              " after its events were changed; nothing of it was written; mend the change or the check"},
        event_store_id_{event_store_id},
        aggregate_id_{aggregate_id} {}

  /// @brief The id of the event store in which the aggregate was found.
  const std::string& event_store_id() const noexcept { return event_store_id_; }
  /// @brief The id of the aggregate.
  const std::string& aggregate_id() const noexcept { return aggregate_id_; }

 private:
  std::string event_store_id_;
  std::string aggregate_id_;
};

/// @brief A copy ended early, as a storage, `change`, `check` or `on_progress` failed. What failed is nested.
/// **Handling:** put it right, then copy again, with `resume_token()` or from the start: what is written already is
/// found and left as it is.
class CASTORE_DETAIL_THROWN CopyInterruptedError : public Error {
 public:
  /// @brief What a copy throws; what failed is nested in it. @param place What was being copied; may be empty.
  CopyInterruptedError(CopyResult result, std::string_view place, std::string_view reason)
      : Error{"castore: a copy was interrupted after " + std::to_string(result.read_count) + " event(s)" +
              (place.empty() ? "" : ", at " + std::string{place}) + ": " +
              detail::safe_text(detail::without_prefix(reason)) + "; copy again with the error's resume_token()"},
        result_{std::move(result)} {}

  /// @brief What the copy had done.
  const CopyResult& result() const noexcept { return result_; }
  /// @brief Where to go on; nothing means from the start.
  const std::optional<std::string>& resume_token() const noexcept { return result_.resume_token; }

 private:
  CopyResult result_;
};

namespace detail {

/// Where a copy goes on: after a position of the source's order, or else at a page of a list.
struct CopyPlace {
  Position position = 0;
  std::string event_store_id{};
  std::optional<std::string> page_token{};
};

inline constexpr std::string_view copy_token_of_order = "castorecopy1;order;";
inline constexpr std::string_view copy_token_of_list = "castorecopy1;list;";

inline std::string make_copy_token(Position position) {
  return make_token(copy_token_of_order, std::to_string(position));
}
inline std::string make_copy_token(std::string_view event_store_id, const std::optional<std::string>& page_token) {
  std::string fields = std::to_string(event_store_id.size()) + ';';
  return make_token(copy_token_of_list, fields.append(event_store_id).append(";").append(page_token.value_or("")));
}

/// The place that a token tells. @throws InvalidResumeTokenError
inline CopyPlace parse_copy_token(std::string_view token, bool is_in_order) {
  try {
    TokenReader<InvalidResumeTokenError> reader{token, is_in_order ? copy_token_of_order : copy_token_of_list};
    CopyPlace place;
    if (is_in_order) {
      place.position = reader.number<Position>(reader.rest());
      reader.demand(place.position > 0);
      return place;
    }
    const auto length = reader.number<std::size_t>(reader.field());
    const std::string_view rest = reader.rest();
    reader.demand(length < rest.size() && rest[length] == ';');
    place.event_store_id = rest.substr(0, length);
    if (length + 1 < rest.size()) place.page_token = rest.substr(length + 1);
    return place;
  } catch (const InvalidResumeTokenError&) {
    throw InvalidResumeTokenError{token, "a copy of this source"};
  }
}

}  // namespace detail

}  // namespace castore

#endif
