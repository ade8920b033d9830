// SPDX-License-Identifier: MIT
#include "control/faults.hpp"

#include <algorithm>
#include <cstdlib>
#include <ctime>
#include <iterator>
#include <nlohmann/json.hpp>
#include <thread>

#include "control/journal.hpp"
#include "gpu/queue.hpp"
#include "kfd/process.hpp"
#include "util/foreign_json.hpp"
#include "util/formatted.hpp"

namespace rocmfix::sim {

namespace {

using nlohmann::json;

std::optional<std::uint64_t> as_number(const json& value) {
  if (value.is_number_unsigned()) {
    return value.get<std::uint64_t>();
  }
  if (!value.is_string()) {
    return std::nullopt;
  }
  const auto text = value.get<std::string>();
  char* end = nullptr;
  const std::uint64_t number = std::strtoull(text.c_str(), &end, 0);
  return text.empty() || *end != '\0' ? std::nullopt : std::optional(number);
}

void sleep_ms(std::uint64_t ms) {
  const timespec time{static_cast<time_t>(ms / 1000), static_cast<long>(ms % 1000) * 1'000'000};
  nanosleep(&time, nullptr);
}

constexpr std::string_view known_keys[] = {
    "fault",         "gpu",    "address",        "allocation",
    "from",          "offset", "reason",         "after_allocations",
    "after_packets", "exact",  "reset_after_ms", "bytes"};

}  // namespace

std::string Faults::parse(std::string_view text, Pending& out, bool& clears) {
  const auto command = read_foreign_json<json>(text);
  if (!command.is_object() || !command.contains("fault") || !command["fault"].is_string()) {
    return "a command is a JSON object with a string \"fault\"";
  }
  for (const auto& [key, value] : command.items()) {
    if (std::find(std::begin(known_keys), std::end(known_keys), key) == std::end(known_keys)) {
      return formatted("unknown key \"{}\"", key);
    }
  }
  const auto number = [&](const char* key) -> std::optional<std::uint64_t> {
    return command.contains(key) ? as_number(command[key]) : std::nullopt;
  };
  for (const char* key :
       {"gpu", "address", "after_allocations", "after_packets", "reset_after_ms", "bytes"}) {
    if (command.contains(key) && !number(key)) {
      return formatted("\"{}\" is not a number", key);
    }
  }
  const auto kind = command["fault"].get<std::string>();
  clears = kind == "none";
  out.kind = kind == "coherent" ? Kind::coherent
             : kind == "hang"   ? Kind::hang
             : kind == "reset"  ? Kind::reset
             : kind == "vram"   ? Kind::vram
                                : Kind::memory;
  if (out.kind == Kind::memory && kind != "memory" && !clears) {
    return formatted("unknown fault \"{}\"", kind);
  }
  out.gpu = static_cast<unsigned>(number("gpu").value_or(0));
  if (out.gpu >= gpus().size()) {
    return formatted("there is no GPU {}", out.gpu);
  }
  out.after_allocations = number("after_allocations").value_or(0);
  out.after_packets = number("after_packets").value_or(0);
  out.reset_after_ms = number("reset_after_ms").value_or(0);
  out.bytes = number("bytes").value_or(0);
  out.address = number("address");
  if (command.contains("allocation") && command["allocation"] != "last") {
    const auto serial = number("allocation");
    if (!serial || *serial == 0) {
      return "\"allocation\" is a number from 1, or \"last\"";
    }
    out.allocation = *serial;
  }
  const std::string from = command.value("from", std::string("start"));
  const std::string reason = command.value("reason", std::string("not_present"));
  if ((from != "start" && from != "end") ||
      (command.contains("offset") && !command["offset"].is_number_integer()) ||
      (reason != "not_present" && reason != "read_only" && reason != "no_execute" &&
       reason != "hang")) {
    return "\"from\" is start or end, \"offset\" a number, \"reason\" not_present, read_only, "
           "no_execute or hang";
  }
  out.from_end = from == "end";
  out.offset = command.value("offset", std::int64_t{0});
  out.fault.read_only = reason == "read_only";
  out.fault.no_execute = reason == "no_execute";
  out.fault.hang = reason == "hang";
  out.fault.exact = command.value("exact", false);
  return {};
}

std::string Faults::accept(std::string_view text) {
  Pending wanted;
  bool clears = false;
  std::string error;
  try {
    error = parse(text, wanted, clears);
  } catch (const json::exception& wrong_type) {
    error = wrong_type.what();
  }
  JournalLine("command").text("text", text).text("error", error);
  if (!error.empty()) {
    return error;
  }
  if (clears) {
    clear();
    return {};
  }
  const std::lock_guard lock(mutex_);
  pending_.push_back(wanted);
  return {};
}

std::string Faults::command(std::string_view text) {
  std::string error = accept(text);
  if (error.empty()) {
    proceed();
  }
  return error;
}

void Faults::clear() {
  const std::lock_guard lock(mutex_);
  pending_.clear();
  for (GpuState& gpu : gpus_) {
    gpu.coherent = false;
    gpu.hangs = false;
    gpu.vram.reset();
  }
}

Faults::GpuState& Faults::state(unsigned gpu) {
  if (gpus_.size() <= gpu) {
    gpus_.resize(gpus().size());
  }
  return gpus_.at(gpu);
}

bool Faults::is_due(const Pending& pending) const {
  if (pending.after_allocations > allocations_) {
    return false;
  }
  const std::uint64_t packets = pending.gpu < gpus_.size() ? gpus_[pending.gpu].packets : 0;
  if (pending.after_packets > packets) {
    return false;
  }
  // Before the runtime listens, a fault would be lost.
  const bool needs_listener = pending.kind == Kind::memory || pending.kind == Kind::reset;
  return !needs_listener || process_.events.has_listener(KFD_IOC_EVENT_MEMORY);
}

void Faults::proceed() {
  std::vector<Pending> due;
  {
    const std::lock_guard lock(mutex_);
    for (auto at = pending_.begin(); at != pending_.end();) {
      if (is_due(*at)) {
        due.push_back(*at);
        at = pending_.erase(at);
      } else {
        ++at;
      }
    }
  }
  for (const Pending& pending : due) {
    fire(pending);
  }
}

std::optional<std::uint64_t> Faults::address_of(const Pending& pending) {
  if (pending.address) {
    return pending.address;
  }
  const std::lock_guard lock(process_.mutex);
  const std::uint64_t serial = pending.allocation == 0 ? process_.allocations : pending.allocation;
  for (const auto& [handle, buffer] : process_.buffers) {
    if (buffer->serial == serial) {
      return buffer->va + (pending.from_end ? buffer->size : 0) +
             static_cast<std::uint64_t>(pending.offset);
    }
  }
  return std::nullopt;
}

void Faults::reset(unsigned gpu) {
  process_.halted[gpu] = true;
  JournalLine("gpu_reset").unsigned_number("gpu", gpus().at(gpu).gpu_id);
  process_.events.raise_reset(gpus().at(gpu).gpu_id);
}

void Faults::fire(const Pending& pending) {
  switch (pending.kind) {
    case Kind::memory: {
      MemoryFault fault = pending.fault;
      if (const auto address = address_of(pending)) {
        fault.address = *address;
        process_.raise_memory_fault(pending.gpu, fault, "scenario");
      } else {
        complain(
            formatted("a scenario names allocation {}, which does not exist", pending.allocation));
      }
      break;
    }
    case Kind::reset:
      reset(pending.gpu);
      break;
    case Kind::coherent: {
      const std::lock_guard lock(mutex_);
      state(pending.gpu).coherent = true;
      break;
    }
    case Kind::vram: {
      const std::lock_guard lock(mutex_);
      state(pending.gpu).vram = pending.bytes;
      break;
    }
    case Kind::hang: {
      {
        const std::lock_guard lock(mutex_);
        state(pending.gpu).hangs = true;
      }
      JournalLine("gpu_hang").unsigned_number("gpu", gpus().at(pending.gpu).gpu_id);
      if (pending.reset_after_ms > 0) {
        std::thread([this, pending] {
          sleep_ms(pending.reset_after_ms);
          reset(pending.gpu);
        }).detach();
      }
      break;
    }
  }
}

void Faults::on_allocation(std::uint64_t count) {
  {
    const std::lock_guard lock(mutex_);
    allocations_ = count;
    if (pending_.empty()) {
      return;
    }
  }
  proceed();
}

void Faults::on_listener() {
  proceed();
}

std::uint64_t Faults::vram_bytes(unsigned gpu) {
  const std::lock_guard lock(mutex_);
  const std::uint64_t all = gpus().at(gpu).card->vram_bytes();
  return std::min(state(gpu).vram.value_or(all), all);
}

bool Faults::before_packet(Queue& queue) {
  const unsigned gpu = queue.parameters().gpu;
  bool look = false;
  {
    const std::lock_guard lock(mutex_);
    ++state(gpu).packets;
    look = !pending_.empty();
  }
  if (look) {
    proceed();
  }
  for (unsigned rounds = 0; !queue.stopped(); queue.pause(rounds)) {
    const std::lock_guard lock(mutex_);
    if (!state(gpu).hangs) {
      return true;
    }
  }
  return false;
}

std::optional<MemoryFault> Faults::before_access(unsigned gpu, std::uint64_t to,
                                                 std::uint64_t from) {
  {
    const std::lock_guard lock(mutex_);
    if (!state(gpu).coherent) {
      return std::nullopt;
    }
  }
  for (const std::uint64_t address : {to, from}) {
    const auto entry = process_.memory.entry(gpu, address);
    if (entry && mtype_name(mtype_in_force(gpus().at(gpu), entry->mtype)) == "UC") {
      return MemoryFault{address};
    }
  }
  return std::nullopt;
}

}  // namespace rocmfix::sim
