"""ScopeNet: a small convolutional network for 96 x 96 pictures.

A 7 x 7 stem, a residual stage (`layer1`), a residual stage with a downsampling branch (`layer2`), a
concatenating stage (`fire`), one more convolution (`top`), global average pooling and a linear head.
Every ReLU is a module of its own so that each activation has a name.
"""
import torch
from torch import nn


class ConvBNReLU(nn.Module):
    """A convolution, its batch normalisation and a ReLU."""

    def __init__(self, cin, cout, kernel, stride=1):
        super().__init__()
        self.conv = nn.Conv2d(cin, cout, kernel, stride, kernel // 2, bias=False)
        self.bn = nn.BatchNorm2d(cout)
        self.relu = nn.ReLU()

    def forward(self, x):
        return self.relu(self.bn(self.conv(x)))


class Downsample(nn.Module):
    """The shortcut of a residual stage that changes the shape."""

    def __init__(self, cin, cout, stride):
        super().__init__()
        self.conv = nn.Conv2d(cin, cout, 1, stride, bias=False)
        self.bn = nn.BatchNorm2d(cout)

    def forward(self, x):
        return self.bn(self.conv(x))


class Residual(nn.Module):
    """Two 3 x 3 convolutions beside a shortcut, added, then a ReLU."""

    def __init__(self, cin, cout, stride=1):
        super().__init__()
        self.conv1 = nn.Conv2d(cin, cout, 3, stride, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(cout)
        self.relu1 = nn.ReLU()
        self.conv2 = nn.Conv2d(cout, cout, 3, 1, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(cout)
        self.downsample = Downsample(cin, cout, stride) if stride != 1 or cin != cout else None
        self.relu2 = nn.ReLU()

    def forward(self, x):
        y = self.bn2(self.conv2(self.relu1(self.bn1(self.conv1(x)))))
        return self.relu2(y + (x if self.downsample is None else self.downsample(x)))


class Fire(nn.Module):
    """A 1 x 1 squeeze, then 1 x 1 and 3 x 3 convolutions side by side, concatenated."""

    def __init__(self, cin, squeeze, expand):
        super().__init__()
        self.squeeze = nn.Conv2d(cin, squeeze, 1, bias=False)
        self.squeeze_bn = nn.BatchNorm2d(squeeze)
        self.squeeze_relu = nn.ReLU()
        self.expand1x1 = nn.Conv2d(squeeze, expand, 1, bias=False)
        self.expand1x1_bn = nn.BatchNorm2d(expand)
        self.expand1x1_relu = nn.ReLU()
        self.expand3x3 = nn.Conv2d(squeeze, expand, 3, padding=1, bias=False)
        self.expand3x3_bn = nn.BatchNorm2d(expand)
        self.expand3x3_relu = nn.ReLU()

    def forward(self, x):
        x = self.squeeze_relu(self.squeeze_bn(self.squeeze(x)))
        return torch.cat([self.expand1x1_relu(self.expand1x1_bn(self.expand1x1(x))),
                          self.expand3x3_relu(self.expand3x3_bn(self.expand3x3(x)))], 1)


class ScopeNet(nn.Module):
    """96 x 96 RGB in, logits out."""

    def __init__(self, classes=16):
        super().__init__()
        self.stem = ConvBNReLU(3, 24, 7, 2)
        self.pool = nn.MaxPool2d(3, 2, 1)
        self.layer1 = Residual(24, 24)
        self.layer2 = Residual(24, 48, 2)
        self.fire = Fire(48, 16, 32)
        self.top = ConvBNReLU(64, 40, 3)
        self.gap = nn.AdaptiveAvgPool2d(1)
        self.flatten = nn.Flatten()
        self.head = nn.Linear(40, classes)
        for module in self.modules():
            if isinstance(module, nn.Conv2d):
                nn.init.kaiming_normal_(module.weight, mode="fan_in")

    def forward(self, x):
        x = self.layer2(self.layer1(self.pool(self.stem(x))))
        return self.head(self.flatten(self.gap(self.top(self.fire(x)))))
