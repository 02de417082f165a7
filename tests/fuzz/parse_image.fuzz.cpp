// SPDX-License-Identifier: MIT
// An image of a DynamoDB stream may be any JSON; of attribute values it reads what the adapter reads.

#include <castore/adapters/dynamodb/parse_image.hpp>

#include "fuzz/fuzz.hpp"

#include <castore/adapters/dynamodb/attribute_values.hpp>
#include <castore/aws/json_scanner.hpp>
#include <castore/castore.hpp>
#include <castore/messaging/errors.hpp>

#include <nlohmann/json.hpp>

#include <string>
#include <string_view>
#include <tuple>

using namespace castore_fuzz;

namespace {

struct Appeared {
  static constexpr std::string_view type = "APPEARED";
  std::string name;
  NLOHMANN_DEFINE_TYPE_INTRUSIVE(Appeared, name)
};
struct Monster : castore::Aggregate {};
struct Reducer {
  void operator()(Monster&, const Appeared&) const {}
};

}  // namespace

void try_input(std::string_view input) {
  const auto json = castore::detail::parse_json(input);
  if (json.is_discarded()) return;
  const castore::EventStore<castore::Events<Appeared>, Monster, Reducer> store{"MONSTERS"};
  is_taken<castore::InvalidMessageError>([&] { castore::parse_image(std::tie(store), json); });

  nlohmann::json by_image;
  const bool is_read =
      is_taken<castore::InvalidMessageError>([&] { by_image = castore::detail::json_of_attribute(json, "payload"); });
  if (input.size() > 2'000) return;      // writing JSON is recursive
  const std::string text = json.dump();  // each key once, as an image has them
  std::string by_adapter;
  const bool is_read_by_adapter = is_taken<castore::detail::JsonScanError>([&] {
    castore::detail::JsonScanner scanner{text};
    castore::detail::append_attribute_value(by_adapter, scanner);
  });
  const auto value = castore::detail::parse_json(by_adapter);  // discarded also for 1e999
  require(is_read == (is_read_by_adapter && !value.is_discarded()), "both refuse the same");
  require(!is_read || value == by_image, "both read the same");
}
