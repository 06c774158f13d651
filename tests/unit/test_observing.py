"""The observatory: order, counting, limits, fairness, broken circuits and a prompt end."""

from __future__ import annotations

import gc
import signal
import subprocess
import sys
import threading
import time
import weakref
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pytest_deploycheck.asks import HttpAsk
from pytest_deploycheck.errors import (
    BadAnswerError,
    CircuitOpenError,
    DeploycheckError,
    NoAnswerError,
    NoDataError,
    QueryError,
    SourceError,
)
from pytest_deploycheck.observing import Observatory
from pytest_deploycheck.sources.http import HttpSource
from tests.fix_http import Server, Talk, closed_port, forever

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from pytest_deploycheck.asks import Ask


@dataclass(frozen=True)
class Question:
    """An ask of no real kind."""

    text: str
    host: str = "one"


class Answer:
    """Something that a weak reference can watch."""

    def __init__(self, text: str) -> None:
        """Hold a text."""
        self.text = text


class Fake:
    """A source in memory that records what is asked and how much at once."""

    ask_type = Question

    def __init__(self, behave: Callable[[Question], Any] = lambda ask: ask.text.upper()) -> None:
        """Answer as ``behave`` says."""
        self.behave = behave
        self.asked: list[Question] = []
        self.running: Counter[str] = Counter()
        self.most: Counter[str] = Counter()
        self.closed = 0
        self.lock = threading.Lock()

    def observe(self, ask: Question) -> Any:
        """Record and answer."""
        with self.lock:
            self.asked.append(ask)
            self.running[ask.host] += 1
            self.most[ask.host] = max(self.most[ask.host], self.running[ask.host])
        try:
            return self.behave(ask)
        finally:
            with self.lock:
                self.running[ask.host] -= 1

    def close(self) -> None:
        """Count."""
        self.closed += 1


def watching(fake: Fake, **limits: Any) -> Observatory:
    """Return an observatory over one fake source."""
    return Observatory({Question: fake}, **limits)


def raised_by(act: Callable[[], Any]) -> BaseException | None:
    """Return what a call raises."""
    try:
        act()
    except DeploycheckError as error:
        return error
    return None


@pytest.fixture
def gate() -> Iterator[threading.Event]:
    """Give a gate that hanging sources wait for, opened at the end at the latest."""
    event = threading.Event()
    yield event
    event.set()


def test_each_distinct_ask_is_asked_once() -> None:
    """What is declared twice is asked once and answered twice."""
    fake = Fake()
    sky = watching(fake, threads=1)
    asks = [Question("a"), Question("b"), Question("a"), Question("c")]
    sky.ahead(asks)
    assert [sky.observe(ask) for ask in reversed(asks)] == ["C", "A", "B", "A"]
    assert {Question("a"), Question("b"), Question("c")} == set(fake.asked)
    assert sky.requests == len(fake.asked) == 3
    sky.close()


def test_one_thread_keeps_the_declared_order() -> None:
    """Nobody waiting, asks go out as they were declared."""
    done = threading.Event()
    fake = Fake(lambda ask: done.set() if ask.text == "9" else None)
    sky = watching(fake, threads=1)
    sky.ahead(Question(str(number)) for number in range(10))
    assert done.wait(10)
    assert [ask.text for ask in fake.asked] == [str(number) for number in range(10)]
    sky.close()


@settings(deadline=None, max_examples=60)
@given(
    st.lists(st.sampled_from("abcdef"), max_size=12),
    st.randoms(use_true_random=False),
    st.integers(1, 4),
    st.integers(1, 4),
)
def test_the_order_of_taking_does_not_matter(texts: list[str], random: Any, threads: int, places: int) -> None:
    """Whatever the order, every declared ask is answered from one request, and nothing is kept."""
    fake = Fake()
    sky = watching(fake, threads=threads, per_host=places)
    asks = [Question(text, host=(text < "d" and "one") or "two") for text in texts]
    sky.ahead(asks)
    random.shuffle(asks)
    assert [sky.observe(ask) for ask in asks] == [ask.text.upper() for ask in asks]
    assert sky.requests == len(set(texts)) == len(fake.asked)
    assert sky._declared == {}
    sky.close()


def test_an_undeclared_ask_is_asked_on_the_spot_every_time() -> None:
    """Without a declaration nothing is kept; one observation too many asks again."""
    fake = Fake()
    sky = watching(fake)
    assert [sky.observe(Question("x")) for _ in range(2)] == ["X", "X"]
    sky.ahead([Question("y")])
    assert [sky.observe(Question("y")) for _ in range(2)] == ["Y", "Y"]
    assert sky.requests == 4
    sky.close()


