// SPDX-License-Identifier: MIT
#include "tools/castore/output.hpp"

#include "tools/castore/command.hpp"

#include <castore/core/timestamp.hpp>
#include <castore/detail/text.hpp>
#include <castore/maintenance/event_line.hpp>

#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <limits>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

namespace castore::tool {

namespace {

std::size_t terminal_width(int descriptor) {
  winsize size{};
  if (ioctl(descriptor, TIOCGWINSZ, &size) == 0 && size.ws_col > 0) return size.ws_col;
  const char* const columns = std::getenv("COLUMNS");
  return detail::parse_integer<std::size_t>(columns == nullptr ? "" : columns).value_or(80);
}

bool wants_colours() {
  const char* const no_colour = std::getenv("NO_COLOR");
  const char* const terminal = std::getenv("TERM");
  return (no_colour == nullptr || *no_colour == '\0') && terminal != nullptr && std::strcmp(terminal, "dumb") != 0;
}

const char* code_of(Colour colour) {
  switch (colour) {
    case Colour::bold:
      return "\x1B[1m";
    case Colour::dim:
      return "\x1B[2m";
    case Colour::red:
      return "\x1B[31m";
    case Colour::green:
      return "\x1B[32m";
    case Colour::yellow:
      return "\x1B[33m";
    case Colour::none:
      break;
  }
  return "";
}

/// Characters that take two places, roughly: East Asian wide ones and pictures. Source: Unicode 15.0, EastAsianWidth.
bool is_wide(char32_t point) {
  constexpr char32_t ranges[][2] = {{0x1100, 0x115F},   {0x2E80, 0x303E},   {0x3041, 0x33FF},  {0x3400, 0x4DBF},
                                    {0x4E00, 0x9FFF},   {0xA000, 0xA4CF},   {0xAC00, 0xD7A3},  {0xF900, 0xFAFF},
                                    {0xFE30, 0xFE6F},   {0xFF00, 0xFF60},   {0xFFE0, 0xFFE6},  {0x1F300, 0x1F64F},
                                    {0x1F680, 0x1F6FF}, {0x1F900, 0x1FAFF}, {0x20000, 0x3FFFD}};
  return std::ranges::any_of(ranges, [point](const auto& range) { return point >= range[0] && point <= range[1]; });
}

std::int64_t milliseconds_now() {
  const auto now = std::chrono::steady_clock::now().time_since_epoch();
  return std::chrono::duration_cast<std::chrono::milliseconds>(now).count();
}

void append_unit(std::string& json, unsigned unit) {
  constexpr char digits[] = "0123456789abcdef";
  json += {
      '\\', 'u', digits[unit >> 12U & 0xFU], digits[unit >> 8U & 0xFU], digits[unit >> 4U & 0xFU], digits[unit & 0xFU]};
}

/// How many places a column must have: where there are fewer, it goes to the next line. 0: it is left out there. People
/// look at events for their payloads, of which the beginning is enough.
std::size_t least_places(const std::vector<Column>& columns, std::size_t index) {
  if (std::ranges::find(columns, "payload", &Column::key) == columns.end()) return 0;
  if (columns[index].key == "type") return 64;
  return columns[index].key == "payload" ? 10 : 0;
}

}  // namespace

Output::Output(int descriptor, Format format)
    : descriptor_{descriptor},
      format_{format},
      is_terminal_{isatty(descriptor) == 1},
      has_colours_{is_terminal_ && wants_colours()} {
  if (is_terminal_) width_ = terminal_width(descriptor);
}

void Output::write(std::string_view text) {
  constexpr std::size_t piece = std::size_t{64} * 1024;
  buffer_ += text;
  if (buffer_.size() >= piece) flush();
}

void Output::flush() {
  for (std::string_view left = buffer_; !left.empty();) {
    const ssize_t size = ::write(descriptor_, left.data(), left.size());
    if (size < 0 && errno == EINTR) continue;
    if (size < 0) {
      const int error = errno;
      buffer_.clear();
      if (error == EPIPE) throw OutputClosed{};
      throw std::system_error{error, std::generic_category(), "cannot write the output"};
    }
    left.remove_prefix(static_cast<std::size_t>(size));
  }
  buffer_.clear();
}

Format format_of(const std::string& name, int descriptor) {
  if (name == "table") return Format::table;
  if (name == "json") return Format::json;
  if (name == "jsonl") return Format::json_lines;
  if (name.empty()) return isatty(descriptor) == 1 ? Format::table : Format::json_lines;
  throw UsageError{"-o takes table, json or jsonl, not " + detail::in_quotes(name)};
}

Cell text_cell(std::string_view text, Colour colour) {
  std::string json;
  detail::append_quoted_json(json, text);
  return {std::move(json), detail::safe_text(text), colour};
}
Cell number_cell(std::int64_t number) { return {std::to_string(number), std::to_string(number)}; }
Cell time_cell(Timestamp time) {
  const std::string text = format_timestamp(time);
  return {'"' + text + '"', text, Colour::dim};
}
Cell json_cell(std::string_view json, Colour colour) {
  std::string line{json};
  std::ranges::replace_if(
      line, [](char letter) { return letter == '\n' || letter == '\r'; }, ' ');
  std::string text = detail::safe_text(line);
  return {std::move(line), std::move(text), colour};
}
Cell no_cell() { return {}; }

Listing::Listing(Output& output, std::vector<Column> columns)
    : output_{output}, columns_{std::move(columns)}, widths_(columns_.size()) {
  for (std::size_t index = 0; index < columns_.size(); ++index) widths_[index] = places_of(columns_[index].header);
}

void Listing::add(std::vector<Cell> cells) {
  std::string json = output_.format() == Format::table ? std::string{} : json_of(cells);
  add(std::move(cells), std::move(json));
}

void Listing::add(std::vector<Cell> cells, std::string json) {
  const bool is_first = !std::exchange(has_rows_, true);
  if (output_.format() != Format::table) return print_json(std::move(json), is_first);
  if (has_widths_) return print_row(cells, Colour::none);
  constexpr std::size_t enough_rows = 200;
  for (std::size_t index = 0; index < cells.size(); ++index) {
    widths_[index] = (std::max)(widths_[index], places_of(cells[index].text));
  }
  waiting_.push_back(std::move(cells));
  if (waiting_.size() == enough_rows) print_waiting_rows();
}

void Listing::flush() {
  if (output_.format() == Format::table && !has_widths_ && !waiting_.empty()) print_waiting_rows();
  output_.flush();
}

void Listing::finish(std::string_view none) {
  if (output_.format() == Format::table && has_rows_ && !has_widths_) print_waiting_rows();
  if (output_.format() == Format::table && !has_rows_ && !none.empty()) note(std::string{none});
  if (output_.format() == Format::json) output_.write(has_rows_ ? "\n]\n" : "[]\n");
  output_.flush();
}

void Listing::print_json(std::string json, bool is_first) {
  if (output_.is_terminal()) json = terminal_json(json);
  if (output_.format() == Format::json) output_.write(is_first ? "[\n" : ",\n");
  output_.write(json);
  if (output_.format() == Format::json_lines) output_.write("\n");
}

void Listing::print_waiting_rows() {
  has_widths_ = true;
  std::vector<Cell> headers;
  for (const Column& column : columns_) headers.push_back({{}, column.header});
  print_row(headers, Colour::bold);
  for (const std::vector<Cell>& cells : waiting_) print_row(cells, Colour::none);
  waiting_ = {};
}

void Listing::print_row(const std::vector<Cell>& cells, Colour colour) {
  constexpr std::string_view indent = "  ";
  const std::size_t width = output_.width();
  std::string line;
  std::size_t used = 0;
  std::size_t spaces = 0;
  bool is_full = false;
  for (std::size_t index = 0; index < cells.size(); ++index) {
    const Cell& cell = cells[index];
    const std::size_t places = places_of(cell.text);
    const std::size_t missing = widths_[index] > places ? widths_[index] - places : 0;
    const std::size_t least = (std::min)(least_places(columns_, index), widths_[index]);
    const bool has_no_room = width > 0 && (is_full || used + spaces + least > width);
    if (least > 0 && places > 0 && used > indent.size() && has_no_room) {
      output_.write(line += '\n');
      line = indent.substr(0, width - 1);
      used = line.size();
      spaces = 0;
      is_full = false;
    }
    if (columns_[index].is_number) spaces += missing;
    if (places > 0 && !is_full) {
      is_full = width > 0 && used + spaces + 1 > width;
      if (is_full) continue;
      line.append(spaces, ' ');
      used += spaces;
      spaces = 0;
      std::string_view text = cell.text;
      is_full = width > 0 && used + places > width;
      if (is_full) text = cut_to_places(text, width - used - 1);
      const Colour shown = colour == Colour::none ? cell.colour : colour;
      const bool is_coloured = output_.has_colours() && shown != Colour::none;
      if (is_coloured) line += code_of(shown);
      line += text;
      if (is_full) line += "…";
      if (is_coloured) line += "\x1B[0m";
      used += places;
    }
    if (!columns_[index].is_number) spaces += missing;
    spaces += 2;
  }
  output_.write(line += '\n');
}

std::string Listing::json_of(const std::vector<Cell>& cells) const {
  std::string json{"{"};
  for (std::size_t index = 0; index < cells.size(); ++index) {
    if (cells[index].json.empty()) continue;
    if (json.size() > 1) json += ',';
    detail::append_quoted_json(json, columns_[index].key);
    json.append(":").append(cells[index].json);
  }
  return json += '}';
}

std::string terminal_json(std::string_view json) {
  std::string result;
  while (!json.empty()) {
    const std::size_t length = detail::utf8_sequence_length(json);
    const std::string_view bytes = json.substr(0, length == 0 ? 1 : length);
    json.remove_prefix(bytes.size());
    const char32_t point = length == 0 ? 0xFFFD : detail::code_point_of(bytes);
    if (length != 0 && !detail::is_misleading(point)) {
      result += bytes;
    } else if (point > 0xFFFF) {
      append_unit(result, static_cast<unsigned>(0xD800U + ((point - 0x10000U) >> 10U)));
      append_unit(result, static_cast<unsigned>(0xDC00U + ((point - 0x10000U) & 0x3FFU)));
    } else {
      append_unit(result, static_cast<unsigned>(point));
    }
  }
  return result;
}

std::size_t places_of(std::string_view text) {
  std::size_t places = 0;
  while (!text.empty()) {
    const std::size_t length = (std::max)(detail::utf8_sequence_length(text), std::size_t{1});
    places += is_wide(detail::code_point_of(text.substr(0, length))) ? 2 : 1;
    text.remove_prefix(length);
  }
  return places;
}

std::string_view cut_to_places(std::string_view text, std::size_t places) {
  std::size_t end = 0;
  while (end < text.size()) {
    const std::size_t length = (std::max)(detail::utf8_sequence_length(text.substr(end)), std::size_t{1});
    const std::size_t needed = is_wide(detail::code_point_of(text.substr(end, length))) ? 2 : 1;
    if (needed > places) break;
    places -= needed;
    end += length;
  }
  return text.substr(0, end);
}

// What is over soon shows none.
Progress::Progress(std::string what)
    : what_{std::move(what)}, is_shown_{isatty(STDERR_FILENO) == 1}, next_{milliseconds_now() + 500} {}

Progress::~Progress() {
  if (has_shown_) std::fputs("\r\x1B[K", stderr);
}

void Progress::at(std::size_t count) {
  if (!is_shown_) return;
  const std::int64_t now = milliseconds_now();
  if (now < next_) return;
  next_ = now + 200;
  has_shown_ = true;
  std::fprintf(stderr, "\r%s: %zu\x1B[K", what_.c_str(), count);
}

std::string shell_word(std::string_view text) {
  constexpr std::size_t no_bound = (std::numeric_limits<std::size_t>::max)();
  if (text.find('\'') == std::string_view::npos && detail::safe_text(text, no_bound) == text) {
    return '\'' + std::string{text} + '\'';
  }
  std::string escaped;
  for (const char letter : text) {
    if (letter == '\'' || letter == '\\') escaped += '\\';
    escaped += letter;
  }
  return "$'" + detail::safe_text(escaped, no_bound) + '\'';  // whose escapes bash and zsh know
}

void note(const std::string& text) { std::fprintf(stderr, "%s\n", detail::safe_text(text).c_str()); }

}  // namespace castore::tool
