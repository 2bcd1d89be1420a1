internal import Files

/// The tasks of GLUE (Wang et al., 2019), whose files are read as distributed.
public enum GLUETask: String, Sendable, CaseIterable {
    case cola
    case sst2 = "sst-2"
    case mrpc
    case qqp
    case stsb = "sts-b"
    case mnli
    case qnli
    case rte
    case wnli

    /// The kind of a task's file.
    public enum Part: String, Sendable {
        case train
        case dev
        case test

        /// The kind by the file's name: `test*`, `dev*`, or else training.
        static func of(path: String) -> Part {
            let name = path.split(separator: "/").last ?? ""
            return name.hasPrefix("test") ? .test : name.hasPrefix("dev") ? .dev : .train
        }
    }

    /// The fields of a line, counted from 0.
    fileprivate struct Layout {
        let text: Int
        let pair: Int?
        /// nil if there is none.
        let label: Label?
        var hasHeader = true

        enum Label {
            case at(Int)
            case last
        }
    }

    fileprivate func layout(_ part: Part) -> Layout {
        let isTest = part == .test
        func label(_ place: Layout.Label) -> Layout.Label? { isTest ? nil : place }
        return switch self {
        case .cola where isTest: Layout(text: 1, pair: nil, label: nil)
        case .cola: Layout(text: 3, pair: nil, label: .at(1), hasHeader: false)
        case .sst2: Layout(text: isTest ? 1 : 0, pair: nil, label: label(.at(1)))
        case .mrpc: Layout(text: 3, pair: 4, label: label(.at(0)))
        case .qqp: Layout(text: isTest ? 1 : 3, pair: isTest ? 2 : 4, label: label(.at(5)))
        case .stsb: Layout(text: 7, pair: 8, label: label(.last))
        case .mnli: Layout(text: 8, pair: 9, label: label(.last))
        case .qnli, .rte, .wnli: Layout(text: 1, pair: 2, label: label(.last))
        }
    }

    /// The examples of a file, and the number of lines left out.
    func read(_ path: String, _ part: Part) throws(FileFaults) -> (examples: [TextExample], skipped: Int) {
        let layout = layout(part)
        var examples: [TextExample] = []
        var faults: [String] = []
        for (index, line) in try textLines(of: path).enumerated() where index > 0 || !layout.hasHeader {
            let fields = tabbedFields(line)
            let number = index + 1
            guard let example = layout.example(fields, number: number, "\(path):\(number)") else {
                faults.append("line \(number): \(fields.count) fields, too few for \(rawValue)")
                continue
            }
            examples.append(example)
        }
        // Some lines of QQP are truncated; GLUE's own reader leaves them out.
        guard faults.isEmpty || self == .qqp else { throw FileFaults(path, faults) }
        return (examples, faults.count)
    }
}

extension GLUETask.Layout {
    /// The example of a line's fields; nil if there are too few.
    fileprivate func example(_ fields: [String], number: Int, _ origin: String) -> TextExample? {
        let place: Int? =
            switch label {
            case .at(let index): index
            case .last: fields.count - 1
            case nil: nil
            }
        let last = max(text, pair ?? 0)
        // A label in the last field must come after the texts, or it is missing.
        guard fields.count > max(last, place ?? 0), pair == nil || place.map({ $0 != last }) ?? true else {
            return nil
        }
        return TextExample(
            id: "\(number)", text: fields[text], textPair: pair.map { fields[$0] },
            label: place.map { fields[$0] }, origin: origin)
    }
}
