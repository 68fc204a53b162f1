"""A second OSC 1.0 reader, written from the specification alone and for tests only.

Shares no code with realtime/osc. Stricter than any receiver: only the four required types, zero padding,
printable ASCII addresses without pattern characters.
"""


class NotOsc(AssertionError):
    pass


def parse(packet):
    """[(ntp time tag or None, address, [args])]"""
    if packet[:8] == b"#bundle\x00":
        return _bundle(packet)
    return [(None, *_message(packet))]


def _bundle(packet):
    tag = int.from_bytes(packet[8:16], "big")
    found, rest = [], packet[16:]
    while rest:
        size = int.from_bytes(rest[:4], "big", signed=True)
        if size <= 0 or size % 4 or size > len(rest) - 4:
            raise NotOsc(f"element of size {size} in {len(rest)} bytes")
        for inner, address, args in parse(rest[4 : 4 + size]):
            if inner is not None and inner < tag:
                raise NotOsc("an enclosed bundle's time lies before its own")
            found.append((tag, address, args))
        rest = rest[4 + size :]
    return found


def _message(packet):
    if not packet or len(packet) % 4:
        raise NotOsc(f"{len(packet)} bytes are not a multiple of four")
    address, rest = _string(packet)
    if address[:1] != "/" or any(c in " #*,?[]{}" or not 32 < ord(c) < 127 for c in address):
        raise NotOsc(f"address {address!r}")
    tags, rest = _string(rest)
    if tags[:1] != ",":
        raise NotOsc(f"type tags {tags!r}")
    args = []
    for tag in tags[1:]:
        if tag == "i":
            args.append(int.from_bytes(rest[:4], "big", signed=True))
            rest = rest[4:]
        elif tag == "f":
            args.append(_ieee(int.from_bytes(rest[:4], "big")))
            rest = rest[4:]
        elif tag == "s":
            text, rest = _string(rest)
            args.append(text)
        elif tag == "b":
            size = int.from_bytes(rest[:4], "big")
            args.append(rest[4 : 4 + size])
            padding = rest[4 + size : 4 + size + (-size) % 4]
            if any(padding) or len(args[-1]) != size:
                raise NotOsc("blob")
            rest = rest[4 + size + len(padding) :]
        else:
            raise NotOsc(f"type tag {tag!r} is not among the four every receiver knows")
    if rest:
        raise NotOsc(f"{len(rest)} bytes too many")
    return address, args


def _string(data):
    end = data.index(0)
    size = (end // 4 + 1) * 4
    if any(data[end:size]) or size > len(data):
        raise NotOsc("string padding")
    return data[:end].decode("ascii"), data[size:]


def _ieee(bits):
    """IEEE 754 single precision by hand."""
    sign = -1.0 if bits >> 31 else 1.0
    exponent, fraction = bits >> 23 & 0xFF, bits & 0x7FFFFF
    if exponent == 255:
        raise NotOsc("not a finite number")
    if exponent == 0:
        return sign * fraction * 2.0**-149
    return sign * (0x800000 + fraction) * 2.0 ** (exponent - 150)
