# Shared by scripts/quickstart and scripts/test: makes the virtual environment of the checkout.
# Sourced, not run. Defines `make_environment FOLDER EXTRAS`, which installs the package with the named extras
# against constraints.txt, and does nothing when that was done before and nothing changed since.

python_minimum="3.11"

say() { printf '\033[1m%s\033[0m\n' "$*"; }

find_python() {
    local candidate
    for candidate in "${PYTHON:-}" python3.11 python3.12 python3.13 python3; do
        [ -n "$candidate" ] || continue
        if command -v "$candidate" >/dev/null 2>&1 &&
            "$candidate" -c "import sys; sys.exit(sys.version_info[:2] < (3, 11))" 2>/dev/null; then
            command -v "$candidate"
            return
        fi
    done
    echo "error: no Python $python_minimum or newer found (fix: install it, or set PYTHON to its path)" >&2
    exit 2
}

# Debian splits venv from Python; as root we can fix that ourselves.
create_venv() {
    local python=$1 folder=$2
    "$python" -m venv "$folder" 2>/dev/null && return
    if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; then
        apt-get update -q >/dev/null
        DEBIAN_FRONTEND=noninteractive apt-get install -qy --no-install-recommends python3-venv >/dev/null
        "$python" -m venv "$folder" && return
    fi
    echo "error: $python cannot make a virtual environment (fix: install python3-venv)" >&2
    exit 2
}

# --no-compile: most installed modules are never imported; those that are get compiled then.
make_environment() {
    local folder=$1 extras=$2 stamp wanted python
    wanted=$(cat pyproject.toml constraints.txt | sha256sum | cut -c1-64)-$extras-$PWD
    stamp="$folder/.ionsieve-installed"
    if [ -f "$stamp" ] && [ "$(cat "$stamp")" = "$wanted" ]; then
        return
    fi
    python=$(find_python)
    say "Installing into $folder with $("$python" --version); 2 to 5 minutes the first time"
    [ -x "$folder/bin/python" ] && "$folder/bin/python" -m pip --version >/dev/null 2>&1 || {
        rm -rf "$folder"
        create_venv "$python" "$folder"
    }
    # The pip that comes with an older Python takes many minutes to resolve what a newer one resolves in seconds.
    "$folder/bin/python" -m pip install --quiet --disable-pip-version-check --upgrade "pip>=25"
    # torch first and alone, so that pip picks the CPU build that the constraints name.
    case "$extras" in
    *quickstart* | *sevennet* | *chgnet*)
        "$folder/bin/python" -m pip install --quiet --no-compile --disable-pip-version-check -c constraints.txt torch
        ;;
    esac
    "$folder/bin/python" -m pip install --quiet --no-compile --disable-pip-version-check -c constraints.txt -e ".[$extras]"
    printf '%s' "$wanted" >"$stamp"
}
