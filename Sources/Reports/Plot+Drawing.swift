extension Plot {
    /// The maximum number of points of a line with dots.
    private static let mostDots = 40
    /// The minimum distance, in pixels, of names at the ends of series.
    private static let nameHeight = 14.0

    /// The picture, with the plot's frame fitted to its names.
    func drawing(width: Double, height: Double, showsTitle: Bool) -> Drawing {
        let names = series.filter { !$0.points.isEmpty }.map { Drawing.width(of: $0.name) }.max() ?? 0
        let frame = Frame(
            left: 62, right: width - (names > 0 ? min(names + 30, width / 3) : 16), top: showsTitle ? 40 : 12,
            bottom: height - 40)
        let (horizontal, vertical) = axes(in: frame)
        var drawing = Drawing(width: width, height: height, label: title)
        if showsTitle {
            drawing.text(title, frame.left, 22, anchor: .start, size: 15, isBold: true)
        }
        draw(frame, horizontal, vertical, in: &drawing)
        var labels = Labels()
        for (series, shift) in zip(series, shifts(horizontal)) {
            draw(series, shift, frame, horizontal, vertical, in: &drawing, &labels)
        }
        drawNames(frame, horizontal, vertical, in: &drawing)
        return drawing
    }

    /// The drawing area, in pixels.
    private struct Frame {
        let left: Double
        let right: Double
        let top: Double
        let bottom: Double
    }

    private func axes(in frame: Frame) -> (horizontal: ChartAxis, vertical: ChartAxis) {
        let across = series.filter { $0.mark != .level }.flatMap { $0.points.map(\.x) }
        // On a ratio scale intervals do not extend the axis: a few launches on a busy machine would flatten
        // everything else.
        let up = series.flatMap { series in
            series.points.flatMap { point in
                y.scale == .linear ? [point.low ?? point.y, point.y, point.high ?? point.y] : [point.y]
            }
        }
        return (
            x.scale.axis(across, from: frame.left + sideRoom, to: frame.right - sideRoom),
            y.scale.axis(up, from: frame.bottom, to: frame.top)
        )
    }

    /// The most pixels between points that are drawn beside each other.
    private static let mostStep = 8.0

    /// The series whose points are moved aside.
    private var moved: [Int] {
        let moved = series.indices.filter { series[$0].mark == .line || series[$0].mark == .dots }
        return separatesPoints && moved.count > 1 ? moved : []
    }

    /// Room at both ends of the horizontal axis for points that are moved aside, so that none leaves the frame.
    private var sideRoom: Double { moved.isEmpty ? 0 : Double(moved.count - 1) / 2 * Self.mostStep + 5 }

    private func draw(
        _ frame: Frame, _ horizontal: ChartAxis, _ vertical: ChartAxis, in drawing: inout Drawing
    ) {
        for tick in vertical.ticks {
            let y = vertical.place(tick)
            drawing.line(frame.left, y, frame.right, y, .grid)
            drawing.text(ChartAxis.label(tick), frame.left - 7, y + 4, anchor: .end, size: 11, .muted)
        }
        for tick in horizontal.ticks {
            let x = horizontal.place(tick)
            drawing.line(x, frame.bottom, x, frame.bottom + 4, .muted)
            drawing.text(ChartAxis.label(tick), x, frame.bottom + 17, size: 11, .muted)
        }
        drawing.line(frame.left, frame.bottom, frame.right, frame.bottom, .muted)
        drawing.text(
            x.label, (frame.left + frame.right) / 2, drawing.height - 6, size: 11, .muted)
        drawing.text(y.label, 13, (frame.top + frame.bottom) / 2, size: 11, .muted, isTurned: true)
    }

    /// By how much each series is moved aside, in pixels: together less than from one place to the next.
    private func shifts(_ horizontal: ChartAxis) -> [Double] {
        let moved = moved
        guard !moved.isEmpty else { return series.map { _ in 0 } }
        let places = Set(moved.flatMap { series[$0].points.map { horizontal.place($0.x).rounded() } })
            .sorted()
        let gap = zip(places, places.dropFirst()).map { $1 - $0 }.filter { $0 >= 24 }.min() ?? 120
        let step = min(Self.mostStep, 0.7 * gap / Double(moved.count))
        return series.indices.map { index in
            moved.firstIndex(of: index).map { (Double($0) - Double(moved.count - 1) / 2) * step } ?? 0
        }
    }

    /// Where labels of points stand.
    private struct Labels {
        private var taken: [(x: Double, y: Double, width: Double)] = []

        /// A free place for a label beside a point; nil where there is none.
        mutating func place(_ text: String, _ x: Double, _ y: Double) -> (x: Double, y: Double)? {
            let width = Drawing.width(of: text, size: 10)
            let places = [
                (x + 6, y - 6), (x + 6, y + 12), (x - 6 - width, y - 6), (x - 6 - width, y + 12),
            ]
            let free = places.first { place in
                taken.allSatisfy {
                    abs($0.y - place.1) > 10 || place.0 > $0.x + $0.width || place.0 + width < $0.x
                }
            }
            guard let free else { return nil }
            taken.append((free.0, free.1, width))
            return free
        }
    }

    private func draw(
        _ series: Series, _ shift: Double, _ frame: Frame, _ horizontal: ChartAxis, _ vertical: ChartAxis,
        in drawing: inout Drawing, _ labels: inout Labels
    ) {
        func places(_ value: (Point) -> Double) -> [(x: Double, y: Double)] {
            series.points.map { (horizontal.place($0.x) + shift, vertical.clampedPlace(value($0))) }
        }
        let middle = places(\.y)
        let (lower, upper) = (places { $0.low ?? $0.y }, places { $0.high ?? $0.y })
        switch series.mark {
        case .level:
            guard let y = middle.first?.y else { return }
            return drawing.path([(frame.left, y), (frame.right, y)], series.ink, isDashed: true)
        case .curve:
            if series.points.contains(where: { $0.low != nil || $0.high != nil }) {
                drawing.area(upper + lower.reversed(), series.ink)
            }
            return drawing.path(middle, series.ink)
        case .line: if middle.count > 1 { drawing.path(middle, series.ink) }
        case .dots: break
        }
        guard series.mark == .dots || middle.count <= Self.mostDots else { return }
        for (index, point) in series.points.enumerated() {
            let (x, y) = middle[index]
            if point.low != nil || point.high != nil {
                drawing.line(x, lower[index].y, x, upper[index].y, series.ink)
                for end in [lower[index].y, upper[index].y] {
                    drawing.line(x - 3, end, x + 3, end, series.ink)
                }
            }
            drawing.dot(x, y, series.ink)
            if !point.label.isEmpty, let place = labels.place(point.label, x, y) {
                drawing.text(point.label, place.x, place.y, anchor: .start, size: 10)
            }
        }
    }

    /// Names beside the ends of their series, moved apart if they would touch.
    private func drawNames(
        _ frame: Frame, _ horizontal: ChartAxis, _ vertical: ChartAxis, in drawing: inout Drawing
    ) {
        var ends = series.compactMap { series -> (series: Series, x: Double, y: Double, place: Double)? in
            guard !series.name.isEmpty, let last = series.points.last else { return nil }
            let y = vertical.clampedPlace(last.y)
            return (series, series.mark == .level ? frame.right : horizontal.place(last.x), y, y)
        }.sorted { $0.y < $1.y }
        for index in ends.indices.dropFirst() {
            ends[index].place = max(ends[index].place, ends[index - 1].place + Self.nameHeight)
        }
        // Names pushed out of the frame at the bottom are moved back up.
        var limit = frame.bottom
        for index in ends.indices.reversed() {
            ends[index].place = min(ends[index].place, limit)
            limit = ends[index].place - Self.nameHeight
        }
        for end in ends {
            if end.x < frame.right - 1 || abs(end.place - end.y) > 3 {
                drawing.line(end.x + 5, end.y, frame.right + 10, end.place, .grid)
            }
            // Words are in the colour of words, which every eye reads; the square says whose they are.
            drawing.rectangle(frame.right + 10, end.place - 3.5, width: 7, height: 7, end.series.ink)
            drawing.text(end.series.name, frame.right + 20, end.place + 4, anchor: .start)
        }
    }
}

extension Plot.Scale {
    /// The axis that holds values, from one place to another.
    fileprivate func axis(_ values: [Double], from: Double, to: Double) -> ChartAxis {
        switch self {
        case .linear: return ChartAxis(values, from: from, to: to)
        case .fromZero: return ChartAxis(values + [0], from: from, to: to)
        case .ratios: return ChartAxis(ratiosOf: values, from: from, to: to)
        case .doublings:
            let least = values.min() ?? 1
            return ChartAxis(
                doublings: least...max(values.max() ?? 1, least * 2), labels: 10, from: from, to: to)
        }
    }
}
