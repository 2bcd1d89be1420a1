internal import Checkpoints
internal import Foundation
internal import Kernels
internal import MaskFiles
internal import Models
internal import Program
internal import Pruning
internal import Session
internal import Tasks
internal import Tensors
internal import Training

/// A model directory with its weights in memory, and a mask in the order of its pool.
struct MaskedModel: ~Copyable {
    let model: LoadedModel
    let pool: PrunablePool
    let mask: PruningMask

    /// Loads a model directory, with or without a head, and a mask reordered to its parameters.
    init(_ directory: String, stored: StoredMask) throws {
        let source = try StoredModel(path: directory)
        guard source.isDirectory else {
            throw CheckpointError(directory, "is no model directory; `parp convert` makes one from it")
        }
        let model = try LoadedModel(source, extras: stored.extras)
        let pool = PrunablePool(model.layout, includesBiases: stored.includesBiases)
        let mask = try stored.mask(for: pool)
        self.model = model
        self.pool = pool
        self.mask = mask
    }
}

/// Zeroes what a mask prunes and writes the exactly sparse model with its mask.
func runMaskApply(_ options: MaskApply, session: Session) throws {
    try session.together {
        guard session.isRoot else { return }
        try OutputPlace(
            options.output, reading: [options.mask, options.model], overwrites: options.overwrite.isAsked
        ).requireFreeForModel()
        let stored = try StoredMask.load(options.mask)
        let masked = try MaskedModel(options.model, stored: stored)
        masked.mask.apply(to: masked.model.store.values.all, pool: masked.pool)
        try writeModelDirectory(at: options.output, weights: masked.model.writer, files: masked.model.files())
        try MaskFile.write(
            masked.mask, pool: masked.pool, facts: stored.facts, to: options.output + "/mask.safetensors")
        print("\(options.output): " + sparsityText(masked.mask))
    }
}

/// The format to convert a mask to.
enum MaskFormat: String, Sendable, CaseIterable {
    /// A mask file of parp.
    case parp
    /// A state dict of `torch.nn.utils.prune`.
    case torch
    /// A model in compressed-tensors' `sparse-bitmask` format.
    case bitmask
}

/// Reads a mask of any format and writes it in another.
func runMaskConvert(_ options: MaskConvert, session: Session) throws {
    try session.together {
        guard session.isRoot else { return }
        guard options.output.hasSuffix(".safetensors") else {
            throw UserError(.usage, "\(options.output) must end in .safetensors, the format that is written")
        }
        guard options.to == .parp || options.model != nil else {
            throw UserError(
                .usage,
                "a --to \(options.to.rawValue) file also holds weights; say whose with --model DIR")
        }
        try OutputPlace(
            options.output, reading: [options.source] + [options.model].compactMap { $0 },
            overwrites: options.overwrite.isAsked
        ).requireFreeForFile()
        let stored = try StoredMask.load(options.source, bitOrder: options.bitOrder)
        try write(stored, options)
        print("\(options.output): " + sparsityText(stored.mask))
    }
}

private func write(_ stored: StoredMask, _ options: MaskConvert) throws {
    var facts = stored.facts
    // Of a foreign mask only its file is known.
    if facts.isEmpty { facts = ["converted_from": stored.path, "tool_version": parpVersion] }
    guard let directory = options.model else {
        return try MaskFile.write(stored.mask, pool: stored.pool, facts: facts, to: options.output)
    }
    let masked = try MaskedModel(directory, stored: stored)
    let values = masked.model.store.values.all
    switch options.to {
    case .parp:
        try MaskFile.write(masked.mask, pool: masked.pool, facts: facts, to: options.output)
    case .torch:
        try TorchPruning.write(
            masked.mask, pool: masked.pool, values: values, layout: masked.model.layout, to: options.output)
    case .bitmask:
        try BitmaskFile.write(
            masked.mask, pool: masked.pool, values: values, layout: masked.model.layout, to: options.output)
    }
}
