/// The bytes of a safetensors file with an arbitrary header.
package func safetensors(_ header: String, buffer: [UInt8] = [], statedLength: UInt64? = nil) -> [UInt8] {
    bytes(statedLength ?? UInt64(header.utf8.count)) + Array(header.utf8) + buffer
}

/// The bytes of float32 numbers.
package func floatBytes(_ values: [Float]) -> [UInt8] { values.flatMap { bytes($0.bitPattern) } }

/// Whether two arrays have the same bits; where one is NaN, the other must be.
package func sameBits(_ a: [Float], _ b: [Float]) -> Bool {
    a.count == b.count && zip(a, b).allSatisfy { $0.bitPattern == $1.bitPattern || ($0.isNaN && $1.isNaN) }
}