def test_an_answer_is_let_go_when_all_have_it() -> None:
    """Memory does not grow with the number of checks."""
    sky = watching(Fake(lambda ask: Answer(ask.text)))
    sky.ahead([Question("a"), Question("a")])
    watch = weakref.ref(sky.observe(Question("a")))
    gc.collect()
    assert watch() is not None
    sky.observe(Question("a"))
    # the thread that fetched it lets go of it a moment later
    end = time.monotonic() + 5
    while watch() is not None and time.monotonic() < end:
        gc.collect()
        time.sleep(0.01)
    assert watch() is None
    sky.close()


@dataclass(frozen=True)
class Page:
    """An answer that weighs something."""

    body: bytes


def test_answers_that_nobody_has_taken_yet_do_not_pile_up() -> None:
    """Beyond the limit nothing more is asked ahead, until answers are taken; what is in a place may still come in."""
    fake = Fake(lambda _ask: Page(b"x" * 1000))
    sky = watching(fake, threads=2, per_host=2, max_held=5000)
    asks = [Question(str(number)) for number in range(50)]
    sky.ahead(asks)
    end = time.monotonic() + 5
    while len(fake.asked) < 5 and time.monotonic() < end:
        time.sleep(0.01)
    time.sleep(0.1)
    assert 5 <= len(fake.asked) <= 6
    assert [1000] * 50 == [len(sky.observe(ask).body) for ask in asks]
    assert 50 == sky.requests
    sky.close()


@settings(deadline=None, max_examples=60)
@given(
    st.lists(st.sampled_from("abcdef"), max_size=12),
    st.randoms(use_true_random=False),
    st.integers(1, 3),
    st.integers(0, 3000),
)
def test_a_full_store_stops_nobody_who_waits(texts: list[str], random: Any, threads: int, limit: int) -> None:
    """Whatever the order and the limit, everyone gets the answer of one request, and nothing is held after."""
    fake = Fake(lambda ask: Page(ask.text.encode() * 1000))
    sky = watching(fake, threads=threads, per_host=2, max_held=limit)
    asks = [Question(text, host=(text < "d" and "one") or "two") for text in texts]
    sky.ahead(asks)
    random.shuffle(asks)
    assert [ask.text.encode() * 1000 for ask in asks] == [sky.observe(ask).body for ask in asks]
    assert len(set(texts)) == len(fake.asked)
    assert 0 == sky._held
    sky.close()


@pytest.mark.parametrize("error", [BadAnswerError("bad"), NoDataError("nothing", "look"), NoAnswerError("away")])
def test_errors_of_the_source_reach_every_user(error: DeploycheckError) -> None:
    """The source's own error is raised to each that asked, and keeps no frames alive."""

    def fail(_: Question) -> None:
        raise error

    sky = watching(Fake(fail))
    sky.ahead([Question("a")] * 2)
    for _ in range(2):
        assert raised_by(lambda: sky.observe(Question("a"))) is error
    assert error.__context__ is None
    sky.close()


@pytest.mark.parametrize(
    "bug", [ZeroDivisionError("secret"), SystemExit("secret"), KeyboardInterrupt("secret"), MemoryError()]
)
def test_a_bug_in_a_source_is_never_lost(bug: BaseException) -> None:
    """Anything unexpected becomes an error of ours that says where, without the text; the thread lives on."""

    def fail(ask: Question) -> str:
        if ask.text == "bug":
            raise bug
        return "fine"

    sky = watching(Fake(fail), threads=1)
    sky.ahead([Question("bug"), Question("good")])
    with pytest.raises(
        SourceError, match=rf"internal error while answering Question: {type(bug).__name__} at test_obs"
    ) as caught:
        sky.observe(Question("bug"))
    assert "secret" not in str(caught.value)
    assert sky.observe(Question("good")) == "fine"
    sky.close()


def test_an_ask_of_an_unknown_kind_is_an_error() -> None:
    """No source means an error, not a crash or a wait."""
    sky = Observatory({})
    with pytest.raises(SourceError, match="no source answers Question"):
        sky.observe(Question("a"))
    assert sky.requests == 0
    sky.close()


