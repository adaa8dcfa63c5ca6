"""Runs tasks of lm-evaluation-harness's own folder twice, with it and with this program, and compares every sample.

    pip install lm_eval==0.4.13 torch transformers
    cargo build --release
    python3 tests/parity/lm_eval_tasks.py --model ../shared/reference/models/qwen3_moe --data ../shared/data

No hub is asked: each dataset is made from benchmark files in `--data`, its rows put into the columns of the dataset
that the task names, and both programs read the same files. The table that this prints stands in CHANGELOG.md.
It exits with 1 if a prompt, a hash, a text or a metric differs, or a log-likelihood by more than 5e-4.
"""

import argparse
import hashlib
import json
import math
import pathlib
import subprocess
import sys
import tempfile

LOG_LIKELIHOOD = 5e-4
ABCD = "ABCD"

# What is run: task, folder of lm-eval's tasks that defines it.
TASKS = {
    "arc_challenge": "arc",
    "commonsense_qa": "commonsense_qa",
    "mmlu_high_school_geography": "mmlu/default",
    "xnli_en": "xnli",
    "anli_r1": "anli",
    "rte": "glue/rte",
    "mrpc": "glue/mrpc",
    "cola": "glue/cola",
    "boolq": "super_glue/boolq",
    "blimp_adjunct_island": "blimp",
    "lambada_openai": "lambada",
    "ja_leaderboard_xwinograd": None,
    "gsm8k": "gsm8k",
    "gsm8k_cot": "gsm8k",
    "gsm8k_cot_zeroshot": "gsm8k",
    "gsm8k_cot_llama": "gsm8k",
    "mgsm_direct_en": "mgsm/direct",
    "mgsm_en_cot_ja": "mgsm/en_cot",
    "mgsm_native_cot_en": "mgsm/native_cot",
    "triviaqa": "triviaqa",
    "nq_open": "nq_open",
    "spanish_bench_flores_en-es": "spanish_bench/flores_es",
}
GENERATED = 6  # documents of a task that generates; the others take --limit


def rows(data, path):
    # Only newlines end a line: texts hold other separators.
    lines = (data / f"{path}.jsonl").read_text(encoding="utf-8").split("\n")
    return [json.loads(line) for line in lines if line]


def arc(row):
    labels = list("ABCDE")
    texts = [row[f"choice{at}"] for at in range(5)]
    return {
        "id": str(row["q_id"]),
        "question": row["question"],
        "choices": {"text": texts, "label": labels},
        "answerKey": labels[row["label"]],
    }


def entailment(row):
    gold = row.get("hebrew_label") or row["original_label"]
    label = {"entailment": 0, "neutral": 1, "contradiction": 2}.get(gold.lower())
    return {"premise": row["translation1"], "hypothesis": row["translation2"], "label": label}


def pairs(data, split):
    found = [entailment(row) for row in rows(data, f"HebArabNlpProject/HebNLI/default/{split}")]
    return [row for row in found if row["label"] is not None]


def two_sentences(data, split):
    return [
        {"sentence1": row["premise"], "sentence2": row["hypothesis"], "label": int(row["label"] != 0)}
        for row in pairs(data, split)
    ]


def geography(data):
    found = rows(data, "nlp-waseda/JMMLU/high_school_geography/test")
    return [
        {
            "question": row["question"],
            "subject": "high_school_geography",
            "choices": [row[letter] for letter in ABCD],
            "answer": ABCD.index(row["answer"]),
        }
        for row in found
    ]


def filled(row, option):
    return row["sentence"].replace("_", row[f"option{option}"])


def winograd(row):
    return {"sentence1": filled(row, 1), "sentence2": filled(row, 2), "answer": row["answer"]}


def minimal_pair(row):
    good = int(row["answer"])
    return {"sentence_good": filled(row, good), "sentence_bad": filled(row, 3 - good)}


def sentiment(data, split):
    found = rows(data, f"OnlpLab/HebrewSentiment/default/{split}")
    return [{"sentence": row["text"], "label": row["label"]} for row in found if row["label"] < 2]


def reading(data, split):
    found = rows(data, f"Etelis/HeQ_v1/default/{split}")
    return [
        {"question": row["question"], "passage": row["context"], "label": at % 2}
        for at, row in enumerate(found)
    ]


def translation(data):
    sides = [rows(data, f"openlanguagedata/flores_plus/{code}/devtest") for code in ("eng_Latn", "heb_Hebr")]
    return [{"sentence_eng_Latn": en["text"], "sentence_spa_Latn": other["text"]} for en, other in zip(*sides)]


def trivia(row):
    return {"question": row["question"], "answer": {"aliases": row["answers"]}}


