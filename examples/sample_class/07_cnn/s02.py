"""
base = "stub"
why = "Everything right in another way: layers with own names, functions, loops, no Sequential."
rest = "full"

[expected]
"""


# %% exercise="MLP"
class MLP(nn.Module):
    def __init__(self, sizes):
        super().__init__()
        if len(sizes) < 2:
            raise ValueError("sizes has " + str(len(sizes)) + " numbers, there should be 2 or more")
        self.n = len(sizes) - 1
        for k in range(self.n):
            setattr(self, "layer" + str(k), nn.Linear(sizes[k], sizes[k + 1]))

    def forward(self, x):
        for k in range(self.n - 1):
            x = torch.relu(getattr(self, "layer" + str(k))(x))
        return getattr(self, "layer" + str(self.n - 1))(x)


# %% exercise="RegularisedMLP"
class RegularisedMLP(nn.Module):
    def __init__(self, sizes, *, dropout=0.2):
        super().__init__()
        self.p = dropout
        self.parts = nn.ModuleList()
        for k in range(len(sizes) - 2):
            self.parts.append(nn.Linear(sizes[k], sizes[k + 1]))
            self.parts.append(nn.BatchNorm1d(sizes[k + 1]))
        self.last = nn.Linear(sizes[-2], sizes[-1])

    def forward(self, x):
        for k in range(0, len(self.parts), 2):
            x = functional.relu(self.parts[k + 1](self.parts[k](x)))
            x = functional.dropout(x, self.p, self.training)
        return self.last(x)


# %% exercise="make_loaders"
def make_loaders(training, validation, *, batch_size, seed):
    g = torch.Generator()
    g.manual_seed(seed)
    a = TensorDataset(training[0], training[1])
    b = TensorDataset(validation[0], validation[1])
    sampler = torch.utils.data.RandomSampler(a, generator=g)
    first = DataLoader(a, batch_size=batch_size, sampler=sampler, generator=g)
    return [first, DataLoader(b, batch_size=batch_size, shuffle=False, drop_last=False)]


# %% exercise="predict_epoch"
def predict_epoch():
    return [3, 27 / 12]


# %% exercise="train_epoch"
def train_epoch(model, loader, loss_function, optimiser, *, device="cpu"):
    losses, sizes = [], []
    for batch in loader:
        model.train()
        x, y = (t.to(device) for t in batch)
        loss = loss_function(model(x), y)
        loss.backward()
        optimiser.step()
        optimiser.zero_grad()
        losses.append(float(loss.detach()))
        sizes.append(len(x))
    return float(np.average(losses, weights=sizes))


# %% exercise="evaluate"
@torch.inference_mode()
def evaluate(model, loader, loss_function, *, device="cpu"):
    was = model.training
    model.eval()
    answers = [(model(x.to(device)), y.to(device)) for x, y in loader]
    if was:
        model.train()
    logits, labels = torch.cat([a for a, _ in answers]), torch.cat([b for _, b in answers])
    hits = (logits.max(dim=1).indices == labels).float().mean()
    return loss_function(logits, labels).item(), round(hits.item() * len(labels)) / len(labels)


# %% exercise="fit"
def fit(
    model, training, validation, loss_function, optimiser, *, epochs, train_epoch, evaluate,
    scheduler=None, device="cpu",
):  # fmt: skip
    a, b, c, states = [], [], [], []
    for _ in range(epochs):
        a.append(train_epoch(model, training, loss_function, optimiser, device=device))
        loss, accuracy = evaluate(model, validation, loss_function, device=device)
        b.append(loss)
        c.append(accuracy)
        if scheduler:
            scheduler.step()
        states.append({name: value.clone() for name, value in model.state_dict().items()})
    model.load_state_dict(states[b.index(min(b))])
    return dict(training_loss=a, validation_loss=b, validation_accuracy=c)


