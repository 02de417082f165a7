// SPDX-License-Identifier: MIT
#ifndef CASTORE_HTTP_EXPLORED_COMMAND_HPP
#define CASTORE_HTTP_EXPLORED_COMMAND_HPP

/// @file
/// A command that an explorer simulates and runs: its input comes as JSON, and what it pushed is told.

#include <castore/core/codec.hpp>
#include <castore/core/command.hpp>
#include <castore/core/errors.hpp>
#include <castore/core/event_storage_adapter.hpp>
#include <castore/core/event_store_concepts.hpp>
#include <castore/core/event_store_options.hpp>
#include <castore/detail/json_text.hpp>
#include <castore/fwd.hpp>
#include <castore/http/explored_store.hpp>
#include <castore/http/problem.hpp>
#include <castore/http/simulation.hpp>
#include <castore/json/flat_event.hpp>
#include <castore/json/schema.hpp>
#include <castore/json/text.hpp>

#include <nlohmann/json.hpp>

#include <algorithm>
#include <exception>
#include <memory>
#include <mutex>
#include <new>
#include <string>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

namespace castore::detail {

/// Those of a command whose handler pushes by itself, maybe on several threads.
class PushedVersions {
 public:
  void add(PushedVersion pushed) {
    const std::lock_guard lock{mutex_};
    pushed_.push_back(std::move(pushed));
  }
  std::vector<PushedVersion> take() {
    const std::lock_guard lock{mutex_};
    return std::move(pushed_);
  }

 private:
  std::mutex mutex_;
  std::vector<PushedVersion> pushed_;
};

/// Notes what a store pushes.
template <class Store>
class NotesPushes final : public StoreExtension<typename Store::Events, typename Store::Aggregate> {
 public:
  NotesPushes(std::string_view event_store_id, PushedVersions& pushed)
      : event_store_id_{event_store_id}, pushed_{pushed} {}

  std::shared_ptr<void> begin_push(std::string_view, Version, PushOptions&) override { return nullptr; }
  void event_pushed(const PushedEvent<typename Store::Events, typename Store::Aggregate>& pushed) override {
    pushed_.add({event_store_id_, std::string{pushed.event.aggregate_id()}, pushed.event.version()});
  }

