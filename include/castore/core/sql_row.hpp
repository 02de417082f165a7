// SPDX-License-Identifier: MIT
#ifndef CASTORE_CORE_SQL_ROW_HPP
#define CASTORE_CORE_SQL_ROW_HPP

/// @file
/// Values that go into SQL statements of a transaction and come out of them, the same for every database.

#include <castore/core/errors.hpp>
#include <castore/core/event_storage_adapter.hpp>
#include <castore/fwd.hpp>

#include <array>
#include <charconv>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

namespace castore {

/// @brief A value of a column or a parameter: NULL, a number or text.
using SqlValue = std::variant<std::monostate, std::int64_t, double, std::string>;

namespace detail {

template <class Value>
inline constexpr bool is_sql_optional = false;
template <class Value>
inline constexpr bool is_sql_optional<std::optional<Value>> = true;

/// A parameter; texts are referred to.
using SqlParameter = std::variant<std::monostate, std::int64_t, double, bool, std::string_view>;

template <class Value>
SqlParameter sql_parameter(const Value& value) {
  if constexpr (is_sql_optional<Value>) {
    return value ? sql_parameter(*value) : SqlParameter{};
  } else if constexpr (std::same_as<Value, std::nullptr_t> || std::same_as<Value, std::nullopt_t>) {
    return {};
  } else if constexpr (std::same_as<Value, bool>) {
    return value;
  } else if constexpr (std::is_enum_v<Value>) {
    return static_cast<std::int64_t>(value);
  } else if constexpr (std::integral<Value>) {
    static_assert(sizeof(Value) < sizeof(std::int64_t) || std::is_signed_v<Value> || sizeof(Value) == 8,
                  "castore: an SQL parameter is an integer of at most 64 bits");
    return static_cast<std::int64_t>(value);
  } else if constexpr (std::floating_point<Value>) {
    return static_cast<double>(value);
  } else {
    static_assert(std::convertible_to<const Value&, std::string_view>,
                  "castore: an SQL parameter is a number, a bool, an enumerator, text, nullptr or an optional of "
                  "these; turn other values into one of them");
    return std::string_view{value};
  }
}

[[noreturn]] inline void throw_wrong_column(std::size_t column, std::string_view wrong) {
  throw StorageError{"column " + std::to_string(column) + " of a row, counted from 0, " + std::string{wrong}};
}

}  // namespace detail

/// @brief A row that a query gave.
class SqlRow {
 public:
  /// @brief The values, in the order of the columns.
  explicit SqlRow(std::vector<SqlValue> values) noexcept : values_{std::move(values)} {}

  /// @brief How many columns it has.
  std::size_t size() const noexcept { return values_.size(); }
  /// @brief A value as it is. @throws StorageError when there is no such column
  const SqlValue& at(std::size_t column) const {
    if (column >= values_.size()) detail::throw_wrong_column(column, "is not there");
    return values_[column];
  }
  /// @brief A value as a number, a bool, text, or a `std::optional` of these, which NULL needs.
  /// @throws StorageError when it is not one
  template <class Value>
  Value get(std::size_t column) const {
    const SqlValue& value = at(column);
    if constexpr (detail::is_sql_optional<Value>) {
      if (std::holds_alternative<std::monostate>(value)) return std::nullopt;
      return get<typename Value::value_type>(column);
    } else if constexpr (std::same_as<Value, std::string>) {
      return text_of(value, column);
    } else if constexpr (std::same_as<Value, bool>) {
      if (const auto* const text = std::get_if<std::string>(&value)) return *text == "t" || *text == "1";
      return number_of<std::int64_t>(value, column) != 0;
    } else {
      static_assert(std::integral<Value> || std::floating_point<Value>,
                    "castore: a column is read as a number, a bool, std::string or a std::optional of these");
      return number_of<Value>(value, column);
    }
  }

 private:
  static std::string text_of(const SqlValue& value, std::size_t column) {
    if (const auto* const text = std::get_if<std::string>(&value)) return *text;
    if (const auto* const integer = std::get_if<std::int64_t>(&value)) return std::to_string(*integer);
    if (const auto* const real = std::get_if<double>(&value)) {
      std::array<char, 32> digits;
      return {digits.data(), std::to_chars(digits.data(), digits.data() + digits.size(), *real).ptr};
    }
    detail::throw_wrong_column(column, "is NULL; read it as a std::optional");
  }
  template <class Number>
  static Number number_of(const SqlValue& value, std::size_t column) {
    if (const auto* const integer = std::get_if<std::int64_t>(&value)) {
      if constexpr (std::integral<Number>) {
        if (!std::in_range<Number>(*integer)) detail::throw_wrong_column(column, "is too large for its type");
      }
      return static_cast<Number>(*integer);
    }
    if (const auto* const real = std::get_if<double>(&value); real != nullptr && std::floating_point<Number>) {
      return static_cast<Number>(*real);
    }
    const std::string text = text_of(value, column);
    Number number{};
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (error != std::errc{} || end != text.data() + text.size()) {
      detail::throw_wrong_column(column, "is not such a number");
    }
    return number;
  }

  std::vector<SqlValue> values_;
};

/// @brief The rows that a query gave.
using SqlRows = std::vector<SqlRow>;

}  // namespace castore

#endif
