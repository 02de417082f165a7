# SPDX-License-Identifier: MIT
"""What cmake/components.cmake and cmake/components/*.cmake say of Castore's components."""
import os
import re

LISTS = ("headers", "packages", "debian_packages", "pkgconfig_packages", "vcpkg_packages", "conan_packages", "libraries")


def read_components(root):
    """The lists of each component by their names, without component_; those of the core under "core"."""
    folder = os.path.join(root, "cmake", "components")
    files = {"core": os.path.join(root, "cmake", "components.cmake")}
    files |= {name[:-len(".cmake")]: os.path.join(folder, name) for name in sorted(os.listdir(folder))
              if name.endswith(".cmake")}
    components = {}
    for component, path in files.items():
        with open(path, encoding="utf-8") as file:
            text = re.sub(r"(^|\s)#.*", "", file.read())
        lists = dict.fromkeys(LISTS, ())
        for name, words in re.findall(r"^set\((?:castore_core|component)_(\w+) ([^)]*)\)", text, re.MULTILINE):
            lists[name] = [word.strip('"') for word in re.findall(r'"[^"]*"|[^\s"]+', words)]
        components[component] = lists
    return components
