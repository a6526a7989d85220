"""What comes out: tables, the export that singles nobody out, backups that bring nobody back, retention."""

import gzip
import json
import re
import shutil
import subprocess
from collections import Counter
from datetime import timedelta

import polars as pl
import pytest
import sqlalchemy as sa
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.study import tide
from tests.study_room.studies import HOSTILE, design, everything, small, study, until, visitor
from tidelab.errors import TidelabError
from tidelab.records import MERGED_AGES, SUPPRESSED, Participant, Rating, records
from tidelab.study import backup, people, store, walk
from tidelab.study.collect import collect
from tidelab.study.export import export, into_run, plain_csv
from tidelab.study.minds import Effects, World
from tidelab.study.simulate import fill
from tidelab.study.status import status
from tidelab.study.suppress import FIELDS, margins, suppress
from tidelab.study.tables import adverse, answers, audit, participants
from tidelab.web.database import now


@pytest.fixture
def database(tmp_path):
    opened, _ = study(tmp_path / "run")
    yield opened
    opened.close()


@pytest.fixture
def filled(tmp_path):
    """Sixty simulated sessions of the full design."""
    opened, _ = study(tmp_path / "run", design())
    fill(opened, World(Effects(), 3), 60)
    yield opened
    opened.close()


def test_ratings_and_participants_are_records_with_order_and_source(database):
    walk.walk(visitor(database), walk.passes("5"))
    full = collect(database)
    rows = records(Rating, full["ratings"].drop("seconds"))
    assert len(rows) == 4 * 4 and {r.source for r in rows} == {"real"} and {r.value for r in rows} == {5.0}
    assert sorted({r.order for r in rows}) == [1, 2, 3, 4]
    (person,) = records(Participant, full["participants"])
    assert person.completed and person.age_group == "18-24" and "straight-lining" in person.flags


def test_what_was_changed_counts_as_it_stands_last(database):
    guest = visitor(database)
    page = walk.walk(guest, until("rate-1-2"))[-2]
    for value in ("1", "3"):
        guest.post("/s/rate-1-1", page.hidden | {n: [value] for n in page.choices})
    assert set(collect(database)["ratings"].filter(pl.col("order") == 1)["value"]) == {3.0}


def test_a_previews_answers_go_nowhere_and_simulated_ones_are_marked(database):
    walk.walk(visitor(database, kind="preview"), walk.passes())
    assert collect(database)["participants"].height == 0
    walk.walk(visitor(database, kind="simulated"), walk.passes())
    assert collect(database)["ratings"]["source"].unique().to_list() == ["simulated"]


def test_the_status_counts_sessions_balance_and_where_people_stopped(database):
    walk.walk(visitor(database), walk.passes())
    walk.walk(visitor(database), until("rate-1-2"))
    with database.write() as connection:
        connection.execute(sa.update(participants).where(participants.c.status == "active").values(seen=now() - timedelta(days=1)))
    walk.walk(visitor(database), until("about"))
    found = status(database)
    assert found["completed"] == 1 and found["sessions"] == {"active": 1, "completed": 1, "left": 1}
    assert found["stopped"] == {"rate-1-2": 1} and found["balance"]["spread"] == 1
    assert sum(n for _, n, _ in found["balance"]["systems"]) == 4
    assert json.loads(json.dumps(found)) == json.loads(json.dumps(found))


def test_no_combination_in_an_export_is_shared_by_fewer_than_five(filled, tmp_path):
    note = export(filled, tmp_path / "out")
    for name in ("csv", "parquet"):
        table = getattr(pl, f"read_{name}")(tmp_path / "out" / f"participants.{name}")
        sizes = table.group_by(FIELDS).len()["len"]
        assert table.height == 60 and sizes.min() >= 5
        assert not {"ethnicity", "trauma_experience", "chatbot_use", "seconds"} & set(table.columns)
    assert note["coarsened"] and json.loads((tmp_path / "out" / "export.json").read_text())["coarsened"] == note["coarsened"]
    shown = pl.read_parquet(tmp_path / "out" / "margins.parquet")
    sums = shown.group_by("question").agg(pl.col("participants").sum())
    assert shown["participants"].min() >= 5 and set(sums["participants"]) == {60}


