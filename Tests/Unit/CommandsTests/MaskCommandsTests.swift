import ArgumentParser
import Collectives
import Foundation
import JSON
import Pruning
import Session
import Tensors
import TestSupport
import Testing

@testable import Commands
@testable import MaskFiles
@testable import Training

struct MaskCommandsTests {
    private let folder: TemporaryFolder
    private let parameters: [StoredMask.Parameter] = [
        ("encoder.layers.0.attention.k_proj.weight", [2, 4]),
        ("encoder.layers.0.attention.q_proj.weight", [1, 4]),
        ("encoder.layers.1.attention.k_proj.weight", [1, 4]),
    ]

    init() throws { folder = try TemporaryFolder() }

    private func stored(_ bits: UInt64, path: String = "m") -> StoredMask {
        StoredMask(path: path, parameters: parameters, mask: PruningMask(bits: [bits], count: 16))
    }

    @Test("sparsity is counted for each block and kind, and adds up")
    func statistics() throws {
        let mask = stored(0b1111_0011_0000_0001)
        let statistics = MaskStatistics(mask.mask, pool: mask.pool)
        #expect(statistics.kinds == [.query, .key])
        #expect(statistics.layers.map(\.number) == [0, 1])
        #expect(statistics.layers[0].kinds[.key] == .init(total: 8, pruned: 7))
        #expect(statistics.layers[0].kinds[.query] == .init(total: 4, pruned: 2))
        #expect(statistics.layers[1].kinds[.key] == .init(total: 4, pruned: 0))
        #expect(statistics.whole.all == .init(total: 16, pruned: 9))
        let json = statistics.json(of: mask)
        #expect(json["sparsity"]?.double == 9.0 / 16)
        #expect(json["layers"]?.elements?[0]["kinds"]?["q"]?["sparsity"]?.double == 0.5)
        let lines = statistics.text(of: mask).split(separator: "\n").map {
            $0.split(separator: " ").map(String.init)
        }
        #expect(lines.contains(["layer", "q", "k", "all"]))
        #expect(lines.contains(["0", "50.00", "87.50", "75.00"]))
        #expect(lines.contains(["1", "-", "0.00", "0.00"]))
        #expect(lines.last == ["all", "50.00", "58.33", "56.25"])
    }

    @Test("every pair of masks is compared once, over the pool and over each block")
    func comparisons() throws {
        let masks = [
            stored(0x0F0F, path: "a"), stored(0x0FFF, path: "b"), stored(0xF000, path: "c"),
        ]
        let comparisons = try MaskComparisons(masks)
        #expect(comparisons.pairs.map { [$0.first, $0.second] } == [[0, 1], [0, 2], [1, 2]])
        #expect(comparisons.pairs.map(\.whole.intersectionOverUnion) == [8.0 / 12, 0, 0])
        #expect(comparisons.pairs.map(\.whole.overlap) == [1, 0, 0])
        #expect(comparisons.layers == [0, 1])
        #expect(comparisons.pairs[0].layers.map(\.intersectionOverUnion) == [8.0 / 12, 1])
        let pair = try #require(comparisons.json["pairs"]?.elements?[0])
        #expect(pair["kept_by_both"]?.integer == 8 && pair["layers"]?.elements?.count == 2)
        #expect(comparisons.text.contains("[3] c") && comparisons.text.contains("0.6667"))
    }

    @Test("a run's masks are compared with those before and the first, in the order of updates")
    func drift() throws {
        let run = folder.path + "/run"
        let directory = RunDirectory(path: run)
        try directory.create()
        for (update, bits) in [(100, UInt64(0x00FE)), (0, 0x00FF), (5, 0x01FE)] {
            let mask = stored(bits)
            try MaskFile.write(mask.mask, pool: mask.pool, facts: [:], to: directory.mask(update))
        }
        let drift = try MaskDrift(run: run)
        #expect(drift.steps.map(\.update) == [0, 5, 100])
        #expect(drift.steps.map(\.revived) == [0, 1, 0])
        let expected: [Double] = [1, 7.0 / 9, 7.0 / 8]
        #expect(drift.steps.map(\.fromFirst.intersectionOverUnion) == expected)
        #expect(drift.steps.map(\.fromPrevious.intersectionOverUnion) == expected)
        #expect(drift.json["masks"]?.elements?[2]["sparsity"]?.double == 9.0 / 16)
        #expect(drift.text.split(separator: "\n").count == 6)
        let none = fault { try MaskDrift(run: folder.path) }
        #expect(none.contains("has no masks/step-N.safetensors"))
    }

    @Test("what is asked for without what it needs is refused with the fix")
    func usage() {
        let session = Session(communicator: SoloCommunicator())
        func convert(_ format: MaskFormat, _ output: String) -> String {
            fault {
                try runMaskConvert(
                    .parse(["m", "--to", format.rawValue, "--output", output]), session: session)
            }
        }
        #expect(convert(.torch, "a.safetensors").contains("--model DIR"))
        #expect(convert(.parp, "a.pt").contains("must end in .safetensors"))
        let one = fault { try runMaskCompare(.parse(["a"]), session: session) }
        #expect(one.contains("two masks or more"))
        let both = fault {
            try runMaskCompare(.parse(["a", "--run", "r"]), session: session)
        }
        #expect(both.contains("not both"))
    }
}
