# SPDX-License-Identifier: MIT
"""docs_check.py SITE: checks the HTML files in the folder SITE. Every link to a place in the site must lead to a file
and, where it names one, to an anchor in it; scripts, styles, pictures and frames must come from the site itself."""
import os
import re
import sys
import urllib.parse
from html.parser import HTMLParser


class Page(HTMLParser):
    """The anchors and links of one file."""

    def __init__(self, path):
        super().__init__()
        self.anchors, self.links, self.parts = set(), [], []
        with open(path, encoding="utf-8") as file:
            self.feed(file.read())

    def handle_starttag(self, tag, attrs):
        for name, value in attrs:
            if value is None:
                continue
            if name == "id" or (name == "name" and tag == "a"):
                self.anchors.add(value)
            elif name == "href" and tag in ("a", "area"):
                self.links.append(value)
            elif name in ("href", "src", "data", "poster", "srcset") and tag != "base":
                self.parts.append(value)
            elif name == "style":
                self.parts += re.findall(r"url\(['\"]?([^'\")]+)", value)

    handle_startendtag = handle_starttag


def is_elsewhere(link):
    return re.match(r"(https?:)?//", link) is not None


def main():
    site = os.path.abspath(sys.argv[1])
    files = [os.path.join(folder, name) for folder, _, names in os.walk(site) for name in names]
    pages = {path: Page(path) for path in files if path.endswith(".html")}
    faults, checked = [], 0

    for path in sorted(files):
        if path.endswith((".css", ".svg")):
            with open(path, encoding="utf-8") as file:
                faults += [f"{os.path.relpath(path, site)}: loads {url}"
                           for url in re.findall(r"(?:url\(['\"]?|@import ['\"])((?:https?:)?//[^'\")]+)", file.read())]
    for path, page in sorted(pages.items()):
        name = os.path.relpath(path, site)
        faults += [f"{name}: loads {part}" for part in page.parts if is_elsewhere(part)]
        for link in page.links + page.parts:
            if is_elsewhere(link) or re.match(r"(mailto|data|javascript):", link):
                continue
            checked += 1
            target, _, anchor = link.partition("#")
            target, anchor = urllib.parse.unquote(target.partition("?")[0]), urllib.parse.unquote(anchor)
            folder = site if target.startswith("/") else os.path.dirname(path)
            found = os.path.normpath(os.path.join(folder, target.lstrip("/"))) if target else path
            if os.path.isdir(found):
                found = os.path.join(found, "index.html")
            if not os.path.isfile(found):
                faults.append(f"{name}: {link} leads to no file")
            elif anchor and found in pages and anchor not in pages[found].anchors:
                faults.append(f"{name}: {link} leads to no place in its file")

    if os.path.join(site, "index.html") not in pages:
        faults.append("index.html is missing")
    for fault in faults:
        print(fault, file=sys.stderr)
    print(f"docs: {len(pages)} pages, {checked} links, {len(faults)} faults")
    sys.exit(1 if faults else 0)


main()
