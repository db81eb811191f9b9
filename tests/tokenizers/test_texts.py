"""The text of each token; joined they are the whole text, for every kind of decoder."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tokenizers import (
    Tokenizer,
    decoders,
    models,
    normalizers,
    pre_tokenizers,
    processors,
    trainers,
)

from noising.tokenizers import load_tokenizer

LESSONS = [
    "the cat sat on the mat",
    "hello world, don't sit on  two   blanks",
    "a b c, d. It isn't so!",
] * 9
BYTES = [f"<0x{byte:02X}>" for byte in range(256)]
EXAMPLES = settings(max_examples=100, deadline=None, derandomize=True)


def sentence_pieces():
    """Blanks are marks of the words that follow; the first is stripped."""
    tokenizer = Tokenizer(models.Unigram())
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace()
    tokenizer.decoder = decoders.Metaspace()
    trainer = trainers.UnigramTrainer(
        vocab_size=60, unk_token="<unk>", special_tokens=["<unk>"]
    )
    return tokenizer, trainer


def llama():
    """As Llama's: bytes for rare characters, one blank stripped off the whole."""
    tokenizer = Tokenizer(models.BPE(byte_fallback=True, unk_token="<unk>"))
    tokenizer.normalizer = normalizers.Sequence(
        [normalizers.Prepend("▁"), normalizers.Replace(" ", "▁")]
    )
    tokenizer.decoder = decoders.Sequence(
        [
            decoders.Replace("▁", " "),
            decoders.ByteFallback(),
            decoders.Fuse(),
            decoders.Strip(" ", 1, 0),
        ]
    )
    tokenizer.post_processor = processors.TemplateProcessing(
        single="<s> $A", special_tokens=[("<s>", 1)]
    )
    special = ["<unk>", "<s>", *BYTES]
    return tokenizer, trainers.BpeTrainer(vocab_size=340, special_tokens=special)


def ends_of_words():
    """Blanks come after the mark of a word's end, but for the last."""
    tokenizer = Tokenizer(models.BPE(unk_token="<unk>", end_of_word_suffix="</w>"))
    tokenizer.pre_tokenizer = pre_tokenizers.WhitespaceSplit()
    tokenizer.decoder = decoders.BPEDecoder("</w>")
    trainer = trainers.BpeTrainer(
        vocab_size=80, special_tokens=["<unk>"], end_of_word_suffix="</w>"
    )
    return tokenizer, trainer


def word_pieces():
    """Blanks stand before what does not continue a word; some are cleaned away."""
    tokenizer = Tokenizer(models.WordPiece(unk_token="[UNK]"))
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    tokenizer.decoder = decoders.WordPiece(cleanup=True)
    trainer = trainers.WordPieceTrainer(vocab_size=80, special_tokens=["[UNK]"])
    return tokenizer, trainer


def words():
    """No decoder: words are joined by blanks."""
    tokenizer = Tokenizer(models.WordLevel(unk_token="[UNK]"))
    tokenizer.pre_tokenizer = pre_tokenizers.WhitespaceSplit()
    return tokenizer, trainers.WordLevelTrainer(special_tokens=["[UNK]"])


KINDS = (sentence_pieces, llama, ends_of_words, word_pieces, words)


@pytest.fixture(scope="module")
def tokenizers(tmp_path_factory):
    """Every kind, as the tokenizer.json that people have, and the built-in ones."""
    folder = tmp_path_factory.mktemp("tokenizers")
    loaded = {name: load_tokenizer(name) for name in ("gpt2", "bert", "metamath")}
    for kind in KINDS:
        tokenizer, trainer = kind()
        tokenizer.train_from_iterator(LESSONS, trainer)
        path = folder / f"{kind.__name__}.json"
        tokenizer.save(str(path))
        loaded[kind.__name__] = load_tokenizer(str(path))
    return loaded


NAMES = ["gpt2", "bert", "metamath", *(kind.__name__ for kind in KINDS)]


@pytest.mark.parametrize("name", NAMES)
@EXAMPLES
@given(text=st.text("abcdehilmnorstw ,.'!|-", max_size=40))
def test_joined_texts_are_the_text(tokenizers, name, text):
    tokenizer = tokenizers[name]
    tokens = tokenizer.encode(text).tokens.tolist()
    texts = tokenizer.texts(tokens)
    pairs = zip(tokens, texts, strict=True)
    joined = "".join(read for token, read in pairs if token not in tokenizer.added)
    assert joined == tokenizer.decode(tokens)
    if name in ("gpt2", "llama"):  # they leave no blank out
        assert joined == text


@pytest.mark.parametrize(
    ("name", "text", "last"),
    [
        ("sentence_pieces", "the mat", "t"),
        ("llama", "on a mat", " mat"),
        ("word_pieces", "the cat", " cat"),
        ("words", "the cat", " cat"),
        ("ends_of_words", "the cat", "cat"),
    ],
)
def test_blanks_are_kept_between_words(tokenizers, name, text, last):
    tokenizer = tokenizers[name]
    tokens = tokenizer.encode(text).tokens.tolist()
    texts = [
        read
        for token, read in zip(tokens, tokenizer.texts(tokens), strict=True)
        if token not in tokenizer.added
    ]
    assert "".join(texts) == text
    assert texts[-1] == last


def test_a_part_of_a_character_reads_as_such_inside_words(tokenizers):
    tokenizer = tokenizers["llama"]
    tokens = tokenizer.encode("the é").tokens.tolist()
    assert tokenizer.texts(tokens)[-2:] == ["\ufffd", "\ufffd"]
    assert tokenizer.decode(tokens) == "the é"


def test_what_the_tokenizer_puts_around_a_text_reads_its_name(tokenizers):
    for name, text, texts in [
        ("bert", "", ["[CLS]", "[SEP]"]),
        ("llama", "the", ["<s>", "the"]),
    ]:
        tokenizer = tokenizers[name]
        tokens = tokenizer.encode(text).tokens.tolist()
        assert tokenizer.texts(tokens) == texts
    assert tokenizers["bert"].texts([]) == []
