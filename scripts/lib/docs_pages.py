# SPDX-License-Identifier: MIT
"""docs_pages.py DIRECTORY: copies the pages to DIRECTORY/pages, as MkDocs wants them, and writes DIRECTORY/mkdocs.yml.

The copy has the repository's layout, so that a link from a page to a page is the same on a forge and in the site. A
file or folder of the repository that a page links to becomes a page of its own, which shows it. What a code span names,
such as `EventStore`, leads to its reference, once on each page. A link to what does not exist is an error.
"""
import os
import posixpath
import re
import shutil
import sys
import xml.etree.ElementTree as ElementTree

import docs_figures

FENCE = re.compile(r"^```")
NOTE = re.compile(r"^<!-- (cut|output): .* -->\n?", re.MULTILINE)  # for scripts/cut_docs
HEADING = re.compile(r"^#.*", re.MULTILINE)
LINK = re.compile(r"(?P<text>!?\[(?:[^\[\]]|\[[^\]]*\])*\])\((?P<target>[^()\s]+)\)")
CODE = re.compile(r"(?P<ticks>`+)(?P<code>.+?)(?P=ticks)")
LIST_ITEM = re.compile(r"^\s*([-*+]|\d+\.) ")
LANGUAGES = {".hpp": "cpp", ".cpp": "cpp", ".md": "markdown", ".sh": "sh", ".json": "json", ".yaml": "yaml",
             ".ts": "typescript", ".js": "javascript", ".sql": "sql", ".cmake": "cmake"}
FIRST_FOLDERS, LAST_FOLDERS = ["tutorial", "guides", "practices"], ["decisions"]
# What a program names first comes first in the list of all names.
FIRST_NAMES = ["EventStore", "Events", "Command", "push_event_group", "InMemoryEventStorageAdapter",
               "SqliteEventStorageAdapter", "PostgresEventStorageAdapter", "DynamoDbEventStorageAdapter", "Subscription"]
# Pages that are elsewhere in the site than in the repository: the site begins with a page of its own.
PLACES = {"docs/home.md": "index.md", "README.md": "docs/readme.md"}
# In a drawing: what holds where the reader's system is dark. In the site, the site's own switch decides.
DARK = re.compile(r"@media \(prefers-color-scheme: dark\) \{(.*?)\n    \}", re.DOTALL)


