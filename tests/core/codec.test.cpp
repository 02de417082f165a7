// SPDX-License-Identifier: MIT
#include <castore/core/codec.hpp>
#include "support/catch.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace codec_test {

struct Level {
  int value = 0;
};
class Uncoded {  // with private parts, which no codec finds by itself
 public:
  int value() const { return value_; }

 private:
  int value_ = 0;
};
struct DecodesSomethingElse {};

}  // namespace codec_test

template <>
struct castore::codec<codec_test::Level> {
  static std::string encode(const codec_test::Level& level) { return std::to_string(level.value); }
  static codec_test::Level decode(std::string_view json) { return {std::stoi(std::string{json})}; }
};
template <>
struct castore::codec<codec_test::DecodesSomethingElse> {
  static std::string encode(const codec_test::DecodesSomethingElse&) { return "{}"; }
  static int decode(std::string_view) { return 0; }
};

using castore::codec;
using castore::HasCodec;
using codec_test::Level;

TEST_CASE("a type has a codec when it can be encoded and decoded") {
  STATIC_REQUIRE(HasCodec<Level>);
  STATIC_REQUIRE(HasCodec<std::optional<Level>>);
  STATIC_REQUIRE_FALSE(HasCodec<codec_test::Uncoded>);
  STATIC_REQUIRE_FALSE(HasCodec<std::optional<codec_test::Uncoded>>);
  STATIC_REQUIRE_FALSE(HasCodec<codec_test::DecodesSomethingElse>);
}

TEST_CASE("an optional value is absent or what its own codec makes of it") {
  using Codec = codec<std::optional<Level>>;
  CHECK(Codec::encode(std::nullopt).empty());
  CHECK(Codec::encode(Level{7}) == "7");
  CHECK_FALSE(Codec::decode("").has_value());
  REQUIRE(Codec::decode("7").has_value());
  CHECK(Codec::decode("7")->value == 7);
}
