/// The precision of matrix products' inputs; sums are always float32.
public enum GEMMPrecision: String, Sendable, CaseIterable {
    /// 24 bits of precision.
    case float32
    /// The upper half of a float32: its range, 8 bits of precision, half the bytes, twice the speed.
    case bfloat16

    /// Bytes per element.
    @inlinable public var bytes: Int { self == .float32 ? 4 : 2 }
}

/// A non-owning view of a product's operand: float32 or bfloat16 numbers.
///
/// In float32 it is a `Tensor` under another name, without copying.
///
/// `@unchecked Sendable` for the reason that `Tensor` is.
public struct Matrix: @unchecked Sendable {
    /// The first element.
    public let pointer: UnsafeMutableRawPointer
    /// The number of rows.
    public let rows: Int
    /// The number of columns.
    public let columns: Int
    /// The type of the elements.
    public let precision: GEMMPrecision

    /// A view of `rows` × `columns` elements from `pointer` on.
    @inlinable
    public init(_ pointer: UnsafeMutableRawPointer, rows: Int, columns: Int, precision: GEMMPrecision) {
        self.pointer = pointer
        self.rows = rows
        self.columns = columns
        self.precision = precision
    }

    /// A tensor, unchanged.
    @inlinable
    public init(_ tensor: Tensor) {
        self.init(tensor.pointer, rows: tensor.rows, columns: tensor.columns, precision: .float32)
    }

    /// The number of elements.
    @inlinable public var count: Int { rows * columns }

    /// The address of an element, counted row by row.
    @inlinable
    public func address(_ index: Int) -> UnsafeMutableRawPointer { pointer + index * precision.bytes }

    /// The rows of a range, as a view.
    @inlinable
    public func rows(_ range: Range<Int>) -> Matrix {
        precondition(
            range.lowerBound >= 0 && range.upperBound <= rows, "rows \(range) of a matrix with \(rows)")
        return Matrix(
            address(range.lowerBound * columns), rows: range.count, columns: columns, precision: precision)
    }

    /// The same elements as another matrix of as many elements.
    @inlinable
    public func reshaped(rows: Int, columns: Int) -> Matrix {
        precondition(rows * columns == count, "\(count) elements cannot be \(rows) × \(columns)")
        return Matrix(pointer, rows: rows, columns: columns, precision: precision)
    }

    /// The same memory as a tensor, if the elements are float32.
    @inlinable
    public var tensor: Tensor {
        precondition(precision == .float32, "a matrix of \(precision.rawValue) is not a tensor")
        return Tensor(pointer.assumingMemoryBound(to: Float.self), rows: rows, columns: columns)
    }

    /// Sets every element to zero.
    public func clear() {
        guard device == .cpu else { return }
        pointer.initializeMemory(as: UInt8.self, repeating: 0, count: count * precision.bytes)
    }
}
