// SPDX-License-Identifier: MIT
#include "tools/castore/suggest.hpp"

#include <castore/detail/text.hpp>

#include <algorithm>
#include <cctype>
#include <cstddef>
#include <numeric>
#include <string>
#include <string_view>
#include <vector>

namespace castore::tool {

namespace {

bool is_same_letter(char left, char right) {
  return std::tolower(static_cast<unsigned char>(left)) == std::tolower(static_cast<unsigned char>(right));
}

/// How many letters must be changed, added or left out to make one word of the other.
std::size_t distance(std::string_view left, std::string_view right) {
  std::vector<std::size_t> row(right.size() + 1);
  std::iota(row.begin(), row.end(), std::size_t{0});
  for (std::size_t i = 1; i <= left.size(); ++i) {
    std::size_t diagonal = row[0]++;
    for (std::size_t j = 1; j <= right.size(); ++j) {
      const std::size_t changed = diagonal + (is_same_letter(left[i - 1], right[j - 1]) ? 0 : 1);
      diagonal = row[j];
      row[j] = (std::min)({changed, row[j] + 1, row[j - 1] + 1});
    }
  }
  return row.back();
}

std::string closest(std::string_view word, const std::vector<std::string>& words) {
  const auto begun = std::ranges::find_if(words, [&](const std::string& each) { return each.starts_with(word); });
  if (begun != words.end() && word.size() > 1) return *begun;
  const auto best = std::ranges::min_element(words, {}, [&](const std::string& each) { return distance(word, each); });
  if (best == words.end()) return {};
  const std::size_t most = (std::max)(word.size(), std::size_t{3}) / 3 + (word.size() > 3 ? 1 : 0);
  return distance(word, *best) <= most ? *best : std::string{};
}

}  // namespace

std::string did_you_mean(std::string_view word, const std::vector<std::string>& words) {
  const std::string meant = closest(word, words);
  return meant.empty() ? std::string{} : "; did you mean " + detail::in_quotes(meant) + "?";
}

}  // namespace castore::tool
