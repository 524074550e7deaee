"""Work shared by ranks: everybody knows every outcome, and only the clock of rank 0 counts."""

import threading

import pytest

from ewald.parallel.clock import Deadline
from ewald.parallel.team import Team
from tests.ewald.ticks import Ticks


class Ranks:
    """Threads that stand for the ranks of a run."""

    def __init__(self, size):
        self.size = size
        self.board = [None] * size
        self.barrier = threading.Barrier(size)

    def gather(self, rank, value):
        self.board[rank] = value
        self.barrier.wait(timeout=30)
        board = list(self.board)
        self.barrier.wait(timeout=30)
        return board


class Rank:
    def __init__(self, ranks, rank):
        self.ranks, self.rank, self.size = ranks, rank, ranks.size

    def gather(self, value):
        return self.ranks.gather(self.rank, value)

    def broadcast(self, value):
        return self.gather(value)[0]


def on_ranks(size, work):
    """Do the same on every rank; the results by rank."""
    ranks, results = Ranks(size), [None] * size

    def run(rank):
        results[rank] = work(rank, Rank(ranks, rank))

    threads = [threading.Thread(target=run, args=(rank,)) for rank in range(size)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    return results


@pytest.mark.parametrize("size", [1, 2, 3])
@pytest.mark.parametrize("count", [0, 1, 2, 7])
def test_each_piece_is_done_by_one_rank_and_known_to_all(size, count):
    done = []

    def work(rank, transport):
        return Team(transport=transport).each(lambda n: done.append(n) or n * 10, count)

    assert on_ranks(size, work) == [[n * 10 for n in range(count)]] * size
    assert sorted(done) == list(range(count))


def test_what_may_differ_is_made_by_rank_0_alone():
    assert on_ranks(3, lambda rank, transport: Team(transport=transport).once(lambda: rank)) == [0, 0, 0]


def test_the_clock_of_rank_0_decides_for_all():
    def late(rank, transport):
        return Team(Deadline.after(0.0 if rank == 0 else 1e6), transport=transport).late()

    assert on_ranks(2, late) == [True, True]
    assert on_ranks(2, lambda rank, transport: Team(Deadline(), transport=transport).late()) == [False, False]


def test_pieces_past_the_deadline_are_left_undone():
    team = Team(Deadline.after(3.0, Ticks()))
    assert team.each(lambda n: n, 5) == [0, 1, None, None, None]
    assert team.late(Deadline()) is False
