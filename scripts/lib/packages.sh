# SPDX-License-Identifier: MIT
# Debian packages for the scripts of this folder. Source it: . "$(dirname "$0")/lib/packages.sh"

# require_packages PACKAGE... : installs with apt those that are missing and asks apt nothing when none is.
# Without apt it says what is needed and goes on: on other systems CMake finds out what is there.
require_packages() {
  if ! command -v apt-get >/dev/null 2>&1 || ! command -v dpkg-query >/dev/null 2>&1; then
    echo "castore: this system has no apt; if the build fails, install what Debian calls: $*" >&2
    return 0
  fi
  castore_missing=
  for castore_package in "$@"; do
    if ! dpkg-query -W -f '${db:Status-Status}\n' "$castore_package" 2>/dev/null | grep -qx installed; then
      castore_missing="$castore_missing $castore_package"
    fi
  done
  [ -n "$castore_missing" ] || return 0

  castore_as_root=
  if [ "$(id -u)" -ne 0 ]; then
    castore_as_root=sudo
    if ! command -v sudo >/dev/null 2>&1; then
      echo "castore: packages are missing and only root can install them; run: apt-get install$castore_missing" >&2
      return 1
    fi
  fi
  echo "castore: installing$castore_missing"
  # A source that does not answer need not matter: whether the packages can be had shows below.
  castore_apt update || castore_apt update || echo "castore: 'apt-get update' failed twice; going on without it" >&2
  # shellcheck disable=SC2086  # a list of words
  if ! castore_apt install -y --no-install-recommends $castore_missing; then
    echo "castore: apt could not install$castore_missing (see its message above)" >&2
    return 1
  fi
}

# require_node: Node.js and npm, not older than version 18; those that are there will do, Debian's else.
require_node() {
  if ! npm --version >/dev/null 2>&1 || [ "$(node -p 'parseInt(process.versions.node) >= 18' 2>/dev/null)" != true ]; then
    require_packages nodejs npm
  fi
}

castore_apt() {
  $castore_as_root env DEBIAN_FRONTEND=noninteractive apt-get -q -o Dpkg::Use-Pty=0 "$@" </dev/null
}
