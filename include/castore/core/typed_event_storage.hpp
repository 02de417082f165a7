// SPDX-License-Identifier: MIT
#ifndef CASTORE_CORE_TYPED_EVENT_STORAGE_HPP
#define CASTORE_CORE_TYPED_EVENT_STORAGE_HPP

/// @file
/// The second, optional corridor between a store and its storage: a storage in the same process can keep a program's
/// own event objects, without JSON. An adapter that has it derives from `TypedEventStorage`.

#include <castore/core/errors.hpp>
#include <castore/core/event_codec.hpp>
#include <castore/core/event_storage_adapter.hpp>
#include <castore/core/events.hpp>
#include <castore/fwd.hpp>

#include <algorithm>
#include <atomic>
#include <concepts>
#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

namespace castore {

class EventStream;

/// @brief Shared ownership of an event stream, like `std::shared_ptr`; but `is_unique` is exact: once true, everything
/// other owners did has happened before, and nobody but the caller can make a second owner.
class EventStreamPtr {
 public:
  EventStreamPtr() = default;
  /// @brief Becomes one of its owners. @pre `stream` is not a null pointer.
  inline explicit EventStreamPtr(EventStream* stream) noexcept;
  /// @brief One owner more.
  inline EventStreamPtr(const EventStreamPtr& other) noexcept;
  /// @brief Takes the other's place and leaves it empty.
  EventStreamPtr(EventStreamPtr&& other) noexcept : stream_{std::exchange(other.stream_, nullptr)} {}
  /// @brief Gives up what it owned for what `other` does.
  EventStreamPtr& operator=(EventStreamPtr other) noexcept {
    std::swap(stream_, other.stream_);
    return *this;
  }
  inline ~EventStreamPtr();

  /// @brief True when there is a stream.
  explicit operator bool() const noexcept { return stream_ != nullptr; }
  /// @brief The stream. @pre There is one.
  EventStream& operator*() const noexcept { return *stream_; }
  /// @brief The stream. @pre There is one.
  EventStream* operator->() const noexcept { return stream_; }
  /// @brief True when nobody else owns the stream. @pre There is one.
  inline bool is_unique() const noexcept;

 private:
  EventStream* stream_ = nullptr;
};

/// @brief The events of one aggregate, contiguous and ordered by version, as objects of one C++ type.
///
/// **Guarantees:** one thread at a time appends; meanwhile others may read the events that were there when they got
/// their snapshot, as an append never moves or changes those: a full stream is replaced by a larger one.
class EventStream {
 public:
  virtual ~EventStream() = default;
  EventStream(const EventStream&) = delete;
  EventStream& operator=(const EventStream&) = delete;

  /// @brief Identifies the C++ type of the events.
  const void* event_type() const noexcept { return event_type_; }

  /// @brief How many events it holds; for the thread that may append. Others go by their snapshot.
  std::size_t size() const noexcept { return size_; }
  /// @brief The version of the last event. @pre There is one.
  Version last_version() const noexcept { return last_version_; }
  /// @brief True when the next event needs a larger stream.
  bool is_full() const noexcept { return size_ == capacity_; }

  /// @brief The version of an event. @pre `index` is below the size of the caller's snapshot.
  virtual Version version_at(std::size_t index) const noexcept = 0;
  /// @brief The timestamp of an event. @pre `index` is below the size of the caller's snapshot.
  virtual Timestamp timestamp_at(std::size_t index) const noexcept = 0;
  /// @brief Hands out one event as a record. @throws EventEncodeError, StorageError when its type has no codec.
  virtual void record_at(std::size_t index, std::string_view event_store_id, std::string_view aggregate_id,
                         RecordSink sink) const = 0;

  /// @brief A stream of the same type with twice the room, holding the same events; moved out of this one when nobody
  /// else reads it.
  virtual EventStreamPtr grown(bool may_move) = 0;
  /// @brief An empty stream of the same type.
  virtual EventStreamPtr empty_copy(std::size_t capacity) const = 0;
  /// @brief Appends copies of another stream's events. @pre It has the same type; there is room.
  virtual void append_copies(const EventStream& other, std::size_t first, std::size_t last) = 0;
  /// @brief Drops the last events. @pre Nobody has seen them.
  virtual void truncate(std::size_t size) noexcept = 0;

 protected:
  EventStream(const void* event_type, std::size_t capacity) noexcept : event_type_{event_type}, capacity_{capacity} {}

  void set_last(std::size_t size, Version last_version) noexcept {
    size_ = size;
    last_version_ = last_version;
  }

