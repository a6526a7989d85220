"""The clinicians' review: who judges what, their pages, what they decided, and how far they agree."""
