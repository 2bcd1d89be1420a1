internal import Checkpoints
internal import Collectives
internal import Kernels
internal import Models
internal import Speech
internal import Tensors
internal import Text

/// What was found when a manifest's utterances were looked over.
struct DatasetCheck: Sendable {
    /// The usable utterances.
    let dataset: SpeechDataset
    /// Why others were left out, a sentence each.
    let skipped: [String]
    /// Utterances whose audio had another sample rate.
    let resampled: Int
}

/// What a rank found of one utterance.
private struct Finding: Codable {
    let item: Int
    var seconds = 0.0
    var isResampled = false
    /// The hash of the samples, which names what is kept of them.
    var audioHash: UInt64 = 0
    var fault: String?
}

/// Reads a manifest and decodes every utterance once, each rank a share, so that nothing surprises a run that
/// has begun.
struct DatasetChecker {
    let model: SpeechModel
    let labels: Manifest.Labels
    let textCase: TextCase
    let policy: BadUtterances
    /// Whether transcripts must be alignable to their audio, as training needs them.
    let needsAlignment: Bool
    /// How this command's user leaves unusable utterances out, for the message.
    var remedy = "data.bad_utterances = \"skip\""

    /// Looks a manifest over, on all ranks together.
    ///
    /// - Throws: On all ranks: what is wrong with the manifest, or, where the policy is to refuse, all
    ///   unusable utterances.
    func check(_ path: String, session: Session) throws -> DatasetCheck {
        let manifest = try session.together {
            // Every recording is read to its end below, which tells more than its header.
            try Manifest(path: path, labels: labels, measuresDurations: false)
        }
        let communicator = session.communicator
        let own = manifest.utterances.indices.filter { $0 % communicator.size == communicator.rank }
            .map { examine(manifest.utterances[$0], item: $0) }
        let findings = try session.exchange(own).flatMap { $0 }.sorted { $0.item < $1.item }
        let faults = findings.compactMap { finding in
            finding.fault.map { "\(manifest.utterances[finding.item].origin): \($0)" }
        }
        return try session.together {
            if policy == .refuse && !faults.isEmpty { throw refusal(faults, path: path) }
            return try select(findings, of: manifest, faults: faults)
        }
    }

    private func examine(_ utterance: Utterance, item: Int) -> Finding {
        var finding = Finding(item: item)
        do {
            let target = try encode(utterance)
            let clip = try readAudio(
                path: utterance.audioPath, sampleRate: model.sampleRate, segment: utterance.segment)
            finding.seconds = Double(clip.samples.count) / Double(model.sampleRate)
            finding.isResampled = clip.sourceSampleRate != model.sampleRate
            finding.audioHash = hash(clip.samples)
            let frames = model.network.configuration.frameCount(samples: clip.samples.count)
            let needed = needsAlignment ? max(1, ctcMinimumFrames(target)) : 1
            if frames < needed {
                finding.fault =
                    "\(utterance.audioPath): \(finding.seconds) s make \(frames) frames, but its transcript "
                    + "needs \(needed); the audio is cut off or the text is another's"
            }
        } catch {
            finding.fault = message(for: error)
        }
        return finding
    }

    private func hash(_ samples: [Float]) -> UInt64 {
        let buffer = FlatBuffer(count: samples.count)
        buffer.all.copy(from: samples)
        var hash = ContentHash()
        hash.combine(buffer.all)
        return hash.value
    }

    private func encode(_ utterance: Utterance) throws -> [Int] {
        let text = textCase.apply(utterance.text)
        guard !text.allSatisfy(\.isWhitespace) else {
            throw TextError("utterance \(utterance.id) has an empty transcript")
        }
        do {
            return try model.vocabulary.encode(text)
        } catch {
            throw TextError("utterance \(utterance.id): \(error)")
        }
    }

    private func refusal(_ faults: [String], path: String) -> UserError {
        let count = faults.count == 1 ? "1 utterance" : "\(faults.count) utterances"
        return UserError(
            .data,
            "\(path): \(count) cannot be used:\n" + faults.map { "  " + $0 }.joined(separator: "\n")
                + "\nMend them, or leave them out with \(remedy).")
    }

    private func select(
        _ findings: [Finding], of manifest: Manifest, faults: [String]
    ) throws -> DatasetCheck {
        var utterances: [Utterance] = []
        var targets: [[Int]] = []
        for finding in findings where finding.fault == nil {
            var utterance = manifest.utterances[finding.item]
            utterance.durationSeconds = finding.seconds
            utterances.append(utterance)
            targets.append(try encode(utterance))
        }
        guard !utterances.isEmpty else {
            throw UserError(
                .data,
                "\(manifest.path): none of its utterances can be used:\n" + faults.joined(separator: "\n"))
        }
        let references = utterances.map {
            words(textCase.apply($0.text)).joined(separator: " ")
        }
        return DatasetCheck(
            dataset: SpeechDataset(
                utterances: utterances, references: references, targets: targets,
                audioHashes: findings.filter { $0.fault == nil }.map(\.audioHash),
                sampleRate: model.sampleRate,
                normalizesWaveform: model.directory.preprocessor.normalizes),
            skipped: faults, resampled: findings.filter { $0.fault == nil && $0.isResampled }.count)
    }
}