# %% exercise="predict_small_lenet"
def predict_small_lenet():
    flat = 16 * 2 * 2
    dense = (flat + 1) * 120 + 121 * 84 + 85 * 10
    return ((6, 8, 8), (6, 4, 4), (16, 2, 2)), flat, 6 * 10 + 16 * 55 + dense


# %% exercise="SmallLeNet"
class SmallLeNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.c1, self.c2 = nn.Conv2d(1, 6, 3, padding=1), nn.Conv2d(6, 16, 3)
        self.d1, self.d2, self.d3 = nn.Linear(64, 120), nn.Linear(120, 84), nn.Linear(84, 10)

    def forward(self, x):
        x = functional.max_pool2d(self.c1(x), 2).relu()
        x = self.c2(x).relu().flatten(start_dim=1)
        return self.d3(self.d2(self.d1(x).relu()).relu())


# %% exercise="LeNet5"
class LeNet5(nn.Module):
    def __init__(self, classes=10):
        super().__init__()
        self.c1, self.c2 = nn.Conv2d(1, 6, 5, padding="same"), nn.Conv2d(6, 16, 5)
        self.d1, self.d2 = nn.Linear(16 * 25, 120), nn.Linear(120, 84)
        self.d3 = nn.Linear(84, classes)

    def forward(self, x):
        for c in (self.c1, self.c2):
            x = functional.max_pool2d(functional.relu(c(x)), 2)
        x = x.view(x.shape[0], -1)
        for d in (self.d1, self.d2):
            x = functional.relu(d(x))
        return self.d3(x)


# %% exercise="receptive_field"
def receptive_field(layers):
    size = 1
    for layer in layers[::-1]:
        k, s, d = layer
        if k < 1 or s < 1 or d < 1:
            raise ValueError(f"layers: {layer} has a number below 1")
        size = (size - 1) * s + (k - 1) * d + 1
    return size


# %% exercise="exposing_layers"
def exposing_layers():
    return [(4, 2, 3), (3, 3, 2), (5, 4, 2), (2, 3, 5)]


# %% exercise="ResidualBlock"
class ResidualBlock(nn.Module):
    def __init__(self, in_channels, out_channels, *, stride=1):
        super().__init__()
        self.a = nn.Conv2d(in_channels, out_channels, 3, stride, 1, bias=False)
        self.na = nn.BatchNorm2d(out_channels)
        self.b = nn.Conv2d(out_channels, out_channels, 3, 1, 1, bias=False)
        self.nb = nn.BatchNorm2d(out_channels)
        self.same = in_channels == out_channels and stride == 1
        if not self.same:
            self.p = nn.Conv2d(in_channels, out_channels, 1, stride, bias=False)
            self.np = nn.BatchNorm2d(out_channels)

    def forward(self, x):
        y = self.nb(self.b(self.na(self.a(x)).relu_()))
        y += x if self.same else self.np(self.p(x))
        return y.relu_()


# %% exercise="TimeSeriesNet"
class TimeSeriesNet(nn.Module):
    def __init__(self, features, classes, *, width=16):
        super().__init__()
        self.a, self.na = nn.Conv1d(features, width, 7, padding=3), nn.BatchNorm1d(width)
        self.b, self.nb = nn.Conv1d(width, 2 * width, 5, padding=2), nn.BatchNorm1d(2 * width)
        self.c, self.nc = nn.Conv1d(2 * width, width, 3, padding=1), nn.BatchNorm1d(width)
        self.out = nn.Linear(width, classes)

    def forward(self, x):
        x = x.permute(0, 2, 1)
        x = torch.relu(self.na(self.a(x)))
        x = torch.relu(self.nb(self.b(x)))
        x = torch.relu(self.nc(self.c(x)))
        return self.out(functional.adaptive_avg_pool1d(x, 1)[:, :, 0])


# %% exercise="shifted"
def shifted(images, offsets):
    n, c, h, w = images.shape
    result = torch.zeros_like(images)
    for k in range(n):
        a, b = int(offsets[k][0]), int(offsets[k][1])
        for i in range(h):
            for j in range(w):
                if 0 <= i - a < h and 0 <= j - b < w:
                    result[k, :, i, j] = images[k, :, i - a, j - b]
    return result


