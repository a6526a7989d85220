"""The students: who they are, how they are taught, what they reply, and the floors beneath them."""
