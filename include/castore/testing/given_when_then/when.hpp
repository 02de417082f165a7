// SPDX-License-Identifier: MIT
#ifndef CASTORE_TESTING_GIVEN_WHEN_THEN_WHEN_HPP
#define CASTORE_TESTING_GIVEN_WHEN_THEN_WHEN_HPP

/// @file
/// What a decision is expected to be, and the comparison.

#include <castore/core/command.hpp>
#include <castore/fwd.hpp>
#include <castore/testing/compare_values.hpp>
#include <castore/testing/domain.hpp>
#include <castore/testing/failure.hpp>
#include <castore/testing/given_when_then/scenario.hpp>
#include <castore/testing/given_when_then/stored.hpp>
#include <castore/testing/report_difference.hpp>
#include <castore/testing/report_text.hpp>

#include <concepts>
#include <string>
#include <type_traits>
#include <typeinfo>
#include <utility>
#include <variant>
#include <vector>

namespace castore::testing {

/// @brief `then(nothing)`: the decision is that nothing happens. A decide function may return it, too.
inline constexpr std::monostate nothing{};

/// @brief What `throws` returns.
template <class Error, class Predicate>
struct Throws {
  Predicate predicate;        ///< What the exception must satisfy.
  bool has_predicate = true;  ///< False when any `Error` will do.
};

/// @brief `then(throws<E>())`, `then(throws<E>(predicate))`: the decision throws an `E` (or an exception derived from
/// it) that satisfies the predicate.
template <class Error>
constexpr auto throws() {
  constexpr auto any = [](const Error&) { return true; };
  return Throws<Error, decltype(any)>{any, false};
}
template <class Error, std::predicate<const Error&> Predicate>
constexpr auto throws(Predicate predicate) {
  return Throws<Error, Predicate>{std::move(predicate)};
}

/// @brief What `when` returns. It refers to the arguments of `given` and `when`, so `then` ends the same expression.
template <class Scenario>
class When {
  using Events = typename Scenario::Events;
  using Decided = typename Scenario::Decided;

 public:
  /// @brief For the kit itself: `when` makes them.
  constexpr explicit When(const Scenario& scenario) : scenario_{scenario} {}

  /// @brief Makes the decision and compares: these events in this order and no others, or `nothing`. An event has the
  /// metadata of `with_metadata`, else default ones. A failure shows the fields that differ.
  /// @return True. @throws Failure
  template <class... Expected>
    requires(sizeof...(Expected) > 0)
  constexpr bool then(Expected... expected) && {
    (detail::check_expected<Events, Expected>(), ...);
    if constexpr ((castore::detail::is_decision_of<Events, Expected> && ...)) {
      Decided wanted;
      (detail::add_decided<Events>(wanted, std::move(expected)), ...);
      if (!std::is_constant_evaluated()) {
        compare(wanted);
      } else if (!detail::are_equal(wanted, scenario_.run())) {
        detail::the_decision_is_another_than_expected();
      }
    }
    return true;
  }

  /// @brief Makes the decision and expects it to throw. Not for constant expressions: nothing can be caught there.
  /// @return True. @throws Failure
  template <class Error, class Predicate>
  bool then(const Throws<Error, Predicate>& expected) && {
    std::string error = "throws " + detail::type_name(typeid(Error));
    std::vector<detail::Lines> actual;
    bool is_as_expected = false;
    scenario_.check_given();
    try {
      actual = detail::blocks_of(scenario_.run());
    } catch (const Error& caught) {
      is_as_expected = static_cast<bool>(expected.predicate(caught));
      if (!is_as_expected) error += ", which the predicate accepts";
      actual = {{"throws " + detail::current_exception_text()}};
    } catch (...) {
      actual = {{"throws " + detail::current_exception_text()}};
    }
    if (!is_as_expected) detail::the_decision_is_another_than_expected(scenario_.report({{error}}, actual));
    detail::report_pass();
    return true;
  }

 private:
  void compare(const Decided& wanted) const {
    detail::Comparison comparison;
    scenario_.check_given();
    try {
      const Decided decided = scenario_.run();
      for (const auto& event : decided) detail::check_event_stored(event);
      if (!detail::are_equal(wanted, decided)) comparison = detail::compare_events(wanted, decided);
    } catch (const Failure&) {
      throw;
    } catch (...) {
      comparison = {detail::blocks_of(wanted), {{"throws " + detail::current_exception_text()}}};
    }
    if (!comparison.actual.empty()) {
      detail::the_decision_is_another_than_expected(scenario_.report(comparison.expected, comparison.actual));
    }
    detail::report_pass();
  }

  Scenario scenario_;
};

}  // namespace castore::testing

#endif
