internal import CAudio

/// Resamples mono audio block by block, so that memory holds blocks and not recordings.
///
/// The output does not depend on the blocks.
package struct Resampler: ~Copyable {
    /// Nil if both rates are the same.
    private let handle: OpaquePointer?
    private let path: String

    /// Samples that go in, and come out, at once.
    private static let blockSamples = 1 << 14

    /// A resampler of what a file holds.
    package init(from source: Int, to target: Int, path: String) throws(AudioError) {
        self.path = path
        guard source != target else {
            handle = nil
            return
        }
        var message = AudioMessage()
        handle = parp_resampler_open(Double(source), Double(target), &message.bytes, AudioMessage.capacity)
        if handle == nil { throw Self.fault(message, path) }
    }

    deinit { if let handle { parp_resampler_close(handle) } }

    /// Takes the next samples, and appends their output.
    package func take(_ samples: [Float], addingTo output: inout [Float]) throws(AudioError) {
        guard handle != nil else { return output += samples }
        var start = 0
        while start < samples.count {
            let block = Array(samples[start..<min(start + Self.blockSamples, samples.count)])
            start += try process(block, &output).taken
        }
    }

    /// Appends the remaining output at the end.
    package func finish(addingTo output: inout [Float]) throws(AudioError) {
        guard handle != nil else { return }
        while try process(nil, &output).written > 0 {}
    }

    private func process(
        _ input: [Float]?, _ output: inout [Float]
    ) throws(AudioError) -> (taken: Int, written: Int) {
        var block = [Float](repeating: 0, count: Self.blockSamples)
        var message = AudioMessage()
        var taken: Int64 = 0
        let written = Int(
            parp_resampler_process(
                handle, input, Int64(input?.count ?? 0), &taken, &block, Int64(block.count), &message.bytes,
                AudioMessage.capacity))
        guard written >= 0 else { throw Self.fault(message, path) }
        output += block[..<written]
        return (Int(taken), written)
    }

    private static func fault(_ message: AudioMessage, _ path: String) -> AudioError {
        AudioError(path: path, fault: "cannot be resampled: \(message.text)")
    }
}

/// The number of frames at another rate.
func resampledCount(_ frames: Int, _ source: Int, _ target: Int) -> Int {
    let count = (Double(frames) * Double(target) / Double(source)).rounded()
    return source == target ? min(frames, 1 << 60) : Int(min(count, 0x1p60))
}
