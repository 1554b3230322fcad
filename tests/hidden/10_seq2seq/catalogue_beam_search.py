"""beam_search: known wrong implementations, by where they go wrong, and right ones."""

import heapq
import math

from gradlab.judge import alternative, misconception


def _refuse(width):
    if width < 1:
        raise ValueError(f"width is {width}")


def _ended(tokens):
    return tokens[-1:] == [2]


class _Beam:
    """A right search in parts, so that each can be falsified."""

    def __init__(self, function, width, max_length):
        self.function, self.width, self.max_length = function, width, max_length

    def after(self, tokens):
        return self.function(tokens).tolist()

    def longer(self, score, tokens):
        found = enumerate(self.after(tokens))
        return [(self.added(score, value), [*tokens, token]) for token, value in found]

    def added(self, score, value):
        return score + value

    def finished(self, score, tokens):
        return [(score, tokens)]

    def grown(self, beam):
        result = []
        for score, tokens in beam:
            grow = self.finished if _ended(tokens) else self.longer
            result += grow(score, tokens)
        return result

    def rank(self, pair):
        return pair[0]

    def kept(self, grown):
        return sorted(grown, key=self.rank, reverse=True)[: self.width]

    def over(self, beam):
        return all(_ended(tokens) for _, tokens in beam)

    def best(self, beam):
        return max(beam, key=self.rank)

    def result(self, score, tokens):
        return tokens, score

    def run(self):
        beam = [(0.0, [])]
        for _ in range(self.max_length):
            beam = self.kept(self.grown(beam))
            if self.over(beam):
                break
        return self.result(*self.best(beam))


def _wrong(message, **parts):
    search = type("Wrong", (_Beam,), parts)

    @misconception("beam_search", message)
    def variant(log_probabilities, *, width, max_length):
        _refuse(width)
        return search(log_probabilities, width, max_length).run()

    return variant


# Misconceptions: the beam

greedy = _wrong(
    "The search is greedy: only one beginning is kept, whatever the width.",
    kept=lambda self, grown: sorted(grown, reverse=True)[:1],
)
each_keeps_its_own = _wrong(
    "Each beginning keeps its best continuation, so bad beginnings are never dropped. All compete.",
    grown=lambda self, beam: [
        pair
        for score, tokens in beam
        for pair in (
            [(score, tokens)]
            if _ended(tokens)
            else sorted(self.longer(score, tokens), reverse=True)[: self.width if not tokens else 1]
        )
    ],
)
one_too_many = _wrong(
    "The beam keeps width + 1 beginnings.",
    kept=lambda self, grown: sorted(grown, reverse=True)[: self.width + 1],
)
worst_kept = _wrong(
    "The least likely beginnings are kept.",
    kept=lambda self, grown: sorted(grown)[: self.width],
)

# Misconceptions: what has ended

finished_extended = _wrong(
    "A finished beginning is extended. After EOS nothing is written.",
    grown=lambda self, beam: [pair for one in beam for pair in self.longer(*one)],
    over=lambda self, beam: False,
)
finished_dropped = _wrong(
    "A finished beginning is dropped at the next step. It stays in the beam with its score.",
    finished=lambda self, score, tokens: [],
    kept=lambda self, grown: sorted(grown, reverse=True)[: self.width] or [(-math.inf, [2])],
)
stops_at_the_first_end = _wrong(
    "The search stops as soon as one beginning has ended. Others may still become better.",
    over=lambda self, beam: any(_ended(tokens) for _, tokens in beam),
    best=lambda self, beam: (
        max(pair for pair in beam if _ended(pair[1]))
        if any(_ended(tokens) for _, tokens in beam)
        else max(beam)
    ),
)


def _set_aside(self):
    beam, done = [(0.0, [])], []
    for _ in range(self.max_length):
        grown = [pair for one in beam for pair in self.longer(*one)]
        done += [pair for pair in grown if _ended(pair[1])]
        beam = self.kept([pair for pair in grown if not _ended(pair[1])])
    return self.result(*max(done + beam))


set_aside = _wrong(
    "Finished beginnings are put aside, so they take no place in the beam and more is searched. "
    "Here they stay in the competition.",
    run=_set_aside,
)
finished_only = _wrong(
    "Only finished sequences can win. When max_length is reached, the best wins, finished or not.",
    best=lambda self, beam: max([pair for pair in beam if _ended(pair[1])] or beam, key=self.rank),
)
end_at_pad = _wrong(
    "You look for PAD (0) as the end. The end is EOS (2).",
    grown=lambda self, beam: [
        pair
        for score, tokens in beam
        for pair in ([(score, tokens)] if tokens[-1:] == [0] else self.longer(score, tokens))
    ],
    over=lambda self, beam: all(tokens[-1:] == [0] for _, tokens in beam),
)
end_is_free = _wrong(
    "The log-probability of EOS is not added. Ending costs like any other token.",
    longer=lambda self, score, tokens: [
        (score + (0.0 if token == 2 else value), [*tokens, token])
        for token, value in enumerate(self.after(tokens))
    ],
)
end_removed = _wrong(
    "EOS is missing in your tokens. It belongs to what was written.",
    result=lambda self, score, tokens: ([token for token in tokens if token != 2], score),
)

