// SPDX-License-Identifier: MIT
#ifndef CASTORE_TESTS_TESTING_BROKEN_TWINS_VALUES_HPP
#define CASTORE_TESTS_TESTING_BROKEN_TWINS_VALUES_HPP

#include <castore/core/errors.hpp>

#include "testing/broken_twins/twin.hpp"

#include <nlohmann/json.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <limits>
#include <map>
#include <mutex>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace broken_twins {

using Json = nlohmann::json;

/// The rest is refused anyway.
inline bool is_json(const std::string& text) {
  return text.find('\0') == std::string::npos && !text.starts_with('\xef') && Json::accept(text);
}

/// Changes every value of a payload, the inner ones first.
template <class ChangeValue>
struct ChangesPayload {
  void operator()(EventRecord& record) const {
    const bool has_nothing_to_change = record.type == "LAW_NOTED" && record.payload.size() < 100;  // saves time
    if (has_nothing_to_change || !is_json(record.payload)) return;
    Json json = Json::parse(record.payload);
    change(json, 0);
    record.payload = json.dump();
  }
  static void change(Json& json, int depth) {
    if (json.is_structured()) {
      for (Json& element : json) change(element, depth + 1);
    }
    ChangeValue{}(json, depth);
  }
};

struct IntegersAsDoubles {
  void operator()(Json& json, int) const {
    if (json.is_number_integer()) {
      const auto integer = json.get<std::int64_t>();
      constexpr std::int64_t exact = std::int64_t{1} << 53;
      if (integer > exact || integer < -exact) json = static_cast<double>(integer);
    }
  }
};

struct FifteenDigits {
  void operator()(Json& json, int) const {
    if (!json.is_number_float()) return;
    char text[40];
    std::snprintf(text, sizeof text, "%.15g", json.get<double>());
    json = std::strtod(text, nullptr);
  }
};

struct UnsignedZero {
  void operator()(Json& json, int) const {
    if (json.is_number_float() && json.get<double>() == 0) json = 0.0;
  }
};

struct EmptyContainersAsNull {
  void operator()(Json& json, int depth) const {
    if (json.is_structured() && json.empty() && depth > 0) json = nullptr;
  }
};

struct DropsNullMembers {
  void operator()(Json& json, int) const {
    if (!json.is_object()) return;
    Json kept = Json::object();
    for (const auto& [key, value] : json.items()) {
      if (!value.is_null()) kept[key] = value;
    }
    json = kept;
  }
};

struct DropsDeepValues {
  void operator()(Json& json, int depth) const {
    if (depth > 16) json = nullptr;
  }
};

struct ReplacesEmoji {
  void operator()(Json& json, int) const {
    if (!json.is_string()) return;
    std::string text = json.get<std::string>();
    for (std::size_t place = text.find('\xf0'); place != std::string::npos; place = text.find('\xf0')) {
      text.replace(place, 4, "?");
    }
    json = text;
  }
};

template <std::size_t size>
struct CutsTexts {
  void operator()(Json& json, int) const {
    if (json.is_string() && json.get_ref<const std::string&>().size() > size) {
      json = json.get_ref<const std::string&>().substr(0, size);
    }
  }
};

struct CutsTextsAtNul {
  void operator()(Json& json, int) const {
    if (json.is_string()) json = std::string{json.get_ref<const std::string&>().c_str()};
  }
};

/// As `payload || nothing` of a language where these are false.
struct DropsFalsePayloads {
  void operator()(EventRecord& record) const {
    if (record.payload == "null" || record.payload == "false" || record.payload == "0" || record.payload == "\"\"") {
      record.payload.clear();
    }
  }
};

struct NullForAbsentPayloads {
  void operator()(EventRecord& record) const {
    if (record.payload.empty()) record.payload = "null";
  }
};

struct DropsMetadata {
  void operator()(EventRecord& record) const {
    const bool is_of_law_10 = record.type == "LAW_TAGGED" || record.type == "LAW_LISTED";
    if (is_json(record.metadata) && !is_of_law_10) record.metadata.clear();
  }
};

struct DropsMetadataWithoutPayload {
  void operator()(EventRecord& record) const {
    if (record.payload.empty() && record.metadata != "null" && record.metadata.size() < 1000) record.metadata.clear();
  }
};

struct DropsDollarMembers {
  void operator()(EventRecord& record) const {
    if (record.metadata.empty()) return;
    auto json = nlohmann::json::parse(record.metadata, nullptr, false);
    if (!json.is_object() || json.erase("$context") == 0) return;
    record.metadata = json.empty() ? "" : json.dump();
  }
};

struct DropsLongMetadata {
  void operator()(EventRecord& record) const {
    if (record.metadata.size() > 65535) record.metadata = "{}";
  }
};

struct CutsTypes {
  void operator()(EventRecord& record) const {
    if (record.type.size() > 255) record.type.resize(255);
  }
};

