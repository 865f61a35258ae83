#!/usr/bin/env python3
"""What the tests do not reach, by file and reason: see coverage.sh, which brings gcovr's JSON.

    coverage.py COVERAGE.json LIST REASONS LINES_LEAST BRANCHES_LEAST [--write]

Writes LIST: each line with branches that were never taken, and why. REASONS (tests/coverage.txt) says which reasons
each file has, and how often; a reason that a file does not have there fails, as does less than the least.
"""
import collections
import json
import re
import sys

# The first that fits a line is its reason: (name, files, text of the line, why).
REASONS = [
    ("system", r"sched/(clock|room)\.c$", r"", "the kernel lacks a clock, or a size no memory has"),
    ("checker", r"(^|/)(\w+_)?check\.c$", r"", "a checker that says no: each promise is broken once by *_checks_test.c; "
     "these are the other halves of its conditions"),
    ("checker", r"", r"return (false|SLOT_NONE|SIZE_MAX);$|^must\(", ""),
    ("library", r"openssl|nist_curve|nist_group", r"", "OpenSSL refuses: it has no memory, or a curve it should have"),
    ("memory", r"", r"OUT_OF_MEMORY|== NULL\) return MJL|(malloc|calloc|realloc)\(|NO_RANDOM|is_fatal|reserve",
     "an allocation or a draw fails just there: the stories let each one fail that they reach"),
    ("chain", r"", r"result|checked|MJL_OK|answered|looked|read != ", "a result is handed up from a call that may only fail "
     "for want of memory, or that was proved before: written so that no caller has to know which"),
    ("damage", r"", r"STORE_DAMAGED|MALFORMED|SAVED_|UNKNOWN_VERSION|NOT_CANONICAL|unpack|TRUNCATED|BAD_|TOO_LARGE",
     "saved bytes or a packet that only a hand that has the key could make like that, past what other rules refuse first"),
    ("bound", r"", r"_MAX\b|_MIN\b|_ROOM\b|room\b|FULL|BUG|count >=|count ==", "a bound that takes more than a test's time "
     "or memory to reach, or that another bound keeps out of reach"),
    ("absent", r"", r"NULL|NONE|NO_INDEX|NO_SLOT", "something is not there that always is where members keep the rules"),
    ("state", r"", r"", "a turn of events that no test, seed or corpus has come to: two things at one instant, or the other "
     "half of a condition"),
]


def reason_of(path, text):
    for name, files, pattern, _ in REASONS:
        if re.search(files, path) and re.search(pattern, text):
            return name
    raise AssertionError(text)


def lines_of_asserts(source):
    """All lines of each assert: gcovr leaves out the first one alone."""
    inside, depth, found = False, 0, set()
    for number, text in enumerate(source, 1):
        if not inside and re.match(r"\s*assert\(", text):
            inside, depth = True, 0
        if inside:
            found.add(number)
            depth += text.count("(") - text.count(")")
            inside = depth > 0
    return found


def read(path):
    with open(path, encoding="utf-8") as file:
        return file.read().split("\n")


def measure(data):
    """By file: (lines, lines reached, branches, branches taken, {reason: count}, [listed])."""
    measured = {}
    for entry in data["files"]:
        path = entry["file"]
        source = read(path)
        asserts = lines_of_asserts(source)
        lines = reached = branches = taken = 0
        reasons, listed = collections.Counter(), []
        for line in entry["lines"]:
            if line.get("gcovr/noncode") or line.get("gcovr/excluded"):
                continue
            number = line["line_number"]
            lines += 1
            reached += line["count"] > 0
            if number in asserts:
                continue
            missing = sum(branch["count"] == 0 for branch in line["branches"])
            branches += len(line["branches"])
            taken += len(line["branches"]) - missing
            if missing:
                text = source[number - 1].strip()
                reason = reason_of(path, text)
                reasons[reason] += missing
                listed.append(f"{path}:{number}: {missing} of {len(line['branches'])}: {reason}: {text}")
        measured[path] = (lines, reached, branches, taken, reasons, listed)
    return measured


def percent(part, whole):
    return 100.0 * part / whole if whole else 100.0


def table(measured):
    yield f"{'file':40} {'lines':>6} {'%':>6} {'branches':>8} {'%':>6}  not taken, by reason"
    for path, (lines, reached, branches, taken, reasons, _) in sorted(measured.items()):
        why = " ".join(f"{name} {count}" for name, count in sorted(reasons.items()))
        yield f"{path:40} {lines:6} {percent(reached, lines):6.1f} {branches:8} {percent(taken, branches):6.1f}  {why}"


def known_reasons(path):
    known = {}
    for text in read(path):
        match = re.match(r"((?:sched|session)/\S+): (.*)", text)
        if match:
            known[match[1]] = set(match[2].split()[0::2])
    return known


def write_reasons(path, measured, reached):
    with open(path, "w", encoding="utf-8") as file:
        file.write("What the tests do not reach of sched/ and session/: branches by file and reason. Written by\n"
                   "tests/coverage.sh --write; tests/coverage.sh fails where a file has a reason that is not here. The\n"
                   "reason of a line follows from its text, by the rules in tests/coverage.py: they were not looked at one\n"
                   "by one.\n\n")
        for name, _, _, why in REASONS:
            if why:
                file.write(f"{name:8} {why}\n")
        file.write(f"\nReached: {reached}.\n\n")
        for source, (_, _, _, _, reasons, _) in sorted(measured.items()):
            if reasons:
                file.write(f"{source}: " + " ".join(f"{n} {c}" for n, c in sorted(reasons.items())) + "\n")


def main():
    coverage, out, reasons_path, lines_least, branches_least = sys.argv[1:6]
    with open(coverage, encoding="utf-8") as file:
        measured = measure(json.load(file))
    with open(out, "w", encoding="utf-8") as file:
        file.write("\n".join(table(measured)) + "\n\n")
        for path in sorted(measured):
            file.writelines(text + "\n" for text in measured[path][5])
    sums = [sum(of[i] for of in measured.values()) for i in range(4)]
    of_lines, of_branches = percent(sums[1], sums[0]), percent(sums[3], sums[2])
    print("\n".join(table(measured)))
    reached = f"lines {of_lines:.2f} % ({sums[1]} of {sums[0]}), branches {of_branches:.2f} % ({sums[3]} of {sums[2]})"
    print(reached)
    if "--write" in sys.argv:
        write_reasons(reasons_path, measured, reached)
    known = known_reasons(reasons_path)
    failed = of_lines < float(lines_least) or of_branches < float(branches_least)
    for path, of in sorted(measured.items()):
        unknown = set(of[4]) - known.get(path, set())
        if unknown:
            print(f"{path}: not reached for a reason that is not in {reasons_path}: {' '.join(sorted(unknown))}")
            failed = True
    return 1 if failed else 0


sys.exit(main())