def datasets_of(data):
    """Every dataset that the tasks name, as {(owner/name, config): {split: rows}}."""
    jglue = "Rakuten/JGLUE/JCommonsenseQA"
    arcs = {split: [arc(row) for row in rows(data, f"{jglue}/{split}")] for split in ("train", "validation")}
    niilc = {"train": "dev", "validation": "test"}
    niilc = {split: rows(data, f"mynlp/NIILC/default/{name}") for split, name in niilc.items()}
    hebnli = {split: pairs(data, split) for split in ("validation", "test")}
    sentences = {split: two_sentences(data, split) for split in ("validation", "test")}
    subject = geography(data)
    xwinograd = rows(data, "Muennighoff/xwinograd/jp/test")
    flores = translation(data)
    prefixed = "The following text is from a translated corpus:"
    texts = rows(data, "openlanguagedata/flores_plus/heb_Hebr/devtest")
    mgsm = {
        ("juletxara/mgsm", language): {
            split: rows(data, f"juletxara/mgsm/{language}/{split}") for split in ("train", "test")
        }
        for language in ("en", "ja")
    }
    return mgsm | {
        ("openai/gsm8k", "main"): {split: rows(data, f"openai/gsm8k/main/{split}") for split in ("train", "test")},
        ("allenai/ai2_arc", "ARC-Challenge"): arcs | {"test": arcs["validation"]},
        ("tau/commonsense_qa", None): arcs,
        ("cais/mmlu", "high_school_geography"): {"test": subject[:-5], "dev": subject[-5:]},
        ("facebook/xnli", "en"): {"train": hebnli["test"], "validation": hebnli["validation"]},
        ("facebook/anli", None): {
            "train_r1": hebnli["validation"],
            "dev_r1": hebnli["validation"],
            "test_r1": hebnli["test"],
        },
        ("nyu-mll/glue", "rte"): {"train": sentences["test"], "validation": sentences["validation"]},
        ("nyu-mll/glue", "mrpc"): {"train": sentences["test"], "validation": sentences["validation"]},
        ("nyu-mll/glue", "cola"): {split: sentiment(data, split) for split in ("train", "validation")},
        ("aps/super_glue", "boolq"): {"train": reading(data, "validation"), "validation": reading(data, "test")},
        ("nyu-mll/blimp", "adjunct_island"): {"train": [minimal_pair(row) for row in xwinograd]},
        ("EleutherAI/lambada_openai", "default"): {"test": [{"text": f"{prefixed} {row['text']}"} for row in texts]},
        ("polm-stability/xwinograd-ja", None): {"test": [winograd(row) for row in xwinograd]},
        ("mandarjoshi/trivia_qa", "rc.nocontext"): {
            split: [trivia(row) for row in found] for split, found in niilc.items()
        },
        ("google-research-datasets/nq_open", None): {
            split: [{"question": row["question"], "answer": row["answers"]} for row in found]
            for split, found in niilc.items()
        },
        ("facebook/flores", "all"): {"dev": flores[:100], "devtest": flores[100:]},
    }


def write(sets, folder):
    """The files as `--data-dir` has them."""
    for (name, config), splits in sets.items():
        place = folder / name / (config or "default")
        place.mkdir(parents=True, exist_ok=True)
        for split, found in splits.items():
            text = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in found)
            (place / f"{split}.jsonl").write_text(text, encoding="utf-8")


def replace_hub(sets):
    import datasets

    def load(path, name=None, **_):
        splits = sets[path, name]
        return datasets.DatasetDict({split: datasets.Dataset.from_list(found) for split, found in splits.items()})

    datasets.load_dataset = load


def theirs(model, tasks, limits):
    """Samples and results of lm-eval, by task."""
    import lm_eval
    import torch
    from lm_eval.models.huggingface import HFLM

    torch.set_num_threads(1)
    network = HFLM(pretrained=str(model), dtype="float32", device="cpu", batch_size=8)
    samples, results = {}, {}
    for task in tasks:
        # Standard errors of more replicates than 100 are drawn in another number here; means need none.
        found = lm_eval.simple_evaluate(
            model=network, tasks=[task], limit=limits[task], log_samples=True, bootstrap_iters=100
        )
        samples[task], results[task] = found["samples"][task], found["results"][task]
        print(f"lm-eval: {task}", file=sys.stderr)
    return samples, results


def ours(program, model, tasks, limits, data, include):
    """Samples and results of this program, by task."""
    samples, results = {}, {}
    with tempfile.TemporaryDirectory() as scratch:
        for limit in sorted(set(limits.values())):
            run = pathlib.Path(scratch) / f"run{limit}"
            chosen = [task for task in tasks if limits[task] == limit]
            command = [str(program), "eval", "--models", f"m={model}", "--tasks", ",".join(chosen)]
            command += ["--limit", str(limit), "--log-samples", "--quiet", "--no-routing", "--output", str(run)]
            command += ["--data-dir", str(data)]
            for folder in include:
                command += ["--include-path", str(folder)]
            subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
            written = json.loads((run / "m" / "results.json").read_text())
            scores, hashes = written["results"], written["task_hashes"]
            for task in chosen:
                lines = (run / "m" / f"samples_{task}.jsonl").read_text(encoding="utf-8").split("\n")
                samples[task] = [json.loads(line) for line in lines if line]
                results[task] = scores[task] | {"task_hash": hashes[task]}
    return samples, results


def leaves(value):
    """The texts, numbers and truths in a response, in order."""
    if isinstance(value, (list, tuple)):
        return [leaf for item in value for leaf in leaves(item)]
    return [value]


