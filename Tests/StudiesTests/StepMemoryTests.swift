import Collectives
import Foundation
import Models
import Tensors
import Testing
import Training

@testable import Studies

/// Pages that this process has been given so far.
private func minorFaults() -> Int {
    var usage = rusage()
    let thisProcess: Int32 = 0
    getrusage(__rusage_who_t(thisProcess), &usage)
    return usage.ru_minflt
}

struct StepMemoryTests {
    @Test("behind the first step, no step asks the system for memory, longer batches included")
    func steps() async {
        // In a process of its own: others' tests take memory too.
        await #expect(processExitsWith: .success) {
            let session = Session(communicator: SoloCommunicator())
            let configuration = ModelPreset.tiny.configuration
            // The longest batch comes last.
            let seconds = [[1.0, 1], [2, 1.5], [1, 3], [4, 4, 4], [7, 6, 5]]
            let corpus = try NoiseCorpus(seconds, configuration: configuration, session)
            defer { corpus.remove() }
            var training = try MeasuredTraining(
                network: Wav2Vec2(configuration), recordings: corpus.recordings, batches: corpus.batches,
                settings: MeasuredTraining.Settings(), updates: seconds.count, session: session)
            _ = try training.step()
            let before = minorFaults()
            for _ in 1..<seconds.count { _ = try training.step() }
            let faults = minorFaults() - before
            print("faults: \(faults)")
            #expect(faults < 100)
        }
    }
}
