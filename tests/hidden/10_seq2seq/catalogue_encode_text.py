"""encode_text: known wrong implementations, and right ones."""

from gradlab.judge import alternative, misconception


def _ids(text, vocabulary):
    for character in text:
        if character not in vocabulary:
            raise ValueError(f"text has {character!r}")
    return [vocabulary[character] for character in text]


def _wrong(message, compute):
    @misconception("encode_text", message)
    def variant(text, vocabulary):
        return compute(text, vocabulary)

    return variant


eos_missing = _wrong("The EOS at the end is missing: without it no decoder learns to stop.", _ids)
bos_in_front = _wrong(
    "You put BOS in front. It is the decoder's first input, no part of the text.",
    lambda t, v: [1, *_ids(t, v), 2],
)
bos_instead_of_eos = _wrong(
    "You put BOS (1) in front and no EOS (2) at the end. The text gets EOS, and no BOS.",
    lambda t, v: [1, *_ids(t, v)],
)
bos_at_the_end = _wrong(
    "The last id is BOS (1). The end of a sequence is EOS (2).", lambda t, v: [*_ids(t, v), 1]
)
pad_at_the_end = _wrong(
    "The last id is PAD (0), which fills up. The end of a sequence is EOS (2).",
    lambda t, v: [*_ids(t, v), 0],
)
eos_in_front = _wrong("EOS stands in front. It belongs at the end.", lambda t, v: [2, *_ids(t, v)])
reversed_text = _wrong(
    "The ids run backwards. Keep the order of the text.", lambda t, v: [*_ids(t, v)[::-1], 2]
)
each_character_once = _wrong(
    "A character that occurs twice has one id only in your list; each occurrence gets one.",
    lambda t, v: [*dict.fromkeys(_ids(t, v)), 2],
)
ids_by_position = _wrong(
    "The ids come from your own count of the characters. Look them up in the vocabulary.",
    lambda t, v: [*(3 + sorted(v).index(c) for c in t if _ids(t, v)), 2],
)
shifted_by_three = _wrong(
    "Your ids are 3 too large: those in the vocabulary begin at 3 already.",
    lambda t, v: [*(i + 3 for i in _ids(t, v)), 2],
)
lower_case = _wrong(
    "You changed capitals to small letters. Each character is looked up as it is.",
    lambda t, v: [*_ids(t.lower(), v), 2] if _ids(t, v) or not t else [],
)
stripped = _wrong(
    "Blanks at the ends of the text are lost. They are characters like others.",
    lambda t, v: [*_ids(t.strip(), v), 2],
)
words_only = _wrong(
    "Blanks are left out. They are characters like others, if the vocabulary has them.",
    lambda t, v: [*_ids("".join(t.split()), v), 2],
)
empty_without_end = _wrong(
    "An empty text gives an empty list. It ends too: [EOS].",
    lambda t, v: [*_ids(t, v), 2] if t else [],
)
unknown_accepted = _wrong(
    "A character without an id must raise a ValueError that names text: no id in its place, no "
    "text without it, and no KeyError either.",
    lambda t, v: [*(v.get(c, 0) for c in t), 2],
)


@misconception("encode_text", "Only the first character is looked for. Any of them may be unknown.")
def first_character_checked(text, vocabulary):
    if text and text[0] not in vocabulary:
        raise ValueError("text begins with an unknown character")
    return [*(vocabulary.get(character, 0) for character in text), 2]


@alternative("encode_text")
def by_appending(text, vocabulary):
    ids = []
    for position, character in enumerate(text):
        number = vocabulary.get(character)
        if number is None:
            raise ValueError(f"text: unknown character {character!r} at {position}")
        ids.append(number)
    ids.append(2)
    return ids


@alternative("encode_text")
def by_exception(text, vocabulary):
    try:
        return [*map(vocabulary.__getitem__, text), 2]
    except KeyError as error:
        raise ValueError(f"text has the unknown character {error}") from None


@alternative("encode_text")
def by_sets(text, vocabulary):
    unknown = set(text) - vocabulary.keys()
    if unknown:
        raise ValueError(f"the characters {unknown} of text have no id")
    return [vocabulary[character] if character else 2 for character in [*text, ""]]