def test_an_export_tells_no_names_of_the_database_and_keeps_flagged_sessions(filled, tmp_path):
    export(filled, tmp_path / "out")
    names = [p.name for p in everything(filled, participants)]
    whole = b"".join(p.read_bytes() for p in (tmp_path / "out").iterdir())
    assert not [n for n in names if n.encode() in whole]
    ratings, people_ = (pl.read_csv(tmp_path / "out" / f"{n}.csv") for n in ("ratings", "participants"))
    assert set(ratings["participant_id"]) <= set(people_["participant_id"]) and people_["flags"].drop_nulls().len() > 0


def test_the_codebook_describes_every_column_and_labels_are_ready_for_spss_and_r(filled, tmp_path):
    export(filled, tmp_path / "out")
    book = pl.read_csv(tmp_path / "out" / "codebook.csv").fill_null("")
    for name in ("ratings", "participants", "margins"):
        columns = pl.read_csv(tmp_path / "out" / f"{name}.csv").columns
        assert set(book.filter(pl.col("table") == name)["column"]) == set(columns)
    assert book["label"].str.len_chars().min() > 0
    spss, r = (tmp_path / "out" / "labels.sps").read_text(), (tmp_path / "out" / "labels.R").read_text()
    assert "VALUE LABELS gender 'woman' 'Woman'" in spss and "levels = c('woman'" in r
    assert all(line.endswith(".") for line in spss.splitlines())


def test_texts_are_left_out_unless_asked_for_and_never_run_in_a_spreadsheet(database, tmp_path):
    guest = visitor(database)
    page = walk.walk(guest, until("debrief"))[-1]
    guest.post(page.action, page.hidden | {"comment": ["=HYPERLINK(1)" + HOSTILE]})
    assert "texts" not in export(database, tmp_path / "a")["rows"]
    assert b"HYPERLINK" not in b"".join(p.read_bytes() for p in (tmp_path / "a").iterdir())
    assert export(database, tmp_path / "b", texts=True)["rows"]["texts"] == 1
    assert "'=HYPERLINK" in (tmp_path / "b" / "texts.csv").read_text()
    assert plain_csv(pl.DataFrame({"a": ["-1", "b"]})).splitlines()[1] == "'-1"


MORE = [
    {
        "name": "life",
        "title": "Your life",
        "questions": [
            {"name": "story", "ask": "What do you do?", "required": False},
            {"name": "job", "ask": "Your work?", "other": "own", "options": {"nurse": "Nurse", "own": "In my own words"}},
            {"name": "moods", "ask": "Which?", "many": True, "options": {"sad": "Sad", "glad": "Glad"}},
        ],
    }
]
COUNTY = {"name": "county", "ask": "Where?", "options": {"kent": "Kent", "devon": "Devon"}}


def telling(page):
    """Answers to the further questions that say who somebody is."""
    fields = {
        "story": ["My name is Jane Doe"],
        "job": ["own"],
        "job_own": ["bell-ringer of Ely"],
        "moods": ["sad", "glad"],
        "county": ["devon"],
    }
    return {name: value for name, value in fields.items() if f'name="{name}"' in page.text}


def told(database, count=1):
    """`count` sessions that answered so."""
    good = walk.passes()
    for _ in range(count):
        walk.walk(visitor(database), lambda page: good(page) | telling(page))


@pytest.fixture
def asked(tmp_path):
    """A study with further questions."""
    opened, _ = study(tmp_path / "run", small(questionnaires=MORE, demographics=[*design().model_dump()["demographics"], COUNTY]))
    yield opened
    opened.close()


def whole(folder):
    """All that stands in the CSV files and labels of an export."""
    return "".join(p.read_text() for p in folder.iterdir() if p.suffix != ".parquet")


def test_free_text_and_own_words_of_a_questionnaire_leave_only_as_texts(asked, tmp_path):
    told(asked)
    for more in ({}, {"extras": True}):
        export(asked, tmp_path / "out", **more)
        tables = [pl.read_parquet(p) for p in (tmp_path / "out").glob("*.parquet")]
        assert "Jane" not in whole(tmp_path / "out") + str([t.to_dicts() for t in tables]) and "Ely" not in whole(tmp_path / "out")
    export(asked, tmp_path / "out", texts=True)
    assert set(pl.read_csv(tmp_path / "out" / "texts.csv")["text"]) == {"My name is Jane Doe", "bell-ringer of Ely"}
    export(asked, tmp_path / "out")
    assert "Jane" not in whole(tmp_path / "out"), "texts of an earlier export are taken away"


