"""
base = "solution"
why = "Loops that run and loss that falls: gradients added up, weights aliased, half a freeze."
rest = "full"

[expected]
MLP = 0
train_epoch = 0
evaluate = 3
fit = 3.75
LeNet5 = 0
exposing_layers = 0
ResidualBlock = 0
TimeSeriesNet = 0
shifted = 0
augmented = 2.3333
freeze = 0
class_activation_map = 0

[misconceptions]
MLP = "PlainList"
train_epoch = "zero_grad_missing"
evaluate = "mode_not_restored"
fit = "aliased"
LeNet5 = "softmax"
exposing_layers = "strides_of_one"
ResidualBlock = "relu_before_the_sum"
TimeSeriesNet = "reshaped"
shifted = "rolled"
augmented = "global_generator"
freeze = "until_the_next_train"
class_activation_map = "relu"
"""


# %% exercise="MLP"
class MLP(nn.Module):
    def __init__(self, sizes):
        super().__init__()
        if len(sizes) < 2:
            raise ValueError(f"sizes = {sizes}")
        self.layers = []
        for k in range(len(sizes) - 1):
            self.layers.append(nn.Linear(sizes[k], sizes[k + 1]))

    def forward(self, x):
        for layer in self.layers[:-1]:
            x = torch.relu(layer(x))
        return self.layers[-1](x)


# %% exercise="train_epoch"
def train_epoch(model, loader, loss_function, optimiser, *, device="cpu"):
    model.train()
    total, count = 0, 0
    for x, y in loader:
        x, y = x.to(device), y.to(device)
        loss = loss_function(model(x), y)
        loss.backward()
        optimiser.step()
        total += loss.item() * len(x)
        count += len(x)
    return total / count


# %% exercise="evaluate"
def evaluate(model, loader, loss_function, *, device="cpu"):
    model.eval()
    total, right, count = 0, 0, 0
    with torch.no_grad():
        for x, y in loader:
            x, y = x.to(device), y.to(device)
            out = model(x)
            total += loss_function(out, y).item() * len(y)
            right += (out.argmax(1) == y).sum().item()
            count += len(y)
    return total / count, right / count


# %% exercise="fit"
def fit(
    model, training, validation, loss_function, optimiser, *, epochs, train_epoch, evaluate,
    scheduler=None, device="cpu",
):  # fmt: skip
    history = {"training_loss": [], "validation_loss": [], "validation_accuracy": []}
    best_loss = float("inf")
    for epoch in range(epochs):
        train_loss = train_epoch(model, training, loss_function, optimiser, device=device)
        if scheduler is not None:
            scheduler.step()
        loss, accuracy = evaluate(model, validation, loss_function, device=device)
        history["training_loss"].append(train_loss)
        history["validation_loss"].append(loss)
        history["validation_accuracy"].append(accuracy)
        if loss < best_loss:
            best_loss = loss
            best = model.state_dict().copy()
    model.load_state_dict(best)
    return history


# %% exercise="LeNet5"
class LeNet5(nn.Module):
    def __init__(self, classes=10):
        super().__init__()
        self.net = nn.Sequential(
            nn.Conv2d(1, 6, 5, padding=2), nn.ReLU(), nn.MaxPool2d(2),
            nn.Conv2d(6, 16, 5), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten(),
            nn.Linear(400, 120), nn.ReLU(), nn.Linear(120, 84), nn.ReLU(),
            nn.Linear(84, classes), nn.Softmax(dim=1),
        )  # fmt: skip

    def forward(self, x):
        return self.net(x)


# %% exercise="exposing_layers"
def exposing_layers():
    return [(3, 1, 2), (5, 1, 3), (2, 1, 4)]


# %% exercise="ResidualBlock"
class ResidualBlock(nn.Module):
    def __init__(self, in_channels, out_channels, *, stride=1):
        super().__init__()
        self.conv1 = nn.Conv2d(in_channels, out_channels, 3, stride, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(out_channels)
        self.conv2 = nn.Conv2d(out_channels, out_channels, 3, 1, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(out_channels)
        self.shortcut = nn.Sequential()
        if stride != 1 or in_channels != out_channels:
            self.shortcut = nn.Sequential(
                nn.Conv2d(in_channels, out_channels, 1, stride, bias=False),
                nn.BatchNorm2d(out_channels),
            )

    def forward(self, x):
        out = torch.relu(self.bn1(self.conv1(x)))
        out = torch.relu(self.bn2(self.conv2(out)))
        return out + self.shortcut(x)


# %% exercise="TimeSeriesNet"
class TimeSeriesNet(nn.Module):
    def __init__(self, features, classes, *, width=16):
        super().__init__()
        self.features = features
        self.body = nn.Sequential(
            nn.Conv1d(features, width, 7, padding=3), nn.BatchNorm1d(width), nn.ReLU(),
            nn.Conv1d(width, 2 * width, 5, padding=2), nn.BatchNorm1d(2 * width), nn.ReLU(),
            nn.Conv1d(2 * width, width, 3, padding=1), nn.BatchNorm1d(width), nn.ReLU(),
        )  # fmt: skip
        self.head = nn.Linear(width, classes)

    def forward(self, x):
        x = x.reshape(x.shape[0], self.features, -1)
        return self.head(self.body(x).mean(-1))


# %% exercise="shifted"
def shifted(images, offsets):
    moved = []
    for image, (a, b) in zip(images, offsets.tolist()):
        moved.append(torch.roll(image, (a, b), dims=(1, 2)))
    return torch.stack(moved)


# %% exercise="augmented"
def augmented(images, generator, *, shifted, largest=2, flip=0.5):
    n = len(images)
    mirror = torch.rand(n) < flip
    images = torch.where(mirror[:, None, None, None], images.flip(3), images)
    return shifted(images, torch.randint(-largest, largest + 1, (n, 2)))


# %% exercise="freeze"
def freeze(module):
    for p in module.parameters():
        p.requires_grad = False
        p.grad = None
    return module.eval()


# %% exercise="class_activation_map"
def class_activation_map(features, weight, labels, size):
    maps = (weight[labels][:, :, None, None] * features).sum(1)
    maps = functional.relu(maps)[:, None]
    return functional.interpolate(maps, size, mode="bilinear", align_corners=False)[:, 0]
