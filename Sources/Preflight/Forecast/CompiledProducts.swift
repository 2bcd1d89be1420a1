internal import Kernels
internal import Models
internal import Recipe
internal import Tensors

/// Products that oneDNN compiles for their extents: of data with utterances of many lengths, hundreds of megabytes.
struct CompiledProducts {
    /// The products that are held at once.
    let count: Int
    /// Their bytes.
    let bytes: Int

    /// Products that are kept (CShims/CMath/onednn.c).
    private static let limit = 512

    /// Counts products by what makes their extents differ: a block's by the frames of a micro-batch, attention's by
    /// those of an utterance, and those of tiles by the frames of the last tile.
    init(_ inputs: PlannedInputs, _ walk: UpdateWalk) {
        let configuration = inputs.configuration
        // Queries, keys, values and outputs have the same extents: three products forward, five by inputs, three by
        // weights; projection and head have three each, less what coincides.
        let block = 15 * walk.batchLengths.count
        let attention = 4 * walk.utteranceLengths.count
        let positional = 5 * Set(walk.utteranceLengths.map { $0 % 256 }).count
        // As many frames as are masked, which is another number nearly every time: eight products of those of a
        // micro-batch, three of an utterance's.
        let isPretraining = inputs.recipe.purpose == .preTraining
        let masked = isPretraining ? 8 * walk.ownMicroBatches + 3 * walk.ownUtterances : 0
        var convolutions = 0
        var lengths = Set(inputs.sampleCounts)
        let isFrozen = !inputs.trainsFeatureEncoder
        for (kernel, stride) in zip(configuration.convolutionKernels, configuration.convolutionStrides) {
            lengths = Set(lengths.map { convolutionOutputLength($0, kernelSize: kernel, stride: stride) })
            let pieces = (kernel + stride - 1) / stride
            // A frozen layer multiplies tiles of 128 frames, a trained one all of an utterance's, three times.
            convolutions += pieces * (isFrozen ? 1 + Set(lengths.map { $0 % 128 }).count : 3 * lengths.count)
        }
        count = min(Self.limit, block + attention + positional + masked + convolutions)
        // Code of its own for each with AVX-512, 80 to 150 kB; with AVX2 all share it, and 25 kB describe one.
        bytes = count * keptProductBytes(inputs.recipe.precision.gemm)
    }
}
