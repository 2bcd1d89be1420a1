internal import Foundation
internal import JSON
internal import Kernels
internal import Preflight
internal import Program
internal import Reports
package import Session
internal import Tensors
internal import Training

/// Options of `parp bench sparse`.
package struct SparseBenchmarkOptions: Sendable {
    /// Inputs of the layer.
    package var input: Int
    /// Outputs of the layer.
    package var output: Int
    /// Frames.
    package var frames: Int
    /// The share of the weights that are zero.
    package var sparsity: Double
    /// Threads.
    package var threads = 1
    /// How often every product is measured; medians are reported.
    package var repeats = 25
    /// Whether to print one JSON object instead of a table.
    package var json = false

    /// A benchmark of one layer.
    package init(input: Int, output: Int, frames: Int, sparsity: Double) {
        self.input = input
        self.output = output
        self.frames = frames
        self.sparsity = sparsity
    }
}

/// Measures a linear layer's sparse products alternately with dense ones, including conversion from and to
/// the program's layout: a forward pass, and a whole update.
package func runSparseBenchmark(_ options: SparseBenchmarkOptions, session: Session) throws {
    setMathThreads(options.threads)
    guard session.isRoot else { return }
    var bench = SparseBench(options)
    let report = bench.report()
    guard !options.json else { return print(report.line) }
    func row(_ name: String, _ dense: String, _ sparse: String, _ ratio: String) -> [String] {
        [name] + [dense, sparse].map { String(format: "%.3f ms", 1e3 * report.number($0)) }
            + [String(format: "%.2f", report.number(ratio))]
    }
    print(
        String(
            format: "%d inputs, %d outputs, %d frames, %.1f %% zeros; chosen here: %@", options.input,
            options.output, options.frames, 100 * options.sparsity, report.string("path")))
    print(
        TextTable(
            [.left(""), .right("dense"), .right("sparse"), .right("times as fast")],
            rows: [
                row("forward", "dense_seconds", "sparse_seconds", "ratio"),
                row("update", "dense_update_seconds", "sparse_update_seconds", "update_ratio"),
            ]
        ).text)
}

extension JSONValue {
    fileprivate func number(_ name: String) -> Double { self[name]?.double ?? .nan }
    fileprivate func string(_ name: String) -> String { self[name]?.string ?? "" }
}

/// One layer, with memory for its operands.
private struct SparseBench: ~Copyable {
    private let options: SparseBenchmarkOptions
    private var arena = Arena()
    private let weight: Tensor
    private let kept: KeptWeights

    init(_ options: SparseBenchmarkOptions) {
        self.options = options
        weight = arena.tensor(rows: options.output, columns: options.input)
        let values = CountedRandom(seed: 1, stream: .pretraining)
        let choices = CountedRandom(seed: 2, stream: .pretraining)
        for index in 0..<weight.count {
            let isKept = choices.uniform(at: UInt64(index)) >= options.sparsity
            weight[index] = isKept ? Float(values.uniform(at: UInt64(index))) - 0.5 : 0
        }
        kept = KeptWeights(nonzeroOf: weight)
    }

    private mutating func random(_ rows: Int, _ columns: Int) -> Tensor {
        let tensor = arena.tensor(rows: rows, columns: columns)
        let values = CountedRandom(seed: 3, stream: .pretraining)
        for index in 0..<tensor.count { tensor[index] = Float(values.uniform(at: UInt64(index))) - 0.5 }
        return tensor
    }

    mutating func report() -> JSONValue {
        let (input, output) = (random(options.frames, options.input), random(options.frames, options.output))
        let (dInput, bias) = (random(options.frames, options.input), random(1, options.output))
        let (dWeight, dBias) = (random(options.output, options.input), random(1, options.output))
        let sparse = SparseWeight(kept, training: true, arena: &arena)
        sparse.gather(weight)
        let (weight, repeats) = (weight, options.repeats)
        var scratch = Arena()
        var other = Arena()
        func denseForward() {
            linearForward(Matrix(input), weight: Matrix(weight), bias: bias, into: Matrix(output))
        }
        func sparseForward(_ arena: inout Arena) {
            sparseLinearForward(
                input, layers: [SparseLayer(weight: sparse, bias: bias, output: output)], arena: &arena)
        }
        let forward = byTurns(repeats, denseForward, { sparseForward(&scratch) })
        let update = byTurns(
            repeats,
            {
                denseForward()
                linearBackward(
                    Matrix(output), input: Matrix(input), weight: Matrix(weight), dWeight: dWeight,
                    dBias: dBias, into: Matrix(dInput))
            },
            {
                sparse.gather(weight)
                sparseForward(&other)
                sparseLinearBackward(
                    [SparseLayerGradient(weight: sparse, dOutput: output, dWeight: dWeight, dBias: dBias)],
                    input: input, arena: &other, into: dInput)
            })
        var probe = LinearProbe()
        let path = probe.prefersSparse(weight, kept, for: .inference) ? "sparse" : "dense"
        return .object([
            .init("benchmark", .string("sparse")), .init("input", .integer(options.input)),
            .init("output", .integer(options.output)), .init("frames", .integer(options.frames)),
            .init("sparsity", .number(kept.sparsity)), .init("threads", .integer(options.threads)),
            .init("library", .string(matrixLibrary)), .init("path", .string(path)),
            .init("dense_seconds", .number(forward.dense)), .init("sparse_seconds", .number(forward.sparse)),
            .init("ratio", .number(forward.ratio)),
            .init("dense_update_seconds", .number(update.dense)),
            .init("sparse_update_seconds", .number(update.sparse)),
            .init("update_ratio", .number(update.ratio)),
        ])
    }

    /// The median processor times of two alternating ways, and the median of their ratios.
    private func byTurns(
        _ repeats: Int, _ dense: () -> Void, _ sparse: () -> Void
    ) -> (dense: Double, sparse: Double, ratio: Double) {
        var (denseSeconds, sparseSeconds): ([Double], [Double]) = ([], [])
        for turn in 0...repeats {
            let start = processorSeconds()
            dense()
            let middle = processorSeconds()
            sparse()
            let end = processorSeconds()
            // The first turn touches memory and compiles the library's product.
            guard turn > 0 else { continue }
            denseSeconds.append(middle - start)
            sparseSeconds.append(end - middle)
        }
        let ratios = zip(denseSeconds, sparseSeconds).map { $0 / $1 }
        return (median(denseSeconds), median(sparseSeconds), median(ratios))
    }
}
