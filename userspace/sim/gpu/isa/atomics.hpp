// SPDX-License-Identifier: MIT
// What atomics make of the old value: for memory and for LDS alike.
#pragma once

#include <algorithm>
#include <cstdint>
#include <type_traits>

#include "gpu/isa/floats.hpp"

namespace rocmfix::sim::isa::atomic {

template <class T>
using Real = std::conditional_t<sizeof(T) == 8, double, float>;
template <class T>
using Signed = std::make_signed_t<T>;

// F(old, data, compare); T is unsigned.
template <class T>
struct Operations {
  static T swap(T /*old*/, T data, T /*compare*/) { return data; }
  static T compare_swap(T old, T data, T compare) { return old == compare ? data : old; }
  static T add(T old, T data, T /*compare*/) { return old + data; }
  static T subtract(T old, T data, T /*compare*/) { return old - data; }
  static T reverse_subtract(T old, T data, T /*compare*/) { return data - old; }
  /// Not below 0.
  static T clamped_subtract(T old, T data, T /*compare*/) { return old < data ? 0 : old - data; }
  static T signed_min(T old, T data, T /*compare*/) {
    return static_cast<T>(std::min(static_cast<Signed<T>>(old), static_cast<Signed<T>>(data)));
  }
  static T signed_max(T old, T data, T /*compare*/) {
    return static_cast<T>(std::max(static_cast<Signed<T>>(old), static_cast<Signed<T>>(data)));
  }
  static T unsigned_min(T old, T data, T /*compare*/) { return std::min(old, data); }
  static T unsigned_max(T old, T data, T /*compare*/) { return std::max(old, data); }
  static T bit_and(T old, T data, T /*compare*/) { return old & data; }
  static T bit_or(T old, T data, T /*compare*/) { return old | data; }
  static T bit_xor(T old, T data, T /*compare*/) { return old ^ data; }
  /// Up to `data`, then 0 again; down to 0, then `data` again.
  static T increment(T old, T data, T /*compare*/) { return old >= data ? 0 : old + 1; }
  static T decrement(T old, T data, T /*compare*/) {
    return old == 0 || old > data ? data : old - 1;
  }
  static T real_min(T old, T data, T /*compare*/) {
    return static_cast<T>(to_bits(minimum(from_bits<Real<T>>(old), from_bits<Real<T>>(data))));
  }
  static T real_max(T old, T data, T /*compare*/) {
    return static_cast<T>(to_bits(maximum(from_bits<Real<T>>(old), from_bits<Real<T>>(data))));
  }
  static T real_add(T old, T data, T /*compare*/) {
    return static_cast<T>(to_bits(from_bits<Real<T>>(old) + from_bits<Real<T>>(data)));
  }
  static T real_compare_swap(T old, T data, T compare) {
    return from_bits<Real<T>>(old) == from_bits<Real<T>>(compare) ? data : old;
  }
};

}  // namespace rocmfix::sim::isa::atomic
