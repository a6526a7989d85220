"""The guide: how to review, every scale with its anchors, the keys."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Request, Response

from tidelab.review.scales import APART, REASONS, SCALES
from tidelab.web.app import pages
from tidelab.web.people import Visitor
from tidelab.web.session import signed_in

router = APIRouter()


@router.get("/guide")
def guide(request: Request, _visitor: Annotated[Visitor, Depends(signed_in)]) -> Response:
    """For everybody who has signed in."""
    return pages(request).show(request, "guide.html.j2", scales=SCALES, reasons=list(REASONS.values()), apart=APART)
