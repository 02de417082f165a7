// SPDX-License-Identifier: MIT
#ifndef CASTORE_CORE_TYPED_EVENTS_HPP
#define CASTORE_CORE_TYPED_EVENTS_HPP

/// @file
/// The second, optional corridor between a store and its storage: a storage in the same process can keep a program's
/// own event objects, without JSON.

#include <castore/core/detail/one_of.hpp>
#include <castore/core/errors.hpp>
#include <castore/core/event_codec.hpp>
#include <castore/core/event_storage_adapter.hpp>
#include <castore/core/events.hpp>
#include <castore/detail/counted_ptr.hpp>
#include <castore/fwd.hpp>

#include <algorithm>
#include <concepts>
#include <cstddef>
#include <memory>
#include <new>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

namespace castore {

class EventStream;

/// @brief Shared ownership of an event stream, like `std::shared_ptr`; but `is_unique` is exact: once true, everything
/// other owners did has happened before, and nobody but the caller can make a second owner.
using EventStreamPtr = detail::CountedPtr<EventStream>;

/// @brief One C++ type that events are kept as; two are the same when their addresses are.
struct EventStreamType {
  EventStreamPtr (*make)(std::size_t capacity);  ///< An empty stream of this type.
};

/// @brief The events of one aggregate, contiguous and ordered by version, as objects of one C++ type.
///
/// **Guarantees:** one thread at a time appends; meanwhile others may read the events that were there when they got
/// their snapshot, as an append never moves or changes those: a full stream is replaced by a larger one.
class EventStream : public detail::Counted {
 public:
  virtual ~EventStream() = default;
  EventStream(const EventStream&) = delete;
  EventStream& operator=(const EventStream&) = delete;

  /// @brief The C++ type of the events.
  const EventStreamType* type() const noexcept { return type_; }

  /// @brief How many events it holds; for the thread that may append. Others go by their snapshot.
  std::size_t size() const noexcept { return size_; }
  /// @brief The version of the last event. @pre There is one.
  Version last_version() const noexcept { return last_version_; }
  /// @brief True when the next event needs a larger stream.
  bool is_full() const noexcept { return size_ == capacity_; }

  /// @brief Tells the processor that an event will be looked at soon. @pre As for the others.
  void prefetch(std::size_t index) const noexcept {
    asm volatile("");  // GCC takes out a call of a function that only prefetches
    const char* const event = first_event_ + index * event_size_;
    __builtin_prefetch(event);
    __builtin_prefetch(event + event_size_ - 1);
  }

  /// @brief The version of an event. @pre `index` is below the size of the caller's snapshot.
  virtual Version version_at(std::size_t index) const noexcept = 0;
  /// @brief The timestamp of an event. @pre `index` is below the size of the caller's snapshot.
  virtual Timestamp timestamp_at(std::size_t index) const noexcept = 0;
  /// @brief The type's name of an event. @pre `index` is below the size of the caller's snapshot.
  virtual std::string_view type_at(std::size_t index) const noexcept = 0;
  /// @brief The place of an event in the order of all events of the storage. @pre As for the others.
  virtual Position position_at(std::size_t index) const noexcept = 0;
  /// @brief Gives an event its place, for the thread that may append. @pre Nobody has seen the event.
  virtual void set_position(std::size_t index, Position position) noexcept = 0;
  /// @brief Gives the last event its place. @pre There is one, and nobody has seen it.
  void set_last_position(Position position) noexcept { *last_position_ = position; }
  /// @brief Hands out one event as a record. @throws EventEncodeError, StorageError when its type has no codec.
  virtual void record_at(std::size_t index, std::string_view event_store_id, std::string_view aggregate_id,
                         RecordSink sink) const = 0;

  /// @brief Appends events of another stream: copies; or all of them, which leaves it empty, where `may_move` and moving
  /// cannot fail.
  /// @pre It has the same type; there is room; with `may_move`, nobody else reads the other.
  virtual void append_from(EventStream& other, std::size_t first, std::size_t last, bool may_move) = 0;
  /// @brief Drops the last events. @pre Nobody has seen them.
  virtual void truncate(std::size_t size) noexcept = 0;

 protected:
  /// @param first_event Where the first event is going to be, before the others, each of `event_size` bytes.
  EventStream(const EventStreamType& type, std::size_t capacity, const void* first_event,
              std::size_t event_size) noexcept
      : type_{&type},
        capacity_{capacity},
        first_event_{static_cast<const char*>(first_event)},
        event_size_{event_size} {}

  std::size_t capacity() const noexcept { return capacity_; }
  void set_last(std::size_t size, Version last_version, Position* last_position) noexcept {
    size_ = size;
    last_version_ = last_version;
    last_position_ = last_position;
  }

