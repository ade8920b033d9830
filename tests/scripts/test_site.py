# SPDX-License-Identifier: MIT
"""The links of README, docs/ and what they lead to; what scripts/make-site notices about a site."""

import importlib.machinery
import importlib.util
import shutil
import subprocess

import pytest

from checkout import SOURCE


def load():
    loader = importlib.machinery.SourceFileLoader("make_site", str(SOURCE / "scripts/make-site"))
    module = importlib.util.module_from_spec(importlib.util.spec_from_loader("make_site", loader))
    loader.exec_module(module)
    return module


def links_of(checkout):
    checkout.take("scripts/make-site")
    checkout.write("docs/mkdocs.yml", "nav: [README.md, docs/a.md]")
    return checkout.run("scripts/make-site", "--links")


def test_every_link_leads_to_a_file_and_a_heading():
    run = subprocess.run([SOURCE / "scripts/make-site", "--links"], capture_output=True, text=True,
                         timeout=60, check=False)  # fmt: skip
    assert (run.returncode, "FAILED" in run.stdout) == (0, False), run.stdout
    assert int(run.stdout.split()[0]) > 150


@pytest.mark.parametrize("target, reason", [
    ("docs/none.md", "there is no such file"), ("docs", "there is no such file"),
    ("../outside.md", "there is no such file"), ("docs/a.md#none", "there is no such heading"),
    ("#none", "there is no such heading"), ("docs/a.md#of-an-example", "there is no such heading"),
])  # fmt: skip
def test_a_link_that_leads_nowhere_is_named_with_its_line(checkout, target, reason):
    checkout.write("README.md", f"# Title\n\nSee [`x`]({target}).\n")
    checkout.write("docs/a.md", "# A\n\n```\n# Of an example\n```\n")
    (checkout.top.parent / "outside.md").write_text("# Outside\n")
    status, said = links_of(checkout)
    assert status == 1
    assert f"FAILED: README.md:3: {target}: {reason}" in said


def test_what_is_right_or_no_link_is_not_named(checkout):
    checkout.write("README.md", "# A title, and - more\n\n[a](docs/a.md#its-part-x) [b](#a-title-and---more) "
                   "[c](https://example.org/none) [d](scripts/tally)\n`[e](none.md)`\n"
                   "\n```\n[f](none.md)\n```\n")  # fmt: skip
    checkout.write("docs/a.md", "# A\n\n## Its part: `x`\n\n[up](../README.md)\n")
    assert links_of(checkout) == (0, "4 passed, 0 failed\n")


def test_what_the_site_would_show_otherwise_is_named(checkout):
    checkout.write("README.md", "# A\n\nReported in\n#1072\nand others:\n- a\n- b\n\n- c\n\n1. d\n   e\n2. f\n"
                   "\n```\n#1\nx\n- y\n```\n")  # fmt: skip
    status, said = links_of(checkout)
    assert status == 1
    assert [line.split(": ")[1] for line in said.splitlines() if "FAILED" in line] == ["README.md:4", "README.md:6"]


def test_what_a_site_must_not_have_is_named(tmp_path):
    (tmp_path / "a.html").write_text(
        '<h1 id="top">A</h1><a href="none.html">1</a><a href="b.html#none">2</a><a href="b.html#part">3</a>'
        '<script src="https://cdn.example/x.js"></script><a href="https://example.org">4</a>')  # fmt: skip
    (tmp_path / "b.html").write_text('<h2 id="part">B</h2><link rel="stylesheet" href="s.css">')
    (tmp_path / "s.css").write_text("@font-face{src:url(https://fonts.example/f)}")
    count, problems = load().problems_of(tmp_path)
    assert count == 4
    assert sorted(problems) == [
        "a.html: b.html#none: there is no such anchor", "a.html: loads https://cdn.example/x.js",
        "a.html: none.html leads nowhere", "s.css: loads https://fonts.example/f"]  # fmt: skip


def test_a_page_that_is_not_in_the_navigation_is_named(checkout):
    checkout.write("README.md", "# One\n\n[two](kernel/two.md)\n")
    checkout.write("kernel/two.md", "# Two\n")
    checkout.write("docs/three.md", "# Three\n")
    status, said = links_of(checkout)
    assert status == 1
    assert [line.split(":")[1] for line in said.splitlines() if "navigation" in line] == [
        " docs/three.md", " kernel/two.md"]  # fmt: skip


@pytest.mark.skipif(shutil.which("mkdocs") is None, reason="mkdocs is not installed")
def test_mkdocs_makes_a_site_of_it_or_says_why_not(checkout):
    checkout.take("scripts/make-site", "docs/site.css")
    checkout.write("README.md", "# One\n\n[two](docs/two.md) [lines](scripts/tally)\n")
    checkout.write("docs/two.md", "# Two\n")
    settings = (SOURCE / "docs/mkdocs.yml").read_text().split("\nnav:")[0]
    checkout.write("docs/mkdocs.yml", settings + "\nnav:\n  - README.md\n  - docs/two.md\n")
    assert checkout.run("scripts/make-site", "--check")[0] == 0
    assert (checkout.top / "build/site/scripts/tally.txt").is_file()
    checkout.write("docs/mkdocs.yml", settings + "\nnav:\n  - README.md\n  - docs/two.md\n  - docs/three.md\n")
    status, said = checkout.run("scripts/make-site", "--check")
    assert status == 1
    assert "WARNING" in said and "docs/three.md" in said
