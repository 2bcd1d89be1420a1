internal import Kernels
internal import Tensors

/// Turns features into codevectors, one from each group's codebook, by a Gumbel-softmax (Baevski et al.,
/// 2020, section 2).
struct VectorQuantizer: Sendable {
    private let codevectors: ParameterSlot
    private let projection: LinearLayer
    private let groups: Int

    /// Registers `name.codevectors` and `name.weight_proj`, initialised as in transformers.
    init(
        _ name: String, inputs: Int, _ objective: PretrainingConfiguration, in layout: inout ParameterLayout
    ) {
        groups = objective.codebookGroups
        let entries = groups * objective.codebookEntries
        codevectors = layout.add(
            "\(name).codevectors", [1, entries, objective.codevectorSize / groups],
            initializer: .uniform(0...1))
        projection = LinearLayer(
            "\(name).weight_proj", inputs: inputs, outputs: entries, initializer: .normal(deviation: 1),
            in: &layout)
    }

    /// The first element of these parameters in the flat store.
    var firstOffset: Int { codevectors.offset }
    /// All of these parameters.
    var slots: [ParameterSlot] { [codevectors] + projection.slots }
    /// Groups × entries.
    var logitCount: Int { projection.outputs }

    /// What backward and the diversity loss need.
    struct Saved {
        let input: Tensor
        /// (frames, groups · entries).
        let logits: Tensor
        /// One per group and frame.
        let codes: [Int]
    }

    /// Quantises features, (frames, channels), by the sample, or without one by the most probable entries.
    func forward(
        _ features: Tensor, sample: GumbelSample?, pass: Pass, arena: inout Arena, into quantized: Tensor
    ) -> Saved {
        let logits = arena.tensor(rows: features.rows, columns: logitCount)
        projection.forward(Matrix(features), pass: pass, arena: &arena, into: Matrix(logits))
        let codes = gumbelQuantizerForward(logits, sample: sample, codebook: codebook(pass), into: quantized)
        return Saved(input: features, logits: logits, codes: codes)
    }

    /// Accumulates the codevectors' gradient and writes the logits'.
    func backward(
        _ dQuantized: Tensor, sample: GumbelSample, saved: Saved, pass: Pass, into dLogits: Tensor
    ) {
        gumbelQuantizerBackward(
            dQuantized, sample: sample, codes: saved.codes, codebook: codebook(pass),
            dCodevectors: pass.parameters.gradient(codevectors), into: dLogits)
    }

    /// Accumulates the projection's gradients and writes the features'.
    func backward(
        _ dLogits: Tensor, saved: Saved, pass: Pass, arena: inout Arena, into dFeatures: Tensor
    ) {
        projection.backward(
            Matrix(dLogits), input: Matrix(saved.input), pass: pass, arena: &arena, into: Matrix(dFeatures))
    }

    private func codebook(_ pass: Pass) -> Codebook {
        Codebook(codevectors: pass.parameters.value(codevectors), groups: groups)
    }
}
