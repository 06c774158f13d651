"""``deploycheck replay``: CSV in, one JSON object or a table out, one clear error for what cannot be read."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from pytest_deploycheck.cli import main

if TYPE_CHECKING:
    from pathlib import Path

HEADER = "timestamp,bad,total\n"


@pytest.fixture
def files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with a baseline of 0.5 % errors and an hour in which 10 % fail from minute 30 on."""
    monkeypatch.chdir(tmp_path)
    before = [f"{1_700_006_400 + 60 * i},{i % 2 * 2},200\n" for i in range(300)]
    after = [f"{1_700_024_400 + 60 * i},{20 if i >= 30 else i % 2 * 2},200\n" for i in range(60)]
    (tmp_path / "b.csv").write_text(HEADER + "".join(before), "utf-8")
    (tmp_path / "o.csv").write_text(HEADER + "".join(after), "utf-8")
    (tmp_path / "all.csv").write_text(HEADER + "".join(before + after), "utf-8")
    return tmp_path


def replay(capsys: pytest.CaptureFixture[str], *arguments: str) -> dict[str, Any]:
    """Return the JSON that the command prints."""
    assert 0 == main(["replay", *arguments, "--json"])
    found: dict[str, Any] = json.loads(capsys.readouterr().out)
    return found


@pytest.mark.usefixtures("files")
def test_counts_as_json(capsys: pytest.CaptureFixture[str]) -> None:
    """All looks with outcome and evidence, the first regression soon after the onset, rules with their firings."""
    levels = ["--levels", "medium > 5%, critical > 50%"]
    found = replay(capsys, "--kind", "counts", "--baseline", "b.csv", "--observed", "o.csv", *levels)

    assert 60 == len(found["looks"])
    assert {"timestamp", "outcome", "evidence"} <= set(found["looks"][0])
    assert 1_700_026_200 <= found["first_regression"] <= 1_700_026_320
    assert [30, 0] == [len(rule["firings"]) for rule in found["rules"]]
    assert ["medium", "critical"] == [rule["level"] for rule in found["rules"]]


