// SPDX-License-Identifier: MIT
#include "fuzz/fuzz.hpp"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  // A copy without a byte behind it, so that reading too far is noticed.
  const std::unique_ptr<char[]> copy{new char[size]};
  for (std::size_t index = 0; index < size; ++index) copy[index] = static_cast<char>(data[index]);
  try_input({copy.get(), size});
  return 0;
}
