// SPDX-License-Identifier: MIT
#include <castore/core/event.hpp>
#include "support/catch.hpp"

#include <concepts>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>

using castore::ComparableValue;
using castore::EventDetail;
using castore::EventPayload;
using castore::MetadataOf;
using castore::NoMetadata;

namespace event_type_test {

struct Plain {
  static constexpr std::string_view type = "PLAIN";
};
struct WithLiteralType {
  static constexpr const char* type = "LITERAL";
};
struct MoveOnly {
  static constexpr std::string_view type = "MOVE_ONLY";
  std::unique_ptr<int> value;
};
struct WithMetadata {
  static constexpr std::string_view type = "WITH_METADATA";
  using Metadata = std::optional<std::string>;
};
struct WithoutType {};
struct WithTypeOfInstance {
  std::string_view type = "NOT_STATIC";
};
struct WithTypeAtRunTime {
  static inline std::string_view type = "NOT_CONSTANT";
};
struct WithNumber {
  static constexpr int type = 1;
};
struct Immovable {
  static constexpr std::string_view type = "IMMOVABLE";
  Immovable(const Immovable&) = delete;
};
struct Incomparable {
  static constexpr std::string_view type = "INCOMPARABLE";
  int value = 0;
};
struct IncomparableMetadata {
  static constexpr std::string_view type = "INCOMPARABLE_METADATA";
  struct Metadata {
    int value = 0;
  };
};

}  // namespace event_type_test

using namespace event_type_test;

TEST_CASE("an event payload is a movable struct with a constant type") {
  STATIC_REQUIRE(EventPayload<Plain>);
  STATIC_REQUIRE(EventPayload<WithLiteralType>);
  STATIC_REQUIRE(EventPayload<MoveOnly>);
  STATIC_REQUIRE(EventPayload<WithMetadata>);
  STATIC_REQUIRE_FALSE(EventPayload<WithoutType>);
  STATIC_REQUIRE_FALSE(EventPayload<WithTypeOfInstance>);
  STATIC_REQUIRE_FALSE(EventPayload<WithTypeAtRunTime>);
  STATIC_REQUIRE_FALSE(EventPayload<WithNumber>);
  STATIC_REQUIRE_FALSE(EventPayload<Immovable>);
  STATIC_REQUIRE_FALSE(EventPayload<const Plain>);
  STATIC_REQUIRE_FALSE(EventPayload<Plain&>);
  STATIC_REQUIRE_FALSE(EventPayload<void>);
  STATIC_REQUIRE_FALSE(EventPayload<int>);
}

TEST_CASE("the metadata of an event is what its payload declares or nothing") {
  STATIC_REQUIRE(std::same_as<MetadataOf<Plain>, NoMetadata>);
  STATIC_REQUIRE(std::same_as<MetadataOf<WithMetadata>, std::optional<std::string>>);
  STATIC_REQUIRE(std::same_as<decltype(EventDetail<Plain>::metadata), NoMetadata>);
  STATIC_REQUIRE(std::same_as<decltype(EventDetail<WithMetadata>::metadata), std::optional<std::string>>);
}

TEST_CASE("an event detail is an aggregate that moves and copies as its payload does") {
  STATIC_REQUIRE(std::is_aggregate_v<EventDetail<Plain>>);
  STATIC_REQUIRE(std::copyable<EventDetail<Plain>>);
  STATIC_REQUIRE(std::movable<EventDetail<MoveOnly>>);
  STATIC_REQUIRE_FALSE(std::copy_constructible<EventDetail<MoveOnly>>);
  STATIC_REQUIRE(EventDetail<Plain>::type() == "PLAIN");
  STATIC_REQUIRE(EventDetail<WithLiteralType>::type() == "LITERAL");
}

TEST_CASE("an event detail can be compared when its payload and metadata can or are empty") {
  STATIC_REQUIRE(ComparableValue<Plain>);
  STATIC_REQUIRE(ComparableValue<int>);
  STATIC_REQUIRE_FALSE(ComparableValue<Incomparable>);
  STATIC_REQUIRE(std::equality_comparable<EventDetail<Plain>>);
  STATIC_REQUIRE(std::equality_comparable<EventDetail<WithMetadata>>);
  STATIC_REQUIRE_FALSE(std::equality_comparable<EventDetail<Incomparable>>);
  STATIC_REQUIRE_FALSE(std::equality_comparable<EventDetail<IncomparableMetadata>>);
}

TEST_CASE("absent metadata is equal to itself and takes no room") {
  struct WithoutMetadata {
    std::string aggregate_id;
    castore::Version version;
    castore::Timestamp timestamp;
    Incomparable payload;
    castore::EventContext context;
  };
  STATIC_REQUIRE(sizeof(castore::EventContext) == sizeof(void*));
  STATIC_REQUIRE(sizeof(EventDetail<Incomparable>) == sizeof(WithoutMetadata));
  STATIC_REQUIRE(NoMetadata{} == NoMetadata{});
}
