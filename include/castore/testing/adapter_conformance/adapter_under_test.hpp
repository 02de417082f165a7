// SPDX-License-Identifier: MIT
#ifndef CASTORE_TESTING_ADAPTER_CONFORMANCE_ADAPTER_UNDER_TEST_HPP
#define CASTORE_TESTING_ADAPTER_CONFORMANCE_ADAPTER_UNDER_TEST_HPP

#include <castore/core/any_event_storage_adapter.hpp>
#include <castore/core/errors.hpp>
#include <castore/core/event_group.hpp>
#include <castore/core/event_storage_adapter.hpp>
#include <castore/fwd.hpp>
#include <castore/testing/adapter_conformance/expect.hpp>
#include <castore/testing/adapter_conformance/law.hpp>
#include <castore/testing/adapter_conformance/law_events.hpp>
#include <castore/testing/child_process.hpp>

#include <nlohmann/json.hpp>

#include <algorithm>
#include <cstddef>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace castore::testing {

namespace detail {

/// What a fixture can do, its type forgotten; the functions own it together. Those that it lacks are empty.
struct FixtureFunctions {
  std::function<AnyEventStorageAdapter()> adapter{};
  std::function<AnyEventStorageAdapter()> reopen{};
  std::function<void()> close_and_reopen{};
#if __has_include(<sys/wait.h>)
  std::function<ChildProcess(const ChildWork&)> spawn{};
#endif
};

}  // namespace detail

/// @brief What a law gets to see: an adapter, what it says of itself, and the way to go. The laws need no other types,
/// so they are compiled once for all adapters.
class AdapterUnderTest {
 public:
  using LawEvent = detail::LawEvent;          ///< An event, and its store.
  using LawEventList = detail::LawEventList;  ///< Several of them.

  /// @brief The suite makes one for each law and way.
  AdapterUnderTest(std::shared_ptr<const detail::FixtureFunctions> fixture, const FixtureProperties& properties,
                   Way way)
      : fixture_{std::move(fixture)}, properties_{properties}, way_{way}, adapter_{fixture_->adapter()} {}

  /// @brief The adapter itself.
  const AnyEventStorageAdapter& adapter() const noexcept { return adapter_; }
  /// @brief What the adapter says of itself.
  const AdapterProperties& properties() const noexcept { return properties_.adapter; }
  /// @brief How long the laws take.
  const LawEffort& effort() const noexcept { return properties_.effort; }
  /// @brief The way that `push` and `read` go.
  Way way() const noexcept { return way_; }

  /// @brief The same adapter, the other way.
  AdapterUnderTest by(Way way) const {
    AdapterUnderTest other = *this;
    other.way_ = way;
    return other;
  }
  /// @brief Another adapter object on the same storage. @pre The fixture reopens.
  AdapterUnderTest reopened() const {
    AdapterUnderTest other = *this;
    other.adapter_ = fixture_->reopen();
    return other;
  }
  /// @brief The only adapter object, after this one was closed, which is not to be used any more. @pre The fixture
  /// closes.
  AdapterUnderTest closed_and_reopened() const {
    fixture_->close_and_reopen();
    return {fixture_, properties_, way_};
  }
#if __has_include(<sys/wait.h>)
  /// @brief Does something in another process, with an adapter object of its own on the same storage. The one here may
  /// be closed by it. @pre The fixture spawns.
  ChildProcess spawn(const ChildWork& work) const { return fixture_->spawn(work); }
  /// @brief The adapter object that the fixture has now.
  AdapterUnderTest after_spawn() const { return {fixture_, properties_, way_}; }
#endif

  /// @brief An event store of the laws' events on the adapter.
  detail::LawEventStore store(const std::string& event_store_id) const {
    return detail::LawEventStore{event_store_id, adapter_};
  }

  /// @brief Pushes one event. What an `EventStore` throws comes back as the outcome it stands for.
  PushOutcome push(const LawEvent& event, bool force = false) const {
    if (way_ == Way::records) return push_records({&event, 1}, force);
    return outcome_of({&event, 1}, [&] {
      store(event.event_store_id)
          .push_event(event.aggregate_id, event.version, detail::Noted{event.text},
                      {.timestamp = event.timestamp, .force = force});
    });
  }

