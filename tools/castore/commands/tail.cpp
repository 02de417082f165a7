// SPDX-License-Identifier: MIT
#include "tools/castore/command.hpp"
#include "tools/castore/event_listing.hpp"
#include "tools/castore/session.hpp"

#include <castore/core/event_log.hpp>
#include <castore/core/storage_operations.hpp>
#include <castore/detail/page_size.hpp>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace castore::tool {

namespace {

struct TailOptions {
  std::vector<std::string> stores;
  std::vector<std::string> types;
  std::optional<Version> after;
  std::optional<std::size_t> last;
  std::optional<std::size_t> limit;
  bool no_wait = false;
};

ReadAllEventsOptions which_of(const std::vector<std::string_view>& stores, const std::vector<std::string_view>& types,
                              std::size_t limit) {
  return {.limit = limit, .event_store_ids = stores, .types = types};
}

/// Where to begin: after a position, some events before the end, or at the end.
Position start_of(AnyEventStorageAdapter& storage, const TailOptions& options) {
  if (options.after) return *options.after;
  const Position head = storage.read_all_events(0, {.limit = 0}, [](const SequencedEventView&) {}).head;
  return head - static_cast<Position>((std::min)(options.last.value_or(0), static_cast<std::size_t>(head)));
}

/// It may be there later, so it is only said.
void note_missing_store(const AnyEventStorageAdapter& storage, const std::string& store) {
  try {
    check_event_store(storage, store);
  } catch (const NoSuchStore& missing) {
    note(missing.what());
  }
}

ExitCode tail_events(Session& session, const TailOptions& options) {
  AnyEventStorageAdapter storage = session.storage();
  if (!supports<operations::ReadAllEvents>(storage)) {
    throw std::runtime_error{
        "this storage has no order of all its events, which tail follows; a DynamoDB table is followed by its stream, "
        "see DynamoDbStreamRelay"};
  }
  const std::vector<std::string_view> stores(options.stores.begin(), options.stores.end());
  const std::vector<std::string_view> types(options.types.begin(), options.types.end());
  for (const std::string& store : options.stores) note_missing_store(storage, store);
  SequencedEventListing listing{session.output()};
  std::size_t listed = 0;
  detail::PageSize page_size{500};
  for (Position after = start_of(storage, options); !options.limit || listed < *options.limit;) {
    const std::size_t limit = options.limit ? (std::min)(page_size.next(), *options.limit - listed) : page_size.next();
    const ReadAllEventsResult read =
        storage.read_all_events(after, which_of(stores, types, limit), [&](const SequencedEventView& next) {
          page_size.add(next.event.payload.size() + next.event.metadata.size());
          listing.add(next);
          ++listed;
        });
    page_size.turn();
    const bool is_still = read.next == after;
    after = read.next;
    if (options.no_wait && (read.is_caught_up || is_still)) break;
    if (read.is_caught_up || is_still) {
      listing.flush();
      storage.wait_for_events((std::max)(after, read.head), std::chrono::milliseconds{500}, {});
    }
  }
  listing.finish();
  return ExitCode::ok;
}

const RegisterCommand tail_command{
    {.name = "tail",
     .summary = "events as they happen, from a position on",
     .details = "Prints events of all stores, or of some, in the order in which they were stored, and waits for more; "
                "Ctrl-C ends it. Each line of its JSON has the position to go on after.",
     .define = [](CommandLine& line) -> Run {
       const auto options = std::make_shared<TailOptions>();
       line.arguments("STORE", options->stores, "the event stores' ids; all when there are none")
           .option("--after", "POSITION", options->after, "begin after this position; 0 is the beginning")
           .option("--last", "N", options->last, "begin so many positions before the end")
           .option("--type", "TYPE", options->types, "only events of this type; may be given several times")
           .option("--limit", "N", options->limit, "end after so many")
           .flag("--no-wait", options->no_wait, "end when there are no more");
       return [options](Session& session) { return tail_events(session, *options); };
     }}};

}  // namespace

}  // namespace castore::tool
