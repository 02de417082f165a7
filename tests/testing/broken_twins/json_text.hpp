// SPDX-License-Identifier: MIT
#ifndef CASTORE_TESTS_TESTING_BROKEN_TWINS_JSON_TEXT_HPP
#define CASTORE_TESTS_TESTING_BROKEN_TWINS_JSON_TEXT_HPP

#include <castore/core/errors.hpp>

#include "testing/broken_twins/twin.hpp"

#include <nlohmann/json.hpp>

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace broken_twins {

/// Makes something of payloads and metadata that it should refuse.
template <class Repair>
struct RepairsTexts {
  void operator()(EventRecord& record) const {
    for (std::string* const text : {&record.payload, &record.metadata}) {
      if (!text->empty() && !nlohmann::json::accept(*text)) Repair{}(*text);
    }
  }
};

/// As one that reads a value and looks no further.
struct CutsBehindTheValue {
  void operator()(std::string& text) const {
    for (std::size_t size = text.size(); size > 0; --size) {
      if (nlohmann::json::accept(text.substr(0, size))) return text.resize(size);
    }
  }
};

struct DropsTheRest {
  void operator()(std::string& text) const {
    if (text.find_first_not_of(" \t") == std::string::npos || text == "{" || text == "nul") text.clear();
  }
};

struct ReplacesBytes {
  void operator()(std::string& text) const {
    text =
        nlohmann::json(text.substr(1, text.size() - 2)).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
  }
};

struct OnlyOtherBytes {
  void operator()(std::string& text) const {
    if (text == "\"\xff\"") ReplacesBytes{}(text);
  }
};

class RefusesSpaces : public RecordsOnlyAdapter {
 public:
  PushOutcome push_events(std::span<const PushRecord> records, const PushOptions& options) override {
    for (const PushRecord& push : records) {
      const std::string& text = push.record.payload;
      const bool has_space = text.starts_with(' ') || text.starts_with('\n') || text.starts_with('\t');
      if (has_space && nlohmann::json::accept(text)) throw castore::InvalidEventError{"payload", "it is not JSON"};
    }
    return RecordsOnlyAdapter::push_events(records, options);
  }
};

/// As `nlohmann::json{value}` does.
struct WrapsMetadata {
  void operator()(EventRecord& record) const {
    if (record.type == "LAW_TAGGED") record.metadata = '[' + record.metadata + ']';
  }
};

class LosesListedEvents : public RecordsOnlyAdapter {
 public:
  void get_events(std::string_view event_store_id, std::string_view aggregate_id, const GetEventsOptions& options,
                  RecordSink sink) override {
    RecordsOnlyAdapter::get_events(event_store_id, aggregate_id, options, [&](const EventRecordView& record) {
      if (record.type != "LAW_LISTED") sink(record);
    });
  }
};

inline std::vector<Twin> json_text_twins() {
  return {
      twin<ChangesPushed<RepairsTexts<DropsTheRest>>>("takes what is not JSON for nothing",
                                                      {"text that is not JSON is refused"}),
      twin<ChangesPushed<RepairsTexts<CutsBehindTheValue>>>(
          "reads a value and looks no further",
          {"text after a JSON value is refused", "text that is not JSON is refused"}),
      twin<ChangesPushed<RepairsTexts<OnlyOtherBytes>>>("replaces bytes that are not UTF-8",
                                                        {"JSON text that is not UTF-8 is refused"}),
      twin<RefusesSpaces>("refuses spaces before a value", {"spaces around a JSON value are taken"}),
      twin<ChangesPushed<WrapsMetadata>>("makes a list of metadata",
                                         {"values that braces would wrap come back as they are"}),
      twin<LosesListedEvents>("loses events of a type", {"values that braces would wrap come back as they are"}),
  };
}

}  // namespace broken_twins

#endif
