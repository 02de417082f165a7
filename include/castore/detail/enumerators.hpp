// SPDX-License-Identifier: MIT
#ifndef CASTORE_DETAIL_ENUMERATORS_HPP
#define CASTORE_DETAIL_ENUMERATORS_HPP

/// @file
/// The enumerators of an enumeration, as the compiler knows them. It names them in one text, for all values where
/// enumerators usually are; the text is taken apart when it is needed first.

#include <castore/config.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <stdexcept>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

namespace castore::detail {

/// Enumerators are looked for from here to there, and at the powers of two above.
inline constexpr std::intmax_t first_enumerator = -128;
inline constexpr std::intmax_t last_enumerator = 511;
inline constexpr int first_power = 9;

template <auto... values>
constexpr std::string_view text_of_values() {
  return __PRETTY_FUNCTION__;
}

// An enumeration without a type of its own has few values; GCC and Clang before 20 only warn of others.
#if defined(__clang__)
#pragma clang diagnostic push
#pragma clang diagnostic ignored "-Wenum-constexpr-conversion"
#elif defined(__GNUC__)
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wconversion"
#endif
/// The enumeration can have the value.
template <class Enum, auto value>
concept IsEnumValue = requires { typename std::integral_constant<Enum, static_cast<Enum>(value)>; };

template <class Enum>
struct EnumRange {
  using Underlying = std::underlying_type_t<Enum>;
  using Limits = std::numeric_limits<Underlying>;
  static constexpr bool has_fixed_type = requires { Enum{Underlying{}}; };

  template <int bits>
  static constexpr std::intmax_t first_of() {
    if constexpr (bits < 0)
      return 0;
    else if constexpr (IsEnumValue<Enum, -(std::intmax_t{1} << bits)>)
      return -(std::intmax_t{1} << bits);
    else
      return first_of<bits - 1>();
  }
  template <int bits>
  static constexpr std::intmax_t last_of() {
    if constexpr (bits == 0)
      return 0;
    else if constexpr (IsEnumValue<Enum, (std::intmax_t{1} << bits) - 1>)
      return (std::intmax_t{1} << bits) - 1;
    else
      return last_of<bits - 1>();
  }
  static constexpr std::intmax_t first = [] {
    if constexpr (!std::is_signed_v<Underlying>)
      return std::intmax_t{0};
    else if constexpr (has_fixed_type)
      return (std::max)(first_enumerator, std::intmax_t{(Limits::min)()});
    else
      return first_of<7>();
  }();
  static constexpr std::intmax_t last = [] {
    if constexpr (!has_fixed_type)
      return last_of<first_power>();
    else if constexpr (sizeof(Underlying) == 1)
      return std::intmax_t{(Limits::max)()};
    else
      return last_enumerator;
  }();
  static constexpr std::size_t size = static_cast<std::size_t>(last - first) + 1;

  template <int power>
  static constexpr int power_after() {
    if constexpr (power >= Limits::digits)
      return power;
    else if constexpr (has_fixed_type)
      return Limits::digits;
    else if constexpr (IsEnumValue<Enum, std::uintmax_t{1} << power>)
      return power_after<power + 1>();
    else
      return power;
  }
  static constexpr int powers = (std::max)(power_after<first_power>() - first_power, 0);

