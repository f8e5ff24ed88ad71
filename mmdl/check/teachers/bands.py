"""Mistakes of lesson 18 in the bands of pitch: the filter bank, and its logarithms."""

import numpy as np

from mmdl.check.known import mistakes_in
from mmdl.ops.filters import hertz_to_mel, mel_filter_bank, mel_to_hertz
from mmdl.ops.spectrum import LogMel, log_mel

MISTAKES = []
in_bank = mistakes_in(MISTAKES, "mel_filter_bank")
in_log_mel = mistakes_in(MISTAKES, "log_mel")
in_log_mel_backward = mistakes_in(MISTAKES, "log_mel_backward")


def _through(dmel, power, filters):
    return dmel @ filters.T, power.T @ dmel


def _frequencies(length, rate):
    return rate / length * np.arange(length // 2 + 1)[:, None]


def _mels(bands, rate):
    return np.linspace(0, hertz_to_mel(rate / 2), bands + 2)


def _thirds(edges):
    return edges[:-2], edges[1:-1], edges[2:]


def _triangles(edges, f):
    a, b, c = _thirds(edges)
    return np.maximum(0, np.minimum((f - a) / (b - a), (c - f) / (c - b)))


@in_bank("Equal steps of mel: np.linspace(0, mel(rate / 2), bands + 2), and then back to hertz.")
def equal_steps_of_hertz(bands, length, rate):
    """The triangles stand in equal steps of hertz, not of mel."""
    return _triangles(np.linspace(0, rate / 2, bands + 2), _frequencies(length, rate))


@in_bank("Only the edges are equally spaced in mel; the sides are straight lines in hertz.")
def sides_straight_in_mel(bands, length, rate):
    """The edges are right, but the sides between them are straight in mel, not in hertz."""
    return _triangles(_mels(bands, rate), hertz_to_mel(_frequencies(length, rate)))


@in_bank("Frequency d is d · rate / length; the last one is half the rate only if the length is even.")
def last_frequency_at_half_the_rate(bands, length, rate):
    """The frequencies run from 0 to rate / 2 in equal steps: right only for an even length."""
    return _triangles(mel_to_hertz(_mels(bands, rate)), np.linspace(0, rate / 2, length // 2 + 1)[:, None])


@in_bank("Outside of its edges a triangle is zero: np.maximum(0, ...).")
def negative_outside(bands, length, rate):
    """The sides go on below zero outside of the edges."""
    a, b, c = _thirds(mel_to_hertz(_mels(bands, rate)))
    f = _frequencies(length, rate)
    return np.minimum((f - a) / (b - a), (c - f) / (c - b))


@in_bank("Every triangle is one high, here.")
def equal_areas(bands, length, rate):
    """Each triangle encloses the area one, 2 / (c − a) high, instead of being one high."""
    return mel_filter_bank(bands, length, rate, equal_area=True)


@in_bank("The mel of this exercise is 2595 log₁₀(1 + f / 700).")
def another_mel(bands, length, rate):
    """It is Slaney's mel, straight up to 1000 Hz, not the formula's."""
    return mel_filter_bank(bands, length, rate, scale="slaney")


@in_log_mel("The natural logarithm: np.log.")
def decimal_logarithm(power, filters, floor=1e-6):
    """The logarithm is the decimal one."""
    y, mel = log_mel(power, filters, floor)
    return LogMel(y / np.log(10), mel)


@in_log_mel("The natural logarithm, np.log, without a factor.")
def decibels(power, filters, floor=1e-6):
    """y is in decibels, 10 log₁₀."""
    y, mel = log_mel(power, filters, floor)
    return LogMel(y * 10 / np.log(10), mel)


@in_log_mel("The larger of the two: np.maximum(m, floor).")
def floor_added(power, filters, floor=1e-6):
    """The floor is added to m; it should only replace what is smaller."""
    mel = power @ filters
    return LogMel(np.log(mel + floor), mel)


@in_log_mel("np.maximum(m, floor) before the logarithm, or silence is −∞.")
def floor_left_out(power, filters, floor=1e-6):
    """There is no floor: what is fainter goes on falling, to −∞ for silence."""
    mel = power @ filters
    return LogMel(np.log(mel), mel)


@in_log_mel("Filter the power as it is. With sizes, twice the wave adds log 2, not log 4.")
def sizes_filtered(power, filters, floor=1e-6):
    """The filters get the root of the power: four times the power, which is twice the wave, adds log 2, not log 4."""
    return log_mel(np.sqrt(power), filters, floor)


@in_log_mel("First add up what a band lets through, then take the logarithm.")
def logarithm_before_the_filters(power, filters, floor=1e-6):
    """y filters the logarithms of the powers, instead of being the logarithm of m."""
    return LogMel(np.log(np.maximum(power, floor)) @ filters, power @ filters)


@in_log_mel("log m, not log(1 + m): otherwise faint bands are all alike.")
def one_added(power, filters, floor=1e-6):
    """y is log(1 + m)."""
    mel = power @ filters
    return LogMel(np.log1p(np.maximum(mel, floor)), mel)


@in_log_mel_backward("Where m is under the floor y does not depend on it: dm = 0 there.")
def gradient_under_the_floor(dy, power, filters, mel, floor=1e-6):
    """It is right but where m is under the floor: there it still sends dy / m back."""
    return _through(dy / mel, power, filters)


@in_log_mel_backward("Where m is under the floor y does not depend on it: dm = 0 there, and not dy / floor.")
def divided_by_the_floor(dy, power, filters, mel, floor=1e-6):
    """It is right but where m is under the floor: there it sends dy / floor back."""
    return _through(dy / np.maximum(mel, floor), power, filters)


@in_log_mel_backward("The derivative of log m is 1 / m.")
def logarithm_forgotten(dy, power, filters, mel, floor=1e-6):
    """dy is not divided by m, as if there were no logarithm."""
    return _through(np.where(mel > floor, dy, 0), power, filters)


@in_log_mel_backward("The derivative of log m is 1 / m, not 1 / log m.")
def divided_by_the_logarithm(dy, power, filters, mel, floor=1e-6):
    """dy is divided by log m instead of m."""
    return _through(np.where(mel > floor, dy, 0) / np.log(mel), power, filters)
