internal import Kernels
internal import Tensors

extension Wav2Vec2Pretraining {
    /// The bytes that a pass takes of an arena: the batch itself, forward, losses and backward.
    ///
    /// Exact where no layer is dropped, for the masked frames that the pass states.
    public func arenaBytes(_ pass: PlannedPass) -> Int {
        var pass = pass
        pass.trainable = trainable
        let memory = Wav2Vec2Memory(configuration: configuration, pass: pass)
        let masked = MaskedExtents(pass)
        var plan = ArenaPlan()
        memory.batch(&plan)
        memory.forward(&plan)
        // The Gumbel noise.
        plan.tensor(rows: masked.total, columns: quantizer.logitCount)
        prediction(masked, &plan)
        for _ in 0..<2 { plan.tensor(rows: masked.total, columns: objective.projectionSize) }
        plan.tensor(rows: masked.total, columns: configuration.hiddenSize)
        plan.tensor(rows: masked.total, columns: memory.channels)
        contrast(masked, &plan)
        plan.scoped { plan in
            plan.tensor(rows: masked.total, columns: objective.codevectorSize)
            plan.tensor(rows: masked.total, columns: quantizer.logitCount)
            plan.codebookDiversity(frames: masked.total, entries: quantizer.logitCount)
        }
        memory.hidden(&plan)
        memory.backward(&plan)
        return plan.peakBytes
    }

    /// The bytes that the losses of a batch take of an arena without their gradient, in float32.
    public func evaluationArenaBytes(_ pass: PlannedPass) -> Int {
        var pass = pass
        (pass.trainable, pass.precision) = (.headOnly, .float32)
        let memory = Wav2Vec2Memory(configuration: configuration, pass: pass)
        let masked = MaskedExtents(pass)
        var plan = ArenaPlan()
        memory.batch(&plan)
        memory.forward(&plan)
        prediction(masked, &plan)
        contrast(masked, &plan)
        plan.codebookDiversity(frames: masked.total, entries: quantizer.logitCount)
        return plan.peakBytes
    }

    /// Features, codevectors, their logits, context, predictions and targets of the masked frames.
    private func prediction(_ masked: MaskedExtents, _ plan: inout ArenaPlan) {
        let columns = [
            backbone.featureChannels, objective.codevectorSize, quantizer.logitCount,
            configuration.hiddenSize, objective.projectionSize, objective.projectionSize,
        ]
        for columns in columns { plan.tensor(rows: masked.total, columns: columns) }
    }

    private func contrast(_ masked: MaskedExtents, _ plan: inout ArenaPlan) {
        for frames in masked.ofUtterances {
            plan.contrastiveLoss(
                frames: frames, columns: objective.projectionSize, negatives: objective.negatives)
        }
    }
}

/// The masked frames of a planned pass, without those of utterances that have fewer than two.
private struct MaskedExtents {
    let ofUtterances: [Int]
    let total: Int

    init(_ pass: PlannedPass) {
        ofUtterances = pass.utterances.map(\.masked).filter { $0 > 1 }
        total = ofUtterances.reduce(0, +)
    }
}
