"""The study in more than one language: chosen at the start, kept with the session, complete, and reviewed before it meets the public."""

import ast
import re
import string
from pathlib import Path

import pytest
import yaml

import tidelab
from tests.study import tide
from tests.study_room.studies import CONSENT, Visitor, design, everything, make_run, small, study, until, written
from tidelab.errors import TidelabError
from tidelab.study import begin, people, store, walk
from tidelab.study.app import study_app
from tidelab.study.collect import collect
from tidelab.study.design import defaults, load
from tidelab.study.export import export
from tidelab.study.tables import answers, participants
from tidelab.web import words as catalogue
from tidelab.web.words import accepted, languages, words

SOURCE = Path(tidelab.__file__).parent
ROOMS = ("web", "study")
TEMPLATES = sorted(p for room in ROOMS for p in (SOURCE / room / "templates").glob("*.html.j2"))
SPANISH = (
    "Este es el texto de consentimiento de un estudio de prueba, bastante largo para pasar por uno, que nadie lee fuera de una prueba."
)


def both(count=10, **more):
    """The small study in English and Spanish."""
    spanish = defaults("es") | {"consent": SPANISH, "topic_words": {"guilt": "culpa", "sleep": "sueño"}}
    return small(count, languages=["en", "es"], translations={"es": spanish}, **more)


@pytest.fixture
def database(tmp_path):
    opened, _ = study(tmp_path / "run", both())
    yield opened
    opened.close()


def places(text):
    return sorted(name for _, name, _, _ in string.Formatter().parse(text) if name is not None)


@pytest.mark.parametrize("room", ROOMS)
def test_every_catalogue_has_the_same_keys_and_places_as_english_and_says_something(room):
    english = yaml.safe_load((SOURCE / room / "languages" / "en.yaml").read_text("utf-8"))["words"]
    assert languages(room) == languages("study") and "en" in languages(room)
    for language in languages(room):
        document = yaml.safe_load((SOURCE / room / "languages" / f"{language}.yaml").read_text("utf-8"))
        assert document.keys() == {"name", "reviewed", "words"} and isinstance(document["reviewed"], bool)
        assert document["words"].keys() == english.keys()
        for key, text in document["words"].items():
            assert isinstance(text, str) and text.strip() and places(text) == places(english[key]), (language, key)


def test_what_a_machine_wrote_says_so_and_counts_as_unreviewed():
    for room in ROOMS:
        for path in (SOURCE / room / "languages").glob("*.yaml"):
            by_machine = "Written by a language model" in path.read_text("utf-8")
            assert by_machine is not yaml.safe_load(path.read_text("utf-8"))["reviewed"] is (path.stem == "en"), path
    assert words("en", "study").reviewed and not words("es", "study").reviewed


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda p: f"{p.parents[1].name}-{p.stem}")
def test_no_template_holds_a_word_of_its_own(path):
    text = re.sub(r"\{#.*?#\}", "", path.read_text("utf-8"), flags=re.S)
    said = re.findall(r'\b(?:aria-label|title|placeholder|alt|content)="([^"{]*[A-Za-z][^"{]*)"', text)
    assert [s for s in said if s != "width=device-width, initial-scale=1"] == []
    for inside in re.findall(r"\{[{%](.*?)[%}]\}", text, flags=re.S):
        for literal in re.findall(r'"([^"]*)"', re.sub(r'include "[^"]*"|extends "[^"]*"|from "[^"]*"', "", inside)):
            assert not re.search(r"[A-Z]|[a-z] [a-z]", literal), f"{literal!r} reads like words; put it into the catalogues"
    bare = re.sub(r"\{[{%].*?[%}]\}", "", text, flags=re.S)
    bare = re.sub(r"<[^>]*>", "", bare).replace("doctype", "")
    assert not re.search(r"[^\W\d_]", bare), bare.strip()


def keys_in(path):
    """String constants with which a page refuses: HTTPException(status, KEY), Refused(KEY), say(KEY), words(...)(KEY)."""
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Call) and getattr(node.func, "id", "") in ("HTTPException", "Refused", "say"):
            told = node.args[-1] if node.func.id == "HTTPException" else node.args[0] if node.args else None
            if isinstance(told, ast.Constant) and isinstance(told.value, str):
                yield told.value


def test_every_key_that_pages_use_is_in_the_catalogue_and_every_key_is_used():
    known = words("en", "study").said.keys()
    code = [p for room in ROOMS for p in (SOURCE / room).rglob("*.py")]
    used = {key for path in code for key in keys_in(path)}
    assert used <= known, used - known
    everywhere = "".join(p.read_text("utf-8") for p in [*code, *TEMPLATES])
    built = ("title_", "step_", "number_", "end_", "condition_", "to_", "paused", "closed")
    assert [k for k in known if f'"{k}"' not in everywhere and not k.startswith(built)] == []


