# SPDX-License-Identifier: MIT
"""Every message of the kernel's driver and every code of the runtimes that tells of a fault, hang, reset or
lost memory is read by `rocmfix explain`, or is on the list of what is not, with the reason."""

import re
import subprocess
import tomllib
from pathlib import Path

import pytest

SOURCE = Path(__file__).resolve().parents[2]
LISTED = tomllib.loads((SOURCE / "tests/data/kernel-lines.toml").read_text(encoding="utf-8"))
PATTERNS = tomllib.loads((SOURCE / "userspace/data/faults.toml").read_text(encoding="utf-8"))["pattern"]
TARBALLS = sorted(Path("/usr/src").glob("linux-source-*.tar.xz"))
HEADERS = Path("/usr/include")

CALL = re.compile(r"\b(?:pr_(?:err|warn|emerg|crit)\w*|dev_(?:err|warn|crit|emerg)\w*|DRM_(?:DEV_)?(?:ERROR|WARN)\w*"
                  r"|drm_(?:err|warn)\w*|WARN(?:_ONCE)?|printk|drm_printf)\s*\(")
CONVERSIONS = [(r"%[-+ #0]*\d*(?:ll|l|h|hh|z)?[xX]", "1f"), (r"%[-+ #0]*\d*(?:ll|l|h|hh|z|L)?[diu]", "1"),
               (r"%p\w*", "000000002928a886"), (r"%[-.\d]*[sc]", "gfx_v10_0")]


def literals(text, at):
    """The string literals up to the end of a call whose parenthesis ends at `at`."""
    depth, found = 1, []
    while at < len(text) and depth and text[at] != ";":
        if text[at] == '"':
            end = re.compile(r'(?:[^"\\]|\\.)*"').match(text, at + 1).end()
            found.append(text[at + 1:end - 1])
            at = end
            continue
        depth += {"(": 1, ")": -1}.get(text[at], 0)
        at += 1
    return "".join(found)


def formats(text):
    return {literals(text, call.end()) for call in CALL.finditer(text)} - {""}


def example(text):
    """A line that such a format string prints."""
    for conversion, value in CONVERSIONS:
        text = re.sub(conversion, value, text)
    return "amdgpu: " + text.replace("\\n", "").replace("\\t", "\t").replace('\\"', '"').replace("mmhubgfxhub", "").replace(
        "[gfx_v10_0]", "[gfxhub]")


def is_read(line):
    for pattern in PATTERNS:
        if pattern["role"] == "fact":
            continue
        texts = [pattern["text"]] if isinstance(pattern["text"], str) else pattern["text"]
        if (any(text.lower() in line.lower() for text in texts)
                and re.search(pattern.get("regex", ""), line)):
            return True
    return False


def reason_not(kind, text):
    return next((entry["why"] for entry in LISTED[kind]["not_read"]
                 if any(re.search(what, text) for what in entry["what"])), None)


def unaccounted(kind, texts, line_of):
    return sorted(text for text in texts if not is_read(line_of(text)) and not reason_not(kind, text))


def amd_sources(tarball, folder):
    names = [f"*/drivers/gpu/drm/amd/{name}" for name in LISTED["kernel"]["files"]]
    # Not all of them exist in every kernel: tar then says so with status 2.
    subprocess.run(["tar", "-C", folder, "-xf", tarball, "--wildcards", *names],
                   check=False, capture_output=True)
    return {path.name: path.read_text(encoding="utf-8", errors="replace")
            for path in Path(folder).rglob("*.c")}


@pytest.mark.parametrize("tarball", TARBALLS, ids=lambda path: path.name)
def test_messages_of_the_kernel(tarball, tmp_path):
    sources = amd_sources(tarball, tmp_path)
    assert len(sources) > 30, sorted(sources)
    about = re.compile(LISTED["kernel"]["about"], re.IGNORECASE)
    messages = {text for source in sources.values() for text in formats(source) if about.search(text)}
    assert len(messages) > 60
    assert unaccounted("kernel", messages, example) == []


def test_a_new_message_would_be_noticed():
    new = formats('dev_err(adev->dev, "GPU %s hung in a new way (%d)\\n",\n  ring->name, r);')
    assert new == {"GPU %s hung in a new way (%d)\\n"}
    assert unaccounted("kernel", new, example) == sorted(new)


@pytest.mark.parametrize(("kind", "headers", "code"), [
    ("hip", "hip/hip_runtime_api.h", r"\bhipError[A-Z]\w*(?=\s*=\s*\d)"),
    ("hsa", "hsa/*.h", r"\bHSA_STATUS_ERROR\w*(?=\s*=)")])
def test_codes_of_the_runtimes(kind, headers, code):
    found = {name for header in HEADERS.glob(headers)
             for name in re.findall(code, header.read_text(encoding="utf-8", errors="replace"))}
    if not found:
        pytest.skip(f"no headers {headers}")
    assert len(found) > 20, found
    assert unaccounted(kind, found, lambda name: f"Error: {name}") == []
