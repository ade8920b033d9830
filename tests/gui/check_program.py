# SPDX-License-Identifier: MIT
"""What somebody does with the window: with keys and clicks, on synthetic machines."""

import json
import shutil
import subprocess
import time
from pathlib import Path

import pytest

from conftest import BUILD, ROOTS, SOURCE, wait_for

LUPDATE = "/usr/lib/qt6/bin/lupdate"


def test_settings_are_applied_and_undone_with_the_keyboard_alone(window, display):
    machine = window.copy("rx5600xt")
    conf = machine / "etc/modprobe.d/rocmfix.conf"
    window.start("--root", machine)
    display.keys("alt+s")

    def press(key, done):
        display.keys(key)
        time.sleep(0.3)
        return done()

    # Apply works as soon as the preview is there.
    wait_for(lambda: press("alt+a", conf.exists), "the file that Apply writes")
    assert "options amdgpu noretry=1\n" in conf.read_text(encoding="utf-8")
    wait_for(lambda: press("alt+u", lambda: not conf.exists()), "Undo")


def test_the_command_that_helps_is_copied_with_a_click(window, display):
    found = window.start("--root", ROOTS / "session-denied")
    display.xdotool("windowsize", "--sync", found, 900, 700)

    def copied():
        display.keys("alt+o")
        return display.clipboard().startswith("sudo usermod")

    wait_for(copied, "the command in the clipboard")


def test_a_crash_report_that_comes_while_it_is_open_is_shown(window, display):
    window.put_report("100-7-0123456789abcdef.json", json.dumps({"kind": "gpu_hang", "summary": "the first"}))
    found = window.start("--root", ROOTS / "no-amd", "--page", "runs")

    def copied(text):
        display.keys("alt+o")
        return text in display.clipboard()

    wait_for(lambda: copied("the first"), "the report that was there")
    window.put_report("200-7-0123456789abcdef.json", json.dumps({"kind": "gpu_hang", "summary": "the second"}))
    # The first row of the table: the tabs, the inner tabs and the header are above it.
    display.xdotool("mousemove", "--window", found, 200, 112)

    def clicked():
        display.xdotool("click", 1)
        return copied("the second")

    wait_for(clicked, "the new report")


def test_a_program_is_started_with_what_was_typed(window, display):
    note = window.home / "note"
    window.start("--root", ROOTS / "no-amd", "--page", "start")
    display.keys("alt+p")
    display.xdotool("type", "--delay", "20", f"touch {note}")
    wait_for(lambda: display.keys("Return") or note.exists(), "the program's file")


@pytest.mark.parametrize("page", ["overview", "settings", "runs", "start"])
def test_it_ends_with_its_window_and_leaves_nothing_running(window, display, page):
    window.start("--root", ROOTS / "rx5600xt", "--page", page)
    wait_for(lambda: display.keys("ctrl+q") or window.process.poll() is not None, "the end")
    assert window.process.returncode == 0
    left = subprocess.run(["pgrep", "-u", "65534", "rocmfix"], capture_output=True, text=True, check=False)
    assert left.stdout == ""


def test_root_is_refused_with_a_hint(display):
    done = subprocess.run([BUILD / "bin/rocmfix-gui"], env=display.env, capture_output=True, text=True,
                          timeout=60, check=False)
    assert done.returncode == 1
    assert "does not run as root" in done.stderr
    assert "hint: " in done.stderr


@pytest.mark.parametrize("words, says", [(["--page", "nowhere"], "overview, settings, runs, start"),
                                         (["extra"], "unexpected argument 'extra'")])
def test_a_usage_error_says_what_there_is(window, words, says):
    window.own()
    done = subprocess.run(window.command(*words), env=window.env, capture_output=True, text=True, timeout=60,
                          check=False)
    assert done.returncode == 2
    assert says in done.stderr


def test_it_speaks_german_where_the_user_does(window):
    window.own()
    env = {**window.env, "LC_ALL": "", "LANG": "de_DE.UTF-8", "LANGUAGE": "de"}
    done = subprocess.run(window.command("--help"), env=env, capture_output=True, text=True, timeout=60, check=True)
    assert "Mit dieser Seite beginnen." in done.stdout


def test_every_text_is_translated_into_german(tmp_path):
    """A text that was added or changed without one is noticed here."""
    gui = SOURCE / "userspace/gui"
    copy = shutil.copy(gui / "i18n/rocmfix-gui_de.ts", tmp_path)
    subprocess.run([LUPDATE, "-silent", "-locations", "none", "-I", gui, "-I", gui.parent, "-no-obsolete",
                    *sorted(gui.rglob("*.[ch]pp")), "-ts", copy], check=True, timeout=300)
    text = Path(copy).read_text(encoding="utf-8")
    assert text.count("<source>") > 100
    assert "unfinished" not in text
