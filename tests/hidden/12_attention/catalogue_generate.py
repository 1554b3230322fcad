"""generate: known wrong implementations, by where they go wrong, and right ones."""

import torch

from gradlab.judge import alternative, misconception

EXERCISE = "generate"


class Walk:
    """A right walk whose steps the misconceptions replace one at a time."""

    eval_mode = True
    restore = True
    gradients = False

    def __init__(self, model, tokens, steps, *, probabilities, context, end, generator):
        self.model, self.tokens, self.steps, self.start = model, tokens, steps, tokens
        self.probabilities, self.context, self.end = probabilities, context, end
        self.generator = generator

    def seen(self):
        return self.tokens[-self.context :]

    def logits(self):
        return self.model(self.seen()[None])[0, -1]

    def drawn(self):
        shares = self.probabilities(self.logits())
        return torch.multinomial(shares, 1, generator=self.generator)

    def append(self, token):
        self.tokens = torch.cat([self.tokens, token])

    def over(self, token):
        return token.item() == self.end

    def passes(self):
        return range(self.steps)

    def result(self):
        return self.tokens

    def walk(self):
        was_training = self.model.training
        if self.eval_mode:
            self.model.eval()
        with torch.set_grad_enabled(self.gradients):
            for _ in self.passes():
                token = self.drawn()
                self.append(token)
                if self.over(token):
                    break
        if self.restore:
            self.model.train(was_training)
        return self.result()


def _wrong(message, **parts):
    """A walk with some of its methods or settings replaced."""
    kind = type("Variant", (Walk,), parts)

    @misconception(EXERCISE, message)
    def variant(model, tokens, steps, *, probabilities, context, end, generator):
        return kind(
            model,
            tokens,
            steps,
            probabilities=probabilities,
            context=context,
            end=end,
            generator=generator,
        ).walk()

    return variant


# Misconceptions: what the model sees, and which logits count

whole_text = _wrong(
    "The model is shown all tokens, more than its context holds. Show it the last ones.",
    seen=lambda self: self.tokens,
)
first_of_the_context = _wrong(
    "The model is shown the first tokens of the text. Show it the last ones.",
    seen=lambda self: self.tokens[: self.context],
)
context_one_short = _wrong(
    "The model is shown one token less than its context holds.",
    seen=lambda self: self.tokens[-max(self.context - 1, 1) :],
)
context_one_long = _wrong(
    "The model is shown one token more than its context holds.",
    seen=lambda self: self.tokens[-self.context - 1 :],
)
last_token_only = _wrong(
    "The model is shown the last token only. It needs what came before, too.",
    seen=lambda self: self.tokens[-1:],
)
new_tokens_only = _wrong(
    "The beginning is forgotten once something has been drawn: the model is shown new tokens only.",
    seen=lambda self: (
        self.tokens[len(self.start) :][-self.context :]
        if len(self.tokens) > len(self.start)
        else self.tokens[-self.context :]
    ),
)
beginning_only = _wrong(
    "The model is shown the beginning again and again, not what has been drawn since.",
    seen=lambda self: self.start[-self.context :],
)
first_logits = _wrong(
    "You drew from the logits of the first step. The last step's are those of the next token.",
    logits=lambda self: self.model(self.seen()[None])[0, 0],
)
logits_before_last = _wrong(
    "You drew from the logits of the last step but one.",
    logits=lambda self: self.model(self.seen()[None])[0][-2:][0],
)
mean_logits = _wrong(
    "You drew from the mean of the logits of all steps. The last step's alone count.",
    logits=lambda self: self.model(self.seen()[None])[0].mean(dim=0),
)
no_batch_axis = _wrong(
    "The model is shown tokens without a batch axis. It expects (1, T).",
    logits=lambda self: self.model(self.seen())[-1],
)
two_sequences = _wrong(
    "The model is shown the text twice, as a batch of two. One is enough.",
    logits=lambda self: self.model(torch.stack([self.seen()] * 2))[0, -1],
)
logits_with_batch_axis = _wrong(
    "The probabilities are asked for with logits (1, C). They should be (C,).",
    drawn=lambda self: torch.multinomial(
        self.probabilities(self.logits()[None])[0], 1, generator=self.generator
    ),
)

# Misconceptions: the draw

greedy = _wrong(
    "You always take the most likely token. Draw from the probabilities.",
    drawn=lambda self: self.probabilities(self.logits()).argmax(keepdim=True),
)
own_softmax = _wrong(
    "The given function of probabilities is not used: you draw from a softmax of the logits.",
    drawn=lambda self: torch.multinomial(
        torch.softmax(9.0 * self.logits(), 0), 1, generator=self.generator
    ),
)
any_token = _wrong(
    "Your tokens are drawn evenly, whatever the probabilities are.",
    drawn=lambda self: torch.randint(
        len(self.probabilities(self.logits())), (1,), generator=self.generator
    ),
)
global_generator = _wrong(
    "You draw from torch's global generator. Draw from the one that is given.",
    drawn=lambda self: torch.multinomial(self.probabilities(self.logits()), 1),
)


