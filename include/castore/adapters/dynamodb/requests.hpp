// SPDX-License-Identifier: MIT
#ifndef CASTORE_ADAPTERS_DYNAMODB_REQUESTS_HPP
#define CASTORE_ADAPTERS_DYNAMODB_REQUESTS_HPP

/// @file
/// The requests of the adapter, as JSON text; they are Castore's.

#include <castore/adapters/dynamodb/attribute_values.hpp>
#include <castore/adapters/dynamodb/page_token.hpp>
#include <castore/aws/request_token.hpp>
#include <castore/aws/json_scanner.hpp>
#include <castore/core/errors.hpp>
#include <castore/core/event_storage_adapter.hpp>
#include <castore/core/timestamp.hpp>
#include <castore/detail/text.hpp>
#include <castore/fwd.hpp>

#include <nlohmann/json.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <string_view>

namespace castore::detail {

/// `"name":"value"`
inline void append_text_member(std::string& json, std::string_view name, std::string_view value) {
  json.append("\"").append(name).append("\":");
  append_json_string(json, value);
}

/// `"name":{"S":"value"}`
inline void append_text_attribute(std::string& json, std::string_view name, std::string_view value) {
  json.append("\"").append(name).append(R"(":{"S":)");
  append_json_string(json, value);
  json += '}';
}

/// `"aggregateId":{"S":"key"},"version":{"N":"1"}`
inline void append_key(std::string& json, std::string_view key, Version version) {
  append_text_attribute(json, "aggregateId", key);
  json.append(R"(,"version":{"N":")").append(std::to_string(version)).append("\"}");
}

/// Appends the item of an event. @return Its size, as DynamoDB counts it.
/// @throws InvalidEventError
inline std::size_t append_item(std::string& json, const PushRecord& push, std::string_view key,
                               const DynamoDbIndexPartition& partition) {
  const EventRecord& record = push.record;
  for (std::string_view left = record.type; !left.empty();) {
    const std::size_t length = utf8_sequence_length(left);
    if (length == 0) throw InvalidEventError{"type", in_quotes(record.type) + " is not UTF-8 text"};
    left.remove_prefix(length);
  }
  constexpr std::size_t names = std::string_view{"aggregateIdversiontypetimestamp"}.size();
  const std::string timestamp = format_timestamp(record.timestamp);
  std::size_t size =
      names + key.size() + std::to_string(record.version).size() / 2 + 2 + record.type.size() + timestamp.size();
  json += '{';
  append_key(json, key, record.version);
  json += ',';
  append_text_attribute(json, "type", record.type);
  json += ',';
  append_text_attribute(json, "timestamp", timestamp);
  const auto append_value = [&](std::string_view name, const std::string& value) {
    if (value.empty()) return;
    json.append(",\"").append(name).append("\":");
    AttributeWriter writer{json, name};
    writer.append(value);
    size += name.size() + writer.size();
  };
  append_value("payload", record.payload);
  append_value("metadata", record.metadata);
  if (record.version == 1) {
    json.append(",\"").append(partition.attribute).append("\":").append(partition.value.dump());
    size += partition.attribute.size() + partition.value.begin()->get_ref<const std::string&>().size();
  }
  json += '}';
  if (size > dynamodb_max_item_size) {
    throw InvalidEventError{"payload", "the event has " + std::to_string(size) +
                                           " bytes in DynamoDB, which allows 409600 (400 kB); keep large data "
                                           "elsewhere and its address in the event"};
  }
  return size;
}

/// The members of a put, without braces, from here to its condition.
inline std::size_t append_put(std::string& json, std::string_view table, const PushRecord& push, std::string_view key,
                              const DynamoDbIndexPartition& partition, bool force) {
  append_text_member(json, "TableName", table);
  json += R"(,"Item":)";
  const std::size_t size = append_item(json, push, key, partition);
  if (!force) {
    json += R"(,"ExpressionAttributeNames":{"#version":"version"},)"
            R"x("ConditionExpression":"attribute_not_exists(#version)")x";
  }
  return size;
}

/// The members of a check that an event exists.
inline void append_condition_check(std::string& json, std::string_view table, std::string_view key, Version version) {
  append_text_member(json, "TableName", table);
  json += R"(,"Key":{)";
  append_key(json, key, version);
  json += R"(},"ExpressionAttributeNames":{"#version":"version"},)"
          R"x("ConditionExpression":"attribute_exists(#version)")x";
}

inline std::string get_item_request(std::string_view table, std::string_view key, Version version) {
  std::string json{"{"};
  append_text_member(json, "TableName", table);
  json += R"(,"Key":{)";
  append_key(json, key, version);
  return json += R"(},"ConsistentRead":true})";
}

inline void append_limit(std::string& json, std::size_t limit) {
  constexpr std::size_t largest = (std::numeric_limits<std::int32_t>::max)();
  json.append(",\"Limit\":").append(std::to_string((std::min)(limit, largest)));
}

/// @param start The key of the last item before, as the answer before had it; empty: from the beginning.
inline std::string events_query(std::string_view table, std::string_view key, const GetEventsOptions& options,
                                const std::optional<std::size_t>& limit, std::string_view start) {
  const auto& [first, last, ignored, reverse] = options;
  std::string json{"{"};
  append_text_member(json, "TableName", table);
  json += R"(,"KeyConditionExpression":"#aggregateId = :aggregateId)";
  if (first && last) {
    json += " and #version between :minVersion and :maxVersion";
  } else if (first) {
    json += " and #version >= :minVersion";
  } else if (last) {
    json += " and #version <= :maxVersion";
  }
  json += R"(","ExpressionAttributeNames":{"#aggregateId":"aggregateId")";
  if (first || last) json += R"(,"#version":"version")";
  json += R"(},"ExpressionAttributeValues":{)";
  append_text_attribute(json, ":aggregateId", key);
  if (last) json.append(R"(,":maxVersion":{"N":")").append(std::to_string(*last)).append("\"}");
  if (first) json.append(R"(,":minVersion":{"N":")").append(std::to_string(*first)).append("\"}");
  json += R"(},"ConsistentRead":true)";
  if (reverse) json += R"(,"ScanIndexForward":false)";
  if (limit) append_limit(json, *limit);
  if (!start.empty()) json.append(R"(,"ExclusiveStartKey":)").append(start);
  return json += '}';
}

/// @param start As for `events_query`.
inline std::string initial_events_query(std::string_view table, const DynamoDbIndexPartition& partition,
                                        const DynamoDbPageRequest& request, const std::optional<std::size_t>& limit,
                                        std::string_view start) {
  const std::string name = "#" + partition.attribute;
  std::string json{"{"};
  append_text_member(json, "TableName", table);
  json.append(R"(,"IndexName":"initialEvents","KeyConditionExpression":")").append(name).append(" = :partition");
  if (request.after && request.before) {
    json += " and #timestamp between :initialEventAfter and :initialEventBefore";
  } else if (request.after) {
    json += " and #timestamp >= :initialEventAfter";
  } else if (request.before) {
    json += " and #timestamp <= :initialEventBefore";
  }
  json.append(R"(","ExpressionAttributeNames":{")").append(name).append("\":\"").append(partition.attribute) += '"';
  if (request.after || request.before) json += R"(,"#timestamp":"timestamp")";
  json.append(R"(},"ExpressionAttributeValues":{":partition":)").append(partition.value.dump());
  const auto append_time = [&json](std::string_view value_name, const std::optional<std::string>& time) {
    if (!time) return;
    json += ',';
    append_text_attribute(json, value_name, *time);
  };
  append_time(":initialEventAfter", request.after);
  append_time(":initialEventBefore", request.before);
  json += '}';
  if (request.reverse) json += R"(,"ScanIndexForward":false)";
  if (limit) append_limit(json, *limit);
  if (!start.empty()) json.append(R"(,"ExclusiveStartKey":)").append(start);
  return json += '}';
}

}  // namespace castore::detail

#endif
