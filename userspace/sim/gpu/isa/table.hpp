// SPDX-License-Identifier: MIT
// Which handler executes which instruction, by the assembler's name without the encoding's suffix.
// One that is not here is an illegal instruction, whatever the hardware would do with it.
#pragma once

#include <string>
#include <string_view>
#include <unordered_map>

#include "gpu/isa/instruction.hpp"

namespace rocmfix::sim::isa {

class Table {
 public:
  void add(const std::string& name, Handler handler) { handlers_[name] = handler; }
  [[nodiscard]] Handler find(std::string_view name) const {
    const auto found = handlers_.find(std::string(name));
    return found == handlers_.end() ? nullptr : found->second;
  }
  [[nodiscard]] std::size_t size() const { return handlers_.size(); }

  /// All that there is.
  static const Table& all();

 private:
  std::unordered_map<std::string, Handler> handlers_;
};

void add_scalar(Table& table);
void add_scalar_moves(Table& table);
void add_flow(Table& table);
void add_waits(Table& table);
void add_scalar_memory(Table& table);
void add_vector_integers(Table& table);
void add_vector_carries(Table& table);
void add_vector_reals(Table& table);
void add_vector_divisions(Table& table);
void add_vector_conversions(Table& table);
void add_vector_comparisons(Table& table);
void add_packed(Table& table);
void add_dots(Table& table);
void add_cross_lane(Table& table);
void add_vector_memory(Table& table);
void add_vector_atomics(Table& table);
void add_lds(Table& table);

}  // namespace rocmfix::sim::isa