def _seeded_draw(self):
    self.generator.manual_seed(3)
    return torch.multinomial(self.probabilities(self.logits()), 1, generator=self.generator)


seeded_each_time = _wrong(
    "You seed the generator before each draw, so that every draw is the same. Use it as it is.",
    drawn=_seeded_draw,
)


def _seed_at_first(self):
    self.generator.manual_seed(0)
    return range(self.steps)


seeded_once = _wrong(
    "You seed the generator yourself. The caller has done so.",
    passes=_seed_at_first,
)
probabilities_twice = _wrong(
    "The probabilities are asked for twice for each token.",
    drawn=lambda self: torch.multinomial(
        (self.probabilities(self.logits()) + self.probabilities(self.logits())) / 2,
        1,
        generator=self.generator,
    ),
)

# Misconceptions: how long, and what comes back

one_step_more = _wrong(
    "You draw one token too many.",
    passes=lambda self: range(self.steps + 1),
)
one_step_less = _wrong(
    "You draw one token too few.",
    passes=lambda self: range(max(self.steps - 1, 0)),
)
steps_in_all = _wrong(
    "You stop when there are `steps` tokens in all. `steps` counts the new ones.",
    passes=lambda self: range(max(self.steps - len(self.start), 0)),
)
never_ends = _wrong(
    "You go on after the end has been drawn.",
    over=lambda self, token: False,
)
end_anywhere = _wrong(
    "You stop if the end stands anywhere in the text. Only a drawn one ends it.",
    over=lambda self, token: self.end in self.tokens.tolist(),
)
ends_at_zero = _wrong(
    "You stop at token 0. The end is given as an argument.",
    over=lambda self, token: token.item() == 0,
)
end_dropped = _wrong(
    "The end is missing from your result. It is kept.",
    result=lambda self: (
        self.tokens[:-1]
        if len(self.tokens) > len(self.start) and self.tokens[-1] == self.end
        else self.tokens
    ),
)
only_the_new = _wrong(
    "Only the new tokens came back. Return the given ones, then the new ones.",
    result=lambda self: self.tokens[len(self.start) :],
)
only_the_context = _wrong(
    "Only the last tokens came back. Return all of them.",
    result=lambda self: self.tokens[-self.context :],
)
batch_returned = _wrong(
    "Your result has a batch axis. It should be (T + drawn,).",
    result=lambda self: self.tokens[None],
)
as_a_list = _wrong(
    "Your result is a list. It should be a tensor of int64.",
    result=lambda self: self.tokens.tolist(),
)
as_floats = _wrong(
    "Your tokens are floats. They should be int64.",
    result=lambda self: self.tokens.double(),
)
in_front = _wrong(
    "You put new tokens in front of the text. They come after it.",
    append=lambda self, token: setattr(self, "tokens", torch.cat([token, self.tokens])),
)

# Misconceptions: a bad guest

gradients_on = _wrong(
    "Gradients are recorded while you generate, and memory grows with each token.",
    gradients=True,
)
training_mode = _wrong(
    "The model stays in training mode while you generate: dropout would be active.",
    eval_mode=False,
)
mode_not_restored = _wrong(
    "The model is left in evaluation mode. Put it back into the mode you found.",
    restore=False,
)


@misconception(EXERCISE, "The model is always left in training mode. Restore the mode you found.")
def always_training(model, tokens, steps, **options):
    found = Walk(model, tokens, steps, **options).walk()
    model.train()
    return found


# Alternatives


@alternative(EXERCISE)
def with_a_list(model, tokens, steps, *, probabilities, context, end, generator):
    before, text = model.training, tokens.tolist()
    model.eval()
    while steps > 0:
        with torch.inference_mode():
            logits = model(torch.tensor([text[-context:]]))
            p = probabilities(logits[0, -1])
        text.append(int(torch.multinomial(p, num_samples=1, generator=generator)))
        steps -= 1
        if text[-1] == end:
            steps = 0
    model.train(before)
    return torch.tensor(text)


@alternative(EXERCISE)
@torch.no_grad()
def by_the_inverse_of_the_sum(model, tokens, steps, *, probabilities, context, end, generator):
    mode = model.training
    model.train(False)
    try:
        for _ in range(steps):
            p = probabilities(model(tokens[-context:].unsqueeze(0)).squeeze(0)[-1])
            u = torch.rand(1, generator=generator, dtype=torch.float64)
            token = torch.searchsorted(p.double().cumsum(0), u).clamp(max=len(p) - 1)
            tokens = torch.cat((tokens, token))
            if token == end:
                return tokens
    finally:
        model.train(mode)
    return tokens


@alternative(EXERCISE)
def by_recursion(model, tokens, steps, *, probabilities, context, end, generator):
    if steps == 0:
        return tokens
    training = model.training
    with torch.no_grad():
        logits = model.eval()(tokens[None][:, -context:])[:, -1][0]
    model.train(training)
    token = torch.multinomial(probabilities(logits), 1, generator=generator)
    longer = torch.hstack([tokens, token])
    left = 0 if token == end else steps - 1
    options = {"probabilities": probabilities, "context": context, "end": end}
    return by_recursion(model, longer, left, generator=generator, **options)
