// SPDX-License-Identifier: MIT
// The checks on the program and its libraries: values in, verdicts out. Trees of files are in
// tests/cli/doctor-program.case.
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>

#include "doctor/effective_target.hpp"
#include "doctor_case.hpp"
#include "software/miopen_names.hpp"
#include "temporary_tree.hpp"

namespace rocmfix {
namespace {

using detail::Findings;

using test::Case;
using test::gpu;
using test::kpack;
using test::loaded;
using test::rocblas;
using test::torch;
using test::torch_facts;

// ---------------------------------------------------------------- isa-program

TEST(IsaProgram, OfTheCardsOwnTargetIsGood) {
  EXPECT_EQ(Case("gfx1031").runs({torch({"gfx1031"})}).finding("isa-program").verdict,
            CheckVerdict::ok);
}

TEST(IsaProgram, AGenericTargetCoversItsCards) {
  EXPECT_EQ(Case("gfx1032").runs({torch({"gfx10-3-generic"})}).finding("isa-program").verdict,
            CheckVerdict::ok);
  EXPECT_EQ(Case("gfx1012").runs({torch({"gfx10-3-generic"})}).finding("isa-program").verdict,
            CheckVerdict::problem);
}

TEST(IsaProgram, ForGfx1030AloneNeedsTheOverrideOnACardOfTheSameInstructions) {
  Case one("gfx1031");
  const Finding without = one.runs({torch({"gfx1030"})}).finding("isa-program");
  EXPECT_EQ(without.verdict, CheckVerdict::problem);
  EXPECT_EQ(without.gpu, "0000:01:00.0");
  EXPECT_EQ(without.command, "export HSA_OVERRIDE_GFX_VERSION=10.3.0");
  const Finding with = one.set("HSA_OVERRIDE_GFX_VERSION", "10.3.0").finding("isa-program");
  EXPECT_EQ(with.verdict, CheckVerdict::ok);
  EXPECT_NE(with.summary.find("gfx1031 with HSA_OVERRIDE_GFX_VERSION=10.3.0"), std::string::npos);
}

TEST(IsaProgram, ForGfx1030AloneNeedsAnotherBuildOnRdna1) {
  const Finding finding = Case("gfx1012").runs({torch({"gfx1030"})}).finding("isa-program");
  EXPECT_EQ(finding.verdict, CheckVerdict::problem);
  EXPECT_NE(finding.command.find("torch[device-gfx1012]"), std::string::npos) << finding.command;
  EXPECT_EQ(finding.command.find("HSA_OVERRIDE"), std::string::npos);
}

TEST(IsaProgram, AnOverrideAwayFromTheCardsOwnCodeIsToBeRemoved) {
  const Finding finding = Case("gfx1031")
                              .runs({torch({"gfx1031"})})
                              .set("HSA_OVERRIDE_GFX_VERSION", "10.3.0")
                              .finding("isa-program");
  EXPECT_EQ(finding.verdict, CheckVerdict::problem);
  EXPECT_EQ(finding.command, "unset HSA_OVERRIDE_GFX_VERSION");
}

TEST(IsaProgram, TheOverrideOfANodeWinsOverTheGlobalOne) {
  Case one("gfx1031");
  one.machine.gpus.push_back(gpu("gfx1036", 2));
  one.runs({torch({"gfx1030", "gfx1036"})})
      .set("HSA_OVERRIDE_GFX_VERSION", "11.0.0")
      .set("HSA_OVERRIDE_GFX_VERSION_1", "10.3.0");
  one.machine.environment = one.circumstances.environment;
  const auto targets = detail::effective_targets(one.machine);
  ASSERT_EQ(targets.size(), 2U);
  EXPECT_EQ(targets[0].gfx, "gfx1030");
  EXPECT_EQ(targets[1].gfx, "gfx1100");
}

TEST(IsaProgram, AGpuThatIsHiddenFromTheProgramIsNotAskedAbout) {
  Case one("gfx1031");
  one.machine.gpus.push_back(gpu("gfx1036", 2));
  one.runs({torch({"gfx1031"})});
  EXPECT_EQ(one.check("isa-program").size(), 2U);
  EXPECT_EQ(one.set("ROCR_VISIBLE_DEVICES", "0").check("isa-program").size(), 1U);
}

TEST(IsaProgram, AnExtensionWithoutCodeForTheCardIsAWarning) {
  const Findings findings =
      Case("gfx1031")
          .runs({torch({"gfx1031"}),
                 {"/opt/bitsandbytes/libbitsandbytes_rocm64.so", {"gfx1030"}, false},
                 {"/opt/torch/lib/libhipblaslt.so.1", {"gfx942"}, false},
                 {"/opt/xformers/_C.so", {"gfx942"}, false}})
          .check("isa-program");
  ASSERT_EQ(findings.size(), 3U);
  EXPECT_EQ(findings[0].verdict, CheckVerdict::ok);
  EXPECT_EQ(findings[1].verdict, CheckVerdict::warning);
  EXPECT_NE(findings[1].summary.find("libbitsandbytes_rocm64.so"), std::string::npos);
  // ROCm's own libraries that no such card uses are not mentioned; another's is worth knowing.
  EXPECT_EQ(findings[2].verdict, CheckVerdict::note);
  EXPECT_NE(findings[2].summary.find("_C.so"), std::string::npos);
}

CodeFallback of_debian(std::string code, std::vector<std::string> gfx) {
  return {"/usr/lib/x86_64-linux-gnu/libamdhip64.so.5.7.31921",
          {std::move(code)},
          std::move(gfx),
          "Debian's patch"};
}

TEST(IsaProgram, ARuntimeThatTakesCodeForOtherTargetsNeedsNoOverride) {
  Case one("gfx1031");
  CarriedCode library = {"/usr/lib/x86_64-linux-gnu/libggml-hip.so", {"gfx1030"}, true};
  library.fallbacks = {of_debian("gfx1030", {"gfx1031", "gfx1032"})};
  one.runs({library});
  const Finding finding = one.finding("isa-program");
  EXPECT_EQ(finding.verdict, CheckVerdict::ok);
  EXPECT_EQ(finding.summary,
            "libggml-hip.so has code that the installed HIP runtime loads on gfx1031");
  EXPECT_EQ(finding.source, "Debian's patch");
  EXPECT_EQ(finding.command, "");
  one.set("HSA_OVERRIDE_GFX_VERSION", "10.3.0");
  const Finding not_needed = one.finding("isa-override");
  EXPECT_EQ(not_needed.verdict, CheckVerdict::note);
  EXPECT_NE(not_needed.remedy.find("libamdhip64.so.5.7.31921 loads it"), std::string::npos)
      << not_needed.remedy;
  EXPECT_EQ(one.finding("isa-program").summary.find("installed HIP runtime"), std::string::npos);

  Case other("gfx1012");
  EXPECT_EQ(other.runs({library}).finding("isa-program").verdict, CheckVerdict::problem);
  library.targets = {"gfx1010"};
  library.fallbacks.push_back(of_debian("gfx1010", {"gfx1012"}));
  EXPECT_EQ(other.runs({library}).finding("isa-program").verdict, CheckVerdict::ok);
}

TEST(IsaProgram, WhatIsNotKnownOfAProgramIsUnknownWithTheReason) {
  Case one("gfx1031");
  EXPECT_TRUE(one.check("isa-program").empty());  // no program
  one.runs({}).program().software.state = SoftwareState::unknown;
  one.program().software.why = "a shell runs whatever its script says";
  const Finding finding = one.finding("isa-program");
  EXPECT_EQ(finding.verdict, CheckVerdict::unknown);
  EXPECT_EQ(finding.remedy, "A shell runs whatever its script says.");
}

// ---------------------------------------------------------------- isa-override

/// The table of docs/override.md, row by row.
struct OverrideRow {
  const char* gfx;
  std::vector<std::string> carried;
  const char* value;
  CheckVerdict verdict;
  const char* command;
};

TEST(IsaOverride, EachRowOfTheTable) {
  const OverrideRow rows[] = {
      {"gfx1031", {"gfx1030"}, "10.3.0", CheckVerdict::ok, ""},
      {"gfx1032", {"gfx1032"}, "10.3.0", CheckVerdict::problem, "unset HSA_OVERRIDE_GFX_VERSION"},
      {"gfx1034",
       {"gfx10-3-generic"},
       "10.3.0",
       CheckVerdict::note,
       "unset HSA_OVERRIDE_GFX_VERSION"},
      {"gfx1030", {"gfx1030"}, "10.3.0", CheckVerdict::note, "unset HSA_OVERRIDE_GFX_VERSION"},
      {"gfx1010", {"gfx1030"}, "10.3.0", CheckVerdict::problem, "unset HSA_OVERRIDE_GFX_VERSION"},
      {"gfx1012", {"gfx1010"}, "10.1.0", CheckVerdict::unknown, ""},
      {"gfx1031", {"gfx1030"}, "11.0.0", CheckVerdict::problem, "unset HSA_OVERRIDE_GFX_VERSION"},
      {"gfx1031",
       {"gfx1030"},
       "10.3.1",
       CheckVerdict::problem,
       "export HSA_OVERRIDE_GFX_VERSION=10.3.0"},
      {"gfx1031", {"gfx1030"}, "", CheckVerdict::problem, "unset HSA_OVERRIDE_GFX_VERSION"},
      {"gfx1031", {"gfx1030"}, "gfx1030", CheckVerdict::problem, "unset HSA_OVERRIDE_GFX_VERSION"},
      {"gfx1031", {"gfx1030"}, "10.3", CheckVerdict::problem, "unset HSA_OVERRIDE_GFX_VERSION"},
  };
  for (const OverrideRow& row : rows) {
    const Finding finding = Case(row.gfx)
                                .runs({torch(row.carried)})
                                .set("HSA_OVERRIDE_GFX_VERSION", row.value)
                                .finding("isa-override");
    const std::string which = std::string(row.gfx) + " with " + row.carried.front() + " and '" +
                              row.value + "': " + finding.summary;
    EXPECT_EQ(finding.verdict, row.verdict) << which;
    EXPECT_EQ(finding.command, row.command) << which;
  }
}

TEST(IsaOverride, NotSetIsGood) {
  EXPECT_EQ(Case("gfx1031").runs({torch({"gfx1030"})}).finding("isa-override").verdict,
            CheckVerdict::ok);
}

// ---------------------------------------------------------------- kpack-complete

TEST(KpackComplete, DoesNotApplyToOtherPackages) {
  EXPECT_TRUE(Case("gfx1031").runs({torch({"gfx1030"})}).check("kpack-complete").empty());
}

TEST(KpackComplete, ThePackageOfTheCardIsThere) {
  Case one("gfx1031");
  one.runs({torch({"gfx1031"})}).program().kpack = {kpack({"gfx1031"})};
  EXPECT_EQ(one.finding("kpack-complete").verdict, CheckVerdict::ok);
}

TEST(KpackComplete, ThePackageOfTheCardIsMissing) {
  Case one("gfx1031");
  one.runs({}).program().kpack = {kpack({})};
  const Finding finding = one.finding("kpack-complete");
  EXPECT_EQ(finding.verdict, CheckVerdict::problem);
  EXPECT_NE(finding.remedy.find("amd-torch-device-gfx1031"), std::string::npos);
  EXPECT_NE(finding.command.find("torch[device-gfx1031]"), std::string::npos);
}

TEST(KpackComplete, ThePackageIsThatOfTheReleaseThatIsInstalled) {
  Case one("gfx1031");
  one.runs({}).program().kpack = {kpack({"gfx1030"})};
  one.program().torch = torch_facts("7.14.0");
  one.program().torch->version = "2.12.0+rocm7.14.0";
  EXPECT_NE(one.finding("kpack-complete").command.find("torch[device-gfx1031]==2.12.0+rocm7.14.0"),
            std::string::npos);
}

TEST(KpackComplete, AnOverrideAwayFromThePackageIsToBeRemoved) {
  Case one("gfx1031");
  one.runs({torch({"gfx1031"})}).set("HSA_OVERRIDE_GFX_VERSION", "10.3.0").program().kpack = {
      kpack({"gfx1031"})};
  EXPECT_EQ(one.finding("kpack-complete").command, "unset HSA_OVERRIDE_GFX_VERSION");
}

// ---------------------------------------------------------------- torch-flavour

TEST(TorchFlavour, RocmIsGoodAndNothingElseIs) {
  Case one("gfx1031");
  EXPECT_TRUE(one.check("torch-flavour").empty());
  one.runs({torch({"gfx1030"})}).program().torch = torch_facts("6.3.42131");
  EXPECT_EQ(one.finding("torch-flavour").verdict, CheckVerdict::ok);
  one.program().torch = torch_facts("");
  const Finding cpu = one.finding("torch-flavour");
  EXPECT_EQ(cpu.verdict, CheckVerdict::problem);
  EXPECT_NE(cpu.summary.find("for the CPU alone"), std::string::npos);
  EXPECT_NE(cpu.command.find("torch[device-gfx1031]"), std::string::npos);
  one.program().torch = torch_facts("", "12.8");
  EXPECT_NE(one.finding("torch-flavour").summary.find("CUDA 12.8"), std::string::npos);
  one.program().torch = torch_facts(std::nullopt);
  EXPECT_EQ(one.finding("torch-flavour").verdict, CheckVerdict::unknown);
}

TEST(TorchFlavour, OfAPythonThatNobodyNamedItIsAWarning) {
  Case one("gfx1031");
  one.runs({}).program().torch = torch_facts("");
  one.program().implied = true;
  EXPECT_EQ(one.finding("torch-flavour").verdict, CheckVerdict::warning);
}

// ---------------------------------------------------------------- rocblas-files

TEST(RocblasFiles, TunedAreGoodGeneralOnesAreSlowAndNoneIsAProblem) {
  Case one("gfx1010");
  EXPECT_TRUE(one.check("rocblas-files").empty());
  one.runs({torch({"gfx1010"})}).program().tensile = {rocblas({"gfx1010"}, {})};
  EXPECT_EQ(one.finding("rocblas-files").verdict, CheckVerdict::ok);
  one.program().tensile = {rocblas({}, {"gfx1010"})};
  EXPECT_EQ(one.finding("rocblas-files").verdict, CheckVerdict::note);
  one.program().tensile = {rocblas({"gfx1030"}, {})};
  const Finding finding = one.finding("rocblas-files");
  EXPECT_EQ(finding.verdict, CheckVerdict::problem);
  EXPECT_NE(finding.command.find("torch[device-gfx1010]"), std::string::npos) << finding.command;
  one.program().tensile.front().folders.clear();
  EXPECT_EQ(one.finding("rocblas-files").verdict, CheckVerdict::unknown);
}

TEST(RocblasFiles, TheOverrideThatTheProgramNeedsLeadsToThoseForGfx1030) {
  Case one("gfx1031");
  one.runs({torch({"gfx1030"})}).program().tensile = {rocblas({"gfx1030"}, {})};
  EXPECT_EQ(one.finding("rocblas-files").command, "export HSA_OVERRIDE_GFX_VERSION=10.3.0");
  one.set("HSA_OVERRIDE_GFX_VERSION", "10.3.0");
  EXPECT_EQ(one.finding("rocblas-files").verdict, CheckVerdict::ok);
}

TEST(RocblasFiles, DebiansTakesThoseOfTheFirstCardOfTheFamily) {
  Case one("gfx1012");
  one.runs({torch({"gfx1012"})}).program().tensile = {rocblas({"gfx1030"}, {"gfx1010"})};
  EXPECT_EQ(one.finding("rocblas-files").verdict, CheckVerdict::problem);
  one.program().tensile.front().fallbacks = {of_debian("gfx1010", {"gfx1012"})};
  EXPECT_EQ(one.finding("rocblas-files").verdict, CheckVerdict::note);
}

TEST(RocblasFiles, ThoseOfHipblasltAreNotAskedFor) {
  Case one("gfx1031");
  one.runs({torch({"gfx1031"})}).program().tensile = {
      {"/opt/torch/lib/libhipblaslt.so.1", {"/opt/torch/lib/hipblaslt/library"}, {"gfx942"}, {}}};
  EXPECT_TRUE(one.check("rocblas-files").empty());
}

// ---------------------------------------------------------------- rocm-mix

TEST(RocmMix, OneOfEachIsGood) {
  Case one("gfx1031");
  EXPECT_TRUE(one.check("rocm-mix").empty());
  one.runs({}).program().rocm = {loaded("libamdhip64.so", "/opt/torch/lib/libamdhip64.so"),
                                 loaded("libhsa-runtime64.so.1", "/opt/torch/lib/libhsa.so")};
  EXPECT_EQ(one.finding("rocm-mix").verdict, CheckVerdict::ok);
}

TEST(RocmMix, TwoHipRuntimesInOneProcessAreAProblem) {
  Case one("gfx1031");
  one.runs({}).program().rocm = {loaded("libamdhip64.so", "/opt/torch/lib/libamdhip64.so"),
                                 loaded("libamdhip64.so.6", "/opt/rocm/lib/libamdhip64.so.6.4")};
  const Finding finding = one.finding("rocm-mix");
  EXPECT_EQ(finding.verdict, CheckVerdict::problem);
  ASSERT_EQ(finding.evidence.size(), 2U);
  // As auditwheel(1) renames a copy.
  one.program().rocm[0].name = "libamdhip64-1a2b3c4d.so";
  EXPECT_EQ(one.finding("rocm-mix").verdict, CheckVerdict::problem);
}

TEST(RocmMix, TwoFrameworksMayEachHaveTheirOwn) {
  Case one("gfx1031");
  one.runs({}).program().rocm = {
      loaded("libamdhip64.so", "/opt/torch/lib/libamdhip64.so"),
      loaded("libamdhip64.so.7", "/opt/rocm/lib/libamdhip64.so.7", "ctranslate2")};
  EXPECT_EQ(one.finding("rocm-mix").verdict, CheckVerdict::ok);
}

TEST(RocmMix, LdLibraryPathBeforeTheProgramsOwnIsAWarning) {
  Case one("gfx1031");
  one.runs({}).program().rocm = {loaded("libamdhip64.so.6", "/opt/rocm/lib/libamdhip64.so.6")};
  one.program().rocm[0].shadows = "/opt/torch/lib/libamdhip64.so.6";
  const Finding finding = one.finding("rocm-mix");
  EXPECT_EQ(finding.verdict, CheckVerdict::warning);
  EXPECT_EQ(finding.command, "unset LD_LIBRARY_PATH");
}

TEST(RocmMix, ALibraryThatIsNotFoundIsAWarning) {
  Case one("gfx1031");
  one.runs({}).program().rocm = {loaded("libMIOpen.so.1", "")};
  EXPECT_EQ(one.finding("rocm-mix").summary, "libMIOpen.so.1 is not found");
}

// ---------------------------------------------------------------- variables of libraries

TEST(MiopenNames, OneThatMiopenDoesNotKnowHasNoEffect) {
  Case one("gfx1030");
  EXPECT_TRUE(one.check("miopen-names").empty());
  one.runs({}).program().miopen = {{"/opt/libMIOpen.so.1", {"MIOPEN_DEBUG_CONV_GEMM"}, {}}};
  EXPECT_EQ(one.finding("miopen-names").verdict, CheckVerdict::ok);
  one.set("MIOPEN_DEBUG_CONV_GEMM", "0");
  EXPECT_EQ(one.finding("miopen-names").verdict, CheckVerdict::ok);
  one.set("MIOPEN_DEBUG_CONV_DIRECT_OCL_WRW2", "0");
  const Finding finding = one.finding("miopen-names");
  EXPECT_EQ(finding.verdict, CheckVerdict::warning);
  EXPECT_EQ(finding.command, "unset MIOPEN_DEBUG_CONV_DIRECT_OCL_WRW2");
  one.program().miopen.front().trouble = "it is truncated";
  EXPECT_EQ(one.finding("miopen-names").verdict, CheckVerdict::unknown);
}

TEST(MiopenNames, AreReadFromTheConstantsOfALibrary) {
  // This program's own: the compiler keeps them where a library's are.
  const auto root = Root::open("/");
  const std::string self = std::filesystem::read_symlink("/proc/self/exe").string();
  const auto file = detail::RegularFile::open(*root, self);
  ASSERT_TRUE(file);
  const auto names = detail::constants_with_prefix(*file, "MIOPEN_DEBUG_");
  ASSERT_TRUE(names) << to_string(names.error());
  EXPECT_TRUE(std::binary_search(names->begin(), names->end(),
                                 std::string("MIOPEN_DEBUG_CONV_DIRECT_OCL_WRW2")));
  EXPECT_FALSE(std::binary_search(names->begin(), names->end(),
                                  std::string("MIOPEN_DEBUG_") + "NO_SUCH_NAME"));
  // As in MIOpen's own messages, which misspell some of the names.
  static const char* const volatile message = "Invalid MIOPEN_DEBUG_FIND_ONLY_SOVER specified";
  EXPECT_FALSE(std::binary_search(names->begin(), names->end(),
                                  std::string("MIOPEN_DEBUG_FIND_ONLY_SO") + "VER"))
      << message;
}

TEST(MiopenNames, OfWhatIsNoLibraryAreAnError) {
  const test::TemporaryTree tree;
  tree.write("/libMIOpen.so.1", std::string("\x7f") + "ELF, and then MIOPEN_DEBUG_CONV_GEMM");
  const auto file = detail::RegularFile::open(tree.root(), "/libMIOpen.so.1");
  ASSERT_TRUE(file);
  EXPECT_FALSE(detail::constants_with_prefix(*file, "MIOPEN_DEBUG_"));
}

TEST(MiopenGfx101x, IsAboutRdna1AndPytorchForRocm) {
  Case old("gfx1010");
  EXPECT_TRUE(old.check("miopen-gfx101x").empty());
  old.runs({torch({"gfx1010"})}).program().torch = torch_facts("7.14");
  const Finding finding = old.finding("miopen-gfx101x");
  EXPECT_EQ(finding.verdict, CheckVerdict::note);
  EXPECT_NE(finding.evidence.front().find("BatchNorm"), std::string::npos);
  Case newer("gfx1031");
  newer.runs({torch({"gfx1031"})}).program().torch = torch_facts("7.14");
  EXPECT_TRUE(newer.check("miopen-gfx101x").empty());
}

TEST(ForcedLibrary, OneWithoutCodeForTheCardIsAWarning) {
  Case one("gfx1031");
  EXPECT_EQ(one.finding("forced-library").verdict, CheckVerdict::ok);
  one.set("TORCH_BLAS_PREFER_HIPBLASLT", "0").set("TORCH_ROCM_FA_PREFER_CK", "1");
  EXPECT_EQ(one.finding("forced-library").command, "unset TORCH_ROCM_FA_PREFER_CK");
  Case own("gfx1031");
  own.set("ROCBLAS_USE_HIPBLASLT", "1");
  EXPECT_EQ(own.finding("forced-library").verdict, CheckVerdict::warning);
  own.runs({torch({"gfx1031"}), {"/opt/libhipblaslt.so.1", {"gfx1031"}, false}});
  EXPECT_EQ(own.finding("forced-library").verdict, CheckVerdict::ok);
}

TEST(TunableOp, TryingKernelsIsAWarningAndLookingThemUpIsNot) {
  Case one("gfx1031");
  EXPECT_EQ(one.finding("tunable-op").verdict, CheckVerdict::ok);
  one.set("PYTORCH_TUNABLEOP_ENABLED", "1");
  EXPECT_EQ(one.finding("tunable-op").verdict, CheckVerdict::warning);
  EXPECT_EQ(one.finding("tunable-op").command, "unset PYTORCH_TUNABLEOP_ENABLED");
  one.set("PYTORCH_TUNABLEOP_TUNING", "0");
  EXPECT_EQ(one.finding("tunable-op").verdict, CheckVerdict::ok);
}

TEST(Ctranslate2Allocator, IsNamedWhereFaultsWereReported) {
  Case one("gfx1032");
  EXPECT_TRUE(one.check("ctranslate2-allocator").empty());
  one.runs({{"/site/ctranslate2.libs/libctranslate2-1a2b3c4d.so.4", {"gfx1030"}, true}});
  EXPECT_EQ(one.finding("ctranslate2-allocator").command, "export CT2_CUDA_ALLOCATOR=cub_caching");
  one.set("CT2_CUDA_ALLOCATOR", "cub_caching");
  EXPECT_EQ(one.finding("ctranslate2-allocator").verdict, CheckVerdict::ok);
}

// ---------------------------------------------------------------- better-route

TEST(BetterRoute, IsVulkanWhereTheProgramHasNoCodeForTheCard) {
  Case one("gfx1012");
  one.tree.write("/etc/os-release", "ID=debian\nVERSION_ID=\"13\"\n");
  one.runs({{"/usr/lib/ollama/rocm/libggml-hip.so", {"gfx1030"}, true}});
  one.program().software.program = "/usr/local/bin/ollama";
  const Finding finding = one.finding("better-route");
  EXPECT_EQ(finding.verdict, CheckVerdict::note);
  EXPECT_NE(finding.summary.find("through Vulkan"), std::string::npos);
  EXPECT_NE(finding.command.find("mesa-vulkan-drivers"), std::string::npos);
}

TEST(BetterRoute, IsRocmWhereTheProgramHasCodeForTheCard) {
  Case one("gfx1030");
  one.runs({{"/usr/lib/ollama/rocm/libggml-hip.so", {"gfx1030"}, true}});
  EXPECT_EQ(one.finding("better-route").verdict, CheckVerdict::ok);
}

TEST(BetterRoute, IsNotAskedForOtherPrograms) {
  EXPECT_TRUE(Case("gfx1012").runs({torch({"gfx1030"})}).check("better-route").empty());
  EXPECT_TRUE(Case("gfx1012").check("better-route").empty());
}

// ---------------------------------------------------------------- the facts

TEST(ProgramFacts, AreWrittenAndReadWhole) {
  ProgramFacts facts;
  facts.words = {"python3", "train.py"};
  facts.implied = true;
  facts.software = {SoftwareState::known, "/usr/bin/python3", "why", {torch({"gfx1030"})}, "else"};
  facts.interpreter = "/opt/venv/bin/python3";
  facts.python_version = "3.11";
  facts.torch = torch_facts("6.3", "");
  facts.kpack = {kpack({"gfx1031"})};
  facts.tensile = {{"/opt/librocblas.so.4", {"/opt/rocblas/library"}, {"gfx1030"}, {"gfx1010"}}};
  facts.rocm = {loaded("libamdhip64.so.6", "/opt/libamdhip64.so.6")};
  facts.software.libraries.front().fallbacks = {of_debian("gfx1030", {"gfx1031"})};
  facts.tensile.front().fallbacks = {of_debian("gfx1010", {"gfx1012"})};
  facts.miopen = {{"/opt/libMIOpen.so.1", {"MIOPEN_DEBUG_CONV_GEMM"}, "trouble"}};
  const std::string json = program_facts_json(facts);
  const auto read = program_facts_of(json);
  ASSERT_TRUE(read);
  EXPECT_EQ(program_facts_json(*read), json);
  EXPECT_EQ(read->software.libraries.front().targets, std::vector<std::string>{"gfx1030"});
  EXPECT_EQ(read->software.libraries.front().fallbacks.front().source, "Debian's patch");
  EXPECT_EQ(read->tensile.front().fallbacks.front().gfx, std::vector<std::string>{"gfx1012"});
  EXPECT_EQ(read->torch->hip, "6.3");
  EXPECT_EQ(read->tensile.front().untuned, std::vector<std::string>{"gfx1010"});
  EXPECT_EQ(read->rocm.front().name, "libamdhip64.so.6");
  EXPECT_EQ(read->miopen.front().trouble, "trouble");
}

TEST(ProgramFacts, WhatIsNoSuchDocumentIsRefused) {
  std::string json = program_facts_json({});
  ASSERT_TRUE(program_facts_of(json));
  for (const char* const other : {"", "[]", "null", "{}", "{\"words\": 1}"}) {
    EXPECT_FALSE(program_facts_of(other)) << other;
  }
  json.replace(json.find("\"unnamed\""), 9, "\"perhaps\"");
  EXPECT_FALSE(program_facts_of(json));
  EXPECT_FALSE(program_facts_of(std::string(100'000, '[')));
}

}  // namespace
}  // namespace rocmfix
