// SPDX-License-Identifier: MIT
#ifndef CASTORE_EXAMPLES_SHOP_PROGRAM_HPP
#define CASTORE_EXAMPLES_SHOP_PROGRAM_HPP

/// @file
/// What both programs have in common: how they are called, asked to stop, and tell what happens.

#include "orders.hpp"
#include "stock.hpp"

#include <castore/log/stop_on_signals.hpp>

#include <exception>
#include <iomanip>
#include <iostream>
#include <sstream>
#include <stdexcept>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

namespace shop {

/// PROGRAM DATABASE BROKER ROLE [WORD...]
struct Call {
  std::string database;
  std::string broker;
  std::string role;
  std::vector<std::string> words;
  std::stop_token stop;  // SIGTERM and SIGINT ask it

  int number(std::size_t index) const { return index < words.size() ? std::stoi(words[index]) : 0; }
};

/// Calls `run`, whose result is that of the program: 0, 1 when something is wrong with the shop, 2 for all else.
inline int call_program(int count, char** arguments, int (*run)(const Call&)) {
  const castore::StopOnSignals stop;
  try {
    if (count < 4) throw std::invalid_argument{"it takes DATABASE BROKER ROLE [WORD...]"};
    return run({arguments[1], arguments[2], arguments[3], {arguments + 4, arguments + count}, stop.token()});
  } catch (const std::exception& error) {
    std::cerr << arguments[0] << ": " << error.what() << std::endl;
    return 2;
  }
}

// --- What is told ----------------------------------------------------------------------------------------------------

/// One line in one write, as several programs write to one terminal.
inline void tell(std::string_view who, std::string_view what, std::string_view words) {
  std::ostringstream line;
  line << "  " << std::left << std::setw(10) << who << std::setw(12) << what << words << '\n';
  std::cout << line.str() << std::flush;
}

inline std::string words(const std::vector<Line>& lines) {
  std::string text;
  for (const Line& line : lines) text += (text.empty() ? "" : ", ") + std::to_string(line.units) + ' ' + line.product;
  return text;
}
inline std::string words(const OrderPlaced& event) { return event.customer + " wants " + words(event.lines); }
inline std::string words(const OrderConfirmed&) { return "is confirmed"; }
inline std::string words(const OrderRefused& event) { return "is refused: no " + event.missing_product; }
inline std::string words(const OrderCancelled&) { return "is cancelled"; }
inline std::string words(const ProductRestocked& event) { return std::to_string(event.units) + " are delivered"; }
inline std::string words(const StockReserved& event) { return words(event.lines) + " reserved"; }
inline std::string words(const StockRefused& event) { return "not enough " + event.missing_product; }
inline std::string words(const StockReleased&) { return "back on the shelf"; }

/// For `on_event_pushed` of a store: tells of each event as soon as it is stored.
inline auto tells(std::string_view who) {
  return [who](const auto& pushed) {
    pushed.event.visit([who](const auto& event) {
      if constexpr (requires { words(event.payload); }) tell(who, event.aggregate_id, words(event.payload));
    });
  };
}

/// Says whether something is as it must be.
class Findings {
 public:
  void expect(bool is_right, const std::string& what) {
    std::cout << (is_right ? "  yes    " : "  NO     ") << what << '\n';
    all_right_ = all_right_ && is_right;
  }
  int exit_code() const { return all_right_ ? 0 : 1; }

 private:
  bool all_right_ = true;
};

}  // namespace shop

#endif
