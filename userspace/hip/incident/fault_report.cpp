// SPDX-License-Identifier: MIT
#include "incident/fault_report.hpp"

#include <ctime>

#include "incident/fault_reasons.hpp"

namespace rocmfix::hip {

namespace {

const char* place_name(Place place) {
  switch (place) {
    case Place::vram:
      return "vram";
    case Place::host:
      return "host";
    case Place::managed:
      return "managed";
    case Place::registered:
      return "registered";
    case Place::unknown:
      break;
  }
  return "unknown";
}

/// "2026-11-23T02:40:05.123456Z"; gmtime_r may take libc's lock for time zones.
void write_time(JsonText& json, std::string_view key, int64_t seconds, uint32_t nanoseconds) {
  constexpr int64_t day = 86400;
  const int64_t days = seconds / day;
  // Howard Hinnant's civil_from_days, for days since 1970 that are not negative.
  const auto z = static_cast<uint64_t>(days) + 719468;
  const uint64_t era = z / 146097;
  const uint64_t of_era = z % 146097;
  const uint64_t year_of_era = (of_era - of_era / 1460 + of_era / 36524 - of_era / 146096) / 365;
  const uint64_t of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
  const uint64_t shifted = (5 * of_year + 2) / 153;
  const uint64_t month = shifted < 10 ? shifted + 3 : shifted - 9;
  const uint64_t year = year_of_era + era * 400 + (month <= 2 ? 1 : 0);
  const auto of_day = static_cast<uint64_t>(seconds % day);

  const auto padded = [&json](uint64_t value, uint64_t digits) {
    for (uint64_t power = digits; power > 1 && value < power; power /= 10) {
      json.part("0");
    }
    json.part_number(value);
  };
  json.string_begin(key);
  json.part_number(year);
  json.part("-");
  padded(month, 10);
  json.part("-");
  padded((of_year - (153 * shifted + 2) / 5) + 1, 10);
  json.part("T");
  padded(of_day / 3600, 10);
  json.part(":");
  padded(of_day / 60 % 60, 10);
  json.part(":");
  padded(of_day % 60, 10);
  json.part(".");
  padded(nanoseconds / 1000, 100000);
  json.part("Z");
  json.string_end();
}

void write_block(JsonText& json, const Block& block, uint64_t now) {
  json.address("address", block.address);
  json.number("size", block.size);
  json.string("api", api_name(block.api));
  json.boolean("of_program", block.of_program);
  json.number("flags", block.flags);
  json.string("place", place_name(block.place));
  if (block.place == Place::vram || block.on_host) {
    json.number("gpu", block.device);
  }
  json.boolean("made_noncoherent", block.made_noncoherent);
  json.boolean("on_host_for_lack_of_vram", block.on_host);
  json.number("thread", block.thread);
  json.number("age_us", (now - block.time) / 1000);
}

void write_freed(JsonText& json, const FreedBlock& freed, uint64_t address, uint64_t now) {
  json.string("state", "freed");
  write_block(json, freed.block, now);
  json.number("offset", address > freed.block.address ? address - freed.block.address : 0);
  json.number("freed_us_ago", (now - freed.time) / 1000);
  json.string("freed_by", api_name(freed.api));
  json.number("freed_by_thread", freed.thread);
}

enum class Side : uint8_t { inside, past_end, before_start };

void write_live(JsonText& json, const Block& block, Side side, uint64_t distance, uint64_t now) {
  json.string("state", "live");
  write_block(json, block, now);
  switch (side) {
    case Side::inside:
      json.number("offset", distance);
      break;
    case Side::past_end:
      json.number("past_end", distance);
      break;
    case Side::before_start:
      json.number("before_start", distance);
      break;
  }
}

void write_nearest(JsonText& json, const Neighbourhood& around, uint64_t now) {
  if (around.below().address == 0 && around.above().address == 0) {
    json.null("nearest");
    return;
  }
  json.open_object("nearest");
  if (around.below_is_nearer()) {
    write_live(json, around.below(), Side::past_end, around.past_end(), now);
  } else {
    write_live(json, around.above(), Side::before_start, around.before_start(), now);
  }
  json.close_object();
}

/// The block that the address is held for.
void write_allocation(JsonText& json, FaultCase value, const FaultReport& report,
                      const Neighbourhood& around) {
  const uint64_t address = report.fault.address;
  switch (value) {
    case FaultCase::nil:
    case FaultCase::never_mapped:
      json.null("allocation");
      return;
    case FaultCase::inside: {
      const uint64_t start = around.inside().address;
      json.open_object("allocation");
      write_live(json, around.inside(), Side::inside, address > start ? address - start : 0,
                 report.now);
      break;
    }
    case FaultCase::freed_recently:
    case FaultCase::freed_long_ago:
      json.open_object("allocation");
      write_freed(json, around.freed(), address, report.now);
      break;
    case FaultCase::past_end:
      json.open_object("allocation");
      write_live(json, around.below(), Side::past_end, around.past_end(), report.now);
      break;
    case FaultCase::before_start:
      json.open_object("allocation");
      write_live(json, around.above(), Side::before_start, around.before_start(), report.now);
      break;
  }
  json.close_object();
}

void write_duration(JsonText& json, uint64_t nanoseconds) {
  if (nanoseconds < 1'000'000'000) {
    json.part_number(nanoseconds / 1'000'000);
    json.part(" ms");
  } else {
    json.part_number(nanoseconds / 1'000'000'000);
    json.part(" s");
  }
}

void write_what(JsonText& json, const Block& block) {
  json.part("a block of ");
  json.part_number(block.size);
  json.part(block.of_program ? " bytes from " : " bytes of the runtime's own from ");
  json.part(api_name(block.api));
}

/// For a person.
void write_summary(JsonText& json, FaultCase value, const FaultReport& report,
                   const Neighbourhood& around) {
  const uint64_t address = report.fault.address;
  json.string_begin("summary");
  switch (value) {
    case FaultCase::nil:
      json.part("a null pointer, or a small offset from one");
      break;
    case FaultCase::inside:
      json.part("inside a live allocation, ");
      write_what(json, around.inside());
      json.part(": the program may use it, so the mapping failed, not the program");
      break;
    case FaultCase::past_end:
      json.part_number(around.past_end());
      json.part(" bytes after the end of ");
      write_what(json, around.below());
      break;
    case FaultCase::before_start:
      json.part_number(around.before_start());
      json.part(" bytes before the start of ");
      write_what(json, around.above());
      break;
    case FaultCase::freed_recently:
    case FaultCase::freed_long_ago:
      json.part("in ");
      write_what(json, around.freed().block);
      json.part(", freed ");
      write_duration(json, report.now - around.freed().time);
      json.part(value == FaultCase::freed_recently ? " ago: perhaps a kernel still used it"
                                                   : " ago");
      break;
    case FaultCase::never_mapped:
      json.part("nothing that this process has allocated is near");
      break;
  }
  // The page, not the byte, is what the hardware reports.
  if (address % gpu_page == 0 && value != FaultCase::nil) {
    json.part(" (to the page)");
  }
  json.string_end();
}

void write_gpu(JsonText& json, const FaultReport& report) {
  if (report.gpu == nullptr) {
    json.null("gpu");
    return;
  }
  const Gpu& gpu = *report.gpu;
  json.open_object("gpu");
  json.number("index", report.gpu_index);
  json.string("gfx", gpu.name.data());
  json.string("product", gpu.product.data());
  json.number("node", gpu.node);
  json.number("domain", gpu.domain);
  json.number("bdf", gpu.bdf);
  json.close_object();
  const VramBudget& budget = layer.budgets[report.gpu_index];
  json.open_object("vram");
  json.number("total", gpu.vram);
  json.number("limit", budget.limit());
  json.number("used", budget.used());
  json.close_object();
}

void write_fault(JsonText& json, const Fault& fault) {
  json.open_object("fault");
  json.address("address", fault.address);
  json.boolean("page_granular", fault.address % gpu_page == 0);
  json.number("reason_mask", fault.reasons);
  json.open_array("reasons");
  for (const FaultReason& reason : fault_reasons) {
    if ((fault.reasons & (uint32_t{1} << reason.bit)) != 0) {
      json.string({}, reason.name);
    }
  }
  json.close_array();
  json.close_object();
}

/// What the policy did to the calls of this process so far.
void write_coherence(JsonText& json) {
  const CoherenceTally& tally = layer.coherence_tally;
  const size_t entries = tally.size();
  uint64_t changed = 0;
  for (size_t i = 0; i < entries; ++i) {
    if (tally.at(i).reason == Reason::none) {
      changed += tally.at(i).count.load(std::memory_order_relaxed);
    }
  }
  json.open_object("coherence");
  json.string("policy", policy_name(layer.settings.coherence));
  json.boolean("active", layer.coherence.load(std::memory_order_relaxed));
  json.number("made_noncoherent", changed);
  json.open_array("left_coherent");
  for (size_t i = 0; i < entries; ++i) {
    const CoherenceTally::Entry& entry = tally.at(i);
    if (entry.reason == Reason::none) {
      continue;
    }
    json.open_object();
    json.string("reason", reason_name(entry.reason));
    json.string("object", entry.object.data());
    json.number("count", entry.count.load(std::memory_order_relaxed));
    json.close_object();
  }
  json.close_array();
  json.close_object();
}

void write_layer(JsonText& json, const FaultReport& report, const Neighbourhood& around) {
  json.open_object("layer");
  json.number("given_on_host", layer.given_on_host.load(std::memory_order_relaxed));
  json.number("live", around.live_seen());
  json.number("freed_remembered", around.freed_seen());
  json.number("unread_shards", report.unread_shards);
  json.number("rocr_table_major", layer.table.major_id);
  json.number("rocr_table_size", layer.table.minor_id);
  json.string("rocr", layer.rocr_path.data());
  json.string("hip", layer.hip_path.data());
  json.close_object();
}

void write_calls(JsonText& json, const FaultReport& report) {
  json.open_array("calls");
  for (const Call& call : report.calls) {
    json.open_object();
    json.string("api", api_name(call.api));
    json.number("us_ago", report.now > call.time ? (report.now - call.time) / 1000 : 0);
    json.number("thread", call.thread);
    json.address("address", call.address);
    json.number("size", call.size);
    json.signed_number("result", call.result);
    json.close_object();
  }
  json.close_array();
}

}  // namespace

void write_document(JsonText& json, const FaultReport& report, const Neighbourhood& around) {
  const FaultCase value = around.classify(report.now);
  const bool hang = report.fault.is_hang();
  json.open_object();
  json.number("schema", 1);
  json.string("kind", hang ? "gpu_hang" : "gpu_memory_fault");
  write_time(json, "time", report.seconds, report.nanoseconds);
  json.number("pid", report.pid);
  json.string("program", report.program);
  if (report.rank >= 0) {
    json.number("rank", static_cast<uint64_t>(report.rank));
  }
  write_gpu(json, report);
  write_fault(json, report.fault);
  if (!hang) {
    json.string("case", fault_case_name(value));
    write_summary(json, value, report, around);
    write_allocation(json, value, report, around);
    write_nearest(json, around, report.now);
  }
  write_calls(json, report);
  write_coherence(json);
  write_layer(json, report, around);
  json.close_object();
}

}  // namespace rocmfix::hip
