// swift-tools-version: 6.1
import Foundation
import PackageDescription

/// The pkg-config name of a system library; a cluster whose module system calls it otherwise sets the variable.
func pkgConfig(_ variable: String, default name: String) -> String {
    ProcessInfo.processInfo.environment[variable] ?? name
}

let swiftSettings: [SwiftSetting] = [
    .swiftLanguageMode(.v6),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("ExistentialAny"),
]

/// Math functions need not set `errno`, without which sqrt does not vectorise; nothing else of IEEE 754 is given up.
let cSettings: [CSetting] = [.unsafeFlags(["-O3", "-fno-math-errno", "-Wall", "-Wextra"])]

/// Whether matrix products go to oneDNN, which has bfloat16; `PARP_ONEDNN=0` builds on OpenBLAS alone.
let usesOneDNN = ProcessInfo.processInfo.environment["PARP_ONEDNN"] != "0"

/// A Swift room of the house.
func room(_ name: String, _ dependencies: [Target.Dependency] = []) -> Target {
    .target(name: name, dependencies: dependencies, swiftSettings: swiftSettings)
}

func tests(_ name: String, _ dependencies: [Target.Dependency]) -> Target {
    .testTarget(
        name: name + "Tests", dependencies: ["TestSupport"] + dependencies, path: "Tests/Unit/\(name)Tests",
        swiftSettings: swiftSettings)
}

func shim(
    _ name: String, _ dependencies: [Target.Dependency], defines: [String] = [], links: [String] = []
) -> Target {
    .target(
        name: name, dependencies: dependencies, path: "CShims/\(name)",
        cSettings: cSettings + defines.map { .define($0) }, linkerSettings: links.map { .linkedLibrary($0) })
}

func system(_ name: String, _ variable: String, _ package: String, apt: String) -> Target {
    .systemLibrary(
        name: "System\(name)", path: "CShims/System/\(name)",
        pkgConfig: pkgConfig(variable, default: package),
        providers: [.apt([apt])])
}

