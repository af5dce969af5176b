"""What compare.sh measured, as results of postern-bench, so that `postern-bench report` makes the page and the pictures."""

import json
import os
import subprocess
import tempfile

from abilities import ABILITIES
from standing import ROWS, SELF

NOTE_LENGTH = 150


def note_of(server, abilities):
    """What a server cannot do is said beside its figures, not left out."""
    lacking = [text for key, text in ABILITIES if server in abilities and not abilities[server][key]]
    text = "no: " + "; ".join(lacking) if lacking else None
    return text if text is None or len(text) <= NOTE_LENGTH else text[:NOTE_LENGTH - 3] + "..."


def title_of(row):
    text = next(text for key, text, _, _ in ROWS if key == row.removesuffix("_1t")).strip()
    return text[0].upper() + text[1:] + (", one ticket" if row.endswith("_1t") else "")


def measured(saved, row):
    """The results of a row; Postern, which gives one ticket in any case, also stands where the others do."""
    for entry in saved["results"]:
        server = entry["server"].split()[0]
        if entry["row"] == row or (row.endswith("_1t") and server == SELF and entry["row"] == row[:-3]):
            yield {**entry["result"], "label": server, "scenario": title_of(row), "server": {"cpu_s": entry["server_cpu_s"]},
                   "note": note_of(server, saved["abilities"]) if row == "full_seen" else None}


def idle(saved):
    """Memory is measured round by round, and not by postern-bench: growth / connections is what the page shows."""
    count = 1000
    for row in saved["rows"]:
        for server, values in row["values"].items() if row["key"] == "idle" else ():
            for value in values:
                yield {"schema": "postern-bench/1", "mode": "idle", "label": server, "scenario": title_of("idle"),
                       "holding": count, "server": {"memory_begin_kib": 0, "memory_end_kib": round(value * count)}}


def results_of(saved):
    rows = [key for key, _, _, _ in ROWS if any(entry["row"] == key for entry in saved["results"])]
    return [result for row in rows for result in measured(saved, row)] + list(idle(saved))


def write(build, saved, page=None, pictures=None):
    """saved: what compare.sh --save writes. page: a file; pictures: a directory, made if need be."""
    program = os.path.join(build, "postern-bench")
    with tempfile.NamedTemporaryFile("w", suffix=".json", encoding="utf-8") as file:
        json.dump(results_of(saved), file)
        file.flush()
        if page:
            with open(page, "w", encoding="utf-8") as out:
                subprocess.run([program, "report", file.name], stdout=out, check=True)
        if pictures:
            os.makedirs(pictures, exist_ok=True)
            subprocess.run([program, "report", "--svg", pictures, file.name], check=True)
