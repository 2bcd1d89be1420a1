package import Checkpoints
internal import Collectives
internal import Kernels
package import Models
internal import Program
package import Recipe
package import Session
package import Speech
internal import Tensors
internal import Text
internal import Training

/// The result of checking a manifest's utterances.
package struct DatasetCheck: Sendable {
    /// The usable utterances.
    package let dataset: SpeechDataset
    /// Why others were left out, one sentence each.
    package let skipped: [String]
    /// Utterances shorter than the recipe uses, one sentence each.
    package let short: [String]
    /// The number of utterances with another sample rate.
    package let resampled: Int

    /// Lines that describe the set.
    package func announcement(_ name: String) -> [String] {
        let first =
            "\(name): \(dataset.utterances.count) utterances, \(Progress.duration(dataset.totalSeconds))"
            + (resampled > 0 ? ", \(resampled) resampled to \(dataset.sampleRate) Hz" : "")
            + (short.isEmpty
                ? "" : ", \(short.count) shorter than data.min_seconds (named in environment.json)")
            + (skipped.isEmpty ? "" : ", \(skipped.count) left out:")
        return [first] + skipped.map { "  \($0)" }
    }
}

/// A rank's finding about one utterance.
private struct UtteranceFinding: Codable {
    let item: Int
    var seconds = 0.0
    var isResampled = false
    /// The hash of the samples, which names their cached features.
    var audioHash: UInt64 = 0
    var fault: String?
    /// Whether the utterance is left out although nothing is wrong with it.
    var isTooShort = false
}

