"""Prints what sacreBLEU (PyPI, 2.6.0) says of worsened WMT20 references, for tasks/tests/vectors/sacrebleu.json.

    pip install "sacrebleu[ja]==2.6.0" janome==0.5.1
    python3 tests/parity/sacrebleu_vectors.py ../shared/data > tasks/tests/vectors/sacrebleu.json

The hypotheses are references whose pieces (words of English, characters of Japanese) are dropped, doubled, replaced
and shuffled by CPython's random.Random. The test makes the same hypotheses with its own generator, so that no text
needs to be stored.

Japanese is also cut into words before 13a, as the Swallow evaluation does: by MeCab, which the program has, and by
Janome, which the Swallow evaluation uses. `words` is the SHA-256 of MeCab's words of every hypothesis and reference.
"""

import hashlib
import json
import pathlib
import sys

from janome.tokenizer import Tokenizer
from sacrebleu.metrics import BLEU, CHRF, TER
from sacrebleu.tokenizers.tokenizer_ja_mecab import TokenizerJaMecab

from worsened_texts import PAIRS, worsened

METRICS = {
    "bleu 13a": BLEU(),
    "bleu intl": BLEU(tokenize="intl"),
    "bleu char": BLEU(tokenize="char"),
    "bleu none": BLEU(tokenize="none"),
    "bleu ja-mecab": BLEU(tokenize="ja-mecab"),
    "chrf": CHRF(),
    "chrf++": CHRF(word_order=2),
    "ter": TER(),
}

MECAB = TokenizerJaMecab()
JANOME = Tokenizer(wakati=True)


def janome(text):
    return " ".join(JANOME.tokenize(text))


def segmented(hypotheses, references, cut):
    return BLEU().corpus_score([cut(text) for text in hypotheses], [[cut(text) for text in references]]).score


def direction(folder, language, separator):
    lines = (folder / "test.jsonl").read_text(encoding="utf-8").splitlines()[:PAIRS]
    references = [json.loads(line)["translation"][language] for line in lines]
    hypotheses = [worsened(text, references[at - 1], at, separator) for at, text in enumerate(references)]
    scores = {}
    for name, metric in METRICS.items():
        score = metric.corpus_score(hypotheses, [references]).score
        scores[name] = {"score": score, "signature": str(metric.get_signature())}
    scores["bleu mecab, 13a"] = {"score": segmented(hypotheses, references, MECAB)}
    scores["bleu janome, 13a"] = {"score": segmented(hypotheses, references, janome)}
    words = "\n".join(MECAB(text) for text in hypotheses + references)
    scores["words"] = hashlib.sha256(words.encode()).hexdigest()
    sentence = BLEU(effective_order=True)
    sentences = [sentence.sentence_score(h, [r]).score for h, r in zip(hypotheses, references)]
    scores["mean sentence bleu"] = {"score": sum(sentences) / len(sentences)}
    return scores


def main():
    data = pathlib.Path(sys.argv[1]) / "lighteval" / "sacrebleu_manual"
    result = {
        "wmt20_ja-en": direction(data / "wmt20_ja-en", "en", " "),
        "wmt20_en-ja": direction(data / "wmt20_en-ja", "ja", ""),
    }
    print(json.dumps(result, indent=1))


if __name__ == "__main__":
    main()
