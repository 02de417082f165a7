// SPDX-License-Identifier: MIT
#ifndef CASTORE_HTTP_EXPLORED_STORE_HPP
#define CASTORE_HTTP_EXPLORED_STORE_HPP

/// @file
/// A store whose types an explorer knows: the states of its aggregates, and the schemas of its types, as JSON.

#include <castore/core/codec.hpp>
#include <castore/core/errors.hpp>
#include <castore/core/event_codec.hpp>
#include <castore/core/event_storage_adapter.hpp>
#include <castore/core/event_store_concepts.hpp>
#include <castore/core/event_store_options.hpp>
#include <castore/core/events.hpp>
#include <castore/core/upcasts.hpp>
#include <castore/fwd.hpp>
#include <castore/http/problem.hpp>
#include <castore/json/kinds.hpp>
#include <castore/json/schema.hpp>
#include <castore/json/text.hpp>
#include <castore/maintenance/event_data.hpp>

#include <nlohmann/json.hpp>

#include <cstddef>
#include <exception>
#include <map>
#include <new>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

namespace castore::detail {

/// Runs what belongs to the program, whose exceptions an explorer may tell: who reads them is who wrote it.
/// @throws HttpProblem for what is not an error of the library
template <class Function>
decltype(auto) tell_failure(const char* code, const std::string& what, const Function& function) {
  try {
    return function();
  } catch (const Error&) {
    throw;
  } catch (const std::bad_alloc&) {
    throw;
  } catch (const std::exception& error) {
    throw HttpProblem{500, code, what + ": " + error.what()};
  } catch (...) {
    throw HttpProblem{500, code, what + ": it threw something that is not a std::exception"};
  }
}

/// One error, with its remedy, for an aggregate that has no JSON. @throws HttpProblem when a value has none
/// @param size Becomes larger by the bytes of its text.
template <class Aggregate>
nlohmann::json state_to_json(const Aggregate& aggregate, std::size_t* size = nullptr) {
  if constexpr (decltype(codec_fault<Aggregate>())::explain()) {
    return tell_failure("state_without_json", "the aggregate cannot be shown as JSON", [&] {
      const std::string text = codec<Aggregate>::encode(aggregate);
      if (size != nullptr) *size += text.size();
      return text.empty() ? nlohmann::json::object() : text_to_json(text);
    });
  } else {
    return {};
  }
}

/// What an aggregate is at a version.
struct ExploredState {
  Version version = 0;                                     ///< 0 when it has no event until then.
  nlohmann::json state{};                                  ///< null when it has no event until then.
  std::optional<std::map<std::string, Version>> set_by{};  ///< By JSON Pointer the event that last changed each field.
};

/// The state of an aggregate, of any store that can be read.
template <class Store>
ExploredState load_state(const Store& store, std::string_view aggregate_id, std::optional<Version> version) {
  return tell_failure("reducer_failed", "the reducer failed", [&] {
    const auto aggregate = store.get_aggregate(aggregate_id, {.max_version = version});
    return aggregate ? ExploredState{aggregate->version, state_to_json(*aggregate), {}} : ExploredState{};
  });
}

/// A store that an explorer was given.
class ExploredStore {
 public:
  virtual ~ExploredStore() = default;
  virtual std::string_view id() const noexcept = 0;
  /// @param max_compared When given, it is told what set each field, unless the states to compare are larger together.
  /// @throws HttpProblem, and what the store throws
  virtual ExploredState state(std::string_view aggregate_id, std::optional<Version> version,
                              std::optional<std::size_t> max_compared) const = 0;
  virtual nlohmann::json schema() const = 0;
};

template <class Store>
class ExploredStoreOf final : public ExploredStore {
  using Aggregate = typename Store::Aggregate;
  using Event = castore::Event<typename Store::Events>;

 public:
  explicit ExploredStoreOf(const Store& store) noexcept : store_{store} {}

  std::string_view id() const noexcept override { return store_.event_store_id(); }

  ExploredState state(std::string_view aggregate_id, std::optional<Version> version,
                      std::optional<std::size_t> max_compared) const override {
    ExploredState state = load_state(store_, aggregate_id, version);
    if (max_compared && state.version > 0) state.set_by = blame(aggregate_id, state.version, *max_compared);
    return state;
  }

  nlohmann::json schema() const override {
    return {{"store", id()}, {"aggregate", schema_of<Aggregate>()}, {"types", types_of(typename Store::Events{})}};
  }

 private:
  /// Nothing where an event has a type that is not known, which no object stands for.
  std::optional<std::map<std::string, Version>> blame(std::string_view aggregate_id, Version last,
                                                      std::size_t max_compared) const try {
    constexpr std::size_t at_once = 500;
    std::size_t compared = 0;
    std::map<std::string, Version> set_by;
    std::optional<Aggregate> aggregate;
    nlohmann::json before = nlohmann::json::object();
    for (Version next = 1; next <= last;) {
      const std::vector<Event> events =
          store_.get_events(aggregate_id, {.min_version = next, .max_version = last, .limit = at_once});
      for (const Event& event : events) {
        aggregate = store_.build_aggregate({&event, 1}, std::move(aggregate));
        nlohmann::json after = state_to_json(*aggregate, &compared);
        if (compared > max_compared) refuse_to_compare(event.version(), last, max_compared);
        for (const DataChange& change : data_changes(before, after)) {
          if (change.after)
            set_by[change.path] = event.version();
          else
            set_by.erase(change.path);
        }
        before = std::move(after);
      }
      if (events.size() < at_once) break;
      next = events.back().version() + 1;
    }
    set_by.erase(std::string{});  // the state itself, before there was one
    return set_by;
  } catch (const UnknownEventTypeError&) {
    return std::nullopt;
  }

  /// @param first The version whose state is too much.
  [[noreturn]] static void refuse_to_compare(Version first, Version last, std::size_t max_compared) {
    const std::string before = std::to_string(first - 1);
    std::string what = "to tell which event last changed each field, the states after all " + std::to_string(last) +
                       " events would be compared, which are larger together than " + std::to_string(max_compared) +
                       " bytes; ask without blame";
    if (first > 1) what += ", or for version " + before + " or an earlier one";
    throw HttpProblem{422, "too_much_to_compare", what, {{"version", first - 1}}};
  }

  template <class Value>
  static nlohmann::json schema_of() {
    if constexpr (HasCodec<Value> && (is_storable<Value> || HasOwnCodec<Value>))
      return json_schema<Value>();
    else
      return nlohmann::json::object();
  }
  template <class... Payloads>
  static nlohmann::json types_of(Events<Payloads...>) {
    nlohmann::json types = nlohmann::json::array();
    const auto add = [&types]<class Payload>(std::type_identity<Payload>) {
      for (const std::string_view type : own_types_of<Payload>) {
        types.push_back({{"type", type}, {"payload", schema_of<Payload>()}});
        if constexpr (!std::is_same_v<MetadataOf<Payload>, NoMetadata>) {
          types.back()["metadata"] = schema_of<MetadataOf<Payload>>();
        }
      }
    };
    (add(std::type_identity<Payloads>{}), ...);
    return types;
  }

  const Store& store_;
};

}  // namespace castore::detail

#endif
