"""The counted randomness of a pre-training update, as Sources/Tensors and Sources/Models define it: masks, distractors
and Gumbel noise of an utterance, from (seed, step, identity) alone.
"""

import numpy

GAMMA = numpy.uint64(0x9E3779B97F4A7C15)
# RandomStream's numbers.
TIME_MASK, GUMBEL, NEGATIVES = 3, 16, 17


def mix(z):
    """SplitMix64's finaliser (Steele, Lea and Flood, OOPSLA 2014, section 4)."""
    z = (z ^ (z >> numpy.uint64(30))) * numpy.uint64(0xBF58476D1CE4E5B9)
    z = (z ^ (z >> numpy.uint64(27))) * numpy.uint64(0x94D049BB133111EB)
    return z ^ (z >> numpy.uint64(31))


def bits(seed, stream, step, identity, count):
    """The first numbers of a sequence, 64 bits each."""
    with numpy.errstate(over="ignore"):
        key = mix(numpy.uint64(seed) + GAMMA)
        for part in (stream, step, identity, 0):
            key = mix(key ^ (numpy.uint64(part) * numpy.uint64(0xD1B54A32D192ED03) + GAMMA))
        return mix(key + (numpy.arange(count, dtype=numpy.uint64) + numpy.uint64(1)) * GAMMA)


def uniform(*name):
    return (bits(*name) >> numpy.uint64(11)).astype(numpy.float64) * 2.0**-53


def time_mask(frames, probability, length, seed, step, identity, minimum=2):
    """Which frames are masked: spans whose starts are drawn until enough differ."""
    masked = numpy.zeros(frames, dtype=bool)
    starts = frames - length
    if starts <= 0:
        return masked
    numbers = uniform(seed, TIME_MASK, step, identity, 64 * frames)
    count = min(starts, max(minimum, int(probability * frames / length + numbers[0])))
    chosen, index = set(), 1
    while len(chosen) < count:
        chosen.add(int(numbers[index] * starts))
        index += 1
    for start in chosen:
        masked[start : start + length] = True
    return masked


def negatives(frames, count, seed, step, identity):
    """(frames, count) indices of other masked frames."""
    numbers = uniform(seed, NEGATIVES, step, identity, frames * count).reshape(frames, count)
    others = (numbers * (frames - 1)).astype(numpy.int64)
    return others + (others >= numpy.arange(frames)[:, None])


def gumbel(frames, columns, seed, step, identity):
    """(frames, columns) of standard Gumbel noise."""
    numbers = (bits(seed, GUMBEL, step, identity, frames * columns) >> numpy.uint64(11)).astype(numpy.float64)
    return -numpy.log(-numpy.log((numbers + 0.5) * 2.0**-53)).reshape(frames, columns)
