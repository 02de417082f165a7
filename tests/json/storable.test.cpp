// SPDX-License-Identifier: MIT
#include <castore/json/storable.hpp>
#include <castore/json.hpp>
#include "support/catch.hpp"

#include <nlohmann/json.hpp>

#include <array>
#include <chrono>
#include <concepts>
#include <deque>
#include <functional>
#include <initializer_list>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <tuple>
#include <unordered_map>
#include <utility>
#include <variant>
#include <vector>

using castore::HasCodec;
using nlohmann::json;

namespace storable_test {

// --- functions of a base class ---

struct Audited {
  std::string by;
  NLOHMANN_DEFINE_TYPE_INTRUSIVE(Audited, by)
};
struct Withdrawn : Audited {
  int amount = 0;
};
struct WithoutOwnFields : Audited {};
struct OwnAll : Audited {
  int amount = 0;
  NLOHMANN_DEFINE_TYPE_INTRUSIVE(OwnAll, by, amount)
};
struct OnlyOwnTo : Audited {
  int amount = 0;
  friend void to_json(json& target, const OnlyOwnTo& source) { target = source.amount; }
};
struct OnlyOwnFrom : Audited {
  int amount = 0;
  friend void from_json(const json& source, OnlyOwnFrom& target) { target.amount = source; }
};
struct Grandchild : Withdrawn {};
struct OfGrandchild : Grandchild {
  NLOHMANN_DEFINE_TYPE_INTRUSIVE(OfGrandchild, by, amount)
};
struct Outside {
  std::string by;
};
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(Outside, by)
struct OfOutside : Outside {
  int amount = 0;
};
struct BothOutside : Outside {
  int amount = 0;
};
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE_WITH_DEFAULT(BothOutside, by, amount)
struct WithDefault {
  int amount = 0;
  NLOHMANN_DEFINE_TYPE_INTRUSIVE_WITH_DEFAULT(WithDefault, amount)
};
struct Generic {
  int amount = 0;
  template <class Json>
  friend void to_json(Json& target, const Generic& source) {
    target = source.amount;
  }
  template <class Json>
  friend void from_json(const Json& source, Generic& target) {
    source.get_to(target.amount);
  }
};
struct OfGeneric : Generic {
  int more = 0;
};
/// Found by functions for anything that says it is of this family.
struct OfFamily {
  static constexpr bool is_of_family = true;
  int amount = 0;
};
template <class Type>
  requires(Type::is_of_family)
void to_json(json& target, const Type& source) {
  target = source.amount;
}
template <class Type>
  requires(Type::is_of_family)
void from_json(const json& source, Type& target) {
  target.amount = source;
}
struct HoldsWithdrawn {
  std::vector<Withdrawn> all;
};
struct DeclaresWithdrawn {
  std::vector<Withdrawn> all;
  friend void to_json(json&, const DeclaresWithdrawn&) {}
  friend void from_json(const json&, DeclaresWithdrawn&) {}
};
struct Serialized {
  int amount = 0;
};
struct OfSerialized : Serialized {
  int more = 0;
};
struct Unchangeable {
  explicit Unchangeable(int number_) : number{number_} {}
  int number;
};
struct Tags : std::vector<std::string> {};
struct TagsAndMore : std::vector<std::string> {
  int more = 0;
};

// --- one function alone ---

struct OnlyTo {
  int amount = 0;
  friend void to_json(json& target, const OnlyTo& source) { target = source.amount; }
};
struct OnlyFrom {
  int amount = 0;
  friend void from_json(const json& source, OnlyFrom& target) { target.amount = source; }
};
struct EmptyOnlyTo {
  friend void to_json(json& target, const EmptyOnlyTo&) { target = 1; }
};
struct NoDefault {
  explicit NoDefault(int number_) : number{number_} {}
  int number;
  friend void to_json(json& target, const NoDefault& source) { target = source.number; }
  friend void from_json(const json& source, NoDefault& target) { target.number = source; }
};

// --- fields ---

enum class Texts { one, two };
NLOHMANN_JSON_SERIALIZE_ENUM(Texts, {{Texts::one, "one"}, {Texts::two, "two"}})
enum class NoTexts { one, two };

template <class Type>
struct With {
  std::string before;
  Type field;
};
template <class Type>
struct Declared {
  std::string before;
  Type field;
  friend void to_json(json&, const Declared&) {}
  friend void from_json(const json&, Declared&) {}
};
template <class Type>
struct DeclaredOnBase : Audited {
  Type field;
  friend void to_json(json&, const DeclaredOnBase&) {}
  friend void from_json(const json&, DeclaredOnBase&) {}
};
struct Tree {
  std::vector<Tree> children;
  NLOHMANN_DEFINE_TYPE_INTRUSIVE(Tree, children)
};
struct TreeOfViews {
  std::vector<TreeOfViews> children;
  std::string_view name;
  NLOHMANN_DEFINE_TYPE_INTRUSIVE(TreeOfViews, children, name)
};
struct ConstMembers {
  const std::string name;
  const int level;
};
struct OneKind {
  static constexpr std::string_view type = "ONE";
  int number = 0;
};
struct OtherKind {
  static constexpr std::string_view type = "OTHER";
};
struct Named {
  int first_one = 0;
  int firstOne = 0;
  static constexpr auto json_case = castore::JsonCase::unchanged;
};
struct NamedTwice {
  int first_one = 0;
  int firstOne = 0;
  static constexpr auto json_case = castore::JsonCase::camel;
};
struct RenamedTwice {
  int first = 0;
  int second = 0;
  static constexpr auto json_names = castore::rename(&RenamedTwice::first, "second");
};
struct NamedByFunctions {
  int first_one = 0;
  static constexpr auto json_case = castore::JsonCase::camel;
  NLOHMANN_DEFINE_TYPE_INTRUSIVE(NamedByFunctions, first_one)
};
class Closed {
  [[maybe_unused]] int number = 1;
};
struct Constructed {
  explicit Constructed(int number_) : number{number_} {}
  int number;
};

struct AddedWithoutDefault {
  Unchangeable old;
  int added = 0;
  static constexpr auto added_fields = castore::fields(&AddedWithoutDefault::added);
};

template <class Type>
concept InAnyField = HasCodec<With<Type>> && HasCodec<Declared<Type>> && HasCodec<DeclaredOnBase<Type>>;
template <class Type>
concept InNoField = !HasCodec<With<Type>> && !HasCodec<Declared<Type>> && !HasCodec<DeclaredOnBase<Type>>;

}  // namespace storable_test

