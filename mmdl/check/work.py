"""The process in which a student's file is imported and its functions are graded, under the eyes of an alarm."""

import contextlib
import importlib.util
import inspect
import linecache
import os
import signal
import sys
import tempfile
import threading
import time
from dataclasses import replace

from hypothesis import settings
from hypothesis.configuration import set_hypothesis_home_dir

from mmdl.check.deadline import NEVER, Deadline
from mmdl.check.files import chosen, task_of
from mmdl.check.grade import FAILS, MISSING, Grade
from mmdl.check.grading import grade
from mmdl.check.library import EXERCISES, PREDICTIONS, mistakes_of
from mmdl.check.limits import GRACE, allow, end_what_is_forked_off, limit_memory
from mmdl.check.mistake import Line, Mistake
from mmdl.check.prediction import judge
from mmdl.check.steps import TooLong
from mmdl.check.student import Screen, Student, in_words, where
from mmdl.check.words import in_short
from mmdl.errors import DataError

LOADING = 20.0  # seconds that a file may take to be imported
HEARTBEAT = 0.25


class Alarm:
    """Watches over the time of each call from a thread of its own; when it is up, it tells the line and ends all."""

    def __init__(self, tell, path, limit=None):
        self.tell = tell
        self.path = path
        self.limit = limit  # seconds, whatever an exercise says
        self.main = threading.get_ident()
        self.name = self.seconds = None
        self.deadline = NEVER
        threading.Thread(target=self._watch, daemon=True).start()

    def start(self, name, seconds):
        """A call begins."""
        self.name, self.seconds = name, self.limit or seconds
        self.deadline = Deadline(self.seconds)
        allow(self.seconds + GRACE)

    def stop(self):
        """It has ended."""
        allow(0)
        self.deadline = NEVER

    def _watch(self):
        while True:
            time.sleep(HEARTBEAT)
            self.tell("alive")
            if self.deadline.passed:
                self._end()

    def _end(self):
        line = self._line()
        if self.name is None:
            self.tell("refused", f"{self.path.name} does not come to an end when it is imported; it was in {line}")
        else:
            sentence = f"it does not come to an end: it was stopped after {self.seconds:g} s"
            printed = sys.stdout.shown() if isinstance(sys.stdout, Screen) else ""
            self.tell("grade", with_hints(Grade(self.name, FAILS, sentence=sentence, line=line, printed=printed)))
            self.tell("done")
        os._exit(1)

    def _line(self):
        """The student's line in which the main thread is."""
        file = str(self.path)
        frame = sys._current_frames().get(self.main)
        while frame and frame.f_code.co_filename != file:
            frame = frame.f_back
        return Line(frame.f_lineno, in_short(linecache.getline(file, frame.f_lineno))) if frame else None


def work(connection, path, function, graded, deadly, examples, seconds):
    """Import the file, grade one function after the other, and tell about it.

    Parameters
    ----------
    connection : one end of a pipe, for pairs of a word and what belongs to it
    path, function, examples, seconds : as in `process.grades`
    graded : names of functions that need no grade any more
    deadly : names of those among them that ended the process
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the one who started it
    end_what_is_forked_off()
    lock, path = threading.Lock(), path.resolve()

    def tell(kind, content=None):
        with lock, contextlib.suppress(OSError):
            connection.send((kind, content))

    settings.register_profile("check", derandomize=True)  # the same file gets the same answer
    settings.load_profile("check")
    with tempfile.TemporaryDirectory() as notes:
        set_hypothesis_home_dir(notes)  # Hypothesis would keep its own in the student's folder
        alarm = Alarm(tell, path, seconds)
        limit_memory()
        try:
            defined = load(path, alarm)
            names, missing = chosen(path, defined, [*EXERCISES, *PREDICTIONS], function)
        except DataError as error:
            tell("refused", str(error))
            return
        tell("names", [*names, *missing])
        for name in [*names, *missing]:
            if name in missing:
                tell("grade", with_hints(Grade(name, MISSING)))
            elif name not in graded:
                harmless = {other: each for other, each in defined.items() if other not in deadly}
                tell("grade", with_hints(graded_safely(name, harmless, examples, alarm)))
        tell("done")


def graded_safely(name, defined, examples, alarm):
    """The grade of one function; whatever we did not think of is said in a sentence, and never as a traceback."""
    try:
        if name in PREDICTIONS:
            return judge(PREDICTIONS[name], defined[name], alarm)
        return grade(EXERCISES[name], defined[name], partner(name, defined, alarm), examples, alarm)
    except MemoryError:
        return Grade(name, FAILS, sentence="it keeps so much memory that nothing is left to check it with")
    except Exception as error:
        return Grade(name, FAILS, sentence=f"it cannot be checked, and that is our mistake: {in_words(error)}")


def with_hints(grade):
    """A grade with all that may be hinted at, and the number of mistakes that are known of such a function."""
    task = task_of(grade.name)
    grade = replace(grade, stars=task.stars if task else 0)
    if grade.name in PREDICTIONS:
        return replace(grade, hints=PREDICTIONS[grade.name].hints)
    exercise = EXERCISES[grade.name]
    hints = (*(diagnosis.hint for diagnosis in grade.diagnoses or ()), *exercise.hints)
    return replace(grade, hints=hints, known=len(mistakes_of(exercise)))


def load(path, alarm):
    """The functions that a file defines itself, by name and in their order.

    Raises
    ------
    DataError : it cannot be imported.
    """
    sys.dont_write_bytecode = True
    sys.path.insert(0, str(path.parent))
    spec = importlib.util.spec_from_file_location(f"student_{path.stem}", path)
    if spec is None:
        raise DataError(f"{path.name} is no Python file; its name should end in .py")
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    alarm.start(None, LOADING)
    try:
        with contextlib.redirect_stdout(Screen()), contextlib.redirect_stderr(Screen()):
            spec.loader.exec_module(module)
    except SyntaxError as error:
        place = f", line {error.lineno}" if error.lineno else ""
        text = f": {in_short(error.text)}" if error.text else ""
        raise DataError(f"{path.name}{place}: {in_short(error.msg)}{text}") from None
    except TooLong as error:
        error.line = where(error, str(path))
        raise
    except UnicodeDecodeError:
        raise DataError(f"{path.name} is no Python file: it is not text in UTF-8") from None
    except BaseException as error:
        line = where(error, str(path))
        what = in_words(error).removeprefix("it ")
        raise DataError(f"when {path.name} is imported it {what}{f' in {line}' if line else ''}") from None
    finally:
        alarm.stop()
    return {
        name: each
        for name, each in vars(module).items()
        if inspect.isfunction(each) and each.__code__.co_filename == str(path)
    }


def partner(name, defined, alarm):
    """The student's own forward pass for a backward pass, where both are done; else None."""
    forward = name.removesuffix("_backward")
    if forward == name or forward not in defined or forward not in EXERCISES or not EXERCISES[name].entry:
        return None
    try:
        student = Student(defined[forward], EXERCISES[forward], alarm)
        return student if EXERCISES[forward].entry and student.is_done else None
    except Mistake:
        return None