/// Reads a manifest and decodes every utterance once, shared among ranks, so that nothing surprises a running
/// run.
package struct DatasetChecker {
    /// The shape of the model that will use the audio, and its preprocessing.
    package let configuration: Wav2Vec2Configuration
    package let preprocessor: PreprocessorConfig
    /// How transcripts are read; nil for no transcripts.
    package let transcripts: Transcripts?
    /// The seconds of audio used per utterance: shorter ones are left out, longer ones cropped.
    var usedSeconds: ClosedRange<Double> = 0.0...Double.infinity
    package let policy: BadUtterances
    /// How this command's user leaves out unusable utterances, for the message.
    package var remedy = "data.bad_utterances = \"skip\""

    /// A check for a network of this shape.
    package init(
        configuration: Wav2Vec2Configuration, preprocessor: PreprocessorConfig, transcripts: Transcripts?,
        usedSeconds: ClosedRange<Double> = 0.0...Double.infinity, policy: BadUtterances,
        remedy: String = "data.bad_utterances = \"skip\""
    ) {
        self.configuration = configuration
        self.preprocessor = preprocessor
        self.transcripts = transcripts
        self.usedSeconds = usedSeconds
        self.policy = policy
        self.remedy = remedy
    }

    /// How transcripts are read.
    package struct Transcripts {
        let vocabulary: Vocabulary
        let labels: Manifest.Labels
        let preparation: TextPreparation
        /// Whether they must be alignable to their audio, as training needs them.
        let needsAlignment: Bool

        /// A transcript as the reference for a model's output.
        func reference(_ text: String) -> String {
            var reference = preparation.apply(text)
            if preparation.unknown == .drop { reference = vocabulary.known(reference) }
            // If a tokenizer lower-cases when decoding, case is not compared.
            if vocabulary.spelling.lowersCase { reference = TextCase.lower.apply(reference) }
            return words(reference).joined(separator: " ")
        }
    }

    /// Checks a manifest, on all ranks together.
    ///
    /// - Throws: On all ranks: what is wrong with the manifest, or, if the policy is to refuse, all unusable
    ///   utterances.
    package func check(_ path: String, session: Session) throws -> DatasetCheck {
        // Every recording is read to its end below, which is more reliable than its header.
        let manifest = try session.together {
            try Manifest(path: path, labels: transcripts?.labels, measuresDurations: false)
        }
        try session.requireSame([manifest.sharedInput])
        try session.requireSameRecordings(manifest.utterances)
        let communicator = session.communicator
        let targets = manifest.utterances.map { utterance in Result { try encode(utterance) } }
        var own: [UtteranceFinding] = []
        for item in manifest.utterances.indices
        where item % communicator.size == communicator.rank && !Interruption.isRequested {
            own.append(examine(manifest.utterances[item], item: item, target: targets[item]))
        }
        try session.stopIfInterrupted()
        let findings = try session.exchange(own).flatMap { $0 }.sorted { $0.item < $1.item }
        func sentences(_ findings: [UtteranceFinding]) -> [String] {
            findings.compactMap { finding in
                finding.fault.map { "\(manifest.utterances[finding.item].origin): \($0)" }
            }
        }
        return try session.together {
            let faults = sentences(findings.filter { !$0.isTooShort })
            if policy == .refuse && !faults.isEmpty {
                throw refusal(faults, path: path, remedies: remedies(manifest))
            }
            return try select(
                findings, of: manifest, targets: targets, faults: faults,
                short: sentences(findings.filter(\.isTooShort)))
        }
    }

    private func examine(
        _ utterance: Utterance, item: Int, target: Result<[Int], any Error>
    ) -> UtteranceFinding {
        var finding = UtteranceFinding(item: item)
        do {
            let target = try target.get()
            let clip = try readAudio(
                path: utterance.audioPath, sampleRate: preprocessor.samplingRate, segment: utterance.segment,
                channels: utterance.channels)
            finding.seconds = Double(clip.samples.count) / Double(preprocessor.samplingRate)
            finding.isResampled = clip.sourceSampleRate != preprocessor.samplingRate
            finding.audioHash = hash(clip.samples)
            let frames = configuration.frameCount(samples: clip.samples.count)
            let needed = transcripts?.needsAlignment == true ? max(1, ctcMinimumFrames(target)) : 1
            if finding.seconds < usedSeconds.lowerBound {
                finding.isTooShort = true
                finding.fault =
                    "\(utterance.audioPath): \(finding.seconds) s, shorter than data.min_seconds"
            } else if frames < needed {
                finding.fault =
                    "\(utterance.audioPath): \(finding.seconds) s make \(frames) frames, but "
                    + (transcripts == nil
                        ? "one is needed; the audio is cut off"
                        : "its transcript needs \(needed); the audio is cut off or the text is wrong")
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
        guard let transcripts else { return [] }
        let text = transcripts.preparation.apply(utterance.text)
        guard !words(text).isEmpty else {
            throw TextError("utterance \(utterance.id) has an empty transcript")
        }
        do {
            return try transcripts.vocabulary.encode(text, unknown: transcripts.preparation.unknown)
        } catch {
            throw TextError("utterance \(utterance.id): \(error)")
        }
    }

    /// Remedies for characters outside the vocabulary, if there are any.
    private func remedies(_ manifest: Manifest) -> [TextRemedy] {
        guard let transcripts, transcripts.preparation.unknown == .refuse else { return [] }
        let (preparation, vocabulary) = (transcripts.preparation, transcripts.vocabulary)
        let texts = manifest.utterances.map(\.text).filter {
            !vocabulary.tokenize(preparation.apply($0)).unknown.isEmpty
        }
        return texts.isEmpty ? [] : preparation.remedies(for: texts, vocabulary: vocabulary)
    }

    private func refusal(_ faults: [String], path: String, remedies: [TextRemedy]) -> UserError {
        let count = faults.count == 1 ? "1 utterance" : "\(faults.count) utterances"
        let names = remedies.map { self.remedy.hasPrefix("--") ? $0.optionText : $0.recipeText }
        return UserError(
            .data,
            "\(path): \(count) cannot be used:\n" + faults.map { "  " + $0 }.joined(separator: "\n")
                + (remedies.isEmpty
                    ? ""
                    : "\nCharacters not in the vocabulary: " + names.joined(separator: ", or ") + ".")
                + (remedies.isEmpty
                    ? "\nFix them, or leave them out" : "\nOr fix the texts, or leave utterances out")
                + " with \(remedy).")
    }

    private func select(
        _ findings: [UtteranceFinding], of manifest: Manifest, targets encoded: [Result<[Int], any Error>],
        faults: [String], short: [String]
    ) throws -> DatasetCheck {
        var utterances: [Utterance] = []
        var targets: [[Int]] = []
        for finding in findings where finding.fault == nil {
            var utterance = manifest.utterances[finding.item]
            utterance.durationSeconds = min(finding.seconds, usedSeconds.upperBound)
            utterances.append(utterance)
            targets.append(try encoded[finding.item].get())
        }
        guard !utterances.isEmpty else {
            throw UserError(
                .data,
                "\(manifest.path): none of its utterances can be used:\n"
                    + (faults + short).joined(separator: "\n"))
        }
        let references = utterances.map {
            transcripts?.reference($0.text) ?? ""
        }
        return DatasetCheck(
            dataset: SpeechDataset(
                utterances: utterances,
                heldSeconds: findings.filter { $0.fault == nil }.map(\.seconds), references: references,
                targets: targets,
                audioHashes: findings.filter { $0.fault == nil }.map(\.audioHash),
                sampleRate: preprocessor.samplingRate,
                normalizesWaveform: preprocessor.normalizes),
            skipped: faults, short: short,
            resampled: findings.filter { $0.fault == nil && $0.isResampled }.count)
    }
}

extension DatasetChecker {
    /// The check of transcribed utterances for training or evaluating a model.
    package init(
        model: SpeechModel, labels: Manifest.Labels, preparation: TextPreparation, policy: BadUtterances,
        needsAlignment: Bool, remedy: String = "data.bad_utterances = \"skip\""
    ) {
        self.init(
            configuration: model.network.configuration, preprocessor: model.source.preprocessor,
            transcripts: Transcripts(
                vocabulary: model.vocabulary, labels: labels, preparation: preparation,
                needsAlignment: needsAlignment),
            policy: policy, remedy: remedy)
    }
}
