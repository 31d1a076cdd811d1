"""The machine of one condition, by example and by thousands of simulated histories."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from random import Random

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.models.core.alert_rule import Phase
from app.services.core.alerts.machine import (
    Evidence,
    Memory,
    Step,
    Timings,
    Transition,
    Verdict,
    advance,
    due_at,
    held,
    is_forgettable,
)
from tests.services.core.alerts.timeline import EPOCH, Sample, at, oracle, play

B, K, C, G, U = (
    Verdict.BREACH,
    Verdict.BETWEEN,
    Verdict.CLEAR,
    Verdict.GONE,
    Verdict.UNKNOWN,
)
MINUTE = timedelta(minutes=1)
AT_ONCE = Timings()
PATIENT = Timings(fire_after=5 * MINUTE, gap=10 * MINUTE)


def walk(timings: Timings, *looks: tuple[float, Verdict]) -> list[tuple[float, Transition]]:
    """Return what is told over looks at minutes."""
    memory, told = Memory(), []
    for minute, verdict in looks:
        moment = at(60 * minute)
        step = advance(memory, Evidence(moment, verdict), timings, moment)
        memory = step.memory
        told += [(minute, each) for each in step.transitions]
    return told


def fired_and_ended(timings: Timings, *looks: tuple[float, Verdict]) -> list[tuple[float, str]]:
    return [
        (minute, one.value)
        for minute, one in walk(timings, *looks)
        if one in (Transition.FIRED, Transition.RESOLVED)
    ]


def test_without_patience_it_fires_at_first_sight() -> None:
    assert fired_and_ended(AT_ONCE, (0, B)) == [(0, "fired")]


def test_what_is_bad_already_when_it_is_first_seen_fires_after_its_time() -> None:
    assert fired_and_ended(PATIENT, (0, B), (5, B)) == [(5, "fired")]


def test_it_fires_once_and_is_over_once() -> None:
    looks = [(0, B), (1, B), (2, B), (3, C), (4, C)]
    assert fired_and_ended(AT_ONCE, *looks) == [(0, "fired"), (3, "resolved")]


def test_what_goes_away_before_its_time_is_told_to_nobody() -> None:
    assert walk(PATIENT, (0, B), (4, B), (5, C), (6, B)) == [
        (0, Transition.BEGAN),
        (5, Transition.DROPPED),
        (6, Transition.BEGAN),
    ]


def test_the_band_between_the_levels_neither_begins_nor_ends() -> None:
    assert fired_and_ended(AT_ONCE, (0, K)) == []
    looks = [(0, B), (1, K), (2, B), (3, K), (4, C)]
    assert fired_and_ended(AT_ONCE, *looks) == [(0, "fired"), (4, "resolved")]


def test_the_band_between_the_levels_does_not_count_as_a_duration() -> None:
    assert fired_and_ended(PATIENT, (0, B), (3, K), (5, B)) == []


def test_so_many_looks_in_a_row_must_see_it() -> None:
    timings = Timings(least_samples=3)
    assert fired_and_ended(timings, (0, B), (1, B), (2, C), (3, B), (4, B), (5, B)) == [
        (5, "fired")
    ]


def test_it_must_be_well_for_its_time_before_it_is_over() -> None:
    timings = Timings(clear_after=3 * MINUTE)
    looks = [(0, B), (1, C), (2, C), (3, B), (4, C), (6, C), (7, C)]
    assert fired_and_ended(timings, *looks) == [(0, "fired"), (7, "resolved")]


def test_after_its_end_it_cools_down_before_it_fires_again() -> None:
    timings = Timings(cooldown=10 * MINUTE)
    looks = [(0, B), (1, C), (2, B), (5, B), (11, B)]
    assert fired_and_ended(timings, *looks) == [(0, "fired"), (1, "resolved"), (11, "fired")]


def test_a_new_breach_after_the_end_is_a_new_incident() -> None:
    looks = [(0, B), (1, C), (2, B), (3, C)]
    told = fired_and_ended(AT_ONCE, *looks)
    assert [word for _, word in told] == ["fired", "resolved"] * 2


def test_after_a_pause_in_the_samples_its_duration_begins_anew() -> None:
    assert fired_and_ended(PATIENT, (0, B), (60, B), (64, B), (65, B)) == [(65, "fired")]


def test_after_a_pause_in_the_samples_being_well_begins_anew() -> None:
    timings = replace(AT_ONCE, clear_after=5 * MINUTE, gap=2 * MINUTE)
    looks = [(0, B), (1, C), (60, C), (62, C), (64, C), (65, C)]
    assert fired_and_ended(timings, *looks) == [(0, "fired"), (65, "resolved")]


@pytest.mark.parametrize("verdict", [K, C, U])
def test_what_is_not_a_breach_never_fires(verdict: Verdict) -> None:
    assert walk(AT_ONCE, *((minute, verdict) for minute in range(100))) == []


def test_what_is_unknown_changes_nothing() -> None:
    looks = [(0, B), (1, U), (2, U), (3, C)]
    assert fired_and_ended(AT_ONCE, *looks) == [(0, "fired"), (3, "resolved")]


def test_what_is_gone_is_over_at_once() -> None:
    timings = Timings(clear_after=60 * MINUTE)
    assert fired_and_ended(timings, (0, B), (1, G)) == [(0, "fired"), (1, "resolved")]
    assert walk(PATIENT, (0, B), (1, G))[-1] == (1, Transition.DROPPED)


def test_a_late_sample_moves_nothing() -> None:
    calm = advance(Memory(), Evidence(at(600), C), AT_ONCE, at(600)).memory
    late = advance(calm, Evidence(at(300), B), AT_ONCE, at(601))
    assert late == Step(calm)


def test_history_that_is_filled_in_later_fires_nothing() -> None:
    step = advance(Memory(), Evidence(at(0), B), AT_ONCE, at(24 * 3600))
    assert step == Step(Memory())


def test_a_sample_from_the_future_fires_nothing_and_deafens_nobody() -> None:
    step = advance(Memory(), Evidence(at(24 * 3600), B), AT_ONCE, at(0))
    assert step == Step(Memory())
    assert advance(step.memory, Evidence(at(1), B), AT_ONCE, at(1)).transitions


def test_a_clock_that_is_set_back_does_not_make_the_machine_deaf() -> None:
    ahead = at(7 * 24 * 3600)
    memory = advance(Memory(), Evidence(ahead, B), Timings(cooldown=MINUTE), ahead).memory
    assert memory.phase is Phase.FIRING
    step = advance(memory, Evidence(at(0), C), Timings(cooldown=MINUTE), at(0))
    assert step.transitions == (Transition.RESOLVED,)
    assert step.memory.cool_until == at(60)


def test_a_clock_that_jumps_ahead_does_not_make_a_short_breach_long() -> None:
    looks = [(0, B), (60 * 24, B), (60 * 24 + 1, C)]
    assert fired_and_ended(PATIENT, *looks) == []


FLAPPY = Timings(flap_changes=5, flap_window=60 * MINUTE)


def test_what_changes_too_often_becomes_one_alert_that_stays() -> None:
    looks = [(minute, B if minute % 2 == 0 else C) for minute in range(60)]
    told = fired_and_ended(FLAPPY, *looks)
    assert told == [
        (0, "fired"),
        (1, "resolved"),
        (2, "fired"),
        (3, "resolved"),
        (4, "fired"),
    ]


def test_a_flapping_alert_ends_when_it_has_been_calm() -> None:
    looks = [(minute, B if minute % 2 == 0 else C) for minute in range(10)]
    looks += [(minute, C) for minute in range(10, 80)]
    assert fired_and_ended(FLAPPY, *looks)[-1] == (69, "resolved")


def test_what_flapped_and_then_stays_bad_settles_and_goes_on() -> None:
    looks = [(minute, B if minute % 2 == 0 else C) for minute in range(11)]
    looks += [(minute, B) for minute in range(11, 90)]
    told = walk(FLAPPY, *looks)
    assert told[-1] == (70, Transition.SETTLED)


def test_the_next_incident_after_a_calm_end_does_not_flap_at_once() -> None:
    looks = [(minute, B if minute % 2 == 0 else C) for minute in range(10)]
    looks += [(minute, C) for minute in range(10, 80)]
    memory = Memory()
    for minute, verdict in [*looks, (80, B)]:
        moment = at(60 * minute)
        memory = advance(memory, Evidence(moment, verdict), FLAPPY, moment).memory
    assert memory.phase is Phase.FIRING
    assert not memory.is_flapping


def test_what_is_reported_holds_until_its_time_is_up() -> None:
    timings = Timings(fire_after=5 * MINUTE)
    memory = advance(Memory(), Evidence(EPOCH, B), timings, EPOCH).memory
    due = due_at(memory, timings)
    assert due == at(300)
    step = advance(memory, Evidence(due, held(memory)), timings, due)
    assert step.transitions == (Transition.FIRED,)


def test_a_single_report_is_not_repeated_by_time_alone() -> None:
    timings = Timings(least_samples=2)
    memory = advance(Memory(), Evidence(EPOCH, B), timings, EPOCH).memory
    assert due_at(memory, timings) is None


def test_nothing_is_remembered_of_what_is_well() -> None:
    memory = advance(Memory(), Evidence(EPOCH, C), AT_ONCE, EPOCH).memory
    assert is_forgettable(memory, AT_ONCE, EPOCH)
    firing = advance(Memory(), Evidence(EPOCH, B), AT_ONCE, EPOCH).memory
    assert not is_forgettable(firing, AT_ONCE, at(10**6))


# Histories: months of samples with pauses, delays, repeats, restarts and clashes of two workers.
# Only the seed is drawn: a history of a hundred draws would cost Hypothesis a second.
_STEPS = (10, 60, 60, 300, 300, 300, 301, 900, 3600, 86_400, 14 * 86_400)
_DELAYS = (0, 0, 0, 0, 1, 30, 400, 899, 901, 4000, 200_000)
_SEEDS = st.integers(0, 2**48)


def history(seed: int, verdicts: Sequence[Verdict]) -> list[Sample]:
    random = Random(seed)  # noqa: S311 - a history, not a secret
    steps = random.sample(_STEPS, random.randint(1, 4))
    change = random.choice((0.1, 0.3, 0.8))
    moment, samples = 0, []
    verdict = random.choice(verdicts)
    for _ in range(random.randint(5, 120)):
        moment += random.choice(steps)
        if random.random() < change:
            verdict = random.choice(verdicts)
        arrived = moment + random.choice(_DELAYS)
        samples.append(Sample(moment, arrived, verdict))
        if random.random() < 0.1:
            samples.append(Sample(moment, arrived + random.choice(_DELAYS), verdict))
    return samples


_TIMINGS = st.builds(
    Timings,
    fire_after=st.sampled_from([timedelta(0), MINUTE, 5 * MINUTE, 30 * MINUTE]),
    least_samples=st.integers(1, 3),
    clear_after=st.sampled_from([timedelta(0), 5 * MINUTE, 20 * MINUTE]),
    cooldown=st.sampled_from([timedelta(0), 10 * MINUTE, timedelta(hours=6)]),
    gap=st.sampled_from([None, 2 * MINUTE, 11 * MINUTE, timedelta(hours=3)]),
)
_PLACES = st.sets(st.integers(0, 130), max_size=12)


def test_every_breach_that_outlasts_its_time_is_told_once_and_ended_once() -> None:
    tally: Counter[str] = Counter()

    @settings(
        max_examples=2000, deadline=None, database=None, suppress_health_check=list(HealthCheck)
    )
    @given(_SEEDS, _TIMINGS, _PLACES, _PLACES)
    def judge(seed: int, timings: Timings, clashes: set[int], restarts: set[int]) -> None:
        samples = history(seed, (B, B, C, C, K, G, U))
        expected = oracle([one for one in samples if one.verdict is not U], timings)
        assert play(samples, timings, clashes, restarts) == expected
        tally["histories"] += 1
        tally["samples"] += len(samples)
        tally["incidents"] += len(expected)
        tally["seconds"] += samples[-1].taken - samples[0].taken

    judge()
    years = tally.pop("seconds") / (365 * 86_400)
    print(f"\n{dict(tally)}, {years:.0f} simulated years")  # noqa: T201 - how much was judged
    assert tally["histories"] >= 2000
    assert tally["incidents"] >= 1000


@settings(max_examples=500, deadline=None, database=None, suppress_health_check=list(HealthCheck))
@given(_SEEDS, _TIMINGS, st.integers(2, 6))
def test_flapping_never_tells_more_than_its_number_of_changes_in_its_window(
    seed: int, timings: Timings, changes: int
) -> None:
    samples = history(seed, (B, C, K))
    flappy = replace(timings, flap_changes=changes, flap_window=timedelta(hours=1))
    told: list[int] = []
    for one in play(samples, flappy, (), ()):
        told += [one.fired, *([] if one.resolved is None else [one.resolved])]
    for first in told:
        # An alert that ends calmly begins a new count.
        assert sum(first <= each < first + 3600 for each in told) <= changes + 1
