internal import Kernels
internal import Tensors

extension Wav2Vec2Memory {
    private var isPostNorm: Bool { !configuration.stableLayerNorm }
    private var recomputesBlocks: Bool { pass.recomputing || pass.trainable == .headOnly }
    /// Whether frames in float32 and frames for products are two things.
    private var hasProducts: Bool { precision != .float32 }
    /// Whether the gradient of a branch behind dropout is another than that of the sum.
    private var hasBranches: Bool { hasProducts || pass.regularization.hiddenDropout > 0 }

    private var positional: PositionalExtents {
        PositionalExtents(
            frames: frames, longest: longest, channels: hiddenSize, groups: configuration.positionalGroups,
            kernelSize: configuration.positionalKernel, precision: precision)
    }

    /// Frames of both kinds.
    private func hiddenPair(_ plan: inout ArenaPlan) {
        hidden(&plan)
        if hasProducts { product(&plan) }
    }

    func encoderForward(_ plan: inout ArenaPlan) {
        hiddenPair(&plan)
        positionalForward(&plan)
        if isPostNorm {
            hiddenPair(&plan)
            statistics(frames, &plan)
            blocksForward(&plan)
        } else {
            blocksForward(&plan)
            hidden(&plan)
            statistics(frames, &plan)
        }
    }

    private func positionalForward(_ plan: inout ArenaPlan) {
        plan.matrix(rows: 1, columns: positional.weightCount, precision: precision)
        plan.vector(configuration.positionalKernel)
        hidden(&plan)
        if hasProducts { plan.scoped { $0.vector(positional.weightCount) } }
        plan.positionalForward(positional)
    }

    private func blocksForward(_ plan: inout ArenaPlan) {
        let keepsNothing = pass.trainable == .headOnly
        let sharesFrames = !recomputesBlocks && isPostNorm && hasProducts
        if sharesFrames { hidden(&plan) }
        if keepsNothing { hiddenPair(&plan) }
        for _ in 0..<configuration.layerCount {
            // The block's output.
            if sharesFrames { product(&plan) } else if !keepsNothing { hiddenPair(&plan) }
            if recomputesBlocks {
                plan.scoped { blockForward(takesBetween: true, &$0) }
            } else {
                blockForward(takesBetween: !sharesFrames, &plan)
            }
        }
    }

    /// - Parameter takesBetween: Whether the frames between attention and feed-forward take float32 memory.
    private func blockForward(takesBetween: Bool, _ plan: inout ArenaPlan) {
        if isPostNorm {
            hidden(&plan)
            attentionForward(&plan)
            if takesBetween { hidden(&plan) }
            if hasProducts { product(&plan) }
            statistics(frames, &plan)
            hidden(&plan)
            feedForward(&plan)
            statistics(frames, &plan)
        } else {
            product(&plan)
            statistics(frames, &plan)
            hidden(&plan)
            attentionForward(&plan)
            product(&plan)
            statistics(frames, &plan)
            feedForward(&plan)
        }
    }

    private func attentionForward(_ plan: inout ArenaPlan) {
        // Queries, keys and values; then the context.
        for _ in 0..<3 { product(&plan) }
        plan.tensor(rows: configuration.headCount, columns: frames)
        product(&plan)
        attention(isBackward: false, &plan)
    }

    private func attention(isBackward: Bool, _ plan: inout ArenaPlan) {
        plan.attention(
            longest: longest, headCount: configuration.headCount,
            headSize: hiddenSize / configuration.headCount, isBackward: isBackward)
    }

    private func intermediate(_ plan: inout ArenaPlan) {
        plan.matrix(rows: frames, columns: configuration.intermediateSize, precision: precision)
    }

    private func feedForward(_ plan: inout ArenaPlan) {
        intermediate(&plan)
        plan.scoped { intermediate(&$0) }
    }

    func encoderBackward(_ plan: inout ArenaPlan) {
        hidden(&plan)
        // Every block releases what it took: one stands for all.
        plan.scoped { plan in
            if recomputesBlocks {
                hiddenPair(&plan)
                blockForward(takesBetween: true, &plan)
            }
            blockBackward(&plan)
        }
        plan.scoped { plan in
            hidden(&plan)
            plan.vector(positional.weightCount)
            plan.positionalBackward(positional)
        }
    }

    private func blockBackward(_ plan: inout ArenaPlan) {
        if isPostNorm {
            hidden(&plan)
            if hasBranches { product(&plan) }
            feedForwardBackward(&plan)
            if hasBranches { product(&plan) }
        } else {
            if hasBranches { product(&plan) }
            hidden(&plan)
            feedForwardBackward(&plan)
            hidden(&plan)
            product(&plan)
        }
        attentionBackward(&plan)
    }

    private func feedForwardBackward(_ plan: inout ArenaPlan) {
        plan.scoped { plan in for _ in 0..<2 { intermediate(&plan) } }
    }

    private func attentionBackward(_ plan: inout ArenaPlan) {
        plan.scoped { plan in
            for _ in 0..<4 { product(&plan) }
            attention(isBackward: true, &plan)
        }
    }
}
