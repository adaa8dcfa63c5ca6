"""Prints what transformers renders and feeds of small conversations, for harness/src/chat/fixtures/expected.json.

    pip install transformers==5.23.0 tokenizers
    python3 tests/parity/chat_templates.py > harness/src/chat/fixtures/expected.json

Six templates in the shapes that tuned models use (all written here) times six tokenizers: whether there is a BOS token,
and what the tokenizer adds to every text by itself. A text that begins with BOS is encoded without special tokens, as
lm-evaluation-harness does (`models/utils.py`, `add_special_tokens`); a conversation that the template refuses is tried
without its system message. A BOS that a template writes twice is fed once here: that is this program's own rule.
"""

import json
import pathlib

from tokenizers import AddedToken, Tokenizer, decoders, models, pre_tokenizers, processors
from transformers import PreTrainedTokenizerFast

FOLDER = pathlib.Path("harness/src/chat/fixtures/templates")
TOKENIZERS = {
    "bos added": ("<s>", True, False),
    "bos and eos added": ("<s>", True, True),
    "nothing added": ("<s>", False, False),
    "no bos": (None, False, False),
    "no bos, eos added": (None, False, True),
    "bos added, but not named": (None, True, False),
}
CONVERSATIONS = {
    "user": [("user", " שאלה \n")],
    "system": [("system", "Be careful."), ("user", "hi")],
    "turns": [("system", "Be careful."), ("user", "a"), ("assistant", "hm</think> b "), ("user", "質問")],
    "prefill": [("user", "hi"), ("assistant", "答え： ")],
}


def tokenizer(bos, adds_bos, adds_eos):
    """Every byte is a token, behind <s> and </s>."""
    letters = sorted(pre_tokenizers.ByteLevel.alphabet())
    vocabulary = {"<s>": 1, "</s>": 2} | {letter: at + 3 for at, letter in enumerate(letters)}
    made = Tokenizer(models.BPE(vocab=vocabulary, merges=[]))
    made.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)
    made.decoder = decoders.ByteLevel()
    made.add_special_tokens([AddedToken("<s>", special=True), AddedToken("</s>", special=True)])
    single = " ".join(["<s>"] * adds_bos + ["$A"] + ["</s>"] * adds_eos)
    made.post_processor = processors.TemplateProcessing(single=single, special_tokens=[("<s>", 1), ("</s>", 2)])
    return PreTrainedTokenizerFast(tokenizer_object=made, bos_token=bos, eos_token="</s>")


def rendered(made, template, conversation, thinking):
    messages = [{"role": role, "content": content} for role, content in conversation]
    opened = messages[-1]["role"] == "user"
    extra = {} if thinking is None else {"enable_thinking": thinking}
    options = dict(tokenize=False, add_generation_prompt=opened, continue_final_message=not opened, **extra)
    try:
        return made.apply_chat_template(messages, chat_template=template, **options)
    except Exception:
        rest = [message for message in messages if message["role"] != "system"]
        if len(rest) == len(messages):
            raise
        return made.apply_chat_template(rest, chat_template=template, **options)


def fed(made, text):
    """The text with one BOS, and its first and last two ids and their number."""
    bos = made.bos_token
    while bos and text.startswith(bos * 2):
        text = text.removeprefix(bos)
    prefix = made.bos_token_id if bos else made.eos_token_id
    begins = text.startswith(made.decode([prefix]))
    ids = made(text, add_special_tokens=False if begins else True)["input_ids"]
    return text, [ids[0], ids[1], ids[-2], ids[-1], len(ids)]


def main():
    cases = []
    for name, kind in TOKENIZERS.items():
        made = tokenizer(*kind)
        for path in sorted(FOLDER.glob("*.jinja")):
            template = path.read_text(encoding="utf-8")
            for conversation, messages in CONVERSATIONS.items():
                for thinking in (None, False) if path.stem == "chatml" else (None,):
                    text, ids = fed(made, rendered(made, template, messages, thinking))
                    cases.append([name, path.stem, conversation, thinking, text, ids])
    folder = pathlib.Path("harness/src/chat/fixtures")
    for name, kind in TOKENIZERS.items():
        file = folder / "tokenizers" / f"{name.replace(' ', '_').replace(',', '')}.json"
        file.parent.mkdir(exist_ok=True)
        file.write_text(tokenizer(*kind).backend_tokenizer.to_str() + "\n", encoding="utf-8")
    lines = [json.dumps(case, ensure_ascii=False) for case in cases]
    print("[\n" + ",\n".join(lines) + "\n]")


if __name__ == "__main__":
    main()
