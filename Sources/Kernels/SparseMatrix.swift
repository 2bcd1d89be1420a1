internal import CMath
public import Tensors

extension SparseMatrix {
    /// The kept weights of a matrix, or of its transpose, with values undefined until `gather`.
    ///
    /// - Parameter arena: Owns the values, which live as long as it does.
    public init(_ kept: KeptWeights, transposed: Bool, arena: inout Arena) {
        precondition(kept.rows * kept.columns < Int(Int32.max), "\(kept.rows) × \(kept.columns) weights")
        let (rows, columns) = transposed ? (kept.columns, kept.rows) : (kept.rows, kept.columns)
        let blocks = (columns + Int(PARP_SPARSE_BLOCK) - 1) / Int(PARP_SPARSE_BLOCK)
        let shape = Self.shape(rows: kept.rows, columns: kept.columns, transposed: transposed)
        var starts = [Int32](repeating: 0, count: blocks * rows + 1)
        var places = [UInt8](repeating: 0, count: kept.count)
        parp_sparse_count(kept.words, Int64(kept.firstBit), shape, &starts)
        parp_sparse_place(kept.words, Int64(kept.firstBit), shape, &starts, &places)
        self.init(
            rows: rows, columns: columns, isTransposed: transposed, starts: starts, places: places,
            values: arena.vector(kept.count))
    }

    /// Takes the values from the weight.
    public func gather(_ weight: Tensor) {
        precondition(weight.count == rows * columns, "\(weight.count) weights of \(rows) × \(columns)")
        forEachRange { shim, shape, range in
            parp_sparse_gather(
                shim, shape, Int64(range.lowerBound), Int64(range.upperBound), weight.pointer)
        }
    }

    /// Adds the values to a dense matrix, at their places.
    func scatterAdd(to weight: Tensor) {
        precondition(weight.count == rows * columns, "\(weight.count) weights of \(rows) × \(columns)")
        guard weight.device == .cpu else { return }
        forEachRange { shim, shape, range in
            parp_sparse_scatter_add(
                shim, shape, Int64(range.lowerBound), Int64(range.upperBound), weight.pointer)
        }
    }

    /// Writes Y = W X or, with `adding`, adds it to Y.
    func multiply(_ x: FramePanels, adding: Bool = false, into y: FramePanels) {
        precondition(x.channels == columns && y.channels == rows && x.frames == y.frames, "sparse product")
        y.forEachPart { output, range in
            let input = x[panelOf: output]
            withShim {
                parp_sparse_multiply(
                    $0, Int64(range.lowerBound), Int64(range.upperBound), input.pointer, Int64(input.width),
                    adding ? 1 : 0, output.pointer)
            }
        }
    }

    /// Writes dY Xᵀ at the kept places, as the values: the sampled dense-dense product.
    func sample(_ dy: FramePanels, _ x: FramePanels) {
        precondition(x.channels == columns && dy.channels == rows && x.frames == dy.frames, "sampled product")
        guard values.device == .cpu else { return }
        values.fill(0)
        forEachRange { shim, _, range in
            for panel in 0..<x.count {
                parp_sparse_sample(
                    shim, Int64(range.lowerBound), Int64(range.upperBound), dy[panel].pointer,
                    x[panel].pointer, Int64(x[panel].width))
            }
        }
    }

    /// Runs `body` over ranges of rows on this rank's threads.
    private func forEachRange(_ body: @Sendable (parp_sparse, parp_sparse_shape, Range<Int>) -> Void) {
        let shape = Self.shape(
            rows: isTransposed ? columns : rows, columns: isTransposed ? rows : columns,
            transposed: isTransposed)
        parallelFor(rows, grain: 64) { range in withShim { body($0, shape, range) } }
    }

    private func withShim(_ body: (parp_sparse) -> Void) {
        starts.withUnsafeBufferPointer { starts in
            places.withUnsafeBufferPointer { places in
                body(
                    parp_sparse(
                        rows: Int64(rows), columns: Int64(columns), starts: starts.baseAddress,
                        places: places.baseAddress, values: values.pointer))
            }
        }
    }

    private static func shape(rows: Int, columns: Int, transposed: Bool) -> parp_sparse_shape {
        parp_sparse_shape(rows: Int64(rows), columns: Int64(columns), transposed: transposed ? 1 : 0)
    }
}
