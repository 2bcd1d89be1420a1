/// What `report.html` shows of a run's metrics: charts, and the columns of its table of evaluations.
struct ReportOutline: Sendable {
    let charts: [Chart]
    let columns: [Column]

    /// Curves over updates under one title; a curve without a point is left out.
    struct Chart: Sendable {
        let title: String
        let curves: [Curve]

        init(_ title: String, _ curves: [Curve]) {
            self.title = title
            self.curves = curves
        }
    }

    /// A field of one kind of event.
    struct Curve: Sendable {
        let kind: String
        let field: String
        let name: String
        let scale: Double

        init(_ kind: String, _ field: String, name: String? = nil, scale: Double = 1) {
            self.kind = kind
            self.field = field
            self.name = name ?? kind
            self.scale = scale
        }
    }

    /// A field of evaluations.
    struct Column: Sendable {
        let title: String
        let field: String
        let format: Format

        /// How a number is written.
        enum Format: Sendable {
            case percent
            case decimals
        }

        init(_ title: String, _ field: String, _ format: Format) {
            self.title = title
            self.field = field
            self.format = format
        }
    }
}
