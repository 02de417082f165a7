// SPDX-License-Identifier: MIT
#ifndef CASTORE_HTTP_EXPLORER_ROUTES_HPP
#define CASTORE_HTTP_EXPLORER_ROUTES_HPP

/// @file
/// The routes of an explorer: states, types and commands.

#include <castore/core/codec.hpp>
#include <castore/detail/json_text.hpp>
#include <castore/detail/text.hpp>
#include <castore/http/explored_command.hpp>
#include <castore/http/explored_store.hpp>
#include <castore/http/message.hpp>
#include <castore/http/problem.hpp>
#include <castore/http/read_routes.hpp>
#include <castore/http/route.hpp>

#include <nlohmann/json.hpp>

#include <algorithm>
#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace castore::detail {

/// The stores and commands that were added to an explorer.
struct ExploredTypes {
  template <class Explored>
  static const Explored* find(const std::vector<std::unique_ptr<Explored>>& all, std::string_view id) {
    const auto found = std::ranges::find_if(all, [&](const auto& one) { return one->id() == id; });
    return found == all.end() ? nullptr : found->get();
  }

  std::vector<std::unique_ptr<ExploredStore>> stores;
  std::vector<std::unique_ptr<ExploredCommand>> commands;
};

inline HttpApiResponse get_state(const ExploredTypes& types, std::size_t max_compared, const HttpCall& call) {
  const std::string id = call.required("store");
  const ExploredStore* const store = ExploredTypes::find(types.stores, id);
  if (store == nullptr) {
    throw HttpProblem{404, "unknown_store",
                      "the explorer was not given the store " + in_quotes(id) +
                          "; the program adds it by "
                          "explorer.add(store)"};
  }
  const ExploredState state =
      store->state(call.required("id"), call.integer("version"),
                   call.flag("blame") ? std::optional<std::size_t>(max_compared) : std::nullopt);
  nlohmann::json json{{"version", state.version}, {"state", state.state}};
  if (state.set_by) json["setBy"] = *state.set_by;
  return json_answer(200, json_text_of(json));
}

inline HttpRoute state_route(const ExploredTypes& types, std::size_t max_compared) {
  return {.method = "GET",
          .path = "/v1/state",
          .summary = "Gives what the store's reducer makes of an aggregate's events",
          .parameters = {store_parameter(),
                         id_parameter(),
                         {"version", "integer", "As it was at this version; the last unless given"},
                         {"blame", "boolean",
                          "Tells which event last changed each field, for which the state after "
                          "every event is looked at; 422 where these are too large together"}},
          .gives = "State",
          .handle = [&types, max_compared](const HttpCall& call) { return get_state(types, max_compared, call); }};
}

inline HttpRoute known_stores_route(const ExploredTypes& types) {
  return {.method = "GET",
          .path = "/v1/known-stores",
          .summary = "Lists the stores whose types the program knows, with the schemas of states and events",
          .gives = "KnownStores",
          .handle = [&types](const HttpCall&) {
            nlohmann::json stores = nlohmann::json::array();
            for (const auto& store : types.stores) stores.push_back(store->schema());
            return json_answer(200, json_text_of({{"stores", stores}}));
          }};
}

inline HttpRoute commands_route(const ExploredTypes& types) {
  return {.method = "GET",
          .path = "/v1/commands",
          .summary = "Lists the commands that the program can run",
          .gives = "Commands",
          .handle = [&types](const HttpCall&) {
            nlohmann::json commands = nlohmann::json::array();
            for (const auto& command : types.commands) {
              commands.push_back({{"name", command->id()},
                                  {"stores", command->stores()},
                                  {"takesId", command->takes_id()},
                                  {"simulates", command->simulates()},
                                  {"inputSchema", command->input_schema()}});
            }
            return json_answer(200, json_text_of({{"commands", commands}}));
          }};
}

inline HttpApiResponse run_command(const ExploredTypes& types, const HttpCall& call) {
  const std::string name = call.required("name");
  const ExploredCommand* const command = ExploredTypes::find(types.commands, name);
  if (command == nullptr) throw HttpProblem{404, "unknown_command", "there is no command " + in_quotes(name)};
  const auto id = call.text("id");
  if (command->takes_id() && !id) {
    throw HttpProblem{400, "missing_parameter", "parameter \"id\": this command is run on one aggregate"};
  }
  if (!command->takes_id() && id) {
    throw HttpProblem{400, "invalid_parameter", "parameter \"id\": this command's aggregates are in its input"};
  }
  const std::string& input = call.request().body;
  JsonTextCheck<max_json_depth> json{input};
  if (!json.is_value()) throw HttpProblem{400, "invalid_json", "the body is not JSON: " + json.fault()};
  const CommandOutcome outcome = command->call({id.value_or(std::string{}), input, call.flag("simulate")});
  return json_answer(200, R"({"events":[)" + outcome.events + R"(],"states":)" + json_text_of(outcome.states) + '}');
}

inline HttpRoute run_route(const ExploredTypes& types) {
  return {.method = "POST",
          .path = "/v1/commands/run",
          .operation = HttpOperation::write,
          .summary = "Runs a command, or simulates it",
          .parameters = {{"name", "string", "The command's name", true},
                         {"id", "string", "The aggregate's id, for a command that is run on one"},
                         {"simulate", "boolean", "Nothing is written; the answer tells what would be"}},
          .takes = "CommandInput",
          .gives = "CommandAnswer",
          .handle = [&types](const HttpCall& call) { return run_command(types, call); }};
}

}  // namespace castore::detail

#endif
