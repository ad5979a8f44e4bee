"""Plain words become commands: 华建三期进度怎么样, "assign T-1 to Emma".

A new command needs one entry in `commands.toml`: the ways to ask for it, made of the concepts in
`concepts.toml`, and three example sentences in each language, which the tests run. The test of the
data names the commands that have none.
"""

from bot.commands.plain.meaning import LONGEST, Meaning, meanings

__all__ = ["LONGEST", "Meaning", "meanings"]