# Misconceptions: the score

last_score_only = _wrong(
    "The score is the last token's alone. Add up those of all tokens.",
    added=lambda self, score, value: value,
)
probabilities_added = _wrong(
    "Probabilities are added. Add log-probabilities.",
    added=lambda self, score, value: score + math.exp(value),
)
logarithms_multiplied = _wrong(
    "Log-probabilities are multiplied. Add them.",
    added=lambda self, score, value: value if score == 0.0 else -abs(score * value),
)
by_mean = _wrong(
    "The score is divided by the length when sequences are compared. Here it is the sum.",
    rank=lambda self, pair: pair[0] / len(pair[1]),
)
mean_at_the_end = _wrong(
    "The score that you return is divided by the length. Return the sum.",
    result=lambda self, score, tokens: (tokens, score / len(tokens)),
)
probability_returned = _wrong(
    "The score that you return is a probability. Return the summed log-probability.",
    result=lambda self, score, tokens: (tokens, math.exp(score)),
)
second_best = _wrong(
    "What you return is not the best of the beam.",
    best=lambda self, beam: sorted(beam, key=self.rank)[0],
)

# Misconceptions: what is asked and returned

bos_in_the_question = _wrong(
    "log_probabilities is asked about lists that begin with BOS. Leave it out.",
    after=lambda self, tokens: self.function([1, *tokens]).tolist(),
)
last_token_in_the_question = _wrong(
    "log_probabilities is asked about the last token alone. Pass all that was written.",
    after=lambda self, tokens: self.function(tokens[-1:]).tolist(),
)
one_step_too_few = _wrong(
    "The sequences are one token shorter than max_length allows.",
    run=lambda self: _Beam.run(_shorter(self, -1)),
)
one_step_too_many = _wrong(
    "The sequences are one token longer than max_length allows.",
    run=lambda self: _Beam.run(_shorter(self, 1)),
)
score_first = _wrong(
    "You return the score first. Return tokens, then score.",
    result=lambda self, score, tokens: (score, tokens),
)
tokens_alone = _wrong(
    "Only the tokens came back. Return the score too.",
    result=lambda self, score, tokens: tokens,
)


def _shorter(beam, by):
    return _Beam(beam.function, beam.width, max(beam.max_length + by, 1))


@misconception("beam_search", "A width below 1 must raise a ValueError that names it.")
def any_width(log_probabilities, *, width, max_length):
    return _Beam(log_probabilities, max(width, 1), max_length).run()


# Alternatives


@alternative("beam_search")
def by_heap(log_probabilities, *, width, max_length):
    if width <= 0:
        raise ValueError("width must be positive")
    alive = [(0.0, ())]
    for _ in range(max_length):
        candidates = []
        for score, tokens in alive:
            if tokens and tokens[-1] == 2:
                candidates.append((score, tokens))
            else:
                values = log_probabilities(list(tokens))
                for i in range(len(values)):
                    candidates.append((score + float(values[i]), (*tokens, i)))
        alive = heapq.nlargest(width, candidates)
    score, tokens = alive[0]
    return list(tokens), score


@alternative("beam_search")
def by_recursion(log_probabilities, *, width, max_length):
    _refuse(width)

    def extend(beam, steps):
        if steps == 0:
            return beam
        grown = []
        for tokens, score in beam:
            if _ended(tokens):
                grown.append((tokens, score))
                continue
            best, which = log_probabilities(tokens).double().sort(descending=True)
            pairs = zip(which.tolist()[:width], best.tolist()[:width])
            grown += [([*tokens, token], score + value) for token, value in pairs]
        grown.sort(key=lambda pair: pair[1], reverse=True)
        return extend(grown[:width], steps - 1)

    return extend([([], 0.0)], max_length)[0]


@alternative("beam_search")
def by_arrays(log_probabilities, *, width, max_length):
    _refuse(width)
    texts, scores = [[]], [0.0]
    while any(not _ended(text) and len(text) < max_length for text in texts):
        pool = {tuple(t): s for t, s in zip(texts, scores) if _ended(t)}
        for text, score in zip(texts, scores):
            if not _ended(text):
                for token, value in enumerate(log_probabilities(list(text))):
                    pool[(*text, token)] = score + value.item()
        ranking = sorted(pool, key=pool.get, reverse=True)[:width]
        texts, scores = [list(t) for t in ranking], [pool[t] for t in ranking]
    return texts[0], scores[0]
