"""Alembic runs this: migrates through the connection that `tidelab.web.migrate` holds."""

from alembic import context

options = context.config.attributes
context.configure(connection=options["connection"], version_table=options["version_table"])
context.run_migrations()
