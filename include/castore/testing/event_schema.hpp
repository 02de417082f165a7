// SPDX-License-Identifier: MIT
#ifndef CASTORE_TESTING_EVENT_SCHEMA_HPP
#define CASTORE_TESTING_EVENT_SCHEMA_HPP

#include <castore/core/event.hpp>
#include <castore/core/events.hpp>
#include <castore/core/upcasts.hpp>
#include <castore/json/kinds.hpp>
#include <castore/json/schema.hpp>
#include <castore/testing/failure.hpp>

#include <nlohmann/json.hpp>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <source_location>
#include <string>
#include <string_view>
#include <system_error>
#include <type_traits>

namespace castore::testing {

namespace detail {

template <class Metadata, class Function, class... OldForms>
void for_each_old_form(castore::Upcasts<OldForms...>, std::type_identity<Metadata> metadata, const Function& function);

/// Calls a function for each type that is stored, with the form of its payload.
template <class Payload, class Metadata, class Function>
void for_each_form(std::type_identity<Payload> payload, std::type_identity<Metadata> metadata,
                   const Function& function) {
  for (const std::string_view type : castore::detail::own_types_of<Payload>) function(type, payload, metadata);
  if constexpr (castore::detail::HasUpcasts<Payload>) {
    for_each_old_form(typename Payload::upcasts{}, metadata, function);
  }
}
template <class Metadata, class Function, class... OldForms>
void for_each_old_form(castore::Upcasts<OldForms...>, std::type_identity<Metadata> metadata, const Function& function) {
  (for_each_form(std::type_identity<OldForms>{}, metadata, function), ...);
}

template <class... Payloads>
nlohmann::json schema_of_events(Events<Payloads...>) {
  namespace schemas = castore::detail;
  nlohmann::json any = nlohmann::json::array();
  nlohmann::json all = nlohmann::json::object();
  const auto add = [&]<class Payload, class Metadata>(std::string_view type, std::type_identity<Payload>,
                                                      std::type_identity<Metadata>) {
    const schemas::SchemaPlace document{};
    const schemas::SchemaPlace definitions = document.part("$defs");
    const schemas::SchemaPlace place = definitions.part(type);
    const schemas::SchemaPlace properties = place.part("properties");
    nlohmann::json schema{{"type", "object"}, {"required", {"type"}}};
    schema["properties"]["type"] = {{"const", type}};
    const auto put = [&]<class Value>(std::type_identity<Value>, const char* name) {
      if constexpr (!std::is_same_v<Value, NoMetadata>) {
        if constexpr (schemas::has_json<Value> || schemas::is_optional<Value>) {
          schema["properties"][name] = schemas::schema_of<Value>(properties.part(name));
          if (!schemas::is_optional<Value>) schema["required"].push_back(name);
        }
      }
    };
    put(std::type_identity<Payload>{}, "payload");
    put(std::type_identity<Metadata>{}, "metadata");
    any.push_back({{"$ref", '#' + place.pointer}});
    all[std::string{type}] = std::move(schema);
  };
  (for_each_form(std::type_identity<Payloads>{}, std::type_identity<MetadataOf<Payloads>>{}, add), ...);
  return {{"$schema", json_schema_dialect}, {"oneOf", std::move(any)}, {"$defs", std::move(all)}};
}

/// The elements of a list that another one does not have; a name that `among` does not have is left out.
inline std::string list_missing(const nlohmann::json& list, const nlohmann::json& other,
                                const nlohmann::json* among = nullptr) {
  std::string texts;
  for (const nlohmann::json& element : list) {
    if (std::find(other.begin(), other.end(), element) != other.end()) continue;
    if (among && !among->contains(element)) continue;
    texts += (texts.empty() ? "" : ", ") + element.dump();
  }
  return texts;
}

/// One line for each difference: where it is, what was there and what is there.
class SchemaDifferences {
 public:
  void find(const nlohmann::json& before, const nlohmann::json& now, const std::string& path) {
    if (before == now) return;
    const bool is_same_type = before.is_object() && now.is_object() && type_of(before) == type_of(now);
    if (!is_same_type) return add(path, "was " + before.dump() + ", is " + now.dump());
    for (const auto& [name, old] : before.items()) {
      if (path.empty() && name == "oneOf") continue;  // says again which types there are
      const auto found = now.find(name);
      if (name == "required" && old.is_array())
        find_required(before, now, path);
      else if (found == now.end())
        add(part_of(path, name), "is gone; it was " + old.dump());
      else if (name == "enum" && old.is_array())
        find_texts(old, *found, path);
      else
        find(old, *found, part_of(path, name));
    }
    for (const auto& [name, value] : now.items()) {
      if (before.contains(name)) continue;
      if (name == "required" && value.is_array())
        find_required(before, now, path);
      else
        add(part_of(path, name), "is new, " + value.dump());
    }
  }
  const std::string& lines() const noexcept { return lines_; }

