/// What `report.html` shows of a run's metrics: charts, and the columns of its table of evaluations.
package struct ReportOutline: Sendable {
    package let charts: [Chart]
    package let columns: [Column]
    package let workload: Workload

    /// A page of these charts and columns.
    package init(charts: [Chart], columns: [Column], workload: Workload) {
        self.charts = charts
        self.columns = columns
        self.workload = workload
    }

    /// Curves over updates under one title; a curve without a point is left out.
    package struct Chart: Sendable {
        package let title: String
        package let curves: [Curve]
        /// The scale of values.
        let scale: Plot.Scale
        /// Whether it replaces the previous chart if that has nothing to show.
        let isSubstitute: Bool

        package init(
            _ title: String, _ curves: [Curve], scale: Plot.Scale = .linear, isSubstitute: Bool = false
        ) {
            (self.title, self.curves, self.scale, self.isSubstitute) = (title, curves, scale, isSubstitute)
        }
    }

    /// A field of one kind of event.
    package struct Curve: Sendable {
        package let kind: MetricsKind
        package let field: String
        package let name: String
        package let scale: Double
        /// Whether its mean over about twenty updates is drawn.
        let isSmoothed: Bool

        package init(
            _ kind: MetricsKind, _ field: String, name: String? = nil, scale: Double = 1,
            smoothed: Bool = false
        ) {
            isSmoothed = smoothed
            self.kind = kind
            self.field = field
            self.name = name ?? kind.rawValue
            self.scale = scale
        }
    }

    /// A field of evaluations.
    package struct Column: Sendable {
        let title: String
        let field: String
        /// The factor of the number: 100 for percentages.
        let scale: Double
        /// Whether it is left out where no evaluation has it.
        let isOptional: Bool

        package init(_ title: String, _ field: String, scale: Double = 1, isOptional: Bool = false) {
            self.isOptional = isOptional
            self.title = title
            self.field = field
            self.scale = scale
        }
    }

    /// The ranks' workload in the table of ranks: its field, and how the amount is written.
    package struct Workload: Sendable {
        let name: String
        let field: String

        package init(name: String, field: String) { (self.name, self.field) = (name, field) }
    }
}
