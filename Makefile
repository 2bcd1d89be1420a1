# parp: `make demo` shows a PARP run on real speech; `make test` proves the program. Both set up all they need.

SWIFT ?= swift
BIN = .build/release
export OMPI_ALLOW_RUN_AS_ROOT = 1
export OMPI_ALLOW_RUN_AS_ROOT_CONFIRM = 1
PYTHON ?= .venv/bin/python

.PHONY: help setup build install demo demo-text test fuzz sanitize chaos lint format parity golden overfit parity-text \
	transcripts transcript-formats bench-peer bench-load \
	bench-memory bench-precision bench-efficiency bench-reproducible cluster-test slurm-test hosts-test study study-scale documentation clean

help:
	@echo "make demo     fetch recorded speech, fine-tune on 2 ranks, print dense and pruned error rates"
	@echo "make demo-text  fetch real BERT weights and film reviews, fine-tune dense and sparse, print a table"
	@echo "make test     build, check the house rules, run all tests, also under mpirun"
	@echo "make build    build the parp command (.build/release/parp)"
	@echo "make install  the command, its manual page and shell completion, below PREFIX (default /usr/local)"
	@echo "make chaos    kill ranks of a run 50 times, resume it, and require the same result; fill a disk"
	@echo "make fuzz     feed every file reader broken files, a million in all (INPUTS=N for N)"
	@echo "make sanitize run the tests under AddressSanitizer, and threaded ones under ThreadSanitizer"
	@echo "make parity   compare with transformers live, including full-size base (installs PyTorch)"
	@echo "make parity-text  compare token ids with Hugging Face's on real sentences and all of Unicode"
	@echo "make overfit  overfit 50 recordings on 2 ranks, to under 5 % word error rate"
	@echo "make transcripts  compare the demo's transcripts with transformers', and run its card's snippet (installs PyTorch)"
	@echo "make transcript-formats  give the demo's subtitles, word times and intervals to ffmpeg, sclite and Praat (installs them)"
	@echo "make bench-peer   measure transformers + DDP and parp in turn on the same batches (installs PyTorch)"
	@echo "make bench-load   measure loading XLSR-53 from each kind of file beside cat (installs PyTorch)"
	@echo "make bench-memory compare what parp plan says of memory with what runs use, in 23 shapes"
	@echo "make bench-precision  check that bfloat16 fine-tunes real speech to float32's loss and error rate"
	@echo "make bench-efficiency  measure 2 ranks against 2 independent runs on the same cores"
	@echo "make cluster-test  check cluster/, run the commands of docs/cluster.md, build and run on MPICH (installs shellcheck and Slurm)"
	@echo "make slurm-test    interrupt runs under a real Slurm; they must end as if uninterrupted (installs Slurm)"
	@echo "make hosts-test    train on several hosts (network namespaces, as root), links at 10 Gb/s to 100 Mb/s"
	@echo "make study    the paper's comparisons: days, resumable, in parts of two hours (cluster/studies/study.sh): build/studies"
	@echo "make study-scale   measure how training scales on this machine, model and project it: build/scale/report.html"
	@echo "make golden   regenerate the golden files (installs PyTorch)"
	@echo "make documentation  the rooms of the source as DocC pages: build/documentation"
	@echo "make lint     check formatting and the dependency rules;  make format  formats"

setup:
	@.ci/setup.sh

build: setup
	$(SWIFT) build -c release --product parp