  template <std::size_t... Index, int... Power>
  static constexpr std::string_view text_of(std::index_sequence<Index...>, std::integer_sequence<int, Power...>) {
    return text_of_values<static_cast<Enum>(first + static_cast<std::intmax_t>(Index))...,
                          static_cast<Enum>(std::uintmax_t{1} << (first_power + Power))...>();
  }
  static constexpr std::string_view text() {
    // A look into an enumeration that is a member of a template makes Clang instantiate its enumerators.
    static_cast<void>(requires { Enum::castore_enumerator; });
    return text_of(std::make_index_sequence<size>{}, std::make_integer_sequence<int, powers>{});
  }
};

#if defined(__clang__)
#pragma clang diagnostic pop
#elif defined(__GNUC__)
#pragma GCC diagnostic pop
#endif

/// A value of an enumeration, as bits of a wider type, and its text.
struct NamedValue {
  std::uintmax_t value = 0;
  std::string_view name;
};

template <class Enum>
constexpr std::uintmax_t bits_of(Enum value) noexcept {
  return static_cast<std::uintmax_t>(static_cast<std::underlying_type_t<Enum>>(value));
}

/// Takes apart `... values = {ns::Ball::poke, (ns::Ball)1, ...}`, with other brackets by Clang.
inline std::vector<NamedValue> parse_enumerators(std::string_view text, std::intmax_t first, std::size_t size) {
  constexpr std::string_view start = "values = ";
  constexpr std::string_view opening = "([{<";
  constexpr std::string_view closing = ")]}>";
  std::vector<NamedValue> found;
  const auto is_of_name = [](char letter) {
    return (letter >= 'a' && letter <= 'z') || (letter >= 'A' && letter <= 'Z') || (letter >= '0' && letter <= '9') ||
           letter == '_' || letter == '$' || static_cast<signed char>(letter) < 0;
  };
  std::size_t index = 0;
  const auto add = [&](std::size_t end) {
    std::size_t begin = end;
    while (is_of_name(text[begin - 1])) --begin;
    if (begin != end && (text[begin] < '0' || text[begin] > '9')) {
      const std::uintmax_t value = index < size ? static_cast<std::uintmax_t>(first + static_cast<std::intmax_t>(index))
                                                : std::uintmax_t{1} << (first_power + (index - size));
      found.push_back({value, text.substr(begin, end - begin)});
    }
    ++index;
  };
  std::size_t depth = 1;
  for (std::size_t place = text.find(start) + start.size() + 1; place < text.size(); ++place) {
    const char letter = text[place];
    if (letter == '\'') {  // a character may be any of the brackets
      place = text.find('\'', text[place + 1] == '\\' ? place + 3 : place + 2);
      if (place == std::string_view::npos) break;
    } else if (opening.find(letter) != std::string_view::npos) {
      ++depth;
    } else if (closing.find(letter) != std::string_view::npos) {
      if (--depth == 0) {
        add(place);
        break;
      }
    } else if (letter == ',' && depth == 1) {
      add(place);
    }
  }
  return found;
}

/// The texts of an enumeration.
class EnumTexts {
 public:
  /// @throws std::logic_error when two values would have the same text
  explicit EnumTexts(std::vector<NamedValue> values) : values_(std::move(values)) {
    for (auto value = values_.begin(); value != values_.end(); ++value) {
      if (find(value->name) != &*value) {
        throw std::logic_error{"two enumerators have the text '" + std::string{value->name} + "'"};
      }
    }
  }
  /// Nothing when the value has no text.
  const NamedValue* find(std::uintmax_t value) const noexcept {
    return find_if([value](const NamedValue& named) { return named.value == value; });
  }
  const NamedValue* find(std::string_view name) const noexcept {
    return find_if([name](const NamedValue& named) { return named.name == name; });
  }
  const std::vector<NamedValue>& values() const noexcept { return values_; }

 private:
  template <class Predicate>
  const NamedValue* find_if(Predicate predicate) const noexcept {
    const auto found = std::find_if(values_.begin(), values_.end(), predicate);
    return found == values_.end() ? nullptr : &*found;
  }
  std::vector<NamedValue> values_;
};

/// Gives a value this text, whatever it had.
inline void put_text(std::vector<NamedValue>& values, NamedValue named) {
  for (NamedValue& old : values) {
    if (old.value != named.value) continue;
    old.name = named.name;
    return;
  }
  values.push_back(named);
}

/// What the compiler knows.
template <class Enum>
const std::vector<NamedValue>& enumerators_of() {
  using Range = EnumRange<Enum>;
  static const std::vector<NamedValue> found = parse_enumerators(Range::text(), Range::first, Range::size);
  return found;
}

}  // namespace castore::detail

#endif
