// SPDX-License-Identifier: MIT
#include "rocmfix/redaction.hpp"

#include <gtest/gtest.h>

namespace rocmfix {
namespace {

using Words = std::vector<std::string>;

struct Case {
  Words words;
  Words expected;
};

TEST(Redaction, OfACommandLine) {
  const Case cases[] = {
      {{"train.py", "--lr", "0.1"}, {"train.py", "--lr", "0.1"}},
      {{"--token=abc"}, {"--token=[redacted]"}},
      {{"--token", "abc", "x"}, {"--token", "[redacted]", "x"}},
      {{"--hf_token", "-abc", "x"}, {"--hf_token", "[redacted]", "x"}},
      {{"--use-token", "--lr", "1"}, {"--use-token", "--lr", "1"}},
      {{"-api-key", "abc"}, {"-api-key", "[redacted]"}},
      {{"--PassWord=a b", "c"}, {"--PassWord=[redacted]", "c"}},
      {{"--pass=x", "--bypass=y"}, {"--pass=[redacted]", "--bypass=y"}},
      {{"DB_PWD=x", "env"}, {"DB_PWD=[redacted]", "env"}},
      {{"wandb.api_key=x"}, {"wandb.api_key=[redacted]"}},
      {{"--token"}, {"--token"}},
      {{"token", "abc"}, {"token", "abc"}},
      {{"postgres://me:pw@host:5/db"}, {"postgres://[redacted]@host:5/db"}},
      {{"postgres://me:p/w@host/db"}, {"postgres://[redacted]@host/db"}},
      {{"https://ghs@host"}, {"https://[redacted]@host"}},
      {{"http://host:8080/a@2x.png"}, {"http://host:8080/a@2x.png"}},
      {{"http://host/a@b"}, {"http://host/a@b"}},
      {{"https://h/x?token=abc&n=1"}, {"https://h/x?token=[redacted]&n=1"}},
      {{"https://h/x?X-Amz-Signature=abc"}, {"https://h/x?X-Amz-Signature=[redacted]"}},
      {{"-H", "Authorization: Bearer abc def"}, {"-H", "Authorization: [redacted]"}},
      {{"hf_abcdefghijklmnopqrstuvwxyz"}, {"[redacted]"}},
      {{"ghp_abcdefghijklmnopqrstuvwxyz012345,x"}, {"[redacted],x"}},
      {{"AKIAABCDEFGHIJKLMNOP"}, {"[redacted]"}},
      {{"hf_short", "xhf_abcdefghijklmnopqrstuvwxyz"},
       {"hf_short", "xhf_abcdefghijklmnopqrstuvwxyz"}},
      {{"sh", "-c", "cd a; TOKEN=abc ./x --password 'd e' --n 1"},
       {"sh", "-c", "cd a; TOKEN=[redacted] ./x --password '[redacted]' --n 1"}},
      {{"env", "TOKEN=a b", "sh", "-c", "TOKEN=abc ./x"},
       {"env", "TOKEN=[redacted]", "sh", "-c", "TOKEN=[redacted]"}},
      {{"sh", "-c", "./x --secret abc"}, {"sh", "-c", "./x --secret [redacted]"}},
      {{"sh", "-c", "./x --secret", "name"}, {"sh", "-c", "./x --secret", "name"}},
      {{"sh", "-c", "curl -H \"Authorization: Bearer abc\" u"},
       {"sh", "-c", "curl -H \"Authorization: [redacted]\" u"}},
      {{R"({"api_key": "abc", "n": 1})"}, {R"({"api_key": "[redacted]", "n": 1})"}},
      {{""}, {""}},
  };
  for (const Case& one : cases) {
    EXPECT_EQ(redact_command(one.words), one.expected);
  }
}

TEST(Redaction, OfALineKeepsWhatIsNotSecret) {
  for (const char* line :
       {"amdgpu 0000:03:00.0: amdgpu: [gfxhub] page fault (src_id:0 ring:24 vmid:6 pasid:32803)",
        "amdgpu: in process python3 pid 12 thread python3 pid 12",
        "Memory access fault by GPU node-1 on address 0x7f. Reason: Page not present.",
        "HSA_OVERRIDE_GFX_VERSION=10.3.0", "PYTORCH_HIP_ALLOC_CONF=max_split_size_mb:128",
        "Linux version 6.1.0-40-amd64 (debian-kernel@lists.debian.org) (gcc-12 ...)"}) {
    EXPECT_EQ(redact_text(line), line);
  }
}

TEST(Redaction, TakesTimeInProportionToTheText) {
  std::string text;
  for (int i = 0; i < 200'000; ++i) {
    text += "://a@";
  }
  EXPECT_LT(redact_text(text).size(), text.size() * 20);
  text.assign(2'000'000, 'a');
  EXPECT_EQ(redact_text(text), text);
}

TEST(Redaction, KnowsTheRuntimesVariablesByTheirWholeNames) {
  EXPECT_TRUE(is_runtime_variable("HIP_VISIBLE_DEVICES"));
  EXPECT_TRUE(is_runtime_variable("AMD_LOG_LEVEL"));
  for (const char* name : {"", "HIP_TOKEN", "GPU_CLUSTER_PASSWORD", "HIP_VISIBLE_DEVICES_X", "HIP_",
                           "hip_visible_devices", "PATH"}) {
    EXPECT_FALSE(is_runtime_variable(name)) << name;
  }
}

}  // namespace
}  // namespace rocmfix
