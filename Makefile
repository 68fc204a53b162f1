# Noverre. `make live` performs, `make test` tests; both install what is missing.
SHELL := /bin/bash
VENV := .venv
PYTHON := $(VENV)/bin/python
POSE := build/pose_landmarker_full.task
LIVE ?=
CORPUS ?= build/corpus
HOUSE ?= bundles/house
CODEC ?= build/house/house_codec.pt
# Tests that measure time on the machine's own clock, all in tests/realtime: they run alone, after the others.
ALONE := desks or browser or soundcard or soak or server or realtime

.PHONY: live test setup setup-test check bench house paper paper-table soak endings fuzz doctor audit clean

live: setup            ## webcam and loudspeaker if there are any, else the virtual dancer and a WAV
	$(PYTHON) run_live.py $(LIVE)

test: setup-test       ## everything, on a machine with no camera, sound card or GPU
	OMP_NUM_THREADS=1 $(PYTHON) -m pytest --numprocesses 2 --dist loadfile -m "not ($(ALONE))"
	$(PYTHON) -m pytest -m "$(ALONE)" tests/realtime

check: setup-test      ## style, types, and which folder may import which
	$(VENV)/bin/ruff check .
	$(VENV)/bin/ruff format --check .
	$(VENV)/bin/mypy .
	$(PYTHON) -m pytest tests/test_imports.py
	-$(PYTHON) -m pip install --quiet --disable-pip-version-check "pip-audit<3"
	$(PYTHON) requirements/audit.py --or-say-so

bench: setup-test      ## per-stage compute time, into docs/benchmarks.md
	$(PYTHON) -m realtime.bench

soak: setup-test       ## an hour of everything in real time, with faults; LIVE="--minutes 10" for less
	$(PYTHON) -m realtime.soak --out docs/reliability.md $(LIVE)

endings: setup-test    ## shows that are killed, interrupted, or meet a full disk, and what they leave
	$(PYTHON) -m realtime.soak.endings --out docs/reliability.md $(LIVE)

fuzz: setup-test       ## over 50,000 odd inputs to everything that reads files or listens; says how many
	NOVERRE_FUZZ=27 $(PYTHON) -m pytest tests/fuzz

doctor: setup          ## what to put right before the show
	$(PYTHON) run_live.py --doctor $(LIVE)

audit: setup-test      ## known vulnerabilities of every pinned package; needs a vulnerability service
	$(PYTHON) -m pip install --quiet --disable-pip-version-check "pip-audit<3"
	$(PYTHON) requirements/audit.py

setup: $(VENV)/.core $(POSE)

setup-test: setup $(VENV)/.test

$(VENV)/.core: requirements/core.txt requirements/system.sh
	bash requirements/system.sh core
	test -x $(PYTHON) || $$(bash requirements/system.sh python) -m venv $(VENV)
	$(PYTHON) -m pip install --quiet --disable-pip-version-check -r requirements/core.txt
	touch $@

$(VENV)/.test: requirements/test.txt requirements/torch.txt requirements/system.sh $(VENV)/.core
	bash requirements/system.sh test
	$(PYTHON) -m pip install --quiet --disable-pip-version-check -r requirements/torch.txt
	$(PYTHON) -m pip install --quiet --disable-pip-version-check -r requirements/test.txt
	touch $@

$(POSE): realtime/pose_model.py $(VENV)/.core
	$(PYTHON) -m realtime.pose_model $@

house: setup-test      ## corpus, codec, generator, bundle: overnight on a CPU, resumable (docs/house.md); MOTIONS=
	test -f build/bank.npz || $(PYTHON) -m corpus bank --out build/bank.npz
	$(PYTHON) -m corpus build --out build/corpus --hours 2
	$(PYTHON) -m corpus build --out build/other_takes --minutes 10 --seed-file configs/training/other_takes.yaml
	test -f build/dancers.npz || $(PYTHON) -m corpus.danced --out build/dancers.npz $(if $(MOTIONS),--motions $(MOTIONS))
	$(PYTHON) -m training all --config configs/training/house.yaml --out build/house
	$(PYTHON) -m export house --codec build/house/house_codec.pt --generator build/house/house_model.pt --out bundles/house

PAPER := build/paper-small
PAPER_CONFIG := $(PAPER)/config.yaml
paper: setup-test      ## the paper's system, small, on the house corpus: trained, exported, measured (docs/paper.md)
	mkdir -p $(PAPER)
	sed "s#^  folder: .*#  folder: $(CORPUS)#" configs/training/paper-small-cpu.yaml > $(PAPER_CONFIG)
	for part in vqvae d2m finetune; do $(PYTHON) -m training $$part --config $(PAPER_CONFIG) --out $(PAPER) || exit; done
	for blind in motion visual; do \
		sed "s/^  weighting: paper/&\n  without: [$$blind]/" $(PAPER_CONFIG) > $(PAPER)/without-$$blind.yaml; \
		$(PYTHON) -m training d2m --config $(PAPER)/without-$$blind.yaml --out $(PAPER)/without-$$blind || exit; \
		$(PYTHON) -m export trained --generator $(PAPER)/without-$$blind/d2m.pt --codec $(PAPER)/finetune.pt \
			--out $(PAPER)/bundle-without-$$blind || exit; \
	done
	$(PYTHON) -m export trained --generator $(PAPER)/d2m.pt --codec $(PAPER)/finetune.pt --out $(PAPER)/bundle
	$(MAKE) paper-table

paper-table:           ## the paper's tables from what is there: CORPUS=, HOUSE=, CODEC=
	$(PYTHON) -m corpus windows --corpus $(CORPUS) --out build/windows --clips 4
	$(PYTHON) -m export reconstruct --codec $(CODEC) --sounds build/windows/truth --out build/windows/house-codec
	$(PYTHON) -m export reconstruct --codec $(PAPER)/finetune.pt --sounds build/windows/truth --out build/windows/paper-codec
	$(PYTHON) -m evaluation paper --windows build/windows --out docs/paper --page docs/paper.md \
		--folder "house codec=build/windows/house-codec" --folder "paper codec=build/windows/paper-codec" \
		--bundle house=$(HOUSE) --bundle paper-high=$(PAPER)/bundle \
		--bundle "paper-high, taught without motion=$(PAPER)/bundle-without-motion" \
		--bundle "paper-high, taught without visual=$(PAPER)/bundle-without-visual"
	$(PYTHON) -m evaluation losses --page docs/paper.md --json docs/paper/losses.json --plots docs/paper \
		--log vqvae=$(PAPER)/vqvae_log/scalars.jsonl --log d2m=$(PAPER)/d2m_log/scalars.jsonl \
		--log finetune=$(PAPER)/finetune_log/scalars.jsonl

clean:                 ## remove what set-up made
	rm -rf $(VENV) build
