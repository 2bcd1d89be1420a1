internal import Foundation
internal import Kernels
internal import Reports

extension ScaleFit {
    /// The terms with intervals, and the residual of every setting.
    func text(_ measurements: ScaleMeasurements) -> String {
        let terms = TextTable(
            [.left("term"), .right("value"), .right("95 % interval"), .left("unit")], rows: termRows)
        let settings = TextTable(
            [.left("setting"), .right("measured s"), .right("predicted s"), .right("error")],
            rows: residuals(measurements).map { residual in
                [
                    residual.cell.name, number(residual.measured), number(residual.predicted),
                    String(format: "%+.1f %%", 100 * residual.relative),
                ]
            })
        let network =
            model.network.map {
                String(
                    format: "between nodes: %.1f µs per message, %.2f Gb/s", $0.latency * 1e6,
                    8e-9 / $0.secondsPerByte)
            } ?? "between nodes: not measured; pass the network to parp scale report"
        let error = String(format: "root mean square of errors: %.1f %%", 100 * model.residual)
        return (terms.lines + [network, ""] + settings.lines + [error]).joined(separator: "\n")
    }

    /// Name, value, 95 % interval and unit of every measured term.
    var termRows: [[String]] {
        Self.terms.filter { model.network != nil || !$0.name.hasSuffix(Self.betweenNodes) }.map { term in
            let drawn = draws.map { term.value($0) * term.scale }.sorted()
            let (low, high) = (drawn[drawn.count / 40], drawn[drawn.count - 1 - drawn.count / 40])
            return [
                term.name, number(term.value(model) * term.scale), "\(number(low)) to \(number(high))",
                term.unit,
            ]
        }
    }

    /// A setting's measured and predicted step.
    struct Residual: Sendable {
        let cell: ScaleCell
        let setting: ScaleSetting
        let measured: Double
        let predicted: Double
        var relative: Double { predicted / measured - 1 }
    }

    /// The residuals of all settings.
    func residuals(_ measurements: ScaleMeasurements) -> [Residual] {
        measurements.cells.map { cell, launches in
            let setting = measurements.setting(of: cell, launches)
            return Residual(
                cell: cell, setting: setting, measured: mean(launches, \.step),
                predicted: model.step(setting).total)
        }
    }

    private static let betweenNodes = "between nodes"

    /// The terms as reported: name, unit, factor, value.
    static let terms: [(name: String, unit: String, scale: Double, value: @Sendable (ScaleModel) -> Double)] =
        [
            ("forward and backward, per update", "ms", 1e3, { $0.computeBase }),
            ("… per second of audio", "ms", 1e3, { $0.computePerSecond }),
            ("… and per other rank of the node", "ms", 1e3, { $0.computeCrowding }),
            ("deviation of ranks, share", "%", 1e2, { $0.straggleShare }),
            ("deviation of ranks", "ms", 1e3, { $0.straggleSeconds }),
            ("optimizer", "ms", 1e3, { $0.optimizer }),
            ("… per other rank of the node", "ms", 1e3, { $0.optimizerCrowding }),
            ("data", "ms", 1e3, { $0.data }),
            ("other", "ms", 1e3, { $0.other }),
            ("a mask", "ms", 1e3, { $0.mask }),
            ("a checkpoint", "ms", 1e3, { $0.checkpoint }),
            ("α inside a node", "µs", 1e6, { $0.memoryLatency }),
            ("γ inside a node, per rank", "ms/GB", 1e12, { $0.memorySecondsPerByte }),
            ("α \(betweenNodes)", "µs", 1e6, { $0.network?.latency ?? 0 }),
            ("β \(betweenNodes)", "ms/GB", 1e12, { $0.network?.secondsPerByte ?? 0 }),
            ("a sum during backward, extra", "ms", 1e3, { $0.besideSeconds }),
            ("exposed, unexplained", "ms", 1e3, { $0.exposedBase }),
        ]
}

/// A number with four digits.
package func number(_ value: Double) -> String { String(format: "%.4g", value) }
