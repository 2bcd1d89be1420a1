internal import Collectives
internal import Optimization
package import Pruning
package import Tensors

extension Trainer {
    /// Whether pruned weights take part in forward, so that the model is not the masked one.
    var trainsPrunedWeights: Bool {
        pruning.method.axes.forward == .dense && !pruning.method.isFixed(afterUpdates: update)
    }

    /// Which gradients of weights the next update needs.
    package var neededGradients: SparseGradients {
        pruning.method.takesAllGradients(inUpdate: update + 1) ? .all : .kept
    }

    /// Restores the masked values in the store, for a mask to be selected.
    mutating func showValues() { pruning.show(in: store.values.all) }

    /// Prunes the weights in the store by a new mask.
    package mutating func prune(by mask: PruningMask) {
        if trainsPrunedWeights { mask.apply(to: store.values.all, pool: pruning.pool) }
        takeUp(mask)
        refreshShadow(of: store)
    }

    /// Continues under a new or a checkpoint's mask: hides what it prunes, or holds it at 0.
    ///
    /// Where pruned weights do not change, neither new gradients nor old moments move them.
    mutating func takeUp(_ mask: PruningMask) {
        guard !trainsPrunedWeights else { return }
        if pruning.method.axes.keepsValues && !pruning.method.isFixed(afterUpdates: update) {
            pruning.hide(mask, in: store.values.all)
            refreshShadow(of: store)
            guard pruning.method.axes.forward == .frozen else { return }
        } else {
            mask.apply(to: store.values.all, pool: pruning.pool)
        }
        stillMask = mask
        guard pruning.method.isHeld(afterUpdates: update) else {
            // Values behind the mask stand still, but for weight decay, and may come back.
            mask.apply(to: store.moments.first.all, pool: pruning.pool)
            mask.apply(to: store.moments.second.all, pool: pruning.pool)
            keptGradients = KeptElements(mask, pool: pruning.pool, elementCount: store.layout.count)
            return
        }
        hold(mask, of: pruning.pool)
    }

    /// Goes on without gradients and moments of the weights that a mask prunes of a pool, which are 0 and stay so.
    mutating func hold(_ mask: PruningMask, of pool: PrunablePool) {
        let kept = KeptElements(mask, pool: pool, elementCount: store.layout.count)
        keptGradients = kept
        store.moments.keep(kept)
    }

    /// Which gradients an update, counted from 1, sums over ranks; nil sums all.
    func summedElements(inUpdate number: Int) -> KeptElements? {
        pruning.method.takesAllGradients(inUpdate: number) ? nil : keptGradients
    }

    /// Moves scores by this update's summed gradient, before the weights change.
    func moveScores(learningRate: Double, scale: Float, from firstTrainable: Int) {
        let method = pruning.method
        guard method.sparsity > 0, !method.isFixed(afterUpdates: update) else { return }
        let (gradients, values) = (store.gradients.all, pruning.shown(store.values.all))
        switch method.axes.score {
        case .magnitude: return
        case .movement, .magnitudeMovement:
            pruning.scores.addMovement(
                gradients: gradients, values: values, from: firstTrainable,
                factor: Float(learningRate) * scale)
        case .gradient:
            guard method.takesAllGradients(inUpdate: update + 1) else { return }
            pruning.scores.copy(from: gradients)
        case .learned:
            trainScores(
                gradients: gradients, values: values, from: firstTrainable,
                learningRate: learningRate * optimizer.scoreRate, scale: scale)
        }
    }

    /// An update of scores that Adam trains, parameter by parameter.
    private func trainScores(
        gradients: Tensor, values: Tensor, from firstTrainable: Int, learningRate: Double, scale: Float
    ) {
        guard let first = pruning.scores.firstMoment, let second = pruning.scores.secondMoment else { return }
        let trained = pruning.pool.members.map(\.slot).filter { $0.offset >= firstTrainable }
        let room = FlatBuffer(count: trained.map(\.shape.count).max() ?? 0)
        for slot in trained {
            let range = slot.range
            let scoreGradients = room[0..<range.count]
            pruning.scores.gradients(range, gradients: gradients, values: values, into: scoreGradients)
            let freed = task.trainablePhases.first { $0.offset <= slot.offset }?.update ?? 0
            optimizer.adam.withoutDecay.update(
                values: pruning.scores.values.elements(range), gradients: scoreGradients,
                firstMoment: first.elements(range), secondMoment: second.elements(range),
                step: update - freed + 1, learningRate: learningRate, gradientScale: scale)
        }
    }
}
