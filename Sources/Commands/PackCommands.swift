internal import Checkpoints
internal import Foundation
internal import Session
internal import Training

/// Writes a model directory as one file.
func runPack(model: String, output: String, place: OutputPlace, session: Session) throws {
    try session.together {
        guard session.isRoot else { return }
        try place.requireFreeForFile()
        let (directoryBytes, packBytes, leftOut) = try ModelPack.write(directory: model, to: output)
        print(
            "\(output): "
                + String(
                    format: "%.1f MB, %.3f of the directory's %.1f MB", Double(packBytes) / 1e6,
                    Double(packBytes) / Double(max(1, directoryBytes)), Double(directoryBytes) / 1e6)
                + (leftOut.isEmpty
                    ? "" : "; left out, being folders or hidden: " + leftOut.joined(separator: ", ")))
    }
}

/// Writes the packed model directory, with the same bytes in every file.
func runUnpack(pack: String, output: String, place: OutputPlace, session: Session) throws {
    try session.together {
        guard session.isRoot else { return }
        try place.requireFreeForModel()
        try ModelPack(path: pack).unpack(to: output)
        print("\(output): unpacked")
    }
}