# Everything under PREFIX (and DESTDIR, for packagers): the program, its manual page, completion, recipes and scripts.
PREFIX ?= /usr/local
install: build
	install -d $(DESTDIR)$(PREFIX)/bin $(DESTDIR)$(PREFIX)/share/man/man1 \
		$(DESTDIR)$(PREFIX)/share/bash-completion/completions $(DESTDIR)$(PREFIX)/share/zsh/site-functions \
		$(DESTDIR)$(PREFIX)/share/fish/vendor_completions.d $(DESTDIR)$(PREFIX)/share/parp
	install $(BIN)/parp $(DESTDIR)$(PREFIX)/bin/parp
	$(BIN)/parp --experimental-dump-help | python3 cluster/man_page.py "$$($(BIN)/parp --version)" \
		> $(DESTDIR)$(PREFIX)/share/man/man1/parp.1
	$(BIN)/parp --generate-completion-script bash > $(DESTDIR)$(PREFIX)/share/bash-completion/completions/parp
	$(BIN)/parp --generate-completion-script zsh > $(DESTDIR)$(PREFIX)/share/zsh/site-functions/_parp
	$(BIN)/parp --generate-completion-script fish > $(DESTDIR)$(PREFIX)/share/fish/vendor_completions.d/parp.fish
	cp -r cluster/recipes cluster/slurm $(DESTDIR)$(PREFIX)/share/parp/

demo: build
	cluster/demo.sh $(BIN)/parp

demo-text: build
	cluster/text/demo.sh $(BIN)/parp

overfit: build
	cluster/overfit.sh $(BIN)/parp

lint: setup
	python3 .ci/check_dependencies.py
	$(SWIFT) format lint --strict --recursive --parallel Sources Tests Package.swift

format:
	$(SWIFT) format --in-place --recursive --parallel Sources Tests Package.swift

# Tests of bfloat16 run on every machine. Tests compile the modules with other flags than `build`, so they have a folder
# of their own, with the programs that the other checks run.
TESTED = .build/test/release
test: export PARP_BFLOAT16 = emulated
test: lint
	$(SWIFT) test -c release --scratch-path .build/test
	$(TESTED)/FuzzChecks --inputs 20000
	Tests/Checks/Collectives/run.sh $(TESTED)/CollectiveChecks
	Tests/Checks/Ranks/run.sh $(TESTED)/RankChecks
	python3 Tests/Checks/Chaos/chaos.py $(TESTED)/parp 3
	python3 Tests/Checks/Chaos/disks.py $(TESTED)/parp

KILLS ?= 50
chaos: build
	python3 Tests/Checks/Chaos/chaos.py $(BIN)/parp $(KILLS)
	python3 Tests/Checks/Chaos/disks.py $(BIN)/parp

INPUTS ?= 1000000
fuzz: setup
	$(SWIFT) build -c release --product FuzzChecks
	$(BIN)/FuzzChecks --inputs $(INPUTS)

sanitize: setup
	Tests/Checks/Sanitizers/run.sh address
	Tests/Checks/Sanitizers/run.sh thread

cluster-test: build
	Tests/Checks/Cluster/check.sh
	Tests/Checks/Cluster/recipes.sh $(BIN)/parp
	Tests/Checks/Cluster/profiler.sh $(BIN)/parp
	Tests/Checks/Cluster/mpich.sh $(BIN)/parp
	Tests/Checks/Cluster/commands.sh $(BIN)/parp

slurm-test: build
	Tests/Checks/Cluster/slurm.sh $(BIN)/parp

hosts-test: build
	Tests/Checks/Hosts/hosts.sh $(BIN)/parp

study: build
	cluster/studies/study.sh $(BIN)/parp comparison cluster/models/small
	cluster/studies/study.sh $(BIN)/parp frozen cluster/models/small
	cluster/studies/study.sh $(BIN)/parp short cluster/models/small
	cluster/studies/study.sh $(BIN)/parp transfer cluster/models/small
	cluster/studies/study.sh $(BIN)/parp joint cluster/models/small

study-scale: build
	cluster/study_scale.sh $(BIN)/parp build/scale

# PyTorch's CPU-only build is smaller, but not on every index.
.venv:
	python3 -m venv .venv
	.venv/bin/pip install --quiet 'torch==2.13.0+cpu' || .venv/bin/pip install --quiet torch==2.13.0 || \
		{ rm -rf .venv; exit 1; }
	.venv/bin/pip install --quiet transformers safetensors jiwer soundfile || { rm -rf .venv; exit 1; }