  /// @brief Pushes a group; all its events have one timestamp.
  PushOutcome push_group(std::span<const LawEvent> events, bool force = false) const {
    if (way_ == Way::records) return push_records(events, force);
    std::map<std::string, detail::LawEventStore> stores;
    std::vector<GroupedEvent> grouped;
    for (const LawEvent& event : events) {
      auto& in = stores.try_emplace(event.event_store_id, event.event_store_id, adapter_).first->second;
      grouped.push_back(
          in.group_event(event.aggregate_id, event.version, detail::Noted{event.text}, {.timestamp = event.timestamp}));
    }
    return outcome_of(events, [&] { push_event_group(grouped, {.force = force}); });
  }

  /// @brief The same where the law at hand wants nothing else than that they are written.
  void must_push(const LawEvent& event, bool force = false) const {
    const PushOutcome outcome = push(event, force);
    if (outcome != PushOutcome{}) throw_not_pushed(outcome, describe(event));
  }
  /// @brief Pushes a group that must be written. @throws detail::Deviation
  void must_push_group(const LawEventList& events, bool force = false) const {
    const PushOutcome outcome = push_group(events, force);
    if (outcome != PushOutcome{}) throw_not_pushed(outcome, detail::describe(events));
  }
  /// @brief Pushes events one by one that must be written. @throws detail::Deviation
  void must_push_all(const LawEventList& events) const {
    for (const LawEvent& event : events) must_push(event);
  }
  /// @brief Pushes many events of one timestamp for a law that groups are not about: in groups, as that is quick, and
  /// one by one where the adapter does not take them.
  void must_push_many(const LawEventList& events) const {
    const std::size_t size = (std::min<std::size_t>)(100, properties().max_events_per_push.value_or(100));
    for (std::size_t first = 0; first < events.size(); first += size) {
      const std::span group{events.data() + first, (std::min)(size, events.size() - first)};
      if (!takes_group(group)) must_push_all({group.begin(), group.end()});
    }
  }
  /// @brief Pushes with force for a law that force is not about. @return False where the adapter cannot; law 2 is about
  /// that.
  [[nodiscard]] bool push_forced(const LawEventList& events) const {
    return std::ranges::all_of(events, [this](const LawEvent& event) { return push(event, true) == PushOutcome{}; });
  }

  /// @brief The selected events, read this way.
  LawEventList read(const std::string& event_store_id, std::string_view aggregate_id,
                    const GetEventsOptions& options = {}) const {
    return way_ == Way::records ? read_records(event_store_id, aggregate_id, options)
                                : read_events(event_store_id, aggregate_id, options);
  }

  /// @brief The selected events, read both ways, which must tell the same. Not while others push.
  LawEventList get(const std::string& event_store_id, std::string_view aggregate_id,
                   const GetEventsOptions& options = {}) const {
    LawEventList records = read_records(event_store_id, aggregate_id, options);
    const LawEventList events = read_events(event_store_id, aggregate_id, options);
    if (records != events) {
      throw detail::Deviation{
          "the same events as records and through EventStore",
          "records " + detail::describe(records) + ", through EventStore " + detail::describe(events)};
    }
    return records;
  }

  /// @brief Expects these events, all there are of their aggregate.
  void expect_events(const LawEventList& expected, std::string_view what) const {
    detail::expect_equal(get(expected.front().event_store_id, expected.front().aggregate_id), expected, what);
  }
  /// @brief Expects an aggregate without events. @throws detail::Deviation
  void expect_no_events(const std::string& event_store_id, std::string_view aggregate_id, std::string_view what) const {
    detail::expect_equal(get(event_store_id, aggregate_id), {}, what);
  }

  /// @brief One page of the adapter's list.
  AggregateIdsPage list(std::string_view event_store_id, const ListAggregateIdsOptions& options = {}) const {
    return adapter_.list_aggregate_ids(event_store_id, options);
  }

