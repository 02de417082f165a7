# SPDX-License-Identifier: MIT
"""docs_search.py SITE: leaves the pages that only show a file, such as examples/readme.cpp.html, out of the site's
search: the pages that explain a file are what readers look for."""
import json
import os
import re
import sys

path = os.path.join(sys.argv[1], "search", "search_index.json")
with open(path, encoding="utf-8") as file:
    index = json.load(file)
index["docs"] = [entry for entry in index["docs"] if not re.search(r"\.\w+\.html(#|$)", entry["location"])]
with open(path, "w", encoding="utf-8") as file:
    json.dump(index, file, separators=(",", ":"))
