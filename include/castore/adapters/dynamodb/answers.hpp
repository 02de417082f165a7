// SPDX-License-Identifier: MIT
#ifndef CASTORE_ADAPTERS_DYNAMODB_ANSWERS_HPP
#define CASTORE_ADAPTERS_DYNAMODB_ANSWERS_HPP

/// @file
/// The answers of DynamoDB: what a query found, the items in it, and errors.

#include <castore/adapters/dynamodb/attribute_values.hpp>
#include <castore/adapters/dynamodb/client.hpp>
#include <castore/adapters/dynamodb/page_token.hpp>
#include <castore/aws/error_answers.hpp>
#include <castore/aws/http.hpp>
#include <castore/aws/json_scanner.hpp>
#include <castore/config.hpp>
#include <castore/core/event_storage_adapter.hpp>
#include <castore/core/timestamp.hpp>
#include <castore/detail/text.hpp>
#include <castore/fwd.hpp>

#include <nlohmann/json.hpp>

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace castore::detail {

/// The answer to a query, as views into its text.
struct QueryAnswer {
  std::vector<std::string_view> items{};
  std::string_view last_evaluated_key{};  ///< Empty: there is nothing more.
};

/// @throws JsonScanError
inline QueryAnswer read_query_answer(std::string_view json) {
  QueryAnswer answer;
  JsonScanner scanner{json};
  bool has_items = false;
  scanner.object([&](std::string_view name) {
    if (name == "Items") {
      has_items = true;
      scanner.array([&] {
        if (scanner.peek() != '{') throw JsonScanError{"it has an item that is not an object"};
        answer.items.push_back(scanner.value());
      });
    } else if (name == "LastEvaluatedKey" && scanner.peek() != 'n') {
      if (scanner.peek() != '{') throw JsonScanError{"its LastEvaluatedKey is neither an object nor null"};
      answer.last_evaluated_key = scanner.value();
    } else {
      scanner.value();
    }
  });
  if (!has_items) throw JsonScanError{"it has no Items"};
  return answer;
}

/// An attribute of an item is not what every event has.
class CASTORE_DETAIL_THROWN DamagedAttribute : public JsonScanError {
 public:
  DamagedAttribute(std::string attribute, const std::string& what)
      : JsonScanError{what}, attribute_{std::move(attribute)} {}
  const std::string& attribute() const noexcept { return attribute_; }

 private:
  std::string attribute_;
};

/// An item of a table or its index. Its buffers are used again for the next.
class StoredEvent {
 public:
  /// @throws DamagedAttribute when one that every event has is missing or of another form; JsonScanError
  void read(std::string_view item) {
    key_ = {};
    version_ = 0;
    type_.reset();
    payload_.clear();
    metadata_.clear();
    std::optional<std::string> version;
    std::optional<std::string> timestamp;
    std::optional<std::string> key;
    std::optional<DamagedAttribute> damaged;
    JsonScanner scanner{item};
    scanner.object([&](std::string_view name) {
      if (name == "aggregateId") {
        key = attribute_text(scanner, "S");
      } else if (name == "version") {
        version = attribute_text(scanner, "N");
      } else if (name == "type") {
        type_ = attribute_text(scanner, "S");
      } else if (name == "timestamp") {
        timestamp = attribute_text(scanner, "S");
      } else if (name == "payload" || name == "metadata") {
        // The others are read first, so that an error can say whose attribute it is.
        JsonScanner value{scanner.value()};
        try {
          append_attribute_value(name == "payload" ? payload_ : metadata_, value);
        } catch (const JsonScanError& error) {
          damaged.emplace(std::string{name}, error.what());
        }
      } else {
        scanner.value();
      }
    });
    const auto demand = [](bool condition, const char* attribute, const auto& what) {
      if (!condition) throw DamagedAttribute{attribute, what()};
    };
    demand(key.has_value(), "aggregateId", [] { return "it is missing or not of type S"; });
    key_.aggregate_id = *std::move(key);
    const auto number = parse_integer<Version>(version.value_or(""));
    demand(number && *number >= 1, "version",
            [&] { return version ? in_quotes(*version) + " is not a version" : "it is missing or not of type N"; });
    version_ = *number;
    const auto time = parse_timestamp(timestamp.value_or(""));
    demand(time.has_value(), "timestamp", [&] {
      return timestamp ? in_quotes(*timestamp) + " is not a date and time of ISO 8601"
                       : "it is missing or not of type S";
    });
    timestamp_ = *time;
    key_.timestamp = *std::move(timestamp);
    if (damaged) throw *damaged;
  }

  /// @throws DamagedAttribute when there is no type, as in an index.
  EventRecordView view(std::string_view aggregate_id) const {
    if (!type_) throw DamagedAttribute{"type", "it is missing or not of type S"};
    return {aggregate_id, version_, *type_, timestamp_, payload_, metadata_};
  }
  Timestamp timestamp() const noexcept { return timestamp_; }
  Version version() const noexcept { return version_; }          ///< 0 when it could not be read.
  const DynamoDbIndexKey& key() const noexcept { return key_; }  ///< Empty where it could not be read.

 private:
  DynamoDbIndexKey key_{};
  Version version_ = 0;
  std::optional<std::string> type_{};
  Timestamp timestamp_{};
  std::string payload_{};
  std::string metadata_{};
};

/// The error that an answer reports. @throws AwsConnectionError when the answer is cut
inline DynamoDbError read_dynamodb_error(const HttpResponse& response, std::span<const std::string_view> secrets) {
  constexpr std::size_t most_reasons = 100;
  AwsErrorAnswer answer = read_aws_error(response, secrets);
  std::vector<std::string> reasons;
  const nlohmann::json& json = answer.json;
  if (json.is_object() && json.contains("CancellationReasons") && json["CancellationReasons"].is_array()) {
    for (const auto& reason : json["CancellationReasons"]) {
      if (reasons.size() == most_reasons) break;
      reasons.push_back(aws_error_code(reason, "Code", secrets));
    }
  }
  return {static_cast<int>(response.status), std::move(answer.code), answer.message, std::move(reasons)};
}

}  // namespace castore::detail

#endif
