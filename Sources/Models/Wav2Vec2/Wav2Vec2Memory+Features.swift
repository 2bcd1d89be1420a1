internal import Kernels
internal import Tensors

extension Wav2Vec2Memory {
    /// The frames behind each convolution of so many samples.
    private func convolutionLengths(_ samples: Int) -> [Int] {
        var length = samples
        return configuration.convolutionKernels.indices.map { index in
            length = convolutionOutputLength(
                length, kernelSize: configuration.convolutionKernels[index],
                stride: configuration.convolutionStrides[index])
            return length
        }
    }

    private func hasNorm(_ index: Int) -> Bool { configuration.featureNormalization == .layer || index == 0 }

    func extractFeatures(_ samples: Int, _ plan: inout ArenaPlan) {
        if pass.trainable == .everything {
            featuresForward(samples, &plan)
        } else {
            plan.scoped { frozenFeatures(samples, &$0) }
        }
    }

    private func frozenFeatures(_ samples: Int, _ plan: inout ArenaPlan) {
        let channels = configuration.convolutionChannels
        let lengths = convolutionLengths(samples)
        let largest = zip(lengths, channels).map(*).max() ?? 0
        for _ in 0..<2 { plan.matrix(rows: 1, columns: largest, precision: precision) }
        for index in channels.indices {
            plan.frozenConvolution(
                frames: lengths[index], channels: channels[index],
                waveformTaps: index == 0 ? configuration.convolutionKernels[0] : 0,
                foldsGroupNorm: index == 0 && configuration.featureNormalization == .group)
        }
    }

    private func featuresForward(_ samples: Int, _ plan: inout ArenaPlan) {
        let last = configuration.convolutionChannels.count - 1
        for (index, length) in convolutionLengths(samples).enumerated() {
            let channels = configuration.convolutionChannels[index]
            // The last convolution's output is the features, which are there already.
            if index < last { plan.tensor(rows: length, columns: channels) }
            plan.tensor(rows: length, columns: channels)
            if hasNorm(index) {
                plan.tensor(rows: length, columns: channels)
                statistics(configuration.featureNormalization == .group ? channels : length, &plan)
            }
            if index < last && precision != .float32 {
                plan.matrix(rows: length, columns: channels, precision: precision)
            }
        }
    }

    func featuresBackward(_ samples: Int, _ plan: inout ArenaPlan) {
        let lengths = convolutionLengths(samples)
        let channels = configuration.convolutionChannels
        for index in channels.indices.reversed() {
            if index > 0 { plan.tensor(rows: lengths[index - 1], columns: channels[index - 1]) }
            plan.scoped { plan in
                plan.tensor(rows: lengths[index], columns: channels[index])
                if hasNorm(index) { plan.tensor(rows: lengths[index], columns: channels[index]) }
                // The waveform is multiplied in float32.
                if index > 0 && precision != .float32 {
                    plan.matrix(rows: lengths[index], columns: channels[index], precision: precision)
                }
            }
        }
    }
}
