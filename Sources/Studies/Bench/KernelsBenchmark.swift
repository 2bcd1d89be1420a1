internal import Foundation
internal import JSON
internal import Kernels
package import Models
internal import Optimization
internal import Preflight
internal import Program
internal import Recipe
internal import Reports
package import Session
package import Tensors
internal import Training

/// Options of `parp bench kernels`.
package struct KernelsBenchmarkOptions: Sendable {
    /// The shape.
    package var configuration: Wav2Vec2Configuration
    /// The model's name in the output.
    package var modelName: String
    /// Utterances.
    package var batch = 4
    /// Frames of each utterance.
    package var frames = 249
    /// What products multiply.
    package var precision = GEMMPrecision.float32
    /// Threads.
    package var threads = 1
    /// The probability of every dropout.
    package var dropout = 0.1
    /// How often every kernel is measured; medians are reported.
    package var repeats = 9
    /// Whether to print one JSON object instead of a table.
    package var json = false

    /// A benchmark of the kernels at a model's shape.
    package init(configuration: Wav2Vec2Configuration, modelName: String) {
        self.configuration = configuration
        self.modelName = modelName
    }
}

/// Measures every kernel of the blocks and of the optimiser separately against its limit: the fastest matrix
/// product, or the bandwidth of a copy.
///
/// With one thread, processor time is measured, which other programs do not affect.
package func runKernelsBenchmark(_ options: KernelsBenchmarkOptions, session: Session) throws {
    setMathThreads(options.threads)
    if let fault = unavailability(of: options.precision) { throw UserError(.usage, fault) }
    guard session.isRoot else { return }
    let bandwidth = MemoryBandwidth(elements: 1 << 26, repeats: options.repeats, by: options.clock)
    var bench = KernelBench(options)
    var measurements = bench.products() + bench.linearLayers() + bench.attention() + bench.elementwise()
    let layout = Wav2Vec2(options.configuration).layout
    measurements += bench.optimizer(layout) + [bench.heldOptimizer(layout)]
    let report = KernelReport(
        options: options, bandwidth: bandwidth, measurements: measurements)
    print(options.json ? report.json.line : report.text)
}

extension KernelsBenchmarkOptions {
    fileprivate var clock: () -> Double { benchmarkClock(isAlone: threads == 1) }
}

/// One kernel's time and work.
struct KernelMeasurement {
    let name: String
    /// What limits it.
    let work: Work
    let seconds: Double

    enum Work {
        /// Floating-point operations.
        case operations(Double)
        /// Bytes that must at least be read or written.
        case bytes(Double)
    }
}

/// The kernels at one shape, with memory for their operands.
private struct KernelBench: ~Copyable {
    private let options: KernelsBenchmarkOptions
    private let precision: GEMMPrecision
    private let packing: PackedRows
    private var arena = Arena()

    init(_ options: KernelsBenchmarkOptions) {
        self.options = options
        precision = options.precision
        packing = PackedRows(lengths: [Int](repeating: options.frames, count: options.batch))
    }

    private var rows: Int { packing.totalRows }
    private var hidden: Int { options.configuration.hiddenSize }
    private var intermediate: Int { options.configuration.intermediateSize }
    private var dropout: Dropout? {
        guard options.dropout > 0 else { return nil }
        return Dropout(
            rate: Float(options.dropout), packing: packing, keys: (0..<packing.count).map { UInt64($0) })
    }

    private mutating func random(_ rows: Int, _ columns: Int) -> Tensor {
        let tensor = arena.tensor(rows: rows, columns: columns)
        let values = CountedRandom(seed: 1, stream: .pretraining)
        for index in 0..<tensor.count { tensor[index] = Float(values.uniform(at: UInt64(index))) - 0.5 }
        return tensor
    }

    private mutating func operand(_ rows: Int, _ columns: Int) -> Matrix {
        let matrix = arena.matrix(rows: rows, columns: columns, precision: precision)
        convert(random(rows, columns), into: matrix)
        return matrix
    }

    private func measure(
        _ name: String, _ work: KernelMeasurement.Work, _ body: () -> Void
    ) -> KernelMeasurement {
        KernelMeasurement(
            name: name, work: work, seconds: medianSeconds(options.repeats, by: options.clock, body))
    }