template <>
struct nlohmann::adl_serializer<storable_test::Serialized> {
  static void to_json(json& target, const storable_test::Serialized& source) { target = source.amount; }
  static void from_json(const json& source, storable_test::Serialized& target) { target.amount = source; }
};
template <>
struct nlohmann::adl_serializer<storable_test::Unchangeable> {
  static void to_json(json& target, const storable_test::Unchangeable& source) { target = source.number; }
  static storable_test::Unchangeable from_json(const json& source) { return storable_test::Unchangeable{source.get<int>()}; }
};
/// A program's own conversion of a type that the library has none for.
template <>
struct nlohmann::adl_serializer<std::variant<bool, std::string>> {
  static void to_json(json& target, const std::variant<bool, std::string>& source) { target = source.index(); }
  static void from_json(const json&, std::variant<bool, std::string>&) {}
};

using namespace storable_test;

namespace {

struct Unlinked {
  With<Texts> field;
};
struct Unseen : Audited {
  std::optional<Unlinked> value;
  friend void to_json(json&, const Unseen&) {}
  friend void from_json(const json&, Unseen&) {}
};
struct HoldsUnlinked {
  Unlinked first;
  std::optional<Unlinked> second;
  Unseen third;
};

}  // namespace

TEST_CASE("types without linkage have codecs as others do") {
  STATIC_REQUIRE(HasCodec<Unlinked>);
  STATIC_REQUIRE(HasCodec<Unseen>);
  STATIC_REQUIRE(HasCodec<HoldsUnlinked>);
  const std::string text = castore::codec<HoldsUnlinked>::encode({{{"a", Texts::one}}, {}, {}});
  CHECK(text == R"({"first":{"field":{"before":"a","field":"one"}},"third":null})");
  CHECK(castore::codec<HoldsUnlinked>::decode(text).first.field.before == "a");
}

TEST_CASE("a type whose JSON functions are those of its base class has no codec") {
  STATIC_REQUIRE(HasCodec<Audited>);
  STATIC_REQUIRE_FALSE(HasCodec<Withdrawn>);
  STATIC_REQUIRE_FALSE(HasCodec<WithoutOwnFields>);
  STATIC_REQUIRE_FALSE(HasCodec<OnlyOwnTo>);
  STATIC_REQUIRE_FALSE(HasCodec<OnlyOwnFrom>);
  STATIC_REQUIRE_FALSE(HasCodec<Grandchild>);
  STATIC_REQUIRE_FALSE(HasCodec<OfOutside>);
  STATIC_REQUIRE_FALSE(HasCodec<OfGeneric>);
  STATIC_REQUIRE_FALSE(HasCodec<TagsAndMore>);
  STATIC_REQUIRE_FALSE(HasCodec<std::optional<Withdrawn>>);
  STATIC_REQUIRE_FALSE(HasCodec<std::vector<Withdrawn>>);
  STATIC_REQUIRE_FALSE(HasCodec<std::map<std::string, std::optional<Withdrawn>>>);
  STATIC_REQUIRE_FALSE(HasCodec<HoldsWithdrawn>);
  STATIC_REQUIRE_FALSE(HasCodec<DeclaresWithdrawn>);
}

