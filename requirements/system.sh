#!/usr/bin/env bash
# Installs what is missing of the system's packages: `system.sh core`, `system.sh test`.
# `system.sh python` prints the Python to make the virtual environment with.
set -euo pipefail

debian_core="python3-venv python3-dev gcc portaudio19-dev libgl1 libglib2.0-0 libegl1 libgles2 libxcb1"
debian_test="pulseaudio pulseaudio-utils libasound2-plugins ffmpeg iproute2 fluidsynth fluid-soundfont-gm
             sonic-pi-samples chromium ola ola-python qlcplus simple-whip-client
             gstreamer1.0-plugins-base gstreamer1.0-plugins-good gstreamer1.0-plugins-bad gstreamer1.0-nice"

as_root() { if [ "$(id -u)" = 0 ]; then "$@"; else sudo "$@"; fi; }

debian_install() {
    local missing=()
    for package in "$@"; do
        dpkg-query -W -f='${Status}' "$package" 2>/dev/null | grep -q "install ok installed" || missing+=("$package")
    done
    [ ${#missing[@]} -eq 0 ] && return 0
    echo "installing system packages: ${missing[*]}"
    as_root apt-get update -qq
    DEBIAN_FRONTEND=noninteractive as_root apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
}

find_python() {
    for candidate in python3.11 python3.12 python3; do
        if command -v "$candidate" >/dev/null && "$candidate" - <<'PY' 2>/dev/null
import sys, venv, ensurepip
sys.exit(not (3, 11) <= sys.version_info[:2] < (3, 13))
PY
        then echo "$candidate"; return 0; fi
    done
    echo "Noverre needs Python 3.11 or 3.12: install one (Debian: apt-get install python3.11-venv; macOS: brew install python@3.11)" >&2
    return 1
}

case "${1:-core}" in
python) find_python ;;
core | test)
    if command -v apt-get >/dev/null; then
        # shellcheck disable=SC2086
        if [ "$1" = core ]; then debian_install $debian_core; else debian_install $debian_test; fi
    elif command -v brew >/dev/null; then
        brew list portaudio >/dev/null 2>&1 || brew install portaudio
        if [ "$1" = test ]; then brew list ffmpeg >/dev/null 2>&1 || brew install ffmpeg; fi
    else
        echo "This is neither Debian/Ubuntu nor macOS with Homebrew: install PortAudio's headers and a C compiler by hand." >&2
    fi ;;
*) echo "usage: system.sh core|test|python" >&2; exit 2 ;;
esac
