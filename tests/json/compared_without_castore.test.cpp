// SPDX-License-Identifier: MIT
// Comparing JSON values makes a compiler look at the conversions to every class of the standard library that has `==`; what
// the library declares for some must not come too late then.
#include <nlohmann/json.hpp>

#include <chrono>
#include <optional>
#include <variant>

namespace compared_without_castore_test {

inline bool is_known(const nlohmann::json& json) {
  return json == nlohmann::json(1) || json == nullptr || json == "text" || json != json || json < json;
}
inline bool is_same(std::optional<int> left, std::variant<std::monostate, int> right, std::chrono::seconds time) {
  return left == 1 && right == std::variant<std::monostate, int>{2} && time == std::chrono::minutes{1};
}

}  // namespace compared_without_castore_test

#include <castore/castore.hpp>
#include "support/catch.hpp"

TEST_CASE("the library may be included after code that compares JSON values") {
  CHECK(compared_without_castore_test::is_known(1));
  CHECK(compared_without_castore_test::is_same(1, 2, std::chrono::seconds{60}));
}
