# SPDX-License-Identifier: MIT
# shellcheck shell=bash
# Which suites of tests there are: what is found in the tree, so that none can be forgotten. Sourced
# in the checkout by scripts/check and scripts/check-hip; it judges nothing, scripts/tally does.

# unit_suites [PREFIX]: those of GoogleTest, by the names that CMake gives their tests.
unit_suites() {
  find tests/unit tests/hip/unit -name '*_test.cpp' |
    sed -E 's|^tests/unit/|unit.|; s|^tests/hip/unit/|hip.|; s|_test\.cpp$||' |
    grep "^${1-}" | sort
}

# The directories with tests for pytest.
pytest_suites() {
  find tests kernel dkms scripts userspace bench \( -name 'test_*.py' -o -name '*.case' \) \
    -printf '%h\n' | sort -u
}

# run_unit_suites BUILD REPORTS SUITE...: REPORTS/SUITE.xml of each; what ctest says of a test that
# passed is left out, its status is not.
run_unit_suites() {
  local build=$1 reports=$2 suite status=0
  for suite in "${@:3}"; do
    ctest --test-dir "$build" -R "^${suite/./\\.}\\." --parallel "$(nproc)" \
      --no-tests=error --output-on-failure \
      --output-junit "$reports/$suite.xml" >"$reports/ctest.log" 2>&1 && continue
    status=1
    grep -vE '^ *Start |Passed ' "$reports/ctest.log" || echo "$suite: ctest said nothing"
  done
  return "$status"
}
