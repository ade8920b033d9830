// SPDX-License-Identifier: MIT
// With real libraries, which the build makes from caller_plugin.cpp: several under one name, and
// one whose file is called otherwise than its SONAME.
#include "hip/caller.hpp"

#include <dlfcn.h>
#include <gtest/gtest.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <cstdlib>
#include <cstring>
#include <set>
#include <string>
#include <thread>
#include <vector>

namespace rocmfix::hip {
namespace {

using Ask = void (*)(void (*)(const void*));

std::string file;
std::string soname;

void note(const void* return_address) {
  const CallingObject caller = calling_object(return_address);
  file = caller.file;
  soname = caller.soname;
}

class Library {
 public:
  explicit Library(const char* name, int flags = RTLD_NOW | RTLD_LOCAL)
      : handle_(dlopen((std::string(CALLER_PLUGINS "/") + name).c_str(), flags)) {
    EXPECT_NE(handle_, nullptr) << dlerror();
  }
  ~Library() { dlclose(handle_); }
  Library(const Library&) = delete;
  Library& operator=(const Library&) = delete;
  Library(Library&&) = delete;
  Library& operator=(Library&&) = delete;

  [[nodiscard]] Ask ask() const { return reinterpret_cast<Ask>(dlsym(handle_, "plugin_ask")); }
  void ask_and_note() const { ask()(note); }

 private:
  void* handle_;
};

TEST(Caller, PluginThatIsOpenedLocally) {
  const Library plugin("librccl.so.1");
  plugin.ask_and_note();
  EXPECT_EQ(file, "librccl.so.1");
  EXPECT_EQ(soname, "librccl.so.1");
}

TEST(Caller, FileThatIsCalledOtherwiseThanItsSoname) {
  const Library plugin("renamed.so");
  plugin.ask_and_note();
  EXPECT_EQ(file, "renamed.so");
  EXPECT_EQ(soname, "librccl.so.1");
}

TEST(Caller, ObjectWithoutSoname) {
  const Library plugin("anonymous.so");
  plugin.ask_and_note();
  EXPECT_EQ(file, "anonymous.so");
  EXPECT_EQ(soname, "");
}

TEST(Caller, TheProgramItself) {
  const CallingObject caller = calling_object(reinterpret_cast<const void*>(&note));
  EXPECT_EQ(caller.file, "");
  EXPECT_EQ(caller.soname, "");
}

TEST(Caller, LibrariesOfTheProgram) {
  // No sanitizer has a function of this name of its own.
  EXPECT_EQ(calling_object(dlsym(RTLD_DEFAULT, "getpid")).soname, "libc.so.6");
}

TEST(Caller, NoObject) {
  EXPECT_EQ(calling_object(nullptr).file, "");
  void* compiled_later =
      mmap(nullptr, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  EXPECT_EQ(calling_object(static_cast<char*>(compiled_later) + 100).file, "");
  munmap(compiled_later, 4096);
}

// A copy of the list of objects would still name the one that was there before.
TEST(Caller, AnotherLibraryAtTheSameAddress) {
  std::set<std::string> seen;
  bool reused = false;
  const void* before = nullptr;
  for (int i = 0; i < 50; ++i) {
    const char* const name = i % 2 == 0 ? "librccl.so.1" : "libother.so";
    const Library plugin(name);
    plugin.ask_and_note();
    ASSERT_EQ(file, name);
    const auto* const here = reinterpret_cast<const void*>(plugin.ask());
    reused = reused || here == before;
    before = here;
  }
  EXPECT_TRUE(reused) << "the loader gave every library an address of its own";
}

TEST(Caller, InAForkedChild) {
  const Library plugin("librccl.so.1");
  const pid_t child = fork();
  if (child == 0) {
    plugin.ask_and_note();
    const bool inherited = file == "librccl.so.1";
    const Library later("libother.so");
    later.ask_and_note();
    _exit(inherited && file == "libother.so" ? 0 : 1);
  }
  int status = 0;
  waitpid(child, &status, 0);
  EXPECT_EQ(status, 0);
}

thread_local bool wrong = false;
void expect_rccl(const void* return_address) {
  wrong = wrong || calling_object(return_address).file != "librccl.so.1";
}

TEST(Caller, WhileOtherThreadsOpenAndClose) {
  const Library plugin("librccl.so.1");
  std::atomic<bool> done{false};
  std::atomic<int> failures{0};
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&] {
      while (!done) {
        plugin.ask()(expect_rccl);
      }
      failures += wrong ? 1 : 0;
    });
  }
  for (int i = 0; i < 300; ++i) {
    const Library other(i % 2 == 0 ? "libother.so" : "anonymous.so");
  }
  done = true;
  for (std::thread& thread : threads) {
    thread.join();
  }
  EXPECT_EQ(failures, 0);
}

}  // namespace
}  // namespace rocmfix::hip