def test_an_address_that_cannot_be_read_is_the_sources_business() -> None:
    """An ask whose host cannot be computed still reaches its source, which says what is wrong."""
    sky = Observatory({HttpAsk: HttpSource()})
    with pytest.raises(QueryError, match="not a valid URL"):
        sky.observe(HttpAsk(url="http://host:port/"))
    sky.close()


def test_no_host_gets_more_than_its_places() -> None:
    """The limit holds for each host, with its override."""
    fake = Fake(lambda _: time.sleep(0.005))
    sky = watching(fake, threads=12, per_host=3, per_host_overrides={"b": 1})
    asks = [Question(str(number), host) for number in range(20) for host in "ab"]
    sky.ahead(asks)
    for ask in asks:
        sky.observe(ask)
    assert fake.most["a"] <= 3
    assert fake.most["b"] == 1
    sky.close()


@pytest.mark.parametrize("declared", [True, False])
def test_hosts_that_hang_do_not_hold_up_the_others(gate: threading.Event, *, declared: bool) -> None:
    """Even when all threads are stuck elsewhere, an answer that somebody waits for comes."""
    fake = Fake(lambda ask: gate.wait(30) if ask.host.startswith("dead") else ask.text)
    sky = watching(fake, threads=4, per_host=2)
    sky.ahead(Question(str(number), f"dead{number % 3}") for number in range(60))
    good = [Question(f"good {number}", "alive") for number in range(20)]
    if declared:
        sky.ahead(good)
    assert [sky.observe(ask) for ask in good] == [ask.text for ask in good]
    assert not gate.is_set()
    assert max(fake.most.values()) <= 2
    gate.set()
    sky.close()


def test_the_host_with_least_under_way_is_next() -> None:
    """A long queue of one host does not keep another host waiting behind it."""
    places = threading.Semaphore(0)
    fake = Fake(lambda ask: places.acquire(timeout=30) if ask.host == "a" else ask.text)
    sky = watching(fake, threads=2, per_host=2)
    sky.ahead(Question(str(number), "a") for number in range(4))
    while len(fake.asked) < 2:
        time.sleep(0.001)
    sky.ahead([Question("b", "b")])
    places.release()
    while len(fake.asked) < 3:
        time.sleep(0.001)
    assert fake.asked[2].host == "b"
    places.release(4)
    sky.close()


def test_what_somebody_waits_for_is_next_when_its_host_is_free(gate: threading.Event) -> None:
    """A thread that comes free goes to the awaited ask, not to the oldest queue."""
    busy = threading.Event()

    def answer(ask: Question) -> str:
        waits = {"slow": busy, "stuck": gate}.get(ask.text)
        if waits is not None:
            waits.wait(30)
        return ask.text

    fake = Fake(answer)
    sky = watching(fake, threads=1, per_host=1)
    sky.observe(Question("first", "other"))
    sky.ahead([Question("slow", "mine")])
    while len(fake.asked) < 2:
        time.sleep(0.001)
    sky.ahead([Question("stuck", "other"), Question("wanted", "mine")])
    answers: list[str] = []
    waiter = threading.Thread(target=lambda: answers.append(sky.observe(Question("wanted", "mine"))))
    waiter.start()
    while not sky._lanes["mine"].waiting[0].awaited:
        time.sleep(0.001)
    busy.set()
    waiter.join(10)
    assert answers == ["wanted"]
    assert not gate.is_set()
    gate.set()
    sky.close()


def test_one_idle_thread_is_not_counted_on_twice() -> None:
    """Three asks that need each other get three threads, although one thread was idle."""
    together = threading.Barrier(3)
    sky = watching(Fake(lambda ask: together.wait(10) if ask.text.isdigit() else None), threads=4)
    sky.observe(Question("first"))
    while not sky._idle:
        time.sleep(0.001)
    asks = [Question(str(number)) for number in range(3)]
    sky.ahead(asks)
    assert sorted(sky._declared[ask].done.wait(5) and sky._declared[ask].answer for ask in asks) == [0, 1, 2]
    sky.close()


def test_extra_threads_go_away_again(gate: threading.Event) -> None:
    """Threads beyond the limit end when their work is done."""
    sky = watching(Fake(lambda ask: gate.wait(30) if ask.host == "dead" else ask.text), threads=2, per_host=2)
    sky.ahead([Question("1", "dead"), Question("2", "dead")])
    for number in range(10):
        sky.observe(Question(str(number), "alive"))
    gate.set()
    end = time.monotonic() + 5
    while len(sky._threads) > 2 and time.monotonic() < end:
        time.sleep(0.01)
    assert len(sky._threads) <= 2
    sky.close()


