// SPDX-License-Identifier: MIT
#include <castore/core/aggregate.hpp>
#include "support/catch.hpp"

#include <concepts>
#include <string>
#include <string_view>

using castore::AggregateLike;

namespace {

struct Inherits : castore::Aggregate {
  int level = 0;
};
struct Compares : castore::Aggregate {
  int level = 0;
  friend bool operator==(const Compares&, const Compares&) = default;
};
struct HasTheMembers {
  std::string aggregate_id;
  castore::Version version = 0;
};
struct FixedId {
  FixedId& operator=(std::string_view);
  bool operator==(std::string_view) const;
};
struct HasAnIdOfItsOwn {
  FixedId aggregate_id;
  castore::Version version = 0;
};
struct NoVersion {
  std::string aggregate_id;
};
struct NoId {
  castore::Version version = 0;
};
struct ViewsItsId {
  int aggregate_id = 0;
  castore::Version version = 0;
};
struct NeedsAnArgument : castore::Aggregate {
  explicit NeedsAnArgument(int);
};
struct CannotMove : castore::Aggregate {
  CannotMove() = default;
  CannotMove(const CannotMove&) = delete;
  CannotMove& operator=(const CannotMove&) = delete;
};
struct HasConstants {
  const std::string aggregate_id;
  castore::Version version = 0;
};

}  // namespace

TEST_CASE("an aggregate is a movable type with an id and a version") {
  STATIC_REQUIRE(AggregateLike<castore::Aggregate>);
  STATIC_REQUIRE(AggregateLike<Inherits>);
  STATIC_REQUIRE(AggregateLike<HasTheMembers>);
}

TEST_CASE("an aggregate may have an id of any type that takes text") {
  STATIC_REQUIRE(AggregateLike<HasAnIdOfItsOwn>);
}

TEST_CASE("what lacks a member of an aggregate or cannot be made or moved is none") {
  STATIC_REQUIRE_FALSE(AggregateLike<NoVersion>);
  STATIC_REQUIRE_FALSE(AggregateLike<NoId>);
  STATIC_REQUIRE_FALSE(AggregateLike<ViewsItsId>);
  STATIC_REQUIRE_FALSE(AggregateLike<NeedsAnArgument>);
  STATIC_REQUIRE_FALSE(AggregateLike<CannotMove>);
  STATIC_REQUIRE_FALSE(AggregateLike<HasConstants>);
  STATIC_REQUIRE_FALSE(AggregateLike<int>);
}

TEST_CASE("a new aggregate has no id and version zero") {
  const Inherits aggregate;
  CHECK(aggregate.aggregate_id.empty());
  CHECK(aggregate.version == 0);
}

TEST_CASE("an aggregate is compared by all its members or not at all") {
  STATIC_REQUIRE(std::equality_comparable<castore::Aggregate>);
  STATIC_REQUIRE(std::equality_comparable<Compares>);
  STATIC_REQUIRE_FALSE(std::equality_comparable<Inherits>);
  const Compares one{{"a", 1}, 5};
  CHECK(one == Compares{{"a", 1}, 5});
  CHECK_FALSE(one == Compares{{"b", 1}, 5});
  CHECK_FALSE(one == Compares{{"a", 2}, 5});
  CHECK_FALSE(one == Compares{{"a", 1}, 6});
}
