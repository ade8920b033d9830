// SPDX-License-Identifier: MIT
#include "gpu/isa/table.hpp"

namespace rocmfix::sim::isa {

const Table& Table::all() {
  static const auto* const filled = [] {
    auto* const table = new Table;  // for the life of the process
    add_scalar(*table);
    add_scalar_moves(*table);
    add_flow(*table);
    add_waits(*table);
    add_scalar_memory(*table);
    add_vector_integers(*table);
    add_vector_carries(*table);
    add_vector_reals(*table);
    add_vector_divisions(*table);
    add_vector_conversions(*table);
    add_vector_comparisons(*table);
    add_packed(*table);
    add_dots(*table);
    add_cross_lane(*table);
    add_vector_memory(*table);
    add_vector_atomics(*table);
    add_lds(*table);
    return table;
  }();
  return *filled;
}

}  // namespace rocmfix::sim::isa