def test_further_questions_are_counted_and_each_persons_answers_need_a_word_and_bring_a_warning(asked, tmp_path):
    told(asked, 5)
    note = export(asked, tmp_path / "out")
    shown = pl.read_csv(tmp_path / "out" / "margins.csv").filter(pl.col("question").str.contains(".", literal=True))
    assert note["warnings"] == [] and not (tmp_path / "out" / "extras.csv").exists()
    assert shown.rows() == [("demographics.county", "devon", 5), ("life.job", "own", 5), ("life.moods", "sad; glad", 5)]
    code, out = tide("study", "export", "--extras", "--run", str(tmp_path / "run"))
    assert code == 0 and "warning: extras.csv" in out
    table = pl.read_csv(tmp_path / "run" / "study" / "export" / "extras.csv")
    assert table.height == 15 and set(table["question"]) == {"county", "job", "moods"}
    assert pl.read_parquet(tmp_path / "run" / "ratings" / "study" / "extras.parquet").height == 15, "in the house they are kept"


def test_a_further_answer_that_few_gave_is_told_of_nobody(asked, tmp_path):
    told(asked, 4)
    export(asked, tmp_path / "out")
    assert "devon" not in (tmp_path / "out" / "margins.csv").read_text()


def test_a_demographic_question_of_any_name_is_answered_and_counted(tmp_path):
    odd = [{"name": name, "ask": "?", "options": {"a": "A"}} for name in ("role", "language", "participant_id", "job")]
    opened, _ = study(tmp_path / "run", small(demographics=odd))
    walk.walk(visitor(opened), walk.passes())
    export(opened, tmp_path / "out")
    asked = set(pl.read_csv(tmp_path / "out" / "margins.csv")["question"])
    assert {f"demographics.{q['name']}" for q in odd} <= asked
    (person,) = collect(opened)["participants"].to_dicts()
    assert person["role"] == "lay" and person["language"] == "en"
    opened.close()


def levels(folder):
    """{column: levels} as labels.R gives them."""
    lines = (folder / "labels.R").read_text().splitlines()
    found = [re.search(r"factor\(d\$(\w+), levels = c\((.*)\), labels", line) for line in lines]
    return {m[1]: re.findall(r"'((?:[^'\\]|\\.)*)'", m[2]) for m in found if m}


def test_every_exported_value_is_a_level_of_its_factor_coarsened_ones_too(filled, tmp_path):
    assert any("ages merged" in line for line in export(filled, tmp_path)["coarsened"])
    people_ = pl.read_csv(tmp_path / "participants.csv", infer_schema=False)
    book = pl.read_csv(tmp_path / "codebook.csv", infer_schema=False).fill_null("")
    spss, known = (tmp_path / "labels.sps").read_text(), levels(tmp_path)
    assert set(known) == set(FIELDS) and set(MERGED_AGES.values()) <= set(people_["age_group"])
    for field in FIELDS:
        values = set(people_[field].fill_null(""))
        assert values <= set(known[field])
        assert values <= set(book.filter(pl.col("table") == "participants", pl.col("column") == field)["value"])
        line = next(line for line in spss.splitlines() if line.startswith(f"VALUE LABELS {field} "))
        assert all(f"'{v}' '" in line for v in values)


@pytest.mark.skipif(shutil.which("Rscript") is None, reason="R isn't installed")
def test_r_reads_an_export_with_labels_and_loses_no_value(filled, tmp_path):
    export(filled, tmp_path)
    code = "source('labels.R'); d <- label(read.csv('participants.csv', colClasses = 'character'))"
    code += "; cat(sum(is.na(d[c('age_group', 'gender', 'education')])), nrow(d), attr(d$gender, 'label'))"
    ran = subprocess.run(["Rscript", "-e", code], cwd=tmp_path, capture_output=True, text=True, check=True)
    assert ran.stdout == "0 60 in the words of the study's options".replace("'", "’")


def test_labels_keep_values_with_quotes_as_they_are(tmp_path):
    made = small(demographics=[{"name": "gender", "ask": "?", "options": {"don't say\\": "I don't", "-1": "Other"}}])
    opened, _ = study(tmp_path / "run", made)
    export(opened, tmp_path / "out")
    assert levels(tmp_path / "out")["gender"][:2] == ["don\\'t say\\\\", "\\'-1"], "as the CSV file has them"
    assert "'don''t say\\' 'I don’t'" in (tmp_path / "out" / "labels.sps").read_text()
    opened.close()


