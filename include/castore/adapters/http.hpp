// SPDX-License-Identifier: MIT
#ifndef CASTORE_ADAPTERS_HTTP_HPP
#define CASTORE_ADAPTERS_HTTP_HPP

/// @file
/// A storage behind a server of `castore/http.hpp`, such as `castore serve`. It needs libcurl.

#include <castore/adapters/http/answers.hpp>
#include <castore/adapters/http/client.hpp>
#include <castore/core/errors.hpp>
#include <castore/core/event_checks.hpp>
#include <castore/core/event_log.hpp>
#include <castore/core/event_storage_adapter.hpp>
#include <castore/core/storage_operations.hpp>
#include <castore/core/timestamp.hpp>
#include <castore/detail/stopping.hpp>
#include <castore/fwd.hpp>
#include <castore/json/flat_event.hpp>

#include <nlohmann/json.hpp>

#include <algorithm>
#include <chrono>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <limits>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace castore {

/// @brief Keeps events in the storage of an `HttpApi`, wherever that runs.
///
/// Reach for it where a program must not, or cannot, reach the database itself. A load is one request for each 1000
/// events, a push one request.
///
/// **Guarantees:** those of the storage behind the server; its limits are that storage's, too. A push whose answer was
/// lost is sent again, and the server compares it with what is stored, so that it is not taken for a conflict with
/// itself. Any number of threads may use one adapter at the same time.
/// **Errors:** those of the storage; `StorageError` where there is no answer, with `AwsConnectionError` nested, or
/// where the server refuses, with `HttpAnswerError` nested. Ids whose escaped forms have together more than about 8000
/// bytes are refused.
///
/// @code
/// castore::HttpEventStorageAdapter storage{"http://localhost:8080", {.token = token}};
/// castore::EventStore<PokemonEvents, Pokemon, PokemonReducer> pokemons{"POKEMONS", storage};
/// @endcode
class HttpEventStorageAdapter {
 public:
  /// @brief A server's address, such as `https://events.example.com/castore`. Nothing is asked yet.
  explicit HttpEventStorageAdapter(std::string url, HttpEventStorageAdapterOptions options = {})
      : client_{std::move(url), std::move(options)} {}

  /// @brief See `PushesEvents`. @throws InvalidEventError, StorageError
  PushOutcome push_events(std::span<const PushRecord> records, const PushOptions& options) {
    if (records.empty()) return {};
    check_records(records);
    for (const PushRecord& push : records) check_size(push);
    std::string body{"["};
    for (const PushRecord& push : records) {
      body.append(body.size() > 1 ? "," : "")
          .append(detail::to_flat_event_json(push.event_store_id, EventRecordView{push.record}));
    }
    body += ']';
    detail::HttpQuery query{"/v1/events"};
    if (options.force) query.add("force", "true");
    detail::HttpQuery repeated{query};
    repeated.add("repeated", "true");
    const detail::HttpAnswer answer = client_.post(query, repeated, body);
    return answer.is_good() ? pushed(answer, records.size(), options) : refused(answer);
  }

  /// @brief See `GetsEvents`. @throws StorageError
  void get_events(std::string_view event_store_id, std::string_view aggregate_id, const GetEventsOptions& options,
                  RecordSink sink) {
    std::optional<Version> first = options.min_version;
    std::optional<Version> last = options.max_version;
    std::size_t left = options.limit.value_or((std::numeric_limits<std::size_t>::max)());
    if (last && *last < 1) return;
    while (left > 0) {
      detail::HttpQuery query = get("/v1/events", event_store_id);
      query.add("id", aggregate_id);
      if (first && *first > 0) query.add("minVersion", *first);
      if (last) query.add("maxVersion", *last);
      if (options.reverse) query.add("reverse", "true");
      query.add("limit", static_cast<std::int64_t>((std::min)(left, page_size)));
      const std::string text = client_.get(query);
      const detail::HttpAnswerReader answer{client_.peer(), text};
      for (const detail::FlatEvent& each : answer.events()) {
        if (left-- == 0) return;
        sink(EventRecordView{each.event});
      }
      const auto next = answer.integer<Version>("nextVersion");
      if (!next) return;
      (options.reverse ? last : first) = *next;
    }
  }

