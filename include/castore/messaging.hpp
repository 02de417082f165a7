// SPDX-License-Identifier: MIT
#ifndef CASTORE_MESSAGING_HPP
#define CASTORE_MESSAGING_HPP

/// @file
/// Messages: what needs no server. A carrier to a broker has a header of its own in `castore/messaging/adapters/`.

#include <castore/messaging/adapters/in_memory_bus.hpp>
#include <castore/messaging/adapters/in_memory_queue.hpp>
#include <castore/messaging/connected_event_store.hpp>
#include <castore/messaging/delivery.hpp>
#include <castore/messaging/errors.hpp>
#include <castore/messaging/inbox.hpp>
#include <castore/messaging/message.hpp>
#include <castore/messaging/message_bus.hpp>
#include <castore/messaging/message_channel.hpp>
#include <castore/messaging/message_channel_adapter.hpp>
#include <castore/messaging/message_json.hpp>
#include <castore/messaging/message_queue.hpp>
#include <castore/messaging/observed_message_channel.hpp>
#include <castore/messaging/outbox_relay.hpp>
#include <castore/messaging/publication_order.hpp>
#include <castore/messaging/publish_event.hpp>
#include <castore/messaging/run_in_background.hpp>

#endif