class Shy(Fake):
    """A source that could count for itself and does not (a lazy one whose inner source has no count)."""

    requests = None


def test_a_source_that_knows_no_count_is_counted_for() -> None:
    """No count of its own is no reason to fail, and none to lose the requests."""
    sky = watching(Shy(), threads=1)
    sky.observe(Question("a"))
    assert 1 == sky.requests
    sky.close()


def test_a_host_without_answers_is_left_alone() -> None:
    """After five misses in a row nothing more is asked of that host, and only of that one."""

    def answer(ask: Question) -> str:
        if ask.host == "dead":
            raise NoAnswerError(f"{ask.text} refused")
        return ask.text

    fake = Fake(answer)
    sky = watching(fake, threads=1, per_host=1)
    asks = [Question(str(number), "dead") for number in range(12)]
    sky.ahead(asks)
    kinds = Counter(type(raised_by(lambda ask=ask: sky.observe(ask))) for ask in asks)  # type: ignore[misc]
    assert kinds == {NoAnswerError: 5, CircuitOpenError: 7}
    assert sky.requests == 5
    assert sky.degraded == ("dead",)
    with pytest.raises(CircuitOpenError, match="dead was not asked again: it gave no answer 5 times in a row"):
        sky.observe(Question("late", "dead"))
    assert sky.observe(Question("fine", "alive")) == "fine"
    sky.close()


@pytest.mark.parametrize("between", ["good", "bad", "nothing"])
def test_any_answer_resets_the_count_of_misses(between: str) -> None:
    """Misses have to be in a row; an answer that is bad is an answer."""

    def answer(ask: Question) -> str:
        match ask.text:
            case "miss":
                raise NoAnswerError("away")
            case "bad":
                raise BadAnswerError("garbage")
            case "nothing":
                raise NoDataError("empty")
        return "good"

    sky = watching(Fake(answer), breaker_limit=3)
    for _ in range(4):
        for text in ("miss", "miss", between):
            raised_by(lambda text=text: sky.observe(Question(text)))  # type: ignore[misc]
    assert sky.degraded == ()
    sky.close()


def test_an_error_of_ours_neither_counts_nor_resets() -> None:
    """A bug between misses leaves the count where it was."""

    def answer(ask: Question) -> None:
        raise (NoAnswerError("away") if ask.text == "miss" else ValueError("bug"))

    sky = watching(Fake(answer), breaker_limit=2)
    for text in ("miss", "bug", "miss"):
        raised_by(lambda text=text: sky.observe(Question(text)))  # type: ignore[misc]
    assert sky.degraded == ("one",)
    sky.close()


def test_this_machine_has_no_circuit() -> None:
    """Ten missing files do not keep the eleventh from being read."""

    def answer(_: Question) -> None:
        raise NoAnswerError("no such file")

    sky = watching(Fake(answer))
    errors = [raised_by(lambda n=n: sky.observe(Question(str(n), "this machine"))) for n in range(11)]  # type: ignore[misc]
    assert {type(error) for error in errors} == {NoAnswerError}
    assert sky.degraded == ()
    sky.close()


@pytest.mark.parametrize("wanted", ["0", "4"])
def test_closing_is_prompt_while_something_hangs(gate: threading.Event, wanted: str) -> None:
    """What hangs is left behind, whoever waits (for that or for something queued) is told, nothing is asked after."""
    fake = Fake(lambda _: gate.wait(60))
    sky = watching(fake, threads=2, per_host=1)
    sky.ahead(Question(str(number)) for number in range(5))
    while not fake.asked:
        time.sleep(0.001)
    taken = sky._declared[Question(wanted)]
    errors: list[BaseException | None] = []
    waiter = threading.Thread(target=lambda: errors.append(raised_by(lambda: sky.observe(Question(wanted)))))
    waiter.start()
    while taken.users:
        time.sleep(0.001)
    began = time.monotonic()
    sky.close(timeout=0.1)
    waiter.join(10)
    assert time.monotonic() - began < 5
    assert "the run is ending" in str(errors[0])
    assert fake.closed == 1
    with pytest.raises(SourceError, match="the run is ending"):
        sky.observe(Question("late"))
    sky.ahead([Question("later")])
    sky.close()
    assert (len(fake.asked), fake.closed) == (1, 1)


