// SPDX-License-Identifier: MIT
// What precedes a message, and what of a log may reach a terminal.
#include "explain/log_prefix.hpp"

#include <gtest/gtest.h>

namespace rocmfix {
namespace {

TEST(LogTime, KernelClock) {
  for (const char* line :
       {"[  629.844077] amdgpu", "<3>[  629.844077] amdgpu", "kern  :err   : [  629.844077] amdgpu",
        "[  629.844077] host kernel: x", "\x1b[32m[  629.844077] \x1b[0m\x1b[33mamdgpu"}) {
    const LogTime time = time_of_line(line);
    EXPECT_EQ(time.clock, LogClock::kernel) << line;
    EXPECT_DOUBLE_EQ(time.seconds, 629.844077) << line;
    EXPECT_EQ(time.text, "629.844077") << line;
  }
  EXPECT_DOUBLE_EQ(time_of_line("3,1234,629844077,-;amdgpu").seconds, 629.844077);
}

TEST(LogTime, WallClockInAnyLanguage) {
  const double wanted = ((23 * 24.0 + 1) * 60 + 50) * 60 + 12;
  for (const char* line :
       {"Nov 23 01:50:12 host kernel: x", "nov. 23 01:50:12 host kernel: x",
        "11月 23 01:50:12 host kernel: x", "23. Nov 01:50:12 host kernel: x",
        "[Mon Nov 23 01:50:12 2026] x", "[Mo Nov 23 01:50:12 2026] x",
        "2026-11-23T01:50:12+0100 host kernel: x",
        "2026-11-23T01:50:12.104233+01:00 host kernel: x",
        "Mon 2026-11-23 01:50:12 CET host kernel: x", "2026-11-23T01:50:12,104233+01:00 x",
        "kern  :err   : [Mon Nov 23 01:50:12 2026] x",
        "\x1b[32m[Mon Nov 23 01:50:12 2026] \x1b[0mx"}) {
    const LogTime time = time_of_line(line);
    EXPECT_EQ(time.clock, LogClock::wall) << line;
    EXPECT_DOUBLE_EQ(time.seconds, wanted) << line;
  }
  EXPECT_EQ(time_of_line("[Mon Nov 23 01:50:12 2026] x").text, "Mon Nov 23 01:50:12 2026");
  EXPECT_EQ(time_of_line("2026-11-23T01:50:12.104233+01:00 h").text,
            "2026-11-23T01:50:12.104233+01:00");
  EXPECT_EQ(time_of_line("kern  :err   : [Mon Nov 23 01:50:12 2026] x").text,
            "Mon Nov 23 01:50:12 2026");
  const LogTime unix_time = time_of_line("1795398612.104233 host kernel: x");
  EXPECT_EQ(unix_time.clock, LogClock::wall);
  EXPECT_DOUBLE_EQ(unix_time.seconds, 1795398612.104233);
}

TEST(LogTime, TextThatIsNotATime) {
  for (const char* line :
       {"", "amdgpu 0000:03:00.0: x", "Memory access fault by GPU node-1",
        "  4%|#  | 1/100 [01:02:03<04:05:06,  1.0it/s]", ":0:rocdevice.cpp :2993: 1234567890 us: x",
        "[drm] 01:02:03", "[drm:amdgpu_job_timedout [amdgpu]] 01:02:03"}) {
    EXPECT_EQ(time_of_line(line).clock, LogClock::none) << line;
    EXPECT_EQ(time_of_line(line).text, "") << line;
  }
}

TEST(LogTime, BehindAQuotationsMarkAndTheNameOfAContainer) {
  for (const char* line : {"> [  629.844077] amdgpu", "ollama-1  | [  629.844077] amdgpu",
                           "    [  629.844077] amdgpu", ">> [  629.844077] amdgpu"}) {
    EXPECT_EQ(time_of_line(line).text, "629.844077") << line;
  }
}

TEST(RelativeTimes, AMinuteHoldsUntilTheNextAndDifferencesAddUp) {
  RelativeTimes times;
  times.line("no time");
  EXPECT_FALSE(times.now());
  times.line("[  +1.500000] amdgpu");
  ASSERT_TRUE(times.now());
  EXPECT_EQ(times.now()->text, "+1.500000");
  times.line("\x1b[32m[Nov23 01:50] \x1b[0mamdgpu");
  ASSERT_TRUE(times.now());
  EXPECT_EQ(times.now()->text, "Nov23 01:50");
  const double minute = times.now()->seconds;
  EXPECT_DOUBLE_EQ(minute, ((23 * 24.0 + 1) * 60 + 50) * 60);
  times.line("[  +0,250000] a decimal comma");
  times.line("[ +10.000000] amdgpu");
  EXPECT_EQ(times.now()->text, "Nov23 01:50");
  EXPECT_DOUBLE_EQ(times.now()->seconds, minute + 10.25);
  times.line("amdgpu: without one");
  EXPECT_FALSE(times.now());
}

TEST(RelativeTimes, ALogWithoutThemIsNotLookedAtForLong) {
  RelativeTimes times;
  for (int i = 0; i < 1000; ++i) {
    EXPECT_TRUE(times.wants_lines());
    times.line("[  629.844077] amdgpu");
  }
  EXPECT_FALSE(times.wants_lines());
}

TEST(LogLine, TheGpuIsTheOneThatAmdgpuNames) {
  EXPECT_EQ(gpu_of_line("kernel: amdgpu 0000:03:00.0: amdgpu: x"), "0000:03:00.0");
  EXPECT_EQ(gpu_of_line("nvme 0000:01:00.0: x"), std::nullopt);
  EXPECT_EQ(gpu_of_line("amdgpu: x"), std::nullopt);
}

}  // namespace
}  // namespace rocmfix
