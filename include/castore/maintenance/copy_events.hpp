// SPDX-License-Identifier: MIT
#ifndef CASTORE_MAINTENANCE_COPY_EVENTS_HPP
#define CASTORE_MAINTENANCE_COPY_EVENTS_HPP

/// @file
/// Copying events: from one storage to another as they are, or from one event store to another through a function that
/// changes them, for what cannot be done while they are read, e.g. to split or to delete what was stored.
///
/// @code
/// const castore::CopyResult result = castore::copy_events(sqlite, postgres);
/// castore::copy_events(trainers, trainers_without_emails, [](std::span<const TrainerStore::Event> events) { ... });
/// @endcode
///
/// **Guarantees** of both functions: an event that the target has already and equal is left alone, so a copy may be run
/// again: after an interruption of any kind, and for what has come since. Nothing is ever overwritten. Payloads and
/// metadata are equal when their JSON means the same. Events that stand together with one timestamp, as those of a
/// group do, are pushed together, as far as `page_size` and the target allow. What is copied did not happen again: no
/// hook is called, no message published and no read model written; `pour` and rebuild them. Programs may push to the
/// source meanwhile; to the target only what is copied. A copy with a token does not look at what was copied before: one
/// from the start finds what forced pushes have changed of it, as a conflict. In memory are up to `page_size` events,
/// fewer where they are large, and of a changed store the events of one aggregate.
///
/// **Errors:** `CopyConflictError` (report); `CopyInterruptedError` (copy again with its token) nests what a storage,
/// `change`, `check` or `on_progress` threw; `InvalidResumeTokenError` (fix or report); `std::invalid_argument` for
/// options that mean nothing (fix).

#include <castore/core/any_event_storage_adapter.hpp>
#include <castore/core/event_checks.hpp>
#include <castore/core/event_codec.hpp>
#include <castore/core/event_storage_adapter.hpp>
#include <castore/core/event_store_concepts.hpp>
#include <castore/core/event_store_options.hpp>
#include <castore/fwd.hpp>
#include <castore/json.hpp>
#include <castore/maintenance/copy_events_options.hpp>
#include <castore/maintenance/copy_events_records.hpp>
#include <castore/maintenance/copy_events_run.hpp>
#include <castore/maintenance/pour_options.hpp>

#include <concepts>
#include <optional>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

