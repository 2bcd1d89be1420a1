internal import Foundation
internal import Preflight
internal import Program
internal import Reports
package import Session
internal import Tasks
internal import Tensors
internal import Training

/// Fits the model to a study, prints its terms with intervals and its error for each setting, and writes
/// `fit.json`.
package func fitScaleStudy(_ path: String, session: Session) throws {
    let folder = ScaleFolder(path: path)
    let measurements = try ScaleMeasurements(folder)
    let fit = ScaleFit(measurements)
    try writeJSON(fit, to: folder.fit)
    print(fit.text(measurements))
}

/// The measurements of all launches of a study.
struct ScaleMeasurements: Sendable {
    let study: ScaleStudy
    /// The settings with their launches.
    let cells: [(cell: ScaleCell, launches: [ScaleLaunch])]

    init(_ folder: ScaleFolder) throws {
        let study = try folder.readPlan()
        let cells = try study.cells.map { cell in
            let launches = try folder.turnsDone(cell, upTo: study.maximumRepeats).map {
                try ScaleLaunch(folder: folder, cell: cell, turn: $0, warmup: study.warmup)
            }
            return (cell: cell, launches: launches)
        }.filter { !$0.launches.isEmpty }
        guard !cells.isEmpty else {
            throw UserError(
                .data, "\(folder.path): nothing is measured yet; use parp scale run, or its Slurm jobs")
        }
        self.init(study: study, cells: cells)
    }

    init(study: ScaleStudy, cells: [(cell: ScaleCell, launches: [ScaleLaunch])]) {
        (self.study, self.cells) = (study, cells)
    }

    /// A bootstrap sample: for each setting as many launches as there are, drawn with replacement.
    func resampled(_ draw: Int) -> ScaleMeasurements {
        let random = CountedRandom(seed: 1, stream: .bootstrap, step: draw)
        var place: UInt64 = 0
        return ScaleMeasurements(
            study: study,
            cells: cells.map { entry in
                let launches = entry.launches.map { _ in
                    place += 1
                    return entry.launches[Int(random.uniform(at: place) * Double(entry.launches.count))]
                }
                return (entry.cell, launches)
            })
    }

    /// The setting at which a cell was measured.
    func setting(of cell: ScaleCell, _ launches: [ScaleLaunch]) -> ScaleSetting {
        let groups = launches[0].groupSizes
        var setting = ScaleSetting(
            ranks: cell.ranks, ranksPerNode: groups.max() ?? cell.ranks,
            audioSeconds: mean(launches, \.audioSeconds))
        setting.travelling = cell.holdsMask ? 1 - cell.sparsity * launches[0].prunableShare : 1
        return setting
    }
}

/// The mean of a measurement over launches.
package func mean(_ launches: [ScaleLaunch], _ value: (ScaleLaunch) -> Double) -> Double {
    launches.reduce(0) { $0 + value($1) } / Double(max(1, launches.count))
}

/// A model of a study, with its uncertainty.
struct ScaleFit: Codable, Sendable {
    /// Fitted to all launches.
    let model: ScaleModel
    /// Fitted to bootstrap samples of them.
    let draws: [ScaleModel]

    static let drawCount = 200

    init(_ measurements: ScaleMeasurements) {
        model = Self.fitted(measurements)
        draws = (0..<Self.drawCount).map { Self.fitted(measurements.resampled($0)) }
    }

    /// Each part of a step is fitted to its own measurements, then their sum is compared with whole steps.
    static func fitted(_ measurements: ScaleMeasurements) -> ScaleModel {
        var model = ScaleModel()
        let all = measurements.cells.flatMap(\.launches)
        model.gradientBytes = all[0].gradientBytes
        model.bucketBytes = Int(mean(all.filter { !$0.probes.isEmpty }) { Double($0.bucketBytes) })
        if model.bucketBytes == 0 { model.bucketBytes = all[0].bucketBytes }
        model.backwardShare = mean(all) { $0.backward / max($0.compute, 1e-12) }
        model.data = mean(all, \.data)
        model.other = mean(all, \.other)
        model.mask = mean(all.filter { $0.mask > 0 }, \.mask)
        model.checkpoint = mean(all.filter { $0.checkpoint > 0 }, \.checkpoint)
        let settings = measurements.cells.map {
            (measurements.setting(of: $0.cell, $0.launches), $0.launches)
        }
        fitCompute(&model, settings)
        fitSums(&model, settings)
        fitExposure(&model, settings)
        let errors = settings.map { model.step($0.0).total / mean($0.1, \.step) - 1 }
        model.residual = (errors.reduce(0) { $0 + $1 * $1 } / Double(errors.count)).squareRoot()
        return model
    }