TEST_CASE("a type with JSON functions of its own has a codec, wherever they are declared") {
  STATIC_REQUIRE(HasCodec<OwnAll>);
  STATIC_REQUIRE(HasCodec<OfGrandchild>);
  STATIC_REQUIRE(HasCodec<Outside>);
  STATIC_REQUIRE(HasCodec<BothOutside>);
  STATIC_REQUIRE(HasCodec<WithDefault>);
  STATIC_REQUIRE(HasCodec<Generic>);
  STATIC_REQUIRE(HasCodec<OfFamily>);
  STATIC_REQUIRE(HasCodec<Serialized>);
  STATIC_REQUIRE(HasCodec<Unchangeable>);
  STATIC_REQUIRE(HasCodec<Tags>);
  STATIC_REQUIRE(HasCodec<Tree>);
  STATIC_REQUIRE(HasCodec<json>);
  STATIC_REQUIRE(HasCodec<std::vector<json>>);
  STATIC_REQUIRE(HasCodec<std::map<std::string, std::vector<OwnAll>>>);
}

TEST_CASE("a type with one of the two JSON functions alone has no codec") {
  STATIC_REQUIRE_FALSE(HasCodec<OnlyTo>);
  STATIC_REQUIRE_FALSE(HasCodec<OnlyFrom>);
  STATIC_REQUIRE_FALSE(HasCodec<EmptyOnlyTo>);
  STATIC_REQUIRE_FALSE(HasCodec<NoDefault>);
  STATIC_REQUIRE_FALSE(HasCodec<With<OnlyTo>>);
  STATIC_REQUIRE_FALSE(HasCodec<With<OnlyFrom>>);
}

TEST_CASE("no field may point elsewhere, however deep it is and whoever converts it") {
  STATIC_REQUIRE(InNoField<std::string_view>);
  STATIC_REQUIRE(InNoField<std::wstring_view>);
  STATIC_REQUIRE(InNoField<const char*>);
  STATIC_REQUIRE(InNoField<int*>);
  STATIC_REQUIRE(InNoField<std::span<const int>>);
  STATIC_REQUIRE(InNoField<std::span<int, 3>>);
  STATIC_REQUIRE(InNoField<std::initializer_list<int>>);
  STATIC_REQUIRE(InNoField<std::reference_wrapper<int>>);
  STATIC_REQUIRE(InNoField<std::optional<std::string_view>>);
  STATIC_REQUIRE(InNoField<std::vector<std::string_view>>);
  STATIC_REQUIRE(InNoField<std::array<std::string_view, 2>>);
  STATIC_REQUIRE(InNoField<std::map<std::string, std::string_view>>);
  STATIC_REQUIRE(InNoField<std::map<std::string_view, int>>);
  STATIC_REQUIRE(InNoField<std::unordered_map<std::string, std::deque<std::string_view>>>);
  STATIC_REQUIRE(InNoField<std::pair<int, std::string_view>>);
  STATIC_REQUIRE(InNoField<std::tuple<int, std::set<std::string_view>>>);
  STATIC_REQUIRE(InNoField<With<std::string_view>>);
  STATIC_REQUIRE(InNoField<Declared<std::string_view>>);
  STATIC_REQUIRE(InNoField<std::vector<Declared<std::vector<std::string_view>>>>);
  STATIC_REQUIRE(InNoField<DeclaredOnBase<std::string_view>>);
  STATIC_REQUIRE_FALSE(HasCodec<TreeOfViews>);
  STATIC_REQUIRE_FALSE(HasCodec<std::string_view>);
  STATIC_REQUIRE_FALSE(HasCodec<std::vector<std::string_view>>);
}

TEST_CASE("no field may be a long double") {
  STATIC_REQUIRE(InNoField<long double>);
  STATIC_REQUIRE(InNoField<std::vector<std::optional<long double>>>);
  STATIC_REQUIRE(InNoField<Declared<long double>>);
  STATIC_REQUIRE(InNoField<std::chrono::duration<long double>>);
  STATIC_REQUIRE_FALSE(HasCodec<long double>);
}

