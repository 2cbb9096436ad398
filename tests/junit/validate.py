"""Validates JUnit reports: validate.py PROGRAM RECORDING SCHEMA

Takes a recorded run, and makes copies of it in which each verdict comes up and in which the run itself went wrong.
Gives nothing if the report of each is valid; else what is wrong, and exit code 1.
"""

import json
import pathlib
import re
import subprocess
import sys
import tempfile

import xmlschema

VERDICTS = ["pass", "known", "not_applicable", "inconclusive", "stale", "fail", "error"]
ELEMENTS = {"known": "skipped", "not_applicable": "skipped", "stale": "failure", "fail": "failure",
            "inconclusive": "error", "error": "error"}


def main(program, recording, schema):
    schema = xmlschema.XMLSchema(schema)
    events = [json.loads(line) for line in pathlib.Path(recording).read_text().splitlines()]
    runs = {"as it was": events}
    failing = next(event for event in events if event.get("verdict") == "fail")
    for verdict in VERDICTS:
        runs[verdict] = [events[0], {**failing, "verdict": verdict, "reason": "made up: <&\"\u0001"}, events[-1]]
    runs["interrupted"] = [*events[:-1], {**events[-1], "interrupted": True}]
    runs["unmatched"] = [*events[:-1], {**events[-1], "unmatched": ["delivery/gone: expect.deliveries"]}]

    wrong = 0
    for name, run in runs.items():
        report = junit(program, run)
        element = ELEMENTS.get(name)
        if element and f"<{element} " not in report:
            print(f"junit: the report of {name} has no <{element}>", file=sys.stderr)
            wrong += 1
        for error in schema.iter_errors(report):
            print(f"junit: {name}: {error.path}: {error.reason}", file=sys.stderr)
            wrong += 1
    # A check that accepts anything would say nothing.
    broken = re.sub(r"<testcase name=", "<testcase label=", junit(program, events), count=1)
    if schema.is_valid(broken):
        print("junit: a test case without a name is valid", file=sys.stderr)
        wrong += 1
    print(f"junit: {len(runs)} reports, {wrong} mistakes")
    return 1 if wrong else 0


def junit(program, events):
    with tempfile.TemporaryDirectory() as folder:
        recording, report = pathlib.Path(folder, "run.ndjson"), pathlib.Path(folder, "report.xml")
        recording.write_text("".join(json.dumps(event) + "\n" for event in events))
        command = [program, "report", str(recording), "--format", "junit", "--output", str(report)]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
        return report.read_text()


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