def test_participants_choose_at_the_start_and_every_page_is_in_their_language(database):
    app = study_app(database, folder=None)
    guest = Visitor(app)
    door = guest.get("/")
    assert 'href="/?language=es' in door.text and '<html lang="en" dir="ltr">' in door.text
    pages = walk.walk(guest, walk.passes(), start="/?language=es")
    assert pages[-1].path == "/end" and {p.language for p in pages} == {"es"}
    row = everything(database, participants)[0]
    assert row.language == "es" and row.status == "completed"
    texts = "".join(p.text for p in pages)
    for english in (">Go on<", "Help and support", "Emotion recognition", "A person writes", "Step 1 of", "Please choose", CONSENT):
        assert english not in texts, english
    for spanish in ("Continuar", "Ayuda y apoyo", "Reconocimiento de la emoción", "Una persona escribe", SPANISH, "culpa"):
        assert spanish in texts, spanish
    rated = next(p for p in pages if p.step.startswith("rate"))
    assert rated.text.count('dir="auto" lang="en"') == 2, "what is read out in English says so"
    assert {a.value for a in everything(database, answers) if a.question == "emotion_recognition"} == {"4"}, "values have no language"


def test_consent_keeps_the_hash_of_the_text_that_was_read(database):
    app = study_app(database, folder=None)
    for language in ("en", "es"):
        walk.walk(Visitor(app), until("topics"), start=f"/?language={language}")
    agreed = [a.value for a in everything(database, answers) if a.question == "text"]
    assert len({a["sha256"] for a in agreed}) == 2 and {a["version"] for a in agreed} == {"1"}


@pytest.mark.parametrize(
    ("header", "language"),
    [("es-MX,es;q=0.9,en;q=0.8", "es"), ("fr, en;q=0.3, es;q=0.7", "es"), ("fr", "en"), ("", "en"), ("es;q=x", "en")],
)
def test_the_browsers_language_is_the_one_to_begin_with(database, header, language):
    guest = Visitor(study_app(database, folder=None))
    guest.client.headers["accept-language"] = header
    assert guest.get("/").language == guest.get("/nowhere").language == language == accepted(header, ["en", "es"])


def test_who_comes_by_a_link_may_change_the_language_until_the_first_answer(database):
    guest = Visitor(study_app(database, folder=None))
    (token,) = people.invite(database, "clinician", 1)
    page = guest.get(f"/p/{token}")
    assert page.step == "consent" and page.language == "en" and 'action="/language"' in page.text
    spanish = guest.post("/language", page.hidden | {"language": ["es"]})
    assert spanish.step == "consent" and spanish.language == "es" and SPANISH in spanish.text
    assert guest.post("/language", page.hidden | {"language": ["xx"]}).language == "es"
    assert guest.post("/language", {"language": ["en"]}).status == 403
    walk.walk(guest, until("about"))
    late = guest.post("/language", page.hidden | {"language": ["en"]})
    assert late.language == "es" and "/language" not in late.text, "the consent was given in it"


def test_errors_and_refusals_speak_the_language_too(database):
    app = study_app(database, folder=None)
    guest = Visitor(app)
    walk.walk(guest, until("about"), start="/?language=es")
    assert "No hay nada en esta dirección" in guest.get("/staff/adverse").text or guest.get("/nowhere").status == 404
    assert "elija una respuesta" in guest.post("/s/about", {"csrf": [everything(database, participants)[0].csrf]}).text
    with database.write() as connection:
        store.put(connection, "condition", "paused")
    late = Visitor(app)
    page = late.get("/?language=es&PROLIFIC_PID=abc")
    refused = late.post("/join", page.hidden)
    assert "El estudio está en pausa" in refused.text and refused.hidden["prolific"] == ["abc"], "the identity is not lost by trying again"


