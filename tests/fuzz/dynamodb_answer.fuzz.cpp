// SPDX-License-Identifier: MIT
// The answer to a query may be anything: it is read or refused, and an item that is damaged is named.

#include <castore/adapters/dynamodb/answers.hpp>

#include "fuzz/fuzz.hpp"

#include <castore/aws/json_scanner.hpp>
#include <castore/core/timestamp.hpp>

#include <nlohmann/json.hpp>

#include <string_view>

using namespace castore_fuzz;

void try_input(std::string_view input) {
  const bool is_whole = castore::detail::is_whole_json_object(input);
  is_taken<castore::detail::JsonScanError>([&] {
    const auto answer = castore::detail::read_query_answer(input);
    castore::detail::StoredEvent event;
    for (const std::string_view item : answer.items) {
      is_taken<castore::detail::JsonScanError>([&] {
        event.read(item);
        const auto view = event.view("a");
        require(view.version >= 1, "a version is one");
        require(view.timestamp >= castore::earliest_timestamp && view.timestamp <= castore::latest_timestamp,
                "a timestamp is one");
        if (!is_whole || !nlohmann::json::accept(input)) return;
        require(view.payload.empty() || nlohmann::json::accept(view.payload), "a payload is JSON");
        require(view.metadata.empty() || nlohmann::json::accept(view.metadata), "metadata is JSON");
      });
    }
  });
}
