# SPDX-License-Identifier: MIT
"""Castore for Conan 2: `conan create packaging/conan -o "castore/*:sqlite=True"`, in a checkout of Castore."""
import os
import re

from conan import ConanFile
from conan.tools.build import check_min_cppstd
from conan.tools.cmake import CMake, CMakeDeps, CMakeToolchain, cmake_layout
from conan.tools.files import copy, load, rmdir

required_conan_version = ">=2.0"

CORE = {"nlohmann_json": "[>=3.11 <4]"}
COMPONENTS = {
    "aws": {"libcurl": "[>=7.85 <9]", "openssl": "[>=3.0 <4]"},
    "dynamodb": {"libcurl": "[>=7.85 <9]", "openssl": "[>=3.0 <4]"},
    "event_bridge": {"libcurl": "[>=7.85 <9]", "openssl": "[>=3.0 <4]"},
    "http": {"libcurl": "[>=7.85 <9]", "openssl": "[>=3.0 <4]", "cpp-httplib": "[>=0.11 <1]"},
    "kafka": {"librdkafka": "[>=2.0 <3]"},
    "nats": {"cnats": "[>=3.4 <4]"},
    "postgres": {"libpq": "[>=14 <19]"},
    "rabbitmq": {"rabbitmq-c": "[>=0.11 <1]"},
    "simdjson": {"simdjson": "[>=3 <4]"},
    "sqlite": {"sqlite3": "[>=3.37 <4]"},
    "sqs": {"libcurl": "[>=7.85 <9]", "openssl": "[>=3.0 <4]"},
    "testing": {},
}


class CastoreConan(ConanFile):
    name = "castore"
    description = "Event sourcing for C++20"
    license = "MIT"
    topics = ("event-sourcing", "cqrs", "event-store", "header-only")
    package_type = "header-library"
    settings = "os", "arch", "compiler", "build_type"
    # One for each component that needs other packages.
    options = {name: [True, False] for name, packages in COMPONENTS.items() if packages}
    default_options = {name: False for name, packages in COMPONENTS.items() if packages}

    @property
    def _components(self):
        return {name: packages for name, packages in COMPONENTS.items()
                if not packages or self.options.get_safe(name)}

    @property
    def _checkout(self):
        return os.path.join(self.recipe_folder, "..", "..")

    def set_version(self):
        header = load(self, os.path.join(self._checkout, "include", "castore", "version.hpp"))
        self.version = ".".join(re.findall(r"#define CASTORE_VERSION_\w+ (\d+)", header))

    def export_sources(self):
        for pattern in ("CMakeLists.txt", "LICENSE", "cmake/*", "include/*"):
            copy(self, pattern, src=self._checkout, dst=self.export_sources_folder)

    def layout(self):
        cmake_layout(self)

    def requirements(self):
        for packages in (CORE, *self._components.values()):
            for package, versions in packages.items():
                self.requires(f"{package}/{versions}")

    def validate(self):
        check_min_cppstd(self, 20)

    def package_id(self):
        # The headers are the same whatever compiles them; the options only choose what they are used with.
        self.info.clear()

    def generate(self):
        toolchain = CMakeToolchain(self)
        for what in ("TESTS", "EXAMPLES", "BENCHMARKS"):
            toolchain.cache_variables[f"CASTORE_BUILD_{what}"] = False
        toolchain.generate()
        CMakeDeps(self).generate()

    def build(self):
        cmake = CMake(self)
        cmake.configure()

    def package(self):
        CMake(self).install()
        copy(self, "LICENSE", src=self.source_folder, dst=os.path.join(self.package_folder, "licenses"))
        # Conan writes files for CMake and pkg-config itself, with what package_info says.
        rmdir(self, os.path.join(self.package_folder, "share"))

    def package_info(self):
        self.cpp_info.set_property("cmake_file_name", "castore")
        self.cpp_info.set_property("cmake_target_name", "castore::castore")
        self._add_component("castore", "castore", CORE, [])
        for name, packages in self._components.items():
            self._add_component(name, f"castore-{name}", packages, ["castore"])

    def _add_component(self, name, pkg_config_name, packages, components):
        component = self.cpp_info.components[name]
        component.set_property("cmake_target_name", f"castore::{name}")
        component.set_property("pkg_config_name", pkg_config_name)
        component.requires = components + [f"{package}::{package}" for package in packages]
        component.bindirs = component.libdirs = []
        if self.settings.os in ("Linux", "FreeBSD"):
            component.system_libs = ["pthread"]
