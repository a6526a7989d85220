import hashlib
import json
import re
import time

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st
from typer.testing import CliRunner

from tidelab.cli import app
from tidelab.cli.watch import Silent
from tidelab.corpus import rehearsal, sample, source, stage
from tidelab.corpus.personas import sample as draw
from tidelab.corpus.publish import export, forms
from tidelab.corpus.publish.opened import Corpus, opened
from tidelab.corpus.scenarios import choose
from tidelab.errors import TidelabError
from tidelab.experiment import Experiment
from tidelab.records import Conversation, Persona
from tidelab.run import RunDirectory
from tidelab.run.executor import Local, run_cells

IMPORTABLE = ("tide", "jsonl", "parquet", "hf")


def run(*arguments):
    return CliRunner().invoke(app, ["corpus", *map(str, arguments)])


def corpus_of(conversations, personas=(), scenarios=()):
    people = {p.persona_id: p for p in personas} | {
        c.persona_id: Persona(persona_id=c.persona_id) for c in conversations if c.persona_id not in {p.persona_id for p in personas}
    }
    return Corpus(people, {s.scenario_id: s for s in scenarios}, list(conversations), [], [])


def conversation(n=1, **fields):
    given = {
        "conversation_id": f"c{n}",
        "persona_id": f"p{n}",
        "person": "I can't sleep.",
        "chatbot": "That sounds long.",
        "licence": "MIT",
    }
    return Conversation.model_validate(given | fields)


@pytest.fixture(scope="module")
def both():
    """The sample and a rehearsal, split."""
    people, situations, conversations = sample.load()
    drawn = draw(8, 3)
    for p in drawn:
        for s in choose(p, 3, 3):
            situations.append(s)
            conversations.append(rehearsal.write(p, s, 3))
    everyone = [*people, *drawn]
    names = sorted(p.persona_id for p in everyone)
    splits = {name: ("train", "validation", "test")[i % 3] for i, name in enumerate(names)}
    placed = [c.model_copy(update={"split": splits[c.persona_id]}) for c in conversations]
    return corpus_of(sorted(placed, key=lambda c: c.conversation_id), everyone, situations)


def told(c):
    """What must survive: all but the place in a file, and the split, which every study makes anew."""
    added = {"file", "line", "row", "key", "metadata", "columns"}
    return c.model_dump(exclude={"split", "provenance"}) | {"provenance": {k: v for k, v in c.provenance.items() if k not in added}}


@pytest.mark.parametrize("form", IMPORTABLE)
def test_what_was_exported_is_read_again_as_the_same_conversations_personas_and_scenarios(both, form, tmp_path):
    export(both, form, tmp_path / "out", accept_licence=False)
    found = source.read(str(tmp_path / "out"))
    assert not found.quarantined
    assert sorted(map(told, found.conversations), key=lambda c: c["conversation_id"]) == list(map(told, both.conversations))
    assert {p.persona_id: p for p in found.personas} == both.personas
    used = {c.scenario_id for c in both.conversations}
    assert {s.scenario_id: s for s in found.scenarios} == {k: s for k, s in both.scenarios.items() if k in used}


@pytest.mark.parametrize("form", list(forms.FORMS))
def test_every_form_has_its_card_licence_provenance_checks_and_croissant_file_and_is_the_same_again(both, form, tmp_path):
    for name in ("one", "two"):
        export(both, form, tmp_path / name / "data-set", accept_licence=False)
    one, two = ({p.relative_to(r): p.read_bytes() for p in r.rglob("*") if p.is_file()} for r in (tmp_path / "one", tmp_path / "two"))
    assert one == two
    names = {p.name for p in one}
    assert {"README.md", "LICENSE", "provenance.json", "checks.json", "croissant.json"} <= names
    assert not list((tmp_path / "one").rglob(".*"))


