// SPDX-License-Identifier: MIT
// What stands before a message, and what of a log may reach a terminal.
#include "fault_line.hpp"

#include <gtest/gtest.h>

namespace rocmfix {
namespace {

using namespace std::string_literals;

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

TEST(LogTime, WhatIsNoTime) {
  for (const char* line :
       {"", "amdgpu 0000:03:00.0: x", "Memory access fault by GPU node-1",
        "  4%|#  | 1/100 [01:02:03<04:05:06,  1.0it/s]", ":0:rocdevice.cpp :2993: 1234567890 us: x",
        "[drm] 01:02:03", "[drm:amdgpu_job_timedout [amdgpu]] 01:02:03"}) {
    EXPECT_EQ(time_of_line(line).clock, LogClock::none) << line;
    EXPECT_EQ(time_of_line(line).text, "") << line;
  }
}

TEST(LogLine, TheGpuIsTheOneThatAmdgpuNames) {
  EXPECT_EQ(gpu_of_line("kernel: amdgpu 0000:03:00.0: amdgpu: x"), "0000:03:00.0");
  EXPECT_EQ(gpu_of_line("nvme 0000:01:00.0: x"), std::nullopt);
  EXPECT_EQ(gpu_of_line("amdgpu: x"), std::nullopt);
}

TEST(Printable, KeepsTextAndTakesOutWhatATerminalWouldObey) {
  EXPECT_EQ(printable("  plain text ", 100), "plain text");
  EXPECT_EQ(printable("a\tb", 100), "a b");
  EXPECT_EQ(printable("x\x1b[31mred\x07", 100), "x?[31mred?");
  EXPECT_EQ(printable("ärger 月", 100), "ärger 月");
  EXPECT_EQ(printable("a\0b"s, 100), "a?b");
  EXPECT_EQ(printable("\xc2\x9b"
                      "31m",
                      100),
            "??31m");  // CSI as one C1 character
  EXPECT_EQ(printable("a" + std::string{'\xe2', '\x80', '\xae'} + "b", 100), "a???b");  // U+202E
  EXPECT_EQ(printable("\xff\xc3", 100), "??");                                          // no UTF-8
  EXPECT_EQ(printable("\xed\xa0\x80", 100), "???");  // a surrogate
  EXPECT_EQ(printable("\xc0\xaf", 100), "??");       // overlong
}

TEST(Printable, NeverCutsACharacterInTwo) {
  EXPECT_EQ(printable("月月月", 7), "月月");
  EXPECT_EQ(printable("月月月", 2), "");
}

// The first and the last of each kind of character, and their neighbours.
TEST(Printable, BordersOfUtf8) {
  for (const std::string_view whole :
       {"!", "~", "\xc2\xa0", "\xdf\xbf", "\xe0\xa0\x80", "\xed\x9f\xbf", "\xee\x80\x80",
        "\xef\xbf\xbf", "\xf0\x90\x80\x80", "\xf4\x8f\xbf\xbf", "\xe2\x80\xa9", "\xe2\x80\xaf",
        "\xe2\x81\xa5", "\xe2\x81\xaa"}) {
    EXPECT_EQ(printable(whole, 100), whole) << testing::PrintToString(whole);
  }
  for (const std::string_view broken : {"\x1f",
                                        "\x7f",
                                        "\x80",
                                        "\xbf",
                                        "\xc1\xbf",
                                        "\xc2\x80",
                                        "\xc2\x9f",
                                        "\xc2\x7f",
                                        "\xc2\xc0",
                                        "\xe0\x9f\xbf",
                                        "\xed\xa0\x80",
                                        "\xed\xbf\xbf",
                                        "\xf0\x8f\xbf\xbf",
                                        "\xf4\x90\x80\x80",
                                        "\xf5\x80\x80\x80",
                                        "\xe2\x80\xaa",
                                        "\xe2\x80\xae",
                                        "\xe2\x81\xa6",
                                        "\xe2\x81\xa9",
                                        "\xdf",
                                        "\xef\xbf",
                                        "\xf4\x8f\xbf"}) {
    EXPECT_EQ(printable(broken, 100).front(), '?') << testing::PrintToString(broken);
  }
}

}  // namespace
}  // namespace rocmfix
