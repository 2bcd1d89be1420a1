import Collectives
import Foundation
import Models
import Tensors
import Testing
import Training

@testable import Studies

private enum Allowed {
    /// What a step may take of the system: 48 seconds of audio, read ahead, come and go in three forms.
    static let bytes = 10 << 20
    /// What oneDNN takes for products of extents that it has not seen, over four batches.
    static let productBytes = 24 << 20
}

/// Bytes that this process has been given so far, by pages.
private func givenBytes() -> Int {
    var usage = rusage()
    let thisProcess: Int32 = 0
    getrusage(__rusage_who_t(thisProcess), &usage)
    return usage.ru_minflt * Int(sysconf(Int32(_SC_PAGESIZE)))
}

/// Bytes of this process that are in memory.
private func residentBytes() -> Int {
    let fields = systemTable("/proc/self/statm").split(separator: " ").compactMap { Int($0) }
    return fields[1] * Int(sysconf(Int32(_SC_PAGESIZE)))
}

struct StepMemoryTests {
    /// Batches of seconds; the longest comes last.
    private static let seconds = [[1.0, 1], [2, 1.5], [1, 3], [4, 4, 4], [18, 16, 14]]

    @Test("behind the first step no step asks the system for activations, the longest batch's included")
    func steps() async {
        // In a process of its own: others' tests take memory too.
        await #expect(processExitsWith: .success) {
            let session = Session(communicator: SoloCommunicator())
            let configuration = ModelPreset.tiny.configuration
            let seconds = Self.seconds
            let corpus = try NoiseCorpus(seconds, configuration: configuration, session)
            defer { corpus.remove() }
            var training = try MeasuredTraining(
                network: Wav2Vec2(configuration), recordings: corpus.recordings, batches: corpus.batches,
                settings: MeasuredTraining.Settings(), updates: 3 * seconds.count, session: session)
            _ = try training.step()
            let resident = residentBytes()
            for _ in 1..<seconds.count { _ = try training.step() }
            let largest = PlannedPass(seconds[4].map { .init(samples: Int($0 * 16_000), labels: 0) })
            try #require(configuration.arenaBytes(largest) > 4 * Allowed.productBytes)
            try #require(residentBytes() - resident < Allowed.productBytes)
            for _ in 0..<2 * seconds.count {
                let given = givenBytes()
                _ = try training.step()
                try #require(givenBytes() - given < Allowed.bytes)
            }
        }
    }
}
