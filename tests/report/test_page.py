import itertools
import re
from html.parser import HTMLParser

import pytest

from tests.report import runs

HOSTILE = "<script>alert('x')</script><img src=http://evil.example/x onerror=alert(1)>\x00 {{ 7*7 }} 🙂 שלום \u202eabc"


class Tags(HTMLParser):
    """Open and closed tags, attributes and ids of a page."""

    void = frozenset({"meta", "link", "br", "img", "input", "hr", "use", "path"})

    def __init__(self):
        super().__init__()
        self.stack, self.ids, self.tags, self.attributes = [], [], [], []

    def handle_starttag(self, tag, attributes):
        self.tags.append(tag)
        self.attributes += [(tag, *a) for a in attributes]
        self.ids += [v for k, v in attributes if k == "id"]
        if tag not in self.void:
            self.stack.append(tag)

    def handle_startendtag(self, tag, attributes):
        self.tags.append(tag)
        self.attributes += [(tag, *a) for a in attributes]
        self.ids += [v for k, v in attributes if k == "id"]

    def handle_endtag(self, tag):
        if tag not in self.void:
            assert self.stack.pop() == tag


@pytest.fixture
def tags(html):
    parser = Tags()
    parser.feed(html)
    parser.close()
    return parser


def test_tags_are_closed_ids_are_single_and_links_lead_somewhere(tags):
    assert tags.stack == []
    assert len(tags.ids) == len(set(tags.ids))
    targets = {value[1:] for _, name, value in tags.attributes if name == "href" and value.startswith("#")}
    assert targets <= set(tags.ids)


def test_nothing_is_asked_of_the_network(html, tags):
    for tag, name, value in tags.attributes:
        if name in ("src", "href", "xlink:href", "srcset", "action"):
            assert value.startswith(("#", "data:")), (tag, name, value)
    assert "@import" not in html
    assert "default-src 'none'" in html


def test_headings_go_down_one_level_at_a_time(tags):
    levels = [int(t[1]) for t in tags.tags if re.fullmatch(r"h[1-6]", t)]
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(b - a <= 2 for a, b in itertools.pairwise(levels))


def test_nano_and_rehearsal_stand_wherever_their_numbers_stand(html):
    rows = re.findall(r"<tr>\s*<th scope=\"row\">(nano-.*?)</th>", html, flags=re.S)
    named = [row for row in rows if "@" not in row]  # system ids among the losses carry no numbers of their own
    assert len(named) > 40
    assert all('<span class="mark">nano</span>' in row for row in named)
    for heading in re.findall(r"<h3>(Rehearsal conversations.*?)</h3>", html, flags=re.S):
        assert '<span class="mark">rehearsal</span>' in heading


def test_every_headline_mean_stands_on_the_page(html, study):
    for row in study.means.filter(study.means["metric"] == "cosine").to_dicts():
        assert f"<td>{row['mean']:.3f}<span" in html


def test_it_says_what_it_is_not(html):
    for words in ("no medical device", "replaces no clinical care", "not testable here", "Before you read", "can’t see"):
        assert words in html


def test_how_it_was_made_stands_on_it(html, run):
    for words in ("tide run quick --out &#39;my runs&#39;", "abc123def456", "A CPU", "CC-BY-4.0", "cosine|v:1", "2026-01-02 03:04:05 UTC"):
        assert words in html
    assert run.done("analysis/means")["fingerprint"][:16] in html


def test_unscored_replies_are_shown_with_their_reason(tmp_path):
    experiment = runs.experiment(students=["nano:1m"], scoring={"metrics": ["length"]})
    run = runs.make(tmp_path / "one", experiment, personas={"imported": 1})  # six conversations: all are shown
    text = (run.path / "report" / "index.html").read_text("utf-8")
    assert "Unscored: the prompt is longer than the model&#39;s window" in text


def test_hostile_text_is_shown_and_never_run(tmp_path):
    experiment = runs.experiment(students=["nano:1m"], scoring={"metrics": ["length"]})
    run = runs.make(tmp_path / "hostile", experiment, personas={"imported": 5}, texts=(HOSTILE, HOSTILE, HOSTILE + " word" * 5000))
    text = (run.path / "report" / "index.html").read_text("utf-8")
    parser = Tags()
    parser.feed(text)
    assert parser.tags.count("script") == 1
    assert "img" not in parser.tags
    assert "&lt;script&gt;alert" in text
    assert "{{ 7*7 }}" in text
    assert "\x00" not in text
    assert "\u202e" not in text
    assert "שלום" in text
    assert "words in all]" in text
    assert len(text) < 1_500_000