def exported(database, run):
    """A run into which full and de-identified tables were written; their folders."""
    export(database, run / "study" / "export", texts=True)
    into_run(database, run)
    return run / "ratings" / "study", run / "study" / "export"


def test_the_participants_own_button_takes_them_out_of_what_exports_left_in_the_run(database, tmp_path):
    run = tmp_path / "run"
    walk.walk(visitor(database), walk.passes())
    guest = visitor(database, folder=run / "study")
    walk.walk(guest, walk.passes())
    full, out = exported(database, run)
    (full / "notes.txt").write_text("the owner's own")
    late = visitor(database, folder=run / "study")
    walk.walk(late, until("about"))
    late.post("/withdraw", late.get("/withdraw").hidden)
    assert (full / "ratings.parquet").exists() and (out / "ratings.csv").exists(), "who isn't in them takes nothing away"
    guest.post("/withdraw", guest.get("/withdraw").hidden)
    assert [p.name for p in full.iterdir()] == ["notes.txt"] and list(out.iterdir()) == []
    assert len([a for a in everything(database, audit) if "held this person and was deleted" in a.what]) == 2
    (left,) = everything(database, participants)
    exported(database, run)
    assert pl.read_parquet(full / "participants.parquet")["participant_id"].to_list() == [left.name]


def test_the_end_of_retention_takes_people_out_of_what_exports_left_in_the_run(database, tmp_path):
    for _ in range(2):
        walk.walk(visitor(database), walk.passes())
    full, out = exported(database, tmp_path / "run")
    with database.write() as connection:
        connection.execute(sa.update(participants).values(seen=now() - timedelta(days=366)))
    people.retain(database, folder=tmp_path / "run" / "study")
    assert list(full.iterdir()) == list(out.iterdir()) == []


def test_withdrawal_on_request_says_that_the_exported_tables_are_gone(database, tmp_path):
    walk.walk(visitor(database), walk.passes())
    full, out = exported(database, tmp_path / "run")
    code, said = tide("study", "withdraw", everything(database, participants)[0].name, "--run", str(tmp_path / "run"))
    assert code == 0 and "ratings were written anew" in said and "exported tables held this person and are deleted" in said
    assert list(out.iterdir()) == [] and pl.read_parquet(full / "ratings.parquet").height == 0


def test_an_exported_table_that_cant_be_read_goes_too_and_one_that_cant_be_deleted_stops_nobody(database, tmp_path, monkeypatch):
    walk.walk(visitor(database), walk.passes())
    full, out = exported(database, tmp_path / "run")
    (full / "ratings.parquet").write_bytes(b"broken")
    (full / "participants.parquet").unlink()

    def refuse(*_, **__):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("tidelab.study.export._delete", refuse)
    assert people.withdraw(database, everything(database, participants)[0].name, folder=tmp_path / "run" / "study")
    assert everything(database, participants) == [] and (out / "ratings.csv").exists()
    assert len([a for a in everything(database, audit) if "can't be deleted (Permission denied)" in a.what]) == 2


def test_every_adverse_event_can_be_read_not_only_the_newest_fifty(database):
    with database.write() as connection:
        rows = [{"at": now(), "step": "debrief", "what": f"sign {i}", "done": "noted"} for i in range(61)]
        connection.execute(sa.insert(adverse), rows)
    assert [e["what"] for e in status(database)["adverse"]] == [f"sign {i}" for i in reversed(range(61))]


def test_the_full_tables_land_in_the_run_and_a_withdrawal_writes_them_anew(database, tmp_path):
    for _ in range(2):
        walk.walk(visitor(database), walk.passes())
    run = tmp_path / "run"
    code, _ = tide("study", "export", "--run", str(run))
    table = pl.read_parquet(run / "ratings" / "study" / "ratings.parquet")
    assert code == 0 and table.columns == list(Rating.model_fields) and table["participant_id"].n_unique() == 2
    gone = table["participant_id"][0]
    assert tide("study", "withdraw", gone, "--run", str(run))[0] == 0
    assert gone not in pl.read_parquet(run / "ratings" / "study" / "ratings.parquet")["participant_id"].to_list()
    with pytest.raises(TidelabError, match="nobody is called so"):
        tide("study", "withdraw", gone, "--run", str(run))


VALUES = (("18-24", "35-44", "75+", ""), ("woman", "man", "x"), ("school", "graduate", ""))


