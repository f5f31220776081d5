"""Many who want to know the same at the same time, and one who asks."""

from concurrent.futures import ThreadPoolExecutor
from threading import Event

import pytest

from processing.remembering import Remembered

WATCHERS = 50


class Question:
    """Counts how often it is asked, and may keep whoever asks waiting."""

    def __init__(self) -> None:
        self.asked = 0
        self.begun = Event()
        self.answers = Event()
        self.answers.set()

    def __call__(self) -> int:
        self.asked += 1
        self.begun.set()
        assert self.answers.wait(10)
        return self.asked

    def hold(self) -> None:
        self.begun.clear()
        self.answers.clear()


@pytest.fixture
def question() -> Question:
    return Question()


def test_many_who_come_at_once_ask_once(question: Question) -> None:
    remembered = Remembered(question, seconds=60)
    question.hold()
    with ThreadPoolExecutor(WATCHERS) as watchers:
        answers = [watchers.submit(remembered.get) for _ in range(WATCHERS)]
        assert question.begun.wait(10)
        question.answers.set()
        assert {answer.result(10) for answer in answers} == {1}
    assert question.asked == 1


def test_it_is_asked_again_when_the_answer_is_old(question: Question) -> None:
    remembered = Remembered(question, seconds=0)
    assert [remembered.get(), remembered.get()] == [1, 2]


def test_nobody_waits_while_it_is_asked_again(question: Question) -> None:
    remembered = Remembered(question, seconds=0)
    remembered.get()
    question.hold()
    with ThreadPoolExecutor(1) as other:
        slow = other.submit(remembered.get)
        assert question.begun.wait(10)
        assert remembered.get() == 1
        question.answers.set()
        assert slow.result(10) == 2


def test_what_was_asked_before_a_change_is_not_told_after_it(question: Question) -> None:
    remembered = Remembered(question, seconds=60)
    question.hold()
    with ThreadPoolExecutor(1) as other:
        slow = other.submit(remembered.get)
        assert question.begun.wait(10)
        remembered.forget()
        question.answers.set()
        assert slow.result(10) == 1
    assert remembered.get() == 2
    assert remembered.get() == 2


def test_an_error_is_told_to_whoever_asked_and_kept_for_nobody() -> None:
    answers = iter([ValueError("not now"), "now"])

    def ask() -> str:
        answer = next(answers)
        if isinstance(answer, ValueError):
            raise answer
        return str(answer)

    remembered = Remembered(ask, seconds=60)
    with pytest.raises(ValueError, match="not now"):
        remembered.get()
    assert remembered.get() == "now"