 private:
  void add(const std::string& path, const std::string& what) { lines_ += "  " + path + ": " + what + '\n'; }

  static nlohmann::json type_of(const nlohmann::json& schema) {
    const auto type = schema.find("type");
    return type != schema.end() && type->is_string() ? *type : nlohmann::json();
  }
  static std::string part_of(const std::string& path, const std::string& name) {
    if (name == "properties" || name == "$defs") return path;
    return path + (path.empty() ? "" : ".") + name;
  }
  void find_required(const nlohmann::json& before, const nlohmann::json& now, const std::string& path) {
    const nlohmann::json none = nlohmann::json::object();
    const auto part = [&none](const nlohmann::json& schema, const char* name) -> const nlohmann::json& {
      const auto found = schema.find(name);
      return found == schema.end() ? none : *found;
    };
    const nlohmann::json& old = part(before, "required");
    const nlohmann::json& required = part(now, "required");
    const std::string optional = list_missing(old, required, &part(now, "properties"));
    const std::string added = list_missing(required, old, &part(before, "properties"));
    if (!optional.empty()) add(path, "may be missing now: " + optional);
    if (!added.empty()) add(path, "must be there now: " + added);
  }
  void find_texts(const nlohmann::json& before, const nlohmann::json& now, const std::string& path) {
    const std::string gone = list_missing(before, now);
    const std::string added = list_missing(now, before);
    if (!gone.empty()) add(path, "is no longer one of " + gone);
    if (!added.empty()) add(path, "may also be one of " + added);
  }

  std::string lines_;
};

/// A relative name of a source file is one from where the compiler ran, which is above of where tests run.
inline std::filesystem::path folder_of_source(const std::filesystem::path& source) {
  std::error_code error;
  std::filesystem::path above = std::filesystem::current_path(error);
  while (!error && !std::filesystem::exists(above / source, error)) {
    if (above == above.parent_path()) return source.parent_path();
    above = above.parent_path();
  }
  return (above / source).parent_path().lexically_normal();
}

inline void check_schema_file(const nlohmann::json& now, const std::filesystem::path& file) {
  if (const char* const write = std::getenv("CASTORE_WRITE_SCHEMAS"); write && *write != '\0') {
    std::ofstream{file, std::ios::binary} << now.dump(2) << '\n';
  }
  const std::string advice = "run the test once with CASTORE_WRITE_SCHEMAS=1 in its environment and commit the file";
  std::ifstream stream{file, std::ios::binary};
  const std::string text{std::istreambuf_iterator<char>{stream}, {}};
  const nlohmann::json committed = nlohmann::json::parse(text, nullptr, false);
  if (text.empty()) report_failure("castore: there is no schema " + file.string() + "; " + advice);
  if (committed.is_discarded()) report_failure("castore: the schema " + file.string() + " is not JSON; " + advice);
  SchemaDifferences differences;
  differences.find(committed, now, {});
  if (differences.lines().empty()) return report_pass();
  report_failure(
      "castore: the events no longer have the schema " + file.string() + ":\n" + differences.lines() +
      "Stored events have the form of the file. Keep it (json_names, enum_names, added_fields, std::optional), or, "
      "when they can\nstill be read, " +
      advice + ".");
}

}  // namespace detail

/// @brief A JSON Schema (2020-12) of all events of a store, `oneOf` of their types: what `castore::json_schema` says of
/// each payload and metadata. @tparam Events A list `castore::Events<Payload, ...>`.
template <class Events>
nlohmann::json event_schema() {
  return detail::schema_of_events(Events{});
}

/// @brief A schema lock: fails when the events no longer have the schema that was committed, with a line for each
/// difference, so that the rename of a field is noticed before it ships.
/// @code
/// TEST_CASE("the schema of our events is the committed one") {
///   castore::testing::check_event_schema<PokemonEvents>("pokemon_events.schema.json");
/// }
/// @endcode
/// With `CASTORE_WRITE_SCHEMAS=1` in the environment it writes the file instead. Schemas are compared as JSON: spaces
/// and the order of members do not count. @param file Next to the test's source, unless it is an absolute path.
/// **Errors:** `Failure`
template <class Events>
void check_event_schema(const std::filesystem::path& file,
                        const std::source_location& where = std::source_location::current()) {
  detail::check_schema_file(event_schema<Events>(), detail::folder_of_source(where.file_name()) / file);
}

}  // namespace castore::testing

#endif
