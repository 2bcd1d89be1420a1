public import Checkpoints
public import Tensors

extension ParameterStore {
    /// A parameter's gradient divided by a number, in file order.
    public func gradient(_ slot: ParameterSlot, dividedBy divisor: Double) -> [Float] {
        let gradient = gradients[slot.range]
        let ordered = FlatBuffer(count: gradient.count)
        writeInFileOrder(gradient, slot: slot, into: ordered.all)
        return ordered.all.array().map { $0 / Float(divisor) }
    }

    /// The largest norm of any parameter's gradient, divided by a number.
    public func largestGradientNorm(dividedBy divisor: Double) -> Double {
        layout.slots.reduce(0) { max($0, norm(gradients[$1.range].array()) / divisor) }
    }

    /// How far the accumulated gradients, divided by a number, lie from the `gradient.NAME`s of a golden file.
    ///
    /// A gradient far below the largest is the difference of terms of the largest's size, and rounding noise in
    /// both programs: PyTorch's own float32 differs there from its float64 by more than 1e-3. One that is zero but
    /// for rounding is asked to be so: below 1e-6 of the largest, at a tolerance of 1e-3.
    public func compareGradients(
        with golden: SafetensorsFile, dividedBy divisor: Double
    ) throws -> GoldenGradients {
        let largest = largestGradientNorm(dividedBy: divisor)
        var result = GoldenGradients()
        for slot in layout.slots where golden.info("gradient.\(slot.name)") != nil {
            let expected = try golden.floats("gradient.\(slot.name)")
            let difference = norm(
                zip(gradient(slot, dividedBy: divisor), expected).map { $0 - $1 })
            let floor = (layout.cancels(slot) ? 1e-3 : 1e-4) * largest
            let scale = max(norm(expected), floor)
            result.differences[slot.name] = difference / scale
            if scale == floor { result.small += 1 }
            // NaN is worse than any number.
            if !(difference / scale <= result.worst.difference) {
                result.worst = (slot.name, difference / scale)
            }
        }
        return result
    }
}

extension ParameterLayout {
    /// Whether a parameter's gradient is zero: a group norm takes away the bias of the convolution before it.
    fileprivate func cancels(_ slot: ParameterSlot) -> Bool {
        let first = "conv_layers.0.conv.bias"
        guard slot.name.hasSuffix(first) else { return false }
        let prefix = slot.name.dropLast(first.count)
        // A layer norm follows every convolution, the group norm only the first.
        return self["\(prefix)conv_layers.0.layer_norm.weight"] != nil
            && self["\(prefix)conv_layers.1.layer_norm.weight"] == nil
    }
}

/// Differences of gradients, by their norm over that of what is expected.
public struct GoldenGradients {
    /// Of each parameter.
    public var differences: [String: Double] = [:]
    /// How many are compared on the scale of the largest gradient instead of their own.
    public var small = 0
    /// The largest.
    public var worst = (name: "", difference: 0.0)
}

private func norm(_ values: [Float]) -> Double {
    values.reduce(0) { $0 + Double($1) * Double($1) }.squareRoot()
}
