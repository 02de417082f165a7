// SPDX-License-Identifier: MIT
#ifndef CASTORE_CORE_DETAIL_JSON_INPUT_HPP
#define CASTORE_CORE_DETAIL_JSON_INPUT_HPP

/// @file
/// The input of a command as JSON.

#include <castore/core/codec.hpp>
#include <castore/core/detail/validate.hpp>
#include <castore/core/errors.hpp>
#include <castore/core/event_codec.hpp>

#include <concepts>
#include <exception>
#include <new>
#include <string>
#include <string_view>
#include <type_traits>

namespace castore::detail {

/// JSON text, of text or of what can be dumped, such as a `nlohmann::json`.
template <class Json>
decltype(auto) json_text_of(const Json& json) {
  if constexpr (requires {
                  { json.dump() } -> std::convertible_to<std::string>;
                }) {
    return json.dump();
  } else {
    return std::string_view{json};
  }
}

/// One compile error where a command's input cannot come as JSON.
template <class Input>
constexpr bool check_json_input() {
  static_assert(!std::is_void_v<Input>,
                "castore: call_json is for a command with an input, and this one has none; call the command itself");
  if constexpr (std::is_void_v<Input>)
    return false;
  else
    return decltype(codec_fault<Input>())::explain() && decltype(validate_fault<Input>())::explain();
}

template <class Input>
Input read_input(std::string_view json) {
  if constexpr (requires { codec<Input>::decode_input(json); })
    return codec<Input>::decode_input(json);
  else
    return codec<Input>::decode(json);
}

/// @throws InvalidInputError
template <class Input>
Input input_from_json(std::string_view command_id, std::string_view json) {
  try {
    Input input = read_input<Input>(json);
    if constexpr (is_validated<Input>) validate_value(input);
    return input;
  } catch (const std::bad_alloc&) {
    throw;
  } catch (const FieldError& error) {
    std::throw_with_nested(InvalidInputError{command_id, error.field(), error.reason()});
  } catch (const InvalidEventError& error) {
    std::throw_with_nested(InvalidInputError{command_id, error.field(), error.reason()});
  } catch (const std::exception& error) {
    std::throw_with_nested(InvalidInputError{command_id, {}, error.what()});
  }
}

}  // namespace castore::detail

#endif
