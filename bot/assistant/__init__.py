"""What the assistant writes: summaries, drafts, next steps, answers; each with its sources.

Everything here is made of values that somebody else has gathered: it reads no database and asks no
model, so what it lets through can be tried with words alone.
"""
