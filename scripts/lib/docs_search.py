# SPDX-License-Identifier: MIT
"""docs_search.py SITE: leaves the pages that only show a file, such as examples/readme.cpp.html, and the decisions out of the
site's search: the pages that explain how a thing is used are what readers look for, and they link to the others."""
import json
import os
import re
import sys

path = os.path.join(sys.argv[1], "search", "search_index.json")
with open(path, encoding="utf-8") as file:
    index = json.load(file)
index["docs"] = [entry for entry in index["docs"] if not re.search(r"\.\w+\.html(#|$)|^docs/decisions/|^(?!docs/|examples/)[^#]*/", entry["location"])]
with open(path, "w", encoding="utf-8") as file:
    json.dump(index, file, separators=(",", ":"))
