// SPDX-License-Identifier: MIT
// Which builds are recommended for which card, in which order, and the line that installs them; and
// the strict reader of builds.toml.
#include "rocmfix/builds.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <map>
#include <set>
#include <sstream>

#include "builds/builds_toml.hpp"
#include "rocmfix/policy.hpp"
#include "temporary_tree.hpp"

namespace rocmfix {
namespace {

Surroundings machine(const char* debian, const char* python) {
  return {.debian = debian, .python = python, .interpreter = ""};
}

const Surroundings debian13 = machine("13", "3.13");

std::vector<BuildChoice> choices(std::string_view gfx, std::string_view framework,
                                 const Surroundings& surroundings = debian13) {
  const Builds builds = Builds::built_in();
  const Framework* const found = builds.framework(framework);
  EXPECT_NE(found, nullptr) << framework;
  return found == nullptr ? std::vector<BuildChoice>()
                          : builds_for(builds, gfx, *found, surroundings);
}

const BuildChoice* choice_of(const std::vector<BuildChoice>& list, std::string_view build) {
  const auto found = std::find_if(list.begin(), list.end(),
                                  [&](const BuildChoice& one) { return one.build->name == build; });
  return found == list.end() ? nullptr : &*found;
}

std::vector<std::string> names(const std::vector<BuildChoice>& list) {
  std::vector<std::string> found;
  for (const BuildChoice& one : list) {
    found.emplace_back(one.build->name);
  }
  return found;
}

std::string refusal_of(std::string_view text) {
  TomlArena arena;
  const auto read = parse_builds(text, "builds.toml", arena);
  return read ? "" : read.error().what;
}

/// A [[build]] that the reader takes, with `lines` instead of its own.
std::string build_with(const std::map<std::string, std::string>& lines) {
  std::map<std::string, std::string> fields = {
      {"name", "'x'"},     {"title", "'t'"},      {"frameworks", "['pytorch']"},
      {"route", "'rocm'"}, {"command", "'true'"}, {"checked", "'2026-11-27'"},
      {"grade", "'S'"},    {"source", "'s'"},     {"card", "[{override = 'none'}]"},
  };
  for (const auto& [key, value] : lines) {
    fields[key] = value;
  }
  std::string text = "[[build]]\n";
  for (const auto& [key, value] : fields) {
    if (!value.empty()) {
      text.append(key).append(" = ").append(value).append("\n");
    }
  }
  return text;
}

// ---------------------------------------------------------------- the shipped table

TEST(Builds, EveryCardHasAnAnswerForEveryFramework) {
  const Builds builds = Builds::built_in();
  const Policy policy = Policy::built_in();
  ASSERT_GE(builds.frameworks().size(), 9U);
  ASSERT_GE(policy.chips().size(), 12U);
  for (const Chip& chip : policy.chips()) {
    for (const Framework& framework : builds.frameworks()) {
      const auto list = choices(chip.gfx, framework.name);
      ASSERT_FALSE(list.empty()) << framework.name << " on " << chip.gfx;
      EXPECT_TRUE(list.front().usable()) << framework.name << " on " << chip.gfx;
      EXPECT_FALSE(list.front().command.empty()) << framework.name << " on " << chip.gfx;
    }
  }
}

TEST(Builds, EveryCardButGfx1013HasAPyTorchForItsGpu) {
  const Policy policy = Policy::built_in();
  for (const Chip& chip : policy.chips()) {
    EXPECT_EQ(choices(chip.gfx, "pytorch").front().on_gpu(), chip.gfx != "gfx1013") << chip.gfx;
  }
}

TEST(Builds, ACardHasOneEntryInABuild) {
  const Builds builds = Builds::built_in();
  const Policy policy = Policy::built_in();
  for (const Build& build : builds.builds()) {
    for (const BuildCard& card : build.cards) {
      EXPECT_TRUE(!card.gfx.empty() || build.cards.size() == 1U) << build.name;
      for (const std::string_view gfx : card.gfx) {
        EXPECT_NE(policy.chip_by_gfx(gfx), nullptr) << build.name << ": " << gfx;
        EXPECT_EQ(build.card(gfx), &card) << build.name << " has " << gfx << " twice";
      }
    }
  }
}

TEST(Builds, NamesAreUniqueAndEveryEntryIsUsed) {
  const Builds builds = Builds::built_in();
  std::set<std::string_view> seen;
  for (const Build& build : builds.builds()) {
    EXPECT_TRUE(seen.insert(build.name).second) << build.name;
    for (const std::string_view name : build.frameworks) {
      const Framework* const framework = builds.framework(name);
      ASSERT_NE(framework, nullptr) << build.name << ": " << name;
      EXPECT_TRUE(framework->builds_of.empty()) << build.name << ": " << name;
    }
  }
  std::set<std::string_view> words;
  for (const Framework& framework : builds.frameworks()) {
    EXPECT_TRUE(words.insert(framework.name).second) << framework.name;
    for (const std::string_view alias : framework.aliases) {
      EXPECT_TRUE(words.insert(alias).second) << alias;
    }
    for (const std::string_view other : {framework.builds_of, framework.alternative}) {
      EXPECT_TRUE(other.empty() || builds.framework(other) != nullptr) << framework.name;
    }
  }
}

TEST(Builds, ACommandHasNoPlaceholderLeft) {
  const Builds builds = Builds::built_in();
  for (const Framework& framework : builds.frameworks()) {
    for (const BuildChoice& one : choices("gfx1031", framework.name)) {
      EXPECT_EQ(one.command.find('{'), std::string::npos) << one.build->name << ": " << one.command;
      EXPECT_EQ(one.command.find('\n'), std::string::npos) << one.build->name;
    }
  }
}

// ---------------------------------------------------------------- the override

struct OverrideCase {
  const char* gfx;
  const char* build;
  const char* answer;  ///< "none", "forbidden", "required 10.3.0", "unusable"
};

std::string answer_of(const BuildChoice& choice) {
  if (!choice.usable()) {
    return "unusable";
  }
  std::string text(to_string(choice.card->need));
  return choice.card->value.empty() ? text : text + " " + std::string(choice.card->value);
}

// The table of docs/override.md, by what each build carries.
TEST(Builds, TheOverrideFollowsFromTheCodeInTheBuild) {
  constexpr OverrideCase cases[] = {
      {"gfx1030", "amd-rocm10", "none"},
      {"gfx1031", "amd-rocm10", "forbidden"},
      {"gfx1032", "amd-rocm10", "forbidden"},
      {"gfx1034", "amd-rocm10", "forbidden"},
      {"gfx1010", "amd-rocm10", "forbidden"},
      {"gfx1012", "amd-rocm10", "forbidden"},
      {"gfx1013", "amd-rocm10", "unusable"},
      {"gfx1030", "pytorch.org-rocm7.2", "none"},
      {"gfx1031", "pytorch.org-rocm7.2", "required 10.3.0"},
      {"gfx1032", "pytorch.org-rocm7.2", "required 10.3.0"},
      {"gfx1034", "pytorch.org-rocm7.2", "required 10.3.0"},
      {"gfx1010", "pytorch.org-rocm7.2", "unusable"},
      {"gfx1011", "pytorch.org-rocm7.2", "unusable"},
      {"gfx1012", "pytorch.org-rocm7.2", "unusable"},
      {"gfx1013", "pytorch.org-rocm7.2", "unusable"},
      {"gfx1033", "pytorch.org-rocm7.2", "unusable"},
      {"gfx1010", "pypi-torch", "unusable"},
      {"gfx1031", "pypi-torch", "unusable"},
      {"gfx1031", "pytorch.org-cpu", "none"},
  };
  for (const OverrideCase& one : cases) {
    const auto list = choices(one.gfx, "pytorch");
    const BuildChoice* const choice = choice_of(list, one.build);
    ASSERT_NE(choice, nullptr) << one.build << " on " << one.gfx;
    EXPECT_EQ(answer_of(*choice), one.answer) << one.build << " on " << one.gfx;
  }
}

TEST(Builds, NoBuildAsksForAnOverrideOfAnotherInstructionSet) {
  const Builds builds = Builds::built_in();
  for (const std::string_view gfx : {"gfx1010", "gfx1011", "gfx1012", "gfx1013"}) {
    for (const Build& build : builds.builds()) {
      const BuildCard* const card = build.card(gfx);
      EXPECT_FALSE(card != nullptr && card->need == OverrideNeed::required)
          << build.name << " on " << gfx;
    }
  }
}

// ---------------------------------------------------------------- the choice

TEST(Builds, WhatDoesNotWorkComesLast) {
  const auto list = choices("gfx1010", "pytorch");
  const auto first_unusable =
      std::find_if(list.begin(), list.end(), [](const auto& one) { return !one.usable(); });
  ASSERT_NE(first_unusable, list.end());
  EXPECT_TRUE(
      std::none_of(first_unusable, list.end(), [](const auto& one) { return one.usable(); }));
  EXPECT_TRUE(first_unusable->command.empty());
  EXPECT_EQ(list.front().build->name, "amd-rocm10");
}

TEST(Builds, AnotherPythonComesBeforeTheCpuAndAnotherDebianAfterIt) {
  const auto old = names(choices("gfx1010", "pytorch", machine("12", "3.11")));
  const auto at = [&](std::string_view name) {
    return std::find(old.begin(), old.end(), name) - old.begin();
  };
  EXPECT_LT(at("amd-rocm10"), at("efenstor-gfx1010"));
  EXPECT_LT(at("efenstor-gfx1010"), at("pytorch.org-cpu"));
  const auto whisper = names(choices("gfx1012", "whisper.cpp", machine("12", "3.11")));
  EXPECT_EQ(whisper.front(), "whisper.cpp-source-cpu");
}

TEST(Builds, AConditionThatDoesNotHoldIsSaid) {
  const auto list = choices("gfx1010", "pytorch", machine("12", "3.11"));
  const BuildChoice* const choice = choice_of(list, "efenstor-gfx1010");
  ASSERT_NE(choice, nullptr);
  EXPECT_FALSE(choice->fits);
  ASSERT_FALSE(choice->conditions.empty());
  EXPECT_EQ(choice->conditions.front(), "it needs Python 3.13, and here is 3.11");
}

TEST(Builds, ADistributionThatIsNotDebianGetsNoPackagesOfDebian) {
  for (const BuildChoice& one : choices("gfx1030", "llama.cpp", machine("", "3.14"))) {
    EXPECT_EQ(one.fits, one.build->debian.empty()) << one.build->name;
  }
}

TEST(Builds, WhereNothingIsKnownOfTheMachineConditionsAreSaidAndExcludeNothing) {
  const auto list = choices("gfx1030", "llama.cpp", {});
  EXPECT_EQ(list.front().build->name, "llama.cpp-image-rocm");
  const BuildChoice* const debian = choice_of(list, "llama.cpp-debian-hip");
  ASSERT_NE(debian, nullptr);
  EXPECT_TRUE(debian->fits);
  EXPECT_EQ(debian->conditions.front(), "it is for Debian sid");
}

TEST(Builds, SidPrefersItsOwnOrderOfTheTable) {
  const auto sid = names(choices("gfx1030", "whisper.cpp", machine("sid", "3.14")));
  EXPECT_EQ(sid.front(), "whisper.cpp-debian-hip");
}

TEST(Builds, OllamaIsVulkanWhereItsRocmHasNoCodeForTheCard) {
  EXPECT_EQ(choices("gfx1030", "ollama").front().build->name, "ollama-rocm");
  for (const std::string_view gfx : {"gfx1010", "gfx1013", "gfx1031", "gfx1032", "gfx1034"}) {
    EXPECT_EQ(choices(gfx, "ollama").front().build->route, BuildRoute::vulkan) << gfx;
  }
}

TEST(Builds, TheBestBuildRunsOnTheGpuAndFits) {
  const Builds builds = Builds::built_in();
  const auto best = best_build(builds, "gfx1031", *builds.framework("pytorch"), debian13);
  ASSERT_TRUE(best);
  EXPECT_EQ(best->build->name, "amd-rocm10");
  EXPECT_FALSE(best_build(builds, "gfx1013", *builds.framework("pytorch"), debian13));
  EXPECT_FALSE(best_build(builds, "gfx1100", *builds.framework("pytorch"), debian13));
  // A Python that nothing is built for.
  EXPECT_FALSE(best_build(builds, "gfx1031", *builds.framework("pytorch"), machine("12", "2.7")));
}

TEST(Builds, AProblemIsToldForItsCardsOnly) {
  const auto about = [](std::string_view gfx, std::string_view framework, std::string_view word) {
    const auto list = choices(gfx, framework);
    return std::any_of(list.front().problems.begin(), list.front().problems.end(),
                       [&](const BuildProblem* problem) {
                         return problem->what.find(word) != std::string_view::npos;
                       });
  };
  EXPECT_TRUE(about("gfx1010", "pytorch", "BatchNorm"));
  EXPECT_TRUE(about("gfx1010", "ultralytics", "BatchNorm"));
  EXPECT_FALSE(about("gfx1031", "pytorch", "BatchNorm"));
  EXPECT_TRUE(about("gfx1010", "comfyui", "README"));
  EXPECT_FALSE(about("gfx1010", "pytorch", "README"));
}

// ---------------------------------------------------------------- the command

TEST(Builds, ACommandInstallsIntoANewEnvironmentInOneLine) {
  EXPECT_EQ(choices("gfx1031", "pytorch").front().command,
            "python3 -m venv venv && venv/bin/pip install --index-url "
            "https://stable.repo.amd.com/rocm/whl-next/ "
            "'torch[device-gfx1031]==2.13.0+rocm10.0.0' "
            "'torchvision[device-gfx1031]==0.28.0+rocm10.0.0' torchaudio==2.11.0.2+rocm10.0.0");
}

TEST(Builds, ACommandForAnInterpreterUsesItsPip) {
  const std::string pip = "-m pip";  // apart from its verb, or a test takes this for a pip command
  Surroundings own = debian13;
  own.interpreter = "/srv/my env/bin/python";
  const std::string command = choices("gfx1031", "ultralytics", own).front().command;
  const std::string install = "'/srv/my env/bin/python' " + pip + " install ";
  EXPECT_TRUE(command.starts_with(install + "--index-url ")) << command;
  EXPECT_TRUE(command.ends_with(" && " + install + "ultralytics")) << command;
  own.interpreter = "/it's/python";
  EXPECT_TRUE(
      choices("gfx1031", "pytorch", own).front().command.starts_with(R"('/it'\''s/python' )"));
}

TEST(Builds, AnEnvironmentIsMadeByThePythonThatTheBuildIsFor) {
  const auto list = choices("gfx1010", "pytorch");
  EXPECT_TRUE(
      choice_of(list, "efenstor-gfx1010")->command.starts_with("python3.13 -m venv venv && "));
}

// ---------------------------------------------------------------- names

TEST(Builds, AFrameworkIsFoundByAliasInAnyCase) {
  const Builds builds = Builds::built_in();
  EXPECT_EQ(builds.framework("torch"), builds.framework("PyTorch"));
  EXPECT_NE(builds.framework("LLAMA.CPP"), nullptr);
  EXPECT_EQ(builds.framework("tensorflow"), nullptr);
  EXPECT_EQ(builds.framework(""), nullptr);
}

TEST(Builds, ALibraryTellsItsFramework) {
  const Builds builds = Builds::built_in();
  const auto name = [&](std::string_view path) {
    const Framework* const found = builds.framework_of_library(path);
    return found == nullptr ? std::string("none") : std::string(found->name);
  };
  EXPECT_EQ(name("/home/u/venv/lib/python3.13/site-packages/torch/lib/libtorch_hip.so"), "pytorch");
  EXPECT_EQ(name("/usr/local/lib/ollama/rocm_v7_2/libggml-hip.so"), "ollama");
  EXPECT_EQ(name("/usr/lib/ollama/libggml-hip.so"), "ollama");
  EXPECT_EQ(name("/usr/lib/x86_64-linux-gnu/ggml/backends0/libggml-hip.so"), "llama.cpp");
  EXPECT_EQ(name("/v/lib/python3.12/site-packages/ctranslate2.libs/libctranslate2-a1.so.4.8.2"),
            "faster-whisper");
  EXPECT_EQ(name("/opt/rocm/lib/librocblas.so"), "none");
}

// ---------------------------------------------------------------- the machine

TEST(Surroundings, AreReadFromTheMachinesFiles) {
  const test::TemporaryTree tree;
  tree.write("/usr/lib/os-release", "NAME=\"Debian GNU/Linux\"\nVERSION_ID=\"13\"\nID=debian\n");
  tree.link("/etc/os-release", "../usr/lib/os-release");
  tree.write("/usr/bin/python3.13", "");
  tree.link("/usr/bin/python3", "python3.13");
  const Surroundings found = surroundings_of(tree.root());
  EXPECT_EQ(found.debian, "13");
  EXPECT_EQ(found.python, "3.13");
}

TEST(Surroundings, AReleaseWithoutANumberIsSid) {
  const test::TemporaryTree tree;
  tree.write("/etc/os-release", "ID=debian\nVERSION_CODENAME=forky\n");
  EXPECT_EQ(surroundings_of(tree.root()).debian, "sid");
}

TEST(Surroundings, AnotherDistributionIsKnownNotToBeDebian) {
  const test::TemporaryTree tree;
  tree.write("/etc/os-release", "ID=ubuntu\nID_LIKE=debian\nVERSION_ID=\"24.04\"\n");
  EXPECT_EQ(surroundings_of(tree.root()).debian, "");
}

TEST(Surroundings, WhatIsNotThereIsUnknown) {
  const test::TemporaryTree tree;
  tree.write("/usr/bin/python3", "#!/bin/sh\n");  // no link: its version is not told by its name
  const Surroundings found = surroundings_of(tree.root());
  EXPECT_EQ(found.debian, std::nullopt);
  EXPECT_EQ(found.python, std::nullopt);
}

TEST(Surroundings, OfAProgramAreThoseOfItsInterpreter) {
  const test::TemporaryTree tree;
  tree.write("/usr/bin/python3.13", "");
  tree.link("/usr/bin/python3", "python3.13");
  constexpr std::string_view library = "/v/lib/python3.12/site-packages/torch/lib/libtorch_hip.so";
  const Surroundings own = surroundings_of_program(tree.root(), "/v/bin/python", library);
  EXPECT_EQ(own.interpreter, "/v/bin/python");
  EXPECT_EQ(own.python, "3.12");
  // pip is refused by the distribution's own, and a program that is no interpreter has none.
  for (const std::string_view program :
       {"/usr/bin/python3", "/v/bin/llama-server", "this Python interpreter"}) {
    const Surroundings other = surroundings_of_program(tree.root(), program, library);
    EXPECT_EQ(other.interpreter, "") << program;
    EXPECT_EQ(other.python, "3.13") << program;
  }
}

// ---------------------------------------------------------------- the reader

TEST(BuildsToml, TakesABuild) {
  EXPECT_EQ(refusal_of(build_with({})), "");
  EXPECT_EQ(refusal_of(build_with({{"command", ""}, {"requirements", "['torch']"}})), "");
}

TEST(BuildsToml, RefusesWhatIsWrong) {
  const std::pair<std::map<std::string, std::string>, const char*> cases[] = {
      {{{"colour", "'red'"}}, "unknown key 'colour'"},
      {{{"route", "'opencl'"}}, "'route' cannot be 'opencl'"},
      {{{"grade", "'A'"}}, "'grade' cannot be 'A'"},
      {{{"checked", "'27.11.2026'"}}, "'checked' cannot be '27.11.2026'"},
      {{{"checked", ""}}, "'checked' is missing"},
      {{{"source", ""}}, "'source' is missing"},
      {{{"frameworks", ""}}, "'frameworks' is missing"},
      {{{"command", ""}}, "either 'requirements' or 'command' is needed, not both"},
      {{{"requirements", "['torch']"}}, "either 'requirements' or 'command' is needed, not both"},
      {{{"index", "'https://example.org'"}}, "'index' belongs to 'requirements'"},
      {{{"command", R"("true\nfalse")"}}, "'command' has a character that cannot be printed"},
      {{{"python", "['three']"}}, "'python' cannot have 'three'"},
      {{{"debian", "['trixie']"}}, "'debian' cannot have 'trixie'"},
      {{{"card", ""}}, "'card' is missing"},
      {{{"card", "[{}]"}}, "'override' is missing"},
      {{{"card", "[{override = 'maybe'}]"}}, "'override' cannot be 'maybe'"},
      {{{"card", "[{override = 'required'}]"}}, "'value' is missing"},
      {{{"card", "[{override = 'required', value = '10.3.0; true'}]"}},
       "'value' cannot be '10.3.0; true'"},
      {{{"card", "[{override = 'none', value = '10.3.0'}]"}}, "'value' cannot be '10.3.0'"},
      {{{"card", "[{unusable = 'u', override = 'none'}]"}},
       "a card that it is 'unusable' on has no 'override'"},
      {{{"card", "[{gfx = ['gfx1030; true'], override = 'none'}]"}},
       "'gfx' cannot have 'gfx1030; true'"},
      {{{"problem", "[{what = 'w'}]"}}, "'grade' is missing"},
  };
  for (const auto& [lines, expected] : cases) {
    EXPECT_NE(refusal_of(build_with(lines)).find(expected), std::string::npos)
        << expected << "\n  " << refusal_of(build_with(lines));
  }
}

TEST(BuildsToml, AnAdministratorsNewBuildIsPreferredAndAReplacedOneKeepsItsPlace) {
  const test::TemporaryTree tree;
  tree.write("/etc/rocmfix/builds.toml",
             build_with({{"name", "'ours'"}, {"command", "'install-ours'"}}) +
                 build_with({{"name", "'pytorch.org-cpu'"}, {"route", "'cpu'"}}));
  const auto builds = Builds::load(tree.root());
  ASSERT_TRUE(builds) << builds.error().what;
  EXPECT_EQ(builds->builds().size(), Builds::built_in().builds().size() + 1);
  const auto list = builds_for(*builds, "gfx1031", *builds->framework("pytorch"), debian13);
  EXPECT_EQ(list.front().command, "install-ours");
  EXPECT_EQ(list.at(1).build->name, "amd-rocm10");
  EXPECT_EQ(choice_of(list, "pytorch.org-cpu")->build->title, "t");
}

TEST(BuildsToml, AFrameworkThatDoesNotExistIsAnError) {
  const test::TemporaryTree tree;
  tree.write("/etc/rocmfix/builds.toml", build_with({{"frameworks", "['pytorhc']"}}));
  const auto builds = Builds::load(tree.root());
  ASSERT_FALSE(builds);
  EXPECT_NE(builds.error().what.find("build 'x' names 'pytorhc', which is unknown"),
            std::string::npos)
      << builds.error().what;
}

}  // namespace
}  // namespace rocmfix