@pytest.mark.usefixtures("files")
@pytest.mark.parametrize("at", ["1700024400", "2023-11-15T05:00:00Z", "2023-11-15 05:00:00"])
def test_one_file_split_at_the_deployment(at: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Split at the deployment, one file gives what two files give."""
    two = replay(capsys, "--kind", "counts", "--baseline", "b.csv", "--observed", "o.csv")
    one = replay(capsys, "--kind", "counts", "--observed", "all.csv", "--deployed-at", at)

    assert two == one


@pytest.mark.usefixtures("files")
@pytest.mark.parametrize(
    "levels", ['{"medium": "> 5%"}', '{ medium = "> 5%" }', "medium > 5%", "warning: > 5%", "medium = > 5%"]
)
def test_levels_as_people_write_them(levels: str, capsys: pytest.CaptureFixture[str]) -> None:
    """JSON, TOML and plain text name the same ladder."""
    found = replay(capsys, "--kind", "counts", "--baseline", "b.csv", "--observed", "o.csv", "--levels", levels)

    assert [("medium", "> 5 %", 30)] == [(one["level"], one["condition"], one["alarms"] * 30) for one in found["rules"]]


def test_latency_and_gauge(files: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Requests are grouped into looks a minute, silent minutes are no data, and times stay dates."""
    rows = [f"2024-01-01T00:{minute:02d}:{second:02d}Z,0.1\n" for minute in (0, 1, 3) for second in range(30)]
    (files / "l.csv").write_text("timestamp,value\n" + "".join(rows), "utf-8")
    latency = replay(
        capsys, "--kind", "latency", "--baseline", "l.csv", "--observed", "l.csv", "--levels", "low > 50ms"
    )
    gauge = replay(capsys, "--kind", "gauge", "--baseline", "l.csv", "--observed", "l.csv", "--levels", "low > 1")

    assert ["undecided", "undecided", "no_data", "undecided"] == [look["outcome"] for look in latency["looks"]]
    assert "2024-01-01T00:01:00Z" == latency["looks"][0]["timestamp"]
    assert [3, 0] == [len(latency["rules"][0]["firings"]), len(gauge["rules"][0]["firings"])]
    assert None is gauge["first_healthy"]


@pytest.mark.usefixtures("files")
def test_a_table_for_people(capsys: pytest.CaptureFixture[str]) -> None:
    """Without --json: each change of the outcome in words, then the thresholds."""
    arguments = ["--baseline", "b.csv", "--observed", "o.csv", "--levels", "medium > 5%"]
    assert 0 == main(["replay", "--kind", "counts", *arguments])
    out = capsys.readouterr().out

    assert "a healthy deployment would look like this less than once in" in out
    assert "medium > 5 %: 30 looks in 1 alarms, first at 1700026200" in out


HOSTILE = {
    "an empty file": "",
    "a header alone": HEADER,
    "other columns": "time,errors\n1,2\n",
    "a column twice": "timestamp,bad,bad,total\n1,2,2,3\n",
    "a word for a number": HEADER + "1,many,200\n",
    "a word for a time": HEADER + "yesterday,1,200\n",
    "a short row": HEADER + "1,1\n",
    "a NUL byte": HEADER + "1,\x00,200\n",
    "an open quote": HEADER + '1,"1,200\n',
    "an endless time": HEADER + "inf,1,200\n",
    "an enormous field": HEADER + "1," + "9" * 200_000 + ",1\n",
}


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
def test_a_hostile_file_is_one_clear_error(text: str, files: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Whatever stands in the file: exit code 4, one line that names the file, no traceback."""
    (files / "h.csv").write_text(text, "utf-8")

    assert 4 == main(["replay", "--kind", "counts", "--baseline", "b.csv", "--observed", "h.csv"])
    out, err = capsys.readouterr()
    assert ("", 1) == (out, len(err.splitlines()))
    assert err.startswith("h.csv: ")
    assert len(err) < 300


def test_bytes_that_are_no_text(files: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A binary file, a folder and a missing file are one clear error each."""
    (files / "h.csv").write_bytes(b"\xff\xfe\x00\x01")
    (files / "folder").mkdir()
    for name in ("h.csv", "folder", "missing.csv"):
        assert 4 == main(["replay", "--kind", "counts", "--baseline", "b.csv", "--observed", name])
        assert capsys.readouterr().err.startswith(f"{name}: ")


@pytest.mark.usefixtures("files")
@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        (["--observed", "o.csv"], "--baseline"),
        (["--baseline", "b.csv"], "--observed"),
        ([], "--observed"),
        (["--observed", "all.csv", "--deployed-at", "soon"], "--deployed-at"),
        (["--observed", "all.csv", "--deployed-at", "1"], "before the deployment"),
        (["--observed", "all.csv", "--deployed-at", "1800000000"], "after the deployment"),
        (["--baseline", "b.csv", "--observed", "o.csv", "--alpha", "2"], "--alpha"),
        (["--baseline", "b.csv", "--observed", "o.csv", "--alpha", "nan"], "--alpha"),
        (["--baseline", "b.csv", "--observed", "o.csv", "--every", "0s"], "--every"),
        (["--baseline", "b.csv", "--observed", "o.csv", "--for", "long"], "--for"),
        (["--baseline", "b.csv", "--observed", "o.csv", "--levels", "hihg > 5%"], "did you mean 'high'"),
        (["--baseline", "b.csv", "--observed", "o.csv", "--levels", "{"], "--levels"),
        (["--baseline", "b.csv", "--observed", "o.csv", "--levels", "low > 1%, low > 2%"], "given twice"),
        (["--baseline", "b.csv", "--observed", "o.csv", "--unit", "ms"], "--unit"),
    ],
)
def test_wrong_arguments(arguments: list[str], named: str, capsys: pytest.CaptureFixture[str]) -> None:
    """A wrong argument is named, and the exit code is 4."""
    assert 4 == main(["replay", "--kind", "counts", *arguments])
    assert named in capsys.readouterr().err