    /// The three products of the widest linear layer.
    mutating func products() -> [KernelMeasurement] {
        let (input, weight) = (operand(rows, hidden), operand(intermediate, hidden))
        let (output, dInput) = (operand(rows, intermediate), operand(rows, hidden))
        let (bias, dWeight) = (random(1, intermediate), random(intermediate, hidden))
        let work = KernelMeasurement.Work.operations(2 * Double(rows * hidden * intermediate))
        return [
            measure("linear, forward with bias", work) {
                linearForward(input, weight: weight, bias: bias, into: output)
            },
            measure("linear, gradient of the input", work) {
                linearBackward(
                    output, input: input, weight: weight, dWeight: nil, dBias: nil, into: dInput)
            },
            measure("linear, gradient of the weight", work) {
                linearBackward(
                    output, input: input, weight: weight, dWeight: dWeight, dBias: nil, into: nil)
            },
        ]
    }

    /// All linear layers of a forward and backward pass, each with its own operands as in a step: the speed
    /// of a step's products, which the fastest product, with operands in cache, overestimates.
    mutating func linearLayers() -> [KernelMeasurement] {
        let mark = arena.mark
        defer { arena.release(to: mark) }
        let (wide, narrow) = ((hidden, intermediate), (intermediate, hidden))
        let layer = [(Int, Int)](repeating: (hidden, hidden), count: 4) + [wide, narrow]
        var operations = 0.0
        let linears = (0..<options.configuration.layerCount).flatMap { _ in layer }.map { inputs, outputs in
            operations += 6 * Double(rows * inputs * outputs)
            return (
                input: operand(rows, inputs), weight: operand(outputs, inputs), bias: random(1, outputs),
                output: operand(rows, outputs), dWeight: random(outputs, inputs)
            )
        }
        let dInput = operand(rows, max(hidden, intermediate))
        return [
            measure("linear layers of a step, all products", .operations(operations)) {
                for linear in linears {
                    linearForward(linear.input, weight: linear.weight, bias: linear.bias, into: linear.output)
                }
                for linear in linears.reversed() {
                    let dInput = Matrix(
                        dInput.address(0), rows: rows, columns: linear.input.columns, precision: precision)
                    linearBackward(
                        linear.output, input: linear.input, weight: linear.weight, dWeight: linear.dWeight,
                        dBias: nil, into: dInput)
                }
            }
        ]
    }

    mutating func attention() -> [KernelMeasurement] {
        let heads = options.configuration.headCount
        let operands = (0..<3).map { _ in operand(rows, hidden) }
        let gradients = (0..<3).map { _ in operand(rows, hidden) }
        let (context, dContext) = (operand(rows, hidden), operand(rows, hidden))
        let logSumExp = random(heads, rows)
        let dropout = dropout
        var scratch = Arena()
        let product = 2 * Double(options.batch * options.frames * options.frames * hidden)
        return [
            measure("attention, forward", .operations(2 * product)) {
                attentionForward(
                    query: operands[0], key: operands[1], value: operands[2], packing: packing,
                    headCount: heads, dropout: dropout, arena: &scratch, logSumExp: logSumExp, into: context)
            },
            measure("attention, backward", .operations(5 * product)) {
                attentionBackward(
                    dContext, query: operands[0], key: operands[1], value: operands[2], context: context,
                    packing: packing, headCount: heads, dropout: dropout, logSumExp: logSumExp,
                    arena: &scratch,
                    dQuery: gradients[0], dKey: gradients[1], dValue: gradients[2])
            },
        ]
    }

    mutating func elementwise() -> [KernelMeasurement] {
        let (input, output, residual) = (random(rows, hidden), random(rows, hidden), random(rows, hidden))
        let operands = LayerNormOperands(
            weight: random(1, hidden), bias: random(1, hidden), epsilon: 1e-5, mean: random(1, rows),
            inverseDeviation: random(1, rows))
        let (dWeight, dBias) = (random(1, hidden), random(1, hidden))
        let (expanded, activated) = (operand(rows, intermediate), operand(rows, intermediate))
        let dExpanded = operand(rows, intermediate)
        let dropout = dropout
        let float = Double(MemoryLayout<Float>.stride * rows * hidden)
        let wide = Double(precision.bytes * rows * intermediate)
        return [
            measure("residual, dropout and layer norm, forward", .bytes(4 * float)) {
                layerNormForward(
                    input, adding: Residual(residual, dropout: dropout), operands, into: output)
            },
            measure("layer norm, backward", .bytes(3 * float)) {
                layerNormBackward(
                    residual, input: input, operands, dWeight: dWeight, dBias: dBias, into: output)
            },
            measure("GELU and dropout, forward", .bytes(2 * wide)) {
                geluForward(expanded, dropout: dropout, into: activated)
            },
            measure("GELU and dropout, backward", .bytes(4 * wide)) {
                geluBackward(
                    dExpanded, input: expanded, dropout: dropout, recomputing: activated, into: dExpanded)
            },
        ]
    }

