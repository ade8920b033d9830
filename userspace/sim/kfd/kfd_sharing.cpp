// SPDX-License-Identifier: MIT
// KFD and DRM: buffers passed on as file descriptors (dma-buf), within one process. Refuses those
// of other processes: their memory is not here.
#include "kfd/kfd_ioctls.hpp"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>

#include "control/journal.hpp"
#include "kfd/sharing.hpp"

namespace rocmfix::sim {

namespace {

// What a descriptor stands for, by the inode of the empty file behind it. An entry stays: nobody
// tells when the last duplicate is closed, and inodes of memory files are not used twice soon.
std::map<ino_t, std::weak_ptr<Buffer>>& shared_buffers() {
  static auto* const shared = new std::map<ino_t, std::weak_ptr<Buffer>>;
  return *shared;
}
std::mutex& sharing_mutex() {
  static auto* const mutex = new std::mutex;
  return *mutex;
}

}  // namespace

int share_buffer(const std::shared_ptr<Buffer>& buffer) {
  const int fd = memfd_create("rocmfix-sim-dmabuf", MFD_CLOEXEC);
  struct stat status {};
  if (fd < 0 || syscall(SYS_newfstatat, fd, "", &status, AT_EMPTY_PATH) != 0) {
    return -errno;
  }
  // lseek(2) to the end is how one asks a dma-buf its size.
  if (ftruncate(fd, static_cast<off_t>(buffer->size)) != 0) {
    close(fd);
    return -ENOMEM;
  }
  const std::lock_guard lock(sharing_mutex());
  shared_buffers()[status.st_ino] = buffer;
  return fd;
}

std::shared_ptr<Buffer> shared_buffer(int fd) {
  struct stat status {};
  if (syscall(SYS_newfstatat, fd, "", &status, AT_EMPTY_PATH) != 0) {
    return nullptr;
  }
  const std::lock_guard lock(sharing_mutex());
  const auto found = shared_buffers().find(status.st_ino);
  return found == shared_buffers().end() ? nullptr : found->second.lock();
}

int kfd_export_dmabuf(Process& process, void* argument, std::size_t /*size*/) {
  auto& args = *static_cast<kfd::ExportDmabuf*>(argument);
  std::shared_ptr<Buffer> buffer;
  {
    const std::lock_guard lock(process.mutex);
    const auto found = process.buffers.find(args.handle);
    if (found != process.buffers.end()) {
      buffer = found->second;
    }
  }
  // USERPTR cannot be exported: amdgpu_amdkfd_gpuvm_export_dmabuf().
  int result = buffer == nullptr ? -EINVAL : buffer->backing == nullptr ? -EPERM : 0;
  if (result == 0) {
    const int fd = share_buffer(buffer);
    result = std::min(fd, 0);
    args.dmabuf_fd = fd < 0 ? 0 : static_cast<std::uint32_t>(fd);
  }
  JournalLine("export_dmabuf").hex("handle", args.handle).number("result", result);
  return result;
}

int kfd_dmabuf_info(Process& /*process*/, void* argument, std::size_t /*size*/) {
  auto& args = *static_cast<kfd_ioctl_get_dmabuf_info_args*>(argument);
  const auto buffer = shared_buffer(static_cast<int>(args.dmabuf_fd));
  if (buffer == nullptr) {
    return -EINVAL;
  }
  args.gpu_id = gpus()[buffer->gpu].gpu_id;
  args.size = buffer->size;
  args.flags = buffer->flags;
  args.metadata_size = 0;
  return 0;
}

int kfd_import_dmabuf(Process& process, void* argument, std::size_t /*size*/) {
  auto& args = *static_cast<kfd_ioctl_import_dmabuf_args*>(argument);
  const auto shared = shared_buffer(static_cast<int>(args.dmabuf_fd));
  const Gpu* const gpu = gpu_by_id(args.gpu_id);
  int result = -EINVAL;
  if (shared != nullptr && gpu != nullptr) {
    auto buffer = std::make_shared<Buffer>(*shared);
    const std::lock_guard lock(process.mutex);
    buffer->va = args.va_addr;
    buffer->imported = true;
    buffer->serial = 0;
    buffer->handle = std::uint64_t{gpu->gpu_id} << 32U | process.arenas[gpu->index].next_handle++;
    args.handle = buffer->handle;
    process.buffers[buffer->handle] = std::move(buffer);
    result = 0;
  }
  JournalLine("import_dmabuf")
      .unsigned_number("gpu", args.gpu_id)
      .hex("va", args.va_addr)
      .number("result", result);
  return result;
}

}  // namespace rocmfix::sim
