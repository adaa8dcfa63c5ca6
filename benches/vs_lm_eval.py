"""The parts of vs_lm_eval.sh: one run of either program, and the comparison of all runs."""
import json
import os
import pathlib
import re
import resource
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent
TASKS = ROOT / "benches/tasks"


def cpu_seconds(who):
    usage = resource.getrusage(who)
    return usage.ru_utime + usage.ru_stime


def run_lm_eval(checkpoint, task, documents, data):
    """Scores with lm-eval; the hub's datasets come from `data`."""
    os.environ.update(HF_HUB_OFFLINE="1", HF_DATASETS_OFFLINE="1", TOKENIZERS_PARALLELISM="false")
    os.environ.setdefault("HF_HOME", tempfile.mkdtemp())
    import datasets
    import lm_eval
    from lm_eval.models.huggingface import HFLM
    from lm_eval.tasks import TaskManager

    real = datasets.load_dataset

    def local(path, name=None, **_):
        folder = pathlib.Path(data) / path / (name or "default")
        files = {file.stem: str(file) for file in folder.glob("*.jsonl")}
        return real("json", data_files=files)

    datasets.load_dataset = local
    seconds = []

    class Timed(HFLM):
        def loglikelihood(self, *arguments, **options):
            start = time.perf_counter()
            try:
                return super().loglikelihood(*arguments, **options)
            finally:
                seconds.append(time.perf_counter() - start)

    model = Timed(pretrained=checkpoint, dtype="float32", batch_size=8, device="cpu")
    manager = TaskManager(include_path=str(TASKS))
    found = lm_eval.simple_evaluate(model, tasks=[task], limit=documents, bootstrap_iters=0, task_manager=manager)
    answers = {str(s["doc_id"]): [r[0][0] for r in s["resps"]] for s in found["samples"][task]}
    return {"seconds": sum(seconds), "cpu_seconds": cpu_seconds(resource.RUSAGE_SELF), "answers": answers}


def run_harness(checkpoint, task, documents, data):
    with tempfile.TemporaryDirectory() as folder:
        command = [ROOT / "target/release/harness", "eval", "--models", f"m={checkpoint}", "--tasks", task,
                   "--limit", str(documents), "--data-dir", data, "--include-path", TASKS, "--no-probe",
                   "--output", folder, "--log-samples", "--quiet"]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
        record = sqlite3.connect(pathlib.Path(folder) / "run.db")
        works = [json.loads(work) for (work,) in record.execute("select work from windows")]
        record.close()
        lines = (pathlib.Path(folder) / "m" / f"samples_{task}.jsonl").read_text().splitlines()
    samples = [json.loads(line) for line in lines]
    answers = {str(s["doc_id"]): [first_number(r) for r in s["resps"]] for s in samples}
    tokens = {key: sum(work[key] for work in works) for key in ("tokens", "tokens_requested")}
    return {"seconds": sum(work["seconds"] for work in works), "answers": answers,
            "cpu_seconds": cpu_seconds(resource.RUSAGE_CHILDREN), **tokens}


def first_number(response):
    """A log-likelihood, however deep in lists: some writers keep Python's reprs."""
    while isinstance(response, list):
        response = response[0]
    return float(re.search(r"-?\d+(\.\d+)?([eE][+-]?\d+)?", str(response)).group())


def compare(folder):
    ratios, cpu_ratios, worst = [], [], 0.0
    for theirs_file in sorted(pathlib.Path(folder).glob("lm-eval-*.json")):
        theirs = json.loads(theirs_file.read_text())
        ours = json.loads((theirs_file.parent / theirs_file.name.replace("lm-eval", "harness")).read_text())
        assert theirs["answers"].keys() == ours["answers"].keys(), "different documents"
        for doc, numbers in theirs["answers"].items():
            assert len(numbers) == len(ours["answers"][doc]), f"document {doc}: different requests"
            worst = max([worst, *(abs(a - b) for a, b in zip(numbers, ours["answers"][doc]))])
        ratios.append(theirs["seconds"] / ours["seconds"])
        cpu_ratios.append(theirs["cpu_seconds"] / ours["cpu_seconds"])
        print(f"lm-eval {theirs['seconds']:.1f} s ({theirs['cpu_seconds']:.1f} s of processor time), "
              f"harness {ours['seconds']:.2f} s ({ours['cpu_seconds']:.2f} s): {ratios[-1]:.1f}x; "
              f"{ours['tokens_requested']} tokens asked for, {ours['tokens']} computed")
    print(f"median ratio of scoring times {statistics.median(ratios):.1f}, of processor times "
          f"{statistics.median(cpu_ratios):.1f} (loading included); largest difference of a log-likelihood {worst:.1e}")


def main():
    command, *rest = sys.argv[1:]
    if command == "compare":
        return compare(*rest)
    checkpoint, task, documents, data, out = rest
    run = run_lm_eval if command == "lm-eval" else run_harness
    result = run(checkpoint, task, int(documents), data)
    pathlib.Path(out).write_text(json.dumps(result))


if __name__ == "__main__":
    main()