  /// @brief See `ListsAggregateIds`. A page has at most 1000. @throws InvalidPageTokenError, StorageError
  AggregateIdsPage list_aggregate_ids(std::string_view event_store_id, const ListAggregateIdsOptions& options) {
    if (!options.page_token && (options.limit == 0U || lies_outside(options))) return {};
    if (options.limit || options.page_token) return list_page(event_store_id, options);
    AggregateIdsPage all;
    ListAggregateIdsOptions next = options;
    next.limit = page_size;
    do {
      AggregateIdsPage page = list_page(event_store_id, next);
      all.aggregate_ids.insert(all.aggregate_ids.end(), page.aggregate_ids.begin(), page.aggregate_ids.end());
      next.page_token = std::move(page.next_page_token);
    } while (next.page_token);
    return all;
  }

  /// @brief See `ListsEventStores`. @throws UnsupportedOperationError, StorageError
  std::vector<std::string> list_event_stores() {
    return client_.get(detail::HttpQuery{"/v1/stores"}, [](const nlohmann::json& json) {
      std::vector<std::string> stores;
      for (const nlohmann::json& each : json.at("stores")) stores.push_back(each.at("store").get<std::string>());
      return stores;
    });
  }

  /// @brief See `ReadsAllEvents`; at most 1000 are handed out. @throws UnsupportedOperationError, StorageError
  ReadAllEventsResult read_all_events(Position after, const ReadAllEventsOptions& options, SequencedEventSink sink) {
    detail::HttpQuery query{"/v1/all"};
    query.add("after", (std::max)(after, Position{0}));
    query.add("limit", static_cast<std::int64_t>((std::min)(options.limit, page_size)));
    for (const std::string_view store : options.event_store_ids) query.add("store", store);
    for (const std::string_view type : options.types) query.add("type", type);
    const std::string text = client_.get(query);
    const detail::HttpAnswerReader answer{client_.peer(), text};
    for (const detail::FlatEvent& each : answer.events()) {
      sink({each.position, each.event_store_id, EventRecordView{each.event}});
    }
    return {.next = answer.integer<Position>("position").value_or(after),
            .head = answer.integer<Position>("head").value_or(0),
            .is_caught_up = answer.text_of("isCaughtUp") == "true"};
  }

  /// @brief See `WaitsForEvents`; it may go on for a second after it was asked to stop. @throws
  /// UnsupportedOperationError, StorageError
  bool wait_for_events(Position after, std::chrono::milliseconds at_most, const detail::StopToken& stop_token) {
    const detail::Deadline deadline = detail::deadline_after(at_most);
    while (true) {
      constexpr std::chrono::milliseconds longest = std::chrono::seconds{1};
      const auto wait = std::clamp(detail::time_until(deadline), std::chrono::milliseconds{0}, longest);
      detail::HttpQuery query{"/v1/all"};
      query.add("after", (std::max)(after, Position{0})).add("limit", 0).add("wait", wait.count());
      const std::string text = client_.get(query);
      if (detail::HttpAnswerReader{client_.peer(), text}.integer<Position>("head").value_or(0) > after) return true;
      if (stop_token.stop_requested() || detail::time_until(deadline).count() <= 0) return false;
    }
  }

  /// @brief Whether the storage behind the server has an operation, which is asked once. @throws StorageError
  template <class Operation>
  bool supports() const {
    if constexpr (std::same_as<Operation, operations::ListEventStores>) return info().has_stores;
    if constexpr (std::same_as<Operation, operations::ReadAllEvents> ||
                  std::same_as<Operation, operations::WaitForEvents>) {
      return info().is_ordered;
    }
    return Operation::template is_had_by<HttpEventStorageAdapter>;
  }

 private:
  static constexpr std::size_t page_size = 1000;

  struct Info {
    bool is_ordered = false;
    bool has_stores = false;
  };

  static detail::HttpQuery get(const char* path, std::string_view event_store_id) {
    detail::HttpQuery query{path};
    query.add("store", event_store_id);
    return query;
  }

  /// What is stored must be read again, for which its ids stand in a URL.
  static void check_size(const PushRecord& push) {
    constexpr std::size_t room_for_options = 500;
    detail::HttpQuery query = get("/v1/events", push.event_store_id);
    query.add("id", push.record.aggregate_id);
    if (query.text().size() + room_for_options <= detail::max_http_target_size) return;
    const bool is_store = push.event_store_id.size() > push.record.aggregate_id.size();
    throw InvalidEventError{is_store ? "event_store_id" : "aggregate_id",
                            "the ids of event store and aggregate are together too long for a URL"};
  }

