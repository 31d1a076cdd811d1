"""What a library dials is checked, whichever thread it dials in."""

import contextlib
import socket
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from threading import Thread, Timer

import pytest

from app.adapters.notify.dialing import Dialing, guarded
from app.ports.notifier import AddressRefused


@pytest.fixture
def listener() -> Iterator[socket.socket]:
    """Return a socket of this machine, where no message may go."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(0)
        yield server


def dial(listener: socket.socket) -> None:
    with contextlib.suppress(OSError), socket.create_connection(listener.getsockname(), 5):
        """Connecting is all that counts."""


def in_a_thread(work: Callable[[], None]) -> None:
    thread = Thread(target=work)
    thread.start()
    thread.join()


def in_a_thread_of_a_thread(work: Callable[[], None]) -> None:
    in_a_thread(lambda: in_a_thread(work))


def in_a_timer(work: Callable[[], None]) -> None:
    timer = Timer(0, work)
    timer.start()
    timer.join()


def in_a_new_pool(work: Callable[[], None]) -> None:
    with ThreadPoolExecutor(1) as pool:
        pool.submit(work).result()


@pytest.mark.parametrize("run", [in_a_thread, in_a_thread_of_a_thread, in_a_timer, in_a_new_pool])
def test_the_threads_of_a_library_are_guarded(
    listener: socket.socket, run: Callable[[Callable[[], None]], None]
) -> None:
    refused: list[AddressRefused] = []
    with guarded(Dialing(), refused.append):
        run(lambda: dial(listener))
    assert len(refused) == 1
    with pytest.raises(BlockingIOError):
        listener.accept()


def test_a_pool_that_is_older_than_the_guard_is_guarded_and_free_again_afterwards(
    listener: socket.socket,
) -> None:
    refused: list[AddressRefused] = []
    with ThreadPoolExecutor(1) as pool:
        pool.submit(int).result()
        with guarded(Dialing(), refused.append):
            pool.submit(dial, listener).result()
        assert len(refused) == 1
        with pytest.raises(BlockingIOError):
            listener.accept()
        pool.submit(dial, listener).result()
    listener.accept()[0].close()


def test_threads_that_others_start_are_left_alone(listener: socket.socket) -> None:
    with guarded(Dialing(), lambda _error: None):
        """Nothing is dialled here."""
    in_a_thread(lambda: dial(listener))
    listener.accept()[0].close()
