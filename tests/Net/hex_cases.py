"""Texts that stand for bytes, as people paste them and as programs write them: test cases for Net.dissect.hex_text and
for the page.

Each row: its name, the text, and the bytes that the text means. None means that the text must be refused.
"""

from __future__ import annotations

HELLO = b"\x81\x85\x37\xfa\x21\x3d\x7f\x9f\x4d\x51\x58"
PAIRS = HELLO.hex(" ")
# A frame whose text column looks like hex in its second line.
LONG = b"\x81\x1bHello world, abcabcabc  cafe "

CASES: list[tuple[str, str, bytes | None]] = [
    # Digits.
    ("pairs", PAIRS, HELLO),
    ("upper case", PAIRS.upper(), HELLO),
    ("one run", HELLO.hex(), HELLO),
    ("lines of a run", "818537fa213d7f\n9f4d5158\n", HELLO),
    ("lines of Windows", "81 85 37 fa 21 3d\r\n7f 9f 4d 51 58\r\n", HELLO),
    ("colons", PAIRS.replace(" ", ":"), HELLO),
    ("hyphens", PAIRS.replace(" ", "-").upper(), HELLO),
    ("commas", PAIRS.replace(" ", ","), HELLO),
    ("0x", "0x81 0x85 0x37 0xfa 0x21 0x3d 0x7f 0x9f 0x4d 0x51 0x58", HELLO),
    ("0x without spaces", "0x810x850x370xfa0x210x3d0x7f0x9f0x4d0x510x58", HELLO),
    ("0X and commas", "0X81, 0X85, 0X37, 0XFA, 0X21, 0X3D, 0X7F, 0X9F, 0X4D, 0X51, 0X58", HELLO),
    ("one 0x", "0x818537fa213d7f9f4d5158", HELLO),
    ("a list of C", "{0x81, 0x85,\n 0x37}", b"\x81\x85\x37"),
    ("a list of JavaScript", "[0x81, 0x85, 0x37]", b"\x81\x85\x37"),
    ("groups of two", "8185 37fa 213d 7f9f 4d51 58", HELLO),
    ("no-break spaces", PAIRS.replace(" ", "\u00a0"), HELLO),
    ("a byte-order mark", "\ufeff" + PAIRS, HELLO),
    ("tabs", PAIRS.replace(" ", "\t"), HELLO),
    # Escapes.
    ("escapes", r"\x81\x85\x37\xfa\x21\x3d\x7f\x9f\x4d\x51\x58", HELLO),
    ("escapes in quotation marks", r'"\x81\x85\x37"', b"\x81\x85\x37"),
    ("escapes of Wireshark", '"\\x81\\x85" \\\n"\\x37"', b"\x81\x85\x37"),
    ("Python's bytes", repr(HELLO), HELLO),
    ("Python's bytes with both quotation marks", repr(b"\x81\x05'\"\\\n\t"), b"\x81\x05'\"\\\n\t"),
    ("Python's bytes in double quotation marks", r'b"\x81\0\7a"', b"\x81\x00\x07a"),
    ("Python's bytes without an end", r"b'\x81", None),
    ("Python's bytes with a wrong escape", r"b'\x8'", None),
    ("Python's bytes with a letter that is none", "b'\u00e9'", None),
    ("escapes with letters between", r"\x81H", None),
    # Dumps.
    ("xxd", "00000000: 8185 37fa 213d 7f9f 4d51 58              ..7.!=..MQX\n", HELLO),
    ("xxd without its text", "00000000: 8185 37fa 213d 7f9f\n00000008: 4d51 58\n", HELLO),
    (
        "xxd of two lines",
        "00000000: 811b 4865 6c6c 6f20 776f 726c 642c 2061  ..Hello world, a\n"
        "00000010: 6263 6162 6361 6263 2020 6361 6665 20    bcabcabc  cafe \n",
        LONG,
    ),
    (
        "xxd in the order of the machine",
        "00000000: fa378581 9f7f3d21   58514d             ..7.!=..MQX\n",
        None,
    ),
    (
        "xxd in the order of the machine, with a text that shows nothing",
        "00000000: 00008000 00000001  ........\n",
        None,
    ),
    ("xxd in groups of four", "00000000: 818537fa 213d7f9f 4d5158              ..7.!=..MQX\n", HELLO),
    ("xxd in binary", "00000000: 10000001 10000101 00110111                             ..7\n", None),
    ("od -t x1", "0000000 81 85 37 fa 21 3d 7f 9f 4d 51 58\n0000013\n", HELLO),
    (
        "od -t x1 of two lines, with octal offsets",
        "0000000 81 1b 48 65 6c 6c 6f 20 77 6f 72 6c 64 2c 20 61\n"
        "0000020 62 63 61 62 63 61 62 63 20 20 63 61 66 65 20\n0000037\n",
        LONG,
    ),
    ("od -A d -t x1", "0000000 81 85 37 fa 21 3d 7f 9f 4d 51 58\n0000011\n", HELLO),
    ("od -A x -t x1z", "000000 81 85 37 fa 21 3d 7f 9f 4d 51 58                 >..7.!=..MQX<\n00000b\n", HELLO),
    ("od -A n -t x1", " 81 85 37 fa 21 3d 7f 9f 4d 51 58\n", HELLO),
    ("od, words in octal", "0000000 102601 175067 036441 117577 050515 000130\n0000013\n", None),
    ("od -x, words of the machine", "0000000 8581 fa37 3d21 9f7f 514d 0058\n0000013\n", None),
    ("od -A n -x", " 8581 fa37 3d21 9f7f 514d 0058\n", None),
    ("a word of od -A n -t x8", " 0000208120612020\n", None),
    ("od -A n", " 102601 175067 036441\n", None),
    ("od -c", "0000000 201 205   7 372   !   = 177 237   M   Q   X\n0000013\n", None),
    ("hexdump, words of the machine", "0000000 8581 fa37 3d21 9f7f 514d 0058          \n000000b\n", None),
    (
        "hexdump -C",
        "00000000  81 85 37 fa 21 3d 7f 9f  4d 51 58                 |..7.!=..MQX|\n0000000b\n",
        HELLO,
    ),
    ("a dump that leaves equal lines out", "00000000  81 85\n*\n00000020  37 fa\n", None),
    ("Wireshark", "0000   81 85 37 fa 21 3d 7f 9f 4d 51 58\n", HELLO),
    ("Wireshark with its text", "0000   81 85 37 fa 21 3d 7f 9f 4d 51 58   ..7.!=..MQX\n", HELLO),
    (
        "Wireshark of two lines",
        "0000   81 1b 48 65 6c 6c 6f 20 77 6f 72 6c 64 2c 20 61   ..Hello world, a\n"
        "0010   62 63 61 62 63 61 62 63 20 20 63 61 66 65 20      bcabcabc  cafe \n",
        LONG,
    ),
    ("the second line of Wireshark alone", "0010   62 63 61 62\n", None),
    ("tcpdump", "\t0x0000:  8185 37fa 213d 7f9f 4d51 58              ..7.!=..MQX\n", HELLO),
    ("gdb", "0x7ffe10:\t0x81\t0x85\t0x37\n", b"\x81\x85\x37"),
    ("offsets that do not fit", "00000000: 8185 37fa\n00000010: 213d\n", None),
    ("a text that does not fit", "00000000: 8185 4865  ..HE\n", None),
    ("two directions", "00000000  81 85 37 fa\n    00000000  81 05 48\n", None),
    # Texts that could mean two things, or nothing.
    ("a zero and a wide gap", "00   81 85 37\n", None),
    ("four zeros and one space", "0000 81 85\n", None),
    ("offsets of two digits", "00 81 85 37\n03 fa 21 3d\n", None),
    ("colons behind spaces", "81: 85 37", None),
    ("numbers of two bytes", "0x8185, 0x37fa", None),
    ("binary digits", "10000001 10000101", None),
    ("a decimal list", "[12, 85, 37]", None),
    ("decimal numbers", "129 133 55", None),
    ("half a byte", "81 8", None),
    ("an odd run", "81853", None),
    ("wide digits", "\uff18\uff11", None),
    ("words", "hello", None),
    ("nothing", "", None),
    ("spaces", " \n\t", None),
    ("0x alone", "0x", None),
    # Texts that look odd and are valid.
    ("zeros", "00 00 00 00", bytes(4)),
    ("a run of zeros", "00000000", bytes(4)),
    ("a zero first", "00 81 85", b"\x00\x81\x85"),
    ("a byte a line", "81\n85\n37\n", b"\x81\x85\x37"),
    ("semicolons", "81;85;37", b"\x81\x85\x37"),
]