class Pages:
    def __init__(self, directory):
        self.directory = directory
        self.target = os.path.join(directory, "pages")
        self.reference = Reference(os.path.join(directory, "tags.xml"))
        self.faults = []
        self.shown = {}  # what a page links to: its path in the repository, and that of the page that shows it

    def copy_all(self):
        pages = [path for path in ("README.md", "CONTRIBUTING.md", "SECURITY.md", "CHANGELOG.md") if os.path.exists(path)]
        for top in ("docs", "examples"):
            for folder, _, names in sorted(os.walk(top)):
                for name in sorted(names):
                    path = posixpath.join(folder, name)
                    if name.endswith(".md"):
                        pages.append(path)
                    elif name.endswith(".svg"):
                        self.write_drawing(path)
                    elif name.endswith((".png", ".css", ".js")):
                        self.write(path, None)
        for path in pages:
            with open(path, encoding="utf-8") as file:
                self.write(place_in_site(path), self.convert(path, file.read()))
        waiting = dict(self.shown)
        while waiting:
            path, page = waiting.popitem()
            known = set(self.shown)
            self.write(page, self.page_of(path))
            waiting.update({new: self.shown[new] for new in set(self.shown) - known})
        return pages

    def write(self, path, text):
        target = os.path.join(self.target, path)
        os.makedirs(os.path.dirname(target), exist_ok=True)
        if text is None:
            shutil.copyfile(path, target)
        else:
            with open(target, "w", encoding="utf-8") as file:
                file.write(text)

    def write_drawing(self, path):
        """A drawing twice, for the site's light and its dark look."""
        with open(path, encoding="utf-8") as file:
            drawing = file.read()
        self.write(path, drawing)
        self.write(path[:-4] + ".light.svg", DARK.sub("", drawing))
        self.write(path[:-4] + ".dark.svg", DARK.sub(r"\1", drawing))

    def convert(self, path, text):
        """The page's text as MkDocs wants it: what lies between code blocks changes, by lines and then as a whole."""
        parts, run, first, named, block = [], [], 1, set(), None
        for number, line in enumerate([*text.splitlines(), None], 1):
            if block is not None and line is not None:
                block.append(line)
                if not FENCE.match(line):
                    continue
                inside = block[1:-1]
                parts += [docs_figures.table(inside)] if docs_figures.is_figures(inside) else block
                run, first, block = [], number + 1, None
            elif line is None or FENCE.match(line):
                parts.append(self.convert_run(path, first, run, named))
                block = [line]
            else:
                run.append(line)
        return "\n".join(part for part in parts if part is not None) + "\n"

    def convert_run(self, path, first, run, named):
        if not run:
            return None
        lines, previous = [], ""
        for line in run:
            if LIST_ITEM.match(line):
                if previous.strip() and not LIST_ITEM.match(previous) and not previous.startswith(" "):
                    line = "\n" + line  # elsewhere a list needs no empty line before it
                elif line.startswith("  ") and not line.startswith("    "):
                    line = "  " + line  # elsewhere two columns make a list within a list
            lines.append(line)
            previous = line
        text = "\n".join(run)
        for link in LINK.finditer(text):
            self.check(path, first + text.count("\n", 0, link.start()), link)
        text = NOTE.sub("", "\n".join(lines))
        return self.link_names(path, LINK.sub(lambda link: self.link(path, link), text), named)

    def check(self, path, number, link):
        found = self.target_of(path, link)
        if found is not None and not os.path.exists(found):
            self.faults.append(f"{path}:{number}: there is no {link['target']}")

    def target_of(self, path, link):
        """The file or folder that a link leads to; None when that is a place in the page itself, or elsewhere."""
        target = link["target"].partition("#")[0]
        if re.match(r"[a-z]+:", target) or not target:
            return None
        return posixpath.normpath(posixpath.join(posixpath.dirname(path), target))

    def link(self, path, link):
        found, anchor = self.target_of(path, link), link["target"].partition("#")[2]
        if found is None or not os.path.exists(found):
            return link.group(0)
        if os.path.isdir(found):
            inside = [name for name in ("index.md", "README.md") if os.path.exists(posixpath.join(found, name))]
            page = posixpath.join(found, inside[0] if inside else "index.md")
            if not inside:
                self.shown[found] = page
        elif found.endswith((".md", ".svg", ".png")):
            page = found
        else:
            page = found + ".md"
            self.shown[found] = page
        relative = posixpath.relpath(place_in_site(page), posixpath.dirname(place_in_site(path)) or ".")
        if found.endswith(".svg") and link["text"].startswith("!"):
            return "".join(f"{link['text']}({relative[:-4]}.{look}.svg#only-{look})" for look in ("light", "dark"))
        return f"{link['text']}({relative}{'#' + anchor if anchor else ''})"

    def link_names(self, path, text, named):
        taken = [match.span() for pattern in (LINK, HEADING) for match in pattern.finditer(text)]

        def replace(match):
            name = re.sub(r"^castore::|\(\)$", "", match["code"])
            if name not in self.reference or name in named or \
                    any(start <= match.start() < end for start, end in taken):
                return match.group(0)
            named.add(name)
            base = posixpath.relpath("reference", posixpath.dirname(place_in_site(path)) or ".")
            return f"[{match.group(0)}]({base}/{self.reference[name]})"

        return CODE.sub(replace, text)

    def page_of(self, path):
        if os.path.isdir(path):
            entries = [name for name in sorted(os.listdir(path)) if not name.startswith(".")]
            text = f"# {path}\n\n"
            for name in entries:
                title = title_of(posixpath.join(path, name))
                text += self.convert(path + "/index.md", f"- [{title or name}]({name})")
            return text
        with open(path, encoding="utf-8") as file:
            code = file.read()
        fence = "````" if "```" in code else "```"
        language = LANGUAGES.get(posixpath.splitext(path)[1], "text")
        return f"# {path}\n\n{fence}{language}\n{code}{fence}\n"

    def listed_in(self, index):
        """The pages in the order in which an index page links to them, itself first."""
        listed = [index]
        if os.path.exists(index):
            with open(index, encoding="utf-8") as file:
                listed += [self.target_of(index, link) for link in LINK.finditer(file.read())]
        return listed

    def sections(self, pages, folders):
        nav = []
        for folder in folders:
            inside = [page for page in pages if page.startswith(f"docs/{folder}/")]
            listed = self.listed_in(f"docs/{folder}/index.md")
            inside.sort(key=lambda page: self.order_of(page, listed))
            nav.append(f"  - {folder.capitalize()}:")
            nav += [f"      - {page}" for page in inside]
        return nav

    @staticmethod
    def order_of(page, listed):
        """First the index, then numbered pages by number, then the others as the index lists them, then by name."""
        numbered = posixpath.basename(page)[0].isdigit()
        return (page != listed[0], not numbered,
                listed.index(page) if page in listed and not numbered else len(listed), page)

    def write_settings(self, pages):
        folders = sorted({page.split("/")[1] for page in pages if page.startswith("docs/") and page.count("/") > 1})
        last = [folder for folder in LAST_FOLDERS if folder in folders]
        first = [folder for folder in FIRST_FOLDERS if folder in folders]
        nav = ["nav:", f"  - Home: {PLACES['docs/home.md']}"]
        nav += self.sections(pages, first + [folder for folder in folders if folder not in first + last])
        nav += [f"  - {page}" for page in pages if page.startswith("docs/") and page.count("/") == 1 and page not in PLACES]
        nav += self.sections(pages, last)
        nav.append("  - Reference: reference.md")
        nav += [f"  - {page}" for page in ("CONTRIBUTING.md", "SECURITY.md", "CHANGELOG.md") if page in pages]
        shutil.copytree("docs/theme", os.path.join(self.directory, "theme"), dirs_exist_ok=True)
        with open("docs/mkdocs.yml", encoding="utf-8") as file:
            settings = file.read()
        with open(os.path.join(self.directory, "mkdocs.yml"), "w", encoding="utf-8") as file:
            file.write(settings + "\n".join(nav) + "\n")


