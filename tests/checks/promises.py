"""What the checks of promises stand on: the promises, the rows of attacks in docs/threat-model.md, and the names of
all tests as ctest has them."""
import glob
import os
import re

TOP = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..")
# docs/threat-model.md
PROMISES = [f"P{number}" for number in range(1, 9)]
# How tests/CMakeLists.txt makes a name from a file.
NAMED_BY_FILE = [
    ("tests/unit/*/test_*.c", r"tests/unit/(\w+)/test_(\w+)\.c", r"unit.\1.\2"),
    ("tests/fuzz/*/fuzz_*.c", r"tests/fuzz/\w+/fuzz_(\w+)\.c", r"fuzz.replay.\1"),
    ("tests/integration/test_*.py", r"tests/integration/test_(\w+)\.py", r"integration.\1"),
    ("tests/checks/check_*", r"tests/checks/check_(\w+)", r"check.\1"),
]


def rows(text):
    """The attacks that have a name: rows of a table that begin with one letter and a number."""
    return [row for row in re.findall(r"^\| ([A-Z]\d+)\b", text, re.M) if row not in PROMISES]


def test_names(top=TOP):
    names = set()
    with open(os.path.join(top, "tests/CMakeLists.txt"), encoding="utf-8") as file:
        names |= set(re.findall(r"add_test\(NAME ([a-z]+\.[\w.]+)", file.read()))
    for pattern, file_name, name in NAMED_BY_FILE:
        for path in glob.glob(os.path.join(top, pattern)):
            found = re.fullmatch(file_name, os.path.relpath(path, top))
            if found:
                names.add(found.expand(name))
    return names
