# SPDX-License-Identifier: MIT
"""tests/patches/livepatch_fields.py on compiler's dumps made here; tests/patches/check has real ones."""

import subprocess
from pathlib import Path

import pytest

COMMAND = Path(__file__).with_name("livepatch_fields.py")
LAYOUT = "ROCMFIX_FIELD(amdgpu_device, gmc);\nROCMFIX_FIELD(amdgpu_gmc, noretry);\nROCMFIX_FIELD(amdgpu_device, ddev);\n"
DUMP = """\
void set (struct amdgpu_device * adev)
{
  struct amdgpu_gmc * gmc;

  # DEBUG adev->unused
  gmc = &adev->gmc;
  _1 = "text->with.names";
  D.1234 = adev->gmc.noretry;
  amdgpu_noretry.2_5 = amdgpu_noretry;
  r = .DEFERRED_INIT (4, 2, &"r"[0]);
}
"""


class Tree:
    def __init__(self, path):
        self.path = path
        self.livepatch = path / "drivers/gpu/drm/amd/livepatch"
        for folder in (self.livepatch, self.livepatch.parent / "rocmfix"):
            folder.mkdir(parents=True)
            for number in range(3):
                (folder / f"{number}.c.006t.gimple").write_text(DUMP)
        (self.livepatch / "rocmfix_layout.h").write_text(LAYOUT)
        (self.livepatch / "rocmfix_layout.c.006t.gimple").write_text('__asm__("->place %0")\n'.replace('"', "'"))
        (self.livepatch / "main.c").write_text("\tadev = drm_to_adev(ddev);\n")

    def run(self):
        return subprocess.run([COMMAND, self.path], capture_output=True, text=True, check=False)


@pytest.fixture(name="tree")
def fixture_tree(tmp_path):
    return Tree(tmp_path)


def test_listed_fields_are_all(tree):
    done = tree.run()
    assert (done.returncode, done.stdout) == (0, "")


@pytest.mark.parametrize("access", ["_2 = adev->rev_id;", "_2 = adev->virt.caps", "_3 = (*list)[2].rev_id;",
                                    "_2 = D.12->rev_id;", "MEM[(struct x *)_4].rev_id = 1;"])
def test_another_field_is_missing(tree, access):
    (tree.livepatch / "0.c.006t.gimple").write_text(DUMP.replace("  r =", f"  {access}\n  r ="))
    done = tree.run()
    assert done.returncode == 1
    assert any(f"field {name} is neither" in done.stdout for name in ("rev_id", "caps"))


@pytest.mark.parametrize("code", ["x = container_of(p, struct amdgpu_x, y);", "bo = ttm_to_amdgpu_bo(tbo);",
                                  "x = gem_to_amdgpu_bo(p);", "o = offsetof(struct amdgpu_x, y);"])
def test_what_a_container_of_takes_for_granted_is_looked_for(tree, code):
    (tree.livepatch / "main.c").write_text(f"\t{code}\n")
    done = tree.run()
    assert done.returncode == 1
    assert "takes for granted" in done.stdout


def test_drm_to_adev_needs_its_field(tree):
    (tree.livepatch / "rocmfix_layout.h").write_text(LAYOUT.replace("ROCMFIX_FIELD(amdgpu_device, ddev);\n", ""))
    assert "main.c: what drm_to_adev() takes for granted" in tree.run().stdout


def test_without_dumps_nothing_is_known(tree):
    for path in tree.path.rglob("*.gimple"):
        path.unlink()
    done = tree.run()
    assert done.returncode == 1 and "was it compiled with -fdump-tree-gimple?" in done.stdout


def test_wrong_usage():
    assert subprocess.run([COMMAND], capture_output=True, check=False).returncode == 2
