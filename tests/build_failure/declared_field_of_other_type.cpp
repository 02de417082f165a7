// SPDX-License-Identifier: MIT
// expected: castore: CASTORE_DEFINE_JSON knows fields of type bool, integers, float, double, std::string, classes
// errors: 1
// lines[clang]: 22
#include <castore/simdjson.hpp>

#include <map>
#include <string>
#include <vector>

struct PokemonCaught {
#ifdef OFFEND
  std::map<std::string, int> levels;
#else
  std::vector<int> levels;
#endif
  CASTORE_DEFINE_JSON(PokemonCaught, levels)
};

int main() { castore::codec<PokemonCaught>::decode(R"({"levels":[]})"); }
