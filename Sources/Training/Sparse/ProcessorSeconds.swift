internal import Foundation

/// The processor time that this process has taken, its threads' together, in seconds: what two ways of computing the same
/// are compared by, where other programs may take the processors away in between.
package func processorSeconds() -> Double {
    var time = timespec()
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time)
    return Double(time.tv_sec) + 1e-9 * Double(time.tv_nsec)
}