  /// @brief The pages from the one with these options on; those after it are asked for by token alone.
  std::vector<std::vector<AggregateIdEntry>> list_pages(std::string_view event_store_id,
                                                        const ListAggregateIdsOptions& options = {}) const {
    constexpr std::size_t too_many = 1000;  // more pages than any law needs: the walk does not end
    std::vector<std::vector<AggregateIdEntry>> pages;
    AggregateIdsPage page = list(event_store_id, options);
    pages.push_back(std::move(page.aggregate_ids));
    while (page.next_page_token) {
      detail::expect(pages.size() < too_many, "a last page", std::to_string(too_many) + " pages and no end");
      page = list(event_store_id, {.page_token = page.next_page_token});
      pages.push_back(std::move(page.aggregate_ids));
    }
    return pages;
  }

  /// @brief What all pages hold together.
  std::vector<AggregateIdEntry> list_all(std::string_view event_store_id,
                                         const ListAggregateIdsOptions& options = {}) const {
    std::vector<AggregateIdEntry> entries;
    for (auto& page : list_pages(event_store_id, options)) entries.insert(entries.end(), page.begin(), page.end());
    return entries;
  }

  /// @brief The record that an `EventStore` would make of the event.
  static EventRecord to_record(const LawEvent& event) {
    return {.aggregate_id = event.aggregate_id,
            .version = event.version,
            .type = std::string{detail::Noted::type},
            .timestamp = event.timestamp,
            .payload = detail::noted_payload(event.text),
            .metadata = {}};
  }
  /// @brief Pushes events as records, whatever the way.
  PushOutcome push_records(std::span<const LawEvent> events, bool force = false) const {
    std::vector<PushRecord> records;
    for (const LawEvent& event : events) records.push_back({event.event_store_id, to_record(event)});
    return adapter_.push_events(records, {.force = force});
  }

 private:
  bool takes_group(std::span<const LawEvent> events) const {
    try {
      return push_group(events) == PushOutcome{};
    } catch (const std::exception&) {
      return false;
    }
  }

  [[noreturn]] static void throw_not_pushed(const PushOutcome& outcome, const std::string& what) {
    throw detail::Deviation{"pushed: " + what, detail::describe(outcome)};
  }

  template <class Function>
  static PushOutcome outcome_of(std::span<const LawEvent> events, Function push) {
    const auto outcome = [events](PushStatus status, const auto& error) -> PushOutcome {
      for (std::size_t index = 0; index < events.size(); ++index) {
        const LawEvent& event = events[index];
        if (event.event_store_id == error.event_store_id() && event.aggregate_id == error.aggregate_id() &&
            event.version == error.version()) {
          return {status, index};
        }
      }
      throw detail::Deviation{"an error that names an event of the push", error.what()};
    };
    try {
      push();
    } catch (const EventAlreadyExistsError& error) {
      return outcome(PushOutcome::already_exists, error);
    } catch (const VersionGapError& error) {
      return outcome(PushOutcome::version_gap, error);
    }
    return {};
  }

  LawEventList read_records(const std::string& event_store_id, std::string_view aggregate_id,
                            const GetEventsOptions& options) const {
    LawEventList events;
    adapter_.get_events(event_store_id, aggregate_id, options, [&](const EventRecordView& record) {
      events.push_back({event_store_id, std::string{record.aggregate_id}, record.version,
                        detail::noted_text(record.payload), record.timestamp});
    });
    return events;
  }

  LawEventList read_events(const std::string& event_store_id, std::string_view aggregate_id,
                           const GetEventsOptions& options) const {
    LawEventList events;
    for (const auto& event : store(event_store_id).get_events(aggregate_id, options)) {
      const auto* noted = event.get_if<detail::Noted>();
      detail::expect(noted != nullptr, "an event of type LAW_NOTED", "type " + detail::describe(event.type()));
      events.push_back({event_store_id, event.aggregate_id(), event.version(), noted->payload.text, event.timestamp()});
    }
    return events;
  }

  std::shared_ptr<const detail::FixtureFunctions> fixture_;
  FixtureProperties properties_;
  Way way_;
  AnyEventStorageAdapter adapter_;
};

}  // namespace castore::testing

#endif
