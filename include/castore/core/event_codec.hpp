// SPDX-License-Identifier: MIT
#ifndef CASTORE_CORE_EVENT_CODEC_HPP
#define CASTORE_CORE_EVENT_CODEC_HPP

/// @file
/// The two ends of the corridor between typed events and records, and their errors.

#include <castore/core/codec.hpp>
#include <castore/core/errors.hpp>
#include <castore/core/event.hpp>
#include <castore/core/event_storage_adapter.hpp>
#include <castore/core/events.hpp>
#include <castore/fwd.hpp>

#include <concepts>
#include <exception>
#include <new>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

namespace castore {

/// @brief Payloads that a record adapter can store: they and their metadata have a codec.
template <class Payload>
concept EncodablePayload = HasCodec<Payload> && (std::same_as<MetadataOf<Payload>, NoMetadata> ||
                                                 HasCodec<MetadataOf<Payload>>);

namespace detail {

/// One payload of a store that writes records, checked so that a compiler's error names it.
template <class Payload>
struct CheckedCodec {
  static constexpr bool is_valid = EncodablePayload<Payload>;
  static_assert(HasCodec<Payload>,
                "castore: this payload cannot be encoded as JSON; include <castore/json.hpp> and write in the payload "
                "NLOHMANN_DEFINE_TYPE_INTRUSIVE(ThePayload, its, fields), or specialise castore::codec<ThePayload>");
  static_assert(std::same_as<MetadataOf<Payload>, NoMetadata> || HasCodec<MetadataOf<Payload>>,
                "castore: this payload's Metadata cannot be encoded as JSON; write in it "
                "NLOHMANN_DEFINE_TYPE_INTRUSIVE(Metadata, its, fields), or specialise castore::codec for it");
};

/// Runs a codec and gives its exception the event's name; running out of memory stays what it is.
template <class CodecError, class Function>
decltype(auto) with_event_in_error(std::string_view event_store_id, std::string_view aggregate_id, Version version,
                                   std::string_view type, Function function) {
  try {
    return function();
  } catch (const std::bad_alloc&) {
    throw;
  } catch (const std::exception& error) {
    std::throw_with_nested(CodecError{event_store_id, aggregate_id, version, type, error.what()});
  }
}

template <class Value>
std::string encode_value(const Value& value) {
  if constexpr (std::same_as<Value, NoMetadata>) {
    return {};
  } else {
    return codec<Value>::encode(value);
  }
}

template <class Value>
Value decode_value(std::string_view json) {
  if constexpr (std::same_as<Value, NoMetadata>) {
    return {};
  } else {
    return codec<Value>::decode(json);
  }
}

/// @throws EventEncodeError
template <EncodablePayload Payload>
EventRecord encode_event(std::string_view event_store_id, std::string_view aggregate_id, Version version,
                         Timestamp timestamp, const Payload& payload, const MetadataOf<Payload>& metadata) {
  return with_event_in_error<EventEncodeError>(event_store_id, aggregate_id, version, Payload::type, [&] {
    return EventRecord{.aggregate_id = std::string{aggregate_id},
                       .version = version,
                       .type = std::string{Payload::type},
                       .timestamp = timestamp,
                       .payload = encode_value(payload),
                       .metadata = encode_value(metadata)};
  });
}

/// Calls `visitor(payload, version, timestamp, metadata)` with the C++ objects of a stored event.
/// @throws EventDecodeError, UnknownEventTypeError
template <class... Payloads, class Visitor>
void decode_event(Events<Payloads...>, std::string_view event_store_id, const EventRecordView& record,
                  Visitor&& visitor) {
  const auto try_one = [&]<class Payload>(std::type_identity<Payload>) {
    if (record.type != std::string_view{Payload::type}) return false;
    auto values = with_event_in_error<EventDecodeError>(
        event_store_id, record.aggregate_id, record.version, record.type, [&] {
          return std::pair<Payload, MetadataOf<Payload>>{decode_value<Payload>(record.payload),
                                                         decode_value<MetadataOf<Payload>>(record.metadata)};
        });
    visitor(std::move(values.first), record.version, record.timestamp, std::move(values.second));
    return true;
  };
  if (!(try_one(std::type_identity<Payloads>{}) || ...)) {
    throw UnknownEventTypeError{event_store_id, record.aggregate_id, record.version, record.type};
  }
}

}  // namespace detail

}  // namespace castore

#endif