golden: .venv
	$(PYTHON) Tests/Golden/make_golden.py
	$(PYTHON) Tests/Golden/make_text_models.py
	$(PYTHON) Tests/Golden/make_checkpoints.py
	$(PYTHON) Tests/Golden/make_audio.py
	.venv/bin/pip install --quiet compressed-tensors==0.12.2 && $(PYTHON) Tests/Golden/make_masks.py
	$(PYTHON) Tests/Golden/error_rates.py
	.venv/bin/pip install --quiet sentencepiece protobuf scikit-learn scipy && $(PYTHON) Tests/Golden/make_text.py

parity: build .venv
	$(SWIFT) build -c release --product ParityProbe
	$(PYTHON) Tests/Checks/Parity/parity.py $(BIN)
	$(PYTHON) Tests/Checks/Parity/families.py $(BIN)
	$(PYTHON) Tests/Checks/Parity/text_parity.py $(BIN)
	$(PYTHON) Tests/Checks/Parity/text_parity.py $(BIN) --base
	$(PYTHON) Tests/Checks/Parity/pretraining_parity.py $(BIN)
	$(PYTHON) Tests/Checks/Parity/parp_parity.py $(BIN)
	$(PYTHON) Tests/Checks/Parity/methods_reference.py $(BIN)

parity-text: build .venv
	cluster/text/fetch.sh build/text
	.venv/bin/pip install --quiet sentencepiece protobuf
	$(PYTHON) Tests/Checks/Parity/tokenizer_ids.py $(BIN)/parp build/text

# MODEL and MANIFEST: any model directory and JSONL manifest of 16 kHz audio.
MODEL ?= build/demo/parp-50/final
MANIFEST ?= build/corpora/asterisk-es/test.jsonl
transcripts: build .venv
	$(PYTHON) Tests/Checks/Parity/transcripts.py $(BIN)/parp $(MODEL) $(MANIFEST)
	$(PYTHON) Tests/Checks/Parity/model_card.py $(BIN)/parp $(MODEL) $(MANIFEST)

transcript-formats: build .venv
	command -v ffmpeg sctk >/dev/null || apt-get install -y --no-install-recommends ffmpeg sctk
	.venv/bin/pip install --quiet praat-parselmouth
	$(PYTHON) Tests/Checks/Parity/transcript_formats.py $(BIN)/parp $(MODEL) $(MANIFEST)
	$(PYTHON) Tests/Checks/Parity/word_times.py $(BIN)/parp $(MODEL) $(MANIFEST)

bench-peer: build .venv
	cluster/corpora/fetch.sh asterisk-en
	$(PYTHON) Tests/Checks/Benchmarks/peer.py $(BIN)/parp --manifest build/corpora/asterisk-en/train.jsonl

bench-load: build .venv
	$(PYTHON) Tests/Checks/Benchmarks/load.py $(BIN)/parp

# Needs a quiet machine: two ranks against two independent runs on the same two cores.
bench-efficiency: build
	python3 Tests/Checks/Benchmarks/efficiency.py $(BIN)/parp --model small=cluster/models/small
	python3 Tests/Checks/Benchmarks/efficiency.py $(BIN)/parp --model base=base --rounds 3 --updates 3 --warmup 1
	cluster/corpora/fetch.sh asterisk-en
	python3 Tests/Checks/Benchmarks/efficiency.py $(BIN)/parp --model small=cluster/models/small \
		--manifest build/corpora/asterisk-en/train.jsonl

bench-reproducible: build
	python3 Tests/Checks/Benchmarks/reproducible.py $(BIN)/parp

bench-precision: build
	cluster/corpora/fetch.sh asterisk-es
	python3 Tests/Checks/Benchmarks/precision.py $(BIN)/parp

bench-memory: build
	python3 Tests/Checks/Benchmarks/memory.py $(BIN)/parp
	python3 Tests/Checks/Benchmarks/memory.py $(BIN)/parp --flat 2000

# The landing page is build/documentation/documentation/index.html, for any web server.
documentation: build
	.ci/documentation.sh $(BIN) build/documentation

clean:
	rm -rf .build build
