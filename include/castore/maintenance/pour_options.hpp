// SPDX-License-Identifier: MIT
#ifndef CASTORE_MAINTENANCE_POUR_OPTIONS_HPP
#define CASTORE_MAINTENANCE_POUR_OPTIONS_HPP

/// @file
/// What goes into pouring and what comes out.

#include <castore/config.hpp>
#include <castore/core/errors.hpp>
#include <castore/detail/stop_token.hpp>
#include <castore/detail/text.hpp>
#include <castore/detail/token.hpp>
#include <castore/fwd.hpp>

#include <compare>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace castore {

/// @brief A place in the order of pouring: by time, and when that is equal by store, aggregate and version. A view.
struct PourPosition {
  /// @brief The event's timestamp, or the latest one before it in its aggregate where a clock went back.
  Timestamp time{};
  std::string_view event_store_id{};  ///< The event's store.
  std::string_view aggregate_id{};    ///< The event's aggregate.
  Version version = 0;                ///< 0 for an aggregate as such.

  friend auto operator<=>(const PourPosition&, const PourPosition&) = default;
  friend bool operator==(const PourPosition&, const PourPosition&) = default;
};

/// @brief How far a pour has come: called after every message that was published.
struct PourProgress {
  std::size_t poured_count = 0;  ///< Messages of this call, at least 1.
  PourPosition last{};           ///< Valid during the call.

  /// @brief What the next pour takes to go on behind this message. Keep it where it survives a crash.
  /// Form: `castorepour1;checksum;milliseconds since 1970;version;length of store id;store id;aggregate id`.
  std::string resume_token() const;
};

/// @brief Which events to pour, by their own timestamps; aggregate ids, by those of their initial events.
struct PourFilters {
  std::optional<Timestamp> from{};  ///< Inclusive.
  std::optional<Timestamp> to{};    ///< Inclusive.
};

/// @brief Options of pouring.
struct PourOptions {
  PourFilters filters{};               ///< All events unless given.
  std::optional<double> rate_limit{};  ///< Messages per second at most, above 0.
  /// @brief Called on the pouring thread; what it throws ends the pour.
  std::function<void(const PourProgress&)> on_progress{};
  /// @brief Go on behind this place: a token of a pour of the same stores with the same filters.
  std::optional<std::string> resume_token{};
  std::stop_token stop_token{};              ///< Stops between two messages.
  std::size_t page_size = 100;               ///< Events or ids to fetch at once, from 1.
  std::size_t max_buffered_events = 10'000;  ///< About so many at once, and one of each aggregate that has begun.
};

/// @brief Which versions of one aggregate to pour, both inclusive.
struct PourVersions {
  std::optional<Version> min_version{};  ///< From the first unless given.
  std::optional<Version> max_version{};  ///< To the last unless given.
};

/// @brief What a pour did.
struct PourResult {
  std::size_t poured_count = 0;  ///< How many messages this call has published.
  bool is_complete = true;       ///< False when it was stopped.
  /// @brief To go on behind the last message, also of an earlier pour; nothing when there was none.
  std::optional<std::string> resume_token{};
};

/// @brief A pour ended early, as the storage, the channel or `on_progress` failed. What failed is nested.
/// **Handling:** put it right, then pour again with `resume_token()`. Of the message at hand it may be unknown whether
/// it was published; it is published again then.
class CASTORE_DETAIL_THROWN PourInterruptedError : public Error {
 public:
  /// @brief What a pour throws; what failed is nested in it.
  PourInterruptedError(std::size_t poured_count, std::optional<std::string> resume_token)
      : Error{"castore: a pour was interrupted after " + std::to_string(poured_count) +
              " message(s); pour again with the error's resume_token()"},
        poured_count_{poured_count},
        resume_token_{std::move(resume_token)} {}

  /// @brief How many messages of this call were published.
  std::size_t poured_count() const noexcept { return poured_count_; }
  /// @brief Where to go on; nothing means from the start.
  const std::optional<std::string>& resume_token() const noexcept { return resume_token_; }

 private:
  std::size_t poured_count_;
  std::optional<std::string> resume_token_;
};

/// @brief A resume token was not made by this library, or was cut or changed on its way.
/// **Handling:** fix or report: pour from the start, or from a time that is known; copy from the start.
class CASTORE_DETAIL_THROWN InvalidResumeTokenError : public Error {
 public:
  /// @brief What a pour throws before it does anything.
  explicit InvalidResumeTokenError(std::string_view resume_token)
      : Error{"castore: " + detail::in_quotes(resume_token) + " is not a resume token of a pour; pass it unchanged"},
        resume_token_{resume_token} {}
  /// @brief What a copy throws. @param of What it is not a token of.
  InvalidResumeTokenError(std::string_view resume_token, const std::string& of)
      : Error{"castore: " + detail::in_quotes(resume_token) + " is not a resume token of " + of +
              "; pass it unchanged, or copy from the start"},
        resume_token_{resume_token} {}

  /// @brief The token as it was received.
  const std::string& resume_token() const noexcept { return resume_token_; }

 private:
  std::string resume_token_;
};

namespace detail {

inline constexpr std::string_view resume_token_prefix = "castorepour1;";

inline std::string make_resume_token(const PourPosition& position) {
  std::string body = std::to_string(position.time.time_since_epoch().count()) + ';' + std::to_string(position.version) +
                     ';' + std::to_string(position.event_store_id.size()) + ';';
  body.append(position.event_store_id).append(";").append(position.aggregate_id);
  return make_token(resume_token_prefix, body);
}

/// The position points into the token. @throws InvalidResumeTokenError
inline PourPosition parse_resume_token(std::string_view token) {
  TokenReader<InvalidResumeTokenError> reader{token, resume_token_prefix};
  PourPosition position;
  position.time = Timestamp{Timestamp::duration{reader.number<std::int64_t>(reader.field())}};
  position.version = reader.number<Version>(reader.field());
  const auto length = reader.number<std::size_t>(reader.field());
  const std::string_view ids = reader.rest();
  reader.demand(length < ids.size() && ids[length] == ';');
  position.event_store_id = ids.substr(0, length);
  position.aggregate_id = ids.substr(length + 1);
  return position;
}

}  // namespace detail

inline std::string PourProgress::resume_token() const { return detail::make_resume_token(last); }

}  // namespace castore

#endif