class Row:
    """What differs between the two programs on one task."""

    def __init__(self, task):
        self.task, self.documents = task, 0
        self.prompts = self.hashes = self.texts = self.scores = self.aggregates = 0
        self.largest = 0.0

    def compare(self, mine, other):
        self.documents = len({sample["doc_id"] for sample in other})
        key = lambda sample: (sample["doc_id"], sample["filter"])
        mine = {key(sample): sample for sample in mine}
        if len(mine) != len(other):
            self.prompts += abs(len(mine) - len(other))
        for sample in other:
            if key(sample) in mine:
                self.sample(mine[key(sample)], sample)

    def sample(self, mine, other):
        asked = [list(request.values()) for request in mine["arguments"].values()]
        self.prompts += json.dumps(asked) != json.dumps([list(request) for request in other["arguments"]])
        for name in ("doc_hash", "prompt_hash", "target_hash"):
            self.hashes += mine[name] != other[name]
        for name in ("resps", "filtered_resps"):
            self.response(leaves(mine[name]), leaves(other[name]))
        for name in other["metrics"]:
            self.scores += not self.same(mine.get(name), other[name])

    def response(self, mine, other):
        """Samples files hold numbers and truths as texts."""
        is_number = lambda leaf: isinstance(leaf, float)
        self.texts += len(mine) != len(other) or any(
            not is_number(b) and str(a) != str(b) for a, b in zip(mine, other)
        )
        differences = [abs(float(a) - b) for a, b in zip(mine, other) if is_number(b)]
        self.largest = max([self.largest, *differences])

    @staticmethod
    def same(mine, other):
        """A number, or the pair that a corpus metric keeps of a document."""
        mine = leaves(list(mine.values()) if isinstance(mine, dict) else mine)
        return len(mine) == len(leaves(other)) and all(
            a == b if isinstance(b, str) else math.isclose(a, b, abs_tol=LOG_LIKELIHOOD)
            for a, b in zip(mine, leaves(other))
        )

    def compare_task_hash(self, mine, samples):
        """lm-eval's: of the hashes of every sample (`loggers/evaluation_tracker.py`)."""
        names = ("doc_hash", "prompt_hash", "target_hash")
        text = "".join(sample[name] for sample in samples for name in names)
        self.hashes += mine["task_hash"] != hashlib.sha256(text.encode()).hexdigest()

    def compare_aggregates(self, mine, other):
        for name, value in other.items():
            replicated = "_stderr" in name and any(part in name for part in ("perplexity", "f1", "mcc"))
            if "," not in name or replicated:
                continue
            relative = 1e-4 if "perplexity" in name else 1e-9
            found = mine.get(name)
            same = found == value or (
                isinstance(value, (int, float))
                and isinstance(found, (int, float))
                and math.isclose(found, value, rel_tol=relative, abs_tol=1e-12)
            )
            if not same:
                self.aggregates += 1
                print(f"{self.task}: {name}: {found} is not {value}", file=sys.stderr)

    def agrees(self):
        counts = (self.prompts, self.hashes, self.texts, self.scores, self.aggregates)
        return not any(counts) and self.largest <= LOG_LIKELIHOOD

    def __str__(self):
        cells = [self.task, self.documents, self.prompts, self.hashes, f"{self.largest:.1e}", self.texts]
        return "| " + " | ".join(str(cell) for cell in [*cells, self.scores, self.aggregates]) + " |"


HEAD = """| task | documents | prompts that differ | hashes | largest difference of a log-likelihood | texts | scores | aggregates |
|---|---|---|---|---|---|---|---|"""


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", type=pathlib.Path, required=True)
    parser.add_argument("--data", type=pathlib.Path, required=True)
    parser.add_argument("--program", type=pathlib.Path, default=pathlib.Path("target/release/harness"))
    parser.add_argument("--limit", type=int, default=24)
    parser.add_argument("--tasks", default=",".join(TASKS))
    arguments = parser.parse_args()
    import lm_eval

    folder = pathlib.Path(lm_eval.__file__).parent / "tasks"
    tasks = arguments.tasks.split(",")
    include = [folder / place for place in sorted({TASKS[task] for task in tasks if TASKS[task]})]
    generates = set(list(TASKS)[list(TASKS).index("gsm8k") :])
    limits = {task: min(GENERATED, arguments.limit) if task in generates else arguments.limit for task in tasks}
    sets = datasets_of(arguments.data)
    with tempfile.TemporaryDirectory() as data:
        write(sets, pathlib.Path(data))
        mine = ours(arguments.program, arguments.model, tasks, limits, data, include)
    replace_hub(sets)
    other = theirs(arguments.model, tasks, limits)
    print(HEAD)
    found = [Row(task) for task in tasks]
    for row in found:
        row.compare(mine[0][row.task], other[0][row.task])
        row.compare_task_hash(mine[1][row.task], other[0][row.task])
        row.compare_aggregates(mine[1][row.task], other[1][row.task])
        print(row)
    sys.exit(not all(row.agrees() for row in found))


if __name__ == "__main__":
    main()