 private:
  std::string event_store_id_;
  PushedVersions& pushed_;
};

/// What a command did, or would do.
struct CommandOutcome {
  std::string events{};                             ///< As JSON, with commas between them.
  nlohmann::json states = nlohmann::json::array();  ///< Of each aggregate, before and after.
};

/// Reads what was pushed from where it was pushed to.
template <class... Stores>
CommandOutcome outcome_of(const std::vector<PushedVersion>& pushed, const Stores&... stores) {
  struct Changed {  // a forced push may be of a version before those that were pushed earlier
    const PushedVersion* one;
    Version first;
    Version last;
  };
  std::vector<Changed> all_changed;
  CommandOutcome outcome;
  const auto in_store_of = [&](const PushedVersion& one, const auto& function) {
    (void)((stores.event_store_id() == one.event_store_id && (function(stores), true)) || ...);
  };
  for (const PushedVersion& one : pushed) {
    in_store_of(one, [&](const auto& store) {
      store.event_storage_adapter().get_events(one.event_store_id, one.aggregate_id,
                                               {.min_version = one.version, .max_version = one.version},
                                               [&](const EventRecordView& event) {
                                                 if (!outcome.events.empty()) outcome.events += ',';
                                                 outcome.events += to_flat_event_json(one.event_store_id, event);
                                               });
    });
    const auto known = std::ranges::find_if(all_changed, [&](const Changed& changed) {
      return changed.one->event_store_id == one.event_store_id && changed.one->aggregate_id == one.aggregate_id;
    });
    if (known == all_changed.end()) {
      all_changed.push_back({&one, one.version, one.version});
    } else {
      known->first = (std::min)(known->first, one.version);
      known->last = (std::max)(known->last, one.version);
    }
  }
  for (const Changed& changed : all_changed) {
    in_store_of(*changed.one, [&](const auto& store) {
      const std::string& id = changed.one->aggregate_id;
      outcome.states.push_back({{"store", changed.one->event_store_id},
                                {"aggregateId", id},
                                {"before", load_state(store, id, changed.first - 1).state},
                                {"after", load_state(store, id, changed.last).state}});
    });
  }
  return outcome;
}

/// Makes a refusal of what a command has thrown: whoever asks sees what the command says. @throws HttpProblem, or the
/// error of the library that is at hand
[[noreturn]] inline void refuse_command() {
  const auto members = [](const EventError& error) {
    return nlohmann::json{
        {"store", error.event_store_id()}, {"aggregateId", error.aggregate_id()}, {"version", error.version()}};
  };
  try {
    throw;
  } catch (const HttpProblem&) {
    throw;
  } catch (const InvalidInputError& error) {
    throw HttpProblem{422, "invalid_input", error.what(), {{"field", error.field()}}};
  } catch (const AggregateNotFoundError& error) {
    throw HttpProblem{422,
                      "aggregate_not_found",
                      error.what(),
                      {{"store", error.event_store_id()}, {"aggregateId", error.aggregate_id()}}};
  } catch (const EventAlreadyExistsError& error) {
    throw HttpProblem{409, "event_already_exists", error.what(), members(error)};
  } catch (const OnEventPushedError& error) {
    throw HttpProblem{500, "hook_failed", error.what(), members(error)};
  } catch (const Error&) {
    throw;
  } catch (const std::bad_alloc&) {
    throw;
  } catch (const std::exception& error) {
    const std::string what = error.what();
    try {
      std::rethrow_if_nested(error);
    } catch (const EventAlreadyExistsError& conflict) {
      throw HttpProblem{409, "event_already_exists", what + ": " + without_prefix(conflict.what()), members(conflict)};
    } catch (...) {
      throw HttpProblem{422, "command_refused", what};
    }
    throw HttpProblem{422, "command_refused", what};
  } catch (...) {
    throw HttpProblem{422, "command_refused", "the command threw something that is not a std::exception"};
  }
}

/// The same for what went wrong after something had been stored: whoever reads only the refusal would run it again.
/// @throws HttpProblem
[[noreturn]] inline void refuse_after_push(const std::vector<PushedVersion>& pushed) {
  try {
    refuse_command();
  } catch (...) {
    const HttpProblem cause = problem_of(std::current_exception());
    const bool is_hook = cause.code() == "hook_failed";
    nlohmann::json members = is_hook ? cause.members() : nlohmann::json::object();
    nlohmann::json& events = members["pushed"] = nlohmann::json::array();
    for (const PushedVersion& one : pushed) {
      events.push_back({{"store", one.event_store_id}, {"aggregateId", one.aggregate_id}, {"version", one.version}});
    }
    const std::string count = std::to_string(pushed.size()) + (pushed.size() == 1 ? " event" : " events");
    throw HttpProblem{500, is_hook ? cause.code() : "failed_after_push",
                      "the command has stored " + count + ", then it failed: " + without_prefix(cause.what()), members};
  }
}

struct CommandCall {
  std::string aggregate_id;
  const std::string& input;  ///< JSON.
  bool is_simulated;
};

/// A command that an explorer was given.
class ExploredCommand {
 public:
  virtual ~ExploredCommand() = default;
  virtual std::string_view id() const noexcept = 0;
  virtual std::vector<std::string> stores() const = 0;
  virtual nlohmann::json input_schema() const = 0;
  virtual bool takes_id() const noexcept = 0;
  virtual bool simulates() const noexcept = 0;
  /// @throws HttpProblem, and errors of the library
  virtual CommandOutcome call(const CommandCall& call) const = 0;
};

/// The input of a command, of which there may be none.
template <class Input>
struct CommandInputJson {
  static nlohmann::json schema() { return json_schema<Input>(); }
};
template <>
struct CommandInputJson<void> {
  static nlohmann::json schema() {
    return {{"type", "object"}, {"properties", nlohmann::json::object()}, {"additionalProperties", false}};
  }
  /// @throws HttpProblem
  static void refuse_others(const std::string& input) {
    if (text_to_json(input) != nlohmann::json::object()) {
      throw HttpProblem{422, "invalid_input", "this command has no input; send {}", {{"field", ""}}};
    }
  }
};

/// A command on one aggregate.
template <class Store, class Decide, class... Context>
class ExploredDecision final : public ExploredCommand {
  using Input = CommandInput<Command<Store, Decide>>;
  static_assert(std::is_copy_constructible_v<Decide>,
                "castore: an explorer simulates a command by a copy of it; let its decide function be one that can be "
                "copied");

 public:
  explicit ExploredDecision(const Command<Store, Decide>& command, Context&... context)
      : command_{command}, context_{context...} {}

  std::string_view id() const noexcept override { return command_.id(); }
  std::vector<std::string> stores() const override { return {std::string{command_.event_store().event_store_id()}}; }
  nlohmann::json input_schema() const override { return CommandInputJson<Input>::schema(); }
  bool takes_id() const noexcept override { return true; }
  bool simulates() const noexcept override { return true; }

  CommandOutcome call(const CommandCall& call) const override {
    if (!call.is_simulated) return run(command_, call);
    Simulation simulation;
    SimulatedStore<Store> store = simulation.store_like(command_.event_store());
    return run(Command<SimulatedStore<Store>, Decide>{std::string{id()}, store, command_.decide_function(),
                                                      command_.options()},
               call);
  }

