/// Where a view's numbers lie, which says who computes on them.
///
/// Layers know no device. A kernel looks at what it writes, and does its work there or, on `counting`, nothing: so one
/// forward and backward pass both trains and says what it would take of memory.
public enum Device: Sendable, Hashable {
    /// This machine's memory and cores.
    case cpu
    /// No memory at all: views have extents and addresses, but no numbers.
    case counting

    /// Addresses from here on belong to `counting`: no process has memory there, so that touching a number ends it.
    @usableFromInline static let countingBase: UInt = 1 << 55

    /// The device of an address.
    @inlinable
    init(of address: UnsafeMutableRawPointer) {
        self = UInt(bitPattern: address) & Self.countingBase == 0 ? .cpu : .counting
    }

    /// The first address of `counting`.
    static var countingStart: UnsafeMutableRawPointer {
        guard let start = UnsafeMutableRawPointer(bitPattern: countingBase) else {
            preconditionFailure("an address that is not zero is none")
        }
        return start
    }
}

extension Tensor {
    /// Where the numbers lie.
    @inlinable public var device: Device { Device(of: pointer) }
}

extension Matrix {
    /// Where the numbers lie.
    @inlinable public var device: Device { Device(of: pointer) }
}

extension ParameterViews {
    /// Weights and gradients of a layout that have no numbers: for a pass that counts its memory.
    ///
    /// - Parameter sparseSlots: The indices of the slots that are multiplied by sparse products.
    public init(counting layout: ParameterLayout, precision: GEMMPrecision, sparseSlots: Set<Int> = []) {
        let start = Device.countingStart
        let numbers = Tensor(
            start.assumingMemoryBound(to: Float.self), rows: 1, columns: layout.count)
        self.init(
            values: numbers, gradients: numbers,
            shadow: precision == .bfloat16
                ? Matrix(start, rows: 1, columns: layout.count, precision: .bfloat16) : nil)
        for index in sparseSlots {
            sparseWeights[index] = SparseWeight(counting: layout.slots[index].shape)
        }
    }
}

extension SparseWeight {
    /// A weight for training of which no number is kept: scratch depends on its extents alone.
    fileprivate init(counting shape: Shape) {
        let none = Tensor(Device.countingStart.assumingMemoryBound(to: Float.self), rows: 1, columns: 0)
        func matrix(rows: Int, columns: Int, isTransposed: Bool) -> SparseMatrix {
            SparseMatrix(
                rows: rows, columns: columns, isTransposed: isTransposed, starts: [], places: [], values: none
            )
        }
        let forward = matrix(rows: shape.rows, columns: shape.columns, isTransposed: false)
        self.init(
            forward: forward,
            backward: Backward(
                transposed: matrix(rows: shape.columns, columns: shape.rows, isTransposed: true),
                gradient: forward))
    }
}
