/// What `report.html` shows of a run's metrics: charts, and the columns of its table of evaluations.
package struct ReportOutline: Sendable {
    package let charts: [Chart]
    package let columns: [Column]

    /// A page of these charts and columns.
    package init(charts: [Chart], columns: [Column]) {
        self.charts = charts
        self.columns = columns
    }

    /// Curves over updates under one title; a curve without a point is left out.
    package struct Chart: Sendable {
        package let title: String
        package let curves: [Curve]

        package init(_ title: String, _ curves: [Curve]) {
            self.title = title
            self.curves = curves
        }
    }

    /// A field of one kind of event.
    package struct Curve: Sendable {
        package let kind: String
        package let field: String
        package let name: String
        package let scale: Double

        package init(_ kind: String, _ field: String, name: String? = nil, scale: Double = 1) {
            self.kind = kind
            self.field = field
            self.name = name ?? kind
            self.scale = scale
        }
    }

    /// A field of evaluations.
    package struct Column: Sendable {
        package let title: String
        package let field: String
        package let format: Format

        /// How a number is written.
        package enum Format: Sendable {
            case percent
            case decimals
        }

        package init(_ title: String, _ field: String, _ format: Format) {
            self.title = title
            self.field = field
            self.format = format
        }
    }
}
