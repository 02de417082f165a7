// SPDX-License-Identifier: MIT
#ifndef CASTORE_ADAPTERS_POSTGRES_VALUES_HPP
#define CASTORE_ADAPTERS_POSTGRES_VALUES_HPP

/// @file
/// Values to and from PostgreSQL in its binary formats, which need no text and no time zone.
/// Source of the formats: `int8send`, `timestamptz_send`, `jsonb_send` and `array_send` in PostgreSQL's source.

#include <castore/core/timestamp.hpp>
#include <castore/fwd.hpp>

#include <libpq-fe.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <limits>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace castore::detail {

/// PostgreSQL counts microseconds from here; its own ends of time, `-infinity` and `infinity`, are the ends of int64.
inline constexpr Timestamp postgres_epoch = std::chrono::sys_days{std::chrono::year{2000} / 1 / 1};

/// @pre The year is from 0000 to 9999, or the first after it.
inline std::int64_t to_postgres_time(Timestamp time) {
  return std::chrono::duration_cast<std::chrono::microseconds>(time - postgres_epoch).count();
}

/// Nothing outside of the years 0000 to 9999.
inline std::optional<Timestamp> from_postgres_time(std::int64_t microseconds) {
  static constexpr std::chrono::microseconds earliest = earliest_timestamp - postgres_epoch;
  static constexpr std::chrono::microseconds latest = latest_timestamp - postgres_epoch + std::chrono::milliseconds{1};
  const std::chrono::microseconds time{microseconds};
  if (time < earliest || time >= latest) return std::nullopt;
  return postgres_epoch + std::chrono::floor<std::chrono::milliseconds>(time);
}

/// A number as PostgreSQL sends it: the most significant byte first.
template <class Integer>
std::array<char, sizeof(Integer)> to_postgres_bytes(Integer value) noexcept {
  std::array<char, sizeof(Integer)> bytes{};
  auto bits = static_cast<std::uint64_t>(value);
  for (std::size_t index = bytes.size(); index-- > 0; bits >>= 8U) bytes[index] = static_cast<char>(bits & 0xFFU);
  return bytes;
}

/// The types of what is sent in arrays and of what comes back, by their numbers in pg_type, which never change.
enum class PostgresType : std::int32_t { boolean = 16, bigint = 20, text = 25, timestamptz = 1184, jsonb = 3802 };

/// Values of one type, which one parameter carries. It has as many as it was made for when it is sent.
class PostgresArray {
 public:
  PostgresArray(PostgresType type, std::size_t size) {
    constexpr std::int32_t dimensions = 1;
    constexpr std::int32_t may_hold_null = 1;
    constexpr std::int32_t first_index = 1;
    for (const std::int32_t field :
         {dimensions, may_hold_null, static_cast<std::int32_t>(type), static_cast<std::int32_t>(size), first_index}) {
      append(to_postgres_bytes(field));
    }
  }

  void text(std::string_view value) {
    append(to_postgres_bytes(static_cast<std::int32_t>(value.size())));
    bytes_ += value;
  }
  /// An empty text is NULL.
  void json(std::string_view value) {
    constexpr std::int32_t null = -1;
    constexpr char version_of_format = 1;
    append(to_postgres_bytes(value.empty() ? null : static_cast<std::int32_t>(value.size() + 1)));
    if (!value.empty()) (bytes_ += version_of_format) += value;
  }
  void integer(std::int64_t value) { element(to_postgres_bytes(value)); }
  void time(Timestamp value) { integer(to_postgres_time(value)); }
  void boolean(bool value) { element(std::array{static_cast<char>(value)}); }

  std::string_view bytes() const noexcept { return bytes_; }

 private:
  template <std::size_t size>
  void append(const std::array<char, size>& bytes) {
    bytes_.append(bytes.data(), size);
  }
  template <std::size_t size>
  void element(const std::array<char, size>& bytes) {
    append(to_postgres_bytes(static_cast<std::int32_t>(size)));
    append(bytes);
  }

  std::string bytes_;
};

/// The parameters of one execution of a statement. They refer to the texts they were given.
class PostgresValues {
 public:
  PostgresValues() = default;
  PostgresValues(PostgresValues&&) = delete;

