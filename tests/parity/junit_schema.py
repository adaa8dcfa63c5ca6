"""Validates JUnit files against the schema of Jenkins' xUnit plugin with libxml2; the exit code is the verdict.

    pip install lxml
    harness gate RUN --policy demo/gate.toml --junit gate.xml
    python3 tests/parity/junit_schema.py gate.xml
"""

import pathlib
import sys

from lxml import etree

SCHEMA = pathlib.Path(__file__).parent.parent / "fixtures" / "junit-10.xsd"


def main(paths):
    schema = etree.XMLSchema(etree.parse(str(SCHEMA)))
    valid = True
    for path in paths:
        if schema.validate(etree.parse(path)):
            print(f"{path}: valid")
        else:
            valid = False
            for error in schema.error_log:
                print(f"{path}:{error.line}: {error.message}")
    return 0 if valid else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
