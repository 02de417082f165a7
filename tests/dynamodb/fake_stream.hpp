// SPDX-License-Identifier: MIT
#ifndef CASTORE_TESTS_DYNAMODB_FAKE_STREAM_HPP
#define CASTORE_TESTS_DYNAMODB_FAKE_STREAM_HPP

/// @file
/// DynamoDB Streams without a server: shards that are closed and followed by others, iterators that expire, records
/// that are removed. What is written to it may come twice, late, in another order, or not at all.

#include <castore/adapters/dynamodb_stream_relay.hpp>

#include <nlohmann/json.hpp>

#include <algorithm>
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace castore::dynamodb_tests {

class FakeStream {
 public:
  using Json = nlohmann::json;

  struct Shard {
    std::string id;
    std::string parent;
    bool is_closed = false;
    std::size_t trimmed = 0;  // how many of the first records are gone
    std::vector<Json> records{};
  };

  std::vector<Shard> shards{{.id = "shardId-00000000000000000001-00000001", .parent = ""}};
  std::string status = "ENABLED";
  std::string view_type = "NEW_IMAGE";
  std::size_t limit = 1000;          // of one answer
  std::size_t shards_each_page = 2;  // of one answer
  std::size_t issued = 0;            // iterators
  std::size_t valid_from = 0;        // iterators before this one have expired
  std::vector<std::string> calls{};

  static Json record_of(const PushRecord& push, const std::string& name = "INSERT") {
    const std::string key = std::string{push.event_store_id} + "#" + push.record.aggregate_id;
    std::string item;
    detail::append_item(item, push, key, {"eventStoreId", {{"S", push.event_store_id}}, key});
    const Json keys{{"aggregateId", {{"S", key}}}, {"version", {{"N", std::to_string(push.record.version)}}}};
    Json record{{"eventID", "1"},
                {"eventName", name},
                {"eventSource", "aws:dynamodb"},
                {"awsRegion", "eu-west-1"},
                {"dynamodb", {{"Keys", keys}, {"SizeBytes", 26}, {"StreamViewType", "NEW_IMAGE"}}}};
    if (name != "REMOVE") record["dynamodb"]["NewImage"] = Json::parse(item);
    return record;
  }

  /// Appends a record to the shard that is open, of several the one that `place` chooses.
  void write(Json record, std::size_t place = 0) {
    std::vector<Shard*> open;
    for (Shard& shard : shards) {
      if (!shard.is_closed) open.push_back(&shard);
    }
    std::string number = std::to_string(++sequence_);
    record["dynamodb"]["SequenceNumber"] = "4" + std::string(20 - number.size(), '0') + number;
    open.at(place % open.size())->records.push_back(std::move(record));
  }
  void write(const PushRecord& push, std::size_t place = 0) { write(record_of(push), place); }

  /// Closes a shard, and opens those that follow.
  void split(std::size_t index, std::size_t children) {
    shards.at(index).is_closed = true;
    for (std::size_t child = 0; child < children; ++child) {
      const std::string number = std::to_string(shards.size() + 1);
      const std::string parent = shards.at(index).id;
      // In any order in the list.
      shards.insert(shards.begin(), {"shardId-" + std::string(20 - number.size(), '0') + number + "-0000000f", parent});
      ++index;
    }
  }

  std::string call(std::string_view operation, const std::string& text) {
    calls.emplace_back(operation);
    const Json request = Json::parse(text);
    if (operation == "DescribeStream") return describe(request).dump();
    if (operation == "GetShardIterator") return iterator(request).dump();
    return records(request).dump();
  }

 private:
  static DynamoDbError refusal(const char* code) { return {400, code, "as the test says", {}}; }

  Json describe(const Json& request) const {
    const auto after = request.value("ExclusiveStartShardId", "");
    auto place = std::find_if(shards.begin(), shards.end(), [&](const Shard& shard) { return shard.id == after; });
    place = place == shards.end() ? shards.begin() : place + 1;
    Json page = Json::array();
    for (; place != shards.end() && page.size() < shards_each_page; ++place) {
      Json shard{{"ShardId", place->id}, {"SequenceNumberRange", {{"StartingSequenceNumber", "1"}}}};
      if (!place->parent.empty()) shard["ParentShardId"] = place->parent;
      page.push_back(shard);
    }
    Json description{{"StreamStatus", status}, {"StreamViewType", view_type}, {"Shards", page}};
    if (place != shards.end()) description["LastEvaluatedShardId"] = page.back()["ShardId"];
    return {{"StreamDescription", description}};
  }

  Json iterator(const Json& request) {
    const Shard& shard = find(request["ShardId"]);
    std::size_t index = shard.trimmed;
    if (request["ShardIteratorType"] == "AFTER_SEQUENCE_NUMBER") {
      index = 0;
      while (shard.records.at(index)["dynamodb"]["SequenceNumber"] != request["SequenceNumber"]) ++index;
      if (index < shard.trimmed) throw refusal("TrimmedDataAccessException");
      ++index;
    }
    return {{"ShardIterator", make_iterator(shard, index)}};
  }

  std::string make_iterator(const Shard& shard, std::size_t index) { return Json{shard.id, index, issued++}.dump(); }

  Json records(const Json& request) {
    const Json iterator = Json::parse(request["ShardIterator"].get<std::string>());
    if (iterator[2] < valid_from) throw refusal("ExpiredIteratorException");
    const Shard& shard = find(iterator[0]);
    const std::size_t first = iterator[1];
    if (first < shard.trimmed) throw refusal("TrimmedDataAccessException");
    const std::size_t last = (std::min)({shard.records.size(), first + limit, first + std::size_t{request["Limit"]}});
    Json answer{{"Records", Json::array()}};
    for (std::size_t index = first; index < last; ++index) answer["Records"].push_back(shard.records[index]);
    if (!shard.is_closed || last < shard.records.size()) answer["NextShardIterator"] = make_iterator(shard, last);
    return answer;
  }

  const Shard& find(const std::string& id) const {
    const auto found = std::find_if(shards.begin(), shards.end(), [&](const Shard& shard) { return shard.id == id; });
    if (found == shards.end()) throw refusal("ResourceNotFoundException");
    return *found;
  }

  std::size_t sequence_ = 0;
};

}  // namespace castore::dynamodb_tests

#endif