  /// A null pointer would be NULL, but a view without data is an empty text.
  PostgresValues& text(std::string_view value) {
    return add(value.data() == nullptr ? "" : value.data(), value.size(), binary);
  }
  /// Of a JSON text without NUL; an empty one is NULL. It goes in JSON's text format, as the binary one has a prefix.
  PostgresValues& json(const std::string& value) {
    return add(value.empty() ? nullptr : value.c_str(), value.size(), textual);
  }
  PostgresValues& integer(std::int64_t value) {
    auto& bytes = integers_[static_cast<std::size_t>(count_)];
    bytes = to_postgres_bytes(value);
    return add(bytes.data(), bytes.size(), binary);
  }
  PostgresValues& time(Timestamp value) { return integer(to_postgres_time(value)); }
  PostgresValues& array(const PostgresArray& value) { return text(value.bytes()); }
  /// Without texts, NULL.
  PostgresValues& texts(const PostgresArray& value, bool is_null) { return is_null ? null() : array(value); }
  /// Of a number of rows; without one, NULL, which is not a limit. @param more Rows beyond.
  PostgresValues& limit(const std::optional<std::size_t>& rows, std::size_t more = 0) {
    constexpr auto largest = static_cast<std::size_t>((std::numeric_limits<std::int64_t>::max)());
    return rows ? integer(static_cast<std::int64_t>((std::min)(*rows, largest - more) + more)) : null();
  }
  PostgresValues& null() { return add(nullptr, 0, binary); }

  int count() const noexcept { return count_; }
  const char* const* values() const noexcept { return values_.data(); }
  const int* lengths() const noexcept { return lengths_.data(); }
  const int* formats() const noexcept { return formats_.data(); }

 private:
  static constexpr int textual = 0;
  static constexpr int binary = 1;
  static constexpr std::size_t most = 9;

  PostgresValues& add(const char* value, std::size_t length, int format) {
    const auto index = static_cast<std::size_t>(count_++);
    values_[index] = value;
    lengths_[index] = static_cast<int>(length);
    formats_[index] = format;
    return *this;
  }

  int count_ = 0;
  std::array<const char*, most> values_{};
  std::array<int, most> lengths_{};
  std::array<int, most> formats_{};
  std::array<std::array<char, sizeof(std::int64_t)>, most> integers_{};
};

/// Rows in binary format.
class PostgresResult {
 public:
  PostgresResult() = default;
  explicit PostgresResult(PGresult* result) : result_{result} {}

  explicit operator bool() const noexcept { return result_ != nullptr; }
  PGresult* handle() const noexcept { return result_.get(); }
  int rows() const noexcept { return PQntuples(result_.get()); }
  /// Whether the columns have these types.
  bool has_types(std::initializer_list<PostgresType> types) const noexcept {
    int column = 0;
    return std::ranges::all_of(
        types, [&](PostgresType type) { return PQftype(result_.get(), column++) == static_cast<Oid>(type); });
  }

  /// Of NULL, an empty one whose data() is a null pointer.
  std::string_view text(int row, int column) const noexcept {
    const auto size = static_cast<std::size_t>(PQgetlength(result_.get(), row, column));
    if (size == 0 && PQgetisnull(result_.get(), row, column) != 0) return {};
    return {PQgetvalue(result_.get(), row, column), size};
  }
  /// Of NULL, 0.
  std::int64_t integer(int row, int column) const noexcept {
    const std::string_view bytes = text(row, column);
    std::uint64_t bits = 0;
    if (bytes.size() == sizeof bits) {  // a loop of a length that compilers know is one instruction
      for (std::size_t place = 0; place < sizeof bits; ++place) {
        bits = (bits << 8U) | static_cast<unsigned char>(bytes[place]);
      }
    } else {
      for (const char byte : bytes) bits = (bits << 8U) | static_cast<unsigned char>(byte);
    }
    return static_cast<std::int64_t>(bits);
  }
  /// The JSON text without the number of its format before it; of NULL, an empty one.
  std::string_view json(int row, int column) const noexcept {
    const std::string_view value = text(row, column);
    return value.empty() ? value : value.substr(1);
  }
  std::optional<Timestamp> time(int row, int column) const noexcept { return from_postgres_time(integer(row, column)); }

 private:
  struct Clear {
    void operator()(PGresult* result) const noexcept { PQclear(result); }
  };
  std::unique_ptr<PGresult, Clear> result_;
};

}  // namespace castore::detail

#endif
