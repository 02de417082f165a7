// SPDX-License-Identifier: MIT
#ifndef CASTORE_ADAPTERS_DYNAMODB_ATTRIBUTE_VALUES_HPP
#define CASTORE_ADAPTERS_DYNAMODB_ATTRIBUTE_VALUES_HPP

/// @file
/// JSON text to DynamoDB's attribute values and back, as `marshall` and `unmarshall` of the AWS SDK for JavaScript do
/// it for Castore.

#include <castore/aws/json_scanner.hpp>
#include <castore/core/errors.hpp>
#include <castore/core/event_checks.hpp>
#include <castore/detail/decimal.hpp>
#include <castore/detail/text.hpp>

#include <nlohmann/json.hpp>

#include <algorithm>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace castore::detail {

/// DynamoDB's limits.
/// Source: Amazon DynamoDB Developer Guide, "Quotas" and "Supported data types and naming rules".
inline constexpr std::size_t dynamodb_max_item_size = 400 * 1024;
inline constexpr std::size_t dynamodb_max_transaction_size = 4 * 1024 * 1024;
inline constexpr std::size_t dynamodb_max_transaction_operations = 100;
inline constexpr std::size_t dynamodb_max_key_size = 2048;
inline constexpr std::size_t dynamodb_max_depth = 32;
inline constexpr int dynamodb_largest_exponent = 126;
inline constexpr int dynamodb_smallest_exponent = -129;

/// The bytes of a string that stands with its escapes in valid JSON text.
inline std::size_t unescaped_size(std::string_view escaped) noexcept {
  std::size_t size = 0;
  for (std::size_t place = 0; place < escaped.size(); ++place, ++size) {
    if (escaped[place] != '\\') continue;
    ++place;
    if (escaped[place] != 'u') continue;
    unsigned code = 0;
    for (const char character : escaped.substr(place + 1, 4)) {
      const auto letter = static_cast<unsigned char>(character);
      code = 16 * code + (letter <= '9' ? letter - '0' : (letter | 0x20U) - 'a' + 10U);
    }
    place += 4;
    const bool half_of_a_pair = code >= 0xD800 && code <= 0xDFFF;
    size += half_of_a_pair || (code >= 0x80 && code < 0x800) ? 1 : (code >= 0x800 ? 2 : 0);
  }
  return size;
}

/// Appends attribute values for JSON text to a request and adds up their size.
/// Source of the sizes: Amazon DynamoDB Developer Guide, "DynamoDB item sizes and formats".
class AttributeWriter {
 public:
  /// @param field What an error calls the text: `payload` or `metadata`.
  AttributeWriter(std::string& request, std::string_view field) : request_{request}, field_{field} {}

  /// @throws InvalidEventError
  void append(const std::string& json) {
    if (json.empty()) refuse("is empty");
    check_json_text(field_, json);
    JsonScanner scanner{json};
    append_value(scanner, 1);
  }
  std::size_t size() const noexcept { return size_; }

 private:
  void append_value(JsonScanner& json, std::size_t depth) {
    if (depth > dynamodb_max_depth) {
      refuse("is nested more than " + std::to_string(dynamodb_max_depth) + " deep, which DynamoDB does not allow");
    }
    switch (json.peek()) {
      case '"':
        return append_text(json.string());
      case '{':
        return append_map(json, depth);
      case '[':
        return append_list(json, depth);
      case 't':
      case 'f':
        request_.append(R"({"BOOL":)").append(json.literal()) += '}';
        ++size_;
        return;
      case 'n':
        json.literal();
        request_ += R"({"NULL":true})";
        ++size_;
        return;
      default:
        return append_number(json.literal());
    }
  }

  void append_text(std::string_view escaped) {
    request_.append(R"({"S":")").append(escaped) += "\"}";
    size_ += unescaped_size(escaped);
  }

  void append_map(JsonScanner& json, std::size_t depth) {
    request_ += R"({"M":{)";
    std::vector<std::string> keys;
    json.object([&](std::string_view key) {
      if (!keys.empty()) request_ += ',';
      keys.push_back(unescape_json(key));
      request_.append("\"").append(key).append("\":");
      size_ += 1 + unescaped_size(key);
      append_value(json, depth + 1);
    });
    request_ += "}}";
    size_ += 3;
    std::ranges::sort(keys);
    if (const auto twice = std::ranges::adjacent_find(keys); twice != keys.end()) {
      refuse("has an object with the key " + in_quotes(*twice) + " twice");
    }
  }

  void append_list(JsonScanner& json, std::size_t depth) {
    request_ += R"({"L":[)";
    bool first = true;
    json.array([&] {
      if (!first) request_ += ',';
      first = false;
      ++size_;
      append_value(json, depth + 1);
    });
    request_ += "]}";
    size_ += 3;
  }