def test_closing_survives_a_source_that_cannot_close() -> None:
    """One source's failure to close does not keep the others open."""

    class Stubborn(Fake):
        def close(self) -> None:
            super().close()
            raise OSError("busy")

    first, second = Stubborn(), Fake()
    Observatory({int: first, Question: second}).close()
    assert (first.closed, second.closed) == (1, 1)


def test_a_wait_can_be_interrupted(gate: threading.Event) -> None:
    """A signal in the main thread ends the wait at once."""

    class AlarmError(Exception):
        """Raised by the alarm."""

    def ring(*_: object) -> None:
        raise AlarmError

    sky = watching(Fake(lambda _: gate.wait(60)))
    before = signal.signal(signal.SIGALRM, ring)
    try:
        signal.setitimer(signal.ITIMER_REAL, 0.1)
        with pytest.raises(AlarmError):
            sky.observe(Question("a"))
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
    gate.set()
    assert sky.observe(Question("b")) is True
    sky.close()


def test_the_process_ends_although_a_request_hangs() -> None:
    """Neither the interpreter nor an exit handler waits for a hanging thread."""
    code = (
        "import time\nfrom pytest_deploycheck.asks import TcpAsk\n"
        "from pytest_deploycheck.observing import Observatory\n"
        "class Slow:\n    ask_type = TcpAsk\n    def observe(self, ask): time.sleep(60)\n    def close(self): pass\n"
        "sky = Observatory({TcpAsk: Slow()})\nsky.ahead([TcpAsk(address='x', port=1)])\ntime.sleep(0.1)\nprint('end')\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=30, check=True)
    assert (done.stdout, done.stderr) == ("end\n", "")


def test_a_system_without_more_threads_is_served_by_those_there_are(monkeypatch: pytest.MonkeyPatch) -> None:
    """When no further thread can be started, the first one does all the work."""
    start = threading.Thread.start

    def once(thread: threading.Thread) -> None:
        if len(sky._threads) >= 1:
            raise RuntimeError("can't start new thread")
        start(thread)

    sky = watching(Fake(), threads=8)
    monkeypatch.setattr(threading.Thread, "start", once)
    asks = [Question(str(number), f"h{number}") for number in range(9)]
    sky.ahead(asks)
    assert [sky.observe(ask) for ask in asks] == [ask.text for ask in asks]
    assert len(sky._threads) == 1
    sky.close()


def test_many_threads_may_declare_and_observe_at_once() -> None:
    """Under stress every user gets its answer, and the books balance."""
    fake = Fake(lambda ask: ask.text)
    sky = watching(fake, threads=6, per_host=2)
    wrong: list[str] = []

    def user(seed: int) -> None:
        asks = [Question(str((seed * 7 + number) % 40), f"h{number % 5}") for number in range(100)]
        sky.ahead(asks)
        wrong.extend(ask.text for ask in reversed(asks) if sky.observe(ask) != ask.text)

    threads = [threading.Thread(target=user, args=(seed,)) for seed in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert not any(thread.is_alive() for thread in threads)
    assert wrong == []
    assert sky._declared == {}
    assert sky.requests == len(fake.asked)
    assert max(fake.most.values()) <= 2
    sky.close()


def test_a_dead_and_a_hanging_server_do_not_slow_a_good_one() -> None:
    """With real sockets: good answers come while others hang, and the dead host's circuit opens."""
    port = closed_port()
    with (
        Server(Talk.hang) as hanging,
        Server(forever(lambda talk, _: talk.answer(b"fine"))) as good,
    ):
        sky = Observatory({HttpAsk: HttpSource()}, threads=4, per_host=2)
        stuck = [HttpAsk(url=f"{hanging.url}/{number}", timeout=30) for number in range(8)]
        dead = [HttpAsk(url=f"http://127.0.0.1:{port}/{number}", retries=1) for number in range(8)]
        fine: list[Ask] = [HttpAsk(url=f"{good.url}/{number}", samples=2) for number in range(8)]
        sky.ahead([*stuck, *dead, *fine])
        assert [sky.observe(ask).body for ask in fine] == [b"fine"] * 8
        errors = [type(raised_by(lambda ask=ask: sky.observe(ask))) for ask in dead]  # type: ignore[misc]
        assert CircuitOpenError in errors
        assert sky.degraded == (f"127.0.0.1:{port}",)
        assert 16 + 10 <= sky.requests <= 16 + 12 + 2
        sky.close(timeout=0.1)
