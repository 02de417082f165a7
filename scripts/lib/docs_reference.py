# SPDX-License-Identifier: MIT
"""docs_reference.py DIRECTORY: lets Doxygen make the reference from the headers, in DIRECTORY/pages/reference, and the
list of its names in DIRECTORY/tags.xml. A warning of Doxygen is an error."""
import os
import re
import subprocess
import sys
import xml.etree.ElementTree as ElementTree

INTERNAL = re.compile(r"(^|\W)detail::")


def doxygen(directory, settings):
    with open("docs/reference/Doxyfile", encoding="utf-8") as file:
        text = file.read()
    places = {"INPUT": "include/castore docs/reference/main.dox",
              "STRIP_FROM_PATH": "include", "STRIP_FROM_INC_PATH": "include",
              "GENERATE_TAGFILE": f"{directory}/tags.xml", "OUTPUT_DIRECTORY": f"{directory}/pages",
              "HTML_OUTPUT": "reference", "LAYOUT_FILE": f"{directory}/layout.xml"}
    text += "".join(f"{key} = {value}\n" for key, value in (places | settings).items())
    subprocess.run(["doxygen", "-"], input=text, text=True, check=True)


def make_layout(directory):
    """Doxygen's own page layout with a way back to the site in the menu."""
    path = f"{directory}/layout.xml"
    subprocess.run(["doxygen", "-l", path], check=True, stdout=subprocess.DEVNULL)
    with open(path, encoding="utf-8") as file:
        layout = file.read()
    way_back = '<tab type="user" url="../index.html" title="Documentation"/>'
    with open(path, "w", encoding="utf-8") as file:
        file.write(layout.replace("<navindex>", "<navindex>\n    " + way_back, 1))


def internal_names(directory):
    """What lies in a namespace `detail`, except for bases of public classes: their members are public."""
    compounds = ElementTree.parse(f"{directory}/tags.xml").getroot().iter("compound")
    bases, internal = set(), set()
    for compound in compounds:
        name = compound.findtext("name")
        if INTERNAL.search(name):
            internal.add(name)
        bases.update(re.sub(r"\s*<.*|.*::(?=\w+\s*(<|$))", "", base.text) for base in compound.findall("base"))
    return sorted(name for name in internal if " " not in name and name.split("::")[-1] not in bases)


def main():
    directory = os.path.abspath(sys.argv[1])
    os.makedirs(f"{directory}/pages", exist_ok=True)
    make_layout(directory)
    doxygen(directory, {"GENERATE_HTML": "NO"})
    doxygen(directory, {"EXCLUDE_SYMBOLS": " ".join(["nlohmann::*", *internal_names(directory)])})


main()
