"""Prints the words that MeCab (PyPI, 0.996) finds with the small dictionary of tasks/tests/fixtures/mecab, for
tasks/tests/vectors/mecab_words.json.

    pip install mecab-python3==1.0.12
    python3 tests/parity/mecab_words.py > tasks/tests/vectors/mecab_words.json

The dictionary is ours; Debian's mecab-utils compiled it:

    cd tasks/tests/fixtures/mecab/source
    cp dicrc ../dictionary && /usr/lib/mecab/mecab-dict-index -d . -o ../dictionary -f UTF-8 -t UTF-8

The texts are chains of its words and of what it lacks: other scripts, runs of one letter up to and past the longest
that MeCab groups, characters beyond U+FFFF, white space.
"""

import json
import pathlib
import random

import MeCab

PIECES = [
    "すもも", "もも", "も", "の", "うち", "うちの", "東京", "東", "京", "都", "に", "住む", "です", "。", "、", "AB", "A", "ー",
    "漢字", "かな", "カナ", "カナー", "Bb", "12", "٣", "שלום", "😀", "𠮷", "\u00a0", "\u3000", " ", "  ", "\t", "\n", "!", "é",
    "あ" * 25, "あ" * 26, "ア" * 25, "ア" * 26, "X" * 25, "X" * 30, "字" * 5, "😀" * 26, "\x7f", "\u200b", "\ufffd",
]  # fmt: skip
TEXTS = 400


def main():
    folder = pathlib.Path("tasks/tests/fixtures/mecab/dictionary")
    tagger = MeCab.Tagger(f"-r /dev/null -d {folder} -Owakati")
    rng = random.Random(5)
    texts = ["", " ", "すもももももももものうち", "東京都に住む"]
    texts += ["".join(rng.choice(PIECES) for _ in range(rng.randint(1, 12))) for _ in range(TEXTS)]
    cases = []
    for text in texts:
        node = tagger.parseToNode(text)
        words = []
        while node:
            words.append(node.surface)
            node = node.next
        cases.append(json.dumps([text, [word for word in words if word]], ensure_ascii=False))
    print("[\n" + ",\n".join(cases) + "\n]")


if __name__ == "__main__":
    main()