def place_in_site(path):
    return PLACES.get(path, path)


def title_of(path):
    if path.endswith(".md"):
        with open(path, encoding="utf-8") as file:
            for line in file:
                if line.startswith("# "):
                    return line[2:].strip()
    return None


class Reference(dict):
    """The place in the reference of each public name, without castore::, and in `members` those of a class."""

    def __init__(self, tags):
        super().__init__()
        self.members = {}
        compounds = list(ElementTree.parse(tags).getroot().iter("compound"))
        for compound in compounds:
            name = compound.findtext("name")
            if compound.get("kind") in ("class", "struct", "concept") and not re.search(r"detail::|<", name):
                short = re.sub(r"^castore::(testing::)?", "", name)
                self.setdefault(short, re.sub(r"(\.html)?$", ".html", compound.findtext("filename"), count=1))
                self.members[short] = functions_of(compound, short.split("::")[-1])
        for compound in compounds:
            if compound.findtext("name") in ("castore", "castore::testing"):
                for member in compound.findall("member"):
                    self.setdefault(member.findtext("name"), place_of(member))


def place_of(member):
    return f"{member.findtext('anchorfile')}#{member.findtext('anchor')}"


def functions_of(compound, class_name):
    """The public functions of a class by name, without constructors and operators."""
    found = {}
    for member in compound.findall("member"):
        name = member.findtext("name")
        if member.get("kind") == "function" and member.get("protection") is None and \
                not re.match(rf"{class_name}$|~|operator\W", name):
            found.setdefault(name, place_of(member))
    return found


def reference_page(reference):
    """A list of all names, each with a heading, so that the site's search finds it."""
    text = "---\nhide:\n  - toc\n---\n\n# Reference\n\nEvery public name, with what it guarantees and which errors " \
           "to expect, as its header says it: [the reference](reference/index.html).\n\n<div class=names markdown>\n"
    for name in sorted(reference, key=lambda name: (FIRST_NAMES.index(name) if name in FIRST_NAMES else 99, name.lower())):
        text += f"\n### [`{name}`](reference/{reference[name]})\n"
        members = [f"[`{member}`](reference/{place})" for member, place in reference.members.get(name, {}).items()]
        if members:
            text += "\n" + ", ".join(members) + "\n"
    return text + "\n</div>\n"


def main():
    pages = Pages(os.path.abspath(sys.argv[1]))
    copied = pages.copy_all()
    pages.write("reference.md", reference_page(pages.reference))
    pages.write_settings(copied)
    for fault in pages.faults:
        print(fault, file=sys.stderr)
    sys.exit(1 if pages.faults else 0)


main()
