"""Schedules: what the learning rate is multiplied by in step 0, 1, ... of so many.

Further parameters are given beforehand: `fit(..., schedule=partial(cosine, warm_up=0.3))`.
"""

import math


def constant(step, steps):
    """η_t = η"""
    return 1.0


def step_decay(step, steps, factor=0.1, at=(0.5, 0.75)):
    """η_t = η · factorᵏ,  k of the points `at` (shares of all steps) being passed

    Source: He, Zhang, Ren, Sun, Deep residual learning for image recognition, 2016, section 4.2.
    """
    return factor ** sum(step >= point * steps for point in at)


def cosine(step, steps, warm_up=0.0):
    """η_t = η · t / w  for t < w,   η · ½ (1 + cos π (t − w) / (1 − w))  afterwards

    t, from 0 to 1, is the time in the middle of the step, w the share that warms up: from nearly zero to the full rate
    in a straight line, and back along half a wave. With a high rate and w = 0.3 this is the one-cycle schedule.

    Source: Loshchilov, Hutter, SGDR, 2017, equation 5; Smith, Topin, Super-convergence, 2018.
    """
    t = (step + 0.5) / steps
    return t / warm_up if t < warm_up else 0.5 * (1 + math.cos(math.pi * (t - warm_up) / (1 - warm_up)))
