"""Real offers, made by aiortc, for tests that speak HTTP."""

import asyncio

from aiortc import RTCConfiguration, RTCPeerConnection


async def _offer(direction: str, kinds: tuple[str, ...]) -> str:
    peer = RTCPeerConnection(RTCConfiguration(iceServers=[]))
    for kind in kinds:
        if kind == "data":
            peer.createDataChannel("noverre")
        else:
            peer.addTransceiver(kind, direction=direction)
    description = await peer.createOffer()
    await peer.close()
    return description.sdp


def offer(direction: str, *kinds: str) -> bytes:
    """An SDP offer without candidates; nothing was ever sent or bound for it."""
    return asyncio.run(_offer(direction, kinds)).encode()
