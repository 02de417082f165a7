// SPDX-License-Identifier: MIT
// A CloudEvent may be any text; one that is taken is the same when it is written and read again.

#include <castore/messaging/cloud_events.hpp>

#include "fuzz/fuzz.hpp"

#include <castore/messaging/errors.hpp>

#include <cstddef>
#include <map>
#include <string>
#include <string_view>

using namespace castore_fuzz;

void try_input(std::string_view input) {
  is_taken<castore::InvalidMessageError>([&] {
    const castore::CloudEvent event = castore::parse_cloud_event(input);
    require(castore::parse_cloud_event(castore::format_cloud_event(event)) == event, "structured mode keeps it");
    require(castore::parse_cloud_event(castore::cloud_event_attributes(event), event.data) == event,
            "binary mode keeps it");
  });
  // As a carrier has it: NAME=VALUE in lines, the last one is the content type, and the text is the body.
  std::map<std::string, std::string> headers;
  std::string_view left = input;
  std::string_view line;
  while (!left.empty()) {
    line = left.substr(0, left.find('\n'));
    left.remove_prefix(line.size() == left.size() ? line.size() : line.size() + 1);
    const std::size_t sign = line.find('=');
    if (sign != std::string_view::npos) headers.try_emplace(std::string{line.substr(0, sign)}, line.substr(sign + 1));
  }
  is_taken<castore::InvalidMessageError>([&] {
    castore::detail::read_body(std::string{input}, line, headers, {"cloudEvents_", "cloudEvents:"});
  });
}
