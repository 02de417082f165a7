// SPDX-License-Identifier: MIT
#ifndef CASTORE_CORE_EVENT_CODEC_HPP
#define CASTORE_CORE_EVENT_CODEC_HPP

/// @file
/// The two ends of the corridor between typed events and records, and their errors.

#include <castore/core/codec.hpp>
#include <castore/core/context.hpp>
#include <castore/core/detail/context_in_metadata.hpp>
#include <castore/core/errors.hpp>
#include <castore/core/event.hpp>
#include <castore/core/event_storage_adapter.hpp>
#include <castore/core/events.hpp>
#include <castore/core/upcasts.hpp>
#include <castore/detail/fault.hpp>
#include <castore/fwd.hpp>

#include <concepts>
#include <exception>
#include <new>
#include <optional>
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

/// A payload or metadata type without a codec that could say what is wrong.
template <class Value>
struct WithoutCodec {
  static constexpr bool explain() {
    static_assert(HasCodec<Value>,
                  "castore: this payload or metadata cannot be encoded as JSON; include <castore/json.hpp>, or specialise "
                  "castore::codec for it");
    return false;
  }
};

/// What stands in the way of a codec.
template <class Value>
constexpr auto codec_fault() {
  if constexpr (std::same_as<Value, NoMetadata> || HasCodec<Value>) {
    return NoFault{};
  } else if constexpr (requires { codec<Value>::explain(); }) {
    return codec<Value>::fault();
  } else {
    return WithoutCodec<Value>{};
  }
}

template <class Payload>
struct CheckedCodec;
/// The same for older forms of a payload, which are only read.
template <class... OldForms>
constexpr auto old_codecs_fault(Upcasts<OldForms...>) {
  using OldForm = FirstInvalid<CheckedCodec<OldForms>...>;
  if constexpr (is_fault<OldForm>) {
    return OldForm::fault();
  } else {
    return NoFault{};
  }
}

/// One payload of a store that writes records.
template <class Payload>
struct CheckedCodec {
  static constexpr auto fault() {
    if constexpr (is_fault<decltype(codec_fault<Payload>())>) {
      return codec_fault<Payload>();
    } else if constexpr (is_fault<decltype(codec_fault<MetadataOf<Payload>>())>) {
      return codec_fault<MetadataOf<Payload>>();
    } else if constexpr (HasUpcasts<Payload>) {
      return old_codecs_fault(typename Payload::upcasts{});
    } else {
      return NoFault{};
    }
  }
  static constexpr bool is_valid = !is_fault<decltype(CheckedCodec::fault())>;
};

/// Gives the exception at hand, a codec's, the event's name; running out of memory stays what it is. Not a part of the
/// functions that call codecs, as there are such for every type.
template <class CodecError>
[[noreturn]] void throw_with_event(std::string_view event_store_id, std::string_view aggregate_id, Version version,
                                   std::string_view type) {
  try {
    throw;
  } catch (const std::bad_alloc&) {
    throw;
  } catch (const std::exception& error) {
    std::throw_with_nested(CodecError{event_store_id, aggregate_id, version, type, error.what()});
  }
}

/// Runs a codec and gives its exception the event's name.
template <class CodecError, class Function>
decltype(auto) with_event_in_error(std::string_view event_store_id, std::string_view aggregate_id, Version version,
                                   std::string_view type, Function function) {
  try {
    return function();
  } catch (...) {
    throw_with_event<CodecError>(event_store_id, aggregate_id, version, type);
  }
}

