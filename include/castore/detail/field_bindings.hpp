// SPDX-License-Identifier: MIT
#ifndef CASTORE_DETAIL_FIELD_BINDINGS_HPP
#define CASTORE_DETAIL_FIELD_BINDINGS_HPP

/// @file
/// Calls a function with all fields of an object, as many as the second argument says. C++20 cannot bind a pack of names,
/// so there is one function for each number.

#include <castore/config.hpp>

#include <cstddef>
#include <type_traits>

namespace castore::detail {

template <std::size_t count>
using FieldCount = std::integral_constant<std::size_t, count>;

#define CASTORE_FIELDS(count, ...)                                                               \
  template <class Object, class Function>                                                        \
  constexpr decltype(auto) bind_fields(Object& object, FieldCount<count>, const Function& use) { \
    auto& [__VA_ARGS__] = object;                                                                \
    return use(__VA_ARGS__);                                                                     \
  }

template <class Object, class Function>
constexpr decltype(auto) bind_fields(Object&, FieldCount<0>, const Function& use) {
  return use();
}
CASTORE_FIELDS(1, f1)
CASTORE_FIELDS(2, f1, f2)
CASTORE_FIELDS(3, f1, f2, f3)
CASTORE_FIELDS(4, f1, f2, f3, f4)
CASTORE_FIELDS(5, f1, f2, f3, f4, f5)
CASTORE_FIELDS(6, f1, f2, f3, f4, f5, f6)
CASTORE_FIELDS(7, f1, f2, f3, f4, f5, f6, f7)
CASTORE_FIELDS(8, f1, f2, f3, f4, f5, f6, f7, f8)
CASTORE_FIELDS(9, f1, f2, f3, f4, f5, f6, f7, f8, f9)
CASTORE_FIELDS(10, f1, f2, f3, f4, f5, f6, f7, f8, f9, f10)
CASTORE_FIELDS(11, f1, f2, f3, f4, f5, f6, f7, f8, f9, f10, f11)
CASTORE_FIELDS(12, f1, f2, f3, f4, f5, f6, f7, f8, f9, f10, f11, f12)
CASTORE_FIELDS(13, f1, f2, f3, f4, f5, f6, f7, f8, f9, f10, f11, f12, f13)
CASTORE_FIELDS(14, f1, f2, f3, f4, f5, f6, f7, f8, f9, f10, f11, f12, f13, f14)
CASTORE_FIELDS(15, f1, f2, f3, f4, f5, f6, f7, f8, f9, f10, f11, f12, f13, f14, f15)
CASTORE_FIELDS(16, f1, f2, f3, f4, f5, f6, f7, f8, f9, f10, f11, f12, f13, f14, f15, f16)
CASTORE_FIELDS(17, f1, f2, f3, f4, f5, f6, f7, f8, f9, f10, f11, f12, f13, f14, f15, f16, f17)
CASTORE_FIELDS(18, f1, f2, f3, f4, f5, f6, f7, f8, f9, f10, f11, f12, f13, f14, f15, f16, f17, f18)
CASTORE_FIELDS(19, f1, f2, f3, f4, f5, f6, f7, f8, f9, f10, f11, f12, f13, f14, f15, f16, f17, f18, f19)
CASTORE_FIELDS(20, f1, f2, f3, f4, f5, f6, f7, f8, f9, f10, f11, f12, f13, f14, f15, f16, f17, f18, f19, f20)
CASTORE_FIELDS(21, f1, f2, f3, f4, f5, f6, f7, f8, f9, f10, f11, f12, f13, f14, f15, f16, f17, f18, f19, f20, f21)
CASTORE_FIELDS(22, f1, f2, f3, f4, f5, f6, f7, f8, f9, f10, f11, f12, f13, f14, f15, f16, f17, f18, f19, f20, f21,
               f22)
CASTORE_FIELDS(23, f1, f2, f3, f4, f5, f6, f7, f8, f9, f10, f11, f12, f13, f14, f15, f16, f17, f18, f19, f20, f21,
               f22, f23)
CASTORE_FIELDS(24, f1, f2, f3, f4, f5, f6, f7, f8, f9, f10, f11, f12, f13, f14, f15, f16, f17, f18, f19, f20, f21,
               f22, f23, f24)
CASTORE_FIELDS(25, f1, f2, f3, f4, f5, f6, f7, f8, f9, f10, f11, f12, f13, f14, f15, f16, f17, f18, f19, f20, f21,
               f22, f23, f24, f25)
CASTORE_FIELDS(26, f1, f2, f3, f4, f5, f6, f7, f8, f9, f10, f11, f12, f13, f14, f15, f16, f17, f18, f19, f20, f21,
               f22, f23, f24, f25, f26)
CASTORE_FIELDS(27, f1, f2, f3, f4, f5, f6, f7, f8, f9, f10, f11, f12, f13, f14, f15, f16, f17, f18, f19, f20, f21,
               f22, f23, f24, f25, f26, f27)
CASTORE_FIELDS(28, f1, f2, f3, f4, f5, f6, f7, f8, f9, f10, f11, f12, f13, f14, f15, f16, f17, f18, f19, f20, f21,
               f22, f23, f24, f25, f26, f27, f28)
CASTORE_FIELDS(29, f1, f2, f3, f4, f5, f6, f7, f8, f9, f10, f11, f12, f13, f14, f15, f16, f17, f18, f19, f20, f21,
               f22, f23, f24, f25, f26, f27, f28, f29)
CASTORE_FIELDS(30, f1, f2, f3, f4, f5, f6, f7, f8, f9, f10, f11, f12, f13, f14, f15, f16, f17, f18, f19, f20, f21,
               f22, f23, f24, f25, f26, f27, f28, f29, f30)
CASTORE_FIELDS(31, f1, f2, f3, f4, f5, f6, f7, f8, f9, f10, f11, f12, f13, f14, f15, f16, f17, f18, f19, f20, f21,
               f22, f23, f24, f25, f26, f27, f28, f29, f30, f31)
CASTORE_FIELDS(32, f1, f2, f3, f4, f5, f6, f7, f8, f9, f10, f11, f12, f13, f14, f15, f16, f17, f18, f19, f20, f21,
               f22, f23, f24, f25, f26, f27, f28, f29, f30, f31, f32)
CASTORE_FIELDS(33, f1, f2, f3, f4, f5, f6, f7, f8, f9, f10, f11, f12, f13, f14, f15, f16, f17, f18, f19, f20, f21,
               f22, f23, f24, f25, f26, f27, f28, f29, f30, f31, f32, f33)
CASTORE_FIELDS(34, f1, f2, f3, f4, f5, f6, f7, f8, f9, f10, f11, f12, f13, f14, f15, f16, f17, f18, f19, f20, f21,
               f22, f23, f24, f25, f26, f27, f28, f29, f30, f31, f32, f33, f34)
CASTORE_FIELDS(35, f1, f2, f3, f4, f5, f6, f7, f8, f9, f10, f11, f12, f13, f14, f15, f16, f17, f18, f19, f20, f21,
               f22, f23, f24, f25, f26, f27, f28, f29, f30, f31, f32, f33, f34, f35)
CASTORE_FIELDS(36, f1, f2, f3, f4, f5, f6, f7, f8, f9, f10, f11, f12, f13, f14, f15, f16, f17, f18, f19, f20, f21,
               f22, f23, f24, f25, f26, f27, f28, f29, f30, f31, f32, f33, f34, f35, f36)
CASTORE_FIELDS(37, f1, f2, f3, f4, f5, f6, f7, f8, f9, f10, f11, f12, f13, f14, f15, f16, f17, f18, f19, f20, f21,
               f22, f23, f24, f25, f26, f27, f28, f29, f30, f31, f32, f33, f34, f35, f36, f37)
CASTORE_FIELDS(38, f1, f2, f3, f4, f5, f6, f7, f8, f9, f10, f11, f12, f13, f14, f15, f16, f17, f18, f19, f20, f21,
               f22, f23, f24, f25, f26, f27, f28, f29, f30, f31, f32, f33, f34, f35, f36, f37, f38)
CASTORE_FIELDS(39, f1, f2, f3, f4, f5, f6, f7, f8, f9, f10, f11, f12, f13, f14, f15, f16, f17, f18, f19, f20, f21,
               f22, f23, f24, f25, f26, f27, f28, f29, f30, f31, f32, f33, f34, f35, f36, f37, f38, f39)
CASTORE_FIELDS(40, f1, f2, f3, f4, f5, f6, f7, f8, f9, f10, f11, f12, f13, f14, f15, f16, f17, f18, f19, f20, f21,
               f22, f23, f24, f25, f26, f27, f28, f29, f30, f31, f32, f33, f34, f35, f36, f37, f38, f39, f40)
CASTORE_FIELDS(41, f1, f2, f3, f4, f5, f6, f7, f8, f9, f10, f11, f12, f13, f14, f15, f16, f17, f18, f19, f20, f21,
               f22, f23, f24, f25, f26, f27, f28, f29, f30, f31, f32, f33, f34, f35, f36, f37, f38, f39, f40, f41)
CASTORE_FIELDS(42, f1, f2, f3, f4, f5, f6, f7, f8, f9, f10, f11, f12, f13, f14, f15, f16, f17, f18, f19, f20, f21,
               f22, f23, f24, f25, f26, f27, f28, f29, f30, f31, f32, f33, f34, f35, f36, f37, f38, f39, f40, f41,
               f42)
CASTORE_FIELDS(43, f1, f2, f3, f4, f5, f6, f7, f8, f9, f10, f11, f12, f13, f14, f15, f16, f17, f18, f19, f20, f21,
               f22, f23, f24, f25, f26, f27, f28, f29, f30, f31, f32, f33, f34, f35, f36, f37, f38, f39, f40, f41,
               f42, f43)
CASTORE_FIELDS(44, f1, f2, f3, f4, f5, f6, f7, f8, f9, f10, f11, f12, f13, f14, f15, f16, f17, f18, f19, f20, f21,
               f22, f23, f24, f25, f26, f27, f28, f29, f30, f31, f32, f33, f34, f35, f36, f37, f38, f39, f40, f41,
               f42, f43, f44)
CASTORE_FIELDS(45, f1, f2, f3, f4, f5, f6, f7, f8, f9, f10, f11, f12, f13, f14, f15, f16, f17, f18, f19, f20, f21,
               f22, f23, f24, f25, f26, f27, f28, f29, f30, f31, f32, f33, f34, f35, f36, f37, f38, f39, f40, f41,
               f42, f43, f44, f45)
CASTORE_FIELDS(46, f1, f2, f3, f4, f5, f6, f7, f8, f9, f10, f11, f12, f13, f14, f15, f16, f17, f18, f19, f20, f21,
               f22, f23, f24, f25, f26, f27, f28, f29, f30, f31, f32, f33, f34, f35, f36, f37, f38, f39, f40, f41,
               f42, f43, f44, f45, f46)
CASTORE_FIELDS(47, f1, f2, f3, f4, f5, f6, f7, f8, f9, f10, f11, f12, f13, f14, f15, f16, f17, f18, f19, f20, f21,
               f22, f23, f24, f25, f26, f27, f28, f29, f30, f31, f32, f33, f34, f35, f36, f37, f38, f39, f40, f41,
               f42, f43, f44, f45, f46, f47)
CASTORE_FIELDS(48, f1, f2, f3, f4, f5, f6, f7, f8, f9, f10, f11, f12, f13, f14, f15, f16, f17, f18, f19, f20, f21,
               f22, f23, f24, f25, f26, f27, f28, f29, f30, f31, f32, f33, f34, f35, f36, f37, f38, f39, f40, f41,
               f42, f43, f44, f45, f46, f47, f48)
CASTORE_FIELDS(49, f1, f2, f3, f4, f5, f6, f7, f8, f9, f10, f11, f12, f13, f14, f15, f16, f17, f18, f19, f20, f21,
               f22, f23, f24, f25, f26, f27, f28, f29, f30, f31, f32, f33, f34, f35, f36, f37, f38, f39, f40, f41,
               f42, f43, f44, f45, f46, f47, f48, f49)
CASTORE_FIELDS(50, f1, f2, f3, f4, f5, f6, f7, f8, f9, f10, f11, f12, f13, f14, f15, f16, f17, f18, f19, f20, f21,
               f22, f23, f24, f25, f26, f27, f28, f29, f30, f31, f32, f33, f34, f35, f36, f37, f38, f39, f40, f41,
               f42, f43, f44, f45, f46, f47, f48, f49, f50)
CASTORE_FIELDS(51, f1, f2, f3, f4, f5, f6, f7, f8, f9, f10, f11, f12, f13, f14, f15, f16, f17, f18, f19, f20, f21,
               f22, f23, f24, f25, f26, f27, f28, f29, f30, f31, f32, f33, f34, f35, f36, f37, f38, f39, f40, f41,
               f42, f43, f44, f45, f46, f47, f48, f49, f50, f51)
CASTORE_FIELDS(52, f1, f2, f3, f4, f5, f6, f7, f8, f9, f10, f11, f12, f13, f14, f15, f16, f17, f18, f19, f20, f21,
               f22, f23, f24, f25, f26, f27, f28, f29, f30, f31, f32, f33, f34, f35, f36, f37, f38, f39, f40, f41,
               f42, f43, f44, f45, f46, f47, f48, f49, f50, f51, f52)
CASTORE_FIELDS(53, f1, f2, f3, f4, f5, f6, f7, f8, f9, f10, f11, f12, f13, f14, f15, f16, f17, f18, f19, f20, f21,
               f22, f23, f24, f25, f26, f27, f28, f29, f30, f31, f32, f33, f34, f35, f36, f37, f38, f39, f40, f41,
               f42, f43, f44, f45, f46, f47, f48, f49, f50, f51, f52, f53)
CASTORE_FIELDS(54, f1, f2, f3, f4, f5, f6, f7, f8, f9, f10, f11, f12, f13, f14, f15, f16, f17, f18, f19, f20, f21,
               f22, f23, f24, f25, f26, f27, f28, f29, f30, f31, f32, f33, f34, f35, f36, f37, f38, f39, f40, f41,
               f42, f43, f44, f45, f46, f47, f48, f49, f50, f51, f52, f53, f54)
CASTORE_FIELDS(55, f1, f2, f3, f4, f5, f6, f7, f8, f9, f10, f11, f12, f13, f14, f15, f16, f17, f18, f19, f20, f21,
               f22, f23, f24, f25, f26, f27, f28, f29, f30, f31, f32, f33, f34, f35, f36, f37, f38, f39, f40, f41,
               f42, f43, f44, f45, f46, f47, f48, f49, f50, f51, f52, f53, f54, f55)
CASTORE_FIELDS(56, f1, f2, f3, f4, f5, f6, f7, f8, f9, f10, f11, f12, f13, f14, f15, f16, f17, f18, f19, f20, f21,
               f22, f23, f24, f25, f26, f27, f28, f29, f30, f31, f32, f33, f34, f35, f36, f37, f38, f39, f40, f41,
               f42, f43, f44, f45, f46, f47, f48, f49, f50, f51, f52, f53, f54, f55, f56)
CASTORE_FIELDS(57, f1, f2, f3, f4, f5, f6, f7, f8, f9, f10, f11, f12, f13, f14, f15, f16, f17, f18, f19, f20, f21,
               f22, f23, f24, f25, f26, f27, f28, f29, f30, f31, f32, f33, f34, f35, f36, f37, f38, f39, f40, f41,
               f42, f43, f44, f45, f46, f47, f48, f49, f50, f51, f52, f53, f54, f55, f56, f57)
CASTORE_FIELDS(58, f1, f2, f3, f4, f5, f6, f7, f8, f9, f10, f11, f12, f13, f14, f15, f16, f17, f18, f19, f20, f21,
               f22, f23, f24, f25, f26, f27, f28, f29, f30, f31, f32, f33, f34, f35, f36, f37, f38, f39, f40, f41,
               f42, f43, f44, f45, f46, f47, f48, f49, f50, f51, f52, f53, f54, f55, f56, f57, f58)
CASTORE_FIELDS(59, f1, f2, f3, f4, f5, f6, f7, f8, f9, f10, f11, f12, f13, f14, f15, f16, f17, f18, f19, f20, f21,
               f22, f23, f24, f25, f26, f27, f28, f29, f30, f31, f32, f33, f34, f35, f36, f37, f38, f39, f40, f41,
               f42, f43, f44, f45, f46, f47, f48, f49, f50, f51, f52, f53, f54, f55, f56, f57, f58, f59)
CASTORE_FIELDS(60, f1, f2, f3, f4, f5, f6, f7, f8, f9, f10, f11, f12, f13, f14, f15, f16, f17, f18, f19, f20, f21,
               f22, f23, f24, f25, f26, f27, f28, f29, f30, f31, f32, f33, f34, f35, f36, f37, f38, f39, f40, f41,
               f42, f43, f44, f45, f46, f47, f48, f49, f50, f51, f52, f53, f54, f55, f56, f57, f58, f59, f60)
CASTORE_FIELDS(61, f1, f2, f3, f4, f5, f6, f7, f8, f9, f10, f11, f12, f13, f14, f15, f16, f17, f18, f19, f20, f21,
               f22, f23, f24, f25, f26, f27, f28, f29, f30, f31, f32, f33, f34, f35, f36, f37, f38, f39, f40, f41,
               f42, f43, f44, f45, f46, f47, f48, f49, f50, f51, f52, f53, f54, f55, f56, f57, f58, f59, f60, f61)
CASTORE_FIELDS(62, f1, f2, f3, f4, f5, f6, f7, f8, f9, f10, f11, f12, f13, f14, f15, f16, f17, f18, f19, f20, f21,
               f22, f23, f24, f25, f26, f27, f28, f29, f30, f31, f32, f33, f34, f35, f36, f37, f38, f39, f40, f41,
               f42, f43, f44, f45, f46, f47, f48, f49, f50, f51, f52, f53, f54, f55, f56, f57, f58, f59, f60, f61,
               f62)
CASTORE_FIELDS(63, f1, f2, f3, f4, f5, f6, f7, f8, f9, f10, f11, f12, f13, f14, f15, f16, f17, f18, f19, f20, f21,
               f22, f23, f24, f25, f26, f27, f28, f29, f30, f31, f32, f33, f34, f35, f36, f37, f38, f39, f40, f41,
               f42, f43, f44, f45, f46, f47, f48, f49, f50, f51, f52, f53, f54, f55, f56, f57, f58, f59, f60, f61,
               f62, f63)
CASTORE_FIELDS(64, f1, f2, f3, f4, f5, f6, f7, f8, f9, f10, f11, f12, f13, f14, f15, f16, f17, f18, f19, f20, f21,
               f22, f23, f24, f25, f26, f27, f28, f29, f30, f31, f32, f33, f34, f35, f36, f37, f38, f39, f40, f41,
               f42, f43, f44, f45, f46, f47, f48, f49, f50, f51, f52, f53, f54, f55, f56, f57, f58, f59, f60, f61,
               f62, f63, f64)

#define CASTORE_FIELDS_1_TO_64 f1, f2, f3, f4, f5, f6, f7, f8, f9, f10, f11, f12, f13, f14, f15, f16, f17, f18,       \
  f19, f20, f21, f22, f23, f24, f25, f26, f27, f28, f29, f30, f31, f32, f33, f34, f35, f36, f37, f38, f39, f40,       \
  f41, f42, f43, f44, f45, f46, f47, f48, f49, f50, f51, f52, f53, f54, f55, f56, f57, f58, f59, f60, f61, f62,       \
  f63, f64
CASTORE_FIELDS(65, CASTORE_FIELDS_1_TO_64, f65)
CASTORE_FIELDS(66, CASTORE_FIELDS_1_TO_64, f65, f66)
CASTORE_FIELDS(67, CASTORE_FIELDS_1_TO_64, f65, f66, f67)
CASTORE_FIELDS(68, CASTORE_FIELDS_1_TO_64, f65, f66, f67, f68)
CASTORE_FIELDS(69, CASTORE_FIELDS_1_TO_64, f65, f66, f67, f68, f69)
CASTORE_FIELDS(70, CASTORE_FIELDS_1_TO_64, f65, f66, f67, f68, f69, f70)
CASTORE_FIELDS(71, CASTORE_FIELDS_1_TO_64, f65, f66, f67, f68, f69, f70, f71)
CASTORE_FIELDS(72, CASTORE_FIELDS_1_TO_64, f65, f66, f67, f68, f69, f70, f71, f72)
CASTORE_FIELDS(73, CASTORE_FIELDS_1_TO_64, f65, f66, f67, f68, f69, f70, f71, f72, f73)
CASTORE_FIELDS(74, CASTORE_FIELDS_1_TO_64, f65, f66, f67, f68, f69, f70, f71, f72, f73, f74)
CASTORE_FIELDS(75, CASTORE_FIELDS_1_TO_64, f65, f66, f67, f68, f69, f70, f71, f72, f73, f74, f75)
CASTORE_FIELDS(76, CASTORE_FIELDS_1_TO_64, f65, f66, f67, f68, f69, f70, f71, f72, f73, f74, f75, f76)
CASTORE_FIELDS(77, CASTORE_FIELDS_1_TO_64, f65, f66, f67, f68, f69, f70, f71, f72, f73, f74, f75, f76, f77)
CASTORE_FIELDS(78, CASTORE_FIELDS_1_TO_64, f65, f66, f67, f68, f69, f70, f71, f72, f73, f74, f75, f76, f77, f78)
CASTORE_FIELDS(79, CASTORE_FIELDS_1_TO_64, f65, f66, f67, f68, f69, f70, f71, f72, f73, f74, f75, f76, f77, f78, f79)
CASTORE_FIELDS(80, CASTORE_FIELDS_1_TO_64, f65, f66, f67, f68, f69, f70, f71, f72, f73, f74, f75, f76, f77, f78, f79,
               f80)
CASTORE_FIELDS(81, CASTORE_FIELDS_1_TO_64, f65, f66, f67, f68, f69, f70, f71, f72, f73, f74, f75, f76, f77, f78, f79,
               f80, f81)
CASTORE_FIELDS(82, CASTORE_FIELDS_1_TO_64, f65, f66, f67, f68, f69, f70, f71, f72, f73, f74, f75, f76, f77, f78, f79,
               f80, f81, f82)
CASTORE_FIELDS(83, CASTORE_FIELDS_1_TO_64, f65, f66, f67, f68, f69, f70, f71, f72, f73, f74, f75, f76, f77, f78, f79,
               f80, f81, f82, f83)
CASTORE_FIELDS(84, CASTORE_FIELDS_1_TO_64, f65, f66, f67, f68, f69, f70, f71, f72, f73, f74, f75, f76, f77, f78, f79,
               f80, f81, f82, f83, f84)
CASTORE_FIELDS(85, CASTORE_FIELDS_1_TO_64, f65, f66, f67, f68, f69, f70, f71, f72, f73, f74, f75, f76, f77, f78, f79,
               f80, f81, f82, f83, f84, f85)
CASTORE_FIELDS(86, CASTORE_FIELDS_1_TO_64, f65, f66, f67, f68, f69, f70, f71, f72, f73, f74, f75, f76, f77, f78, f79,
               f80, f81, f82, f83, f84, f85, f86)
CASTORE_FIELDS(87, CASTORE_FIELDS_1_TO_64, f65, f66, f67, f68, f69, f70, f71, f72, f73, f74, f75, f76, f77, f78, f79,
               f80, f81, f82, f83, f84, f85, f86, f87)
CASTORE_FIELDS(88, CASTORE_FIELDS_1_TO_64, f65, f66, f67, f68, f69, f70, f71, f72, f73, f74, f75, f76, f77, f78, f79,
               f80, f81, f82, f83, f84, f85, f86, f87, f88)
CASTORE_FIELDS(89, CASTORE_FIELDS_1_TO_64, f65, f66, f67, f68, f69, f70, f71, f72, f73, f74, f75, f76, f77, f78, f79,
               f80, f81, f82, f83, f84, f85, f86, f87, f88, f89)
CASTORE_FIELDS(90, CASTORE_FIELDS_1_TO_64, f65, f66, f67, f68, f69, f70, f71, f72, f73, f74, f75, f76, f77, f78, f79,
               f80, f81, f82, f83, f84, f85, f86, f87, f88, f89, f90)
CASTORE_FIELDS(91, CASTORE_FIELDS_1_TO_64, f65, f66, f67, f68, f69, f70, f71, f72, f73, f74, f75, f76, f77, f78, f79,
               f80, f81, f82, f83, f84, f85, f86, f87, f88, f89, f90, f91)
CASTORE_FIELDS(92, CASTORE_FIELDS_1_TO_64, f65, f66, f67, f68, f69, f70, f71, f72, f73, f74, f75, f76, f77, f78, f79,
               f80, f81, f82, f83, f84, f85, f86, f87, f88, f89, f90, f91, f92)
CASTORE_FIELDS(93, CASTORE_FIELDS_1_TO_64, f65, f66, f67, f68, f69, f70, f71, f72, f73, f74, f75, f76, f77, f78, f79,
               f80, f81, f82, f83, f84, f85, f86, f87, f88, f89, f90, f91, f92, f93)
CASTORE_FIELDS(94, CASTORE_FIELDS_1_TO_64, f65, f66, f67, f68, f69, f70, f71, f72, f73, f74, f75, f76, f77, f78, f79,
               f80, f81, f82, f83, f84, f85, f86, f87, f88, f89, f90, f91, f92, f93, f94)
CASTORE_FIELDS(95, CASTORE_FIELDS_1_TO_64, f65, f66, f67, f68, f69, f70, f71, f72, f73, f74, f75, f76, f77, f78, f79,
               f80, f81, f82, f83, f84, f85, f86, f87, f88, f89, f90, f91, f92, f93, f94, f95)
CASTORE_FIELDS(96, CASTORE_FIELDS_1_TO_64, f65, f66, f67, f68, f69, f70, f71, f72, f73, f74, f75, f76, f77, f78, f79,
               f80, f81, f82, f83, f84, f85, f86, f87, f88, f89, f90, f91, f92, f93, f94, f95, f96)
CASTORE_FIELDS(97, CASTORE_FIELDS_1_TO_64, f65, f66, f67, f68, f69, f70, f71, f72, f73, f74, f75, f76, f77, f78, f79,
               f80, f81, f82, f83, f84, f85, f86, f87, f88, f89, f90, f91, f92, f93, f94, f95, f96, f97)
CASTORE_FIELDS(98, CASTORE_FIELDS_1_TO_64, f65, f66, f67, f68, f69, f70, f71, f72, f73, f74, f75, f76, f77, f78, f79,
               f80, f81, f82, f83, f84, f85, f86, f87, f88, f89, f90, f91, f92, f93, f94, f95, f96, f97, f98)
CASTORE_FIELDS(99, CASTORE_FIELDS_1_TO_64, f65, f66, f67, f68, f69, f70, f71, f72, f73, f74, f75, f76, f77, f78, f79,
               f80, f81, f82, f83, f84, f85, f86, f87, f88, f89, f90, f91, f92, f93, f94, f95, f96, f97, f98, f99)
CASTORE_FIELDS(100, CASTORE_FIELDS_1_TO_64, f65, f66, f67, f68, f69, f70, f71, f72, f73, f74, f75, f76, f77, f78, f79,
               f80, f81, f82, f83, f84, f85, f86, f87, f88, f89, f90, f91, f92, f93, f94, f95, f96, f97, f98, f99,
               f100)
CASTORE_FIELDS(101, CASTORE_FIELDS_1_TO_64, f65, f66, f67, f68, f69, f70, f71, f72, f73, f74, f75, f76, f77, f78, f79,
               f80, f81, f82, f83, f84, f85, f86, f87, f88, f89, f90, f91, f92, f93, f94, f95, f96, f97, f98, f99,
               f100, f101)
CASTORE_FIELDS(102, CASTORE_FIELDS_1_TO_64, f65, f66, f67, f68, f69, f70, f71, f72, f73, f74, f75, f76, f77, f78, f79,
               f80, f81, f82, f83, f84, f85, f86, f87, f88, f89, f90, f91, f92, f93, f94, f95, f96, f97, f98, f99,
               f100, f101, f102)
CASTORE_FIELDS(103, CASTORE_FIELDS_1_TO_64, f65, f66, f67, f68, f69, f70, f71, f72, f73, f74, f75, f76, f77, f78, f79,
               f80, f81, f82, f83, f84, f85, f86, f87, f88, f89, f90, f91, f92, f93, f94, f95, f96, f97, f98, f99,
               f100, f101, f102, f103)
CASTORE_FIELDS(104, CASTORE_FIELDS_1_TO_64, f65, f66, f67, f68, f69, f70, f71, f72, f73, f74, f75, f76, f77, f78, f79,
               f80, f81, f82, f83, f84, f85, f86, f87, f88, f89, f90, f91, f92, f93, f94, f95, f96, f97, f98, f99,
               f100, f101, f102, f103, f104)
CASTORE_FIELDS(105, CASTORE_FIELDS_1_TO_64, f65, f66, f67, f68, f69, f70, f71, f72, f73, f74, f75, f76, f77, f78, f79,
               f80, f81, f82, f83, f84, f85, f86, f87, f88, f89, f90, f91, f92, f93, f94, f95, f96, f97, f98, f99,
               f100, f101, f102, f103, f104, f105)
CASTORE_FIELDS(106, CASTORE_FIELDS_1_TO_64, f65, f66, f67, f68, f69, f70, f71, f72, f73, f74, f75, f76, f77, f78, f79,
               f80, f81, f82, f83, f84, f85, f86, f87, f88, f89, f90, f91, f92, f93, f94, f95, f96, f97, f98, f99,
               f100, f101, f102, f103, f104, f105, f106)
CASTORE_FIELDS(107, CASTORE_FIELDS_1_TO_64, f65, f66, f67, f68, f69, f70, f71, f72, f73, f74, f75, f76, f77, f78, f79,
               f80, f81, f82, f83, f84, f85, f86, f87, f88, f89, f90, f91, f92, f93, f94, f95, f96, f97, f98, f99,
               f100, f101, f102, f103, f104, f105, f106, f107)
CASTORE_FIELDS(108, CASTORE_FIELDS_1_TO_64, f65, f66, f67, f68, f69, f70, f71, f72, f73, f74, f75, f76, f77, f78, f79,
               f80, f81, f82, f83, f84, f85, f86, f87, f88, f89, f90, f91, f92, f93, f94, f95, f96, f97, f98, f99,
               f100, f101, f102, f103, f104, f105, f106, f107, f108)
CASTORE_FIELDS(109, CASTORE_FIELDS_1_TO_64, f65, f66, f67, f68, f69, f70, f71, f72, f73, f74, f75, f76, f77, f78, f79,
               f80, f81, f82, f83, f84, f85, f86, f87, f88, f89, f90, f91, f92, f93, f94, f95, f96, f97, f98, f99,
               f100, f101, f102, f103, f104, f105, f106, f107, f108, f109)
CASTORE_FIELDS(110, CASTORE_FIELDS_1_TO_64, f65, f66, f67, f68, f69, f70, f71, f72, f73, f74, f75, f76, f77, f78, f79,
               f80, f81, f82, f83, f84, f85, f86, f87, f88, f89, f90, f91, f92, f93, f94, f95, f96, f97, f98, f99,
               f100, f101, f102, f103, f104, f105, f106, f107, f108, f109, f110)
CASTORE_FIELDS(111, CASTORE_FIELDS_1_TO_64, f65, f66, f67, f68, f69, f70, f71, f72, f73, f74, f75, f76, f77, f78, f79,
               f80, f81, f82, f83, f84, f85, f86, f87, f88, f89, f90, f91, f92, f93, f94, f95, f96, f97, f98, f99,
               f100, f101, f102, f103, f104, f105, f106, f107, f108, f109, f110, f111)
CASTORE_FIELDS(112, CASTORE_FIELDS_1_TO_64, f65, f66, f67, f68, f69, f70, f71, f72, f73, f74, f75, f76, f77, f78, f79,
               f80, f81, f82, f83, f84, f85, f86, f87, f88, f89, f90, f91, f92, f93, f94, f95, f96, f97, f98, f99,
               f100, f101, f102, f103, f104, f105, f106, f107, f108, f109, f110, f111, f112)
CASTORE_FIELDS(113, CASTORE_FIELDS_1_TO_64, f65, f66, f67, f68, f69, f70, f71, f72, f73, f74, f75, f76, f77, f78, f79,
               f80, f81, f82, f83, f84, f85, f86, f87, f88, f89, f90, f91, f92, f93, f94, f95, f96, f97, f98, f99,
               f100, f101, f102, f103, f104, f105, f106, f107, f108, f109, f110, f111, f112, f113)
CASTORE_FIELDS(114, CASTORE_FIELDS_1_TO_64, f65, f66, f67, f68, f69, f70, f71, f72, f73, f74, f75, f76, f77, f78, f79,
               f80, f81, f82, f83, f84, f85, f86, f87, f88, f89, f90, f91, f92, f93, f94, f95, f96, f97, f98, f99,
               f100, f101, f102, f103, f104, f105, f106, f107, f108, f109, f110, f111, f112, f113, f114)
CASTORE_FIELDS(115, CASTORE_FIELDS_1_TO_64, f65, f66, f67, f68, f69, f70, f71, f72, f73, f74, f75, f76, f77, f78, f79,
               f80, f81, f82, f83, f84, f85, f86, f87, f88, f89, f90, f91, f92, f93, f94, f95, f96, f97, f98, f99,
               f100, f101, f102, f103, f104, f105, f106, f107, f108, f109, f110, f111, f112, f113, f114, f115)
CASTORE_FIELDS(116, CASTORE_FIELDS_1_TO_64, f65, f66, f67, f68, f69, f70, f71, f72, f73, f74, f75, f76, f77, f78, f79,
               f80, f81, f82, f83, f84, f85, f86, f87, f88, f89, f90, f91, f92, f93, f94, f95, f96, f97, f98, f99,
               f100, f101, f102, f103, f104, f105, f106, f107, f108, f109, f110, f111, f112, f113, f114, f115, f116)
CASTORE_FIELDS(117, CASTORE_FIELDS_1_TO_64, f65, f66, f67, f68, f69, f70, f71, f72, f73, f74, f75, f76, f77, f78, f79,
               f80, f81, f82, f83, f84, f85, f86, f87, f88, f89, f90, f91, f92, f93, f94, f95, f96, f97, f98, f99,
               f100, f101, f102, f103, f104, f105, f106, f107, f108, f109, f110, f111, f112, f113, f114, f115, f116,
               f117)
CASTORE_FIELDS(118, CASTORE_FIELDS_1_TO_64, f65, f66, f67, f68, f69, f70, f71, f72, f73, f74, f75, f76, f77, f78, f79,
               f80, f81, f82, f83, f84, f85, f86, f87, f88, f89, f90, f91, f92, f93, f94, f95, f96, f97, f98, f99,
               f100, f101, f102, f103, f104, f105, f106, f107, f108, f109, f110, f111, f112, f113, f114, f115, f116,
               f117, f118)
CASTORE_FIELDS(119, CASTORE_FIELDS_1_TO_64, f65, f66, f67, f68, f69, f70, f71, f72, f73, f74, f75, f76, f77, f78, f79,
               f80, f81, f82, f83, f84, f85, f86, f87, f88, f89, f90, f91, f92, f93, f94, f95, f96, f97, f98, f99,
               f100, f101, f102, f103, f104, f105, f106, f107, f108, f109, f110, f111, f112, f113, f114, f115, f116,
               f117, f118, f119)
CASTORE_FIELDS(120, CASTORE_FIELDS_1_TO_64, f65, f66, f67, f68, f69, f70, f71, f72, f73, f74, f75, f76, f77, f78, f79,
               f80, f81, f82, f83, f84, f85, f86, f87, f88, f89, f90, f91, f92, f93, f94, f95, f96, f97, f98, f99,
               f100, f101, f102, f103, f104, f105, f106, f107, f108, f109, f110, f111, f112, f113, f114, f115, f116,
               f117, f118, f119, f120)
CASTORE_FIELDS(121, CASTORE_FIELDS_1_TO_64, f65, f66, f67, f68, f69, f70, f71, f72, f73, f74, f75, f76, f77, f78, f79,
               f80, f81, f82, f83, f84, f85, f86, f87, f88, f89, f90, f91, f92, f93, f94, f95, f96, f97, f98, f99,
               f100, f101, f102, f103, f104, f105, f106, f107, f108, f109, f110, f111, f112, f113, f114, f115, f116,
               f117, f118, f119, f120, f121)
CASTORE_FIELDS(122, CASTORE_FIELDS_1_TO_64, f65, f66, f67, f68, f69, f70, f71, f72, f73, f74, f75, f76, f77, f78, f79,
               f80, f81, f82, f83, f84, f85, f86, f87, f88, f89, f90, f91, f92, f93, f94, f95, f96, f97, f98, f99,
               f100, f101, f102, f103, f104, f105, f106, f107, f108, f109, f110, f111, f112, f113, f114, f115, f116,
               f117, f118, f119, f120, f121, f122)
CASTORE_FIELDS(123, CASTORE_FIELDS_1_TO_64, f65, f66, f67, f68, f69, f70, f71, f72, f73, f74, f75, f76, f77, f78, f79,
               f80, f81, f82, f83, f84, f85, f86, f87, f88, f89, f90, f91, f92, f93, f94, f95, f96, f97, f98, f99,
               f100, f101, f102, f103, f104, f105, f106, f107, f108, f109, f110, f111, f112, f113, f114, f115, f116,
               f117, f118, f119, f120, f121, f122, f123)
CASTORE_FIELDS(124, CASTORE_FIELDS_1_TO_64, f65, f66, f67, f68, f69, f70, f71, f72, f73, f74, f75, f76, f77, f78, f79,
               f80, f81, f82, f83, f84, f85, f86, f87, f88, f89, f90, f91, f92, f93, f94, f95, f96, f97, f98, f99,
               f100, f101, f102, f103, f104, f105, f106, f107, f108, f109, f110, f111, f112, f113, f114, f115, f116,
               f117, f118, f119, f120, f121, f122, f123, f124)
CASTORE_FIELDS(125, CASTORE_FIELDS_1_TO_64, f65, f66, f67, f68, f69, f70, f71, f72, f73, f74, f75, f76, f77, f78, f79,
               f80, f81, f82, f83, f84, f85, f86, f87, f88, f89, f90, f91, f92, f93, f94, f95, f96, f97, f98, f99,
               f100, f101, f102, f103, f104, f105, f106, f107, f108, f109, f110, f111, f112, f113, f114, f115, f116,
               f117, f118, f119, f120, f121, f122, f123, f124, f125)
CASTORE_FIELDS(126, CASTORE_FIELDS_1_TO_64, f65, f66, f67, f68, f69, f70, f71, f72, f73, f74, f75, f76, f77, f78, f79,
               f80, f81, f82, f83, f84, f85, f86, f87, f88, f89, f90, f91, f92, f93, f94, f95, f96, f97, f98, f99,
               f100, f101, f102, f103, f104, f105, f106, f107, f108, f109, f110, f111, f112, f113, f114, f115, f116,
               f117, f118, f119, f120, f121, f122, f123, f124, f125, f126)
CASTORE_FIELDS(127, CASTORE_FIELDS_1_TO_64, f65, f66, f67, f68, f69, f70, f71, f72, f73, f74, f75, f76, f77, f78, f79,
               f80, f81, f82, f83, f84, f85, f86, f87, f88, f89, f90, f91, f92, f93, f94, f95, f96, f97, f98, f99,
               f100, f101, f102, f103, f104, f105, f106, f107, f108, f109, f110, f111, f112, f113, f114, f115, f116,
               f117, f118, f119, f120, f121, f122, f123, f124, f125, f126, f127)
CASTORE_FIELDS(128, CASTORE_FIELDS_1_TO_64, f65, f66, f67, f68, f69, f70, f71, f72, f73, f74, f75, f76, f77, f78, f79,
               f80, f81, f82, f83, f84, f85, f86, f87, f88, f89, f90, f91, f92, f93, f94, f95, f96, f97, f98, f99,
               f100, f101, f102, f103, f104, f105, f106, f107, f108, f109, f110, f111, f112, f113, f114, f115, f116,
               f117, f118, f119, f120, f121, f122, f123, f124, f125, f126, f127, f128)

#undef CASTORE_FIELDS_1_TO_64
#undef CASTORE_FIELDS

}  // namespace castore::detail

#endif
