// SPDX-License-Identifier: MIT
// The checks of `rocmfix doctor` on the program: what they show, which remedy they choose, and what
// must not change a verdict. Their verdicts are in doctor_program_test.cpp.
#include <gtest/gtest.h>

#include "doctor/effective_target.hpp"
#include "doctor/remedy.hpp"
#include "doctor_case.hpp"
#include "doctor_subject.hpp"

namespace rocmfix {
namespace {

using detail::Findings;
using test::Case;
using test::gpu;
using test::kpack;
using test::loaded;
using test::rocblas;
using test::says;
using test::torch;
using test::torch_facts;

constexpr const char* override_name = "HSA_OVERRIDE_GFX_VERSION";

TEST(EffectiveTargets, AreThoseOfSupportedGpusThatAreKnown) {
  Case one("gfx1031");
  one.machine.gpus.push_back(gpu("gfx1100", 2));
  one.machine.gpus.push_back(gpu("gfx1032", 3));
  one.machine.gpus.back().gfx.reset();
  EXPECT_EQ(detail::effective_targets(one.machine).size(), 1U);
}

TEST(IsaProgram, WithPackedCodeAWrongOverrideIsRemovedFirst) {
  Case one("gfx1031");
  one.runs({torch({"gfx1031"})}).set(override_name, "10.3.0").program().kpack = {
      kpack({"gfx1031"})};
  EXPECT_EQ(one.finding("isa-program").command, "unset HSA_OVERRIDE_GFX_VERSION");
}

TEST(IsaProgram, OfExtensionsOnlyThoseWithoutCodeAreNamed) {
  Case one("gfx1031");
  one.runs({torch({"gfx1031"}), {"/opt/bitsandbytes/a.so", {"gfx1031"}, false}});
  EXPECT_EQ(one.check("isa-program").size(), 1U);
  one.runs({torch({"gfx1031"}), {"/opt/torch/lib/librocblas.so.4", {"gfx1030"}, false}});
  const Findings findings = one.check("isa-program");
  ASSERT_EQ(findings.size(), 2U);
  EXPECT_EQ(findings[1].verdict, CheckVerdict::warning) << "rocBLAS is for other cards like this";
}

TEST(IsaProgram, WhatRunsElsewhereIsToBeExaminedThere) {
  Case one("gfx1031");
  one.runs({}).program().software.state = SoftwareState::unknown;
  one.program().software.why = "the program runs in a container";
  EXPECT_EQ(one.finding("isa-program").remedy, "The program runs in a container.");
  one.program().software.elsewhere = "docker run -e NAME=VALUE";
  EXPECT_TRUE(says(one.finding("isa-program"), "Examine it where it runs."));
}

TEST(IsaOverride, OtherVariablesAreNotItsBusiness) {
  Case one("gfx1031");
  one.set("HSA_ENABLE_SDMA", "0");
  EXPECT_EQ(one.finding("isa-override").summary, "HSA_OVERRIDE_GFX_VERSION is not set");
}

TEST(KpackComplete, ShowsWhatItLookedForAndWhatIsThere) {
  Case one("gfx1031");
  one.runs({}).program().kpack = {kpack({"gfx1030"})};
  const Finding some = one.finding("kpack-complete");
  EXPECT_TRUE(says(some, "looks for ../.kpack/torch_@GFXARCH@.kpack"));
  EXPECT_TRUE(says(some, "/opt/torch/.kpack/torch_gfx1030.kpack is there"));
  EXPECT_FALSE(says(some, "none of these files"));
  EXPECT_EQ(some.summary, "the device code of libtorch_hip.so for gfx1031 is not installed");
  one.program().kpack = {kpack({})};
  EXPECT_TRUE(says(one.finding("kpack-complete"), "none of these files is there"));
  one.program().kpack.front().trouble = "torch_gfx1031.kpack is truncated";
  const Finding damaged = one.finding("kpack-complete");
  EXPECT_EQ(damaged.summary, "the device code of libtorch_hip.so cannot be read");
  EXPECT_TRUE(says(damaged, "torch_gfx1031.kpack is truncated"));
}

TEST(KpackComplete, AnOverrideIsNotToBlameWhereTheCardsOwnCodeIsMissingToo) {
  Case one("gfx1031");
  one.runs({}).set(override_name, "10.3.0").program().kpack = {kpack({"gfx1032"})};
  EXPECT_TRUE(says(one.finding("kpack-complete"), "torch[device-gfx1031]"));
}

TEST(RocblasFiles, ShowWhereTheyAreAndForWhat) {
  Case one("gfx1010");
  one.runs({torch({"gfx1010"})}).program().tensile = {rocblas({"gfx1010", "gfx1030"}, {})};
  const Finding finding = one.finding("rocblas-files");
  EXPECT_TRUE(says(finding, "librocblas.so.4 takes its kernels from /opt/torch/lib/rocblas"));
  EXPECT_TRUE(says(finding, "tuned for: gfx1010 gfx1030\n"));
  EXPECT_TRUE(says(finding, "general kernels alone for: none\n"));
}

TEST(RocmMix, TwoOfALibraryThatIsNoRuntimeAreAWarning) {
  Case one("gfx1031");
  one.runs({}).program().rocm = {loaded("libMIOpen.so.1", "/a/libMIOpen.so.1"),
                                 loaded("libMIOpen.so.1", "/b/libMIOpen.so.1")};
  const Finding finding = one.finding("rocm-mix");
  EXPECT_EQ(finding.verdict, CheckVerdict::warning);
  EXPECT_EQ(finding.remedy, "Install the packages for one ROCm, in one environment.");
  one.program().rocm = {loaded("libhsa-runtime64.so.1", "/a/libhsa-runtime64.so.1"),
                        loaded("libhsa-runtime64.so.1", "/b/libhsa-runtime64.so.1")};
  EXPECT_EQ(one.finding("rocm-mix").verdict, CheckVerdict::problem);
  EXPECT_TRUE(says(one.finding("rocm-mix"), "Memory and streams"));
}

TEST(RocmMix, OnlyAHashAtTheEndIsACopysName) {
  Case one("gfx1031");
  for (const char* const other :
       {"librocfft-device-0.so", "librocfft-1a2b3c4z.so", "librocfft-1a2b3c4d5.so"}) {
    one.runs({}).program().rocm = {loaded("librocfft.so", "/a/librocfft.so"),
                                   loaded(other, "/a/other.so")};
    EXPECT_EQ(one.finding("rocm-mix").verdict, CheckVerdict::ok) << other;
  }
  EXPECT_TRUE(says(one.finding("rocm-mix"), "asks for librocfft.so: /a/librocfft.so"));
  one.program().rocm = {loaded("libMIOpen.so.1", "")};
  EXPECT_TRUE(says(one.finding("rocm-mix"), "asks for libMIOpen.so.1, which is not found"));
}

TEST(TorchFlavour, ShowsTheVersionAndBothLines) {
  Case one("gfx1031");
  one.runs({}).program().torch = torch_facts("6.3");
  EXPECT_TRUE(says(one.finding("torch-flavour"), "version.py: hip = 6.3, cuda = None"));
  EXPECT_TRUE(says(one.finding("torch-flavour"), "torch 2.12.0 is built for ROCm"));
  one.program().torch = torch_facts("", "12.8");
  EXPECT_TRUE(says(one.finding("torch-flavour"), "version.py: hip = None, cuda = 12.8"));
  one.program().torch = torch_facts(std::nullopt);
  one.program().torch->version.clear();
  const Finding silent = one.finding("torch-flavour");
  EXPECT_TRUE(says(silent, "version.py: hip = ?, cuda = None"));
  EXPECT_EQ(silent.summary, "torch does not say what it was built for");
}

TEST(MiopenGfx101x, NamesWhatIsKnownOfThisCardAndOfMiopenAlone) {
  Case one("gfx1012");
  one.runs({torch({"gfx1012"})}).program().torch = torch_facts("7.14");
  const Finding finding = one.finding("miopen-gfx101x");
  EXPECT_FALSE(says(finding, "LSTM")) << "reported of a gfx1010";
  EXPECT_FALSE(says(finding, "bfloat16"));
  Case fifth("gfx1010");
  fifth.runs({torch({"gfx1010"})}).program().torch = torch_facts("7.14");
  EXPECT_TRUE(says(fifth.finding("miopen-gfx101x"), "LSTM"));
  fifth.program().torch = torch_facts("");
  EXPECT_TRUE(fifth.check("miopen-gfx101x").empty()) << "a build for the CPU";
}

TEST(MiopenNames, WhatIsKnownIsSaid) {
  Case one("gfx1030");
  one.runs({}).set("MIOPEN_DEBUG_CONV_GEMM", "0").program().miopen = {
      {"/opt/libMIOpen.so.1", {"MIOPEN_DEBUG_CONV_GEMM"}, {}}};
  EXPECT_EQ(one.finding("miopen-names").summary,
            "MIOpen knows every one of its variables that is set");
}

TEST(ForcedLibrary, SwitchedOffIsNotForced) {
  for (const char* const off : {"", "0", "false", "OFF", "off"}) {
    Case one("gfx1031");
    one.set("TORCH_BLAS_PREFER_HIPBLASLT", off);
    EXPECT_EQ(one.finding("forced-library").verdict, CheckVerdict::ok) << off;
  }
}

TEST(ForcedLibrary, ABuildOfSomebodysOwnHasToHaveCodeForEveryCard) {
  Case one("gfx1031");
  one.set("ROCBLAS_USE_HIPBLASLT", "1").runs({{"/opt/libhipblaslt.so.1", {"gfx1031"}, true}});
  EXPECT_EQ(one.finding("forced-library").verdict, CheckVerdict::ok);
  one.machine.gpus.push_back(gpu("gfx1010", 2));
  EXPECT_EQ(one.finding("forced-library").verdict, CheckVerdict::warning);
  Case other("gfx1031");
  other.set("ROCBLAS_USE_HIPBLASLT", "1").runs({torch({"gfx1031"})});
  EXPECT_EQ(other.finding("forced-library").verdict, CheckVerdict::warning)
      << "code in another library";
  Case part("gfx1031");
  part.set("TORCH_ROCM_FA_PREFER_CK", "1").runs({torch({"gfx1031"})});
  EXPECT_EQ(part.finding("forced-library").verdict, CheckVerdict::warning)
      << "it is in no library of its own";
  Case without("gfx1031");
  without.set("ROCBLAS_USE_HIPBLASLT", "1").runs({{"/opt/libhipblaslt.so.1", {"gfx1031"}, true}});
  without.machine.gpus.clear();
  EXPECT_EQ(without.finding("forced-library").verdict, CheckVerdict::warning) << "no card is known";
}

TEST(TunableOp, OnlyItsOwnVariableCounts) {
  Case one("gfx1031");
  one.set("HSA_DISABLE_CACHE", "1");
  EXPECT_EQ(one.finding("tunable-op").verdict, CheckVerdict::ok);
  one.set("PYTORCH_TUNABLEOP_ENABLED", "0");
  EXPECT_EQ(one.finding("tunable-op").verdict, CheckVerdict::ok);
  one.set("PYTORCH_TUNABLEOP_ENABLED", "1").set("PYTORCH_TUNABLEOP_TUNING", "1");
  EXPECT_EQ(one.finding("tunable-op").verdict, CheckVerdict::warning);
}

TEST(Ctranslate2Allocator, IsAskedForOnlyWhereThatIsLoadedAndReported) {
  Case one("gfx1032");
  one.runs({torch({"gfx1032"})});
  EXPECT_TRUE(one.check("ctranslate2-allocator").empty());
  one.runs({{"/opt/ctranslate2.libs/libctranslate2-0.so", {"gfx1032"}, true}});
  EXPECT_EQ(one.finding("ctranslate2-allocator").verdict, CheckVerdict::warning);
  one.set("CT2_CUDA_ALLOCATOR", "cuda_malloc_async");
  const Finding other = one.finding("ctranslate2-allocator");
  EXPECT_EQ(other.verdict, CheckVerdict::warning);
  EXPECT_TRUE(says(other, "CT2_CUDA_ALLOCATOR=cuda_malloc_async"));
  one.set("CT2_CUDA_ALLOCATOR", "cub_caching");
  EXPECT_EQ(one.finding("ctranslate2-allocator").verdict, CheckVerdict::ok);
  Case old("gfx1010");
  old.runs({{"/opt/ctranslate2.libs/libctranslate2-0.so", {"gfx1010"}, true}});
  EXPECT_EQ(old.finding("ctranslate2-allocator").verdict, CheckVerdict::ok)
      << "nothing was reported of these cards";
}

TEST(BetterRoute, ALibraryThatDecidesNothingIsNoRoute) {
  Case one("gfx1012");
  one.runs({{"/usr/lib/ollama/libggml-hip.so", {"gfx1030"}, true},
            {"/usr/lib/ollama/librocblas.so.4", {"gfx1012"}, false}});
  one.program().software.program = "/usr/bin/ollama";
  EXPECT_EQ(one.finding("better-route").verdict, CheckVerdict::note);
}

TEST(BetterRoute, OfAProgramThatIsNotKnownNothingIsSaid) {
  Case one("gfx1012");
  one.runs({}).program().software.state = SoftwareState::unknown;
  one.program().software.program = "/usr/bin/ollama";
  EXPECT_TRUE(one.check("better-route").empty());
  one.program().software.state = SoftwareState::none;
  EXPECT_EQ(one.finding("better-route").verdict, CheckVerdict::note);
}

TEST(Remedy, OfAReasonIsASentenceAndACommand) {
  const auto plain = detail::remedy_of_reason("it does nothing");
  EXPECT_EQ(plain.text, "It does nothing.");
  EXPECT_EQ(plain.command, "");
  const auto typed = detail::remedy_of_reason("it is wrong. Type: unset NAME");
  EXPECT_EQ(typed.text, "It is wrong.");
  EXPECT_EQ(typed.command, "unset NAME");
  const auto longer = detail::remedy_of_reason("it is wrong. Type: unset NAME, and something else");
  EXPECT_EQ(longer.text, "It is wrong. Type: unset NAME, and something else.");
  EXPECT_EQ(longer.command, "unset NAME");
}

TEST(Remedy, OfTheOverrideIsOnlyWhatIsWrongOrMissing) {
  Case right("gfx1031");
  right.runs({torch({"gfx1030"})}).set(override_name, "10.3.0").program().tensile = {
      rocblas({"gfx900"}, {})};
  const Finding finding = right.finding("rocblas-files");
  EXPECT_EQ(finding.command.find("HSA_OVERRIDE"), std::string::npos)
      << "it is set as it should be: " << finding.command;
  Case other("gfx1031");
  other.runs({torch({"gfx1031"})}).set("HSA_DISABLE_CACHE", "1").program().tensile = {
      rocblas({"gfx900"}, {})};
  EXPECT_EQ(other.finding("rocblas-files").command.find("unset"), std::string::npos)
      << "another variable is no remedy";
}

TEST(Remedy, ForABuildWithTheOverrideIsThatBuild) {
  Case one("gfx1034");
  one.runs({}).program().torch = torch_facts("");
  EXPECT_TRUE(says(one.finding("torch-flavour"), "it has code for gfx1034"));
  Case none("gfx1013");
  none.runs({{"/usr/lib/ollama/libggml-hip.so", {"gfx1030"}, true}});
  EXPECT_TRUE(says(none.finding("isa-program"), "it needs no code for gfx1013"));
}

TEST(ProgramChecks, NameTheGpuThatTheyAreAbout) {
  Case one("gfx1010");
  one.runs({torch({"gfx1010"}), {"/opt/bitsandbytes/a.so", {"gfx1030"}, false}}).program().torch =
      torch_facts("7.14");
  one.program().kpack = {kpack({"gfx1010"})};
  one.program().tensile = {rocblas({"gfx1010"}, {})};
  for (const char* const id :
       {"isa-program", "kpack-complete", "rocblas-files", "miopen-gfx101x"}) {
    for (const Finding& finding : one.check(id)) {
      EXPECT_EQ(finding.gpu, "0000:01:00.0") << id << ": " << finding.summary;
    }
  }
  one.runs({torch({"gfx1030"})}).program().kpack = {kpack({"gfx1030"})};
  one.program().tensile = {rocblas({"gfx1030"}, {})};
  for (const char* const id : {"isa-program", "kpack-complete", "rocblas-files"}) {
    for (const Finding& finding : one.check(id)) {
      EXPECT_EQ(finding.gpu, "0000:01:00.0") << id << ": " << finding.summary;
    }
  }
  one.runs({{"/usr/lib/ollama/libggml-hip.so", {"gfx1010"}, true}});
  EXPECT_EQ(one.finding("better-route").gpu, "0000:01:00.0");
}

TEST(ProgramChecks, HaveTheSourceOfWhatTheyClaim) {
  Case one("gfx1010");
  one.runs({torch({"gfx1010"})})
      .set(override_name, "10.3.0")
      .set("PYTORCH_TUNABLEOP_ENABLED", "1")
      .program()
      .torch = torch_facts("7.14");
  for (const char* const id : {"isa-override", "tunable-op", "miopen-gfx101x"}) {
    EXPECT_NE(one.finding(id).source, "") << id;
  }
  EXPECT_NE(one.finding("miopen-gfx101x").grade, "");
  Case speech("gfx1032");
  speech.runs({{"/opt/ctranslate2.libs/libctranslate2-0.so", {"gfx1032"}, true}});
  EXPECT_NE(speech.finding("ctranslate2-allocator").source, "");
  EXPECT_NE(speech.finding("ctranslate2-allocator").grade, "");
  Case route("gfx1012");
  route.runs({{"/usr/lib/ollama/libggml-hip.so", {"gfx1030"}, true}});
  EXPECT_NE(route.finding("better-route").source, "");
  EXPECT_NE(route.finding("better-route").grade, "");
  EXPECT_TRUE(says(route.finding("better-route"), "it needs no code for gfx1012"));
}

}  // namespace
}  // namespace rocmfix
