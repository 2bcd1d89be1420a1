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

/// A Swift room of the house, with its tests when `tested`.
func room(_ name: String, _ dependencies: [Target.Dependency] = []) -> Target {
    .target(name: name, dependencies: dependencies, swiftSettings: swiftSettings)
}

func tests(_ name: String, _ dependencies: [Target.Dependency]) -> Target {
    .testTarget(
        name: name + "Tests", dependencies: ["TestSupport"] + dependencies, swiftSettings: swiftSettings)
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
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
        .package(url: "https://github.com/LebJe/TOMLKit", from: "0.6.0"),
    ],
    targets: [
        // 0 · shims
        system("MPI", "PARP_MPI_PKG", "ompi-c", apt: "libopenmpi-dev"),
        system("OpenBLAS", "PARP_OPENBLAS_PKG", "openblas", apt: "libopenblas-dev"),
        system("Sndfile", "PARP_SNDFILE_PKG", "sndfile", apt: "libsndfile1-dev"),
        system("Soxr", "PARP_SOXR_PKG", "soxr", apt: "libsoxr-dev"),
        shim("CMPI", ["SystemMPI"]),
        .systemLibrary(
            name: "SystemOneDNN", path: "CShims/System/OneDNN", providers: [.apt(["libdnnl-dev"])]),
        usesOneDNN
            // oneDNN brings no pkg-config file.
            ? shim("CMath", ["SystemOneDNN"], defines: ["PARP_ONEDNN"], links: ["dnnl"])
            : shim("CMath", ["SystemOpenBLAS"]),
        shim("CAudio", ["SystemSndfile", "SystemSoxr"]),
        shim("CFiles", []),
        // 1
        room("Tensors"),
        // 2
        room("Kernels", ["Tensors", "CMath"]),
        room("Optimization", ["Tensors", "CMath"]),
        room("Pruning", ["Tensors", "CMath"]),
        room("Collectives", ["Tensors", "CMPI"]),
        room("Speech", ["Tensors", "CAudio"]),
        room("Text"),
        // 3
        room("Models", ["Kernels", "Tensors"]),
        room("Checkpoints", ["Tensors", "CFiles"]),
        // 4
        room(
            "Training",
            [
                "Tensors", "Kernels", "Optimization", "Pruning", "Collectives", "Speech", "Text", "Models",
                "Checkpoints", "TOMLKit",
            ]),
        // 5
        room(
            "Studies",
            [
                "Training", "Models", "Kernels", "Optimization", "Pruning", "Collectives", "Checkpoints",
                "Tensors",
            ]),
        // 6
        .executableTarget(
            name: "parp",
            dependencies: [
                "Studies", "Training", "Models",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
            ],
            swiftSettings: swiftSettings),

        .executableTarget(
            name: "CollectiveChecks", dependencies: ["Collectives", "Tensors"],
            path: "Tests/CollectiveChecks", exclude: ["run.sh"], swiftSettings: swiftSettings),
        .executableTarget(
            name: "FuzzChecks",
            dependencies: ["Training", "Checkpoints", "Speech", "Text", "Tensors", "TestSupport"],
            path: "Tests/Fuzz", swiftSettings: swiftSettings),
        .executableTarget(
            name: "ParityProbe",
            dependencies: ["Models", "Kernels", "Optimization", "Checkpoints", "Tensors", "TestSupport"],
            path: "Tests/Parity",
            exclude: [
                "parity.py", "families.py", "parp_parity.py", "pretraining_parity.py", "pretraining_run.py",
                "transcripts.py",
                "check_directory.py",
            ],
            sources: ["ParityProbe.swift"],
            swiftSettings: swiftSettings),
        .executableTarget(
            name: "RankChecks",
            dependencies: [
                "Training", "Collectives", "Pruning", "Checkpoints", "Models", "Kernels", "Tensors",
                "TestSupport",
            ],
            path: "Tests/Ranks", exclude: ["run.sh"],
            swiftSettings: swiftSettings),
        .target(
            name: "TestSupport",
            dependencies: ["Tensors", "Checkpoints", "Models", "Kernels", "Optimization", "Collectives"],
            path: "Tests/TestSupport",
            swiftSettings: swiftSettings),
        tests("Tensors", ["Tensors"]),
        tests("Kernels", ["Kernels", "Tensors"]),
        tests("Optimization", ["Optimization", "Tensors"]),
        tests("Pruning", ["Pruning", "Tensors"]),
        tests("Collectives", ["Collectives", "Tensors"]),
        tests("Speech", ["Speech", "Tensors"]),
        tests("Text", ["Text"]),
        tests("Models", ["Models", "Kernels", "Tensors", "Checkpoints"]),
        tests("Checkpoints", ["Checkpoints", "Models", "Tensors"]),
        tests(
            "Training",
            ["Training", "Models", "Checkpoints", "Collectives", "Pruning", "Speech", "Text", "Tensors"]),
        tests(
            "Studies",
            [
                "Studies", "Training", "Models", "Checkpoints", "Collectives", "Pruning", "Speech", "Tensors",
            ]),
        // Not to import it: so that the command is built before its tests run it.
        tests("parp", ["parp"]),
    ]
)
