"""Opens a report in headless Chromium and says what is wrong with it.

    apt-get install chromium        # Debian's package
    python3 tests/browser/check_page.py runs/he-leaderboard/report.html [FOLDER_FOR_SCREENSHOTS]

Checked are: nothing on the console (which is where violations of the page's policy appear), no request but for the
page itself, no element that text of others could have made, right-to-left text where a Hebrew text begins, no page
wider than a phone, tables that sort, documents that the box above them filters. Prints one line a fault and ends with 1; prints `skipped` where Chromium is
absent. Pages are laid out at 1280 and 390 pixels in a frame, because the window itself cannot be that narrow.
"""

import json
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

WIDTHS = (1280, 390)
FLAGS = [
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--no-first-run",
    "--disable-sync",
    "--disable-component-update",
    "--disable-background-networking",
    "--hide-scrollbars",
    "--allow-file-access-from-files",
    "--host-resolver-rules=MAP * ~NOTFOUND",
    "--virtual-time-budget=4000",
]

PROBE = """
addEventListener("load", () => {
  const strong = /[A-Za-z\\u00c0-\\u024f\\u0590-\\u05ff\\u3040-\\u30ff\\u4e00-\\u9fff]/;
  const wrong = [];
  for (const element of document.querySelectorAll("[lang=he], bdi, [dir=auto]")) {
    const first = (element.textContent.match(strong) || [""])[0];
    const expected = /[\\u0590-\\u05ff]/.test(first) ? "rtl" : "ltr";
    const is_fixed = element.getAttribute("dir") === "ltr";
    if (first && !is_fixed && getComputedStyle(element).direction !== expected)
      wrong.push(element.textContent.slice(0, 60));
  }
  const hebrew = [...document.querySelectorAll("[lang=he]")].filter((e) => /[\\u0590-\\u05ff]/.test(e.textContent)).length;
  const wide = [];
  if (document.documentElement.scrollWidth > innerWidth + 1)
    for (const e of document.querySelectorAll("main *"))
      if (e.getBoundingClientRect().right > innerWidth + 1 && !e.closest(".wide, svg")) wide.push(e.tagName + " " + e.textContent.slice(0, 40));
  const button = document.querySelector("table.sortable th button");
  if (button) button.click();
  const sorted = !button || button.parentElement.getAttribute("aria-sort") === "ascending";
  const documents = [...document.querySelectorAll("tbody.document")];
  const shown = () => documents.filter((element) => !element.hidden).length;
  const typed = (text) => {
    for (const box of document.querySelectorAll("section input[type=search]")) {
      box.value = text;
      box.dispatchEvent(new Event("input"));
    }
    return shown();
  };
  const wanted = documents.length ? documents[0].querySelector("td.number").textContent : "";
  const [none, some, all] = [typed("\u0000"), typed(wanted), typed("")];
  const filtered = !documents.length || (none === 0 && some > 0 && all === documents.length);
  parent.postMessage({ filtered, documents: documents.length, wrong, hebrew, wide: wide.slice(0, 5), width: document.documentElement.scrollWidth, sorted, height: document.documentElement.scrollHeight }, "*");
});
"""

FRAME = """<!DOCTYPE html><meta charset="utf-8"><body style="margin:0">
<iframe src="{page}" style="border:0;width:{width}px;height:{height}px"></iframe><pre id="probe"></pre>
<script>addEventListener("message", (m) => {{ document.getElementById("probe").textContent = JSON.stringify(m.data); }});</script>"""


def chromium(*arguments):
    program = shutil.which("chromium") or shutil.which("chromium-browser")
    with tempfile.TemporaryDirectory() as profile:
        return subprocess.run(
            [program, *FLAGS, f"--user-data-dir={profile}", *arguments], capture_output=True, text=True, timeout=180
        )


def as_is(page, folder):
    """Faults of the page as a reader opens it."""
    log = folder / "network.json"
    result = chromium("--enable-logging=stderr", "--v=0", f"--log-net-log={log}", "--dump-dom", page.as_uri())
    for line in result.stderr.splitlines():
        if "CONSOLE" in line:
            yield f"console: {line.strip()[:300]}"
    for url in sorted(set(re.findall(r'"url":"(https?://[^"]*)","?[^}]*"initiator":"(?:null|file)', log.read_text(errors="replace")))):
        yield f"request: {url}"
    dom = result.stdout
    if "<h1" not in dom:
        yield "the page did not load"
    if "data-owned" in dom:
        yield "a text of others was run"
    for tag in re.findall(r"<(img|iframe|object|embed|form|base|link)\b", dom):
        yield f"an element <{tag}>"
    if len(re.findall(r"<script\b", dom)) != 1:
        yield "not one script"


def probed(page, width, folder):
    """The page in a frame of this width, with a script that looks at it in place of its policy."""
    text = re.sub(r'<meta http-equiv="Content-Security-Policy"[^>]*>', "", page.read_text())
    copy = folder / f"probed-{width}.html"
    copy.write_text(text.replace("</body>", f"<script>{PROBE}</script></body>"))
    frame = folder / f"frame-{width}.html"
    frame.write_text(FRAME.format(page=copy.as_uri(), width=width, height=2000))
    dom = chromium("--dump-dom", f"--window-size={max(width, 600)},2000", frame.as_uri()).stdout
    found = re.search(r'<pre id="probe">(.*?)</pre>', dom, re.S)
    text = found.group(1).replace("&amp;", "&").replace("&lt;", "<").replace("&gt;", ">") if found else ""
    return json.loads(text) if text else None


def faults_at(page, width, folder):
    seen = probed(page, width, folder)
    if seen is None:
        yield f"{width} px: the page did not answer"
        return
    for text in seen["wrong"]:
        yield f"{width} px: wrong direction: {text}"
    if seen["width"] > width + 1:
        yield f"{width} px: {seen['width']} px wide: {seen['wide']}"
    if not seen["sorted"]:
        yield f"{width} px: a table does not sort"
    if not seen["filtered"]:
        yield f"{width} px: the box does not filter documents"
    print(f"{width} px: {seen['hebrew']} Hebrew elements, {seen['documents']} documents, {seen['height']} px high")


def screenshot(page, width, name, folder, dark):
    frame = folder / f"shot-{name}.html"
    frame.write_text(FRAME.format(page=page.as_uri(), width=width, height=1600))
    look = ["--blink-settings=preferredColorScheme=0"] if dark else []
    chromium(*look, f"--screenshot={folder / (name + '.png')}", f"--window-size={max(width, 500)},1600", frame.as_uri())


def main():
    page = pathlib.Path(sys.argv[1]).resolve()
    if not (shutil.which("chromium") or shutil.which("chromium-browser")):
        print("skipped: chromium is not installed")
        return 0
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        faults = list(as_is(page, folder))
        for width in WIDTHS:
            faults.extend(faults_at(page, width, folder))
    if len(sys.argv) > 2:
        shots = pathlib.Path(sys.argv[2]).resolve()
        shots.mkdir(parents=True, exist_ok=True)
        for width in WIDTHS:
            for dark in (False, True):
                screenshot(page, width, f"{width}-{'dark' if dark else 'light'}", shots, dark)
    for fault in faults:
        print(fault)
    print("no fault" if not faults else f"{len(faults)} faults")
    return 1 if faults else 0


sys.exit(main())
