// SPDX-License-Identifier: MIT
#include "tools/castore/command.hpp"
#include "tools/castore/event_listing.hpp"
#include "tools/castore/output.hpp"
#include "tools/castore/session.hpp"

#include <castore/core/event_storage_adapter.hpp>

#include <algorithm>
#include <cstddef>
#include <memory>
#include <optional>
#include <string>

namespace castore::tool {

namespace {

struct AggregatesOptions {
  std::string store;
  std::optional<std::size_t> limit;
  std::optional<std::string> page;
  std::optional<std::string> prefix;
  std::optional<Timestamp> after;
  std::optional<Timestamp> before;
  bool reverse = false;
};

ListAggregateIdsOptions page_options(const AggregatesOptions& options, std::size_t listed,
                                     const std::optional<std::string>& page_token) {
  constexpr std::size_t page_size = 500;
  // What a prefix leaves out is not counted, so then the pages are as they are.
  const bool is_bounded = options.limit && !options.prefix;
  ListAggregateIdsOptions page{.limit = is_bounded ? (std::min)(page_size, *options.limit - listed) : page_size,
                               .page_token = page_token};
  if (page_token) return page;
  page.initial_event_after = options.after;
  page.initial_event_before = options.before;
  page.reverse = options.reverse;
  return page;
}

/// Where the next call goes on, when there is more.
std::optional<std::string> list_pages(AnyEventStorageAdapter storage, const AggregatesOptions& options,
                                      Listing& listing) {
  std::optional<std::string> page_token = options.page;
  for (std::size_t listed = 0; !options.limit || listed < *options.limit;) {
    const AggregateIdsPage page = storage.list_aggregate_ids(options.store, page_options(options, listed, page_token));
    for (const AggregateIdEntry& entry : page.aggregate_ids) {
      if (options.prefix && !entry.aggregate_id.starts_with(*options.prefix)) continue;
      if (options.limit && listed == *options.limit) return std::nullopt;
      listing.add({text_cell(entry.aggregate_id), time_cell(entry.initial_event_timestamp)});
      ++listed;
    }
    page_token = page.next_page_token;
    if (!page_token) return std::nullopt;
  }
  return options.prefix ? std::nullopt : page_token;
}

ExitCode list_aggregates(Session& session, const AggregatesOptions& options) {
  Listing listing{session.output(), {{"aggregateId", "AGGREGATE"}, {"initialEventTimestamp", "FIRST EVENT"}}};
  const std::optional<std::string> next = list_pages(session.storage(), options, listing);
  if (!listing.has_rows()) check_event_store(session.storage(), options.store);
  listing.finish();
  if (next) note("there are more; the next page: --page " + shell_word(*next));
  return ExitCode::ok;
}

const RegisterCommand aggregates_command{
    {.name = "aggregates",
     .summary = "the aggregates of a store, by the time of their first event",
     .details = "Lists the aggregates of a store in the order of their first events, page by page.",
     .define = [](CommandLine& line) -> Run {
       const auto options = std::make_shared<AggregatesOptions>();
       line.argument("STORE", options->store, "the event store's id")
           .flag("--reverse", options->reverse, "the newest first")
           .option("--limit", "N", options->limit, "at most so many")
           .option("--page", "TOKEN", options->page, "go on where --limit has ended")
           .option("--after", "TIME", options->after, "those whose first event is at this time or later")
           .option("--before", "TIME", options->before, "those whose first event is at this time or earlier")
           .option("--prefix", "TEXT", options->prefix, "those whose id begins so; all ids are read");
       return [options](Session& session) { return list_aggregates(session, *options); };
     }}};

}  // namespace

}  // namespace castore::tool
