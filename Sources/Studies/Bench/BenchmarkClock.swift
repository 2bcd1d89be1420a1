internal import Program
internal import Training

/// What tells the time: of a process that computes alone, in one thread, the processor's, which other programs do not sway.
func benchmarkClock(isAlone: Bool) -> () -> Double {
    isAlone ? { processorSeconds() } : { monotonicSeconds() }
}