# %% exercise="augmented"
def augmented(images, generator, *, shifted, largest=2, flip=0.5):
    images = images.clone()
    for k in range(len(images)):
        if torch.rand(1, generator=generator).item() < flip:
            images[k] = images[k].flip(-1)
    moves = torch.randint(2 * largest + 1, (len(images), 2), generator=generator) - largest
    return shifted(images, moves)


# %% exercise="predict_moved"
def predict_moved():
    return ("mlp", "lenet", "augmented")


# %% exercise="freeze"
def freeze(module):
    module.requires_grad_(False)
    module.zero_grad()
    for part in module.modules():
        # before every forward pass, back to evaluation
        part.register_forward_pre_hook(lambda m, args: setattr(m, "training", False))
    return module


# %% exercise="transfer"
class transfer(nn.Module):
    def __init__(self, body, size, classes, *, freeze, width=32):
        super().__init__()
        self.old = freeze(copy.deepcopy(body))
        self.hidden, self.out = nn.Linear(size, width), nn.Linear(width, classes)

    def forward(self, x):
        return self.out(self.hidden(self.old(x).flatten(1)).relu())


# %% exercise="pooled_head_backward"
def pooled_head_backward(dlogits, cache):
    features, weight = cache
    n, c, h, w = features.shape
    dfeatures = torch.zeros(n, c, h, w, dtype=features.dtype)
    dweight, dbias = torch.zeros_like(weight), torch.zeros_like(weight[:, 0])
    for i in range(n):
        for k in range(len(weight)):
            dbias[k] += dlogits[i, k]
            for j in range(c):
                dfeatures[i, j] += dlogits[i, k] * weight[k, j] / h / w
                dweight[k, j] += dlogits[i, k] * features[i, j].mean()
    return dfeatures, dweight, dbias


# %% exercise="class_activation_map"
def class_activation_map(features, weight, labels, size):
    maps = []
    for image, label in zip(features, labels.tolist()):
        maps.append(torch.tensordot(weight[label], image, dims=1))
    large = functional.interpolate(torch.stack(maps).unsqueeze(1), size, mode="bilinear")
    return large.squeeze(1)


# %% exercise="read_idx"
def read_idx(content):
    import struct

    letters = {8: "B", 9: "b", 11: "h", 12: "i", 13: "f", 14: "d"}
    try:
        zero, kind, n = struct.unpack(">HBB", content[:4])
        shape = struct.unpack(">" + "I" * n, content[4 : 4 + 4 * n])
        count = 1
        for length in shape:
            count *= length
        values = struct.unpack(">" + str(count) + letters[kind], content[4 + 4 * n :])
    except (struct.error, KeyError):
        raise ValueError("content is not the content of an IDX file") from None
    if zero != 0:
        raise ValueError("content does not start with two zeros")
    return np.array(values, dtype=letters[kind]).reshape(shape)


# %% exercise="InceptionBlock"
class InceptionBlock(nn.Module):
    def __init__(self, in_channels, width=8):
        super().__init__()
        self.bottle = nn.Conv1d(in_channels, width, 1, bias=False)
        self.k5 = nn.Conv1d(width, width, 5, padding=2, bias=False)
        self.k9 = nn.Conv1d(width, width, 9, padding=4, bias=False)
        self.k19 = nn.Conv1d(width, width, 19, padding=9, bias=False)
        self.pooled = nn.Conv1d(in_channels, width, 1, bias=False)
        self.bn = nn.BatchNorm1d(4 * width)

    def forward(self, x):
        b = self.bottle(x)
        p = self.pooled(functional.max_pool1d(x, 3, stride=1, padding=1))
        return self.bn(torch.cat((self.k5(b), self.k9(b), self.k19(b), p), 1)).relu()
