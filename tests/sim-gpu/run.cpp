// SPDX-License-Identifier: MIT
// Runs kernels of a code object in the simulator's interpreter, with no HIP runtime:
//
//   sim-gpu-run TARGET CODE_OBJECT KERNEL WORKGROUPS WORK_ITEMS OUTPUT_BYTES < INPUT > OUTPUT
//
// With SIM_GPU_CACHES=SEED its accesses go through the caches, and memory is NC.
//
// The kernel has two arguments: a pointer to the input (read-only memory), and one to the output,
// which is 0 at first. What it cost goes to stderr. Status 1 with a sentence: it did not end well.
#include <elf.h>
#include <unistd.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <iostream>
#include <iterator>
#include <thread>
#include <vector>

#include "gpu/cache/cached_memory.hpp"
#include "gpu/isa/launch.hpp"

namespace {

namespace cache = rocmfix::sim::cache;
using rocmfix::sim::isa::KernelDescriptor;
using rocmfix::sim::isa::Launch;
using rocmfix::sim::isa::Memory;
using rocmfix::sim::isa::Program;
using rocmfix::sim::isa::Stop;

[[noreturn]] void fail(const std::string& what) {
  std::fprintf(stderr, "error: %s\n", what.c_str());
  std::exit(1);
}

struct Region {
  std::uint64_t start = 0;
  std::vector<char> bytes;
  bool writable = false, executable = false;
};

// A few regions at fixed addresses.
class Regions : public Memory {
 public:
  explicit Regions(std::vector<Region>& regions) : regions_(regions) {}
  bool read(std::uint64_t va, void* out, std::size_t size,
            rocmfix::sim::isa::Policy /*policy*/) override {
    const Region* const region = find(va, size);
    return region != nullptr &&
           std::memcpy(out, region->bytes.data() + (va - region->start), size) != nullptr;
  }
  bool write(std::uint64_t va, const void* in, std::size_t size) override {
    Region* const region = find(va, size);
    if (region == nullptr || !region->writable) {
      fault_ = {va, region != nullptr, false};
      return false;
    }
    std::memcpy(region->bytes.data() + (va - region->start), in, size);
    return true;
  }
  bool change(std::uint64_t va, std::size_t size, const Change& how) override {
    Region* const region = find(va, size);
    if (region != nullptr) {
      how(region->bytes.data() + (va - region->start));
    }
    return region != nullptr;
  }
  bool fetch(std::uint64_t va, void* out, std::size_t size) override {
    const Region* const region = find(va, size);
    if (region != nullptr && !region->executable) {
      fault_ = {va, false, true};
      return false;
    }
    return region != nullptr && read(va, out, size, {});
  }

 private:
  Region* find(std::uint64_t va, std::size_t size) {
    for (Region& region : regions_) {
      if (va >= region.start && va - region.start < region.bytes.size() &&
          size <= region.bytes.size() - (va - region.start)) {
        return &region;
      }
    }
    fault_ = {va, false, false};
    for (const Region& region : regions_) {
      if (va >= region.start && va - region.start < region.bytes.size()) {
        fault_.address = region.start + region.bytes.size();
      }
    }
    return nullptr;
  }
  std::vector<Region>& regions_;
};

// The caches of a small GPU. The regions become whole lines, as pages are.
class Caches {
 public:
  Caches(std::vector<Region>& regions, std::uint64_t seed)
      : regions_(regions), below_(regions), hierarchy_({2, 2}, cache::Chance(seed), below_) {
    for (Region& region : regions_) {
      region.bytes.resize(cache::line_of(region.bytes.size() + cache::line_size - 1));
    }
  }
  std::unique_ptr<Memory> memory() {
    return std::make_unique<cache::CachedMemory>(
        hierarchy_, std::make_unique<Regions>(regions_),
        [this](std::uint64_t va) -> std::optional<cache::Mapping> {
          for (const Region& region : regions_) {
            if (va >= region.start && va - region.start < region.bytes.size()) {
              return cache::Mapping{cache::Mtype::nc, region.writable};
            }
          }
          return std::nullopt;
        });
  }
  void empty() { hierarchy_.empty(); }

