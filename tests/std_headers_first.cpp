// SPDX-License-Identifier: MIT
// A name of the standard library that a user includes first must not be taken for one of ours of the same name.
#include <algorithm>
#include <chrono>
#include <filesystem>
#include <functional>
#include <iomanip>
#include <iostream>
#include <iterator>
#include <map>
#include <memory>
#include <numeric>
#include <ranges>
#include <regex>
#include <string>
#include <thread>
#include <utility>
#include <valarray>
#include <variant>

// clang-format off: after all others
#include <castore/castore.hpp>
#include <castore/adapters/sqlite.hpp>
// clang-format on
