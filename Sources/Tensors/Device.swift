/// Where a view's numbers are, which determines who computes on them.
///
/// Layers know no device. A kernel works where its output is or, on `counting`, does nothing: so one forward
/// and backward pass both trains and counts the memory it would take.
public enum Device: Sendable, Hashable {
    /// This machine's memory and cores.
    case cpu
    /// No memory at all: views have shapes and addresses, but no values.
    case counting

    /// Addresses from here on belong to `counting`: nothing is mapped there, so touching a number crashes.
    @usableFromInline static let countingBase: UInt = 1 << 55

    /// The device of an address.
    @inlinable
    init(of address: UnsafeMutableRawPointer) {
        self = UInt(bitPattern: address) & Self.countingBase == 0 ? .cpu : .counting
    }

    /// The first address of `counting`.
    static var countingStart: UnsafeMutableRawPointer {
        guard let start = UnsafeMutableRawPointer(bitPattern: countingBase) else {
            preconditionFailure("a non-zero address must be valid")
        }
        return start
    }
}

extension Tensor {
    /// The device of the numbers.
    @inlinable public var device: Device { Device(of: pointer) }
}

extension Matrix {
    /// The device of the numbers.
    @inlinable public var device: Device { Device(of: pointer) }
}

extension ParameterViews {
    /// Weights and gradients of a layout without numbers, for a pass that counts its memory.
    ///
    /// - Parameter sparseSlots: The indices of the slots with sparse products.
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
    /// A weight for training without kept numbers: scratch depends only on its shape.
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