 private:
  std::vector<Region>& regions_;
  Regions below_;
  cache::Hierarchy hierarchy_;
};

constexpr std::uint64_t code_at = 0x10000000;
constexpr std::uint64_t input_at = 0x200000000;
constexpr std::uint64_t output_at = 0x300000000;
constexpr std::uint64_t arguments_at = 0x400000000;
constexpr std::uint64_t packet_at = 0x500000000;

std::vector<char> read_file(const char* path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

template <class T>
T at(const std::vector<char>& bytes, std::uint64_t offset) {
  if (offset + sizeof(T) > bytes.size()) {
    fail("the code object is too short");
  }
  T value;
  std::memcpy(&value, bytes.data() + offset, sizeof value);
  return value;
}

// As the loader places it. Relocations are not applied: the tests' kernels have none.
std::vector<char> load(const std::vector<char>& file) {
  const auto header = at<Elf64_Ehdr>(file, 0);
  std::vector<char> image;
  for (unsigned i = 0; i < header.e_phnum; ++i) {
    const auto segment = at<Elf64_Phdr>(file, header.e_phoff + i * sizeof(Elf64_Phdr));
    if (segment.p_type == PT_LOAD) {
      constexpr std::uint64_t most = 1U << 24U;
      if (segment.p_vaddr > most || segment.p_memsz > most || segment.p_filesz > segment.p_memsz ||
          segment.p_offset > file.size() || segment.p_filesz > file.size() - segment.p_offset) {
        fail("a segment of the code object is not possible");
      }
      image.resize(std::max<std::size_t>(image.size(), segment.p_vaddr + segment.p_memsz));
      std::memcpy(image.data() + segment.p_vaddr, file.data() + segment.p_offset, segment.p_filesz);
    }
  }
  return image;
}

std::uint64_t find_symbol(const std::vector<char>& file, const std::string& name) {
  const auto header = at<Elf64_Ehdr>(file, 0);
  for (unsigned i = 0; i < header.e_shnum; ++i) {
    const auto section = at<Elf64_Shdr>(file, header.e_shoff + i * sizeof(Elf64_Shdr));
    if (section.sh_type != SHT_DYNSYM) {
      continue;
    }
    const auto strings =
        at<Elf64_Shdr>(file, header.e_shoff + section.sh_link * sizeof(Elf64_Shdr));
    for (std::uint64_t s = 0; s < section.sh_size; s += sizeof(Elf64_Sym)) {
      const auto symbol = at<Elf64_Sym>(file, section.sh_offset + s);
      if (file.data() + strings.sh_offset + symbol.st_name == name) {
        return symbol.st_value;
      }
    }
  }
  fail("there is no symbol " + name);
}

template <class T>
void put(std::vector<char>& bytes, std::size_t offset, T value) {
  std::memcpy(bytes.data() + offset, &value, sizeof value);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 7) {
    fail("usage: sim-gpu-run TARGET CODE_OBJECT KERNEL WORKGROUPS WORK_ITEMS OUTPUT_BYTES");
  }
  const std::vector<char> file = read_file(argv[2]);
  const auto groups = static_cast<std::uint32_t>(std::strtoul(argv[4], nullptr, 10));
  const auto items = static_cast<std::uint32_t>(std::strtoul(argv[5], nullptr, 10));
  std::vector<Region> regions(5);
  regions[0] = {code_at, load(file), false, true};
  regions[1] = {input_at, {std::istreambuf_iterator<char>(std::cin), {}}, false, false};
  regions[2] = {output_at, std::vector<char>(std::strtoul(argv[6], nullptr, 10)), true, false};
  regions[3] = {arguments_at, std::vector<char>(512), false, false};
  regions[4] = {packet_at, std::vector<char>(64), false, false};
  put(regions[3].bytes, 0, input_at);
  put(regions[3].bytes, 8, output_at);
  put(regions[4].bytes, 4, static_cast<std::uint16_t>(items));
  put(regions[4].bytes, 6, std::uint16_t{1});
  put(regions[4].bytes, 8, std::uint16_t{1});
  put(regions[4].bytes, 12, groups * items);
  put(regions[4].bytes, 16, std::uint32_t{1});
  put(regions[4].bytes, 20, std::uint32_t{1});

  Launch launch;
  launch.descriptor = code_at + find_symbol(file, argv[3] + std::string(".kd"));
  const auto descriptor = at<KernelDescriptor>(regions[0].bytes, launch.descriptor - code_at);
  launch.grid = {groups * items, 1, 1};
  launch.workgroup = {items, 1, 1};
  launch.private_size = descriptor.private_size;
  launch.group_size = descriptor.group_size;
  launch.kernarg = arguments_at;
  launch.packet = packet_at;
  launch.threads = std::thread::hardware_concurrency();
  if (const char* const threads = std::getenv("SIM_GPU_THREADS")) {
    launch.threads = static_cast<unsigned>(std::atoi(threads));
  }
  launch.instruction_limit = 2'000'000'000;
  if (const char* const limit = std::getenv("SIM_GPU_INSTRUCTIONS")) {
    launch.instruction_limit = std::strtoull(limit, nullptr, 10);
  }
  launch.memory = [&regions] { return std::make_unique<Regions>(regions); };
  const std::size_t output_bytes = regions[2].bytes.size();
  std::optional<Caches> caches;
  if (const char* const seed = std::getenv("SIM_GPU_CACHES")) {
    caches.emplace(regions, std::strtoull(seed, nullptr, 10));
    launch.memory = [&caches] { return caches->memory(); };
  }
  if (const std::string wrong = check_launch(descriptor, launch); !wrong.empty()) {
    fail(wrong);
  }
  std::string error;
  const auto program = Program::open(argv[1], !descriptor.wave32(), error);
  if (program == nullptr) {
    fail(error);
  }
  const auto start = std::chrono::steady_clock::now();
  const auto outcome = execute(*program, descriptor, launch);
  if (caches) {
    caches->empty();
  }
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - start;
  std::fprintf(stderr, "%llu instructions, %llu of lanes, %.3f s\n",
               static_cast<unsigned long long>(outcome.instructions),
               static_cast<unsigned long long>(outcome.lane_instructions), took.count());
  if (outcome.stop.why == Stop::Why::memory_fault) {
    fail("a memory fault at " + std::to_string(outcome.stop.fault.address));
  }
  if (outcome.stop.why != Stop::Why::end) {
    fail(outcome.stop.what);
  }
  std::cout.write(regions[2].bytes.data(), static_cast<std::streamsize>(output_bytes));
  return std::cout.flush() ? 0 : 1;
}
