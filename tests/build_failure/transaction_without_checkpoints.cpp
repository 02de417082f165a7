// SPDX-License-Identifier: MIT
// expected: castore: this needs an adapter whose transactions keep checkpoints; give its `Transaction` the public member functions `castore::Position checkpoint(std::string_view name, int version)` and `bool move_checkpoint(std::string_view name, int version, castore::Position from, castore::Position to)`, or take another adapter
// expected: MyAdapter
// errors: 1
#include <castore/castore.hpp>

#include <string_view>

struct MyAdapter {
  struct Transaction {
    castore::Position checkpoint(std::string_view, int) { return 0; }
#ifndef OFFEND
    bool move_checkpoint(std::string_view, int, castore::Position, castore::Position) { return true; }
#endif
  };
  void transact(castore::detail::FunctionRef<void(Transaction&)> function) {
    Transaction transaction;
    function(transaction);
  }
};

template <class Adapter>
void run(Adapter& adapter) {
  if constexpr (castore::operations::Transact::explain<Adapter>()) {
    adapter.transact([](typename Adapter::Transaction&) {});
  }
}

int main() {
  MyAdapter storage;
  run(storage);
}
