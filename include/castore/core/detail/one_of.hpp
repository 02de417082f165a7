// SPDX-License-Identifier: MIT
#ifndef CASTORE_CORE_DETAIL_ONE_OF_HPP
#define CASTORE_CORE_DETAIL_ONE_OF_HPP

#include <castore/config.hpp>

#include <algorithm>
#include <concepts>
#include <cstddef>
#include <limits>
#include <new>
#include <type_traits>
#include <utility>

namespace castore::detail {

/// An object of one of several types, as `std::variant`, but made for many types: an object comes to life by one
/// function, and not by as many as there are types before it, and a visit is one function without tables. Empty only
/// after a move that threw.
template <class... Types>
class OneOf {
  static constexpr bool is_copied = (std::copy_constructible<Types> && ...);
  static constexpr bool is_moved_safely = (std::is_nothrow_move_constructible_v<Types> && ...);
  using Number = std::conditional_t<(sizeof...(Types) < (std::numeric_limits<unsigned char>::max)()), unsigned char,
                                    unsigned short>;
  static constexpr Number none = (std::numeric_limits<Number>::max)();

 public:
  /// An object to be moved out of, whose type is forgotten: what takes one is compiled once for all types.
  class Source {
   public:
    template <class Type>
    explicit Source(Type& value) noexcept : value_{&value}, index_{index_of<Type>()} {}

   private:
    friend OneOf;
    void* value_;
    Number index_;
  };

  explicit OneOf(Source source) noexcept(is_moved_safely) : index_{source.index_} {
    move_from(source.index_, source.value_);
  }
  template <class Type, class... With>
  explicit OneOf(std::in_place_type_t<Type>, With&&... with) : index_{index_of<Type>()} {
    ::new (static_cast<void*>(storage_)) Type(std::forward<With>(with)...);
  }
  OneOf(const OneOf& other)
    requires is_copied
      : index_{other.index_} {
    other.visit([this]<class Type>(const Type& value) { ::new (static_cast<void*>(storage_)) Type(value); });
  }
  OneOf(OneOf&& other) noexcept(is_moved_safely) : index_{other.index_} { move_from(other.index_, other.storage_); }
  OneOf& operator=(const OneOf& other)
    requires is_copied
  {
    if (this != &other) *this = OneOf{other};
    return *this;
  }
  OneOf& operator=(OneOf&& other) noexcept(is_moved_safely) {
    if (this == &other) return *this;
    destroy();
    index_ = none;
    move_from(other.index_, other.storage_);
    index_ = other.index_;
    return *this;
  }
  ~OneOf() { destroy(); }

  /// Calls `use(object)`. Compilers make a jump of the comparisons.
  template <class Use>
  void visit(Use&& use) const {
    [&]<std::size_t... Index>(std::index_sequence<Index...>) {
      static_cast<void>(((index_ == Index && (static_cast<void>(use(get<Types>())), true)) || ...));
    }(std::index_sequence_for<Types...>{});
  }

  /// The number of its type.
  std::size_t index() const noexcept { return index_; }
  template <class Type>
  bool holds() const noexcept {
    return index_ == index_of<Type>();
  }
  /// @pre It is of this type.
  template <class Type>
  const Type& get() const noexcept {
    return *__builtin_launder(reinterpret_cast<const Type*>(storage_));
  }
  template <class Type>
  Type& get() noexcept {
    return *__builtin_launder(reinterpret_cast<Type*>(storage_));
  }

 private:
  // By what compilers have for it: a template of the standard library would be one more for each pair of types.
  template <class Type>
  static constexpr Number index_of() {
    Number index = 0;
    static_cast<void>(((__is_same(Type, Types) || (++index, false)) || ...));
    return index;
  }

  void move_from(Number index, void* from) {
    [&]<std::size_t... Index>(std::index_sequence<Index...>) {
      static_cast<void>(((index == Index && ::new (static_cast<void*>(storage_))
                                                Types(static_cast<Types&&>(*__builtin_launder(static_cast<Types*>(from))))) ||
                         ...));
    }(std::index_sequence_for<Types...>{});
  }
  void destroy() noexcept {
    if constexpr (!(std::is_trivially_destructible_v<Types> && ...)) {
      visit([]<class Type>(const Type& value) { value.~Type(); });
    }
  }

  alignas(Types...) std::byte storage_[(std::max)({sizeof(Types)...})];
  Number index_;
};

}  // namespace castore::detail

#endif
