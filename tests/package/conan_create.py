# SPDX-License-Identifier: MIT
"""conan_create.py WORK_DIR CASTORE COMPILER: does with Castore's recipe what `conan create packaging/conan` does, with every
option: exports, generates, builds, packages, and runs the test package. What a recipe gets of Conan does here
what it does there, as far as this one uses it; the packages that it requires are those of the system."""
import fnmatch
import importlib.util
import os
import re
import shutil
import subprocess
import sys
import types

sys.dont_write_bytecode = True

work, castore, compiler = (os.path.abspath(sys.argv[1]), os.path.abspath(sys.argv[2]), sys.argv[3])


class Properties:
    def __init__(self):
        self.properties, self.requires, self.system_libs = {}, [], []

    def set_property(self, name, value):
        self.properties[name] = value


class Components(dict):
    def __missing__(self, name):
        self[name] = Properties()
        return self[name]


class Options(types.SimpleNamespace):
    def get_safe(self, name, default=None):
        return getattr(self, name, default)


class Info:
    def __init__(self):
        self.cleared = False

    def clear(self):
        self.cleared = True


class ConanFile:
    generators, options, default_options = (), {}, {}

    def __init__(self, recipe_folder, **chosen):
        unknown = set(chosen) - set(self.options)
        assert not unknown, f"the recipe has no option {unknown}"
        self.recipe_folder = recipe_folder
        self.settings = types.SimpleNamespace(os="Linux", arch="x86_64", build_type="Release",
                                              compiler=types.SimpleNamespace(cppstd="20"))
        self.options = Options(**{**self.default_options, **chosen})
        self.required, self.checked, self.info, self.cpp_info = [], [], Info(), Properties()
        self.cpp_info.components = Components()
        self.cpp = types.SimpleNamespace(build=types.SimpleNamespace(bindir=None))

    def requires(self, reference):
        self.required.append(reference)

    def run(self, command, env=None):
        output = subprocess.run([command], check=True, text=True, stdout=subprocess.PIPE).stdout
        assert output == "PIKACHU_APPEARED\n", output


class CMakeToolchain:
    def __init__(self, recipe):
        self.recipe, self.cache_variables = recipe, {}
        recipe.toolchain = self

    def generate(self):
        pass


class CMakeDeps:
    """The recipe under test gets the system's packages; its test package a file made of its package_info."""

    def __init__(self, recipe):
        self.recipe = recipe

    def generate(self):
        package = getattr(self.recipe, "tested", None)
        if package is None:
            return
        os.makedirs(self.recipe.generators_folder, exist_ok=True)
        name = package.cpp_info.properties["cmake_file_name"]
        with open(os.path.join(self.recipe.generators_folder, f"{name}-config.cmake"), "w", encoding="utf-8") as file:
            file.write("find_package(Threads REQUIRED)\n")
            # Debian has no file for CMake of some packages, for which Conan would bring one.
            file.write(f"list(PREPEND CMAKE_MODULE_PATH {castore}/cmake/find)\n")
            for component in package.cpp_info.components.values():
                target = component.properties["cmake_target_name"]
                file.write(f"add_library({target} INTERFACE IMPORTED)\n"
                           f"target_include_directories({target} INTERFACE {package.package_folder}/include)\n")
                for required in component.requires:
                    if "::" not in required:
                        required_target = package.cpp_info.components[required].properties["cmake_target_name"]
                    else:
                        found, required_target = SYSTEM[required.split("::")[0]]
                        file.write(f"find_package({found} REQUIRED)\n")
                    file.write(f"target_link_libraries({target} INTERFACE {required_target})\n")
                if component.system_libs == ["pthread"]:
                    file.write(f"target_link_libraries({target} INTERFACE Threads::Threads)\n")


class CMake:
    def __init__(self, recipe):
        self.recipe = recipe

    def configure(self, variables=None):
        cache = {**self.recipe.toolchain.cache_variables, **(variables or {}),
                 "CMAKE_BUILD_TYPE": "Release", "CMAKE_CXX_FLAGS_RELEASE": "-O0", "CMAKE_CXX_COMPILER": compiler,
                 "CMAKE_POLICY_DEFAULT_CMP0091": "NEW", "CMAKE_CXX_STANDARD": "20", "CMAKE_CXX_EXTENSIONS": False,
                 "CMAKE_FIND_PACKAGE_PREFER_CONFIG": True, "CMAKE_PREFIX_PATH": self.recipe.generators_folder,
                 "CMAKE_INSTALL_PREFIX": self.recipe.package_folder, "CMAKE_INSTALL_LIBDIR": "lib"}
        value = {True: "ON", False: "OFF"}
        subprocess.run(["cmake", "-G", "Ninja", "-S", self.recipe.source_folder, "-B", self.recipe.build_folder,
                        *(f"-D{name}={value.get(setting, setting)}" for name, setting in cache.items())], check=True)

    def build(self):
        subprocess.run(["cmake", "--build", self.recipe.build_folder], check=True)

    def install(self):
        subprocess.run(["cmake", "--install", self.recipe.build_folder, "--prefix", self.recipe.package_folder],
                       check=True, stdout=subprocess.DEVNULL)


