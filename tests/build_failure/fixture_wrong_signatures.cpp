// SPDX-License-Identifier: MIT
// Laws that need them would be left out unnoticed.
// expected: castore: the fixture's `reopen` must be a public function without arguments that makes another adapter object
// expected: `std::unique_ptr<MyAdapter> reopen()`
// expected: castore: the fixture's `close_and_reopen` must be a public function that ends the adapter object
// expected: `void close_and_reopen()`
// expected: castore: the fixture's `spawn` must be a public function that calls `work` in another process,
// expected: `castore::testing::ChildProcess spawn(const castore::testing::ChildWork& work)`
// expected: castore: what a fixture says of its adapter is one public constant,
// expected: castore: how long the laws take is one public constant of the fixture,
// expected: MyFixture
// errors: 5
// lines[gcc]: 25
// lines[clang]: 28
#include <castore/castore.hpp>
#include <castore/testing/adapter_conformance.hpp>

#include <memory>

class MyFixture {
 public:
  castore::InMemoryEventStorageAdapter& adapter() { return storage_; }
#ifdef OFFEND
  std::unique_ptr<castore::InMemoryEventStorageAdapter> reopen(int) const { return nullptr; }
  bool close_and_reopen() { return true; }
  void spawn(void (*)()) {}
  castore::AdapterProperties properties() const { return {}; }

 private:
  static constexpr castore::testing::LawEffort effort{};
#else
  static constexpr castore::AdapterProperties properties{};
  static constexpr castore::testing::LawEffort effort{};
  std::unique_ptr<castore::InMemoryEventStorageAdapter> reopen() const { return nullptr; }
  void close_and_reopen() {}
  castore::testing::ChildProcess spawn(const castore::testing::ChildWork&) {
    return castore::testing::ChildProcess{[] {}};
  }

 private:
#endif
  castore::InMemoryEventStorageAdapter storage_;
};

int main() {
  (void)castore::testing::check_adapter_laws([] { return MyFixture{}; });
}