 private:
  const EventStreamType* type_;
  std::size_t capacity_;
  const char* first_event_;
  std::size_t event_size_;
  std::size_t size_ = 0;
  Version last_version_ = 0;
  Position* last_position_ = nullptr;
};

/// @brief What a reader gets: the stream and how many of its events existed at that moment.
struct EventStreamSnapshot {
  EventStreamPtr stream{};  ///< Empty when the aggregate has no events.
  std::size_t size = 0;     ///< How many of its events to read.
};

/// @brief An event on its way into a storage, which sees it as const: what it belongs to, and two ways to keep it.
class EventToPush {
 public:
  EventToPush(const EventToPush&) = delete;
  EventToPush& operator=(const EventToPush&) = delete;

  std::string_view event_store_id;  ///< Of its store.
  std::string_view aggregate_id;    ///< Of its aggregate.
  Version version;                  ///< From 1.
  Timestamp timestamp;              ///< When it happened.

  /// @brief The event type's name.
  virtual std::string_view type() const noexcept = 0;
  /// @brief The event as a record. @throws EventEncodeError
  virtual EventRecord to_record() const = 0;
  /// @brief The C++ type that it is kept as: of records where the event cannot be copied.
  virtual const EventStreamType& stream_type() const noexcept = 0;
  /// @brief Appends a copy of the event. @pre The stream has the event's stream type; there is room.
  virtual void append_to(EventStream& stream) const = 0;

 protected:
  /// Refers to the ids, which must outlive it.
  EventToPush(std::string_view event_store_id_, std::string_view aggregate_id_, Version version_,
              Timestamp timestamp_) noexcept
      : event_store_id{event_store_id_}, aggregate_id{aggregate_id_}, version{version_}, timestamp{timestamp_} {}
  ~EventToPush() = default;
};

/// @brief Events on their way into a storage that keeps objects.
using EventsToPush = std::span<const EventToPush* const>;

/// @brief Optional. Keeps a program's own event objects besides serving records: `push_typed_events` is `push_events`
/// for events that the store has checked, `typed_events` gives those of an aggregate as they are now, none when there
/// are none.
template <class Adapter>
concept KeepsTypedEvents = requires(Adapter& adapter, EventsToPush events, const PushOptions& options,
                                    std::string_view event_store_id, std::string_view aggregate_id) {
  { adapter.push_typed_events(events, options) } -> std::same_as<PushOutcome>;
  { adapter.typed_events(event_store_id, aggregate_id) } -> std::same_as<EventStreamSnapshot>;
};

namespace detail {

template <class Payload>
struct KeptPayload {
  // In parentheses: braces would wrap what has a constructor for a list, such as a JSON value.
  KeptPayload(const Payload& payload_, const MetadataOf<Payload>& metadata_) : payload(payload_), metadata(metadata_) {}

  Payload payload;
  [[no_unique_address]] MetadataOf<Payload> metadata;
};

/// An event as it is kept: without the aggregate's id, which is kept once.
template <class Events>
struct KeptEvent;
template <class... Payloads>
struct KeptEvent<Events<Payloads...>> {
  template <class Payload>
  explicit KeptEvent(const EventDetail<Payload>& detail)
      : version{detail.version},
        timestamp{detail.timestamp},
        context{detail.context},
        value{std::in_place_type<KeptPayload<Payload>>, detail.payload, detail.metadata} {}

  std::string_view type() const noexcept {
    static constexpr std::string_view types[] = {type_or_nothing<Payloads>()...};
    return types[value.index()];
  }

  Version version;
  Timestamp timestamp;
  Position position = 0;
  EventContext context;
  OneOf<KeptPayload<Payloads>...> value;
};

/// A record as it is kept: without the aggregate's id, too.
struct KeptRecord : EventRecord {
  explicit KeptRecord(EventRecord record) noexcept : EventRecord{std::move(record)} { aggregate_id.clear(); }

  Position position = 0;
};
inline std::string_view type_of(const KeptRecord& record) noexcept { return record.type; }
template <class Events>
std::string_view type_of(const KeptEvent<Events>& event) noexcept {
  return event.type();
}

/// Events that can be kept as objects, as a reader must get copies.
template <class Events>
inline constexpr bool are_keepable = false;
template <class... Payloads>
inline constexpr bool are_keepable<Events<Payloads...>> =
    ((std::copy_constructible<Payloads> && std::copy_constructible<MetadataOf<Payloads>>)&&...);

template <class Events>
EventRecord record_of(const KeptEvent<Events>& event, std::string_view event_store_id, std::string_view aggregate_id) {
  EventRecord record;
  event.value.visit([&]<class Payload>(const KeptPayload<Payload>& kept) {
    if constexpr (EncodablePayload<Payload>) {
      record = encode_event(event_store_id, aggregate_id, event.version, event.timestamp, kept.payload, kept.metadata,
                            event.context);
    } else {
      throw StorageError{event_name(event_store_id, aggregate_id, event.version, Payload::type) +
                         " is kept in memory as a C++ object without a JSON form, so it cannot be read as a "
                         "record; include <castore/json.hpp> where it is pushed and give it a codec"};
    }
  });
  return record;
}
inline EventRecordView record_of(const KeptRecord& record, std::string_view, std::string_view aggregate_id) {
  EventRecordView view{record};
  view.aggregate_id = aggregate_id;
  return view;
}

/// `Kept` is a `KeptEvent` or a `KeptRecord`.
template <class Kept>
class alignas(EventStream) alignas(Kept) EventStreamOf final : public EventStream {
  // The events come after the object, in the same piece of memory.
  struct RoomFor {
    std::size_t capacity;
  };
  static constexpr std::align_val_t alignment{(std::max)(alignof(EventStream), alignof(Kept))};