let package = Package(
    name: "parp",
    products: [.executable(name: "parp", targets: ["parp"])],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2")
    ],
    targets: [
        // 0 · shims
        system("MPI", "PARP_MPI_PKG", "ompi-c", apt: "libopenmpi-dev"),
        system("OpenBLAS", "PARP_OPENBLAS_PKG", "openblas", apt: "libopenblas-dev"),
        system("Sndfile", "PARP_SNDFILE_PKG", "sndfile", apt: "libsndfile1-dev"),
        system("Soxr", "PARP_SOXR_PKG", "soxr", apt: "libsoxr-dev"),
        system("Zstd", "PARP_ZSTD_PKG", "libzstd", apt: "libzstd-dev"),
        shim("CMPI", ["SystemMPI"]),
        .systemLibrary(
            name: "SystemOneDNN", path: "CShims/System/OneDNN", providers: [.apt(["libdnnl-dev"])]),
        usesOneDNN
            // oneDNN brings no pkg-config file.
            ? shim("CMath", ["SystemOneDNN"], defines: ["PARP_ONEDNN"], links: ["dnnl"])
            : shim("CMath", ["SystemOpenBLAS"]),
        shim("CAudio", ["SystemSndfile", "SystemSoxr"]),
        shim("CFiles", []),
        shim("CZstd", ["SystemZstd"]),
        // 1
        room("Tensors"),
        room("Program"),
        room("JSON"),
        // 2
        room("Kernels", ["Tensors", "CMath"]),
        room("Optimization", ["Tensors", "CMath"]),
        room("Pruning", ["Tensors", "CMath"]),
        room("Collectives", ["Tensors", "CMPI"]),
        room("Files", ["Program"]),
        room("Speech", ["Tensors", "Program", "JSON", "Files", "CAudio"]),
        room("Text", ["Program", "JSON", "Files"]),
        room("Batching", ["Tensors"]),
        // 3
        room("Decoding", ["Tensors", "Program", "Text"]),
        room("Models", ["Tensors", "Kernels"]),
        room("Session", ["Program", "Collectives"]),
        room("Reports", ["Tensors", "JSON"]),
        // 4
        room("Checkpoints", ["Tensors", "Program", "JSON", "Files", "Models", "CFiles", "CZstd"]),
        room(
            "Recipe",
            [
                "Tensors", "Program", "Optimization", "Pruning", "Collectives", "Speech", "Text", "Decoding",
                "Models",
            ]),
        // 5
        room("MaskFiles", ["Tensors", "Program", "JSON", "Pruning", "Models", "Checkpoints"]),
        // 6
        room(
            "Training",
            [
                "Tensors", "Program", "JSON", "Kernels", "Optimization", "Pruning", "Collectives", "Batching",
                "Checkpoints", "Session", "Recipe", "MaskFiles", "Reports",
            ]),
        // 7
        room(
            "Tasks",
            [
                "Tensors", "Program", "JSON", "Kernels", "Pruning", "Collectives", "Speech", "Text",
                "Decoding", "Batching", "Models", "Checkpoints", "Session", "Recipe", "MaskFiles", "Reports",
                "Training",
            ]),
        // 8
        room(
            "Preflight",
            [
                "Tensors", "Program", "JSON", "Kernels", "Pruning", "Collectives", "Speech", "Text",
                "Batching", "Models", "Checkpoints", "Session", "Recipe", "Reports", "Training", "Tasks",
            ]),
        // 9
        room(
            "Studies",
            [
                "Tensors", "Program", "JSON", "Kernels", "Optimization", "Pruning", "Collectives", "Batching",
                "Models", "Checkpoints", "Session", "Recipe", "MaskFiles", "Reports", "Training", "Tasks",
                "Preflight",
            ]),
        // 10
        room(
            "Commands",
            [
                "Tensors", "Program", "JSON", "Kernels", "Pruning", "Collectives", "Files", "Speech", "Text",
                "Decoding",
                "Models", "Checkpoints", "Session", "Recipe", "MaskFiles", "Reports", "Training", "Tasks",
                "Preflight", "Studies",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
            ]),
        // 11
        .executableTarget(name: "parp", dependencies: ["Commands"], swiftSettings: swiftSettings),

        .executableTarget(
            name: "CollectiveChecks", dependencies: ["Collectives", "Tensors"],
            path: "Tests/Checks/Collectives", exclude: ["run.sh"], swiftSettings: swiftSettings),
        .executableTarget(
            name: "FuzzChecks",
            dependencies: [
                "Tensors", "Program", "JSON", "Pruning", "Collectives", "Speech", "Text", "Decoding",
                "Checkpoints", "Recipe", "MaskFiles", "Reports", "Training", "Tasks", "Preflight",
                "TestSupport",
            ],
            path: "Tests/Checks/Fuzz", swiftSettings: swiftSettings),
        .executableTarget(
            name: "ParityProbe",
            dependencies: ["Tensors", "Models", "Checkpoints", "TestSupport"],
            path: "Tests/Checks/Parity",
            exclude: [
                "parity.py", "families.py", "methods_reference.py", "parp_parity.py", "pretraining_parity.py",
                "pretraining_run.py",
                "text_parity.py", "transcripts.py", "tokenizer_ids.py", "tokenizer_layouts.py",
                "check_directory.py", "model_card.py", "transcript_formats.py", "word_times.py",
            ],
            sources: ["ParityProbe.swift", "ParityProbe+Text.swift"],
            swiftSettings: swiftSettings),
        .executableTarget(
            name: "RankChecks",
            dependencies: [
                "Tensors", "Program", "JSON", "Kernels", "Pruning", "Collectives", "Models", "Checkpoints",
                "Session", "Recipe", "MaskFiles", "Reports", "Training", "Tasks", "Preflight", "Commands",
                "TestSupport",
            ],
            path: "Tests/Checks/Ranks", exclude: ["run.sh"],
            swiftSettings: swiftSettings),
        .target(
            name: "TestSupport",
            dependencies: [
                "Tensors", "JSON", "Kernels", "Optimization", "Collectives", "Models", "Checkpoints",
            ],
            path: "Tests/TestSupport",
            swiftSettings: swiftSettings),
        tests("Tensors", ["Tensors"]),
        tests("JSON", ["JSON"]),
        tests("Kernels", ["Tensors", "Kernels"]),
        tests("Optimization", ["Tensors", "Optimization"]),
        tests("Pruning", ["Tensors", "Pruning"]),
        tests("Collectives", ["Tensors", "Collectives"]),
        tests("Speech", ["Files", "Speech"]),
        tests("Text", ["JSON", "Text"]),
        tests("Decoding", ["Tensors", "Text", "Decoding"]),
        tests("Batching", ["Tensors", "Batching"]),
        tests("Models", ["Tensors", "Kernels", "Models", "Checkpoints"]),
        tests("Checkpoints", ["Tensors", "JSON", "Models", "Checkpoints"]),
        tests("Recipe", ["Pruning", "Text", "Batching", "Recipe"]),
        tests(
            "MaskFiles",
            [
                "Tensors", "Program", "Pruning", "Collectives", "Models", "Checkpoints", "Session", "Recipe",
                "MaskFiles", "Training", "Commands",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
            ]),
        tests("Reports", ["JSON", "Tensors", "Reports", "Studies"]),
        tests(
            "Training",
            [
                "Tensors", "Program", "JSON", "Kernels", "Optimization", "Pruning", "Collectives", "Batching",
                "Checkpoints", "Session", "Recipe", "Reports", "Training", "Preflight",
            ]),
        tests(
            "Tasks",
            [
                "Tensors", "Program", "JSON", "Speech", "Text", "Decoding", "Models", "Checkpoints", "Recipe",
                "Reports", "Tasks",
            ]),
        tests("Preflight", ["Program", "JSON", "Session", "Recipe", "Training", "Preflight"]),
        tests(
            "Studies",
            [
                "Tensors", "Program", "JSON", "Kernels", "Pruning", "Collectives", "Speech", "Batching",
                "Models",
                "Checkpoints", "Session", "Recipe", "Reports", "Training", "Tasks", "Preflight", "Studies",
            ]),
        tests(
            "Commands",
            [
                "Tensors", "JSON", "Pruning", "Collectives", "Text", "Decoding", "Session", "MaskFiles",
                "Training", "Tasks", "Commands",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
            ]),
        // Not to import it: so that the command is built before its tests run it.
        tests("parp", ["parp"]),
    ]
)
