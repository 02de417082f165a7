// SPDX-License-Identifier: MIT
// Any request gets an answer, whose headers and JSON are right, and nothing is written without the token. The first
// line is a method and a target, then there are headers, and after an empty line the body.
#include "fuzz/fuzz.hpp"

#include <castore/castore.hpp>
#include <castore/http.hpp>

#include <algorithm>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

using namespace castore_fuzz;

namespace {

std::string_view take_until(std::string_view& text, char end) {
  const std::string_view taken = text.substr(0, text.find(end));
  text.remove_prefix((std::min)(taken.size() + 1, text.size()));
  return taken;
}

castore::HttpApiRequest request_of(std::string_view input) {
  castore::HttpApiRequest request;
  std::string_view line = take_until(input, '\n');
  request.method = take_until(line, ' ');
  request.target = line;
  while (!input.empty()) {
    std::string_view header = take_until(input, '\n');
    if (header.empty()) break;
    const std::string_view name = take_until(header, ':');
    request.headers.emplace_back(name, header);
  }
  request.body = input;
  return request;
}

void check(const castore::HttpApiResponse& answer) {
  require(answer.status >= 200 && answer.status < 600, "an answer has a status");
  for (const auto& [name, value] : answer.headers) {
    require((name + value).find_first_of("\r\n") == std::string::npos, "a header is one line");
  }
  if (!answer.header("Content-Type").ends_with("json")) return;
  castore::detail::JsonTextCheck<600> json{answer.body};
  require(json.is_value() || answer.header("Content-Type") == "application/x-ndjson", "an answer is JSON");
}

struct Renamed {
  static constexpr std::string_view type = "RENAMED";
  std::string name;
};
struct Thing {
  std::string aggregate_id;
  castore::Version version = 0;
  std::string name{};
};
struct ThingReducer {
  void operator()(Thing& thing, const Renamed& event) const { thing.name = event.name; }
};
struct Rename {
  std::string name;
  std::optional<int> times{};
};

}  // namespace

void try_input(std::string_view input) {
  castore::InMemoryEventStorageAdapter storage;
  castore::EventStore<castore::Events<Renamed>, Thing, ThingReducer> things{"P", storage};
  const castore::Command rename{"R", things, [](const std::optional<Thing>&, const Rename& wanted) {
                                  return std::vector<std::variant<Renamed>>(
                                      static_cast<std::size_t>(std::clamp(wanted.times.value_or(1), 0, 9)),
                                      Renamed{wanted.name});
                                }};
  castore::Explorer explorer{storage, {.token = "t", .max_body_size = 10'000, .max_answer_size = 10'000}};
  explorer.add(things).add(rename);
  const castore::HttpApi& api = explorer.api();
  castore::HttpApiRequest request = request_of(input);
  check(api.handle(request));
  const bool has_token = request.header("Authorization").find('t') != std::string_view::npos;
  require(has_token || storage.list_event_stores().empty(), "nothing is written without the token");
  // The same as somebody who may ask for anything.
  std::erase_if(request.headers, [](const auto& header) {
    return castore::detail::is_same_ignoring_case(header.first, "Host") ||
           castore::detail::is_same_ignoring_case(header.first, "Authorization");
  });
  request.headers.emplace_back("Host", "localhost");
  request.headers.emplace_back("Authorization", "Bearer t");
  check(api.handle(request));
  check(api.handle(request));
}
