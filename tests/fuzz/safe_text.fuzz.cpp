// SPDX-License-Identifier: MIT
// Whatever went into an error, it says one line of UTF-8 of bounded length, without what a terminal obeys or hides.

#include <castore/core/errors.hpp>

#include "fuzz/fuzz.hpp"

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

using namespace castore_fuzz;

namespace {

/// Decodes by another way than the library: into code points that have no shorter form.
bool is_harmless(std::string_view text) {
  for (std::size_t place = 0; place < text.size();) {
    const auto byte = [&](std::size_t index) -> std::uint32_t {
      return place + index < text.size() ? static_cast<unsigned char>(text[place + index]) : 0;
    };
    const std::size_t length = byte(0) < 0x80 ? 1 : byte(0) < 0xE0 ? 2 : byte(0) < 0xF0 ? 3 : 4;
    std::uint32_t point = length == 1 ? byte(0) : byte(0) & (0x7FU >> length);
    for (std::size_t index = 1; index < length; ++index) {
      if ((byte(index) & 0xC0U) != 0x80) return false;
      point = point << 6U | (byte(index) & 0x3FU);
    }
    constexpr std::uint32_t shortest[] = {0, 0, 0x80, 0x800, 0x10000};
    if (point < shortest[length] || point > 0x10FFFF || (point >= 0xD800 && point <= 0xDFFF)) return false;
    const bool is_control = point < 0x20 || (point >= 0x7F && point < 0xA0);
    const bool turns_text = point == 0x61C || point == 0x200E || point == 0x200F ||
                            (point >= 0x202A && point <= 0x202E) || (point >= 0x2066 && point <= 0x2069);
    const bool is_hidden = (point >= 0x200B && point <= 0x200D) || point == 0x2060 || point == 0xFEFF ||
                           point == 0xAD || (point >= 0xE0000 && point <= 0xE0FFF);
    if (is_control || turns_text || is_hidden || point == 0x2028 || point == 0x2029) return false;
    place += length;
  }
  return true;
}

}  // namespace

void try_input(std::string_view input) {
  const std::size_t longest = input.empty() ? 0 : static_cast<unsigned char>(input.front());
  const std::string text = castore::detail::safe_text(input, longest);
  require(is_harmless(text), "safe text is harmless");
  require(text.size() <= longest + 40, "safe text is bounded");
  require(text.size() > longest || castore::detail::safe_text(text, longest) == text, "safe text stays as it is");
  const std::string foreign{input};
  require(is_harmless(castore::StorageError{foreign}.what()), "an error is harmless");
  const castore::EventDecodeError error{foreign, foreign, 1, foreign, foreign};
  require(is_harmless(error.what()), "an error of parts is harmless");
  require(std::string_view{error.what()}.size() < 2'000, "an error of parts is bounded");
  require(error.aggregate_id() == foreign, "an error keeps what it was given");
}
