// SPDX-License-Identifier: MIT
#include "tools/castore/command.hpp"
#include "tools/castore/database.hpp"

#include <castore/detail/text.hpp>

#include <algorithm>
#include <cctype>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace castore::tool {

namespace {

struct Kind {
  std::vector<std::string> schemes;
  RegisterDatabase::Open open;
};
std::vector<Kind>& kinds() {
  static std::vector<Kind> all;
  return all;
}

std::string unescaped(std::string_view text) {
  std::string result;
  const auto digit = [&](std::size_t place) {
    return place < text.size() && std::isxdigit(static_cast<unsigned char>(text[place])) != 0;
  };
  for (std::size_t place = 0; place < text.size(); ++place) {
    if (text[place] == '%' && digit(place + 1) && digit(place + 2)) {
      result += static_cast<char>(std::stoi(std::string{text.substr(place + 1, 2)}, nullptr, 16));
      place += 2;
    } else {
      result += text[place];
    }
  }
  return result;
}

/// What stands before the place of a URL, `postgres://`; empty for a file.
std::string scheme_of(const std::string& url) {
  const std::size_t colon = url.find("://");
  if (colon == std::string::npos || colon == 0) return {};
  const bool is_word = std::all_of(url.begin(), url.begin() + static_cast<std::ptrdiff_t>(colon),
                                   [](unsigned char letter) { return std::islower(letter) != 0; });
  return is_word ? url.substr(0, colon + 3) : std::string{};
}

}  // namespace

RegisterDatabase::RegisterDatabase(std::vector<std::string> schemes, Open open) {
  kinds().push_back({std::move(schemes), open});
}

std::unique_ptr<Database> open_database(const std::string& url, Access access) {
  const std::string scheme = scheme_of(url);
  for (const Kind& kind : kinds()) {
    if (std::ranges::find(kind.schemes, scheme) != kind.schemes.end()) return kind.open(url, access);
  }
  throw UsageError{scheme.empty() ? "this castore was built without SQLite"
                                  : "this castore knows no databases that begin with " + detail::in_quotes(scheme)};
}

DatabaseUrl DatabaseUrl::parse(const std::string& url, const std::vector<std::string>& known) {
  DatabaseUrl result;
  std::string_view text = std::string_view{url}.substr(url.find("://") + 3);
  const std::size_t question = text.find('?');
  result.rest = unescaped(text.substr(0, question));
  if (question == std::string_view::npos) return result;
  for (text.remove_prefix(question + 1); !text.empty();) {
    const std::string_view pair = text.substr(0, text.find('&'));
    text.remove_prefix((std::min)(pair.size() + 1, text.size()));
    const std::string name = unescaped(pair.substr(0, pair.find('=')));
    if (std::ranges::find(known, name) == known.end()) {
      throw UsageError{"a database's URL has no parameter " + detail::in_quotes(name)};
    }
    const std::size_t equals = pair.find('=');
    result.parameters[name] = equals == std::string_view::npos ? "" : unescaped(pair.substr(equals + 1));
  }
  return result;
}

std::string DatabaseUrl::parameter(const std::string& name) const {
  const auto found = parameters.find(name);
  return found == parameters.end() ? std::string{} : found->second;
}

}  // namespace castore::tool
