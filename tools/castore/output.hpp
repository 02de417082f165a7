// SPDX-License-Identifier: MIT
#ifndef CASTORE_TOOLS_CASTORE_OUTPUT_HPP
#define CASTORE_TOOLS_CASTORE_OUTPUT_HPP

/// @file
/// What the program prints: tables for people, JSON for programs.

#include <castore/fwd.hpp>

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace castore::tool {

enum class Format { table, json, json_lines };
enum class Colour { none, bold, dim, red, green, yellow };

/// The reader of the output has gone, as `head` does: the program ends quietly.
struct OutputClosed {};

/// A file descriptor that is written to in large pieces.
class Output {
 public:
  Output(int descriptor, Format format);
  Output(const Output&) = delete;
  Output& operator=(const Output&) = delete;

  Format format() const noexcept { return format_; }
  bool is_terminal() const noexcept { return is_terminal_; }
  bool has_colours() const noexcept { return has_colours_; }
  /// Characters in a line of the terminal; 0 when it has no end.
  std::size_t width() const noexcept { return width_; }

  /// @throws OutputClosed, std::system_error
  void write(std::string_view text);
  void flush();

 private:
  int descriptor_;
  Format format_;
  bool is_terminal_;
  bool has_colours_;
  std::size_t width_ = 0;
  std::string buffer_;
};

/// The format that was asked for, or else what suits the descriptor. @throws UsageError
Format format_of(const std::string& name, int descriptor);

/// A value, for a table and as JSON.
struct Cell {
  std::string json;  ///< Empty: there is none.
  std::string text;  ///< Safe for a terminal.
  Colour colour = Colour::none;
};
Cell text_cell(std::string_view text, Colour colour = Colour::none);
Cell number_cell(std::int64_t number);
Cell time_cell(Timestamp time);
/// @param json JSON text as it was stored. @param in_table What a table shows; the same where it is not given.
Cell json_cell(std::string_view json, Colour colour = Colour::none);
Cell no_cell();

struct Column {
  std::string key;     ///< As JSON calls it: `aggregateId`.
  std::string header;  ///< As a table calls it.
  bool is_number = false;
};

/// Rows of one kind, printed as they come: a table waits for some rows, to know how wide its columns are.
class Listing {
 public:
  Listing(Output& output, std::vector<Column> columns);
  Listing(const Listing&) = delete;
  Listing& operator=(const Listing&) = delete;

  void add(std::vector<Cell> cells);
  /// A row whose JSON is given as a whole.
  void add(std::vector<Cell> cells, std::string json);
  /// Prints what is left; to be called when all rows were added. @param none What people are told when there are none.
  void finish(std::string_view none = {});
  bool has_rows() const noexcept { return has_rows_; }
  /// Prints what was added at once, for those who wait for it.
  void flush();

 private:
  void print_json(std::string json, bool is_first);
  void print_waiting_rows();
  void print_row(const std::vector<Cell>& cells, Colour colour);
  std::string json_of(const std::vector<Cell>& cells) const;

  Output& output_;
  std::vector<Column> columns_;
  std::vector<std::size_t> widths_;
  std::vector<std::vector<Cell>> waiting_;
  bool has_widths_ = false;
  bool has_rows_ = false;
};

/// JSON text in which nothing misleads a terminal: what would is escaped.
std::string terminal_json(std::string_view json);
/// How many places of a terminal a safe text takes.
std::size_t places_of(std::string_view text);
/// The beginning of a safe text that takes at most so many places.
std::string_view cut_to_places(std::string_view text, std::size_t places);

/// Tells people how far something is, on a terminal.
class Progress {
 public:
  explicit Progress(std::string what);
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;
  ~Progress();

  void at(std::size_t count);

 private:
  std::string what_;
  bool is_shown_;
  bool has_shown_ = false;
  std::int64_t next_ = 0;
};

/// A text as one word of bash or zsh, which a terminal may show.
std::string shell_word(std::string_view text);

/// A line to whoever watches, on standard error.
void note(const std::string& text);

}  // namespace castore::tool

#endif
