// SPDX-License-Identifier: MIT
// Which call each thread is in, as another process finds it in the file.
#include "alive/open_call.hpp"

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <string>
#include <thread>
#include <vector>

namespace rocmfix::hip {
namespace {

class OpenCallTest : public testing::Test {
 protected:
  void SetUp() override { ASSERT_NE(mkdtemp(folder_.data()), nullptr); }
  void TearDown() override {
    forget_watched_file();
    static_cast<void>(unlink(file().c_str()));
    rmdir(folder_.c_str());
  }
  [[nodiscard]] std::string file() const { return folder_ + "/" + alive_name(getpid()).data(); }
  [[nodiscard]] AliveFile read() const {
    AliveFile found{};
    std::ifstream stream(file(), std::ios::binary);
    stream.read(reinterpret_cast<char*>(&found), sizeof found);
    return found;
  }
  /// Open calls, by name.
  [[nodiscard]] std::vector<std::string> open() const {
    std::vector<std::string> names;
    for (const AliveCall& call : read().calls) {
      if ((call.number & 1U) != 0) {
        names.emplace_back(api_name(static_cast<Api>(call.api)));
      }
    }
    return names;
  }
  std::string folder_ = "/tmp/open_call_test.XXXXXX";
};

using Names = std::vector<std::string>;

TEST_F(OpenCallTest, NobodyWatchesWithoutAFolder) {
  watch_calls("");
  { const OpenCall call(Api::hipMemcpy); }
  EXPECT_EQ(watched_file.load(), nullptr);
}

TEST_F(OpenCallTest, ACallIsOpenUntilItReturnsAndHidesThoseWithinIt) {
  watch_calls(folder_.c_str());
  {
    const OpenCall call(Api::hipStreamSynchronize);
    EXPECT_EQ(open(), Names({"hipStreamSynchronize"}));
    { const OpenCall inner(Api::hipMemcpy); }
    EXPECT_EQ(open(), Names({"hipStreamSynchronize"}));
  }
  EXPECT_EQ(open(), Names());
  EXPECT_EQ(read().head.apis, static_cast<uint64_t>(Api::count));
}

TEST_F(OpenCallTest, EachThreadHasItsOwn) {
  watch_calls(folder_.c_str());
  const OpenCall call(Api::hipDeviceSynchronize);
  std::thread([&] {
    const OpenCall other(Api::hipMemcpy);
    EXPECT_EQ(open(), Names({"hipDeviceSynchronize", "hipMemcpy"}));
  }).join();
  EXPECT_EQ(open(), Names({"hipDeviceSynchronize"}));
}

TEST_F(OpenCallTest, ThreadsThatEndedGiveTheirPlacesBack) {
  watch_calls(folder_.c_str());
  for (int i = 0; i < 200; ++i) {
    std::thread([&] {
      const OpenCall call(Api::hipMemcpy);
      EXPECT_EQ(open().size(), 1U) << i;
    }).join();
  }
}

TEST_F(OpenCallTest, AForkedChildDoesNotWriteIntoItsParentsFile) {
  watch_calls(folder_.c_str());
  { const OpenCall call(Api::hipMemcpy); }
  const AliveFile before = read();
  const pid_t child = fork();
  if (child == 0) {
    forget_watched_file();
    const OpenCall call(Api::hipFree);
    _exit(watched_file.load() == nullptr ? 0 : 1);
  }
  int status = 1;
  waitpid(child, &status, 0);
  EXPECT_EQ(status, 0);
  EXPECT_EQ(read().calls[0].number, before.calls[0].number);
}

}  // namespace
}  // namespace rocmfix::hip