TEST_CASE("fields may be what JSON keeps") {
  STATIC_REQUIRE(InAnyField<bool>);
  STATIC_REQUIRE(InAnyField<unsigned char>);
  STATIC_REQUIRE(InAnyField<float>);
  STATIC_REQUIRE(InAnyField<double>);
  STATIC_REQUIRE(InAnyField<std::string>);
  STATIC_REQUIRE(InAnyField<json>);
  STATIC_REQUIRE(InAnyField<std::vector<json>>);
  STATIC_REQUIRE(InAnyField<Texts>);
  STATIC_REQUIRE(InAnyField<std::map<Texts, std::vector<Texts>>>);
  STATIC_REQUIRE(InAnyField<std::optional<std::vector<std::optional<int>>>>);
  STATIC_REQUIRE(InAnyField<std::array<int, 3>>);
  STATIC_REQUIRE(InAnyField<std::tuple<int, std::string>>);
  STATIC_REQUIRE(InAnyField<std::chrono::minutes>);
  STATIC_REQUIRE(InAnyField<std::chrono::duration<double>>);
  STATIC_REQUIRE(InAnyField<castore::Timestamp>);
  STATIC_REQUIRE(InAnyField<std::chrono::system_clock::time_point>);
  STATIC_REQUIRE(InAnyField<With<int>>);
  STATIC_REQUIRE(InAnyField<std::optional<With<With<Texts>>>>);
  STATIC_REQUIRE(InAnyField<OwnAll>);
  STATIC_REQUIRE(HasCodec<With<Unchangeable>>);
  STATIC_REQUIRE(InAnyField<std::variant<bool, std::string>>);
  STATIC_REQUIRE(HasCodec<ConstMembers>);
}

TEST_CASE("a field that the compiler finds must have a JSON form; in JSON functions of its own a type may do what it wants") {
  const auto only_by_hand = []<class Type>(std::type_identity<Type>) {
    return !HasCodec<With<Type>> && !HasCodec<With<std::vector<Type>>> && !HasCodec<With<std::optional<Type>>> &&
           HasCodec<Declared<Type>> && HasCodec<DeclaredOnBase<Type>>;
  };
  STATIC_REQUIRE(only_by_hand(std::type_identity<std::variant<int, std::string>>{}));
  STATIC_REQUIRE(only_by_hand(std::type_identity<std::monostate>{}));
  STATIC_REQUIRE(only_by_hand(std::type_identity<std::unique_ptr<int>>{}));
  STATIC_REQUIRE(only_by_hand(std::type_identity<std::shared_ptr<int>>{}));
  STATIC_REQUIRE(only_by_hand(std::type_identity<std::chrono::year_month_day>{}));
  STATIC_REQUIRE(only_by_hand(std::type_identity<std::chrono::steady_clock::time_point>{}));
  STATIC_REQUIRE(only_by_hand(std::type_identity<std::function<void()>>{}));
  STATIC_REQUIRE(only_by_hand(std::type_identity<Closed>{}));
  STATIC_REQUIRE_FALSE(HasCodec<With<Constructed>>);
  STATIC_REQUIRE(only_by_hand(std::type_identity<std::variant<OneKind, NoTexts>>{}));
  STATIC_REQUIRE_FALSE(HasCodec<std::variant<int, std::string>>);
  STATIC_REQUIRE_FALSE(HasCodec<Closed>);
}

TEST_CASE("fields may be enumerations, structs in containers, and variants whose alternatives say their type") {
  STATIC_REQUIRE(HasCodec<With<NoTexts>>);
  STATIC_REQUIRE(HasCodec<With<std::map<NoTexts, std::vector<NoTexts>>>>);
  STATIC_REQUIRE(HasCodec<With<std::vector<With<int>>>>);
  STATIC_REQUIRE(HasCodec<With<std::map<std::string, std::optional<With<NoTexts>>>>>);
  STATIC_REQUIRE(HasCodec<With<std::variant<OneKind, OtherKind>>>);
  STATIC_REQUIRE(HasCodec<With<OtherKind>>);
  STATIC_REQUIRE(HasCodec<std::vector<With<int>>>);
  STATIC_REQUIRE_FALSE(HasCodec<With<std::variant<OneKind, std::string_view>>>);
  STATIC_REQUIRE_FALSE(HasCodec<With<std::vector<With<std::string_view>>>>);
}

TEST_CASE("a struct whose fields would share a name, or whose names nobody would use, has no codec") {
  STATIC_REQUIRE(HasCodec<Named>);
  STATIC_REQUIRE_FALSE(HasCodec<NamedTwice>);
  STATIC_REQUIRE_FALSE(HasCodec<RenamedTwice>);
  STATIC_REQUIRE_FALSE(HasCodec<NamedByFunctions>);
  STATIC_REQUIRE_FALSE(HasCodec<With<NamedTwice>>);
  STATIC_REQUIRE_FALSE(HasCodec<AddedWithoutDefault>);
}
