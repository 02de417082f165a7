// SPDX-License-Identifier: MIT
// A reaction to events: each once in the order of all, failures left out and tried again; and a relay with an inbox.

#include "pokemon/pokemon.hpp"
#include "pokemon/trainer.hpp"

#include <castore/castore.hpp>
#include <castore/log.hpp>
#include <castore/messaging/inbox.hpp>
#include <castore/messaging/message_queue.hpp>
#include <castore/messaging/outbox_relay.hpp>
#include <castore/testing/fake_feed.hpp>

#include <chrono>
#include <exception>
#include <iostream>
#include <span>
#include <stdexcept>
#include <tuple>

/// Stands for a broker.
struct Broker {
  void publish_messages(std::span<const castore::MessageView> messages, const castore::PublishMessageOptions&) {
    for (const castore::MessageView& message : messages) {
      std::cout << "  sent: " << message.header().aggregate_id << '#' << *message.header().version << '\n';
    }
  }
};

int main() {
  castore::testing::FakeFeed storage;  // a storage for tests; take SQLite or PostgreSQL
  PokemonStore pokemons{"POKEMONS", storage};
  TrainerStore trainers{"TRAINERS", storage};
  pokemons.push_event("pikachu", 1, PokemonAppeared{"Pikachu", 5});
  castore::push_event_group(pokemons.group_event("pikachu", 2, PokemonCaughtByTrainer{"ash"}),
                            trainers.group_event("ash", 1, GameStarted{"Ash"}));

  // [audit]
  castore::Subscription audit{"audit", storage, std::tie(pokemons, trainers)};
  audit.catch_up([](const auto& event, const castore::EventPlace& place) {
    std::cout << "  " << place.position << ": " << event.type() << ' ' << place.id() << '\n';
  });
  // [/audit]

  // [on_error]
  castore::Subscription mails{
      "mails", storage, std::tie(pokemons), {.on_error = [](const std::exception_ptr&, const castore::EventPlace&,
                                                            int attempt) -> castore::ErrorAnswer {
        if (attempt < 3) return castore::Retry{std::chrono::milliseconds{1}};
        return castore::Skip{};  // a dead letter, kept with the checkpoint
      }}};
  bool has_network = false;
  const auto send_mail = [&](const castore::EventDetail<PokemonCaughtByTrainer>& event) {
    if (!has_network) throw std::runtime_error{"no network"};
    std::cout << "  mail to " << event.payload.trainer_id << '\n';
  };
  mails.catch_up(send_mail);
  for (const castore::EventDeadLetter& letter : mails.dead_letters()) {
    std::cout << "  left out: position " << letter.position << " after " << letter.attempts << " attempts, "
              << letter.error << '\n';
  }
  has_network = true;
  mails.retry_dead_letters(send_mail);
  // [/on_error]

  // [relay]
  Broker broker;
  castore::NotificationMessageQueue queue{"POKEMON_QUEUE", pokemons, broker};
  castore::OutboxRelay relay{"pokemons_to_queue", storage, std::tie(pokemons), queue};
  relay.catch_up();
  // [/relay]

  // [inbox]
  const castore::Inbox inbox{"shipping"};
  const auto receive = [&](const castore::NotificationMessage<PokemonEvents>& message) {
    storage.transact([&](castore::testing::FakeTransaction& tx) {
      if (!inbox.is_new(tx, castore::message_id(message))) return;  // it came before
      tx.rows[message.event.aggregate_id()] = "shipped";
      std::cout << "  received " << castore::message_id(message) << '\n';
    });
  };
  // [/inbox]
  const castore::NotificationMessage<PokemonEvents> message{"POKEMONS", pokemons.get_events("pikachu").front()};
  receive(message);
  receive(message);
}
