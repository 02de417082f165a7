#!/bin/sh
# SPDX-License-Identifier: MIT
# many_types.sh library|by_hand COUNT: writes a program with so many event types of four fields: with a store in memory
# and a command, or the same structs, variant and JSON by hand.
set -eu
awk -v form="$1" -v count="$2" '
  function each(text, separator,   number, all, one) {
    all = ""
    for (number = 1; number <= count; ++number) {
      one = text
      gsub(/%/, number, one)
      all = all (number == 1 ? "" : separator) one
    }
    return all
  }
  BEGIN {
    library = form == "library"
    print "// SPDX-License-Identifier: MIT"
    if (library) print "#include <castore/castore.hpp>\n"
    else print "#include <nlohmann/json.hpp>\n"
    print "#include <cstdint>"
    if (!library) print "#include <chrono>\n#include <functional>\n#include <map>\n#include <mutex>\n#include <optional>\n#include <stdexcept>\n#include <unordered_map>\n#include <utility>\n#include <variant>"
    print "#include <string>\n#include <string_view>\n#include <vector>\n"
    print each("struct Event% {\n" \
      "  static constexpr std::string_view type = \"EVENT_%\";\n" \
      "  std::string name%;\n  int level% = 1;\n  double weight% = 0;\n  std::vector<std::string> moves%;\n" \
      (library ? "" : "  NLOHMANN_DEFINE_TYPE_INTRUSIVE(Event%, name%, level%, weight%, moves%)\n") "};\n", "")
    print "struct State {\n  std::string aggregate_id;\n  std::int64_t version = 0;\n  std::string name;\n  int level = 0;\n};\n"
    print "struct Reducer {\n" each("  void operator()(State& state, const Event%& event) const {\n" \
      "    state.name = event.name%;\n    state.level += event.level%;\n  }", "\n") "\n};\n"
    if (library) {
      print "using AllEvents = castore::Events<" each("Event%", ", ") ">;\n"
      print "int main() {"
      print "  castore::InMemoryEventStorageAdapter storage;"
      print "  castore::EventStore<AllEvents, State, Reducer> store{\"STORE\", storage};"
      print "  const castore::Command decide{\"DECIDE\", store, [](const State& state) { return Event1{state.name, 1, 0, {}}; }};"
      print each("  store.push_event(\"id\", %, Event%{});", "\n")
      print "  decide(\"id\");"
      print "  return store.get_existing_aggregate(\"id\").level - static_cast<int>(store.get_events(\"id\").size());"
      print "}"
    } else {
      print "using Payload = std::variant<" each("Event%", ", ") ">;\n"
      print "struct Event {\n  std::int64_t version;\n  std::chrono::system_clock::time_point timestamp;\n  Payload payload;\n};\n"
      print "std::string encode(const Payload& payload) {"
      print "  return std::visit([](const auto& value) { return nlohmann::json(value).dump(); }, payload);\n}"
      print "std::string_view type_of(const Payload& payload) {"
      print "  return std::visit([](const auto& value) { return value.type; }, payload);\n}"
      print "Payload decode(std::string_view type, std::string_view text) {"
      print "  const nlohmann::json json = nlohmann::json::parse(text);"
      print each("  if (type == Event%::type) return json.get<Event%>();", "\n")
      print "  throw std::runtime_error{\"unknown type\"};\n}\n"
      print "class Store {\n public:"
      print "  void push(const std::string& id, std::int64_t version, Payload payload) {"
      print "    const std::lock_guard lock{mutex_};"
      print "    std::vector<Event>& events = events_[id];"
      print "    if (version != static_cast<std::int64_t>(events.size()) + 1) throw std::runtime_error{\"conflict\"};"
      print "    events.push_back({version, std::chrono::system_clock::now(), std::move(payload)});\n  }"
      print "  std::vector<Event> load(const std::string& id) const {"
      print "    const std::lock_guard lock{mutex_};"
      print "    const auto found = events_.find(id);"
      print "    return found == events_.end() ? std::vector<Event>{} : found->second;\n  }"
      print "  std::optional<State> state(const std::string& id) const {"
      print "    std::optional<State> state;"
      print "    for (const Event& event : load(id)) {"
      print "      if (!state) state.emplace().aggregate_id = id;"
      print "      std::visit([&](const auto& payload) { Reducer{}(*state, payload); }, event.payload);"
      print "      state->version = event.version;\n    }\n    return state;\n  }\n"
      print " private:\n  mutable std::mutex mutex_;\n  std::unordered_map<std::string, std::vector<Event>> events_;\n};\n"
      print "template <class Decide>\nvoid run(Store& store, const std::string& id, const Decide& decide) {"
      print "  const State state = store.state(id).value();"
      print "  store.push(id, state.version + 1, decide(state));\n}\n"
      print "int main() {\n  Store store;"
      print each("  store.push(\"id\", %, Event%{});", "\n")
      print "  run(store, \"id\", [](const State& state) { return Event1{state.name, 1, 0, {}}; });"
      print "  std::size_t size = 0;"
      print "  for (const Event& event : store.load(\"id\")) {"
      print "    const std::string text = encode(event.payload);"
      print "    size += decode(type_of(event.payload), text).index();\n  }"
      print "  return static_cast<int>(size) + store.state(\"id\")->level;\n}"
    }
  }
'
