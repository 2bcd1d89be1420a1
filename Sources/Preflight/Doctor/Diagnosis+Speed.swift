internal import Tasks
internal import Tensors
internal import Training

extension Diagnosis {
    /// Products that could be faster than they will be.
    var speedFindings: [Finding] { coreFindings + precisionSpeedFindings }

    /// OpenBLAS mistakes CPUs newer than itself for old ones.
    private var coreFindings: [Finding] {
        let misjudged = those { Self.oldCores.contains($0.processor.matrixCore) && $0.processor.hasAVX2 }
        guard let first = misjudged.first else { return [] }
        let processor = ranks[first].processor
        let core = processor.features.contains("avx512f") ? "SkylakeX" : "Haswell"
        return [
            Finding(
                .warning, .machine, ranks: misjudged,
                what: "OpenBLAS mistakes the \(processor.model) for \(processor.matrixCore)",
                why: "it multiplies with instructions of two decades ago, at a quarter of the speed or less",
                fix: "export OPENBLAS_CORETYPE=\(core), or build parp with oneDNN (libdnnl-dev)")
        ]
    }

    /// OpenBLAS's names for CPUs without AVX2, and for unknown ones.
    private static let oldCores: Set<String> = [
        "Generic", "Katmai", "Coppermine", "Northwood", "Prescott", "Banias", "Atom", "Core2", "Penryn",
        "Dunnington", "Nehalem", "Athlon", "Opteron", "Opteron_SSE3", "Barcelona", "Bobcat", "Nano",
    ]

    private var precisionSpeedFindings: [Finding] {
        let measured = leaders.compactMap { ranks[$0].processor.precision }
        guard !needs.leavesPrecisionOpen, !measured.isEmpty else { return [] }
        let probe = PrecisionProbe(slowestOf: measured)
        let chosen = needs.wantsBFloat16
        guard let bfloat16 = probe.bfloat16Seconds, (probe.precision == .bfloat16) != chosen else {
            return []
        }
        let ratio = (10 * probe.float32Seconds / bfloat16).rounded() / 10
        return [
            Finding(
                chosen ? .warning : .note, .machine, ranks: leaders,
                what: "bfloat16 products run at \(ratio) × the speed of float32 here",
                why: chosen
                    ? "the recipe asks for bfloat16, which is less exact and no faster here"
                    : "float32 is the default unless a recipe asks for more speed; docs/numerics.md says what "
                        + "bfloat16 rounds",
                fix: "--set precision.gemm=\(chosen ? "float32" : "auto")")
        ]
    }
}

extension RankFacts.Processor {
    fileprivate var hasAVX2: Bool { features.contains("avx2") }
}
