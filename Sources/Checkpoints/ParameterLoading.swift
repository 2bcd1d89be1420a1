internal import Dispatch
internal import Foundation
internal import Synchronization
public import Tensors

/// The result of matching a layout's parameters.
public struct LoadReport: Sendable {
    /// Parameters without a tensor; left unchanged.
    public var missing: [ParameterSlot] = []
    /// Tensors without a parameter.
    public var unexpected: [String] = []
}

/// Parts of a pre-trained checkpoint that fine-tuning does not use.
private let ignoredPrefixes = [
    "quantizer.", "project_q.", "project_hid.", "final_proj.", "target_glu.", "cls.", "lm_loss.",
]

/// A table of integers from 0 on that old versions of transformers stored with BERT's weights.
private let ignoredSuffix = "embeddings.position_ids"

/// Which tensor of a source holds each parameter of a layout.
public struct ParameterMatch: Sendable {
    /// A parameter and the name of its tensor.
    struct Pair: Sendable {
        let slot: ParameterSlot
        let name: String
    }

    let pairs: [Pair]
    /// What has no counterpart.
    public let report: LoadReport

    /// The parameters' names by those of their tensors.
    public var parameterNames: [String: String] {
        Dictionary(uniqueKeysWithValues: pairs.map { ($0.name, $0.slot.name) })
    }
}

/// Finds a layout's parameters among a source's tensors, and compares shapes; reads no weights.
///
/// A name is looked up as is, in PyTorch's newer spelling of weight norm, in old transformers' spelling of
/// the mask embedding and TensorFlow's of layer norms, and without its model prefix, as in headless exports.
///
/// - Parameter skipping: Parameters to ignore, even if the source has them.
/// - Throws: `CheckpointError` if a tensor has another shape than the configuration says.
public func matchParameters(
    of source: any TensorSource, with layout: ParameterLayout, skipping: Set<String> = []
) throws(CheckpointError) -> ParameterMatch {
    var report = LoadReport()
    var pairs: [ParameterMatch.Pair] = []
    var used = Set<String>()
    let names = source.names
    let available = Set(names)
    for slot in layout.slots {
        guard !skipping.contains(slot.name),
            let name = spellings(of: slot.name).first(where: available.contains)
        else {
            report.missing.append(slot)
            continue
        }
        used.insert(name)
        try checkShape(name, of: source, slot: slot)
        pairs.append(ParameterMatch.Pair(slot: slot, name: name))
    }
    report.unexpected = names.filter { name in
        !used.contains(name) && !name.hasSuffix(ignoredSuffix)
            && !ignoredPrefixes.contains { name.hasPrefix($0) }
    }
    return ParameterMatch(pairs: pairs, report: report)
}

/// Reads all parameters that a source has, matched by `matchParameters`.
///
/// - Parameter skipping: Parameters not to read, even if the source has them.
/// - Throws: `CheckpointError` if a tensor has another shape than the configuration says.
public func loadParameters(
    from source: any TensorSource, into values: Tensor, layout: ParameterLayout, skipping: Set<String> = []
) throws(CheckpointError) -> LoadReport {
    let match = try matchParameters(of: source, with: layout, skipping: skipping)
    try inParallel(match.pairs) { pair throws(CheckpointError) in
        try load(pair.name, from: source, into: values.elements(pair.slot.range), slot: pair.slot)
    }
    return match.report
}

/// Reads all parameters that a source has, one by one, and keeps none.
///
/// - Throws: `CheckpointError` if one has another shape than the configuration says, or is not finite.
public func checkParameters(
    of source: any TensorSource, layout: ParameterLayout, skipping: Set<String> = []
) throws(CheckpointError) {
    try inParallel(try matchParameters(of: source, with: layout, skipping: skipping).pairs) {
        pair throws(CheckpointError) in
        let values = FlatBuffer(count: pair.slot.range.count)
        try source.read(pair.name, into: values.all)
        try requireFinite(values.all, pair.name, of: source)
    }
}

/// Threads that read weights.
///
/// Not those of the rank's kernels: in training one rank reads while the others sleep, and most of the time
/// is spent clearing fresh memory. A rank bound to one core has one.
private let readers = min(4, ProcessInfo.processInfo.activeProcessorCount)

