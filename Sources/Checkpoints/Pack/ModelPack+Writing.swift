internal import Foundation

extension ModelPack {
    /// Writes a model directory as one file, replacing an existing one.
    ///
    /// Weights must be safetensors; every other file of the folder is packed as a whole; subfolders and hidden files are not.
    ///
    /// - Returns: The bytes of the files that are packed, and of the pack; and what is left out.
    public static func write(
        directory: String, to path: String
    ) throws(CheckpointError) -> (directoryBytes: Int, packBytes: Int, leftOut: [String]) {
        guard !StoredModel.isPack(directory) else { throw CheckpointError(directory, "is a pack already") }
        // First read as a model: an unusable one is not worth packing.
        _ = try ModelDirectory(path: directory)
        var entries: [(name: String, bytes: [UInt8])] = []
        var metadata = ["format": format, "version": version]
        var total = 0
        let (names, leftOut) = try plainFiles(of: directory)
        for name in names {
            let source = directory + "/" + name
            total += try regularFileSize(source)
            if isWeights(name) {
                let file = try SafetensorsFile(path: source)
                metadata["bytes/" + name] = String(file.byteCount)
                entries += packed(file, name: name)
            } else {
                entries.append((PackEntry.file(name).name, PackCodec.compress(try contents(of: source))))
            }
        }
        guard metadata.keys.contains(where: { $0.hasPrefix("bytes/") }) else {
            throw CheckpointError(
                directory, "has no safetensors weights; `parp convert` makes a directory with them")
        }
        var writer = SafetensorsWriter(metadata: metadata)
        for entry in entries { writer.add(entry.name, bytes: entry.bytes) }
        try writer.write(to: path)
        return (total, try regularFileSize(path), leftOut)
    }

    /// Weights packed tensor by tensor: those that `openModelWeights` looks for.
    private static func isWeights(_ name: String) -> Bool {
        name.hasPrefix("model") && name.hasSuffix(".safetensors")
    }

    private static func plainFiles(
        of directory: String
    ) throws(CheckpointError) -> (packed: [String], leftOut: [String]) {
        let names: [String]
        do {
            names = try FileManager.default.contentsOfDirectory(atPath: directory)
        } catch {
            throw CheckpointError(directory, "cannot be read: \(reason(error))")
        }
        let plain = Set(
            names.filter { name in
                var isDirectory: ObjCBool = false
                _ = FileManager.default.fileExists(atPath: directory + "/" + name, isDirectory: &isDirectory)
                return PackEntry.isPlain(name) && !isDirectory.boolValue
            })
        return (plain.sorted(), names.sorted().filter { !plain.contains($0) })
    }

    private static func contents(of path: String) throws(CheckpointError) -> [UInt8] {
        guard try regularFileSize(path) <= ModelDirectory.maximumFileBytes else {
            throw CheckpointError(
                path,
                "is not a safetensors file and is larger than \(ModelDirectory.maximumFileBytes) bytes; "
                    + "move it out of the model directory, or `parp convert` the weights")
        }
        guard let data = FileManager.default.contents(atPath: path) else {
            throw CheckpointError(path, "cannot be read: \(systemReason())")
        }
        return [UInt8](data)
    }

    private static func packed(_ file: SafetensorsFile, name: String) -> [(name: String, bytes: [UInt8])] {
        var entries = [(PackEntry.header(name).name, PackCodec.compress(file.headerBytes))]
        for (index, tensor) in file.header.namesByPlace.enumerated() {
            guard let info = file.info(tensor) else { continue }
            entries.append(
                (
                    PackEntry.tensor(name, index).name,
                    PackCodec.encode(file.rawBytes(tensor), elementSize: info.dataType.size)
                ))
        }
        return entries
    }

    /// Writes the packed directory, with the same bytes in every file.
    ///
    /// It is written atomically, replacing an existing model directory; any other non-empty folder is left
    /// alone.
    public func unpack(to path: String) throws(CheckpointError) {
        try requireNoOthers(in: path)
        let directory = try AtomicDirectory(path: path)
        for name in fileNames {
            guard let bytes = try contents(name) else { continue }
            try AtomicFile.write(Data(bytes), to: directory.temporaryPath + "/" + name)
        }
        for (name, packed) in weights {
            var file = try AtomicFile(path: directory.temporaryPath + "/" + name)
            try file.write(Data(packed.headerBytes))
            for tensor in packed.tensors { try file.write(Data(try bytes(ofTensor: tensor))) }
            try file.commit()
        }
        try directory.commit()
    }
}
