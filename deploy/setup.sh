# shellcheck shell=sh
# What ./run and ./test share: set_up gets Python, the locked libraries and the system's, each only if it is missing.
# Sourced with $here, the checkout, as the current folder.
: "${here:?is the checkout}"
# Compiled modules are what makes every later start quick.
unset PYTHONDONTWRITEBYTECODE
# A user without a home folder has no place for pip's cache.
[ -w "${HOME:-/nonexistent}" ] || export PIP_NO_CACHE_DIR=1

say() { printf '%s\n' "$*"; }

stop() {
    printf '%s\n' "$*" >&2
    exit 1
}

# install_packages REASON PACKAGE...: with apt-get as root, otherwise a sentence that says what to install.
install_packages() {
    reason=$1
    shift
    if [ "$(id -u)" != 0 ] || ! command -v apt-get >/dev/null 2>&1; then
        stop "$reason. Install what is missing with \"sudo apt-get install $*\" (or your system's own tool), then start this again."
    fi
    say "$reason: installing $* with apt-get."
    # Descriptor 9 is the lock. A service that a package starts would keep it open for ever.
    {
        apt-get -q update || true
        DEBIAN_FRONTEND=noninteractive apt-get -q -y -o DPkg::Lock::Timeout=600 \
            install --no-install-recommends "$@"
    } >.cache/apt.log 2>&1 </dev/null 9>&- || {
        tail -n 20 .cache/apt.log >&2
        stop "apt-get could not install $*. Its whole output is in $here/.cache/apt.log."
    }
}

new_enough() { "$1" -c 'import sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1; }

find_python() {
    for candidate in python3 python3.14 python3.13 python3.12 python3.11 /usr/bin/python3; do
        if new_enough "$candidate"; then
            python=$candidate
            return 0
        fi
    done
    return 1
}

make_venv_with_uv() {
    command -v uv >/dev/null 2>&1 && uv venv --quiet --clear --python "$python" .venv 2>/dev/null
}

make_venv() {
    say "Making a Python environment in .venv."
    find_python || install_packages "Python 3.11 or newer is needed" python3 python3-venv
    find_python || stop "Python 3.11 or newer is needed, and this system's python3 is older. Install a newer one, then start this again."
    make_venv_with_uv && return
    # Debian keeps the part of Python that makes environments in a package of its own.
    "$python" -c 'import ensurepip, venv' 2>/dev/null ||
        install_packages "Python cannot make an environment yet" python3-venv
    "$python" -m venv --clear .venv || stop "Python could not make the environment in $here/.venv."
}

# install_locked LOCK: does nothing if exactly this lock was installed before.
install_locked() {
    if cmp -s "$1" ".venv/$1"; then
        return 0
    fi
    say "Installing the libraries that $1 names."
    if ! { command -v uv >/dev/null 2>&1 &&
        uv pip install --quiet --python .venv/bin/python --require-hashes -r "$1" 2>.cache/uv.log; }; then
        .venv/bin/python -m pip --version >/dev/null 2>&1 ||
            .venv/bin/python -m ensurepip >/dev/null 2>&1 ||
            stop "The environment in $here/.venv has no pip. Remove that folder, then start this again."
        .venv/bin/python -m pip install --quiet --disable-pip-version-check --no-input \
            --require-hashes -r "$1" ||
            stop "The libraries could not be installed. If the network was away, start this again: it goes on where it stopped."
    fi
    cp "$1" ".venv/$1"
}

install_system_libraries() {
    missing=$(.venv/bin/python -c 'from portal.machine import missing_packages; print(*missing_packages())')
    # shellcheck disable=SC2086  # one word a package
    [ -z "$missing" ] || install_packages "PDFs and banners need libraries of the system" $missing
}

# set_up LOCK...: two of these at once wait for each other.
set_up() {
    mkdir -p .cache || stop "The folder $here cannot be written. Give it to the user that starts this."
    exec 9>.cache/setup.lock
    if command -v flock >/dev/null 2>&1 && ! flock -n 9; then
        say "Another start is setting things up; waiting for it."
        flock 9
    fi
    new_enough .venv/bin/python || make_venv
    for lock in "$@"; do
        install_locked "$lock"
    done
    install_system_libraries
    if command -v more_set_up >/dev/null 2>&1; then
        more_set_up
    fi
    exec 9>&-
}
