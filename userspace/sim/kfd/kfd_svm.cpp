// SPDX-License-Identifier: MIT
// KFD: attributes of shared virtual memory (kfd_svm.c). No page is migrated: all of it stays the
// process's own memory, whatever location is preferred.

#include <cerrno>
#include <iterator>
#include <string>

#include "control/journal.hpp"
#include "kfd/kfd_ioctls.hpp"
#include "util/formatted.hpp"

namespace rocmfix::sim {

namespace {

constexpr std::uint64_t page = 4096;
constexpr const char* attribute_names[] = {"PREFERRED_LOC",   "PREFETCH_LOC", "ACCESS",
                                           "ACCESS_IN_PLACE", "NO_ACCESS",    "SET_FLAGS",
                                           "CLR_FLAGS",       "GRANULARITY"};
constexpr std::pair<std::uint32_t, const char*> flag_names[] = {
    {KFD_IOCTL_SVM_FLAG_HOST_ACCESS, "HOST_ACCESS"},
    {KFD_IOCTL_SVM_FLAG_COHERENT, "COHERENT"},
    {KFD_IOCTL_SVM_FLAG_HIVE_LOCAL, "HIVE_LOCAL"},
    {KFD_IOCTL_SVM_FLAG_GPU_RO, "GPU_RO"},
    {KFD_IOCTL_SVM_FLAG_GPU_EXEC, "GPU_EXEC"},
    {KFD_IOCTL_SVM_FLAG_GPU_READ_MOSTLY, "GPU_READ_MOSTLY"},
    {0x40, "GPU_ALWAYS_MAPPED"},
    {KFD_IOCTL_SVM_FLAG_EXT_COHERENT, "EXT_COHERENT"},
};

std::string flags_json(std::uint32_t flags) {
  std::string text = "[";
  for (const auto& [flag, name] : flag_names) {
    if ((flags & flag) != 0) {
      text += formatted("{}\"{}\"", text.size() > 1 ? "," : "", name);
    }
  }
  return text + "]";
}

std::string attributes_json(const kfd_ioctl_svm_args& args) {
  std::string text = "[";
  for (std::uint32_t i = 0; i < args.nattr; ++i) {
    const auto& attribute = args.attrs[i];
    const bool is_flags = attribute.type == KFD_IOCTL_SVM_ATTR_SET_FLAGS ||
                          attribute.type == KFD_IOCTL_SVM_ATTR_CLR_FLAGS;
    text += formatted(
        R"({}{{"attribute":"{}","value":{}}})", i == 0 ? "" : ",",
        attribute.type < std::size(attribute_names) ? attribute_names[attribute.type] : "?",
        is_flags ? flags_json(attribute.value) : std::to_string(attribute.value));
  }
  return text + "]";
}

std::uint64_t bit_of(std::uint32_t gpu_id) {
  const Gpu* const gpu = gpu_by_id(gpu_id);
  return gpu == nullptr ? 0 : std::uint64_t{1} << gpu->index;
}

bool is_location(std::uint32_t value) {
  return value == KFD_IOCTL_SVM_LOCATION_SYSMEM || value == KFD_IOCTL_SVM_LOCATION_UNDEFINED ||
         gpu_by_id(value) != nullptr;
}

// svm_range_check_attr()
bool is_valid(const kfd_ioctl_svm_attribute& attribute) {
  switch (attribute.type) {
    case KFD_IOCTL_SVM_ATTR_PREFERRED_LOC:
    case KFD_IOCTL_SVM_ATTR_PREFETCH_LOC:
      return is_location(attribute.value);
    case KFD_IOCTL_SVM_ATTR_ACCESS:
    case KFD_IOCTL_SVM_ATTR_ACCESS_IN_PLACE:
    case KFD_IOCTL_SVM_ATTR_NO_ACCESS:
      return gpu_by_id(attribute.value) != nullptr;
    default:
      return attribute.type <= KFD_IOCTL_SVM_ATTR_GRANULARITY;
  }
}

void apply(SvmAttributes& to, const kfd_ioctl_svm_attribute& attribute) {
  const std::uint64_t bit = bit_of(attribute.value);
  switch (attribute.type) {
    case KFD_IOCTL_SVM_ATTR_PREFERRED_LOC:
      to.preferred = attribute.value;
      break;
    case KFD_IOCTL_SVM_ATTR_PREFETCH_LOC:
      to.prefetch = attribute.value;
      break;
    case KFD_IOCTL_SVM_ATTR_ACCESS:
      to.access |= bit;
      to.in_place &= ~bit;
      break;
    case KFD_IOCTL_SVM_ATTR_ACCESS_IN_PLACE:
      to.access |= bit;
      to.in_place |= bit;
      break;
    case KFD_IOCTL_SVM_ATTR_NO_ACCESS:
      to.access &= ~bit;
      to.in_place &= ~bit;
      break;
    case KFD_IOCTL_SVM_ATTR_SET_FLAGS:
      to.flags |= attribute.value;
      break;
    case KFD_IOCTL_SVM_ATTR_CLR_FLAGS:
      to.flags &= ~attribute.value;
      break;
    default:
      to.granularity = attribute.value;
      break;
  }
}

void set_attributes(Process& process, const kfd_ioctl_svm_args& args) {
  for (const Gpu& gpu : gpus()) {
    process.empty_caches(gpu.index);
  }
  process.memory.with_svm([&](SvmRanges& ranges) {
    ranges.change(args.start_addr, args.start_addr + args.size, [&](SvmAttributes& range) {
      for (std::uint32_t i = 0; i < args.nattr; ++i) {
        apply(range, args.attrs[i]);
      }
    });
  });
}

// svm_range_get_attr(): what holds for all of the range.
void get_attributes(Process& process, kfd_ioctl_svm_args& args) {
  bool first = true;
  SvmAttributes all;
  std::uint32_t any_flags = 0;
  process.memory.with_svm([&](const SvmRanges& ranges) {
    ranges.each(args.start_addr, args.start_addr + args.size, [&](const SvmAttributes& range) {
      any_flags |= range.flags;
      if (first) {
        all = range;
        first = false;
        return;
      }
      all.flags &= range.flags;
      all.access &= range.access;
      all.in_place &= range.in_place;
      all.granularity = std::min(all.granularity, range.granularity);
      if (all.preferred != range.preferred) {
        all.preferred = KFD_IOCTL_SVM_LOCATION_UNDEFINED;
      }
      if (all.prefetch != range.prefetch) {
        all.prefetch = KFD_IOCTL_SVM_LOCATION_UNDEFINED;
      }
    });
  });
  for (std::uint32_t i = 0; i < args.nattr; ++i) {
    auto& attribute = args.attrs[i];
    const std::uint64_t bit = bit_of(attribute.value);
    switch (attribute.type) {
      case KFD_IOCTL_SVM_ATTR_PREFERRED_LOC:
        attribute.value = all.preferred;
        break;
      case KFD_IOCTL_SVM_ATTR_PREFETCH_LOC:
        attribute.value = all.prefetch;
        break;
      case KFD_IOCTL_SVM_ATTR_ACCESS:
        attribute.type = (all.in_place & bit) != 0 ? KFD_IOCTL_SVM_ATTR_ACCESS_IN_PLACE
                         : (all.access & bit) != 0 ? KFD_IOCTL_SVM_ATTR_ACCESS
                                                   : KFD_IOCTL_SVM_ATTR_NO_ACCESS;
        break;
      case KFD_IOCTL_SVM_ATTR_SET_FLAGS:
        attribute.value = all.flags;
        break;
      case KFD_IOCTL_SVM_ATTR_CLR_FLAGS:
        attribute.value = ~any_flags;
        break;
      case KFD_IOCTL_SVM_ATTR_GRANULARITY:
        attribute.value = all.granularity;
        break;
      default:
        break;
    }
  }
}

int run(Process& process, kfd_ioctl_svm_args& args, std::size_t size) {
  if (!configuration()->kernel.svm) {
    return -EPERM;  // HSA_AMD_SVM is off
  }
  if (size < sizeof args || args.nattr > (size - sizeof args) / sizeof args.attrs[0] ||
      args.start_addr % page != 0 || args.size % page != 0 || args.start_addr == 0 ||
      args.size == 0) {
    return -EINVAL;
  }
  if (args.op == KFD_IOCTL_SVM_OP_SET_ATTR) {
    for (std::uint32_t i = 0; i < args.nattr; ++i) {
      if (!is_valid(args.attrs[i])) {
        return -EINVAL;
      }
    }
    set_attributes(process, args);
    return 0;
  }
  if (args.op == KFD_IOCTL_SVM_OP_GET_ATTR) {
    get_attributes(process, args);
    return 0;
  }
  return -EINVAL;
}

// The MTYPE of the range as it is now, on the first GPU that has access; on the first at all if
// none has yet.
Mtype mtype_now(Process& process, std::uint64_t address, std::uint32_t& flags) {
  SvmAttributes now = SvmRanges::defaults();
  process.memory.with_svm([&](const SvmRanges& ranges) {
    if (const auto range = ranges.find(address)) {
      now = range->attributes;
    }
  });
  flags = now.flags;
  for (const Gpu& gpu : gpus()) {
    if ((now.access >> gpu.index & 1U) != 0) {
      return mtype_of_svm(gpu, now);
    }
  }
  return mtype_of_svm(gpus().front(), now);
}

}  // namespace

int kfd_svm(Process& process, void* argument, std::size_t size) {
  auto& args = *static_cast<kfd_ioctl_svm_args*>(argument);
  const bool is_set = args.op == KFD_IOCTL_SVM_OP_SET_ATTR;
  const int result = run(process, args, size);
  JournalLine line(is_set ? "svm_set" : "svm_get");
  line.hex("va", args.start_addr).unsigned_number("size", args.size).number("result", result);
  if (result == 0 || result == -EPERM) {
    line.raw("attributes", attributes_json(args));
  }
  if (result == 0) {
    std::uint32_t flags = 0;
    const Mtype mtype = mtype_now(process, args.start_addr, flags);
    line.raw("flags", flags_json(flags))
        .text("mtype_stock", mtype_name(mtype.stock))
        .text("mtype_patched", mtype_name(mtype.patched));
  }
  return result;
}

}  // namespace rocmfix::sim