/// The text of a value whose type is forgotten.
template <class Value>
std::string encode_value(const void* value) {
  if constexpr (std::same_as<Value, NoMetadata>) {
    return {};
  } else {
    return codec<Value>::encode(*static_cast<const Value*>(value));
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

/// What of a payload type it takes to write an event.
struct EventEncoder {
  std::string_view type;
  std::string (*encode_payload)(const void*);
  std::string (*encode_metadata)(const void*);
};

/// @throws EventEncodeError
inline EventRecord encode_event(std::string_view event_store_id, std::string_view aggregate_id, Version version,
                                Timestamp timestamp, const EventEncoder& encoder, const void* payload,
                                const void* metadata, const EventContext& context) {
  return with_event_in_error<EventEncodeError>(event_store_id, aggregate_id, version, encoder.type, [&] {
    return EventRecord{.aggregate_id = std::string{aggregate_id},
                       .version = version,
                       .type = std::string{encoder.type},
                       .timestamp = timestamp,
                       .payload = encoder.encode_payload(payload),
                       .metadata = with_context(encoder.encode_metadata(metadata), context)};
  });
}
template <EncodablePayload Payload>
EventRecord encode_event(std::string_view event_store_id, std::string_view aggregate_id, Version version,
                         Timestamp timestamp, const Payload& payload, const MetadataOf<Payload>& metadata,
                         const EventContext& context) {
  return encode_event(event_store_id, aggregate_id, version, timestamp,
                      {type_or_nothing<Payload>(), &encode_value<Payload>, &encode_value<MetadataOf<Payload>>},
                      &payload, &metadata, context);
}

template <class Payload>
Payload decode_payload(const EventRecordView& record);

/// A payload out of one of its older forms. @pre The record has the type of one.
template <class Payload, class... OldForms>
Payload decode_old_payload(const EventRecordView& record, Upcasts<OldForms...>) {
  const UpcastInfo info{record.aggregate_id, record.version, record.type, record.timestamp};
  std::optional<Payload> payload;
  const auto decode = [&]<class OldForm>(std::type_identity<OldForm>) {
    if (!is_stored_as<OldForm>(record.type)) return false;
    payload.emplace(upcast_one<Payload>(decode_payload<OldForm>(record), info));
    return true;
  };
  (void)(decode(std::type_identity<OldForms>{}) || ...);
  return *std::move(payload);
}

/// The payload of a record that has one of its types, as it is in its newest form.
template <class Payload>
Payload decode_payload(const EventRecordView& record) {
  if constexpr (HasUpcasts<Payload>) {
    if (!is_among(record.type, own_types_of<Payload>)) {
      return decode_old_payload<Payload>(record, typename Payload::upcasts{});
    }
  }
  return decode_value<Payload>(record.payload);
}

/// @param context Becomes the event's. @return Its metadata, which are without it.
template <class Metadata>
Metadata decode_metadata(std::string_view json, EventContext& context) {
  if (!may_have_context(json)) return decode_value<Metadata>(json);
  const MetadataAndContext stored = take_context(json);
  context = stored.context;
  return decode_value<Metadata>(stored.metadata);
}

/// What a payload type makes of a stored event.
template <class Payload>
struct DecodedEvent {
  Payload payload;
  MetadataOf<Payload> metadata;
  EventContext context{};
};

/// @throws EventDecodeError
template <class Payload>
DecodedEvent<Payload> decode_event_of(std::string_view event_store_id, const EventRecordView& record) {
  try {
    EventContext context;
    DecodedEvent<Payload> event{decode_payload<Payload>(record),
                                decode_metadata<MetadataOf<Payload>>(record.metadata, context)};
    event.context = std::move(context);
    return event;
  } catch (...) {
    throw_with_event<EventDecodeError>(event_store_id, record.aggregate_id, record.version, record.type);
  }
}

/// Calls `visitor(payload, version, timestamp, metadata, context)` with the C++ objects of a stored event. Types of today come
/// first, so that older ones cost nothing where there are none.
/// @return False when the event's type is not known. @throws EventDecodeError
template <class... Payloads, class Visitor>
bool try_decode_event(Events<Payloads...>, std::string_view event_store_id, const EventRecordView& record,
                      Visitor&& visitor) {
  const auto use = [&]<class Payload>(DecodedEvent<Payload>&& event) {
    visitor(std::move(event.payload), record.version, record.timestamp, std::move(event.metadata), std::move(event.context));
    return true;
  };
  const bool is_of_today =
      ((record.type == type_or_nothing<Payloads>() && use(decode_event_of<Payloads>(event_store_id, record))) || ...);
  if constexpr ((has_old_forms<Payloads> || ...)) {
    const auto use_old = [&]<class Payload>(std::type_identity<Payload>) {
      if constexpr (has_old_forms<Payload>) {
        return is_stored_as<Payload>(record.type) && use(decode_event_of<Payload>(event_store_id, record));
      }
      return false;
    };
    return is_of_today || (use_old(std::type_identity<Payloads>{}) || ...);
  }
  return is_of_today;
}

/// The same for an event that must be known. @throws EventDecodeError, UnknownEventTypeError
template <class EventList, class Visitor>
void decode_event(EventList events, std::string_view event_store_id, const EventRecordView& record, Visitor&& visitor) {
  const bool is_known = try_decode_event(events, event_store_id, record, visitor);
  if (!is_known) throw UnknownEventTypeError{event_store_id, record.aggregate_id, record.version, record.type};
}

}  // namespace detail

}  // namespace castore

#endif
