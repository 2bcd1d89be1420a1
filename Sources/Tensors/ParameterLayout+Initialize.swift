extension ParameterLayout {
    /// Initialises all parameters, each from its own counted random numbers.
    public func initialize(_ values: Tensor, seed: UInt64) {
        for slot in slots { initialize(slot, in: values, seed: seed) }
    }

    /// Initialises one parameter, independently of the others.
    public func initialize(_ slot: ParameterSlot, in values: Tensor, seed: UInt64) {
        let target = values.elements(slot.range)
        let random = CountedRandom(seed: seed, stream: .initialization, item: UInt64(slot.index))
        switch slot.initializer {
        case .zeros: target.fill(0)
        case .ones: target.fill(1)
        case .normal(let deviation):
            for index in 0..<target.count {
                target[index] = Float(random.normal(at: UInt64(index)) * deviation)
            }
        case .uniform(let interval):
            let width = interval.upperBound - interval.lowerBound
            for index in 0..<target.count {
                target[index] = Float(interval.lowerBound + random.uniform(at: UInt64(index)) * width)
            }
        case .tapNorms(let index):
            tapNorms(values.elements(slots[index].range), shape: slots[index].shape, into: target)
        }
    }

    /// The norm over outputs and inputs of each tap of a convolution (out, tap, in).
    private func tapNorms(_ weight: Tensor, shape: Shape, into norms: Tensor) {
        let inputs = shape[2]
        for tap in 0..<shape[1] {
            var sum = 0.0
            for output in 0..<shape[0] {
                let start = (output * shape[1] + tap) * inputs
                for index in start..<start + inputs { sum += Double(weight[index]) * Double(weight[index]) }
            }
            norms[tap] = Float(sum.squareRoot())
        }
    }
}
