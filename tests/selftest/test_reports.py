# SPDX-License-Identifier: MIT
"""What it writes: JSON by its schema, a page that loads nothing, exit statuses; and that it ends."""

import json
import os
import re
import signal
import subprocess
import time
from html.parser import HTMLParser

import jsonschema
import pytest

from conftest import CHECKOUT, PROGRAM, SIMULATOR, cpu_hip

SCHEMA = json.loads((CHECKOUT / "docs/results/selftest.schema.json").read_text())
MAN = (CHECKOUT / "userspace/man/rocmfix-selftest.1").read_text()
COMPLETION = (CHECKOUT / "userspace/completions/rocmfix-selftest").read_text()


def plain(*arguments, **kwargs):
    return subprocess.run([PROGRAM, *arguments], text=True, capture_output=True, check=False,
                          env={"PATH": os.defpath}, timeout=60, **kwargs)


@pytest.mark.parametrize("wrong", ["", "wrong-lane", "no-gpu"])
def test_the_document_is_by_its_schema(selftest, wrong):
    document = selftest.on_cpu("lanes", "fault-read", wrong=wrong).document
    jsonschema.validate(document, SCHEMA)
    assert document["seed"] == 1 and document["kind"] == "selftest"
    by_name = {test["name"]: test for test in document["tests"]}
    assert sum(document["outcomes"].values()) == len(by_name)
    if not wrong:
        assert by_name["fault-read"]["figures"]["reported_after_s"] < 10
        assert by_name["fault-read"]["stderr"] == "", "what is no complaint needs no log"


def test_the_schema_refuses_what_is_no_such_document(selftest):
    document = selftest.on_cpu("runtime").document
    for change in ({"schema": 2}, {"tests": []}, {"seconds": -1}, {"machine": {}}, {"more": 1}):
        with pytest.raises(jsonschema.ValidationError):
            jsonschema.validate(document | change, SCHEMA)


class Page(HTMLParser):
    def __init__(self):
        super().__init__()
        self.tags, self.links, self.text = set(), [], ""

    def handle_starttag(self, tag, attrs):
        self.tags.add(tag)
        self.links += [value for name, value in attrs if name in ("src", "href")]

    def handle_data(self, data):
        self.text += data


def test_the_page_loads_nothing_and_shows_what_others_wrote_as_text(selftest, tmp_path):
    page = tmp_path / "page.html"
    selftest.on_cpu("lanes", "--html", page, wrong="wrong-lane",
                    env={"ROCMFIX_PROFILE": "<script>alert(1)</script>"})
    parsed = Page()
    parsed.feed(page.read_text())
    assert not parsed.links and "script" not in parsed.tags and "link" not in parsed.tags
    assert "DPP row_share" in parsed.text and "<script>alert(1)</script>" in parsed.text
    assert "this says nothing about hardware" in parsed.text
    assert not re.search(r"url\(|@import", page.read_text())


def test_the_same_seed_gives_the_same_complaint_and_another_one_another(selftest):
    first, again, other = (selftest.on_cpu("--seed", seed, "lanes", wrong="wrong-lane").details()["lanes"]
                           for seed in ("7", "7", "8"))
    assert first == again != other


def test_soak_makes_rounds_and_counts_complaints(selftest):
    done = selftest.on_cpu("--soak", "0.002", "lanes", wrong="wrong-lane")
    (lanes,) = [test for test in done.document["tests"] if test["name"] == "lanes"]
    assert done.document["rounds"] >= 2
    assert lanes["runs"] == lanes["complaints"] == done.document["rounds"]


def test_ctrl_c_keeps_what_is_known_and_leaves_no_process(selftest, tmp_path):
    report = tmp_path / "report.json"
    with subprocess.Popen(
            [PROGRAM, "--hip", cpu_hip(), "--code", "/dev/null", "--json", report, "--time", "600", "lanes"],
            env={"PATH": os.defpath, "LD_PRELOAD": str(SIMULATOR), "ROCMFIX_SIM": "rx5700xt"}, text=True,
            stdout=subprocess.PIPE) as running:
        assert running.stdout.readline().startswith("runtime")
        time.sleep(0.5)
        (child,) = subprocess.run(["pgrep", "-P", str(running.pid)], text=True, capture_output=True,
                                  check=True).stdout.split()
        running.send_signal(signal.SIGINT)
        assert running.wait(20) == 1
    document = json.loads(report.read_text())
    jsonschema.validate(document, SCHEMA)
    assert not document["complete"]
    assert [test["name"] for test in document["tests"]] == ["runtime"]
    assert not os.path.exists(f"/proc/{child}")


def test_a_report_that_cannot_be_written_is_an_error(selftest, tmp_path):
    done = selftest.on_cpu("runtime", "--html", tmp_path / "missing/page.html")
    assert done.status == 1 and "error: " in done.stderr
    link = tmp_path / "link.html"
    link.symlink_to(tmp_path / "target")
    done = selftest.on_cpu("runtime", "--html", link)
    assert done.status == 1 and not (tmp_path / "target").exists()


def test_without_a_gpu(selftest):
    done = selftest.run("--code", "/dev/null", card=None)
    assert done.status == 3
    assert "no RDNA1 or RDNA2 GPU" in done.stderr and "hint: " in done.stderr


def test_a_file_that_is_no_hip(selftest):
    done = selftest.run("--code", "/dev/null", "--hip", "/etc/passwd")
    assert done.status == 3
    assert "/etc/passwd" in done.details()["runtime"]


@pytest.mark.parametrize("arguments, said", [
    (["nonsense"], "no test or group 'nonsense'"), (["--time", "-1"], "--time"), (["--nonsense"], "--nonsense"),
    (["--quick", "--time", "3"], "--quick"), (["--soak", "x"], "--soak")])
def test_wrong_usage(arguments, said):
    done = plain(*arguments)
    assert done.returncode == 2
    assert said in done.stderr and "hint: " in done.stderr


def test_missing_kernels():
    done = plain("--code", "/nowhere")
    assert done.returncode == 1 and "cannot read the kernels: /nowhere" in done.stderr


def test_list_help_man_page_and_completion_agree():
    listed = plain("--list").stdout.splitlines()
    assert len(listed) == len({line.split()[0] for line in listed}) >= 43
    options = set(re.findall(r"--[a-z-]+", plain("--help").stdout))
    assert len(options) >= 14
    for option in options:
        assert option in COMPLETION, option
        assert option == "--help" or option[2:] in re.findall(r"Fl -([a-z-]+)", MAN) + ["version"], option
