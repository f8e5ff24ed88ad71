# ---
# jupyter:
#   jupytext:
#     text_representation:
#       extension: .py
#       format_name: percent
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # 18 Sound
#
# **Question.** Time or pitch?
#
# Needs: lessons 00, 01, 02, 03, 07; about 4 s.
#
# A sound is a row of numbers: how far the air pushes a microphone, here 8000 times a second. Say a word twice, and
# hardly a number is the same. Ears do better: they hear *which pitches* sound *when*. So we turn the row into a
# picture, time to the right and pitch upwards, and whatever reads pictures or sequences can hear.

# %%
import numpy as np

from mmdl.ops import spectrum as library
from mmdl.ops.convolution import conv1d
from mmdl.ops.filters import hann_window, mel_filter_bank
from mmdl.plots.lesson import guess, save_figure
from mmdl.plots.lessons.lesson_18_sound import draw
from mmdl.verify.oracle import complex_step_gradient

rate = 8000  # samples a second

# %% [markdown]
# ## The formula
#
# $$f_{pi} = x_{p \cdot \mathrm{hop} + i} \qquad a_{pd} = \sum_i w_i f_{pi} \cos \frac{2\pi d i}{I} \qquad
#   b_{pd} = \sum_i w_i f_{pi} \sin \frac{2\pi d i}{I}$$
# $$s = a^2 + b^2 \qquad m = s F \qquad y = \log \max(m, \epsilon)$$
#
# - $x$ is $(T)$, the **wave**. Cut into **frames** it is $f$, $(P, I)$: $P$ pieces of $I$ samples, one every *hop*
#   samples. The hop is smaller than $I$, so frames overlap;
# - $w$ is $(I)$, the **window**: it fades a frame in and out. Without it the cut edges would sound, like clicks;
# - $a$ and $b$ are $(P, D)$: how well a wave of $d$ whole turns fits the frame, for $D$ values of $d$, 0, 1, ... up to
#   $I / 2$. So many turns a frame are $d \cdot 8000 / I$ turns a second, or **hertz**. Nobody knows where in its turn
#   the wave starts; $s$, the **power**, is the same wherever that is;
# - $F$ is $(D, K)$: $K$ **bands** of pitch. To an ear 200 and 300 Hz lie far apart, 3000 and 3100 Hz close together.
#   Equal steps of $2595 \log_{10}(1 + \mathrm{hertz} / 700)$, called **mel**, sound equal;
# - $y$ is $(P, K)$, the **log-mel spectrum**: ears hear ratios of loudness. The *floor* $\epsilon$, a tiny number,
#   stands for silence, whose logarithm would be $-\infty$.
#
# ## By hand, and in loops
#
# The frame $(1, 0, -1, 0)$ makes one turn. $I = 4$ leaves $D = 3$ frequencies; let $w = (1, 1, 1, 1)$:
#
# - $d = 0$: all cosines are 1, all sines 0, so $a = 1 - 1 = 0$ and $b = 0$;
# - $d = 1$: the cosines are $(1, 0, -1, 0)$, the sines $(0, 1, 0, -1)$, so $a = 2$ and $b = 0$: the power is 4;
# - $d = 2$: the cosines are $(1, -1, 1, -1)$, the sines 0, so $a = 1 - 1 = 0$ and $b = 0$.
#
# A quarter turn later the frame is $(0, 1, 0, -1)$. Then $a = 0$ and $b = 2$ at $d = 1$: power 4 again.


