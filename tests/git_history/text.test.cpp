// SPDX-License-Identifier: MIT
#include "git_history/text.hpp"

#include "support/catch.hpp"

#include <cstddef>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace {

using git_history::escape;
using git_history::in_quotes;
using git_history::one_line;
using git_history::printable;
using git_history::unescape;
using git_history::utf8_length;

using namespace std::string_literals;

/// Every text of up to `length` bytes over bytes that matter: those of the escape itself and of each kind of UTF-8.
std::vector<std::string> texts_up_to(std::size_t length) {
  constexpr std::string_view bytes = "/%a2EF\n\x7F\x80\xBF\xC3\xE9\xED\xA0\xF0\x9F\xFF";
  std::vector<std::string> texts{""};
  for (std::size_t begin = 0, end = 1; length-- > 0; begin = end, end = texts.size()) {
    for (std::size_t index = begin; index < end; ++index) {
      for (const char byte : bytes) texts.push_back(texts[index] + byte);
    }
  }
  return texts;
}

bool is_utf8(std::string_view text) {
  while (!text.empty()) {
    const std::size_t length = utf8_length(text);
    if (length == 0) return false;
    text.remove_prefix(length);
  }
  return true;
}

}  // namespace

TEST_CASE("escape leaves UTF-8 paths as they are") {
  for (const std::string& path : {"a"s, "src/main.cpp"s, "with space"s, "100%"s, "%41"s, "back\\slash"s, "new\nline"s,
                                  "quote\"s'"s, "\xC3\xBC"s, "\xE2\x82\xAC/\xF0\x9F\x98\x80"s, "a/"s, ""s}) {
    CHECK(escape(path) == path);
    CHECK(unescape(path) == path);
  }
}

TEST_CASE("escape writes other bytes as percent and two digits after a slash") {
  CHECK(escape("caf\xE9 100%") == "/caf%E9 100%25");
  CHECK(escape("/a") == "//a");
  CHECK(escape("\xC3\xBC\xC3") == "/\xC3\xBC%C3");
  CHECK(escape("a\0b"s) == "/a%00b");
  CHECK(escape("\xED\xA0\x80") == "/%ED%A0%80");         // a surrogate
  CHECK(escape("\xC0\xAF") == "/%C0%AF");                // an overlong slash
  CHECK(escape("\xF4\x90\x80\x80") == "/%F4%90%80%80");  // beyond U+10FFFF
}

TEST_CASE("escape gives different paths different UTF-8 ids and unescape gives the paths back") {
  std::set<std::string> ids;
  const std::vector<std::string> paths = texts_up_to(4);
  for (const std::string& path : paths) {
    const std::string id = escape(path);
    if (!is_utf8(id) || unescape(id) != path) FAIL("wrong for " << in_quotes(path) << ": " << in_quotes(id));
    ids.insert(id);
  }
  CHECK(ids.size() == paths.size());
}

TEST_CASE("unescape accepts exactly the ids that escape makes") {
  std::size_t accepted = 0;
  for (const std::string& id : texts_up_to(5)) {
    const std::optional<std::string> path = unescape(id);
    if (!path) continue;
    ++accepted;
    if (escape(*path) != id) FAIL("two ids for " << in_quotes(*path) << ": " << in_quotes(id));
  }
  CHECK(accepted > 1000);
  for (const std::string_view id : {"/a", "/%41", "/%e9", "/%E", "/%", "/%+9", "/%E9%", "\xE9", "/\xE9"}) {
    CHECK(unescape(id) == std::nullopt);
  }
}

TEST_CASE("printable keeps text on one line and away from the terminal's controls") {
  CHECK(printable("a b\xC3\xBC") == "a b\xC3\xBC");
  CHECK(printable("a\n\t\x1B[2J\x7F") == "a\\x0A\\x09\\x1B[2J\\x7F");
  CHECK(printable("\xC2\x9B\xE9") == "\\xC2\\x9B\\xE9");
  CHECK(in_quotes("a\rb") == "'a\\x0Db'");
}

TEST_CASE("one_line joins lines") {
  CHECK(one_line(" a\n\n\tb  c\r\n") == "a b c");
  CHECK(one_line("a\x1B") == "a\\x1B");
}
