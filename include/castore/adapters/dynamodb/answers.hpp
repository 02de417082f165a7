// SPDX-License-Identifier: MIT
#ifndef CASTORE_ADAPTERS_DYNAMODB_ANSWERS_HPP
#define CASTORE_ADAPTERS_DYNAMODB_ANSWERS_HPP

/// @file
/// The answers of DynamoDB: what a query found, the items in it, and errors.

#include <castore/adapters/dynamodb/attribute_values.hpp>
#include <castore/adapters/dynamodb/client.hpp>
#include <castore/adapters/dynamodb/http.hpp>
#include <castore/adapters/dynamodb/json_scanner.hpp>
#include <castore/adapters/dynamodb/page_token.hpp>
#include <castore/config.hpp>
#include <castore/core/event_storage_adapter.hpp>
#include <castore/core/timestamp.hpp>
#include <castore/detail/text.hpp>
#include <castore/fwd.hpp>

#include <nlohmann/json.hpp>

#include <algorithm>
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

/// The letters and digits of a text, in lower case.
inline std::string letters_of(std::string_view text) {
  std::string letters;
  for (const char character : text) {
    const bool is_upper = character >= 'A' && character <= 'Z';
    const bool is_other = (character >= 'a' && character <= 'z') || (character >= '0' && character <= '9');
    if (is_upper || is_other) letters += is_upper ? static_cast<char>(character - 'A' + 'a') : character;
  }
  return letters;
}

/// True when the text repeats a part of a secret, be it cut, between other text, escaped, in other case, or with
/// spaces. Of letters alone a longer part is asked for, as words of a server would be taken for short ones.
inline bool repeats_secret(std::string_view text, std::span<const std::string_view> secrets) {
  const auto repeats = [](std::string_view said, std::string_view secret, std::size_t part) {
    if (secret.empty()) return false;
    const std::size_t size = (std::min)(part, secret.size());
    for (std::size_t place = 0; place + size <= secret.size(); ++place) {
      if (said.find(secret.substr(place, size)) != std::string_view::npos) return true;
    }
    return false;
  };
  const std::string letters = letters_of(text);
  return std::ranges::any_of(
      secrets, [&](std::string_view secret) { return repeats(text, secret, 6) || repeats(letters, letters_of(secret), 10); });
}

/// The error that an answer reports. What it says in its own words is cut, and left out where it repeats a secret: some
/// servers and proxies repeat the request with its headers.
/// @throws DynamoDbConnectionError when the answer is cut
inline DynamoDbError read_dynamodb_error(const HttpResponse& response, std::span<const std::string_view> secrets) {
  constexpr std::size_t longest_message = 1000;
  constexpr std::size_t longest_code = 100;
  constexpr std::size_t most_reasons = 100;
  const auto json = parse_json(response.body);
  const auto text = [](const nlohmann::json& object, const char* name, std::size_t longest) -> std::string {
    if (!object.is_object() || !object.contains(name) || !object[name].is_string()) return {};
    return object[name].get_ref<const std::string&>().substr(0, longest);
  };
  if (json.is_discarded() && response.body.starts_with('{')) {
    throw DynamoDbConnectionError{"the answer of HTTP status " + std::to_string(response.status) + " is cut", true};
  }
  // A code is a name. Whatever is not may be anything.
  const auto code_of = [&](const nlohmann::json& object, const char* name) {
    std::string code = text(object, name, 2 * longest_code);
    code.erase(0, code.find('#') + 1);
    const bool is_name = std::ranges::all_of(code, [](char character) {
      return (character >= 'a' && character <= 'z') || (character >= 'A' && character <= 'Z') || character == '.';
    });
    return is_name && code.size() <= longest_code && !repeats_secret(code, secrets) ? code : std::string{};
  };
  std::string message = text(json, "message", longest_message);
  if (message.empty()) message = text(json, "Message", longest_message);
  std::vector<std::string> reasons;
  if (json.is_object() && json.contains("CancellationReasons") && json["CancellationReasons"].is_array()) {
    for (const auto& reason : json["CancellationReasons"]) {
      if (reasons.size() == most_reasons) break;
      reasons.push_back(code_of(reason, "Code"));
    }
  }
  // What AWS says of a wrong signature holds the canonical request, and that the session token.
  constexpr std::string_view canonical = "The Canonical String";
  if (const std::size_t place = message.find(canonical); place != std::string::npos) message.resize(place);
  if (repeats_secret(message, secrets)) message = "(what it says is left out: it repeats a part of a secret)";
  return {static_cast<int>(response.status), code_of(json, "__type"), message, std::move(reasons)};
}

}  // namespace castore::detail

#endif