  /// @throws StorageError when it is no such answer, as that of a page to log in: then nothing may be stored
  PushOutcome pushed(const detail::HttpAnswer& answer, std::size_t count, const PushOptions& options) const {
    const nlohmann::json json = nlohmann::json::parse(answer.body, nullptr, false);
    const auto events = json.is_object() ? json.find("events") : json.end();
    if (events == json.end() || !events->is_array() || events->size() != count) {
      throw StorageError{detail::without_prefix(detail::damaged_http_answer(client_.peer()).what()), false,
                         StorageError::Outcome::unknown};
    }
    PushOutcome outcome;
    const auto position_at = [&events](std::size_t index) {
      const nlohmann::json& event = events->at(index);
      const bool is_known = event.is_object() && event.contains("position") && event.at("position").is_number_integer();
      return is_known ? event.at("position").get<Position>() : Position{0};
    };
    if (count > 0) outcome.position = position_at(0);
    for (std::size_t index = 0; index < options.positions.size() && index < count; ++index) {
      options.positions[index] = position_at(index);
    }
    return outcome;
  }

  PushOutcome refused(const detail::HttpAnswer& answer) const {
    const nlohmann::json problem = detail::HttpStorageClient::problem_of(answer);
    const std::string code = detail::HttpStorageClient::text_in(problem, "code");
    const auto index = problem.find("index");
    const bool is_conflict = answer.status == 409 && index != problem.end() && index->is_number_unsigned();
    if (is_conflict && code == "event_already_exists") {
      return {.status = PushStatus::already_exists, .index = index->get<std::size_t>()};
    }
    if (is_conflict && code == "version_gap") {
      return {.status = PushStatus::version_gap, .index = index->get<std::size_t>()};
    }
    if (answer.status == 413) throw InvalidEventError{"events", "they are too large for one push over HTTP"};
    client_.throw_problem(answer);
  }

  static bool lies_outside(const ListAggregateIdsOptions& options) {
    return (options.initial_event_after && *options.initial_event_after > latest_timestamp) ||
           (options.initial_event_before && *options.initial_event_before < earliest_timestamp);
  }

  AggregateIdsPage list_page(std::string_view event_store_id, const ListAggregateIdsOptions& options) {
    detail::HttpQuery query = get("/v1/aggregates", event_store_id);
    if (options.limit) query.add("limit", static_cast<std::int64_t>((std::min)(*options.limit, page_size)));
    if (options.page_token) query.add("page", *options.page_token);
    if (options.reverse) query.add("reverse", *options.reverse ? "true" : "false");
    const auto add_time = [&query](std::string_view name, std::optional<Timestamp> time) {
      if (time) query.add(name, format_timestamp(std::clamp(*time, earliest_timestamp, latest_timestamp)));
    };
    add_time("after", options.initial_event_after);
    add_time("before", options.initial_event_before);
    try {
      return client_.get(query, page_of);
    } catch (const StorageError& error) {
      if (options.page_token && is_about_page_token(error)) throw InvalidPageTokenError{*options.page_token};
      throw;
    }
  }
  static AggregateIdsPage page_of(const nlohmann::json& json) {
    AggregateIdsPage page;
    for (const nlohmann::json& each : json.at("aggregates")) {
      page.aggregate_ids.push_back({each.at("aggregateId").get<std::string>(),
                                    parse_timestamp(each.at("initialTimestamp").get<std::string>()).value()});
    }
    if (json.contains("nextPage")) page.next_page_token = json.at("nextPage").get<std::string>();
    return page;
  }
  /// A token that is not even text cannot stand in a URL.
  static bool is_about_page_token(const StorageError& error) {
    try {
      std::rethrow_if_nested(error);
    } catch (const HttpAnswerError& answer) {
      return answer.code() == "invalid_page_token" || answer.code() == "invalid_url";
    } catch (...) {
      return false;
    }
    return false;
  }

  Info info() const {
    const std::lock_guard lock{mutex_};
    if (!info_) {
      info_ = client_.get(detail::HttpQuery{"/v1/info"}, [](const nlohmann::json& json) {
        return Info{json.at("ordered").get<bool>(), json.at("stores").get<bool>()};
      });
    }
    return *info_;
  }

  mutable detail::HttpStorageClient client_;
  mutable std::mutex mutex_;
  mutable std::optional<Info> info_;
};

static_assert(EventStorageAdapter<HttpEventStorageAdapter>);
static_assert(ReadsAllEvents<HttpEventStorageAdapter> && WaitsForEvents<HttpEventStorageAdapter>);

}  // namespace castore

#endif
