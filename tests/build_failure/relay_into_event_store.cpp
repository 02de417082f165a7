// SPDX-License-Identifier: MIT
// expected: castore: the feed of a DynamoDbStreamRelay is the adapter of a storage that has an order, and not an event store; pass e.g. a castore::SqliteEventStorageAdapter
// errors: 1
#include "pokemon/pokemon.hpp"

#include <castore/adapters/dynamodb_stream_relay.hpp>

int main() {
  castore::DynamoDbEventStorageAdapter table{"events"};
  castore::DynamoDbStream stream{table, "arn:aws:dynamodb:eu-west-1:123456789012:table/events/stream/1"};
  castore::InMemoryEventStorageAdapter feed;
  PokemonStore pokemons{"POKEMONS", feed};
#ifdef OFFEND
  castore::DynamoDbStreamRelay relay{stream, pokemons};
#else
  castore::DynamoDbStreamRelay relay{stream, feed};
#endif
  static_cast<void>(relay.poll());
}