# %%
def power_loops(frame, w):
    I = len(frame)
    s = np.zeros(I // 2 + 1)
    for d in range(len(s)):
        a = b = 0
        for i in range(I):
            a += w[i] * frame[i] * np.cos(2 * np.pi * d * i / I)
            b += w[i] * frame[i] * np.sin(2 * np.pi * d * i / I)
        s[d] = a**2 + b**2
    return s


def log_mel_loops(x, w, hop, F, floor=1e-6):
    s = [power_loops(x[start : start + len(w)], w) for start in range(0, len(x) - len(w) + 1, hop)]
    return np.array([[np.log(max(sum(frame * band), floor)) for band in F.T] for frame in s])


by_hand = [power_loops(np.array(frame), np.ones(4)) for frame in ((1, 0, -1, 0), (0, 1, 0, -1))]
print("power of one turn, and of one a quarter turn later:", *np.round(by_hand, 9) + 0.0)
assert np.allclose(by_hand, [0, 4, 0], rtol=0, atol=1e-12)

# %% [markdown]
# ## The op
#
# The bands are triangles in equal steps of mel, each from its left neighbour's tip to its right neighbour's. And all
# sums are products of matrices.


# %%
def bands(K, I):
    mel = np.linspace(0, 2595 * np.log10(1 + rate / 2 / 700), K + 2)
    hertz = 700 * (10 ** (mel / 2595) - 1)
    start, tip, end = hertz[:-2], hertz[1:-1], hertz[2:]  #  (K) each
    f = rate / I * np.arange(I // 2 + 1)[:, None]  #         (D, 1)
    return np.maximum(0, np.minimum((f - start) / (tip - start), (end - f) / (end - tip)))  #  (D, K)


def turns(I):
    angle = 2 * np.pi / I * np.outer(np.arange(I), np.arange(I // 2 + 1))
    return np.cos(angle), np.sin(angle)  #                                      (I, D) each


def log_mel(x, w, hop, F, floor=1e-6):
    f = np.stack([x[start : start + len(w)] for start in range(0, len(x) - len(w) + 1, hop)])  #  (P, I)
    a, b = ((w * f) @ wave for wave in turns(len(w)))  #                        (P, I) (I, D) -> (P, D)
    m = (a**2 + b**2) @ F  #                                                    (P, D) (D, K) -> (P, K)
    return np.log(np.where(m.real > floor, m, floor)), (a, b, m)


rng = np.random.default_rng(18)
x, w, hop, F = rng.standard_normal(75), hann_window(16), 5, bands(4, 16)
x[30:50] = 0  # a pause: there is a frame in it
y, (a, b, m) = log_mel(x, w, hop, F)
power = library.power_spectrum(library.frames(x, 16, hop), w)
assert np.allclose(F, mel_filter_bank(4, 16, rate), rtol=0, atol=1e-12)
for other in (log_mel_loops(x, w, hop, F), library.log_mel(power.y, F).y):
    assert np.allclose(y, other, rtol=0, atol=1e-9)

kernels = (w[:, None] * turns(16)[0])[:, None]  # (I, 1, D)
assert np.allclose(conv1d(x[None, :, None], kernels, stride=hop)[0], a, rtol=0, atol=1e-12)

# %% [markdown]
# The last lines say: this is a **convolution** (lesson 02), whose stride is the hop and whose kernels nobody had to
# learn. The library does the sums by `np.fft.rfft`, where frequencies share their work: $I \log I$ steps, not $I^2$.
#
# **A trap.** Power is a *square*: twice the wave has four times the power, and adds $\log 4$ to $y$. Who takes the size
# $\sqrt s$ for the power adds $\log 2$: the picture looks sensible, and its numbers fit nobody else's.

# %%
loud = m > 1e-6
twice = (log_mel(2 * x, w, hop, F)[0] - y)[loud]
sizes = np.log((np.sqrt(4 * power.y) @ F)[loud]) - np.log((np.sqrt(power.y) @ F)[loud])
print(f"twice the wave adds {twice.mean():.3f}; with sizes for powers {sizes.mean():.3f}")
assert np.allclose(twice, np.log(4)) and np.allclose(sizes, np.log(2)) and not loud.all()

# %% [markdown]
# ## Backward, and checked
#
# From $dy$ back to the wave: which sample would make which band louder? Five lines, the last one first:
#
# 1. $y = \log m$: $dm = dy / m$. Where $m$ is under the floor $y$ does not move, and $dm = 0$;
# 2. $m = s F$, a product as in lesson 00: $ds = dm\, F^\mathsf{T}$ ($F$ stays as it is, and needs no gradient);
# 3. $s = a^2 + b^2$: $da = 2 a \circ ds$ and $db = 2 b \circ ds$;
# 4. $a = (w \circ f)\, C$ and $b = (w \circ f)\, S$, where $C$ and $S$ hold the cosines and the sines. $f$ was used
#    twice, so gradients add: $df = w \circ (da\, C^\mathsf{T} + db\, S^\mathsf{T})$;
# 5. $f_{pi} = x_{p \cdot \mathrm{hop} + i}$: a sample collects from every frame that holds it,
#    $dx_{p \cdot \mathrm{hop} + i} \mathrel{+}= df_{pi}$. This **overlap-add** is the $dx$ of lesson 03.


# %%
def log_mel_backward(dy, x, w, hop, F, a, b, m, floor=1e-6):
    dm = np.where(m > floor, dy, 0) / np.where(m > floor, m, 1)  #  1.  dm = dy / m, or 0
    ds = dm @ F.T  #                                                2.  ds = dm Fᵀ
    da, db = 2 * a * ds, 2 * b * ds  #                              3.  da = 2 a ∘ ds,  db = 2 b ∘ ds
    C, S = turns(len(w))
    df = w * (da @ C.T + db @ S.T)  #                               4.  df = w ∘ (da Cᵀ + db Sᵀ)
    dx = np.zeros(len(x))
    for p in range(len(df)):
        dx[p * hop : p * hop + len(w)] += df[p]  #                  5.  overlap-add
    return dx


dy = rng.standard_normal(y.shape)
dx = log_mel_backward(dy, x, w, hop, F, a, b, m)
nudges = complex_step_gradient(lambda x: log_mel(x, w, hop, F)[0], [x], 0, dy)
dpower, _ = library.log_mel_backward(dy, power.y, F, m)
dframes, _ = library.power_spectrum_backward(dpower, library.frames(x, 16, hop), w, power.real, power.imaginary)
for other in (nudges, library.frames_backward(dframes, x, hop)):
    assert np.allclose(dx, other, rtol=0, atol=1e-9 * np.abs(dx).max())

# %% [markdown]
# ## An experiment: two tones and a click
#
# How long should a frame be? Take two steady tones, 1000 and 1060 Hz, and a click: one sample. We try windows of 4 to
# 128 ms, each in the middle of frames of 200 ms, so that all see the same frequencies, 5 Hz apart. We measure the
# **valley**: power at 1030 Hz, where there is no tone, over that of the louder tone (at 1 the two are one). And for how
# many ms the **click** has more than half of its largest power, and over how many hertz one **tone** alone has.


# %%
def spectrogram(x, ms, hop):
    window = np.pad(hann_window(8 * ms), 800 - 4 * ms)
    return library.power_spectrum(library.frames(x, 1600, hop), window).y  #  (P, 801)


guessed = guess("From which window on is the valley less than half as high as the tones?", "ms")

seconds, lengths = np.arange(rate) / rate, np.array([4, 8, 16, 24, 32, 40, 48, 64, 96, 128])
tones, click = sum(np.sin(2 * np.pi * hertz * seconds) for hertz in (1000, 1060)), np.eye(1, 2800, 1400)[0]
valley, smeared, wide = np.zeros((3, len(lengths)))
for n, ms in enumerate(lengths):
    between, *tops = spectrogram(tones, ms, 8).mean(axis=0)[[206, 200, 212]]
    over_time = spectrogram(click, ms, 1).sum(axis=1)
    fine = np.abs(np.fft.rfft(hann_window(8 * ms), 80 * rate)) ** 2  # of a tone of 0 Hz: steps of 1/80 Hz
    valley[n], smeared[n] = between / max(tops), (over_time > over_time.max() / 2).sum() / 8
    wide[n] = 2 * (fine > fine[0] / 2).sum() / 80
    print(f"{ms:4} ms: valley {valley[n]:.2f}, click {smeared[n]:4.1f} ms, tone {wide[n]:5.1f} Hz", end="")
    print(f"; click times tone {smeared[n] * wide[n] / 1000:.2f}")
assert valley[1] > 1 and 0.5 < valley[4] < 0.6 and valley[5] < 0.3 and valley[7] < 0.01
assert np.allclose(smeared * wide / 1000, 0.52, rtol=0, atol=0.03)

swells = spectrogram(tones, 8, 8)[:, 206]  # one value every ms, for 800 ms
stops = (swells[1:-1] < np.minimum(swells[:-2], swells[2:])).sum() / 0.8
print(f"in windows of 8 ms the pitch between the tones stops {stops:.0f} times a second")
assert abs(stops - 60) < 2 and swells.min() < 0.01 * swells.max()

# %% [markdown]
# **Click times tone is always the same.** A window half as long halves the one and doubles the other, and no cleverer
# window makes both small (Gabor, 1946). Now look at 8 ms. There are not two blurred tones but *one*, of 1030 Hz, that
# stops 60 times a second. Is that a mistake? No:
#
# $$\sin(2\pi\, 1000\, t) + \sin(2\pi\, 1060\, t) = 2 \cos(2\pi\, 30\, t) \sin(2\pi\, 1030\, t)$$
#
# It is the same wave. **Two pitches, or one pitch with a rhythm: the window decides which of the two is told.**
#
# ## A voice
#
# The folds in a throat clap shut some hundred times a second, and each clap makes throat and mouth ring at frequencies
# of their own, the **formants**. Each is a recurrence (lesson 07) that remembers two samples. Tongue and lips move the
# formants, and that makes vowels (frequencies: men's averages from Peterson and Barney, 1952).


# %%
def voice(pitch, formants):  # (T), (T, 3): hertz -> wave (T)
    x, r = np.diff(np.floor(np.cumsum(pitch) / rate), prepend=0), np.exp(-np.pi * 80 / rate)
    for formant in formants.T:
        y, c = np.zeros(len(x) + 2), 2 * r * np.cos(2 * np.pi * formant / rate)
        for t in range(len(x)):
            y[t + 2] = x[t] + c[t] * y[t + 1] - r * r * y[t]
        x = y[2:]
    return x / np.abs(x).max()


vowels = np.array([(730, 1090, 2440), (530, 1840, 2480), (270, 2290, 3010), (570, 840, 2410), (300, 870, 2240)])
moving = np.stack([np.interp(seconds, (0.2, 0.5, 0.8), vowels[[0, 2, 4], n]) for n in range(3)], axis=1)
spoken = voice(100 + 40 * seconds, moving)  # a, i, u

# %% [markdown]
# In the figure a window of 8 ms shows each clap, and no pitch; one of 64 ms shows pitch, and no clap. Recognisers of
# speech take 20 to 32 ms. And what do bands, mel and logarithm buy? Five vowels (a e i o u) at 20 pitches, each spoken
# a little differently. For each we find the most similar one *of another pitch*: is it the same vowel? Chance gets 0.2.
#
# Log-mel does three things at once: it **pools** frequencies into bands, it makes the bands as wide as *mel* says, and
# it takes a **logarithm**. To know what each is worth we take each away alone: no bands; 20 bands of **equal width**;
# and all of them without the logarithm. Three times, with other mouths.


# %%
def equal_bands(K, I):  # the same triangles, in equal steps of hertz
    f, width = rate / I * np.arange(I // 2 + 1)[:, None], rate / 2 / (K + 1)
    return np.maximum(0, 1 - np.abs(f / width - np.arange(1, K + 1)))  #  (D, K)


pitches, said = np.repeat(np.linspace(90, 250, 20), 5), np.tile(np.arange(5), 20)


def speak(rng, spread):  # the same hundred vowels from other mouths, some louder: waves (100, 1600), powers (100, 129)
    mouths = vowels[said] * rng.normal(1, spread, (100, 3))
    waves = [voice(np.full(1600, pitch), np.tile(each, (1600, 1))) for pitch, each in zip(pitches, mouths, strict=True)]
    waves = rng.uniform(0.3, 1, (100, 1)) * np.array(waves)
    return waves, library.power_spectrum(library.frames(waves, 256, 128), hann_window(256)).y.mean(axis=1)


def same_vowel(rows):
    apart = ((rows[:, None] - rows) ** 2).sum(axis=2) + np.where(pitches[:, None] == pitches, np.inf, 0)
    return (said[apart.argmin(axis=1)] == said).mean()


none, pooled = np.eye(129), {K: (equal_bands(K, 256), bands(K, 256)) for K in (10, 20)}
of_waves, found, few = np.zeros(3), np.zeros((3, 3, 2)), np.zeros((3, 2))  # seeds; pooling; without and with logarithm
for seed, rng in enumerate(map(np.random.default_rng, range(3))):
    waves, power = speak(rng, 0.05)
    of_waves[seed] = same_vowel(waves)
    found[seed] = [[same_vowel(power @ F), same_vowel(np.log(power @ F))] for F in (none, *pooled[20])]
    few[seed] = [same_vowel(np.log(speak(rng, 0.1)[1] @ F)) for F in pooled[10]]  # mouths that differ twice as much
print(f"same vowel, three seeds: waves {of_waves.mean():.2f}")
for kind, row in zip(("no bands", "20 equal bands", "20 mel bands"), found.mean(axis=0), strict=True):
    print("{:14}  power {:.2f}  its logarithm {:.2f}".format(kind, *row))
print("10 bands, mouths twice as different: equal {:.2f}, mel {:.2f}".format(*few.mean(axis=0)))
(plain, logged), (wide_plain, wide_logged), (mel_plain, mel_logged) = found.transpose(1, 2, 0)
assert (
    of_waves.max() < 0.4 and np.all(logged > plain + 0.1) and np.all(wide_plain > plain + 0.1)
)  # each by itself helps
assert np.all(wide_logged > np.maximum(logged, wide_plain)) and np.all(np.abs(found[:, 2] - found[:, 1]) < 0.05)
assert np.all(few[:, 1] > few[:, 0]) and np.diff(few.mean(axis=0)) > 0.05

both = np.where(np.arange(rate) == 4000, 40, tones)  # a click in the middle
pictures = {ms: spectrogram(both, ms, 8) for ms in (8, 32, 64)}
voices = {ms: spectrogram(spoken, ms, 8) for ms in (8, 64)}
mels = log_mel(spoken, hann_window(256), 64, bands(40, 256))[0]
save_figure(draw(pictures, voices, mels, (lengths, valley, smeared), found.mean(axis=0), guessed), "18_sound")

# %% [markdown]
# Waves say nothing: a vowel that starts a moment later is another row. Powers do not mind *when*, but they hold the
# pitch, which is the speaker's. **The logarithm** by itself lets the faint formants count; **pooling** by itself, over
# more than the gaps between a voice's tones, drops the pitch; together they find nearly all. And the **mel scale**?
# With 20 bands it does nothing: equal bands do as well. It pays where bands are few and the task is harder: mel spends
# narrow bands where the formants are. What a recipe of three steps achieves, no single step may claim for itself.
#
# `mmdl train --data spoken-digits` learns real digits from just such pictures.
#
# ## Exercises
#
# `mmdl check --new 18` writes a file to complete, `mmdl check 18_sound.py` looks at it.
#
# - `frames`, `frames_backward`: cutting a wave, and overlap-add. `hann_window`: the fading.
# - `power_spectrum`: is it the power? `mel_filter_bank`: the triangles.
# - `log_mel`, `log_mel_backward`: the logarithm with its floor.
#
# ## What you now know
#
# - A spectrogram is a convolution with waves, squared: where a frame starts within a turn no longer matters.
# - Time and pitch cannot both be sharp: their product is a constant, and the window's length chooses.
# - Pooling into bands and the logarithm keep what was said, and drop much of who said it; mel lets few bands do.
# - Its gradient reaches every sample, by a product, a square, two products and overlap-add.
#
# ## Where this comes from
#
# - Gabor, [*Theory of communication*](https://doi.org/10.1049/ji-3-2.1946.0074), 1946, part 1: time and pitch have one
#   budget, with the drawings that made it plain.
# - Stevens, Volkmann, Newman, [*A scale for the measurement of the psychological magnitude
#   pitch*](https://doi.org/10.1121/1.1915893), 1937: listeners set equal steps of pitch, and mel is what came out.
# - Davis, Mermelstein, [*Comparison of parametric representations for monosyllabic word
#   recognition*](https://doi.org/10.1109/TASSP.1980.1163420), 1980: which bands and which numbers recognise words best.
# - Peterson, Barney, [*Control methods used in a study of the vowels*](https://doi.org/10.1121/1.1906875), 1952: 76
#   speakers and ten vowels, whose formants our voice uses.
# - Zeghidour, Teboul, de Chaumont Quitry, Tagliasacchi, [*LEAF: a learnable frontend for audio
#   classification*](https://arxiv.org/abs/2101.08596), 2021: filters that are learned instead of designed, compared
#   with mel on many tasks.