 private:
  friend EventStreamPtr;
  const void* event_type_;
  std::size_t capacity_;
  std::size_t size_ = 0;
  Version last_version_ = 0;
  std::atomic<std::size_t> owners_{0};
};

inline EventStreamPtr::EventStreamPtr(EventStream* stream) noexcept : stream_{stream} {
  stream_->owners_.fetch_add(1, std::memory_order_relaxed);
}
inline EventStreamPtr::EventStreamPtr(const EventStreamPtr& other) noexcept : stream_{other.stream_} {
  if (stream_) stream_->owners_.fetch_add(1, std::memory_order_relaxed);
}
inline EventStreamPtr::~EventStreamPtr() {
  if (stream_ && stream_->owners_.fetch_sub(1, std::memory_order_acq_rel) == 1) delete stream_;
}
inline bool EventStreamPtr::is_unique() const noexcept {
  return stream_->owners_.load(std::memory_order_acquire) == 1;
}

/// @brief What a reader gets: the stream and how many of its events existed at that moment.
struct EventStreamSnapshot {
  EventStreamPtr stream{};  ///< Empty when the aggregate has no events.
  std::size_t size = 0;     ///< How many of its events to read.
};

/// @brief An event on its way into a typed storage.
class EventToKeep {
 public:
  /// @brief Refers to the ids, which must outlive it.
  EventToKeep(std::string_view event_store_id, std::string_view aggregate_id, Version version) noexcept
      : event_store_id_{event_store_id}, aggregate_id_{aggregate_id}, version_{version} {}
  virtual ~EventToKeep() = default;
  EventToKeep(const EventToKeep&) = delete;
  EventToKeep& operator=(const EventToKeep&) = delete;

  /// @brief The id of its store.
  std::string_view event_store_id() const noexcept { return event_store_id_; }
  /// @brief The id of its aggregate.
  std::string_view aggregate_id() const noexcept { return aggregate_id_; }
  /// @brief Its version.
  Version version() const noexcept { return version_; }
  /// @brief When it happened.
  virtual Timestamp timestamp() const noexcept = 0;

  /// @brief Identifies the C++ type it is kept as.
  virtual const void* event_type() const noexcept = 0;
  /// @brief An empty stream that can keep it, for the first event of an aggregate.
  virtual EventStreamPtr make_stream() const = 0;
  /// @brief Appends a copy of the event. @pre The stream has this event's type; there is room.
  virtual void append_to(EventStream& stream) const = 0;
  /// @brief The event as a record, for a stream that holds other types.
  virtual EventRecord to_record() const = 0;

 private:
  std::string_view event_store_id_;
  std::string_view aggregate_id_;
  Version version_;
};

/// @brief A storage that keeps typed events. `EventStore` finds it through the adapter's base class.
class TypedEventStorage {
 public:
  /// @brief The events of an aggregate now; empty when there are none.
  virtual EventStreamSnapshot snapshot(std::string_view event_store_id, std::string_view aggregate_id) const = 0;
  /// @brief `push_events` of the adapter contract, for typed events that the store has checked.
  virtual PushOutcome push_typed_events(std::span<const EventToKeep* const> events, bool force) = 0;

 protected:
  TypedEventStorage() = default;
  ~TypedEventStorage() = default;
  TypedEventStorage(const TypedEventStorage&) = default;
  TypedEventStorage& operator=(const TypedEventStorage&) = default;
};

/// @brief An adapter that keeps typed events besides serving records.
template <class Adapter>
concept KeepsTypedEvents = std::derived_from<Adapter, TypedEventStorage>;

namespace detail {

/// One address per type.
template <class Type>
inline constexpr char type_identity_tag = 0;

template <class Payload>
struct KeptPayload {
  KeptPayload(const Payload& payload_, const MetadataOf<Payload>& metadata_) : payload{payload_}, metadata{metadata_} {}

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
        value{std::in_place_type<KeptPayload<Payload>>, detail.payload, detail.metadata} {}

  Version version;
  Timestamp timestamp;
  std::variant<KeptPayload<Payloads>...> value;

