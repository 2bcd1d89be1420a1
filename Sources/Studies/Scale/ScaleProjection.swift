internal import Batching
internal import Foundation
internal import Recipe
internal import Reports
internal import Tasks

/// Options of `parp scale report`.
package struct ScaleReportOptions: Sendable {
    /// The folder of the study.
    package var study: String
    /// The numbers of ranks to project to.
    package var ranks = (0...9).map { 1 << $0 }
    /// The ranks per node; nil uses what was measured.
    package var ranksPerNode: Int?
    /// The network between nodes; nil uses what was measured, or else the default below.
    package var gigabits: Double?
    /// The latency of a message, for a given or assumed network.
    package var latencyMicroseconds = 20.0
    /// The price of a core-hour.
    package var price = 0.04
    /// The currency of the price.
    package var currency = "EUR"

    static let assumedGigabits = 25.0

    /// A report of a study.
    package init(study: String) { self.study = study }
}

/// A study's measurements, their model, and its projection.
struct ScaleProjection {
    let measurements: ScaleMeasurements
    let fit: ScaleFit
    let options: ScaleReportOptions
    /// The network of the projection, and its origin.
    let network: NetworkCost
    let networkOrigin: String
    let ranksPerNode: Int

    init(_ options: ScaleReportOptions) throws {
        let measurements = try ScaleMeasurements(ScaleFolder(path: options.study))
        self.init(options, measurements: measurements, fit: ScaleFit(measurements))
    }

    init(_ options: ScaleReportOptions, measurements: ScaleMeasurements, fit: ScaleFit) {
        (self.options, self.measurements, self.fit) = (options, measurements, fit)
        if let gigabits = options.gigabits {
            network = NetworkCost(gigabits: gigabits, microseconds: options.latencyMicroseconds)
            networkOrigin = "given"
        } else if let measured = fit.model.network {
            (network, networkOrigin) = (measured, "fitted")
        } else {
            network = NetworkCost(
                gigabits: ScaleReportOptions.assumedGigabits, microseconds: options.latencyMicroseconds)
            networkOrigin = "assumed, not measured"
        }
        let most = measurements.cells.compactMap { $0.launches[0].groupSizes.max() }.max() ?? 1
        ranksPerNode = options.ranksPerNode ?? most
    }

    /// One number of ranks of a projected curve.
    struct Point: Codable, Sendable {
        let ranks: Int
        let nodes: Int
        let step: ScaleStep
        let seconds: Double
        let low, high: Double
        let speedup: Double
        let efficiency: Double
        let karpFlatt: Double?
        let coreHours: Double
        let cost: Double
        /// The mean of simulated steps.
        let simulated: Double
    }

    /// A method's curve in a mode.
    struct Curve: Codable, Sendable {
        let mode: ScalingMode
        let method: String
        let sparsity: Double
        let points: [Point]
        let limit: String
    }

    /// The curves of all methods and modes of the study.
    func curves() -> [Curve] {
        var seen: Set<String> = []
        return measurements.cells.map(\.cell).filter {
            seen.insert("\($0.mode) \($0.method) \($0.sparsity)").inserted
        }.map(curve)
    }

    private func setting(_ cell: ScaleCell, ranks: Int) -> ScaleSetting {
        let study = measurements.study
        // The measured audio of the base's updates: the recipe's number is an upper bound.
        let base = measurements.cells.first { $0.cell.ranks == study.baseRanks } ?? measurements.cells[0]
        let perBase = mean(base.launches, \.audioSeconds) / Double(base.cell.ranks)
        let audio = perBase * Double(cell.mode == .weak ? ranks : study.baseRanks)
        var setting = ScaleSetting(ranks: ranks, ranksPerNode: min(ranks, ranksPerNode), audioSeconds: audio)
        setting.maskInterval = cell.method.hasPrefix("parp") ? study.amounts.maskInterval : 0
        setting.checkpointInterval = study.amounts.checkpointInterval
        setting.travelling = cell.holdsMask ? 1 - cell.sparsity * base.launches[0].prunableShare : 1
        return setting
    }

    private func on(_ network: NetworkCost, _ model: ScaleModel) -> ScaleModel {
        var model = model
        model.network = network
        return model
    }

    private func curve(_ cell: ScaleCell) -> Curve {
        let study = measurements.study
        let base = options.ranks.min() ?? 1
        let model = on(network, fit.model)
        let baseSeconds = model.step(setting(cell, ranks: base)).total
        let points = options.ranks.sorted().map { ranks -> Point in
            let setting = setting(cell, ranks: ranks)
            let step = model.step(setting)
            let interval = fit.interval { on(network, $0).step(setting).total }
            let growth = Double(ranks) / Double(base)
            // Strong: how much sooner; weak: how much more audio in the same time.
            let speedup = baseSeconds / step.total * (cell.mode == .weak ? growth : 1)
            let cores = Double(ranks * study.amounts.threads)
            let updates = Double(study.amounts.updates) / (cell.mode == .weak ? growth : 1)
            let coreHours = step.total * updates * cores / 3600
            return Point(
                ranks: ranks, nodes: setting.nodes, step: step, seconds: step.total,
                low: min(interval.lowerBound, step.total), high: max(interval.upperBound, step.total),
                speedup: speedup, efficiency: speedup / growth,
                karpFlatt: karpFlatt(speedup: speedup, ranks: growth), coreHours: coreHours,
                cost: coreHours * options.price,
                simulated: StepSimulation(model: model, setting: setting).meanSeconds())
        }
        return Curve(
            mode: cell.mode, method: cell.method, sparsity: cell.sparsity, points: points,
            limit: limit(points, mode: cell.mode))
    }

    /// Where more ranks stop paying off, and why.
    private func limit(_ points: [Point], mode: ScalingMode) -> String {
        let fastest = points.min { $0.seconds < $1.seconds }
        let poor = points.first { $0.efficiency < 0.5 }
        guard let last = poor ?? points.last, let first = points.first else { return "" }
        // Each part compared with an even division of the base's.
        let growth = mode == .strong ? Double(last.ranks) / Double(first.ranks) : 1
        let excess = zip(last.step.parts, first.step.parts).map {
            ($0.name, $0.seconds - $1.seconds / growth)
        }
        let cause = excess.max { $0.1 < $1.1 }?.0 ?? ""
        var text =
            poor.map { "efficiency falls below 50 % at \($0.ranks) ranks, mostly by \(cause)" }
            ?? "efficiency stays above 50 % up to \(last.ranks) ranks; \(cause) grows most"
        if mode == .strong, let fastest, fastest.ranks < points.last?.ranks ?? 0 {
            text += "; beyond \(fastest.ranks) ranks an update takes longer again"
        }
        return text
    }
}

/// The serial share of the work implied by a speed-up (Karp and Flatt, CACM 1990): (1/S − 1/p) / (1 − 1/p).
func karpFlatt(speedup: Double, ranks: Double) -> Double? {
    ranks > 1 ? (1 / speedup - 1 / ranks) / (1 - 1 / ranks) : nil
}
