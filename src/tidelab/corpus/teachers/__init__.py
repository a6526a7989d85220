"""Teachers: models that write conversations from personas and scenarios."""