def test_the_hubs_own_library_loads_every_split(both, tmp_path):
    import datasets

    export(both, "hf", tmp_path / "out", accept_licence=False)
    loaded = datasets.load_dataset(str(tmp_path / "out"), cache_dir=str(tmp_path / "cache"))
    assert set(loaded) == {"train", "validation", "test"}
    for split, rows in forms.by_split(both).items():
        assert [(r["conversation_id"], r["person"], r["age"]) for r in loaded[split]] == [
            (c.conversation_id, c.person, both.personas[c.persona_id].age) for c in rows
        ]


@pytest.mark.parametrize("form", ["jsonl", "parquet", "chat"])
def test_the_hubs_own_library_loads_the_other_forms_too(both, form, tmp_path):
    import datasets

    export(both, form, tmp_path / "out", accept_licence=False)
    loaded = datasets.load_dataset(str(tmp_path / "out"), cache_dir=str(tmp_path / "cache"))
    assert sum(len(rows) for rows in loaded.values()) == len(both.conversations)
    if form == "chat":
        assert loaded["train"][0]["messages"][0]["role"] == "user"


def test_shards_are_cut_and_named_as_the_hub_names_them(both, tmp_path, monkeypatch):
    monkeypatch.setattr(forms, "SHARD_ROWS", 10)
    export(both, "hf", tmp_path / "out", accept_licence=False)
    names = sorted(p.name for p in (tmp_path / "out" / "data").iterdir() if p.name.startswith("train"))
    rows = len(forms.by_split(both)["train"])
    assert names == [f"train-{n:05d}-of-{-(-rows // 10):05d}.parquet" for n in range(-(-rows // 10))]
    assert len(source.read(str(tmp_path / "out")).conversations) == len(both.conversations)


def header(path):
    return yaml.safe_load((path / "README.md").read_text("utf-8").split("---\n")[1])


def test_the_card_of_a_rehearsal_cannot_be_mistaken(both, tmp_path):
    export(both, "hf", tmp_path / "set", accept_licence=False)
    said = header(tmp_path / "set")
    assert said["license"] == "cc-by-4.0" and said["pretty_name"].startswith("Rehearsal: ") and "rehearsal" in said["tags"]
    text = (tmp_path / "set" / "README.md").read_text("utf-8")
    assert "**Rehearsal data.** 24 of 524 conversations" in text and "can support no claim" in text
    assert "no medical device" in text and "teacher rehearsal" in text and "seed 3" in text
    assert "Rehearsal" in json.loads((tmp_path / "set" / "croissant.json").read_text())["description"]


def test_a_card_without_rehearsed_rows_does_not_speak_of_rehearsal(tmp_path):
    export(opened("sample"), "jsonl", tmp_path / "set", accept_licence=False)
    assert "Rehearsal" not in (tmp_path / "set" / "README.md").read_text("utf-8")


def test_provenance_adds_up_to_the_conversations(both, tmp_path):
    export(both, "jsonl", tmp_path / "set", accept_licence=False)
    told = json.loads((tmp_path / "set" / "provenance.json").read_text())
    assert told["conversations"] == 524 == sum(told["splits"].values()) == sum(told["licences"].values())
    assert sum(o["conversations"] for o in told["written_by"]) == 524
    assert {"source": "rehearsal", "teacher": "rehearsal", "seed": 3, "grammar": rehearsal.GRAMMAR}.items() <= next(
        o for o in told["written_by"] if o["source"] == "rehearsal"
    ).items()


def test_facts_of_single_rows_do_not_make_an_origin_of_each(tmp_path):
    rows = [conversation(n, provenance={"teacher": "x:y", "seconds": n / 7, "tries": n % 3, "prompt": f"h{n % 2}"}) for n in range(50)]
    origins = corpus_of(rows).provenance("hf")["written_by"]
    assert [(o["conversations"], o["teacher"], o["prompt"]) for o in origins] == [(25, "x:y", "h0"), (25, "x:y", "h1")]
    assert not any("seconds" in o or "tries" in o for o in origins)


@pytest.mark.parametrize("form", list(forms.FORMS))
def test_the_croissant_file_describes_what_is_there(both, form, tmp_path):
    root = tmp_path / "set"
    export(both, form, root, accept_licence=False)
    said = json.loads((root / "croissant.json").read_text())
    assert said["@type"] == "sc:Dataset" and said["conformsTo"] == "http://mlcommons.org/croissant/1.0"
    assert said["license"] == "https://creativecommons.org/licenses/by/4.0/"
    ids = {d["@id"] for d in said["distribution"]}
    for d in said["distribution"]:
        if d["@type"] == "cr:FileObject":
            assert d["sha256"] == hashlib.sha256((root / d["contentUrl"]).read_bytes()).hexdigest()
        else:
            assert list(root.glob(d["includes"]))
    for records in said["recordSet"]:
        fields = {f["@id"] for f in records["field"]}
        assert "key" not in records or records["key"]["@id"] in fields
        assert len(fields) == len(records["field"]) >= 2
        assert form != "chat" or "messages" in {f["name"] for f in records["field"]}
        for f in [inner for field in records["field"] for inner in field.get("subField", [field])]:
            assert f["dataType"].startswith("sc:") and f["description"]
            assert (f["source"].get("fileObject") or f["source"]["fileSet"])["@id"] in ids
    keys = set(re.findall(r'"((?!@|sc:|cr:)[a-zA-Z]+)":', json.dumps({k: v for k, v in said.items() if k != "@context"})))
    schema_org = {"name", "description", "license", "version", "keywords", "inLanguage", "distribution"}
    assert keys - schema_org - {"contentUrl", "contentSize", "encodingFormat", "sha256"} <= set(said["@context"])


# What may not be published


@pytest.mark.parametrize(
    ("fields", "named"),
    [
        ({"licence": "CC-BY-NC-4.0"}, "CC-BY-NC-4.0"),
        ({"licence": "cc by-nc 4.0"}, "cc by-nc 4.0"),
        ({"licence": "unknown"}, "unknown"),
        ({"licence": "my own terms"}, "my own terms"),
        ({"licence": "MIT", "provenance": {"gated": True}}, "one by one"),
    ],
)
def test_what_is_not_free_is_refused_by_name_and_published_when_accepted(fields, named, tmp_path):
    corpus = corpus_of([conversation(1), conversation(2, **fields)])
    with pytest.raises(TidelabError, match=named) as raised:
        export(corpus, "hf", tmp_path / "out", accept_licence=False)
    assert "--accept-licence" in raised.value.mend and not (tmp_path / "out").exists()
    export(corpus, "hf", tmp_path / "out", accept_licence=True)
    again = {c.conversation_id: c for c in source.read(str(tmp_path / "out")).conversations}
    assert again["c2"].licence == fields["licence"] and again["c1"].licence == "MIT"
    assert ("extra_gated_prompt" in header(tmp_path / "out")) == ("provenance" in fields)


@pytest.mark.parametrize("licence", ["MIT", "CC-BY-4.0", "cc-by-4.0", "CC0-1.0", "Apache 2.0", "apache-2.0"])
def test_free_licences_need_no_word(licence, tmp_path):
    export(corpus_of([conversation(1, licence=licence)]), "jsonl", tmp_path / "out", accept_licence=False)
    assert header(tmp_path / "out")["license"] in ("mit", "cc-by-4.0", "cc0-1.0", "apache-2.0", "other")


def test_a_non_commercial_card_beside_the_data_reaches_every_row_and_the_export(tmp_path):
    folder = tmp_path / "tide"
    (folder / "conversations").mkdir(parents=True)
    (folder / "README.md").write_text("---\nlicense: cc-by-nc-4.0\n---\n")
    pair = {"person": "I keep hearing it at night, still.", "chatbot": "The nights sound long, and you are alone with it."}
    (folder / "conversations" / "1_conversation.json").write_text(json.dumps({"conversations": {"1": pair}}))
    done = run("export", folder, "--out", tmp_path / "out")
    assert isinstance(done.exception, TidelabError) and "CC-BY-NC-4.0" in done.exception.what
    done = run("export", folder, "--out", tmp_path / "out", "--accept-licence", "--json")
    assert done.exit_code == 0, done.output
    assert json.loads(done.stdout)["licences"] == {"CC-BY-NC-4.0": 1}
    assert "Non" in (tmp_path / "out" / "LICENSE").read_text()


# Bad input


def test_rows_that_fail_a_check_are_left_out_counted_and_end_with_exit_3(tmp_path):
    good = {"person": "I keep hearing it at night, still.", "chatbot": "The nights sound long.", "licence": "MIT", "conversation_id": "a"}
    bad = good | {"chatbot": "I'm sorry, but I can't help with that as an AI language model.", "conversation_id": "b"}
    (tmp_path / "d.jsonl").write_text("\n".join(map(json.dumps, [good, bad])) + "\n{broken")
    done = run("export", tmp_path / "d.jsonl", "--format", "jsonl", "--out", tmp_path / "out", "--json")
    assert done.exit_code == 3, done.output
    assert json.loads(done.stdout)["left_out_by"] == {"read": 1, "prompt_text": 1}
    assert json.loads((tmp_path / "out" / "checks.json").read_text())["left_out"] == {"read": 1, "prompt_text": 1}
    assert [c.conversation_id for c in source.read(str(tmp_path / "out")).conversations] == ["a"]


@pytest.mark.parametrize("taken", ["file", "directory"])
def test_nothing_is_written_over(both, taken, tmp_path):
    out = tmp_path / "out"
    (out.write_text("mine") if taken == "file" else (out.mkdir(), (out / "mine").write_text("mine")))
    with pytest.raises(TidelabError, match="is there already"):
        export(both, "hf", out, accept_licence=False)
    assert (out if taken == "file" else out / "mine").read_text() == "mine"


def test_an_export_that_broke_off_leaves_no_directory_and_does_not_stop_the_next(both, tmp_path, monkeypatch):
    from tidelab.corpus.publish import card

    def full(*_):
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as broken:
        broken.setattr(card, "card", full)
        with pytest.raises(TidelabError, match="No space left"):
            export(both, "hf", tmp_path / "out", accept_licence=False)
    assert not (tmp_path / "out").exists()
    export(both, "hf", tmp_path / "out", accept_licence=False)
    assert sorted(p.name for p in tmp_path.iterdir()) == ["out"]


@pytest.mark.parametrize(("name", "what"), [("rehearsal", "composed within a run"), ("nowhere", "there is no data set")])
def test_what_is_no_corpus_is_told_with_its_mend(name, what):
    with pytest.raises(TidelabError, match=what) as raised:
        opened(name)
    assert raised.value.mend


@pytest.mark.parametrize("form", ["tide", "hf"])
@pytest.mark.parametrize("name", ["a/b", ".hidden", "..", "a_conversation_b", "50%", "é ü", "con:1", "x_metadata", "\U0001f600", "a\nb"])
def test_ids_that_no_file_could_be_named_after_come_back_too(name, form, tmp_path):
    corpus = corpus_of([conversation(1, persona_id=name, conversation_id=f"{name}/1"), conversation(2)], [Persona(persona_id=name, age=30)])
    export(corpus, form, tmp_path / "out", accept_licence=False)
    found = source.read(str(tmp_path / "out"))
    assert sorted(map(told, found.conversations), key=str) == sorted(map(told, corpus.conversations), key=str)
    assert Persona(persona_id=name, age=30) in found.personas


text = st.text(st.characters(exclude_categories=("Cs",), exclude_characters="\0"), max_size=60).filter(str.strip)


@settings(max_examples=40, deadline=None)
@given(st.lists(st.tuples(text, text), min_size=1, max_size=4), st.sampled_from(IMPORTABLE))
def test_any_text_comes_back_byte_for_byte(tmp_path_factory, pairs, form):
    corpus = corpus_of([conversation(n, person=a, chatbot=b) for n, (a, b) in enumerate(pairs)])
    out = tmp_path_factory.mktemp("any") / "out"
    export(corpus, form, out, accept_licence=False)
    assert sorted(map(told, source.read(str(out)).conversations), key=str) == sorted(map(told, corpus.conversations), key=str)


def test_words_of_others_stay_words_in_the_card(tmp_path):
    evil = "</details><script>alert(1)</script> | [x](http://y) `z`\n---\nlicense: mit"
    corpus = corpus_of(
        [conversation(1, licence=evil, theme=evil, scenario_id="s", provenance={"by": evil})], [Persona(persona_id="p1", gender=evil)]
    )
    export(corpus, "hf", tmp_path / "out", accept_licence=True)
    text = (tmp_path / "out" / "README.md").read_text("utf-8")
    body = text.split("\n---\n", 1)[1]
    assert "<script>" not in body and "\nlicense: mit" not in body
    assert header(tmp_path / "out")["license"] == "other"


# Runs


@pytest.fixture(scope="module")
def a_run(tmp_path_factory):
    directory = tmp_path_factory.mktemp("run") / "run"
    run = RunDirectory(directory, create=True)
    settings = {
        "students": ["nano:0.3m"],
        "corpus": {"source": "rehearsal", "personas": 12, "per_persona": 2},
        "nano": {"pretrain_rows": 30},
    }
    run.describe(seed=5)
    run_cells(run, stage.cells(Experiment.model_validate(settings | {"seed": 5})), Silent(), Local())
    return directory


def test_a_run_is_exported_with_its_splits_seed_and_fingerprints(a_run, tmp_path):
    done = run("export", a_run, "--out", tmp_path / "out", "--json")
    assert done.exit_code == 0, done.output
    told = json.loads(done.stdout)
    assert told["conversations"] == 24 and set(told["splits"]) == {"train", "validation", "test"} and told["seed"] == 5
    assert set(told["identity"]) == {"corpus/read", "corpus/check", "corpus/split"} and all(told["identity"].values())
    assert "No persona is in two splits" in (tmp_path / "out" / "README.md").read_text("utf-8")
    assert len(source.read(str(tmp_path / "out")).conversations) == 24


def test_a_run_whose_corpus_is_not_complete_says_so(tmp_path):
    RunDirectory(tmp_path / "run", create=True)
    with pytest.raises(TidelabError, match="no complete corpus"):
        opened(str(tmp_path / "run"))


def test_ten_thousand_conversations_are_exported_in_seconds(tmp_path):
    many = corpus_of([conversation(n, persona_id=f"p{n // 20}", split="train") for n in range(10_000)])
    start = time.process_time()
    export(many, "hf", tmp_path / "out", accept_licence=False)
    assert time.process_time() - start < 20


@pytest.mark.parametrize(
    ("kind", "says"), [("openai", "compete with OpenAI"), ("anthropic", "competing AI models"), ("openai-compatible", "runs the server")]
)
def test_the_providers_terms_stand_with_their_source_in_card_and_licence_of_what_its_model_wrote(kind, says, tmp_path):
    written = conversation(licence=f"LicenseRef-terms-of-{kind}", source="teacher", provenance={"teacher": f"{kind}:m"})
    export(corpus_of([written]), "jsonl", tmp_path / "out", accept_licence=True)
    for file in ("LICENSE", "README.md"):
        text = (tmp_path / "out" / file).read_text("utf-8")
        assert says in text and "unverified" in text and "No legal advice" in text and "not known here" not in text
    assert "stands under Licence" in text


def test_without_a_review_the_card_says_that_no_clinician_is_known_to_have_read_the_rows(both, tmp_path):
    export(both, "jsonl", tmp_path / "out", accept_licence=False)
    assert "no clinician is known to have read them" in (tmp_path / "out" / "README.md").read_text("utf-8")
    assert json.loads((tmp_path / "out" / "provenance.json").read_text("utf-8"))["review"] is None
