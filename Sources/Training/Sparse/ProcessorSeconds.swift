internal import Foundation

/// The processor time of all threads of this process, in seconds: for comparing two ways of computing the
/// same while other programs may take processors away.
package func processorSeconds() -> Double {
    var time = timespec()
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time)
    return Double(time.tv_sec) + 1e-9 * Double(time.tv_nsec)
}