    /// The optimiser's passes over all weights, after gradients are summed.
    func optimizer(_ layout: ParameterLayout) -> [KernelMeasurement] {
        let store = ParameterStore(layout: layout, precision: precision)
        store.values.all.fill(0.01)
        store.gradients.all.fill(0.001)
        let adam = Adam()
        // Four buffers are read and three written, and the weights for products if those are separate; the
        // norm reads the gradients again.
        let update = Double(layout.count * (7 * 4 + (precision == .bfloat16 ? 2 : 0)))
        let norm = Double(layout.count * 4)
        func applyAdam(scale: Float) {
            adam.update(
                0..<layout.count, of: store, step: 10, learningRate: 1e-6, gradientScale: scale)
        }
        return [
            measure("gradient norm", .bytes(norm)) { _ = gradientNorm(store.gradients.all) },
            measure("Adam\(cast)", .bytes(update)) { applyAdam(scale: 1) },
            measure("clipping, Adam\(cast)", .bytes(norm + update)) {
                applyAdam(scale: Float(clippingFactor(norm: gradientNorm(store.gradients.all), limit: 1)))
            },
        ]
    }

    private var cast: String { precision == .bfloat16 ? " and bfloat16 cast" : "" }

    /// The same of weights of which a held mask keeps one in eight.
    func heldOptimizer(_ layout: ParameterLayout) -> KernelMeasurement {
        var store = ParameterStore(layout: layout, precision: precision)
        store.values.all.fill(0.01)
        store.gradients.all.fill(0.001)
        // Three random bits are all set in one of eight places.
        let draw = CountedRandom(seed: 1, stream: .pretraining)
        let kept = KeptElements(
            words: (0..<UInt64(layout.count + 63) / 64).map { word in
                draw.bits(at: 3 * word) & draw.bits(at: 3 * word + 1) & draw.bits(at: 3 * word + 2)
            })
        kept.clearDropped(in: store.values.all)
        kept.clearDropped(in: store.gradients.all)
        store.moments.keep(kept)
        // Of values and gradients nearly every cache line holds something that is kept.
        let update = Double(12 * layout.count + 16 * kept.keptCount(in: 0..<layout.count))
        return measure("Adam of one in eight weights\(cast)", .bytes(update)) {
            Adam().update(0..<layout.count, of: store, step: 10, learningRate: 1e-6, gradientScale: 1)
        }
    }
}

/// All figures of one benchmark.
private struct KernelReport {
    let options: KernelsBenchmarkOptions
    let bandwidth: MemoryBandwidth
    let measurements: [KernelMeasurement]

    /// The speed of the fastest product, in operations per second.
    private var fastestProduct: Double {
        measurements.map { if case .operations(let count) = $0.work { count / $0.seconds } else { 0 } }.max()
            ?? 0
    }

    private func share(_ measurement: KernelMeasurement) -> Double {
        switch measurement.work {
        case .operations(let count): count / measurement.seconds / fastestProduct
        case .bytes(let count): count / measurement.seconds / bandwidth.copy
        }
    }

    var json: JSONValue {
        .object([
            .init("benchmark", .string("kernels")), .init("model", .string(options.modelName)),
            .init("precision", .string(options.precision.rawValue)),
            .init("threads", .integer(options.threads)),
            .init("copy_bytes_per_second", .number(bandwidth.copy)),
            .init("read_bytes_per_second", .number(bandwidth.read)),
            .init("gemm_flops_per_second", .number(fastestProduct)),
            .init(
                "kernels",
                .array(
                    measurements.map {
                        .object([
                            .init("name", .string($0.name)), .init("seconds", .number($0.seconds)),
                            .init("share_of_limit", .number(share($0))),
                        ])
                    })),
        ])
    }

    var text: String {
        let heading = String(
            format: "%@, %d × %d frames, %@, %d thread(s); copying %.1f GB/s, fastest product %.0f GF/s",
            options.modelName, options.batch, options.frames, options.precision.rawValue, options.threads,
            bandwidth.copy / 1e9, fastestProduct / 1e9)
        let table = TextTable(
            [.left("kernel"), .right("time"), .right("speed"), .right("of its limit")],
            rows: measurements.map(row))
        return ([heading] + table.lines).joined(separator: "\n")
    }

    private func row(_ measurement: KernelMeasurement) -> [String] {
        let speed =
            switch measurement.work {
            case .operations(let count): String(format: "%.1f GF/s", count / measurement.seconds / 1e9)
            case .bytes(let count): String(format: "%.1f GB/s", count / measurement.seconds / 1e9)
            }
        return [
            measurement.name, String(format: "%.3f ms", 1e3 * measurement.seconds), speed,
            String(format: "%.0f %%", 100 * share(measurement)),
        ]
    }
}