/// Processes elements on several threads, each taking the next when free; throws the first fault in element
/// order.
private func inParallel<Element: Sendable>(
    _ elements: [Element], _ body: @Sendable (Element) throws(CheckpointError) -> Void
) throws(CheckpointError) {
    let next = Atomic(0)
    let faults = Mutex<[Int: CheckpointError]>([:])
    DispatchQueue.concurrentPerform(iterations: readers) { _ in
        while true {
            let index = next.add(1, ordering: .relaxed).oldValue
            guard index < elements.count, faults.withLock({ $0.isEmpty }) else { return }
            do throws(CheckpointError) {
                try body(elements[index])
            } catch {
                faults.withLock { $0[index] = error }
            }
        }
    }
    if let first = faults.withLock({ $0.min { $0.key < $1.key }?.value }) { throw first }
}

/// All names under which checkpoints hold a parameter, the canonical one first.
func spellings(of name: String) -> [String] {
    var names = [name]
    func respell(_ suffix: String, as other: String) {
        if name.hasSuffix(suffix) { names.append(name.dropLast(suffix.count) + other) }
    }
    respell("conv.weight_g", as: "conv.parametrizations.weight.original0")
    respell("conv.weight_v", as: "conv.parametrizations.weight.original1")
    respell("masked_spec_embed", as: "mask_time_emb_vector")
    respell("LayerNorm.weight", as: "LayerNorm.gamma")
    respell("LayerNorm.bias", as: "LayerNorm.beta")
    // `wav2vec2.encoder…` in a model with a head is `encoder…` in one without.
    let headless = names.compactMap { spelling -> String? in
        guard let dot = spelling.firstIndex(of: "."), !spelling.hasPrefix("lm_head") else { return nil }
        return String(spelling[spelling.index(after: dot)...])
    }
    return names + headless
}

private func checkShape(
    _ name: String, of source: any TensorSource, slot: ParameterSlot
) throws(CheckpointError) {
    guard let info = source.info(name) else { throw CheckpointError(source.path, "has no tensor \(name)") }
    // Dimensions of 1 may be omitted: (1, 1, K) and (K) are the same gain.
    let significant = { (shape: Shape) in shape.dimensions.filter { $0 != 1 } }
    guard significant(info.shape) == significant(slot.fileShape) else {
        throw CheckpointError(
            source.path,
            "tensor \(name) is \(info.shape), but the configuration makes it \(slot.fileShape): "
                + "configuration and weights do not belong together")
    }
}

private func load(
    _ name: String, from source: any TensorSource, into target: Tensor, slot: ParameterSlot
) throws(CheckpointError) {
    try source.read(name, into: target)
    try requireFinite(target, name, of: source)
    guard slot.fileOrder == .convolution else { return }
    // In place, one filter at a time: it fits a cache, and a second full tensor would be fresh memory to
    // clear.
    let (filters, shape) = (slot.fileShape[0], Shape([1, slot.fileShape[1], slot.fileShape[2]]))
    let filter = FlatBuffer(count: shape.count)
    for index in 0..<filters {
        let place = target.elements(index * shape.count..<(index + 1) * shape.count)
        filter.all.copy(from: place)
        transposeInner(filter.all, shape: shape, into: place)
    }
}

/// Swaps the two inner axes of (a, b, c): converts a convolution's weight between file and memory, both ways.
func transposeInner(_ source: Tensor, shape: Shape, into target: Tensor) {
    let (b, c) = (shape[1], shape[2])
    for outer in 0..<shape[0] {
        let start = outer * b * c
        for i in 0..<b {
            for j in 0..<c { target[start + j * b + i] = source[start + i * c + j] }
        }
    }
}

/// Copies a parameter from memory's order to a file's.
public func writeInFileOrder(_ values: Tensor, slot: ParameterSlot, into target: Tensor) {
    switch slot.fileOrder {
    case .same: target.copy(from: values)
    case .convolution: transposeInner(values, shape: slot.shape, into: target)
    }
}