def test_a_language_that_nobody_has_reviewed_is_not_served_to_the_public_and_is_once_its_owner_says_so(tmp_path, monkeypatch):
    from tidelab.web import serve

    served = []
    monkeypatch.setattr(serve, "serve", lambda app, address: served.append(address.host))
    run = written(make_run(tmp_path / "run"), both()).path
    public = ("study", "serve", "--run", str(run), "--host", "0.0.0.0", "--behind-proxy", "127.0.0.1")
    with pytest.raises(TidelabError, match="es were written by a machine"):
        tide(*public)
    assert tide("study", "serve", "--run", str(run))[0] == 0, "this machine may look"
    written_again = both(reviewed=["es"])
    (run / "study" / "study.yaml").write_text(written_again.text())
    assert tide(*public)[0] == 0 and served == ["127.0.0.1", "0.0.0.0"]
    assert both().sha256() == written_again.sha256(), "a review makes no new version"


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"languages": ["en", "xx"]}, "no catalogue of `xx`"),
        ({"languages": ["en", "en"]}, "names one twice"),
        ({"languages": ["en"], "translations": {"es": defaults("es")}}, "must hold: nothing"),
        ({"languages": ["en", "es"]}, "must hold: es"),
        ({"translations": {"es": defaults("es") | {"scales": {}}}}, "scales.emotion_recognition is missing"),
        (
            {"translations": {"es": defaults("es") | {"questions": defaults("es")["questions"] | {"new": {"ask": "?"}}}}},
            "nothing of this name",
        ),
        (
            {"translations": {"es": defaults("es") | {"questions": defaults("es")["questions"] | {"adult": {"ask": "?"}}}}},
            "give words for yes, no",
        ),
    ],
)
def test_a_translation_that_does_not_fit_is_told(tmp_path, change, told):
    path = tmp_path / "study.yaml"
    document = design().model_dump(mode="json") | {"languages": ["en", "es"]} | change
    path.write_text(yaml.safe_dump(document, sort_keys=False))
    with pytest.raises(TidelabError, match=re.escape(told)):
        load(path)


def test_consent_and_topics_must_be_written_in_each_language():
    assert both().unready() == []
    fresh = small(languages=["en", "es"], translations={"es": defaults("es") | {"topic_words": {"guilt": "[guilt]"}}})
    assert [line.partition(":")[0] for line in fresh.unready()] == ["translations.es.consent", "translations.es.topic_words"]


@pytest.mark.parametrize("order", [["es"], ["en", "es"], ["es", "en"]])
def test_init_writes_the_texts_of_the_languages_asked_for(tmp_path, order):
    run = make_run(tmp_path / "run", 12)
    asked = [word for language in order for word in ("--language", language)]
    code, out = tide("study", "init", "--run", str(run.path), "--simulations", "0", *asked)
    made = load(run.path / "study" / "study.yaml")
    assert code == 0 and made.languages == order and "reviewed: of es" in out
    assert made.said("es").scales[0].title == "Reconocimiento de la emoción"
    assert "en" not in order or made.said("en").scales[0].title == "Emotion recognition"
    with pytest.raises(TidelabError, match="no words in `xx`"):
        begin.design(run, [], 5, (5, 4), seed=1, name="x", languages=["xx"])


def test_a_study_kept_before_there_were_languages_reads_as_it_was():
    old = design().model_dump(mode="json", exclude={"languages", "translations", "reviewed", "items_language", "topic_words"})
    assert type(design()).model_validate(old | {"language": "es"}).language == "es"


def test_the_language_is_in_the_full_table_and_a_margin_with_its_words_in_the_export(database, tmp_path):
    import polars as pl

    app = study_app(database, folder=None)
    for language in ["en"] * 5 + ["es"] * 5:
        walk.walk(Visitor(app), walk.passes(), start=f"/?language={language}")
    assert collect(database)["participants"]["language"].to_list() == ["en"] * 5 + ["es"] * 5
    export(database, tmp_path / "out")
    assert "language" not in pl.read_csv(tmp_path / "out" / "participants.csv").columns
    margins = pl.read_csv(tmp_path / "out" / "margins.csv").filter(question="language")
    assert dict(margins.select("answer", "participants").iter_rows()) == {"en": 5, "es": 5}
    book = pl.read_csv(tmp_path / "out" / "codebook.csv").filter(pl.col("table") == "margins")
    meaning = dict(book.select("value", "meaning").iter_rows())
    assert "Español (words unreviewed)" in meaning["es"] and "taken" in meaning["language"]


def test_a_language_written_from_right_to_left_turns_the_page(tmp_path, monkeypatch):
    monkeypatch.setattr(catalogue, "RIGHT_TO_LEFT", frozenset({"es"}))
    database, _ = study(tmp_path / "run", both())
    page = Visitor(study_app(database, folder=None)).get("/?language=es")
    assert '<html lang="es" dir="rtl">' in page.text
    sheet = (SOURCE / "web" / "static" / "style.css").read_text()
    assert not re.search(r"(margin|padding|border|text-align:)[- ]?(left|right)|^\s*(left|right):", sheet, flags=re.M), (
        "sides by logical names"
    )
    database.close()
