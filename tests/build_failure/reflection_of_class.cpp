// SPDX-License-Identifier: MIT
// expected: castore: the compiler finds the fields of structs only; make this one with public members alone, without constructors and virtual functions
// expected[gcc]: IsNoPlainStruct<Type>::explain() [with Type = Pokemon]
// expected[clang]: IsNoPlainStruct<Pokemon>
// errors: 1
#include <castore/reflection.hpp>

#ifdef OFFEND
class Pokemon {
#else
struct Pokemon {
#endif
  [[maybe_unused]] int level = 1;
};

int main() { static_cast<void>(castore::field_count<Pokemon>); }
