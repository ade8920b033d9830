# SPDX-License-Identifier: MIT
"""Programs that end at once when a library is preloaded before their own: AddressSanitizer's.

The programs are built here, by gcc, and really run.
"""

import os
import re
import subprocess

import pytest

LEFT_OUT = r"rocmfix-run: warning: the program is linked with AddressSanitizer \(libasan\.so\.\d+\), " \
           r".*: it runs without librocmfix-hip\.so \(coherence, VRAM limit, fault reports\), unless .*\n"
SOURCE = """
#include <stdio.h>
#include <stdlib.h>
int main(void) {
  const char *list = getenv("LD_PRELOAD");
  printf("%s\\n", list ? list : "none");
  return 7;
}
"""


@pytest.fixture(scope="module")
def build(tmp_path_factory):
    folder = tmp_path_factory.mktemp("programs")
    (folder / "program.c").write_text(SOURCE)

    def make(name, *flags, compiler="gcc"):
        path = folder / name
        if not path.exists():
            made = subprocess.run([compiler, "-o", path, folder / "program.c", *flags],
                                  capture_output=True, text=True)
            if made.returncode != 0:
                pytest.skip(f"{compiler} {' '.join(flags)} does not link here")
            if subprocess.run([path], capture_output=True).returncode != 7:
                pytest.skip(f"programs built by {compiler} {' '.join(flags)} do not run here")
        return path

    return make


@pytest.fixture
def asan(build, needs):
    needs("gcc")
    return build("asan", "-fsanitize=address")


def test_a_program_with_address_sanitizer_runs_without_the_preload_and_a_warning(launcher, asan):
    run = launcher(asan, root="rx5600xt")
    assert (run.returncode, run.stdout) == (7, "none\n")
    assert re.fullmatch(LEFT_OUT, run.stderr)
    assert launcher("-q", asan, root="rx5600xt").stderr == ""


def test_also_through_wrappers_and_the_path(launcher, asan):
    run = launcher("nice", "env", "A=1", asan.name, root="rx5600xt",
                   env={"PATH": f"{asan.parent}:/usr/bin:/bin"})
    assert (run.returncode, run.stdout) == (7, "none\n")
    assert re.fullmatch(LEFT_OUT, run.stderr)


def test_what_is_announced_is_what_is_done(launcher, asan):
    run = launcher("-n", asan, root="rx5600xt")
    assert "librocmfix-hip.so" not in run.stdout.replace("without librocmfix-hip.so", "")
    assert "warning: the program is linked with AddressSanitizer" in run.stdout
    assert run.returncode == 0


@pytest.mark.skipif(os.environ.get("SANITIZED") == "tsan", reason="two sanitizers in one process")
def test_the_users_own_preload_stays(launcher, asan):
    library = subprocess.run(["gcc", "-print-file-name=libasan.so"], capture_output=True, text=True,
                             check=True).stdout.strip()
    run = launcher(asan, root="rx5600xt", env={"LD_PRELOAD": library})
    assert run.returncode == 7 and run.stdout.startswith(library + ":")
    assert run.stdout.endswith("/librocmfix-hip.so\n"), "after the runtime it may be"
    assert run.stderr == ""


def test_with_the_check_switched_off_the_layer_is_loaded(launcher, asan):
    for options in ("verify_asan_link_order=0", "detect_leaks=0:verify_asan_link_order=false"):
        run = launcher(asan, root="rx5600xt", env={"ASAN_OPTIONS": options})
        assert run.returncode == 7 and run.stdout.endswith("/librocmfix-hip.so\n")
        assert run.stderr == ""


@pytest.mark.parametrize(("compiler", "flags"), [
    ("gcc", ()), ("gcc", ("-fsanitize=undefined",)), ("gcc", ("-fsanitize=thread",)),
    ("gcc", ("-fsanitize=leak",)), ("gcc", ("-fsanitize=address", "-static-libasan")),
    ("clang", ("-fsanitize=address",)), ("clang", ("-fsanitize=thread",)),
    ("gcc", ("-static",)),
], ids=lambda value: "".join(value) or "plain")
def test_other_programs_run_with_it(launcher, build, needs, compiler, flags):
    needs(compiler)
    program = build(compiler + "".join(flags), *flags, compiler=compiler)
    run = launcher(program, root="rx5600xt")
    assert run.returncode == 7, run.stderr
    assert run.stdout.endswith("/librocmfix-hip.so\n")
    assert run.stderr == ""


def test_on_a_simulated_card_it_is_an_error_with_a_way_out(launcher, asan):
    run = launcher("--simulate", "rx5600xt", asan)
    assert (run.returncode, run.stdout) == (125, "")
    assert "cannot be run on a simulated card\nhint: ASAN_OPTIONS=verify_asan_link_order=0" in \
        run.stderr


def test_without_a_supported_gpu_nothing_is_said(launcher, asan):
    run = launcher(asan, root="no-amd")
    assert (run.returncode, run.stdout, run.stderr) == (7, "none\n", "")