    private typealias Settings = [(setting: ScaleSetting, launches: [ScaleLaunch])]

    private static func fitCompute(_ model: inout ScaleModel, _ settings: Settings) {
        let compute = fitNonNegative(
            settings.map { setting, launches in
                let audio = setting.audioSeconds / Double(setting.ranks)
                return FitEquation(
                    terms: [1, audio, audio * Double(setting.crowd - 1)], value: mean(launches, \.compute))
            })
        (model.computeBase, model.computePerSecond, model.computeCrowding) = (
            compute[0], compute[1], compute[2]
        )
        let optimizer = fitNonNegative(
            settings.map { FitEquation(terms: [1, Double($0.crowd - 1)], value: mean($1, \.optimizer)) })
        (model.optimizer, model.optimizerCrowding) = (optimizer[0], optimizer[1])
        let straggling = fitNonNegative(
            settings.filter { $0.setting.ranks > 1 }.map { setting, launches in
                let expected = expectedMaximum(of: setting.ranks)
                return FitEquation(
                    terms: [expected * model.compute(setting), expected], value: mean(launches, \.straggling))
            })
        if straggling.count == 2 {
            (model.straggleShare, model.straggleSeconds) = (straggling[0], straggling[1])
        }
    }

    /// Sums inside a node from probes of launches on one node, sums between nodes from those on several.
    private static func fitSums(_ model: inout ScaleModel, _ settings: Settings) {
        let inside = settings.filter { $0.setting.nodes == 1 && $0.setting.ranks > 1 }
            .flatMap { setting, launches in
                launches.flatMap(\.probes).map {
                    FitEquation(
                        terms: [log2(Double(setting.crowd)), Double(setting.crowd * $0.bytes)],
                        value: $0.seconds)
                }
            }
        let memory = fitNonNegative(inside)
        if memory.count == 2 { (model.memoryLatency, model.memorySecondsPerByte) = (memory[0], memory[1]) }
        let several = settings.filter { $0.setting.nodes > 1 }
        let between = several.flatMap { setting, launches in
            launches.flatMap(\.probes).compactMap { probe -> FitEquation? in
                let rest = probe.seconds - model.sum(bytes: Double(probe.bytes), setting)
                let others = 2 * Double(setting.nodes - 1)
                // A sum explained by shared memory alone says nothing about the network.
                guard rest > 0.1 * probe.seconds else { return nil }
                return FitEquation(
                    terms: [others, others * Double(probe.bytes) / Double(setting.nodes)], value: rest)
            }
        }
        let network = fitNonNegative(between)
        if network.count == 2, network[1] > 0 {
            model.network = NetworkCost(latency: network[0], secondsPerByte: network[1])
        }
    }

    /// The cost of sums during backward, and what is not hidden.
    private static func fitExposure(_ model: inout ScaleModel, _ settings: Settings) {
        let together = settings.filter { $0.setting.ranks > 1 }
        let bytes = Double(model.gradientBytes) / Double(model.buckets)
        let longer = together.map { setting, launches in
            mean(launches, \.communication) / Double(model.buckets) - model.sum(bytes: bytes, setting)
        }
        if !longer.isEmpty { model.besideSeconds = max(0, longer.reduce(0, +) / Double(longer.count)) }
        let left = together.map { setting, launches in
            mean(launches) { $0.exposed - $0.straggling } - model.step(setting).exposed
        }
        if !left.isEmpty { model.exposedBase = max(0, left.reduce(0, +) / Double(left.count)) }
    }

    /// The 95 % interval of a number from the model: bootstrapped launches, plus the fit's residual error.
    func interval(_ value: (ScaleModel) -> Double) -> ClosedRange<Double> {
        let noise = CountedRandom(seed: 2, stream: .bootstrap)
        let values = draws.enumerated().map { draw, model in
            value(model) * max(0, 1 + self.model.residual * noise.normal(at: UInt64(draw)))
        }.sorted()
        return values[values.count / 40]...values[values.count - 1 - values.count / 40]
    }
}
