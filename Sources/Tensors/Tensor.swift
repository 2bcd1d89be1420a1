/// A non-owning view of float32 numbers, seen as a contiguous matrix of `rows` × `columns`.
///
/// A vector is one row. The memory belongs to an `Arena` or a `FlatBuffer`, which must outlive the view.
/// Higher ranks (a convolution's weight) keep their `Shape` in the parameter slot; kernels take the sizes
/// they need.
///
/// `@unchecked Sendable`: a view is a pointer with a length. The step decides who may write when
/// (docs/architecture.md, "Threads"): a region is passed from thread to thread, never shared while written.
public struct Tensor: @unchecked Sendable {
    /// The first element.
    public let pointer: UnsafeMutablePointer<Float>
    /// The number of rows.
    public let rows: Int
    /// The number of columns.
    public let columns: Int

    /// A view of `rows` × `columns` numbers from `pointer` on.
    @inlinable
    public init(_ pointer: UnsafeMutablePointer<Float>, rows: Int, columns: Int) {
        self.pointer = pointer
        self.rows = rows
        self.columns = columns
    }

    /// The number of elements.
    @inlinable public var count: Int { rows * columns }

    /// The element in a row and column.
    @inlinable
    public subscript(row: Int, column: Int) -> Float {
        get { pointer[row * columns + column] }
        nonmutating set { pointer[row * columns + column] = newValue }
    }

    /// The element at a flat index.
    @inlinable
    public subscript(index: Int) -> Float {
        get { pointer[index] }
        nonmutating set { pointer[index] = newValue }
    }

    /// The rows of a range, as a view.
    @inlinable
    public func rows(_ range: Range<Int>) -> Tensor {
        precondition(
            range.lowerBound >= 0 && range.upperBound <= rows, "rows \(range) of a tensor with \(rows)")
        return Tensor(pointer + range.lowerBound * columns, rows: range.count, columns: columns)
    }

    /// The same elements as another matrix of as many elements.
    @inlinable
    public func reshaped(rows: Int, columns: Int) -> Tensor {
        precondition(rows * columns == count, "\(count) elements cannot be \(rows) × \(columns)")
        return Tensor(pointer, rows: rows, columns: columns)
    }

    /// A flat range of elements, as one row.
    @inlinable
    public func elements(_ range: Range<Int>) -> Tensor {
        precondition(range.lowerBound >= 0 && range.upperBound <= count, "elements \(range) of \(count)")
        return Tensor(pointer + range.lowerBound, rows: 1, columns: range.count)
    }

    /// Sets every element.
    @inlinable
    public func fill(_ value: Float) {
        guard device == .cpu else { return }
        pointer.update(repeating: value, count: count)
    }

    /// Copies all elements of a tensor of the same count.
    @inlinable
    public func copy(from source: Tensor) {
        precondition(source.count == count, "copy: \(source.count) elements into \(count)")
        guard device == .cpu else { return }
        pointer.update(from: source.pointer, count: count)
    }

    /// Copies all elements of an array of the same count.
    @inlinable
    public func copy(from source: [Float]) {
        precondition(source.count == count, "copy: \(source.count) elements into \(count)")
        source.withUnsafeBufferPointer { buffer in
            if let base = buffer.baseAddress { pointer.update(from: base, count: count) }
        }
    }

    /// The elements as an array, in row-major order.
    public func array() -> [Float] { Array(UnsafeBufferPointer(start: pointer, count: count)) }

    /// The elements as a collection in place.
    @inlinable public var buffer: UnsafeMutableBufferPointer<Float> { .init(start: pointer, count: count) }
}

extension [Float] {
    /// An array of numbers that a body writes, each of them, into the one row that it is given.
    public init(count: Int, writing body: (Tensor) throws -> Void) rethrows {
        try self.init(unsafeUninitializedCapacity: count) { buffer, written in
            if let start = buffer.baseAddress { try body(Tensor(start, rows: 1, columns: count)) }
            written = count
        }
    }
}
