"""Real lighting receivers, each played to for some seconds. Runs inside a network namespace of its own.

    unshare -n python -m tests.realtime.osc.desk_scenes olad|qlcplus FOLDER

Prints one JSON object: when beats were heard and what the receiver made of them, all in perf_counter seconds.
"""

import asyncio
import contextlib
import json
import os
import shutil
import subprocess
import sys
import time
import urllib.request
from pathlib import Path
from socket import IPPROTO_TCP, TCP_QUICKACK

import aiohttp

from realtime.os2l import Os2lSink
from realtime.osc import OscSink, Target
from realtime.types import Beat, TimedEvent

BPM = 120.0
BEATS = 12
UNIVERSE = 1
OS2L_BEAT_CHANNEL = 8341


def wait_for(ask, what, seconds=20.0):
    """Ask until there is an answer; the one place that waits for a real program to start."""
    end_s = time.perf_counter() + seconds
    while time.perf_counter() < end_s:
        with contextlib.suppress(Exception):
            if answer := ask():
                return answer
        time.sleep(0.1)
    raise SystemExit(f"{what} did not come within {seconds:.0f} s")


def beats_from(start_s):
    return [TimedEvent(Beat(0, n % 4 + 1, n // 4, BPM, 0.9), start_s + 60 / BPM * n) for n in range(BEATS)]


def play(poll, targets, energy=0.5, os2l=None):
    """Send the beats, poll the receiver meanwhile: (beat times, [(asked, answered, values)])."""
    sink = OscSink(targets)
    sink.send_state(style="house", energy=energy, status="playing")
    events = beats_from(time.perf_counter() + 0.5)
    sink.send(events)
    if os2l is not None:
        os2l.send(events)
    seen = []
    while time.perf_counter() < events[-1].heard_at_s + 0.4:
        asked_s = time.perf_counter()
        values = poll()
        seen.append((asked_s, time.perf_counter(), values))
        time.sleep(0.002)
    sink.close()
    return {
        "beats": [(event.event.beat_in_bar, event.heard_at_s) for event in events],
        "seen": seen,
        "report": [vars(report) for report in sink.report()],
    }


# --- OLA -------------------------------------------------------------------------------------------------


OTHER_PLUGINS = (
    *("artnet", "dummy", "e131", "espnet", "ftdidmx", "gpio", "karate", "kinet", "milinst", "opendmx"),
    *("openpixelcontrol", "pathport", "renard", "sandnet", "shownet", "spi", "stageprofi", "uartdmx"),
    *("usbdmx", "usbserial", "nanoleaf"),
)


def olad(folder):
    """olad with its OSC plugin alone; DMX is read from its web server and by its own recorder."""
    conf = folder / "conf"
    conf.mkdir()
    for plugin in OTHER_PLUGINS:
        (conf / f"ola-{plugin}.conf").write_text("enabled = false\n")
    (conf / "ola-osc.conf").write_text(
        "enabled = true\nudp_listen_port = 7770\ninput_ports = 2\noutput_ports = 0\n"
        "port_0_address = /dmx/universe/%d\nport_1_address = /dmx/universe/%d\n"
    )
    for path in (folder, conf, *conf.iterdir()):
        shutil.chown(path, "olad")
    log = (folder / "olad.log").open("w")
    command = ["olad", "--config-dir", str(conf), "--http-port", "9090", "--no-register-with-dns-sd"]
    server = subprocess.Popen(["runuser", "-u", "olad", "--", *command], stdout=log, stderr=log)
    try:
        device = wait_for(osc_device, "OLA's OSC device")
        subprocess.run(["ola_patch", "-d", device, "-p", "0", "-u", str(UNIVERSE), "-i"], check=True)
        record = folder / "show.ola"
        recorder = subprocess.Popen(
            ["ola_recorder", "-r", str(record), "-u", str(UNIVERSE)], stdout=log, stderr=log
        )
        target = Target("127.0.0.1", profile="ola", base=UNIVERSE)
        wait_for(lambda: len(ola_dmx()) is not None, "OLA's web server")
        result = play(ola_dmx, [target])
        recorder.send_signal(2)
        recorder.wait(timeout=5)
        result["recorded"] = recorded_frames(record)
    finally:
        server.terminate()
        server.wait(timeout=5)
    return result


def osc_device():
    shown = subprocess.run(["ola_dev_info"], capture_output=True, text=True, timeout=5).stdout
    for line in shown.splitlines():
        if line.startswith("Device") and "OSC" in line:
            return line.split()[1].rstrip(":")
    return None


def ola_dmx():
    with urllib.request.urlopen(f"http://127.0.0.1:9090/get_dmx?u={UNIVERSE}", timeout=2) as answer:
        return json.load(answer)["dmx"][:16]


def recorded_frames(path):
    """[(milliseconds since the frame before, [16 values])] of a file of ola_recorder."""
    frames, pause_ms = [], 0
    for line in path.read_text().splitlines()[1:]:
        words = line.split()
        if len(words) == 2:
            frames.append((pause_ms, [int(value) for value in words[1].split(",")][:16]))
        elif len(words) == 1:
            pause_ms = int(words[0])
    return frames


# --- QLC+ ------------------------------------------------------------------------------------------------

PATHS = ("/noverre/beat", "/noverre/downbeat", "/noverre/beat2", "/noverre/energy")


def qlcplus(folder):
    """QLC+ headless: four sliders on our OSC addresses, a fifth on OS2L's beat; read by its web socket."""
    show = folder / "show.qxw"
    show.write_text(workspace())
    log = (folder / "qlcplus.log").open("w")
    environment = {**os.environ, "QT_QPA_PLATFORM": "offscreen", "HOME": str(folder)}
    program = subprocess.Popen(
        ["qlcplus", "-p", "-w", "-m", "-o", str(show)], stdout=log, stderr=log, env=environment, cwd=folder
    )
    os2l = Os2lSink("127.0.0.1")
    loop = asyncio.new_event_loop()
    try:
        page = "http://127.0.0.1:9999/"
        wait_for(lambda: urllib.request.urlopen(page, timeout=2).status == 200, "QLC+'s web page")
        session = aiohttp.ClientSession(loop=loop)
        socket = loop.run_until_complete(session.ws_connect("ws://127.0.0.1:9999/qlcplusWS"))
        wire = socket.get_extra_info("socket")

        async def ask():
            await socket.send_str(f"QLC+API|getChannelsValues|1|1|{len(PATHS) + 1}")
            while True:
                # Without this QLC+'s answers wait up to 40 ms for acknowledgements of its small packets.
                wire.setsockopt(IPPROTO_TCP, TCP_QUICKACK, 1)
                words = (await socket.receive_str(timeout=2)).split("|")
                if words[:2] == ["QLC+API", "getChannelsValues"]:
                    # index, value, type; again for every channel
                    return [int(value) for value in words[3::3]]

        wait_for(lambda: os2l.report().connected, "QLC+'s OS2L port")
        result = play(
            lambda: loop.run_until_complete(ask()), [Target("127.0.0.1", profile="qlcplus")], os2l=os2l
        )
        result["os2l"] = vars(os2l.report())
        loop.run_until_complete(session.close())
    finally:
        os2l.close()
        program.terminate()
        program.wait(timeout=10)
    return result


def crc_x25(data):
    """QLC+'s input channel of an OSC path."""
    crc = 0xFFFF
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = (crc >> 1) ^ 0x8408 if crc & 1 else crc >> 1
    return crc ^ 0xFFFF


def slider(number, universe, channel):
    return (
        f'<Slider Caption="{number}" ID="{number}" WidgetStyle="Slider" InvertedAppearance="false">'
        f'<WindowState Visible="True" X="{70 * number}" Y="10" Width="60" Height="200"/>'
        '<SliderMode ValueDisplayStyle="Exact" ClickAndGoType="None" Monitor="false">Level</SliderMode>'
        f'<Level LowLimit="0" HighLimit="255" Value="0"><Channel Fixture="0">{number}</Channel></Level>'
        "<Playback><Function>4294967295</Function></Playback>"
        f'<Input Universe="{universe}" Channel="{channel}"/></Slider>'
    )


def workspace():
    sliders = [slider(number, 0, crc_x25(path.encode())) for number, path in enumerate(PATHS)]
    sliders.append(slider(len(PATHS), 1, OS2L_BEAT_CHANNEL))
    return (
        '<?xml version="1.0" encoding="UTF-8"?><!DOCTYPE Workspace>'
        '<Workspace xmlns="http://www.qlcplus.org/Workspace" CurrentWindow="VirtualConsole">'
        "<Creator><Name>Q Light Controller Plus</Name><Version>4.12.6</Version><Author>n</Author></Creator>"
        "<Engine><InputOutputMap>"
        '<Universe Name="Universe 1" ID="0"><Input Plugin="OSC" Line="0"/></Universe>'
        '<Universe Name="Universe 2" ID="1"><Input Plugin="OS2L" Line="0"/></Universe>'
        "</InputOutputMap><Fixture><Manufacturer>Generic</Manufacturer><Model>Generic</Model>"
        "<Mode>Generic</Mode><ID>0</ID><Name>Dimmers</Name><Universe>0</Universe><Address>0</Address>"
        f"<Channels>{len(sliders)}</Channels></Fixture></Engine>"
        f'<VirtualConsole><Frame Caption="">{"".join(sliders)}</Frame>'
        '<Properties><Size Width="1920" Height="1080"/>'
        '<GrandMaster ChannelMode="Intensity" ValueMode="Reduce" SliderMode="Normal"/></Properties>'
        "</VirtualConsole></Workspace>"
    )


if __name__ == "__main__":
    subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
    scene = {"olad": olad, "qlcplus": qlcplus}[sys.argv[1]]
    print(json.dumps(scene(Path(sys.argv[2]))))
