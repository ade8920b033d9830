// SPDX-License-Identifier: MIT
// On this process's own mappings, and on lists that the kernel could give.
#include "hip/shared_mapping.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/mman.h>
#include <sys/shm.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>

namespace rocmfix::hip {
namespace {

constexpr size_t page = 4096;

Sharing of(const void* address, size_t size) {
  return sharing_of(reinterpret_cast<uint64_t>(address), size);
}

char* map(int flags, int file = -1, size_t size = 4 * page) {
  void* address = mmap(nullptr, size, PROT_READ | PROT_WRITE, flags, file, 0);
  EXPECT_NE(address, MAP_FAILED);
  return static_cast<char*>(address);
}

TEST(SharedMapping, PrivateMemory) {
  char* anonymous = map(MAP_PRIVATE | MAP_ANONYMOUS);
  EXPECT_EQ(of(anonymous, 4 * page), Sharing::none);
  const std::string on_the_heap(100, 'x');
  EXPECT_EQ(of(on_the_heap.data(), 100), Sharing::none);
  const int on_the_stack = 0;
  EXPECT_EQ(of(&on_the_stack, sizeof on_the_stack), Sharing::none);
  munmap(anonymous, 4 * page);
}

TEST(SharedMapping, SharedMemory) {
  char* anonymous = map(MAP_SHARED | MAP_ANONYMOUS);
  EXPECT_EQ(of(anonymous, 4 * page), Sharing::shared);
  EXPECT_EQ(of(anonymous + page + 1, 1), Sharing::shared);
  munmap(anonymous, 4 * page);

  const std::string name = "/rocmfix-test-" + std::to_string(getpid());
  const int posix = shm_open(name.c_str(), O_RDWR | O_CREAT | O_EXCL, 0600);
  ASSERT_GE(posix, 0);
  shm_unlink(name.c_str());
  ASSERT_EQ(ftruncate(posix, 4 * page), 0);
  char* shared = map(MAP_SHARED, posix);
  char* copied = map(MAP_PRIVATE, posix);
  EXPECT_EQ(of(shared, page), Sharing::shared);
  EXPECT_EQ(of(copied, page), Sharing::none) << "writes are its own";
  munmap(shared, 4 * page);
  munmap(copied, 4 * page);
  close(posix);

  const int memory = memfd_create("test", MFD_CLOEXEC);
  ASSERT_EQ(ftruncate(memory, 4 * page), 0);
  char* of_descriptor = map(MAP_SHARED, memory);
  EXPECT_EQ(of(of_descriptor, page), Sharing::shared);
  munmap(of_descriptor, 4 * page);
  close(memory);

  const int id = shmget(IPC_PRIVATE, page, IPC_CREAT | 0600);
  ASSERT_GE(id, 0);
  void* system_v = shmat(id, nullptr, 0);
  shmctl(id, IPC_RMID, nullptr);
  EXPECT_EQ(of(system_v, page), Sharing::shared);
  shmdt(system_v);
}

// A page of it is enough, wherever it is.
TEST(SharedMapping, PartlyShared) {
  char* whole = map(MAP_PRIVATE | MAP_ANONYMOUS);
  for (size_t at = 0; at < 4; ++at) {
    ASSERT_NE(mmap(whole + at * page, page, PROT_READ | PROT_WRITE,
                   MAP_SHARED | MAP_ANONYMOUS | MAP_FIXED, -1, 0),
              MAP_FAILED);
    EXPECT_EQ(of(whole, 4 * page), Sharing::shared) << at;
    ASSERT_NE(mmap(whole + at * page, page, PROT_READ | PROT_WRITE,
                   MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0),
              MAP_FAILED);
  }
  EXPECT_EQ(of(whole, 4 * page), Sharing::none);
  munmap(whole, 4 * page);
}

TEST(SharedMapping, WhatIsNotMappedIsUnknown) {
  char* whole = map(MAP_PRIVATE | MAP_ANONYMOUS);
  munmap(whole + 2 * page, page);
  EXPECT_EQ(of(whole, 4 * page), Sharing::unknown);
  EXPECT_EQ(of(whole, 2 * page), Sharing::none);
  EXPECT_EQ(of(whole + 2 * page, page), Sharing::unknown);
  munmap(whole, 4 * page);
  EXPECT_EQ(sharing_of(4096, 4096), Sharing::unknown);
  EXPECT_EQ(sharing_of(UINT64_MAX - 10, 100), Sharing::unknown);
  EXPECT_EQ(of(whole, 0), Sharing::unknown);
}

class List : public testing::Test {
 protected:
  Sharing of_list(const std::string& text, uint64_t address, uint64_t size) {
    std::ofstream(path_) << text;
    return sharing_of(address, size, path_.c_str());
  }
  ~List() override { std::filesystem::remove(path_); }
  std::string path_ = testing::TempDir() + "maps-" + std::to_string(getpid());
};

TEST_F(List, ThatCannotBeRead) {
  EXPECT_EQ(sharing_of(0x1000, 0x1000, "/nonexistent"), Sharing::unknown);
  EXPECT_EQ(sharing_of(0x1000, 0x1000, "/"), Sharing::unknown);
  for (const char* text : {"", "\n", "1000", "1000-", "1000-2000", "1000-2000 ", "1000-2000 rw-",
                           "1000-2000 rw-x 0 0 0\n", "zzz\n", "1000 2000 rw-p\n"}) {
    EXPECT_EQ(of_list(text, 0x1000, 0x1000), Sharing::unknown) << text;
  }
}

// A path can be as long as PATH_MAX, and escaped four times that.
TEST_F(List, LinesLongerThanTheBuffer) {
  const std::string path(20'000, 'x');
  const std::string text = "1000-2000 rw-p 0 00:00 0 /" + path + "\n2000-3000 rw-s 0 00:00 0 /" +
                           path + "\n3000-4000 rw-p 0 00:00 0\n";
  EXPECT_EQ(of_list(text, 0x1000, 0x1000), Sharing::none);
  EXPECT_EQ(of_list(text, 0x1000, 0x1001), Sharing::shared);
  EXPECT_EQ(of_list(text, 0x3000, 0x1000), Sharing::none);
}

// Whatever byte a buffer ends at.
TEST_F(List, LinesAcrossTheBuffer) {
  for (size_t pad = 8192 - 60; pad < 8192 + 10; ++pad) {
    std::string text = "1000-2000 r--p 0 00:00 0 ";
    text += std::string(pad - text.size() - 1, 'x') + "\n";
    text += "7000-8000 rw-p 0 00:00 0\n8000-9000 rw-s 0 00:00 0\n";
    EXPECT_EQ(of_list(text, 0x7000, 0x1000), Sharing::none) << pad;
    EXPECT_EQ(of_list(text, 0x8000, 0x1000), Sharing::shared) << pad;
    EXPECT_EQ(of_list(text, 0x9000, 0x1000), Sharing::unknown) << pad;
  }
}

TEST_F(List, ErrnoIsTheProgramsOwn) {
  errno = EXDEV;
  EXPECT_EQ(sharing_of(0x1000, 0x1000, "/nonexistent"), Sharing::unknown);
  EXPECT_EQ(errno, EXDEV);
}

}  // namespace
}  // namespace rocmfix::hip
