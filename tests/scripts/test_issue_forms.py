# SPDX-License-Identifier: MIT
"""The forms for issues are what GitHub understands, and ask for rocmfix report."""

import pytest

from checkout import SOURCE

yaml = pytest.importorskip("yaml")

FOLDER = SOURCE / ".github/ISSUE_TEMPLATE"
FORMS = sorted(path for path in FOLDER.glob("*.yml") if path.name != "config.yml")
# GitHub refuses a form with another type, or without what belongs to it.
NEEDED = {"markdown": {"value"}, "textarea": {"label"}, "input": {"label"}, "dropdown": {"label", "options"},
          "checkboxes": {"label", "options"}}  # fmt: skip


def read(path):
    return yaml.safe_load(path.read_text(encoding="utf-8"))


def test_there_are_forms_and_nothing_else():
    assert len(FORMS) >= 4
    assert read(FOLDER / "config.yml")["blank_issues_enabled"] is False


@pytest.mark.parametrize("path", FORMS, ids=lambda path: path.name)
def test_github_understands_it(path):
    form = read(path)
    assert set(form) == {"name", "description", "labels", "body"}
    for field in form["body"]:
        assert set(field) <= {"type", "id", "attributes", "validations"}
        assert NEEDED[field["type"]] <= set(field["attributes"])
        options = field["attributes"].get("options", [])
        assert all(isinstance(option, dict if field["type"] == "checkboxes" else str) for option in options)
        assert len({str(option) for option in options}) == len(options)
    ids = [field["id"] for field in form["body"] if field["type"] != "markdown"]
    assert len(ids) == len(set(ids))


@pytest.mark.parametrize("name", ["fault.yml", "card.yml", "bug.yml"])
def test_it_asks_for_a_report_and_says_what_is_in_it(name):
    asked = [field for field in read(FOLDER / name)["body"] if field.get("id") == "report"]
    assert asked[0]["validations"] == {"required": True}
    assert "rocmfix report --preview" in asked[0]["attributes"]["description"]
