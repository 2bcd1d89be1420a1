// Summaries of TensorBoard's plugins for text, histograms and hyper-parameters, as tensorflow/core/framework/summary.proto and
// tensorboard/plugins/hparams/api.proto and plugin_data.proto number their fields.

extension EventFile {
    /// A value of a hyper-parameter.
    package enum Setting: Sendable, Equatable {
        case boolean(Bool)
        case number(Double)
        case text(String)

        /// As a `google.protobuf.Value`.
        fileprivate var value: [UInt8] {
            switch self {
            case .number(let number): [0x11] + EventFile.little(number.bitPattern)
            case .text(let text): EventFile.field(0x1A, Array(text.utf8))
            case .boolean(let isTrue): [0x20, isTrue ? 1 : 0]
            }
        }

        /// As an `hparams.DataType`.
        fileprivate var type: UInt8 {
            switch self {
            case .text: 1
            case .boolean: 2
            case .number: 3
            }
        }
    }

    /// How a run ended, as `hparams.Status` numbers it.
    package enum EndStatus: UInt8, Sendable {
        case success = 1
        case failure = 2
    }

    /// A text, which TensorBoard shows as Markdown.
    package static func text(_ tag: String, _ text: String) -> [UInt8] {
        // A tensor of one string.
        let tensor = [0x08, 7] + field(0x12, field(0x12, [0x08, 1])) + field(0x42, Array(text.utf8))
        return field(0x0A, Array(tag.utf8)) + field(0x42, tensor) + plugin("text", content: [], dataClass: 2)
    }

    /// How values are spread, in buckets of equal width; those that are zero, or no number, are left out.
    package static func histogram(_ tag: String, of values: some Collection<Float>) -> [UInt8] {
        let bucketCount = 64
        var (low, high, sum, squares, count) = (Double.infinity, -Double.infinity, 0.0, 0.0, 0.0)
        func forEachValue(_ body: (Double) -> Void) {
            for value in values where value != 0 && value.isFinite { body(Double(value)) }
        }
        forEachValue {
            (low, high) = (min(low, $0), max(high, $0))
            (sum, squares, count) = (sum + $0, squares + $0 * $0, count + 1)
        }
        var buckets = [Double](repeating: 0, count: bucketCount)
        if count == 0 { (low, high) = (0, 0) }
        let width = max((high - low) / Double(bucketCount), 1e-30)
        forEachValue { buckets[min(bucketCount - 1, Int(($0 - low) / width))] += 1 }
        let limits = buckets.indices.map { $0 == bucketCount - 1 ? high : low + width * Double($0 + 1) }
        func packed(_ values: [Double]) -> [UInt8] { values.flatMap { little($0.bitPattern) } }
        let numbers: [(UInt8, Double)] = [
            (0x09, low), (0x11, high), (0x19, count), (0x21, sum), (0x29, squares),
        ]
        return field(0x0A, Array(tag.utf8))
            + field(
                0x2A,
                numbers.flatMap { [$0] + little($1.bitPattern) } + field(0x32, packed(limits))
                    + field(0x3A, packed(buckets)))
    }

    /// What a run is called by in the table of hyper-parameters, and which tags are its results.
    package static func experiment(
        settings: [(name: String, value: Setting)], metrics: [(tag: String, title: String)]
    ) -> [UInt8] {
        let infos = settings.flatMap { setting in
            field(0x22, field(0x0A, Array(setting.name.utf8)) + [0x20, setting.value.type])
        }
        let results = metrics.flatMap { metric in
            field(
                0x2A,
                field(0x0A, field(0x12, Array(metric.tag.utf8))) + field(0x1A, Array(metric.title.utf8)))
        }
        return hyperparameters("_hparams_/experiment", field(0x12, infos + results))
    }

    /// The hyper-parameters of a run that begins.
    package static func sessionStart(
        settings: [(name: String, value: Setting)], wall: Double
    ) -> [UInt8] {
        let entries = settings.flatMap { setting in
            field(0x0A, field(0x0A, Array(setting.name.utf8)) + field(0x12, setting.value.value))
        }
        return hyperparameters(
            "_hparams_/session_start_info", field(0x1A, entries + [0x29] + little(wall.bitPattern)))
    }

    /// That a run has ended.
    package static func sessionEnd(_ status: EndStatus, wall: Double) -> [UInt8] {
        hyperparameters(
            "_hparams_/session_end_info",
            field(0x22, [0x08, status.rawValue, 0x11] + little(wall.bitPattern)))
    }

    /// A summary of the plugin for hyper-parameters: its content is in its metadata, beside an empty tensor.
    private static func hyperparameters(_ tag: String, _ content: [UInt8]) -> [UInt8] {
        field(0x0A, Array(tag.utf8)) + field(0x42, [0x08, 1] + field(0x12, field(0x12, [])))
            + plugin("hparams", content: content, dataClass: nil)
    }

    /// The metadata of a summary: whose it is.
    private static func plugin(_ name: String, content: [UInt8], dataClass: UInt8?) -> [UInt8] {
        let data =
            field(0x0A, Array(name.utf8)) + (content.isEmpty ? [] : field(0x12, content))
        return field(0x4A, field(0x0A, data) + (dataClass.map { [0x20, $0] } ?? []))
    }
}
