"""Progress and agreement, for administrators: the figures of `tide review status`."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Request, Response

from tidelab.review.status import status
from tidelab.web.app import pages
from tidelab.web.database import Database
from tidelab.web.people import Visitor
from tidelab.web.session import database, only

router = APIRouter()


@router.get("/progress")
def progress(
    request: Request, data: Annotated[Database, Depends(database)], _visitor: Annotated[Visitor, only("administrator")]
) -> Response:
    """Nothing here can be changed, and no single answer is shown."""
    return pages(request).show(request, "progress.html.j2", status=status(data, resamples=1000))