 public:
  static void* operator new(std::size_t size, RoomFor room) {
    return ::operator new(size + room.capacity * sizeof(Kept), alignment);
  }
  static void operator delete(void* stream, RoomFor) noexcept { ::operator delete(stream, alignment); }
  static void operator delete(void* stream) noexcept { ::operator delete(stream, alignment); }

  ~EventStreamOf() override { truncate(0); }
  static EventStreamPtr make(std::size_t capacity) {
    return EventStreamPtr{new (RoomFor{capacity}) EventStreamOf{capacity}};
  }
  static constexpr EventStreamType type_of_kept{&make};

  /// The events themselves; a reader looks at no more than its snapshot's size.
  const Kept* data() const noexcept { return events_; }
  /// @pre There is room.
  template <class Source>
  void append(Source&& event) {
    Kept* const kept = ::new (static_cast<void*>(events_ + size())) Kept(std::forward<Source>(event));
    set_last(size() + 1, kept->version, &kept->position);
  }

  Version version_at(std::size_t index) const noexcept override { return data()[index].version; }
  Timestamp timestamp_at(std::size_t index) const noexcept override { return data()[index].timestamp; }
  std::string_view type_at(std::size_t index) const noexcept override { return type_of(data()[index]); }
  Position position_at(std::size_t index) const noexcept override { return data()[index].position; }
  void set_position(std::size_t index, Position position) noexcept override { events_[index].position = position; }
  void record_at(std::size_t index, std::string_view event_store_id, std::string_view aggregate_id,
                 RecordSink sink) const override {
    sink(record_of(data()[index], event_store_id, aggregate_id));
  }
  void append_from(EventStream& other, std::size_t first, std::size_t last, bool may_move) override {
    auto& source = static_cast<EventStreamOf&>(other);
    if (may_move && std::is_nothrow_move_constructible_v<Kept> && first == 0 && last == source.size() && last > 0) {
      return append_all_of(source);
    }
    for (std::size_t index = first; index < last; ++index) append(std::as_const(source.events_[index]));
  }
  void truncate(std::size_t size) noexcept override {
    for (std::size_t index = this->size(); index > size;) std::destroy_at(events_ + --index);
    if (size == 0) return set_last(0, 0, nullptr);
    set_last(size, events_[size - 1].version, &events_[size - 1].position);
  }

 private:
  explicit EventStreamOf(std::size_t capacity) noexcept
      : EventStream{type_of_kept, capacity, this + 1, sizeof(Kept)}, events_{reinterpret_cast<Kept*>(this + 1)} {}

  /// Leaves nothing there, in one walk.
  void append_all_of(EventStreamOf& source) noexcept {
    Kept* last = events_ + size();
    for (Kept& event : std::span{source.events_, source.size()}) {
      last = ::new (static_cast<void*>(last)) Kept(std::move(event)) + 1;
      std::destroy_at(&event);
    }
    set_last(size() + source.size(), last[-1].version, &last[-1].position);
    source.set_last(0, 0, nullptr);
  }

  Kept* events_;  // not a std::vector, which would have code for growing from each type of event
};

/// The stream's events when they have this C++ type, else a null pointer.
template <class Kept>
const Kept* kept_events(const EventStream& stream) noexcept {
  if (stream.type() != &EventStreamOf<Kept>::type_of_kept) return nullptr;
  return static_cast<const EventStreamOf<Kept>&>(stream).data();
}

/// Appends a record to a stream of records.
inline void append_record(EventStream& stream, EventRecord record) {
  static_cast<EventStreamOf<KeptRecord>&>(stream).append(KeptRecord{std::move(record)});
}

/// A record on its way into a storage that keeps objects.
class RecordToPush final : public EventToPush {
 public:
  /// Refers to both, which must outlive it.
  RecordToPush(std::string_view event_store_id_, const EventRecord& record) noexcept
      : EventToPush{event_store_id_, record.aggregate_id, record.version, record.timestamp}, record_{record} {}

  std::string_view type() const noexcept override { return record_.type; }
  EventRecord to_record() const override { return record_; }
  const EventStreamType& stream_type() const noexcept override { return EventStreamOf<KeptRecord>::type_of_kept; }
  void append_to(EventStream& stream) const override { append_record(stream, record_); }

 private:
  const EventRecord& record_;
};

}  // namespace detail

}  // namespace castore

#endif
