import Tensors
import TestSupport

/// Breaks files as a bad disk or an attacker would; the same numbers break them in the same way.
struct Mutator {
    /// What the format of the file is made of.
    let tokens: [[UInt8]]
    /// Nothing grows longer, so that what a reader may take of memory is known.
    static let longest = 256 << 10

    /// What lengths, offsets and counts go wrong at.
    private static let numbers: [UInt64] = {
        let small: [UInt64] = [0, 1, 2, 7, 8, 9, 0x7F, 0x80, 0xFF, 0x100, 0x7FFF, 0x8000, 0xFFFF, 0x1_0000]
        let bits: [UInt64] = [31, 32, 33, 36, 40, 48, 53, 56, 62, 63]
        let powers: [UInt64] = bits.flatMap { (bit: UInt64) -> [UInt64] in
            let power: UInt64 = 1 << bit
            return [power - 1, power, power + 1]
        }
        return small + powers + [UInt64.max, UInt64.max - 1, UInt64.max - 7, UInt64.max - 8]
    }()
    /// The same in text.
    private static let writtenNumbers = [
        "0", "-0", "-1", "1", "1e999", "-1e999", "1e-999", "NaN", "nan", "inf", "-inf", "0x10", "1.", ".5",
        "",
        "2147483647", "2147483648", "4294967295", "9223372036854775807", "9223372036854775808",
        "-9223372036854775808", "-9223372036854775809", "18446744073709551616", "1099511627776",
        "0.1000000000000000055511151231257827021181583404541015625",
        "100000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000",
    ].map { Array($0.utf8) }

    /// A copy with up to eight faults; `other` is a file of the same kind, of which pieces may be taken.
    func mutant(of original: [UInt8], with other: [UInt8], _ random: inout CountedSequence) -> [UInt8] {
        var bytes = original
        // Mostly one fault: with several, the first hides the later ones.
        let count = [1, 1, 1, 2, 2, 3, 5, 8][Int.random(in: 0..<8, using: &random)]
        for _ in 0..<count {
            breakOnce(&bytes, other, &random)
            if bytes.count > Self.longest { bytes.removeLast(bytes.count - Self.longest) }
        }
        return bytes
    }

    private func breakOnce(_ bytes: inout [UInt8], _ other: [UInt8], _ random: inout CountedSequence) {
        let place = Int.random(in: 0...bytes.count, using: &random)
        let length = min(1 << Int.random(in: 0..<9, using: &random), bytes.count - place)
        let range = place..<place + length
        switch Int.random(in: 0..<14, using: &random) {
        case 0: for index in range.prefix(1) { bytes[index] = UInt8.random(in: 0...255, using: &random) }
        case 1: for index in range.prefix(1) { bytes[index] ^= 1 << UInt8.random(in: 0..<8, using: &random) }
        case 2, 3: overwrite(&bytes, at: place, with: number(bytes.count, &random))
        case 4: replaceNumber(&bytes, from: place, &random)
        case 5: bytes.removeLast(bytes.count - place)
        case 6: bytes.removeSubrange(range)
        case 7:
            bytes.insert(contentsOf: Array(bytes[range]), at: Int.random(in: 0...bytes.count, using: &random))
        case 8: bytes = Array(bytes[..<place]) + other.suffix(Int.random(in: 0...other.count, using: &random))
        case 9:
            let start = Int.random(in: 0...other.count, using: &random)
            overwrite(&bytes, at: place, with: Array(other[start..<min(start + max(1, length), other.count)]))
        case 10, 11: bytes.insert(contentsOf: token(&random), at: place)
        case 12: overwrite(&bytes, at: place, with: token(&random))
        default:
            // Deep, or long: a piece or a token again and again.
            let piece = Bool.random(using: &random) ? token(&random) : Array(bytes[range])
            let times = 1 << Int.random(in: 1..<17, using: &random)
            let copies = piece.isEmpty ? 0 : min(times, Self.longest / piece.count)
            bytes.insert(contentsOf: repeatElement(piece, count: copies).joined(), at: place)
        }
    }

    private func overwrite(_ bytes: inout [UInt8], at place: Int, with piece: [UInt8]) {
        bytes.replaceSubrange(place..<min(place + piece.count, bytes.count), with: piece)
    }

    private func token(_ random: inout CountedSequence) -> [UInt8] {
        tokens.isEmpty ? [0] : tokens[Int.random(in: 0..<tokens.count, using: &random)]
    }

    /// An awkward number of 1 to 8 bytes from either end, sometimes about as large as the file.
    private func number(_ count: Int, _ random: inout CountedSequence) -> [UInt8] {
        var value = Self.numbers[Int.random(in: 0..<Self.numbers.count, using: &random)]
        if Int.random(in: 0..<4, using: &random) == 0 {
            value = UInt64(bitPattern: Int64(count + Int.random(in: -16...16, using: &random)))
        }
        let little = TestSupport.bytes(value).prefix(1 << Int.random(in: 0..<4, using: &random))
        return Bool.random(using: &random) ? Array(little) : little.reversed()
    }

    /// Replaces the next number in the text by an awkward one.
    private func replaceNumber(_ bytes: inout [UInt8], from place: Int, _ random: inout CountedSequence) {
        func isDigit(_ byte: UInt8) -> Bool { (0x30...0x39).contains(byte) }
        guard let start = bytes[place...].firstIndex(where: isDigit) ?? bytes.firstIndex(where: isDigit)
        else {
            return
        }
        let end = bytes[start...].firstIndex { !isDigit($0) } ?? bytes.count
        let number = Self.writtenNumbers[Int.random(in: 0..<Self.writtenNumbers.count, using: &random)]
        bytes.replaceSubrange(start..<end, with: number)
    }
}