  void append_number(std::string_view text) {
    std::string number{text};
    std::size_t length = text.substr(0, text.find_last_not_of('0') + 1).size();  // of sign and digits
    if (!is_plain_integer(text)) {
      const auto decimal = parse_decimal(text);
      if (!decimal) refuse("has a number of " + std::to_string(text.size()) + " characters");
      const std::size_t digits = decimal->digits.size();
      if (digits > std::size_t{dynamodb_max_digits}) {
        refuse("has the number " + in_quotes(text) +
               " of more than 38 digits, which DynamoDB cannot hold; make it text");
      }
      if (digits > 0 &&
          (decimal->exponent > dynamodb_largest_exponent || decimal->exponent < dynamodb_smallest_exponent)) {
        refuse("has the number " + in_quotes(text) +
               ", which DynamoDB cannot hold (1e-130 to 9.99e125, and 0); make it text");
      }
      number = to_text(*decimal);
      length = digits + (decimal->negative ? 1 : 0);
    }
    request_.append(R"({"N":")").append(number) += "\"}";
    size_ += length / 2 + 2;
  }

  [[noreturn]] void refuse(const std::string& why) const { throw InvalidEventError{field_, "it " + why}; }

  std::string& request_;
  std::string_view field_;
  std::size_t size_ = 0;
};

/// Appends a number of DynamoDB to JSON text.
inline void append_json_number(std::string& json, std::string_view number) {
  if (is_plain_integer(number)) {
    json += number;
    return;
  }
  const auto decimal = parse_decimal(number);
  if (!decimal) throw JsonScanError{"a number is " + in_quotes(number)};
  json += to_text(*decimal);
}

/// Appends the JSON text of the attribute value that comes next. Sets become arrays; binary becomes its base64 text,
/// as JSON has no bytes.
/// @throws JsonScanError
inline void append_attribute_value(std::string& json, JsonScanner& values, std::size_t depth = 0) {
  if (depth > dynamodb_max_read_depth) throw JsonScanError{"an attribute value is nested too deep"};
  const auto append_string = [&] { json.append("\"").append(values.string()) += '"'; };
  const auto append_array = [&](const auto& append_element) {
    json += '[';
    bool first = true;
    values.array([&] {
      if (!first) json += ',';
      first = false;
      append_element();
    });
    json += ']';
  };
  bool any = false;
  values.object([&](std::string_view type) {
    if (any) throw JsonScanError{"an attribute value has two types"};
    any = true;
    if (type == "S" || type == "B") {
      append_string();
    } else if (type == "N") {
      append_json_number(json, values.string());
    } else if (type == "BOOL" || type == "NULL") {
      const std::string_view value = values.literal();
      if (value != "true" && value != "false") throw JsonScanError{"an attribute value is neither true nor false"};
      json += type == "NULL" ? "null" : value;
    } else if (type == "SS" || type == "BS") {
      append_array(append_string);
    } else if (type == "NS") {
      append_array([&] { append_json_number(json, values.string()); });
    } else if (type == "L") {
      append_array([&] { append_attribute_value(json, values, depth + 1); });
    } else if (type == "M") {
      json += '{';
      bool first = true;
      values.object([&](std::string_view key) {
        if (!first) json += ',';
        first = false;
        json.append("\"").append(key).append("\":");
        append_attribute_value(json, values, depth + 1);
      });
      json += '}';
    } else {
      throw JsonScanError{"an attribute value has the unknown type " + in_quotes(type)};
    }
  });
  if (!any) throw JsonScanError{"an attribute value has no type"};
}

/// The text of an attribute value of this type, `S` or `N`; nothing for other types.
inline std::optional<std::string> attribute_text(JsonScanner& values, std::string_view wanted_type) {
  std::optional<std::string> text;
  values.object([&](std::string_view type) {
    if (type == wanted_type) {
      text = unescape_json(values.string());
    } else {
      values.value();
    }
  });
  return text;
}

/// True when two items or attribute values, as DynamoDB's JSON has them, hold the same: it returns numbers in another
/// form than they were sent.
inline bool same_attribute_values(const nlohmann::json& left, const nlohmann::json& right) {
  if (left.type() != right.type() || left.size() != right.size()) return false;
  if (left.is_array()) {
    for (std::size_t index = 0; index < left.size(); ++index) {
      if (!same_attribute_values(left[index], right[index])) return false;
    }
    return true;
  }
  if (!left.is_object()) return left == right;
  for (const auto& [key, value] : left.items()) {
    const auto found = right.find(key);
    if (found == right.end()) return false;
    if (key == "N" && value.is_string() && found->is_string()) {
      if (parse_decimal(value.get<std::string>()) != parse_decimal(found->get<std::string>())) return false;
    } else if (!same_attribute_values(value, *found)) {
      return false;
    }
  }
  return true;
}

}  // namespace castore::detail

#endif
