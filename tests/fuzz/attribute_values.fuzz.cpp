// SPDX-License-Identifier: MIT
// JSON text that DynamoDB can hold comes back as the same JSON, and what it cannot hold is an error of its field.

#include <castore/adapters/dynamodb/attribute_values.hpp>

#include "fuzz/fuzz.hpp"

#include <castore/aws/json_scanner.hpp>
#include <castore/core/errors.hpp>

#include <nlohmann/json.hpp>

#include <cstddef>
#include <string>
#include <string_view>

using namespace castore_fuzz;

void try_input(std::string_view input) {
  std::string values;
  std::size_t size = 0;
  const bool is_written = is_taken<castore::InvalidEventError>([&] {
    castore::detail::AttributeWriter writer{values, "payload"};
    writer.append(std::string{input});
    size = writer.size();
  });
  if (is_written) {
    require(nlohmann::json::accept(values), "attribute values are JSON");
    std::string json;
    castore::detail::JsonScanner scanner{values};
    castore::detail::append_attribute_value(json, scanner);
    scanner.expect_end();
    require(nlohmann::json::accept(json), "what is read back is JSON");
    std::string again;
    castore::detail::AttributeWriter writer{again, "payload"};
    writer.append(json);
    require(again == values && writer.size() == size, "what is read back is written as before");
  }
  // The same text as what a server sends.
  is_taken<castore::detail::JsonScanError>([&] {
    std::string json;
    castore::detail::JsonScanner scanner{input};
    castore::detail::append_attribute_value(json, scanner);
    require(!nlohmann::json::accept(input) || nlohmann::json::accept(json), "valid attribute values become JSON");
  });
}