namespace castore {

namespace detail {

/// One compile error where something is not an adapter; a handle may be const.
template <class Adapter>
consteval bool explain_copied() {
  if constexpr (std::same_as<std::remove_cvref_t<Adapter>, AnyEventStorageAdapter>) {
    return true;
  } else {
    return explain_event_storage_adapter<std::remove_reference_t<Adapter>>();
  }
}

template <class From, class To, class Change>
constexpr bool check_change() {
  constexpr bool is_valid = requires(Change& change, std::span<const typename From::Event> events) {
    { change(events) } -> std::convertible_to<std::vector<typename To::Event>>;
  };
  static_assert(
      is_valid,
      "castore: `change` of copy_events takes all events of an aggregate and returns those that the target is to "
      "have; write `[](std::span<const From::Event> events) -> std::vector<To::Event> { ... }` with the types "
      "of the two stores");
  return is_valid;
}

/// Numbers the events that `change` made from 1, and checks what a storage could not say of them. @throws
/// InvalidEventError
template <class Event>
void number_changed_events(std::vector<Event>& events, std::string_view aggregate_id) {
  Version version = 0;
  for (Event& event : events) {
    if (event.aggregate_id() != aggregate_id) {
      throw InvalidEventError{"aggregate_id", "`change` was given the events of aggregate " + in_quotes(aggregate_id) +
                                                  " and returned one of " + in_quotes(event.aggregate_id())};
    }
    check_timestamp(event.timestamp());
    ++version;
    event.visit(
        [&]<class Payload>(const EventDetail<Payload>&) { event.template release<Payload>().version = version; });
  }
}

/// Copies one aggregate of a store. @return False when the copy is to stop.
template <class From, class To, class Change, class Agrees>
bool copy_changed_aggregate(CopyRun& run, const From& from, const To& to, Change& change, const Agrees& agrees,
                            const std::string& aggregate_id) {
  run.go_to(from.event_store_id(), aggregate_id);
  const typename From::History history = from.get_history(aggregate_id, {.unknown_events = UnknownEvents::fail});
  const std::vector<typename From::Event>& events = history.events;
  if (events.empty()) return true;  // it was deleted after it was listed
  std::vector<typename To::Event> changed = change(std::span<const typename From::Event>{events});
  number_changed_events(changed, aggregate_id);
  if (agrees && !changed.empty() && !agrees(*history.aggregate, *to.build_aggregate(changed))) {
    throw CopyCheckError{from.event_store_id(), aggregate_id};
  }
  run.demand_no_event_after(static_cast<Version>(changed.size()), to.event_store_id(), aggregate_id);
  for (const typename To::Event& event : changed) {
    EventRecord record = event.visit([&](const auto& detail) {
      return encode_event(to.event_store_id(), detail.aggregate_id, detail.version, detail.timestamp, detail.payload,
                          detail.metadata, detail.context);
    });
    if (!run.add({to.event_store_id(), std::move(record)})) return false;
  }
  run.count_read(events.size(), 1, changed.empty() ? 1 : 0);
  return true;
}

}  // namespace detail

/// @brief Copies events from one storage to another as they are stored: type, timestamp, payload, metadata and version.
/// The adapters are of any types; types of events need not be known.
///
/// **Guarantees:** where the source has an order of all events (`ReadsAllEvents`), the copy follows it, so that the
/// target has them in that order, too, and copies what was there when it began; its token is good for another copy of
/// what has come since. Else it goes aggregate by aggregate as `list_aggregate_ids` does, which knows those that have
/// an event of version 1. Gaps in the source, as forced pushes leave them, are gaps in the target.
/// @throws CopyConflictError, CopyInterruptedError, InvalidResumeTokenError, std::invalid_argument
template <class Source, class Target>
  requires(!ReadsAggregates<std::remove_cvref_t<Source>>)
[[nodiscard("castore: is_complete is false where an open transaction of the source holds events back")]] CopyResult
copy_events(Source&& source, Target&& target, const CopyOptions& options = {}) {
  if constexpr (detail::explain_copied<Source>() && detail::explain_copied<Target>()) {
    return detail::RecordCopy{detail::any_adapter(source), detail::any_adapter(target), options}.run();
  } else {
    return {};  // not reached: the check before does not compile
  }
}

/// @brief Copies the aggregates of an event store into another one, which may be in another storage and of another
/// type. `change` gets all events of an aggregate and returns those that the target is to have: changed, split, joined
/// or fewer; without any the aggregate is left out. Versions are numbered from 1 in the order in which they are
/// returned; their timestamps stay, and so does the aggregate's id.
///
/// **Guarantees:** aggregates are copied one by one as `list_aggregate_ids` does; nothing of one is written before it
/// was checked. To run the copy again is to call `change` again, which must return what it has returned for the same
/// events. An event in the target that the copy does not have is a conflict here. An event whose type the source does
/// not know ends the copy, as does a missing version, unless the source's `missing_versions` accepts it. Aggregates
/// without an event of version 1 are not listed, so they are left out.
/// @throws CopyConflictError, CopyCheckError, CopyInterruptedError, InvalidResumeTokenError, std::invalid_argument
template <ReadsAggregates From, class To, class Change>
CopyResult copy_events(const From& from, To& to, Change&& change,
                       CopyStoreOptions<typename From::Aggregate, typename To::Aggregate> options = {}) {
  if constexpr (detail::check_change<From, To, std::remove_reference_t<Change>>()) {
    const CopyOptions common{.page_size = options.page_size,
                             .dry_run = options.dry_run,
                             .resume_token = std::move(options.resume_token),
                             .stop_token = options.stop_token,
                             .on_progress = std::move(options.on_progress)};
    AnyEventStorageAdapter target = detail::any_adapter(to.event_storage_adapter());
    const bool is_itself = from.event_store_id() == to.event_store_id() &&
                           detail::any_adapter(from.event_storage_adapter()).address() == target.address();
    if (is_itself) {
      throw std::invalid_argument{
          "castore: copy_events would change the event store that it reads; give the target another event_store_id or "
          "another storage"};
    }
    detail::CopyRun run{{}, std::move(target), common};
    detail::CopyPlace start;
    if (common.resume_token) start = detail::parse_copy_token(*common.resume_token, false);
    if (common.resume_token && start.event_store_id != from.event_store_id()) {
      throw InvalidResumeTokenError{*common.resume_token, "a copy of this event store"};
    }
    return run.run([&] {
      std::optional<std::string> page_token = start.page_token;
      do {
        run.resume_at(detail::make_copy_token(from.event_store_id(), page_token));
        const AggregateIdsPage page = from.list_aggregate_ids({.limit = common.page_size, .page_token = page_token});
        for (const AggregateIdEntry& entry : page.aggregate_ids) {
          const std::string& id = entry.aggregate_id;
          if (!detail::copy_changed_aggregate(run, from, to, change, options.check, id)) return false;
        }
        if (!run.flush()) return false;
        page_token = page.next_page_token;
      } while (page_token);
      run.resume_at(std::nullopt);
      return true;
    });
  } else {
    return {};  // not reached: the check before does not compile
  }
}

}  // namespace castore

#endif
