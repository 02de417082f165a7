// SPDX-License-Identifier: MIT
#ifndef CASTORE_ADAPTERS_DYNAMODB_PAGE_TOKEN_HPP
#define CASTORE_ADAPTERS_DYNAMODB_PAGE_TOKEN_HPP

/// @file
/// Castore's page token for DynamoDB: a JSON object with the options and the key of the page's last item, so that
/// either library continues where the other stopped.

#include <castore/aws/json_scanner.hpp>
#include <castore/core/errors.hpp>
#include <castore/core/event_storage_adapter.hpp>
#include <castore/core/timestamp.hpp>

#include <nlohmann/json.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <string_view>

namespace castore::detail {

/// The longest page token that is read: a key of 2048 bytes, each written as `\u0000`, takes 12 kB.
inline constexpr std::size_t max_dynamodb_page_token_size = 32 * 1024;

/// The place of an initial event in the index.
struct DynamoDbIndexKey {
  std::string aggregate_id{};  ///< As it is stored, perhaps with the event store's prefix.
  std::string timestamp{};
};

/// What to list. Times are text, as Castore lets programs write them in any form and DynamoDB compares the text.
struct DynamoDbPageRequest {
  std::optional<std::size_t> limit{};
  std::optional<std::string> after{};
  std::optional<std::string> before{};
  bool reverse = false;
  std::optional<DynamoDbIndexKey> last{};
};

/// How a layout marks initial events: the index's partition key and its value, as DynamoDB's JSON has it.
struct DynamoDbIndexPartition {
  std::string attribute{};
  nlohmann::json value{};
  std::string prefix{};  ///< Of the stored aggregate ids.
};

inline nlohmann::ordered_json index_key_json(const DynamoDbIndexKey& key, const DynamoDbIndexPartition& partition) {
  return {{"aggregateId", {{"S", key.aggregate_id}}},
          {partition.attribute, partition.value},
          {"version", {{"N", "1"}}},
          {"timestamp", {{"S", key.timestamp}}}};
}

inline std::string make_dynamodb_page_token(const DynamoDbPageRequest& request, const DynamoDbIndexKey& last,
                                            const DynamoDbIndexPartition& partition) {
  nlohmann::ordered_json token = nlohmann::ordered_json::object();
  if (request.limit) token["limit"] = *request.limit;
  if (request.after) token["initialEventAfter"] = *request.after;
  if (request.before) token["initialEventBefore"] = *request.before;
  token["reverse"] = request.reverse;
  token["lastEvaluatedKey"] = index_key_json(last, partition);
  return token.dump();
}

/// Puts token and options together; an option that is given wins over the token's.
/// @throws InvalidPageTokenError, also for a token of another event store
inline DynamoDbPageRequest resolve_dynamodb_page_request(const ListAggregateIdsOptions& options,
                                                         const DynamoDbIndexPartition& partition) {
  DynamoDbPageRequest request;
  if (options.page_token) {
    const auto demand = [&](bool condition) {
      if (!condition) throw InvalidPageTokenError{*options.page_token};
    };
    demand(options.page_token->size() <= max_dynamodb_page_token_size);
    const auto token = parse_json(*options.page_token);
    demand(token.is_object());
    const auto text = [&](const char* name) -> std::optional<std::string> {
      const auto found = token.find(name);
      if (found == token.end()) return std::nullopt;
      demand(found->is_string());
      return found->get<std::string>();
    };
    if (const auto limit = token.find("limit"); limit != token.end()) {
      demand(limit->is_number_unsigned());
      const auto wanted = limit->get<std::uint64_t>();
      constexpr std::size_t most = (std::numeric_limits<std::size_t>::max)();
      request.limit = wanted < most ? static_cast<std::size_t>(wanted) : most;
    }
    request.after = text("initialEventAfter");
    request.before = text("initialEventBefore");
    if (const auto reverse = token.find("reverse"); reverse != token.end()) {
      demand(reverse->is_boolean());
      request.reverse = reverse->get<bool>();
    }
    const auto key = token.find("lastEvaluatedKey");
    demand(key != token.end() && key->is_object() && key->size() == 4);
    const auto part = [&](const char* name, const char* type) {
      const auto attribute = key->find(name);
      demand(attribute != key->end() && attribute->is_object() && attribute->size() == 1);
      const auto value = attribute->find(type);
      demand(value != attribute->end() && value->is_string());
      return value->get<std::string>();
    };
    request.last = DynamoDbIndexKey{part("aggregateId", "S"), part("timestamp", "S")};
    demand(part("version", "N") == "1");
    demand(key->contains(partition.attribute) && (*key)[partition.attribute] == partition.value);
    demand(request.last->aggregate_id.starts_with(partition.prefix));
  }
  // No event lies outside of these, so the same is selected.
  if (options.limit) request.limit = options.limit;
  if (const auto& after = options.initial_event_after) {
    request.after = *after > latest_timestamp ? "a" : format_timestamp((std::max)(*after, earliest_timestamp));
  }
  if (const auto& before = options.initial_event_before) {
    request.before = *before < earliest_timestamp ? " " : format_timestamp((std::min)(*before, latest_timestamp));
  }
  if (options.reverse) request.reverse = *options.reverse;
  return request;
}

}  // namespace castore::detail

#endif
