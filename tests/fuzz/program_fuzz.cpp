// SPDX-License-Identifier: MIT
// libFuzzer target: a program's tree, one file of which has any contents: the first byte says
// which, the second which command is examined. Or the bytes are a document of a program's facts.
// Besides what the sanitizers find it holds that the answer has its reason, and that the document
// is read as it was written.
#include <algorithm>
#include <array>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "../software/fat_binary.hpp"
#include "fuzzing.hpp"
#include "rocmfix/program_facts.hpp"

using namespace rocmfix;
using fuzz::require;

namespace {

const std::string site = "/opt/venv/lib/python3.11/site-packages/";

struct File {
  std::string path;
  std::string usual;  ///< empty: it is missing
};

/// A real program: the host's.
std::string program() {
  std::ifstream file("/usr/bin/true", std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

std::string library() {
  const std::string code = test::bundle({test::hip_id("gfx1030")}, "code", 16);
  return test::elf({{".hip_fatbin", code}, {".hipFatBinSegment", std::string(24, 'w')}},
                   test::elf_header(), 16);
}

const std::array<File, 16> files = {{
    {"/usr/bin/python3.11", program()},
    {"/usr/lib/python3.11/os.py", "\n"},
    {"/opt/app", program()},
    {"/opt/run", "#!/usr/bin/env -S /opt/venv/bin/python3 -u\n"},
    {"/opt/venv/pyvenv.cfg", "home = /usr/bin\ninclude-system-site-packages = false\n"},
    {"/etc/ld.so.cache", ""},
    {"/usr/lib/libamdhip64.so.6", program()},
    {"/usr/lib/ollama/libggml-hip.so", library()},
    {site + "torch/version.py", "__version__ = '2.12.0'\ncuda = None\nhip = '6.3.42131'\n"},
    {site + "torch/lib/libtorch_hip.so", library()},
    {site + "torch/lib/librocblas.so.4", library()},
    {site + "torch/lib/libMIOpen.so.1", program()},
    {site + "torch/lib/rocblas/library/TensileLibrary_lazy_gfx1030.dat", "x"},
    {site + ".kpack/torch_gfx1031.kpack", test::kpack({"gfx1031"})},
    {site + "other.pth", ""},
    {site + "torchvision/_C.so", library()},
}};

const std::array<std::string, 6> commands = {
    "/opt/venv/bin/python3", "/opt/app", "/opt/run", "python3", "ollama", "/opt/venv"};

void prepare(const fuzz::Machine& machine) {
  for (const File& file : files) {
    if (!file.usual.empty()) {
      machine.put(file.path, file.usual);
    }
  }
  const auto root = machine.root().dir();
  std::filesystem::create_directories(root / "opt/venv/bin");
  std::filesystem::create_symlink("/usr/bin/python3.11", root / "opt/venv/bin/python3");
  std::filesystem::create_symlink("python3.11", root / "usr/bin/python3");
  std::filesystem::create_symlink("../../opt/app", root / "usr/bin/ollama");
  // Links in circles, where folders are searched.
  std::filesystem::create_symlink(".", root / ("." + site) / "torch/lib/again");
  for (const char* const name : {"usr/bin/python3.11", "opt/app", "opt/run"}) {
    std::filesystem::permissions(root / name, std::filesystem::perms::owner_all);
  }
}

void check_document(const ProgramFacts& facts) {
  const std::string json = program_facts_json(facts);
  const auto read = program_facts_of(json);
  require(read.has_value() && program_facts_json(*read) == json, "what was written is read");
}

void check_program(const Root& root, const std::string& command) {
  const Environment environment = {
      {"PATH", "/usr/bin"}, {"HOME", "/home/u"}, {"MIOPEN_DEBUG_CONV_GEMM", "0"}};
  const ProgramFacts facts = examine_program(root, {command}, environment);
  const Software& software = facts.software;
  if (software.state == SoftwareState::known) {
    require(std::any_of(software.libraries.begin(), software.libraries.end(),
                        [](const CarriedCode& library) { return library.decides; }),
            "a library decides");
  } else {
    require(!software.why.empty(), "a reason");
  }
  for (const CarriedCode& library : software.libraries) {
    require(!library.targets.empty() && !library.path.empty(), "a library without code");
  }
  check_document(facts);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const fuzz::Machine machine;
  static const bool prepared = (prepare(machine), true);
  if (!prepared || size < 2) {
    return 0;
  }
  const std::string_view content = fuzz::text_of(data + 2, size - 2);
  const std::size_t which = data[0] % (files.size() + 1);
  if (which == files.size()) {
    if (const auto facts = program_facts_of(content)) {
      check_document(*facts);
    }
    return 0;
  }
  const File& file = files.at(which);
  machine.put(file.path, content);
  check_program(machine.root(), commands.at(data[1] % commands.size()));
  if (file.usual.empty()) {
    std::filesystem::remove(machine.root().host_path(file.path));
  } else {
    machine.put(file.path, file.usual);
  }
  return 0;
}
