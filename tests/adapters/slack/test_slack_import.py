"""What Slack costs where it is switched off: nothing of its libraries is loaded."""

import subprocess
import sys

CODE = """
import asyncio, sys
from adapters.slack.adapter import build
from tests.contract.harness import Inside
adapter = build({}, Inside().ports)
asyncio.run(adapter.start())
asyncio.run(adapter.stop())
print(adapter.on, [name for name in sys.modules if name.startswith("slack_")])
"""


def test_nothing_of_slacks_libraries_is_loaded_while_it_is_off():
    done = subprocess.run([sys.executable, "-c", CODE], capture_output=True, text=True, check=True)
    assert done.stdout.split(maxsplit=1) == ["False", "[]\n"]
