"""The page: one HTML file that asks nothing of the network."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping
from typing import TYPE_CHECKING

from tidelab.report import answers, provenance, which
from tidelab.report.behaviour import behaviours
from tidelab.report.claims import SUPPLEMENT, claims
from tidelab.report.compared import compared
from tidelab.report.failures import counted, failures
from tidelab.report.figures.canvas import Panel
from tidelab.report.figures.curves import curve_panels
from tidelab.report.figures.gain import gain_panels
from tidelab.report.figures.heat import heat_panels
from tidelab.report.figures.which import which_panels
from tidelab.report.figures.whole import whole_panels
from tidelab.report.gallery import plain, readings
from tidelab.report.losses import flagged, quarantined, shown, unscored
from tidelab.report.names import headline_metrics, marks, metric_note
from tidelab.report.numbers import count, many, score
from tidelab.report.scoreboard import boards, gain_tables
from tidelab.report.summary import what_was_found, what_was_run
from tidelab.safety.axes import SERIOUS
from tidelab.text.acts import FACTORS

CAPTIONS = {
    "by_scenario": "Blue: fine-tuning scored higher; orange: lower; the deeper, the more. Levels of few rows are drawn towards the mean. "
    "Under each gain its interval where there is room; the data hold all."
}

if TYPE_CHECKING:
    import jinja2

    from tidelab.report.data import Study


def panels(study: Study) -> list[Panel]:
    """All figures: gains, ceilings and heat maps for each source, then what to choose and the loss while teaching."""
    shown_metrics = headline_metrics(study.metrics)
    drawn = []
    for source in study.sources:
        drawn += gain_panels(study.gains, source, shown_metrics)
        drawn += whole_panels(study, source, shown_metrics)
        drawn += heat_panels(study.answers, source, shown_metrics[0])
    chosen = which.choices(study)
    return drawn + which_panels(chosen, which.sheets(study, chosen)) + curve_panels(study.curves)


def page(study: Study, figures: list[Panel]) -> str:
    """The whole HTML. Every text of the corpus or a model is escaped; a policy in the head forbids anything from outside."""
    surroundings = environment(study.nano)
    script, script_hash = script_and_hash(surroundings)
    manner, headline, failed = behaviours(study), headline_metrics(study.metrics), failures(study)
    reading, told = readings(study, failed), {a.question: a for a in study.answers}
    ruled = answers.verdicts(study.answers)
    return surroundings.get_template("page.html.j2").render(
        study=study,
        script=script,
        script_hash=script_hash,
        run=what_was_run(study),
        compared=compared(study),
        verdicts=ruled,
        untestable=list(dict.fromkeys(v["why"].rstrip(".") for v in ruled if v["verdict"] == "not testable here")),
        claims_sheet=answers.claims_sheet(study.answers),
        told=told,
        answers=[a for a in study.answers if a.question not in answers.PLACED],
        ceiling=[told[q] for q in ("ceiling", "learning_curves", "gap_closed") if q in told],
        captions=CAPTIONS,
        read=answers.READ,
        which=which.sheets(study, which.choices(study)),
        found=what_was_found(study),
        claims=claims(study),
        supplement=SUPPLEMENT,
        nano=any(study.nano.values()),
        confidence=f"{100 * study.confidence:g}%",
        boards=boards(study, manner, headline),
        full_boards=boards(study, manner, study.metrics) if headline != study.metrics else [],
        gains={source: gain_tables(study, source, headline) for source in study.sources},
        full_gains={source: gain_tables(study, source, study.metrics) for source in study.sources} if headline != study.metrics else {},
        figures=figures,
        factors=FACTORS,
        safety=any(m in SERIOUS for m in study.metrics),
        readings=reading,
        drawn_readings=sum(r.drawn for r in reading),
        failing_replies=len(failed),
        failures=counted(study, failed),
        themes=sorted({r.theme for r in reading if r.theme}),
        kinds=sorted({kind for r in reading for _, kind in r.failed}),
        unscored=shown(unscored(study)),
        number_of_metrics=len(study.metrics),
        quarantined=shown(quarantined(study)),
        quarantine_rows=len(study.quarantine),
        read_rows=len(study.quarantine) + len(study.corpus),
        flagged=shown(flagged(study)),
        provenance=provenance,
        metric_notes=[metric_note(m) for m in study.metrics],
    )


def environment(nano: Mapping[str, bool]) -> jinja2.Environment:
    """Where templates live, with what they call. nano: student -> whether it is one, so that its mark stands beside its name."""
    import jinja2

    made = jinja2.Environment(
        loader=jinja2.PackageLoader("tidelab.report", "templates"),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=jinja2.StrictUndefined,
    )
    made.filters |= {"count": count, "plain": plain, "score": score, "metric": lambda m: metric_note(m).label}
    made.globals |= {"many": many, "marks_of": lambda text: marks(text, nano)}
    return made


def script_and_hash(surroundings: jinja2.Environment) -> tuple[str, str]:
    """The page's script, and the hash by which the page's policy lets it run."""
    script = surroundings.loader.get_source(surroundings, "page.js")[0]  # type: ignore[union-attr]
    return script, base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
