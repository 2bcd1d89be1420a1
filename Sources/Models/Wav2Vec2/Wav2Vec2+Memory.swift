internal import Kernels
public import Tensors

// The arena memory of passes, found by running them on the counting device.

extension Wav2Vec2 {
    /// The arena bytes of a training pass: the batch itself, forward, CTC and backward.
    ///
    /// Exact if no layer is dropped; a dropped layer takes nothing.
    public func arenaBytes(_ pass: PlannedPass) -> Int {
        var arena = Arena.counting()
        let output = forward(
            pass.batch(configuration, arena: &arena), parameters: pass.parameters(layout), noise: pass.noise,
            augmentation: Augmentation(), trainable: pass.trainable, recomputing: pass.recomputing,
            arena: &arena)
        let dLogits = arena.tensor(like: output.logits)
        countLoss(pass, output.logits, output.packing, arena: &arena, dLogits: dLogits)
        backward(dLogits, output: output, arena: &arena)
        return arena.peakBytes
    }

    /// The arena bytes of evaluating the same utterances, in float32.
    public func evaluationArenaBytes(_ pass: PlannedPass) -> Int {
        var arena = Arena.counting()
        var pass = pass
        pass.precision = .float32
        let output = evaluate(
            pass.batch(configuration, arena: &arena), parameters: pass.parameters(layout), arena: &arena)
        countLoss(pass, output.logits, output.packing, arena: &arena, dLogits: nil)
        return arena.peakBytes
    }

    /// The arena bytes of `evaluate(samples:)` for one utterance, in float32.
    ///
    /// - Parameter sparseSlots: The indices of the slots with sparse products.
    public func evaluationArenaBytes(samples: Int, sparseSlots: Set<Int> = []) -> Int {
        var arena = Arena.counting()
        let parameters = ParameterViews(counting: layout, precision: .float32, sparseSlots: sparseSlots)
        _ = evaluate(samples: samples, parameters: parameters, arena: &arena) { _ in }
        return arena.peakBytes
    }

    /// The arena bytes of computing one utterance's features: samples, features and intermediate results.
    public func featureArenaBytes(samples: Int, precision: GEMMPrecision) -> Int {
        var arena = Arena.counting()
        let waveform = arena.tensor(rows: samples, columns: 1)
        let features = arena.tensor(
            rows: configuration.frameCount(samples: samples), columns: featureChannels)
        extractFeatures(
            waveform, parameters: ParameterViews(counting: layout, precision: precision), arena: &arena,
            into: features)
        return arena.peakBytes
    }

    private func countLoss(
        _ pass: PlannedPass, _ logits: Tensor, _ packing: PackedRows, arena: inout Arena, dLogits: Tensor?
    ) {
        var losses: [Float] = []
        ctcLoss(
            logits: logits, packing: packing,
            targets: pass.utterances.map { [Int](repeating: 0, count: $0.labels) },
            blank: configuration.vocabularySize, zeroInfinity: true, scale: 1, arena: &arena,
            losses: &losses, dLogits: dLogits)
    }
}
