import Checkpoints
import Tensors
import TestSupport
import Testing

/// All elements of a tensor of any source.
func floats(_ name: String, of source: any TensorSource) throws -> [Float] {
    let info = try #require(source.info(name), "no tensor \(name)")
    let buffer = FlatBuffer(count: info.shape.count)
    try source.read(name, into: buffer.all)
    return buffer.all.array()
}

struct TorchArchiveTests {
    private let folder = goldenFolder + "/checkpoints"

    @Test(
        "views of every kind and element type are read as PyTorch means them, in both containers",
        arguments: ["zip", "zip-protocol4", "legacy", "legacy-protocol5"])
    func views(name: String) throws {
        let expected = try SafetensorsFile(path: "\(folder)/views.safetensors")
        let archive = try TorchArchive(path: "\(folder)/views-\(name).pt")
        #expect(archive.names == (expected.names + ["bool", "long"]).sorted())
        for tensor in expected.names {
            #expect(archive.info(tensor)?.shape == expected.info(tensor)?.shape, "\(tensor)")
            #expect(sameBits(try floats(tensor, of: archive), try expected.floats(tensor)), "\(tensor)")
        }
        #expect(archive.info("half")?.dataType == .float16 && archive.info("long")?.dataType == .int64)
        #expect(fault { try floats("long", of: archive) }.contains("tensor long is (2) of I64"))
        #expect(
            fault { try archive.read("absent", into: FlatBuffer(count: 1).all) }.contains("no tensor absent"))
    }

    private func open(_ content: [UInt8]) throws -> TorchArchive {
        let folder = try TemporaryDirectory()
        return try TorchArchive(path: try folder.write(content, to: "model.bin"))
    }

    /// A dictionary of one tensor.
    private func tensor(
        type: String = "FloatStorage", count: Int = 4, view: (Int, Int)? = nil, offset: Int = 0, sizes: [Int],
        strides: [Int]
    ) -> [UInt8] {
        PickleWriter.dictionary { writer in
            writer.text("x")
            writer.tensor(
                type: type, count: count, view: view, offset: offset, sizes: sizes, strides: strides)
        }
    }

    @Test("a hand-made archive is read, so that the refusals below are of what they change")
    func honest() throws {
        #expect(
            try floats("x", of: open(torchZip(tensor(sizes: [2, 2], strides: [1, 2])))) == [1, 3, 2, 4])
        let legacy = torchLegacy(
            tensor(view: (1, 3), offset: 1, sizes: [2], strides: [1]),
            storages: [("0", 4, floatBytes([1, 2, 3, 4]))])
        #expect(try floats("x", of: open(legacy)) == [3, 4])
    }

    @Test("extents, strides and offsets that leave the storage or overflow are refused")
    func reach() throws {
        let cases: [(Int, [Int], [Int])] = [
            (0, [5], [1]), (1, [4], [1]), (4, [1], [1]), (0, [2], [4]), (0, [2, 2], [3, 1]), (0, [8], [0]),
            (Int.max, [2], [1]), (0, [Int.max], [1]), (0, [2], [Int.max]), (0, [1 << 40, 1 << 40], [0, 0]),
            (0, [3], [Int.max / 2]), (0, [2, 2], [1]), (Int.max, [0], [1]),
        ]
        for (offset, sizes, strides) in cases {
            let message = fault { try open(torchZip(tensor(offset: offset, sizes: sizes, strides: strides))) }
            #expect(message.contains("broken pickle"), "\(offset) \(sizes) \(strides): \(message)")
        }
        for negative in [(-1, [1], [1]), (0, [-1], [1]), (0, [1], [-1])] as [(Int, [Int], [Int])] {
            let content = torchZip(tensor(offset: negative.0, sizes: negative.1, strides: negative.2))
            #expect(fault { try open(content) }.contains("broken pickle"))
        }
        // No element is nothing to reach for, whatever the strides; but extents are multiplied by who reads them.
        let empty = try open(torchZip(tensor(offset: 4, sizes: [0, 3, 5], strides: [Int.max, 7, 7])))
        #expect(try floats("x", of: empty) == [])
        let huge = torchZip(tensor(offset: 4, sizes: [0, Int.max, Int.max], strides: [Int.max, 7, 7]))
        #expect(fault { try open(huge) }.contains("extents overflow"))
    }

    @Test("a storage that is missing, or has not the bytes that are stated, is refused")
    func storages() {
        let pickle = tensor(sizes: [4], strides: [1])
        for storages in [
            [:], ["1": floatBytes([1, 2, 3, 4])], ["0": floatBytes([1, 2, 3])],
            ["0": floatBytes([1, 2, 3, 4, 5])],
        ] {
            let message = fault { try open(torchZip(pickle, storages: storages)) }
            #expect(message.contains("missing or has another size"), "\(message)")
        }
        let huge = tensor(count: Int.max, sizes: [4], strides: [1])
        #expect(fault { try open(torchZip(huge)) }.contains("missing or has another size"))
        let unknown = tensor(type: "QInt8Storage", sizes: [4], strides: [1])
        #expect(fault { try open(torchZip(unknown)) }.contains("torch.QInt8Storage"))
    }

    @Test("storages of the legacy container must be there as they are stated")
    func legacyStorages() {
        let pickle = tensor(sizes: [4], strides: [1])
        let numbers = floatBytes([1, 2, 3, 4])
        let cases: [([UInt8], String)] = [
            (torchLegacy(pickle, storages: []), "its storage is missing"),
            (torchLegacy(pickle, storages: [("other", 4, numbers)]), "never mentions"),
            (torchLegacy(pickle, storages: [("0", 5, numbers)]), "is cut off"),
            (torchLegacy(pickle, storages: [("0", 3, numbers)]), "not the 4"),
            (torchLegacy(pickle, storages: [("0", -1, numbers)]), "is cut off"),
            (torchLegacy(pickle, storages: [("0", Int.max, numbers)]), "is cut off"),
            (torchLegacy(pickle, storages: [("0", 4, numbers), ("0", 4, numbers)]), "not the 4"),
            (torchLegacy(pickle, storages: [("0", 4, numbers)], littleEndian: false), "big-endian"),
            (torchLegacy(tensor(view: (2, 3), sizes: [1], strides: [1]), storages: []), "a view outside"),
        ]
        for (content, expected) in cases {
            let message = fault { try open(content) }
            #expect(message.contains(expected), "\(expected): \(message)")
        }
    }

    @Test("two mentions of one storage must agree, or the larger would reach past the file")
    func disagreement() {
        let pickle = PickleWriter.dictionary { writer in
            writer.text("far")
            writer.tensor(count: 1 << 40, offset: 1 << 39, sizes: [4], strides: [1])
            writer.text("near")
            writer.tensor(count: 4, sizes: [4], strides: [1])
        }
        let content = torchLegacy(pickle, storages: [("0", 4, floatBytes([1, 2, 3, 4]))])
        #expect(fault { try open(content) }.contains("stated in two ways"))
    }

    @Test("names that could run code are refused by name, however they are spelled")
    func forbidden() {
        let names = [
            ("os", "system"), ("posix", "system"), ("builtins", "eval"), ("builtins", "exec"),
            ("__builtin__", "eval"),
            ("builtins", "getattr"), ("builtins", "__import__"), ("subprocess", "Popen"), ("torch", "load"),
            ("torch.hub", "load"), ("runpy", "run_path"), ("nt", "system"),
            ("torch._utils", "_rebuild_qtensor"),
            ("operator", "attrgetter"), ("__torch__", "Model"),
        ]
        for (module, name) in names {
            let called = PickleWriter.pickle { writer in
                writer.global(module, name)
                writer.put(PickleWriter.mark)
                writer.text("true")
                writer.put(PickleWriter.tuple, PickleWriter.reduce)
            }
            let onStack = PickleWriter.pickle { writer in
                writer.text(module)
                writer.text(name)
                writer.put(0x93)
            }
            for pickle in [called, onStack] {
                let message = fault { try open(torchZip(pickle)) }
                #expect(message.contains("refers to \(module).\(name)"), "\(message)")
            }
            #expect(
                fault { try open(torchLegacy(called, storages: [])) }.contains("refers to \(module).\(name)"))
        }
    }

    @Test("a pickle that is broken, or not of tensors, is refused")
    func brokenPickles() {
        typealias W = PickleWriter
        let cases: [(String, (inout PickleWriter) -> Void)] = [
            ("nothing on its stack", { _ in }), ("an empty stack", { $0.put(W.append) }),
            ("an empty stack", { $0.put(0x30) }), ("an empty stack", { $0.put(W.mark, 0x85) }),
            ("a mark is missing", { $0.put(W.none, W.tuple) }),
            ("a key without its value", { $0.put(W.emptyDictionary, W.mark, W.none, W.setItems) }),
            ("not a dictionary", { $0.put(W.none, W.none, W.none, W.setItem) }),
            ("not a dictionary", { $0.put(W.emptyList, W.none, W.none, W.setItem) }),
            ("not a list", { $0.put(W.emptyDictionary, W.none, W.append) }),
            ("not a list", { $0.put(W.none, W.mark, W.none, W.appends) }),
            ("never remembered", { $0.put(0x68, 3) }),
            ("never remembered", { $0.put(0x6A, 0xFF, 0xFF, 0xFF, 0xFF) }),
            ("an empty stack", { $0.put(0x71, 0) }), ("an empty stack", { $0.put(0x94) }),
            ("opcode 0x0", { $0.put(0) }), ("opcode 0x69", { $0.put(0x69) }),
            ("opcode 0x82", { $0.put(0x82) }),
            ("cut off", { $0.put(0x58, 0xFF, 0xFF, 0xFF, 0x7F, 0x41) }),
            ("cut off", { $0.put(0x8B, 0xFF, 0xFF, 0xFF, 0xFF) }),
            ("a length", { $0.put(0x8D, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF) }),
            ("without its end", { $0.put(0x63, 0x41) }),
            ("not a name", { $0.put(W.none, W.emptyTuple, W.reduce) }),
            ("not a tuple", { $0.put(W.none, W.none, W.reduce) }),
            ("not a string", { $0.put(W.none, W.none, 0x93) }),
            ("not a tuple", { $0.put(W.none, W.persistentId) }),
            ("not a tuple", { $0.put(W.emptyTuple, W.persistentId) }),
            ("holds no dictionary", { $0.put(W.none) }), ("holds no dictionary", { $0.put(W.emptyList) }),
            ("holds no named tensors", { $0.put(W.emptyDictionary) }),
        ]
        for (expected, body) in cases {
            let message = fault { try open(torchZip(PickleWriter.pickle(body))) }
            #expect(message.contains(expected), "\(expected): \(message)")
        }
    }

    @Test("a dictionary that holds itself, lists that hold each other and deep nesting end")
    func cycles() {
        typealias W = PickleWriter
        let itself = W.pickle { writer in
            writer.put(W.emptyDictionary, 0x71, 0)
            writer.text("model")
            writer.put(0x68, 0, W.setItem)
        }
        #expect(fault { try open(torchZip(itself)) }.contains("holds no named tensors"))
        let deep = W.pickle { writer in
            writer.put(W.emptyList, times: 500_000)
            writer.put(W.append, times: 499_999)
        }
        #expect(fault { try open(torchZip(deep)) }.contains("holds no dictionary"))
    }

    @Test("lists and dictionaries built one by one cost no more than what they hold", .timeLimit(.minutes(1)))
    func linear() {
        typealias W = PickleWriter
        // Squares of these would be hours.
        let list = W.pickle { writer in
            writer.put(W.emptyList)
            writer.put(W.none, W.append, times: 1_000_000)
        }
        let dictionary = W.pickle { writer in
            writer.put(W.emptyDictionary)
            writer.put(W.none, W.none, W.setItem, times: 500_000)
        }
        let clock = ContinuousClock()
        let elapsed = clock.measure {
            #expect(fault { try open(torchZip(list)) }.contains("holds no dictionary"))
            #expect(fault { try open(torchZip(dictionary)) }.contains("holds no named tensors"))
        }
        #expect(elapsed < .seconds(10))
    }

    @Test("objects, marks, mentions and texts are bounded")
    func bounds() {
        typealias W = PickleWriter
        let bombs: [(String, [UInt8])] = [
            ("objects", W.pickle { $0.put(W.none, times: 2_000_001) }),
            ("marks", W.pickle { $0.put(W.mark, times: 2_000_001) }),
            (
                "objects",
                W.pickle { writer in
                    writer.put(W.emptyList, 0x71, 0)
                    writer.put(0x68, 0, times: 2_000_000)
                }
            ),
        ]
        for (expected, pickle) in bombs {
            #expect(fault { try open(torchZip(pickle)) }.contains(expected), "\(expected)")
        }
        let half = String(repeating: "x", count: 33 << 20)
        let texts = W.pickle { writer in
            writer.text(half)
            writer.text(half)
        }
        #expect(fault { try open(torchZip(texts)) }.contains("bytes of text"))
    }

    @Test("a file that is neither container is refused")
    func neither() {
        let cases: [([UInt8], String)] = [
            ([], "not a checkpoint"), ([0x80, 2], "not a checkpoint"),
            (Array("ustar  archive".utf8), "neither"),
            (PickleWriter.dictionary { _ in }, "is a pickle, but not a PyTorch checkpoint"),
            (zipFile([ZipEntry(name: "a/readme", content: [1])]), "0 data.pkl"),
            (
                zipFile([
                    ZipEntry(name: "a/data.pkl", content: [0x4E, 0x2E]),
                    ZipEntry(name: "b/data.pkl", content: [0x4E, 0x2E]),
                ]), "2 data.pkl"
            ),
            (
                zipFile([
                    ZipEntry(name: "a/data.pkl", content: [0x4E, 0x2E]),
                    ZipEntry(name: "a/byteorder", content: Array("big".utf8)),
                ]), "big-endian"
            ),
        ]
        for (content, expected) in cases {
            let message = fault { try open(content) }
            #expect(message.contains(expected), "\(expected): \(message)")
        }
    }
}
