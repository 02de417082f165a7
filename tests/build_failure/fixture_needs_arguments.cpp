// SPDX-License-Identifier: MIT
// expected: castore: the suite makes a fixture for every law; give it a public constructor without arguments
// expected: castore: the fixture's `adapter()` must return a reference to the adapter that the fixture holds
// expected: MyFixture
// errors: 2
// lines[gcc]: 17
// lines[clang]: 24
#include <castore/castore.hpp>
#include <castore/testing/catch2.hpp>

#include <memory>
#include <string>

struct MyFixture {
#ifdef OFFEND
  explicit MyFixture(const std::string&) {}
#endif
  castore::InMemoryEventStorageAdapter& adapter() { return *storage; }
  std::unique_ptr<castore::InMemoryEventStorageAdapter> storage =
      std::make_unique<castore::InMemoryEventStorageAdapter>();
};
struct OtherFixture : MyFixture {
#ifdef OFFEND
  OtherFixture() : MyFixture{""} {}
  std::shared_ptr<castore::InMemoryEventStorageAdapter> adapter() { return nullptr; }
#endif
};

const bool registered[] = {castore::testing::register_adapter_laws<MyFixture>("my adapter"),
                           castore::testing::register_adapter_laws<OtherFixture>("another adapter")};
