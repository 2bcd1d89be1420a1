"""Prints the golden values of CountedRandomTests and ContentHashTests, from SplitMix64 as published."""

import math

MASK = (1 << 64) - 1
GAMMA = 0x9E3779B97F4A7C15  # Steele, Lea and Flood, OOPSLA 2014, section 4


def mix(z):
    z = ((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9) & MASK
    z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & MASK
    return z ^ (z >> 31)


def key(seed, stream, step=0, item=0, layer=0):
    """The name of a sequence: every part is spread over 64 bits, then mixed into what came before."""
    value = mix((seed + GAMMA) & MASK)
    for part in (stream, step & MASK, item, layer & MASK):
        value = mix(value ^ ((part * 0xD1B54A32D192ED03 + GAMMA) & MASK))
    return value


def split_mix(seed):
    """SplitMix64's output for a seed."""
    while True:
        seed = (seed + GAMMA) & MASK
        yield mix(seed)


def first(name, count):
    source = split_mix(key(*name))
    return [next(source) for _ in range(count)]


NAMES = [(0, 1, 0, 0, 0), (2337, 7, 11, 0xCBF29CE484222325, 3), (MASK, 15, -1, MASK, 12)]
TESTED = split_mix(0)
assert [next(TESTED) for _ in range(3)] == [0xE220A8397B1DCDAF, 0x6E789E6AA1B965F4, 0x06C45D188009454F]
for name in NAMES:
    print(name, "key", hex(key(*name)), "bits", [hex(value) for value in first(name, 3)])
bits = first(NAMES[1], 4)
print("gumbel", [-math.log(-math.log(((value >> 11) + 0.5) * 2.0**-53)) for value in bits[:3]])
uniform = [(value >> 11) * 2.0**-53 for value in bits]
print("uniform", uniform[:3])
for pair in (uniform[:2], uniform[2:]):
    print("normal", math.sqrt(-2 * math.log(1 - pair[0])) * math.cos(2 * math.pi * pair[1]))


def content_hash(words, seed=0):
    """Eight lanes of multiply and shift over blocks of eight words, then the tail, as ContentHash documents."""
    value = mix((seed + 0x2545F4914F6CDD1D) & MASK)
    lanes = [(value + lane * 0xC2B2AE3D27D4EB4F) & MASK for lane in range(8)]
    whole = len(words) // 8 * 8
    for index in range(whole):
        lane = index % 8
        lanes[lane] = ((lanes[lane] ^ words[index]) * GAMMA) & MASK
        lanes[lane] ^= lanes[lane] >> 29
    value = len(words)
    for part in lanes + words[whole:]:
        value = mix(value ^ part)
    return value


print("hash of nothing", hex(content_hash([])), "of 1 to 19", hex(content_hash(list(range(1, 20)))))
