"""Chromium without a window, through two pipes: what a page shows, says and fetches."""

import base64
import json
import os
import select
import shutil
import subprocess
import time
from dataclasses import dataclass, field
from pathlib import Path
from subprocess import DEVNULL, PIPE
from typing import Any

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
PATIENCE = 60  # seconds that an answer may take
# https://chromedevtools.github.io/devtools-protocol
COMPLAINTS = {"Runtime.exceptionThrown", "Runtime.consoleAPICalled", "Log.entryAdded"}
# lines of text whose colour is too close to what is behind it: WCAG 2.2, success criterion 1.4.3
FAINT = """(() => {
  const channels = colour => colour.match(/[\\d.]+/g).map(Number);
  const linear = part => part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
  const luminance = colour => channels(colour).slice(0, 3).map(part => linear(part / 255))
    .reduce((sum, part, place) => sum + part * [0.2126, 0.7152, 0.0722][place], 0);
  const behind = element => {
    while (channels(getComputedStyle(element).backgroundColor)[3] === 0) element = element.parentElement;
    return getComputedStyle(element).backgroundColor;
  };
  const texts = [...document.querySelectorAll("body *")].filter(each => !each.matches("script, style")
    && [...each.childNodes].some(node => node.nodeType === Node.TEXT_NODE && node.data.trim()));
  return texts.filter(each => {
    const style = getComputedStyle(each), colour = each.closest("svg") ? style.fill : style.color;
    const [less, more] = [luminance(colour), luminance(behind(each))].sort((a, b) => a - b);
    return (more + 0.05) / (less + 0.05) < 4.5;
  }).map(each => each.textContent);
})()"""


@dataclass
class Browser:
    """A running browser: one page at a time.

    Args:
        profile: an empty folder for what it keeps.
    """

    profile: Path
    complaints: list[Any] = field(default_factory=list)
    requests: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        options = ("--headless=new", "--no-sandbox", "--disable-gpu", "--no-first-run", "--remote-debugging-pipe")
        # it reads commands from descriptor 3 and answers on 4
        line = ["sh", "-c", 'exec "$@" 3<&0 4>&1 >&2', "sh", str(CHROMIUM), *options, f"--user-data-dir={self.profile}"]
        self._process = subprocess.Popen(line, stdin=PIPE, stdout=PIPE, stderr=DEVNULL)
        self._unread, self._number, self._loaded = b"", 0, False
        self._session: str | None = None
        target = self.call("Target.createTarget", url="about:blank")["targetId"]
        self._session = self.call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        for domain in ("Page", "Runtime", "Log", "Network"):
            self.call(f"{domain}.enable")

    def show(self, page: Path, *, width: int, dark: bool) -> None:
        """Load a page into a window of this width, and forget what the last one said."""
        self.call("Emulation.setDeviceMetricsOverride", width=width, height=900, deviceScaleFactor=1, mobile=False)
        scheme = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
        self.call("Emulation.setEmulatedMedia", features=[scheme])
        self.complaints, self.requests, self._loaded = [], [], False
        self.call("Page.navigate", url=page.as_uri())
        while not self._loaded:
            self._heard()
        self.evaluate("new Promise(shown => requestAnimationFrame(() => setTimeout(shown, 50)))")

    def evaluate(self, expression: str) -> Any:
        """Return what JavaScript makes of an expression."""
        answer = self.call("Runtime.evaluate", expression=expression, returnByValue=True, awaitPromise=True)
        assert "exceptionDetails" not in answer, answer
        return answer["result"].get("value")

    def screenshot(self) -> bytes:
        """Return the window as PNG."""
        return base64.b64decode(self.call("Page.captureScreenshot", format="png")["data"])

    def close(self) -> None:
        """End it."""
        self._session = None
        self.call("Browser.close")
        self._process.communicate(timeout=PATIENCE)

    def call(self, method: str, **parameters: Any) -> Any:
        """Return the answer to one command of the protocol."""
        self._number += 1
        message = {"id": self._number, "method": method, "params": parameters}
        message |= {} if self._session is None else {"sessionId": self._session}
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps(message).encode() + b"\0")
        self._process.stdin.flush()
        while (heard := self._heard()).get("id") != self._number:
            pass
        assert "error" not in heard, heard
        return heard["result"]

    def _heard(self) -> dict[str, Any]:
        """Return the next message, after noting what it says of the page."""
        assert self._process.stdout is not None
        until = time.monotonic() + PATIENCE
        while b"\0" not in self._unread:
            assert select.select([self._process.stdout], [], [], until - time.monotonic())[0], "the browser is silent"
            read = os.read(self._process.stdout.fileno(), 1 << 20)
            assert read, "the browser has ended"
            self._unread += read
        line, _, self._unread = self._unread.partition(b"\0")
        message: dict[str, Any] = json.loads(line)
        method = message.get("method", "")
        self._loaded |= method == "Page.loadEventFired"
        if method in COMPLAINTS:
            self.complaints.append(message["params"])
        if method == "Network.requestWillBeSent":
            self.requests.append(message["params"]["request"]["url"])
        return message