def copy(_, pattern, src, dst):
    copied = []
    for folder, _, names in os.walk(src):
        for name in names:
            path = os.path.relpath(os.path.join(folder, name), src)
            if fnmatch.fnmatchcase(path, pattern):
                os.makedirs(os.path.dirname(os.path.join(dst, path)), exist_ok=True)
                copied.append(shutil.copy2(os.path.join(src, path), os.path.join(dst, path)))
    assert copied, f"nothing is {pattern} in {src}"
    return copied


def load(_, path):
    with open(path, encoding="utf-8") as file:
        return file.read()


def module(name, **contents):
    sys.modules[name] = types.ModuleType(name)
    vars(sys.modules[name]).update(contents)


module("conan", ConanFile=ConanFile)
module("conan.tools")
module("conan.tools.build", check_min_cppstd=lambda recipe, least: recipe.checked.append(least), can_run=lambda _: True)
module("conan.tools.cmake", CMake=CMake, CMakeDeps=CMakeDeps, CMakeToolchain=CMakeToolchain, cmake_layout=lambda _: None)
module("conan.tools.files", copy=copy, load=load, rmdir=lambda _, path: shutil.rmtree(path, ignore_errors=True))


def recipe_class(path):
    spec = importlib.util.spec_from_file_location(re.sub(r"\W", "_", path), path)
    loaded = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(loaded)
    return [found for found in vars(loaded).values()
            if isinstance(found, type) and issubclass(found, ConanFile) and found is not ConanFile][0]


# For each name in Conan, what find_package is asked for and the target.
sys.path.insert(0, os.path.join(castore, "scripts", "lib"))
from components import read_components  # noqa: E402

SYSTEM = {name: (package, library) for lists in read_components(castore).values()
          for name, package, library in zip(lists["conan_packages"], lists["packages"], lists["libraries"])}


def create(folder, **options):
    recipe = recipe_class(os.path.join(castore, "packaging", "conan", "conanfile.py"))(
        os.path.join(castore, "packaging", "conan"), **options)
    recipe.set_version()
    recipe.source_folder = recipe.export_sources_folder = os.path.join(folder, "source")
    recipe.build_folder, recipe.generators_folder = os.path.join(folder, "build"), os.path.join(folder, "generators")
    recipe.package_folder = os.path.join(folder, "package")
    recipe.export_sources()
    recipe.requirements()
    recipe.validate()
    assert recipe.checked == [20]
    recipe.package_id()
    assert recipe.info.cleared
    recipe.layout()
    recipe.generate()
    recipe.build()
    recipe.package()
    # Headers, and nothing that Conan makes itself.
    assert sorted(os.listdir(recipe.package_folder)) == ["include", "licenses"], os.listdir(recipe.package_folder)
    recipe.package_info()
    # Conan refuses a recipe when its components and its requirements differ.
    named = {required.split("::")[0] for component in recipe.cpp_info.components.values()
             for required in component.requires if "::" in required}
    assert named == {reference.split("/")[0] for reference in recipe.required}, (named, recipe.required)
    return recipe


def test(folder, package):
    test_folder = os.path.join(castore, "packaging", "conan", "test_package")
    recipe = recipe_class(os.path.join(test_folder, "conanfile.py"))(test_folder)
    recipe.tested, recipe.tested_reference_str = package, f"castore/{package.version}"
    recipe.dependencies = {"castore": package}
    recipe.source_folder, recipe.package_folder = test_folder, os.path.join(folder, "unused")
    recipe.build_folder = recipe.cpp.build.bindir = os.path.join(folder, "test_package")
    recipe.generators_folder = os.path.join(folder, "test_generators")
    recipe.requirements()
    recipe.layout()
    for generator in recipe.generators:
        {"CMakeDeps": CMakeDeps, "CMakeToolchain": CMakeToolchain}[generator](recipe).generate()
    recipe.build()
    recipe.test()


shutil.rmtree(work, ignore_errors=True)
plain = recipe_class(os.path.join(castore, "packaging", "conan", "conanfile.py"))(work)
plain.requirements()
assert [reference.split("/")[0] for reference in plain.required] == ["nlohmann_json"], plain.required
package = create(work, **{option: True for option in vars(plain.options)})
test(work, package)