struct EmptyMetadataForAbsent {
  void operator()(EventRecord& record) const {
    if (record.metadata.empty() && !record.payload.empty()) record.metadata = "{}";
  }
};

struct TrimsTypes {
  void operator()(EventRecord& record) const {
    if (record.type.starts_with(' ')) record.type.erase(0, 1);
  }
};

struct TimestampsInSeconds {
  void operator()(EventRecord& record) const {
    record.timestamp = std::chrono::floor<std::chrono::seconds>(record.timestamp);
  }
};

struct VersionsOf32Bits {
  void operator()(EventRecord& record) const {
    if (record.version > std::numeric_limits<std::int32_t>::max()) throw castore::StorageError{"integer out of range"};
  }
};

/// Keeps a view of the pushed payload of aggregate 'buffer' alone, whose buffer outlives the adapter in its test.
class KeepsViews : public RecordsOnlyAdapter {
 public:
  PushOutcome push_events(std::span<const PushRecord> records, const PushOptions& options) override {
    if (records.size() == 1 && records.front().record.aggregate_id == "buffer")
      payload_ = records.front().record.payload;
    return RecordsOnlyAdapter::push_events(records, options);
  }
  void get_events(std::string_view event_store_id, std::string_view aggregate_id, const GetEventsOptions& options,
                  RecordSink sink) override {
    RecordsOnlyAdapter::get_events(event_store_id, aggregate_id, options, [&](EventRecordView view) {
      if (aggregate_id == "buffer") view.payload = payload_;
      sink(view);
    });
  }

 private:
  std::string_view payload_;
};

inline std::vector<Twin> value_twins() {
  const char* const any_value = "any JSON value is a payload";
  const char* const without_payload = "metadata come back without a payload";
  const char* const contexts = "contexts come back";
  const char* const absent_metadata = "absent metadata stay absent";
  return {
      twin<ChangesPushed<ChangesPayload<IntegersAsDoubles>>>("keeps integers as doubles",
                                                             {"64-bit integers come back exactly"}),
      twin<ChangesPushed<ChangesPayload<FifteenDigits>>>("keeps fifteen digits of a double",
                                                         {"doubles come back to the last bit"}),
      twin<ChangesPushed<ChangesPayload<UnsignedZero>>>("keeps zero without its sign", {"negative zero comes back"}),
      twin<ChangesPushed<ChangesPayload<EmptyContainersAsNull>>>("keeps empty containers as null",
                                                                 {"empty texts and containers come back", any_value}),
      twin<ChangesPushed<ChangesPayload<DropsNullMembers>>>("drops members that are null",
                                                            {"null stays null", any_value}),
      twin<ChangesPushed<DropsFalsePayloads>>("drops payloads that look like nothing", {any_value}),
      twin<ChangesPushed<ChangesPayload<DropsDeepValues>>>("drops what is nested deeply", {"nested values come back"}),
      twin<ChangesPushed<ChangesPayload<ReplacesEmoji>>>("replaces emoji", {"Unicode comes back"}),
      twin<ChangesPushed<ChangesPayload<CutsTexts<65535>>>>("cuts texts after 64 kB", {"a long text comes back"}),
      twin<ChangesPushed<ChangesPayload<CutsTextsAtNul>>>("cuts texts at a NUL",
                                                          {"text with a NUL character comes back whole or is refused"}),
      twin<ChangesRead<NullForAbsentPayloads>>("gives null for an absent payload",
                                               {"an absent payload stays absent", without_payload}),
      twin<ChangesPushed<DropsMetadata>>("drops metadata",
                                         {"metadata come back", without_payload, contexts,
                                          "metadata of 100 kB come back", "push_events copies what it is given"}),
      twin<ChangesRead<EmptyMetadataForAbsent>>("gives an empty object for absent metadata",
                                                {absent_metadata, "the event type comes back"}),
      twin<ChangesPushed<DropsMetadataWithoutPayload>>("drops metadata where there is no payload",
                                                       {without_payload, contexts}),
      twin<ChangesPushed<DropsDollarMembers>>("drops members of metadata that begin with $", {contexts}),
      twin<ChangesPushed<DropsLongMetadata>>("drops metadata of more than 64 kB", {"metadata of 100 kB come back"}),
      twin<ChangesPushed<CutsTypes>>("cuts event types after 255 bytes", {"long event types come back or are refused"}),
      twin<ChangesPushed<TrimsTypes>>("trims event types", {"the event type comes back"}),
      twin<ChangesRead<TimestampsInSeconds>>(
          "keeps timestamps in seconds", {"timestamps come back to the millisecond", "timestamps before 1970 come back",
                                          "timestamps after 2038 come back"}),
      twin<ChangesPushed<VersionsOf32Bits>>("keeps versions in 32 bits", {"versions up to 2^63 - 1 come back"}),
      twin<KeepsViews>("keeps views of what it is given", {"push_events copies what it is given"}),
  };
}

}  // namespace broken_twins

#endif
