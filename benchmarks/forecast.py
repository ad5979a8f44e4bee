"""The forecast of one project: a thousand runs over two hundred tasks that wait for each other."""

import random
import time
from collections.abc import Iterator

from benchmarks.figures import Figure, percentile
from bot.domain import forecast, plan
from bot.domain.plan import Step

TASKS = 200


def run(*, quick: bool) -> Iterator[Figure]:
    chance = random.Random(1)
    steps = [
        Step(id_, chance.randint(1, 15), tuple(chance.sample(range(id_), min(id_, 2))))
        for id_ in range(TASKS)
    ]
    habit = forecast.learn([0.8, 1.2, 1.5, 1.1])
    forecast.play(steps, habit, 1)  # the first one loads numpy
    took, path = [], []
    for seed in range(5 if quick else 50):
        begun = time.perf_counter()
        plan.schedule(steps)
        path.append((time.perf_counter() - begun) * 1000)
        begun = time.perf_counter()
        forecast.play(steps, habit, seed)
        took.append((time.perf_counter() - begun) * 1000)
    yield Figure(
        f"forecast of {TASKS} tasks, {forecast.RUNS:,} runs, p95",
        percentile(took, 0.95),
        "ms",
        least=50,
        aim=20,
        beside=f"their critical path alone, once: {percentile(path, 0.95):.2f} ms",
        most=True,
    )
