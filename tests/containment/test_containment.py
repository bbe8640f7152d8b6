"""Which trouble costs one thing, and which ends the round."""

from __future__ import annotations

import errno
import pickle

import pytest

from syndicate.errors import ContentError, FetchError, HostAway, LostLease, Panic, Spoiled, StateError, contain, survive


class PanicException(BaseException):
    """What a Rust library raises."""


def run(error: BaseException) -> list[Exception]:
    told: list[Exception] = []
    with contain(told.append):
        raise error
    return told


@pytest.mark.parametrize(
    "error",
    [
        ValueError("x"),
        AssertionError(),
        RecursionError(),
        MemoryError(),
        UnicodeError("x"),
        ContentError("x"),
        OSError(errno.EIO, "x"),
    ],
)
def test_trouble_is_told_and_ends_at_the_border(error: Exception) -> None:
    assert run(error) == [error]


def test_a_panic_is_told_as_an_error_like_any_other() -> None:
    (told,) = run(PanicException("index out of bounds"))
    assert isinstance(told, Panic)
    assert told.__traceback__ is not None


@pytest.mark.parametrize(
    "error",
    [
        KeyboardInterrupt(),
        SystemExit(1),
        GeneratorExit(),
        StateError("x"),
        LostLease("x"),
        OSError(errno.ENOSPC, "x"),
        OSError(errno.EDQUOT, "x"),
    ],
)
def test_what_makes_going_on_wrong_goes_through(error: BaseException) -> None:
    with pytest.raises(type(error)):
        run(error)


def test_a_full_disk_goes_through_behind_an_error_of_ours() -> None:
    shown = FetchError("x")
    shown.__cause__ = OSError(errno.ENOSPC, "x")
    with pytest.raises(FetchError):
        run(shown)


def test_what_the_teller_raises_goes_on() -> None:
    def refuse(error: Exception) -> None:
        raise ContentError("worse") from error

    with pytest.raises(ContentError), contain(refuse):
        raise ValueError("x")


@pytest.mark.parametrize("end", [ValueError("x"), StateError("x"), OSError(errno.ENOSPC, "x"), PanicException("x")])
def test_a_round_survives_what_ends_it(end: BaseException) -> None:
    """The next one tries again."""
    told: list[Exception] = []
    with survive(told.append):
        raise end
    assert len(told) == 1


@pytest.mark.parametrize("end", [KeyboardInterrupt(), SystemExit(1), GeneratorExit()])
def test_a_round_does_not_survive_the_wish_to_stop(end: BaseException) -> None:
    with pytest.raises(type(end)), survive(lambda _: None):
        raise end


@pytest.mark.parametrize(
    "error",
    [
        HostAway("no answer", server="notes.test", where="a.png", hint="later"),
        Spoiled("gone", prepared={"media": "m1"}, where="a"),
        ContentError("no title", where="a.md"),
    ],
)
def test_an_error_comes_whole_from_another_process(error: Exception) -> None:
    """Whatever else its kind needs when it is made."""
    there = pickle.loads(pickle.dumps(error))
    assert (type(there), str(there), vars(there)) == (type(error), str(error), vars(error))