  EventRecord to_record(std::string_view event_store_id, std::string_view aggregate_id) const {
    return std::visit(
        [&]<class Payload>(const KeptPayload<Payload>& kept) -> EventRecord {
          if constexpr (EncodablePayload<Payload>) {
            return encode_event(event_store_id, aggregate_id, version, timestamp, kept.payload, kept.metadata);
          } else {
            throw StorageError{event_name(event_store_id, aggregate_id, version, Payload::type) +
                               " is kept in memory as a C++ object without a JSON form, so it cannot be read as a "
                               "record; include <castore/json.hpp> where it is pushed and give it a codec"};
          }
        },
        value);
  }
};

/// A record as it is kept; its aggregate_id stays empty.
struct KeptRecord {
  explicit KeptRecord(const EventRecord& other)
      : version{other.version},
        timestamp{other.timestamp},
        record{{}, other.version, other.type, other.timestamp, other.payload, other.metadata} {}

  Version version;
  Timestamp timestamp;
  EventRecord record;

  EventRecordView to_record(std::string_view, std::string_view aggregate_id) const {
    EventRecordView view{record};
    view.aggregate_id = aggregate_id;
    return view;
  }
};

template <class Kept>
class EventStreamOf final : public EventStream {
 public:
  explicit EventStreamOf(std::size_t capacity) : EventStream{&type_identity_tag<Kept>, capacity} {
    events_.reserve(capacity);
  }

  /// The events themselves; a reader looks at no more than its snapshot's size.
  const Kept* data() const noexcept { return events_.data(); }
  template <class Source>
  void append(Source&& event) {
    const Version version = events_.emplace_back(std::forward<Source>(event)).version;
    set_last(events_.size(), version);
  }

  Version version_at(std::size_t index) const noexcept override { return data()[index].version; }
  Timestamp timestamp_at(std::size_t index) const noexcept override { return data()[index].timestamp; }
  void record_at(std::size_t index, std::string_view event_store_id, std::string_view aggregate_id,
                 RecordSink sink) const override {
    sink(data()[index].to_record(event_store_id, aggregate_id));
  }
  EventStreamPtr grown(bool may_move) override {
    auto* larger = new EventStreamOf{std::max<std::size_t>(4, 2 * size())};
    EventStreamPtr owner{larger};
    if (may_move && std::is_nothrow_move_constructible_v<Kept>) {
      for (Kept& event : events_) larger->append(std::move(event));
    } else {
      larger->append_copies(*this, 0, size());
    }
    return owner;
  }
  EventStreamPtr empty_copy(std::size_t capacity) const override {
    return EventStreamPtr{new EventStreamOf{capacity}};
  }
  void append_copies(const EventStream& other, std::size_t first, std::size_t last) override {
    const Kept* events = static_cast<const EventStreamOf&>(other).data();
    for (std::size_t index = first; index < last; ++index) append(events[index]);
  }
  void truncate(std::size_t size) noexcept override {
    while (events_.size() > size) events_.pop_back();
    set_last(size, size == 0 ? 0 : events_.back().version);
  }

 private:
  std::vector<Kept> events_;
};

/// The stream's events when they have this C++ type, else a null pointer.
template <class Kept>
const Kept* kept_events(const EventStream& stream) noexcept {
  if (stream.event_type() != &type_identity_tag<Kept>) return nullptr;
  return static_cast<const EventStreamOf<Kept>&>(stream).data();
}

/// An event to keep as a `Kept`, which is made from a `Source`.
template <class Kept, class Source>
class EventToKeepAs final : public EventToKeep {
 public:
  EventToKeepAs(std::string_view event_store_id, const Source& source) noexcept
      : EventToKeep{event_store_id, source.aggregate_id, source.version}, source_{source} {}

  Timestamp timestamp() const noexcept override { return source_.timestamp; }
  const void* event_type() const noexcept override { return &type_identity_tag<Kept>; }
  EventStreamPtr make_stream() const override { return EventStreamPtr{new EventStreamOf<Kept>{1}}; }
  void append_to(EventStream& stream) const override { static_cast<EventStreamOf<Kept>&>(stream).append(source_); }
  EventRecord to_record() const override {
    if constexpr (std::same_as<Source, EventRecord>) {
      return source_;
    } else {
      return Kept{source_}.to_record(event_store_id(), aggregate_id());
    }
  }

 private:
  const Source& source_;
};

using RecordToKeep = EventToKeepAs<KeptRecord, EventRecord>;
template <class Events, class Payload>
using DetailToKeep = EventToKeepAs<KeptEvent<Events>, EventDetail<Payload>>;

/// Events that can be kept as objects, as a reader must get copies.
template <class Events>
inline constexpr bool are_keepable = false;
template <class... Payloads>
inline constexpr bool are_keepable<Events<Payloads...>> =
    ((std::copy_constructible<Payloads> && std::copy_constructible<MetadataOf<Payloads>>) && ...);

}  // namespace detail

}  // namespace castore

#endif
