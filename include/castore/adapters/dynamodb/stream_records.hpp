// SPDX-License-Identifier: MIT
#ifndef CASTORE_ADAPTERS_DYNAMODB_STREAM_RECORDS_HPP
#define CASTORE_ADAPTERS_DYNAMODB_STREAM_RECORDS_HPP

/// @file
/// The answers of DynamoDB Streams: shards, and records as they stand in them and in the events of a Lambda function.
/// Source: Amazon DynamoDB Streams API Reference, DescribeStream and GetRecords.

#include <castore/adapters/dynamodb/answers.hpp>
#include <castore/adapters/dynamodb/attribute_values.hpp>
#include <castore/aws/json_scanner.hpp>
#include <castore/core/event_storage_adapter.hpp>
#include <castore/detail/text.hpp>
#include <castore/fwd.hpp>

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace castore::detail {

/// What a stream says of one item of a table.
struct StreamRecord {
  std::string event_store_id{};
  std::string aggregate_id{};
  Version version = 0;                 ///< 0: the item's key is not that of an event.
  bool is_removed = false;             ///< The item was deleted.
  bool is_changed = false;             ///< It was there already.
  std::optional<EventRecord> event{};  ///< Nothing when the item was deleted, or is damaged.
};

/// An answer of GetRecords, or what a Lambda function is called with.
struct StreamRecords {
  std::vector<StreamRecord> records{};
  std::string last_sequence_number{};          ///< Of the last record; empty when there is none.
  std::optional<std::string> next_iterator{};  ///< Nothing when the shard is closed and read.
};

/// @throws JsonScanError
inline StreamRecord read_stream_record(JsonScanner& json, std::string& sequence_number) {
  StreamRecord record;
  std::string_view image;
  std::string event_name;
  std::optional<std::string> key;
  std::optional<std::string> version;
  json.object([&](std::string_view name) {
    if (name == "eventName") {
      event_name = json.string();
    } else if (name == "dynamodb") {
      json.object([&](std::string_view member) {
        if (member == "SequenceNumber") {
          sequence_number = json.string();
        } else if (member == "NewImage") {
          image = json.value();
        } else if (member == "Keys") {
          json.object([&](std::string_view attribute) {
            if (attribute == "aggregateId") {
              key = attribute_text(json, "S");
            } else if (attribute == "version") {
              version = attribute_text(json, "N");
            } else {
              json.value();
            }
          });
        } else {
          json.value();
        }
      });
    } else {
      json.value();
    }
  });
  if (event_name != "INSERT" && event_name != "MODIFY" && event_name != "REMOVE") {
    throw JsonScanError{"a record has the unknown eventName " + in_quotes(event_name)};
  }
  record.is_removed = event_name == "REMOVE";
  record.is_changed = event_name == "MODIFY";
  if (!record.is_removed && !image.starts_with('{')) {
    throw JsonScanError{"a record has no NewImage; set the stream's view type to NEW_IMAGE"};
  }
  const std::size_t end = key ? key->find('#') : std::string::npos;
  const auto number = parse_integer<Version>(version.value_or(""));
  // No event store's id is empty: a snapshot's key begins with '#'.
  if (end == std::string::npos || end == 0 || !number || *number < 1) return record;
  record.event_store_id = key->substr(0, end);
  record.aggregate_id = key->substr(end + 1);
  record.version = *number;
  if (record.is_removed) return record;
  try {
    StoredEvent event;
    event.read(image);
    record.event = event.view(record.aggregate_id).to_record();
  } catch (const JsonScanError&) {
    // The table says what is wrong with it, until it is corrected there.
  }
  return record;
}

/// @throws JsonScanError
inline StreamRecords read_stream_records(std::string_view text) {
  StreamRecords answer;
  JsonScanner json{text};
  bool has_records = false;
  json.object([&](std::string_view name) {
    if (name == "Records") {
      has_records = true;
      json.array([&] { answer.records.push_back(read_stream_record(json, answer.last_sequence_number)); });
    } else if (name == "NextShardIterator" && json.peek() == '"') {
      answer.next_iterator = unescape_json(json.string());
    } else {
      json.value();
    }
  });
  if (!has_records) throw JsonScanError{"it has no Records"};
  return answer;
}

struct StreamShard {
  std::string id{};
  std::string parent_id{};  ///< Empty: none.
};

struct StreamDescription {
  std::vector<StreamShard> shards{};
  std::string status{};
  std::string view_type{};
  std::string last_shard_id{};  ///< Empty: there is nothing more.
};

/// @throws JsonScanError
inline StreamDescription read_stream_description(std::string_view text) {
  StreamDescription answer;
  JsonScanner json{text};
  bool has_shards = false;
  const auto read_text = [&json] {
    return json.peek() == '"' ? unescape_json(json.string()) : (json.value(), std::string{});
  };
  json.object([&](std::string_view outer) {
    if (outer != "StreamDescription") {
      json.value();
      return;
    }
    json.object([&](std::string_view name) {
      if (name == "StreamStatus") {
        answer.status = read_text();
      } else if (name == "StreamViewType") {
        answer.view_type = read_text();
      } else if (name == "LastEvaluatedShardId") {
        answer.last_shard_id = read_text();
      } else if (name == "Shards") {
        has_shards = true;
        json.array([&] {
          StreamShard& shard = answer.shards.emplace_back();
          json.object([&](std::string_view member) {
            if (member == "ShardId") {
              shard.id = read_text();
            } else if (member == "ParentShardId") {
              shard.parent_id = read_text();
            } else {
              json.value();
            }
          });
          if (shard.id.empty()) throw JsonScanError{"it has a shard without ShardId"};
        });
      } else {
        json.value();
      }
    });
  });
  if (!has_shards) throw JsonScanError{"it has no Shards"};
  return answer;
}

/// @throws JsonScanError
inline std::string read_shard_iterator(std::string_view text) {
  std::string iterator;
  JsonScanner json{text};
  json.object([&](std::string_view name) {
    if (name == "ShardIterator") {
      iterator = unescape_json(json.string());
    } else {
      json.value();
    }
  });
  if (iterator.empty()) throw JsonScanError{"it has no ShardIterator"};
  return iterator;
}

}  // namespace castore::detail

#endif
