"""Brings a database to this tidelab's tables, forward from any older version. Each room keeps its own history of migrations."""

from __future__ import annotations

from importlib import resources
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.util import CommandError

from tidelab.errors import TidelabError
from tidelab.web.database import Database


def migrate(database: Database, *rooms: str) -> None:
    """Upgrades the tables of `rooms` (`web` first, whose tables the others refer to); does nothing where they are up to date."""
    with database.write(alone=True) as connection:
        for room in rooms:
            config = Config()
            config.set_main_option("script_location", _folder("web"))
            config.set_main_option("version_locations", f"{_folder(room)}/versions")
            config.set_main_option("path_separator", "newline")
            config.attributes |= {"connection": connection, "version_table": f"{room}_version"}
            try:
                command.upgrade(config, "head")
            except CommandError as error:
                raise TidelabError(
                    f"the database's tables are of another tidelab: {error}",
                    where=database.name,
                    mend="use the tidelab that made it or a newer one",
                ) from None


def _folder(room: str) -> str:
    folder: Path = Path(str(resources.files(f"tidelab.{room}"))) / "migrations"
    return str(folder).replace("%", "%%")
