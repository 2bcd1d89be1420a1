package import Checkpoints
package import Pruning
package import Tensors

/// The end of a byte with the first bit.
package enum BitOrder: String, Sendable, CaseIterable {
    /// The lowest bit: what compressed-tensors writes.
    case little
    /// The highest bit: NumPy's default, used by an early writer.
    case big
}

/// Sparse models in compressed-tensors' `sparse-bitmask` format.
///
/// A weight of a module M, (rows, columns), is `M.bitmask` (rows, ⌈columns / 8⌉), one bit per weight;
/// `M.compressed`, the weights of set bits row by row; `M.row_offsets`, how many precede each row; and
/// `M.shape`. Biases are stored whole: the metadata says whether their zeros belong to the mask.
package enum BitmaskFile {
    private static let bitmaskSuffix = ".bitmask"

    /// Whether a file has masks in this format.
    package static func isHeld(by file: SafetensorsFile) -> Bool {
        file.names.contains { $0.hasSuffix(bitmaskSuffix) }
    }

    /// Reads all masks, in the order of the pool.
    ///
    /// - Parameter defaultOrder: The order of bits in a file that does not state it.
    package static func read(
        _ file: SafetensorsFile, defaultOrder: BitOrder
    ) throws(CheckpointError) -> StoredMask {
        let order = try bitOrder(of: file, default: defaultOrder)
        let modules = file.names.filter { $0.hasSuffix(bitmaskSuffix) }
            .map { String($0.dropLast(bitmaskSuffix.count)) }
            .sorted { PoolPlace($0 + ".weight") < PoolPlace($1 + ".weight") }
        let hasBiases = file.metadata["masks_biases"] == "true"
        var builder = MaskBuilder()
        var parameters: [StoredMask.Parameter] = []
        for module in modules {
            parameters.append(
                (module + ".weight", try readWeight(module, of: file, order: order, into: &builder)))
            if hasBiases, let bias = file.info(module + ".bias") {
                parameters.append((bias.name, bias.shape))
                for value in try file.floats(bias.name) { builder.append(value == 0 ? 0 : 1, count: 1) }
            }
        }
        return StoredMask(path: file.path, parameters: parameters, mask: builder.build())
    }

    private static func bitOrder(
        of file: SafetensorsFile, default defaultOrder: BitOrder
    ) throws(CheckpointError) -> BitOrder {
        guard let stated = file.metadata["bit_order"] else { return defaultOrder }
        guard let order = BitOrder(rawValue: stated) else {
            throw CheckpointError(file.path, "its bit order is \(stated), not little or big")
        }
        return order
    }

    /// Adds the mask of a module's weight and returns the weight's shape.
    private static func readWeight(
        _ module: String, of file: SafetensorsFile, order: BitOrder, into builder: inout MaskBuilder
    ) throws(CheckpointError) -> Shape {
        let extents = try file.integers(module + ".shape")
        guard let shape = Shape(checking: extents), shape.rank == 2 else {
            throw CheckpointError(file.path, "\(module).shape is \(extents), which no weight has")
        }
        let (rows, columns) = (shape[0], shape[1])
        let rowBytes = (columns + 7) / 8
        guard file.info(module + bitmaskSuffix)?.shape == [rows, rowBytes] else {
            throw CheckpointError(
                file.path, "\(module).bitmask is not (\(rows), \(rowBytes)), as a mask of \(shape) is")
        }
        var bytes = try file.bytes(module + bitmaskSuffix)
        if order == .big { bytes = bytes.map(\.bitsReversed) }
        for row in 0..<rows {
            builder.append(packedBytes: bytes[row * rowBytes..<(row + 1) * rowBytes], count: columns)
        }
        let kept = bytes.reduce(0) { $0 + $1.nonzeroBitCount }
        guard file.info(module + ".compressed")?.shape.count == kept else {
            throw CheckpointError(
                file.path,
                "\(module).bitmask keeps \(kept) weights, \(module).compressed has another number of them")
        }
        return shape
    }

    /// Writes a model whose pruned weights take only their bit.
    package static func write(
        _ mask: PruningMask, pool: PrunablePool, values: Tensor, layout: ParameterLayout, to path: String
    ) throws(CheckpointError) {
        let matrices = pool.members.filter { $0.slot.shape.rank == 2 }
        let compressed = Dictionary(uniqueKeysWithValues: matrices.map { ($0.slot.index, $0) })
        let hasBiases = matrices.count < pool.members.count
        let sparse = FlatBuffer(count: layout.count)
        sparse.all.copy(from: values)
        mask.apply(to: sparse.all, pool: pool)
        let kept = FlatBuffer(count: max(1, mask.keptCount))
        var next = 0
        var writer = SafetensorsWriter(
            metadata: ["bit_order": BitOrder.little.rawValue, "masks_biases": hasBiases ? "true" : "false"])
        for slot in layout.slots {
            guard let member = compressed[slot.index] else {
                writer.add(slot, of: sparse.all)
                continue
            }
            let module = String(slot.name.dropLast(".weight".count))
            let (rows, columns) = (slot.shape[0], slot.shape[1])
            let first = next
            var (bits, offsets): ([UInt8], [Int]) = ([], [])
            for row in 0..<rows {
                let range = member.start + row * columns..<member.start + (row + 1) * columns
                bits += mask.packedBytes(range)
                offsets.append(next - first)
                for place in range where mask[place] {
                    kept.all[next] = values[slot.offset + place - member.start]
                    next += 1
                }
            }
            writer.add(module + ".compressed", kept[first..<next], shape: [next - first])
            writer.add(module + bitmaskSuffix, bytes: bits, shape: [rows, (columns + 7) / 8])
            writer.add(module + ".row_offsets", integers: offsets)
            writer.add(module + ".shape", integers: slot.shape.dimensions)
        }
        try writer.write(to: path)
    }
}

extension UInt8 {
    /// The same bits from the other end.
    fileprivate var bitsReversed: UInt8 {
        (0..<8).reduce(0) { $0 | (self >> UInt8($1) & 1) << UInt8(7 - $1) }
    }
}
