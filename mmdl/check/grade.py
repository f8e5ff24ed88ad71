"""The grade of one function: questions in order until one is answered wrongly, and then what can be said about that."""

import time
from dataclasses import dataclass, field

import numpy as np

from mmdl.check.case_words import in_words
from mmdl.check.diagnosis import Diagnosis, diagnose
from mmdl.check.draws import PLAIN, large, roomy
from mmdl.check.mistake import Comparison, Line, Mistake, NotDoneYet
from mmdl.check.questions import (
    BASICS,
    agrees_with,
    as_mistake,
    everything,
    is_adjoint,
    is_gradient,
    keeps_dtype,
    law,
    listed,
)
from mmdl.check.student import Student
from mmdl.check.trial import ask
"""
"""
