// SPDX-License-Identifier: MIT
#ifndef CASTORE_MAINTENANCE_EACH_EVENT_HPP
#define CASTORE_MAINTENANCE_EACH_EVENT_HPP

#include <castore/config.hpp>
#include <castore/core/any_event_storage_adapter.hpp>
#include <castore/core/event_log.hpp>
#include <castore/core/event_storage_adapter.hpp>
#include <castore/core/storage_operations.hpp>
#include <castore/detail/page_size.hpp>
#include <castore/fwd.hpp>

#include <cstddef>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace castore {

/// @brief Which events `for_each_event` hands out.
struct EachEventOptions {
  std::vector<std::string> event_store_ids{};  ///< Those of these event stores; of all when there are none.
  Position after = 0;           ///< Those after this position; means nothing where the storage has no order.
  std::size_t page_size = 500;  ///< Events or ids to fetch at once at most, fewer where they are large; from 1.
};

namespace detail {

/// @return How far it came.
template <class Function>
Position for_each_event_in_order(AnyEventStorageAdapter& adapter, const EachEventOptions& options,
                                 const Function& function) {
  const std::vector<std::string_view> ids(options.event_store_ids.begin(), options.event_store_ids.end());
  ReadAllEventsOptions which{.event_store_ids = ids};
  PageSize page_size{options.page_size};
  for (Position after = options.after;;) {
    which.limit = page_size.next();
    const ReadAllEventsResult read = adapter.read_all_events(after, which, [&](const SequencedEventView& next) {
      page_size.add(next.event.payload.size() + next.event.metadata.size());
      function(next);
    });
    page_size.turn();
    if (read.is_caught_up || read.next == after) return read.next;  // or held back by an open transaction
    after = read.next;
  }
}

/// The events of one aggregate page by page, so that the function may take its time. @return The last version.
template <class Function>
void for_each_event_of(AnyEventStorageAdapter& adapter, const std::string& event_store_id,
                       const std::string& aggregate_id, std::size_t most, const Function& function) {
  PageSize page_size{most};
  Version last = 0;
  for (bool is_full = true; is_full && last < (std::numeric_limits<Version>::max)();) {
    const std::size_t limit = page_size.next();
    std::size_t count = 0;
    adapter.get_events(event_store_id, aggregate_id, {.min_version = last + 1, .limit = limit},
                       [&](const EventRecordView& event) {
                         ++count;
                         page_size.add(event.payload.size() + event.metadata.size());
                         last = event.version;
                         function(SequencedEventView{0, event_store_id, event});
                       });
    page_size.turn();
    is_full = count == limit;
  }
}

template <class Function>
void for_each_event_by_lists(AnyEventStorageAdapter& adapter, const EachEventOptions& options,
                             const Function& function) {
  const std::vector<std::string> stores =
      options.event_store_ids.empty() ? adapter.list_event_stores() : options.event_store_ids;
  for (const std::string& store : stores) {
    std::optional<std::string> page_token;
    do {
      const AggregateIdsPage page =
          adapter.list_aggregate_ids(store, {.limit = options.page_size, .page_token = page_token});
      for (const AggregateIdEntry& entry : page.aggregate_ids) {
        for_each_event_of(adapter, store, entry.aggregate_id, options.page_size, function);
      }
      page_token = page.next_page_token;
    } while (page_token);
  }
}

}  // namespace detail

/// @brief Calls a function with each event of a storage, as a `const SequencedEventView&`, a page at a time.
///
/// **Guarantees:** in the storage's order where it has one (`ReadsAllEvents`); else store by store, aggregate by
/// aggregate as `list_aggregate_ids` does, in the order of versions, and positions are 0. In memory is one page.
/// **Errors:** `UnsupportedOperationError` (name the event stores) where the storage has no order and does not list its
/// event stores; what the storage and the function throw. The function must not call the adapter.
/// @return The position up to which all was handed out, for the next call; 0 where there is no order.
///
/// @code
/// castore::for_each_event(storage, {}, [&](const castore::SequencedEventView& next) { ++counts[next.event.type]; });
/// @endcode
template <class Function>
Position for_each_event(AnyEventStorageAdapter adapter, const EachEventOptions& options, const Function& function) {
  if (supports<operations::ReadAllEvents>(adapter)) {
    return detail::for_each_event_in_order(adapter, options, function);
  }
  detail::for_each_event_by_lists(adapter, options, function);
  return 0;
}

/// @brief The same for an adapter of any type.
template <EventStorageAdapter Adapter, class Function>
Position for_each_event(Adapter& adapter, const EachEventOptions& options, const Function& function) {
  return for_each_event(AnyEventStorageAdapter{adapter}, options, function);
}

}  // namespace castore

#endif