@given(st.lists(st.tuples(*(st.sampled_from(v) for v in VALUES)), max_size=60))
@settings(max_examples=150, deadline=None)
def test_suppression_always_ends_with_five_in_each_combination_or_nothing_shown(people_):
    rows = [dict(zip(FIELDS, p, strict=True)) for p in people_]
    found, done = suppress(rows)
    sizes = Counter(tuple(r.values()) for r in found)
    assert len(found) == len(rows)
    assert all(n >= 5 for n in sizes.values()) or set(sizes) <= {(SUPPRESSED,) * 3}
    assert done or found == rows


@given(st.lists(st.sampled_from("abcdef"), max_size=60))
def test_margins_add_up_and_hide_what_few_gave(values):
    found = margins(values)
    assert sum(found.values()) == len(values)
    assert all(n >= 5 for n in found.values()) or len(found) == 1


def test_a_restored_backup_is_the_same_and_brings_nobody_back(filled, tmp_path):
    file, folder = tmp_path / "backup.gz", tmp_path / "kept"
    rows = backup.backup(filled, file)
    assert rows["study_participants"] == 60 and file.stat().st_mode & 0o077 == 0
    gone = everything(filled, participants)[7].name
    people.withdraw(filled, gone, folder=folder)
    other = store.open_database(f"sqlite:///{tmp_path / 'other.db'}")
    told = backup.restore(other, file, folder=folder)
    assert told["withdrawn"] == 1
    kept = [p for p in everything(filled, participants) if p.name != gone]
    assert everything(other, participants) == kept
    assert everything(other, answers) == everything(filled, answers)
    assert "deleted again" in " ".join(a.what for a in everything(other, audit))
    assert status(other)["completed"] == status(filled)["completed"]
    assert fill(other, World(Effects(), 9), 2) >= 0, "life goes on after a restore"
    with pytest.raises(TidelabError, match="already holds a study"):
        backup.restore(other, file, folder=folder)
    other.close()


def test_a_restore_without_the_list_of_withdrawals_or_of_a_broken_file_is_refused(filled, tmp_path):
    file = tmp_path / "backup.gz"
    backup.backup(filled, file)
    empty = store.open_database(f"sqlite:///{tmp_path / 'empty.db'}")
    with pytest.raises(TidelabError, match="list of withdrawals is missing"):
        backup.restore(empty, file, folder=tmp_path / "nowhere")
    altered = gzip.compress(gzip.decompress(file.read_bytes()).replace(b"completed", b"Completed", 1))
    for broken in (b"", b"text", gzip.compress(b"{}\n{}"), file.read_bytes()[:-400], altered):
        file.write_bytes(broken)
        with pytest.raises(TidelabError, match="no whole backup"):
            backup.restore(empty, file, folder=None)
    assert everything(empty, participants) == []
    empty.close()


def test_rows_are_deleted_at_the_end_of_the_retention_period(database, tmp_path):
    for _ in range(2):
        walk.walk(visitor(database), walk.passes())
    first, second = everything(database, participants)
    with database.write() as connection:
        connection.execute(sa.update(participants).where(participants.c.id == first.id).values(seen=now() - timedelta(days=366)))
    assert people.retain(database, folder=tmp_path) == 1
    assert [p.name for p in everything(database, participants)] == [second.name]
    assert {a.participant_id for a in everything(database, answers)} == {second.id}


def test_an_identity_of_a_recruiting_service_withdraws_too(database, tmp_path):
    walk.walk(visitor(database), walk.passes(), start="/?survey_code=4711")
    assert not people.withdraw_external(database, "sona", "4712", folder=tmp_path)
    assert people.withdraw_external(database, "sona", "4711", folder=tmp_path)
    assert everything(database, participants) == []


def test_every_verb_of_the_study_speaks_json(tmp_path):
    database, run = study(tmp_path / "run", small())
    (run.path / "study" / "study.yaml").write_text(small().text())
    walk.walk(visitor(database), walk.passes())
    into_run(database, run.path)
    for verb in (["status"], ["export"], ["backup"], ["invite", "--role", "lived", "--count", "2"], ["invite", "A", "--role", "reviewer"]):
        code, out = tide("study", *verb, "--run", str(run.path), "--json")
        assert code == 0 and isinstance(json.loads(out), dict)
    code, out = tide("study", "status", "--run", str(run.path))
    assert code == 0 and "1 of 60 sessions completed" in out
    for wrong in (["invite", "--role", "reviewer"], ["invite", "A", "--role", "lay"]):
        with pytest.raises(TidelabError):
            tide("study", *wrong, "--run", str(run.path))
    database.close()
