"""Who takes the next connection."""

import asyncio
import errno
import socket
from contextlib import ExitStack

import pytest

from noising_site import accepting
from noising_site.accepting import Acceptor, CountedSet, Tally


def test_a_process_is_behind_none_that_has_more_or_is_gone():
    tally = Tally(4)
    first, second, third = (tally.join() for _ in range(3))
    tally.write(first, 2)
    tally.write(second, 3)
    tally.write(third, 2)
    assert not tally.is_behind(first)
    assert tally.is_behind(second)
    tally.leave(first)
    tally.leave(third)
    assert not tally.is_behind(second)


def test_what_has_left_writes_no_more():
    tally = Tally(2)
    place = tally.join()
    tally.leave(place)
    tally.write(place, 0)
    other = tally.join()
    tally.write(other, 1)
    assert not tally.is_behind(other)


def test_places_are_given_again_and_shared_when_there_is_none():
    tally = Tally(2)
    assert [tally.join() for _ in range(4)] == [0, 1, 1, 1]
    tally.leave(0)
    assert tally.join() == 0


def test_a_counted_set_writes_its_size_down():
    tally = Tally(2)
    mine, other = tally.join(), tally.join()
    connections = CountedSet(tally, mine)
    connections.add("a")
    connections.add("a")
    assert tally.is_behind(mine)
    tally.write(other, 1)
    assert not tally.is_behind(mine)
    connections.discard("a")
    connections.discard("b")
    assert tally.is_behind(other)


class Counting(asyncio.Protocol):
    """A connection that is counted while it is open."""

    def __init__(self, connections):
        self.connections = connections

    def connection_made(self, transport):
        self.connections.add(self)
        self.transport = transport

    def connection_lost(self, exc):
        self.connections.discard(self)


def accept(count, *, deaf=0):
    """Connect to two acceptors of one socket; return how many each has taken.

    `deaf` is how many connections another process has that takes none.
    """

    async def exchange():
        tally = Tally(3)
        if deaf is not None:
            tally.write(tally.join(), deaf)
        with ExitStack() as stack:
            listener = stack.enter_context(
                socket.create_server(("127.0.0.1", 0), backlog=64)
            )
            sets, acceptors = [], []
            for place in (tally.join(), tally.join()):
                connections = CountedSet(tally, place)
                # As if inherited: each process has it under a number of its own.
                own = stack.enter_context(listener.dup())
                own.setblocking(False)
                sets.append(connections)
                acceptors.append(
                    Acceptor(
                        own,
                        lambda connections=connections: Counting(connections),
                        tally,
                        place,
                    )
                )
            clients = [
                socket.create_connection(listener.getsockname()) for _ in range(count)
            ]
            async with asyncio.timeout(10):
                while sum(map(len, sets)) < count:
                    await asyncio.sleep(0.01)
            taken = [len(connections) for connections in sets]
            for acceptor in acceptors:
                acceptor.close()
                await acceptor.wait_closed()
            for client in clients:
                client.close()
            return taken

    return asyncio.run(exchange())


@pytest.mark.parametrize("count", [2, 8, 9])
def test_connections_are_shared_out_evenly(count):
    taken = accept(count, deaf=None)
    assert max(taken) - min(taken) <= 1


def test_a_process_that_takes_none_keeps_nobody_waiting_for_long():
    assert sum(accept(6)) == 6


def test_out_of_files_the_server_pauses_and_goes_on(monkeypatch, caplog):
    monkeypatch.setattr(accepting, "PAUSE_SECONDS", 0.01)
    accepted = socket.socket.accept
    failures = iter([OSError(errno.EMFILE, "Too many open files")] * 2)

    def accept_or_fail(self):
        failure = next(failures, None)
        if failure:
            raise failure
        return accepted(self)

    monkeypatch.setattr(socket.socket, "accept", accept_or_fail)
    assert sum(accept(4, deaf=None)) == 4
    assert "No connection can be taken: Too many open files." in caplog.text
