// SPDX-License-Identifier: MIT
#ifndef CASTORE_MAINTENANCE_EVENT_DATA_HPP
#define CASTORE_MAINTENANCE_EVENT_DATA_HPP

/// @file
/// What the events of an aggregate say together, without knowing their types: their payloads merged, what changed
/// between two versions, and which event last set each field.
///
/// @code
/// const castore::EventData data = castore::load_event_data(storage, "POKEMONS", "pikachu");
/// for (const castore::DataOrigin& field : data.origins()) log(field.path, field.value, field.version);
/// @endcode

#include <castore/config.hpp>
#include <castore/core/errors.hpp>
#include <castore/core/event_storage_adapter.hpp>
#include <castore/core/timestamp.hpp>
#include <castore/detail/text.hpp>
#include <castore/fwd.hpp>
#include <castore/json/text.hpp>

#include <nlohmann/json.hpp>

#include <exception>
#include <map>
#include <new>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace castore {

/// @brief A field of merged data that differs between two states of it.
struct DataChange {
  std::string path{};                      ///< Where it is, as a JSON Pointer (RFC 6901): `/position/city`.
  std::optional<nlohmann::json> before{};  ///< Nothing where it was not there.
  std::optional<nlohmann::json> after{};   ///< Nothing where it is not there any more.

  friend bool operator==(const DataChange&, const DataChange&) = default;
};

/// @brief A field of merged data, and the event that last set it.
struct DataOrigin {
  std::string path{};      ///< Where it is, as a JSON Pointer.
  nlohmann::json value{};  ///< What it is.
  Version version = 0;     ///< The version of that event.
  std::string type{};      ///< The type of that event.
  Timestamp timestamp{};   ///< When that event happened.

  friend bool operator==(const DataOrigin&, const DataOrigin&) = default;
};

namespace detail {

/// The pointer to a member of what a pointer leads to.
inline std::string pointer_to_member(const std::string& pointer, std::string_view name) {
  std::string path = pointer + '/';
  for (const char letter : name) {
    if (letter == '~')
      path += "~0";
    else if (letter == '/')
      path += "~1";
    else
      path += letter;
  }
  return path;
}

/// What is compared and set as one: everything but an object with members.
inline bool is_field(const nlohmann::json& value) { return !value.is_object() || value.empty(); }

inline void add_data_changes(const std::string& path, const nlohmann::json* before, const nlohmann::json* after,
                             std::vector<DataChange>& changes) {
  if (before != nullptr && after != nullptr && *before == *after) return;
  const auto member_of = [](const nlohmann::json* value, const std::string& name) -> const nlohmann::json* {
    if (value == nullptr || !value->is_object()) return nullptr;
    const auto found = value->find(name);
    return found == value->end() ? nullptr : &*found;
  };
  const auto copy_field = [](const nlohmann::json* value) {
    return value != nullptr && is_field(*value) ? std::optional<nlohmann::json>(*value) : std::nullopt;
  };
  DataChange change{path, copy_field(before), copy_field(after)};
  if (change.before || change.after) changes.push_back(std::move(change));
  std::set<std::string> names;
  for (const nlohmann::json* value : {before, after}) {
    if (value == nullptr || !value->is_object()) continue;
    for (const auto& [name, member] : value->items()) names.insert(name);
  }
  for (const std::string& name : names) {
    add_data_changes(pointer_to_member(path, name), member_of(before, name), member_of(after, name), changes);
  }
}

}  // namespace detail

/// @brief The fields that differ, in the order of their paths. Members of objects are compared one by one; arrays, as
/// all other values, as one.
inline std::vector<DataChange> data_changes(const nlohmann::json& before, const nlohmann::json& after) {
  std::vector<DataChange> changes;
  detail::add_data_changes({}, &before, &after, changes);
  return changes;
}

/// @brief The payloads of events merged into one object, and where each field is from.
///
/// Reach for it where the types of events are not known; a reducer knows better what they mean. The members of a
/// payload are set, those of objects in it one by one; arrays and all other values take the place of what was there. A
/// payload that is not an object is the member with the name of its event's type. What an event does not name stays, so
/// that nothing is ever removed. Numbers are as nlohmann::json reads them: one that is neither an integer of 64 bits nor
/// a `double` is rounded here, while its event has it as it was written.
class EventData {
 public:
  /// @brief Merges the next event. @throws EventDecodeError when its payload is not JSON that can be read
  /// @param event_store_id For errors.
  void add(std::string_view event_store_id, const EventRecordView& event) {
    version_ = event.version;
    if (event.payload.empty()) return;
    const Source source{event.version, std::string{event.type}, event.timestamp};
    const nlohmann::json payload = read(event_store_id, event);
    if (payload.is_object()) {
      for (const auto& [name, value] : payload.items()) {
        set(detail::pointer_to_member({}, name), data_[name], value, source);
      }
    } else {
      set(detail::pointer_to_member({}, event.type), data_[source.type], payload, source);
    }
  }

  /// @brief What was merged, an object.
  const nlohmann::json& json() const noexcept { return data_; }
  /// @brief The version of the last event, 0 when there was none.
  Version version() const noexcept { return version_; }
  /// @brief Each field with the event that last set it, in the order of their paths.
  std::vector<DataOrigin> origins() const {
    std::vector<DataOrigin> origins;
    origins.reserve(sources_.size());
    for (const auto& [path, source] : sources_) {
      origins.push_back(
          {path, data_.at(nlohmann::json::json_pointer(path)), source.version, source.type, source.timestamp});
    }
    return origins;
  }

 private:
  struct Source {
    Version version = 0;
    std::string type{};
    Timestamp timestamp{};
  };

  static nlohmann::json read(std::string_view event_store_id, const EventRecordView& event) {
    try {
      return detail::text_to_json(event.payload);
    } catch (const std::bad_alloc&) {
      throw;
    } catch (const std::exception& error) {
      std::throw_with_nested(
          EventDecodeError{event_store_id, event.aggregate_id, event.version, event.type, error.what()});
    }
  }

  void set(const std::string& path, nlohmann::json& target, const nlohmann::json& value, const Source& source) {
    if (detail::is_field(value)) {
      if (value.is_object() && target.is_object()) return;  // says nothing of its members
      forget_members(path);
      target = value;
      sources_.insert_or_assign(path, source);
      return;
    }
    if (detail::is_field(target)) {
      sources_.erase(path);
      target = nlohmann::json::object();
    }
    for (const auto& [name, member] : value.items()) {
      set(detail::pointer_to_member(path, name), target[name], member, source);
    }
  }
  void forget_members(const std::string& path) {
    const std::string prefix = path + '/';
    for (auto next = sources_.lower_bound(prefix); next != sources_.end() && next->first.starts_with(prefix);) {
      next = sources_.erase(next);
    }
  }

  nlohmann::json data_ = nlohmann::json::object();
  std::map<std::string, Source> sources_;
  Version version_ = 0;
};

/// @brief Merges the events of an aggregate. @param options Which of them; those of one version for its state then.
/// @throws EventDecodeError, and what the storage throws
template <class Adapter>
EventData load_event_data(Adapter& adapter, std::string_view event_store_id, std::string_view aggregate_id,
                          const GetEventsOptions& options = {}) {
  EventData data;
  adapter.get_events(event_store_id, aggregate_id, options,
                     [&](const EventRecordView& event) { data.add(event_store_id, event); });
  return data;
}

}  // namespace castore

#endif
