// SPDX-License-Identifier: MIT
// Payloads that are decoded straight from their JSON text.

#include <castore/castore.hpp>
#include <castore/simdjson.hpp>

#include <exception>
#include <iostream>
#include <string>
#include <string_view>
#include <vector>

// [payload]
struct Item {
  std::string name;
  double weight = 0;
  CASTORE_DEFINE_JSON(Item, name, weight)
};
struct ParcelPacked {
  static constexpr std::string_view type = "PARCEL_PACKED";
  std::string address;
  std::vector<Item> items;
  CASTORE_DEFINE_JSON(ParcelPacked, address, items)
};
// [/payload]

int main() {
  const std::string text = castore::codec<ParcelPacked>::encode({"1 Main Street", {{"lamp", 2.5}}});
  std::cout << text << '\n' << castore::codec<ParcelPacked>::decode(text).items.front().weight << '\n';

  // An integer where the field is a double, and a field too many: nlohmann_json decides, as ever.
  std::cout << castore::codec<ParcelPacked>::decode(
                   R"({"items":[{"name":"pen","weight":1}],"address":"","note":"new"})").items.front().weight
            << '\n';
  try {
    castore::codec<ParcelPacked>::decode(R"({"address":"1 Main Street"})");
  } catch (const std::exception& error) {
    std::cout << error.what() << '\n';
  }
}