 private:
  template <class Run>
  CommandOutcome run(const Run& command, const CommandCall& call) const try {
    const auto result = std::apply(
        [&](Context&... context) {
          if constexpr (std::is_void_v<Input>) {
            CommandInputJson<Input>::refuse_others(call.input);
            return command(call.aggregate_id, context...);
          } else {
            return command.call_json(call.aggregate_id, call.input, context...);
          }
        },
        context_);
    const auto& store = command.event_store();
    std::vector<PushedVersion> pushed;
    for (const auto& event : result.events) {
      pushed.push_back({std::string{store.event_store_id()}, call.aggregate_id, event.version()});
    }
    try {
      CommandOutcome outcome = outcome_of(pushed, store);
      if (pushed.empty()) {
        const nlohmann::json state = load_state(store, call.aggregate_id, {}).state;
        outcome.states.push_back({{"store", store.event_store_id()},
                                  {"aggregateId", call.aggregate_id},
                                  {"before", state},
                                  {"after", state}});
      }
      return outcome;
    } catch (...) {
      if (call.is_simulated || pushed.empty()) throw;
      refuse_after_push(pushed);
    }
  } catch (...) {
    refuse_command();
  }

  const Command<Store, Decide>& command_;
  std::tuple<Context&...> context_;
};

/// A command whose handler loads and pushes by itself.
template <class Stores, class Handler, class... Context>
class ExploredHandler;
template <class... Stores, class Handler, class... Context>
class ExploredHandler<std::tuple<Stores&...>, Handler, Context...> final : public ExploredCommand {
  using ExploredOne = Command<std::tuple<Stores&...>, Handler>;
  using Input = CommandInput<ExploredOne>;
  static_assert(std::is_copy_constructible_v<Handler> && (DerivableStore<Stores> && ...),
                "castore: an explorer runs this command by a copy of its handler, on stores that it derives from the "
                "command's own, to see what is pushed; let the handler be one that can be copied, and the stores "
                "castore::EventStore or others that are derived from it (castore::DerivableStore)");

  /// False for a handler that wants stores of another type than the simulation's.
  static constexpr bool can_simulate() {
    if constexpr (std::is_void_v<Input>)
      return std::is_invocable_v<const Handler&, SimulatedStore<Stores>&...>;
    else
      return std::is_invocable_v<const Handler&, Input&, SimulatedStore<Stores>&..., Context&...>;
  }

 public:
  explicit ExploredHandler(const ExploredOne& command, Context&... context) : command_{command}, context_{context...} {}

  std::string_view id() const noexcept override { return command_.id(); }
  std::vector<std::string> stores() const override {
    return std::apply(
        [](const Stores&... store) { return std::vector<std::string>{std::string{store.event_store_id()}...}; },
        command_.event_stores());
  }
  nlohmann::json input_schema() const override { return CommandInputJson<Input>::schema(); }
  bool takes_id() const noexcept override { return false; }
  bool simulates() const noexcept override { return can_simulate(); }

  CommandOutcome call(const CommandCall& call) const override try {
    return call.is_simulated ? simulate(call) : run(call);
  } catch (...) {
    refuse_command();
  }

 private:
  CommandOutcome simulate(const CommandCall& call) const {
    if constexpr (can_simulate()) {
      Simulation simulation;
      std::tuple<SimulatedStore<Stores>...> stores = std::apply(
          [&](const Stores&... store) {
            return std::tuple<SimulatedStore<Stores>...>{simulation.store_like(store)...};
          },
          command_.event_stores());
      run_on(stores, call);
      return tell(simulation.pushed(), stores);
    } else {
      throw HttpProblem{501, "not_simulated",
                        "this command cannot be simulated, as its handler wants stores of a type of their own"};
    }
  }
  CommandOutcome run(const CommandCall& call) const {
    PushedVersions noted;
    std::tuple<Stores...> stores = std::apply(
        [&](const Stores&... store) {
          return std::tuple<Stores...>{
              Stores(store, std::make_shared<NotesPushes<Stores>>(store.event_store_id(), noted))...};
        },
        command_.event_stores());
    std::vector<PushedVersion> pushed;
    try {
      run_on(stores, call);
      pushed = noted.take();
      return tell(pushed, stores);
    } catch (...) {
      if (pushed.empty()) pushed = noted.take();
      if (pushed.empty()) throw;
      refuse_after_push(pushed);
    }
  }

  template <class... Used>
  void run_on(std::tuple<Used...>& stores, const CommandCall& call) const {
    const Command<std::tuple<Used&...>, Handler> command{
        std::string{id()}, std::apply([](Used&... store) { return std::tie(store...); }, stores),
        command_.handler_function(), command_.options()};
    std::apply(
        [&](Context&... context) {
          if constexpr (std::is_void_v<Input>) {
            CommandInputJson<Input>::refuse_others(call.input);
            static_cast<void>(command());
          } else {
            static_cast<void>(command.call_json(call.input, context...));
          }
        },
        context_);
  }
  template <class... Used>
  static CommandOutcome tell(const std::vector<PushedVersion>& pushed, const std::tuple<Used...>& stores) {
    return std::apply([&](const Used&... store) { return outcome_of(pushed, store...); }, stores);
  }

  const ExploredOne& command_;
  std::tuple<Context&...> context_;
};

}  // namespace castore::detail

#endif
