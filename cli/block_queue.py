"""The queue of the blocks of a run on a cluster: who computes which, and what is lost with whom."""

from collections import Counter
from dataclasses import dataclass, field

NOWHERE = ("", -1)  # where a worker is that was lost before it had a block


@dataclass
class Queue:
    """Which blocks are taken, and by whom.

    Args:
        stages: for each stage how many of its blocks have been taken, without those that were given back.
        counts: how many blocks a stage has.
        lost: numbers that were given back.
        held: by worker, the stage and the number that it is at.
        tries: how often a block was lost.
        done: how many blocks of a stage are done.
        asked: who has asked for a block in this round.
    """

    stages: Counter[str] = field(default_factory=Counter)
    counts: dict[str, int] = field(default_factory=dict)
    lost: dict[str, list[int]] = field(default_factory=dict)
    held: dict[str, tuple[str, int]] = field(default_factory=dict)
    tries: Counter[tuple[str, int]] = field(default_factory=Counter)
    done: Counter[str] = field(default_factory=Counter)
    asked: set[str] = field(default_factory=set)

    def take(self, worker: str, stage: str, count: int) -> int | None:
        """Return the next block of a stage for a worker, which has done its last one; None where none is left."""
        last = -1
        self.asked.add(worker)
        if worker in self.held:
            self.tries.pop(NOWHERE, None)  # of workers that come to nothing, one after the other
            before, number = self.held.pop(worker)
            self.done[before] += 1
            last = number if before == stage else -1
        self.counts[stage] = count
        waiting = [number for number in self.lost.get(stage, []) if number > last]
        if waiting:
            number = min(waiting)
            self.lost[stage].remove(number)
        elif self.stages[stage] < count:
            number = self.stages[stage]
            self.stages[stage] += 1
        else:
            return None
        self.held[worker] = stage, number
        return number

    def give_back(self, worker: str, size: int) -> tuple[str, int]:
        """Give back the block of a worker, of so many, that was lost; return what that is and how often it was lost."""
        place = stage, number = self.held.pop(worker, NOWHERE)
        self.tries[place] += 1
        if not stage:
            return "a worker without a block", self.tries[place] // size  # a node takes several with it
        self.lost.setdefault(stage, []).append(number)
        return f"block {number + 1} of {stage}", self.tries[place]

    def again(self) -> None:
        """Begin a round: blocks may be taken again, by those who look whether they are there."""
        self.stages.clear()
        self.lost.clear()
        self.held.clear()
        self.done.clear()
        self.asked.clear()

    def state(self) -> tuple[int, int]:
        """Return how many blocks of the last stage that was begun are done, and of how many."""
        stage = max(self.counts, default="")
        return self.done[stage], self.counts.get(stage, 0)

    def left(self) -> tuple[int, set[str]]:
        """Return how many blocks that were given back wait, and who has asked in this round."""
        return sum(map(len, self.lost.values())), self.asked
