// SPDX-License-Identifier: MIT
// What must be forgotten one day does not belong into what is never changed.

#include <castore/castore.hpp>

#include <iostream>
#include <map>
#include <optional>
#include <string>
#include <string_view>

struct Trainer {
  std::string aggregate_id;
  castore::Version version = 0;
  std::string email{};
  bool is_forgotten = false;
};

// [fall]
struct TrainerRegistered {
  static constexpr std::string_view type = "TRAINER_REGISTERED";
  std::string email;
};
struct TrainerErased {
  static constexpr std::string_view type = "TRAINER_ERASED";
};
struct TrainerReducer {
  void operator()(Trainer& trainer, const TrainerRegistered& event) const { trainer.email = event.email; }
  void operator()(Trainer& trainer, const TrainerErased&) const { trainer.email.clear(); }
};
// [/fall]

// [way]
struct PlayerRegistered {  // the aggregate id says who; name and address are elsewhere
  static constexpr std::string_view type = "PLAYER_REGISTERED";
};
struct PlayerForgotten {
  static constexpr std::string_view type = "PLAYER_FORGOTTEN";
};
struct PlayerReducer {
  void operator()(Trainer&, const PlayerRegistered&) const {}
  void operator()(Trainer& trainer, const PlayerForgotten&) const { trainer.is_forgotten = true; }
};

struct PersonalData {  // stands for a table in an ordinary database, one row for each person
  std::map<std::string, std::string> emails{};

  std::string email_of(const std::string& id) const { return emails.contains(id) ? emails.at(id) : "(forgotten)"; }
};
// [/way]

int main() {
  using castore::Events, castore::EventStore, castore::InMemoryEventStorageAdapter;
  InMemoryEventStorageAdapter storage;
  // [run_fall]
  EventStore<Events<TrainerRegistered, TrainerErased>, Trainer, TrainerReducer, InMemoryEventStorageAdapter> trainers{
      "TRAINERS", storage};
  trainers.push_events("trainer-7", 0, TrainerRegistered{"ash@pallet.example"}, TrainerErased{});
  const auto events = trainers.get_events("trainer-7");
  std::cout << "erased, and still here: " << events.front().get_if<TrainerRegistered>()->payload.email << '\n';
  // [/run_fall]

  // [run_way]
  EventStore<Events<PlayerRegistered, PlayerForgotten>, Trainer, PlayerReducer, InMemoryEventStorageAdapter> players{
      "PLAYERS", storage};
  PersonalData personal_data;
  personal_data.emails["trainer-8"] = "misty@cerulean.example";  // first the row, so that no event lacks it
  players.push_event("trainer-8", 1, PlayerRegistered{});
  std::cout << "before: " << personal_data.email_of("trainer-8") << '\n';

  players.push_event("trainer-8", 2, PlayerForgotten{});
  personal_data.emails.erase("trainer-8");
  std::cout << "after: " << personal_data.email_of("trainer-8") << ", " << players.get_events("trainer-8").size()
            << " events are still there\n";
  // [/run_way]
}
