# SPDX-License-Identifier: MIT
"""Hostile bytes: what a file, a variable or a document may hold that nobody would write."""

import functools
import gzip
import lzma
import struct

ESCAPES = [
    b"\x1b[2J\x1b[31mEVIL\x1b[0m", b"\x1b]0;title\x07", b"\x1b]52;c;ZXZpbA==\x07", b"a\rb", b"a\x08b",
    b"\x7f", b"\x00", b"\xc2\x9b31m", "a\u202eb\u202c".encode(), "\u2066x\u2069".encode(),
    "a\u2028b\u2029c".encode(), b"\xff\xfe", b"\xc3(", b"\xed\xa0\x80", b"\xf4\x90\x80\x80", b"\xc0\xaf",
]
SHELL = [b"$(touch PWNED)", b"`touch PWNED`", b"'; touch PWNED; '", b'"; touch PWNED; "',
         b"\ntouch PWNED\n", b"${IFS}x", b"a b; touch PWNED"]
NUMBERS = [b"-1", b"0", b"18446744073709551616", b"9" * 5000, b"0x" + b"f" * 40, b"1e999", b"nan",
           b"007", b" 1", b"1 ", b"+1", b"-9223372036854775808", b"2147483648"]
LARGE = 200_000


def text(rng):
    """Something that is meant to be text."""
    choice = rng.randrange(10)
    if choice < 4:
        return rng.choice(ESCAPES)
    if choice < 6:
        return rng.choice(SHELL)
    if choice < 8:
        return rng.choice(NUMBERS)
    if choice == 8:
        return b"A" * rng.choice([300, 5000, LARGE])
    return rng.randbytes(rng.randrange(1, 64))


def damage(rng, content):
    """A file's content as nobody has written it."""
    choice = rng.randrange(8)
    if choice == 0:
        return b""
    if choice == 1:
        return rng.randbytes(rng.choice([1, 16, 300, 9000]))
    if choice == 2:
        return content[:rng.randrange(len(content) + 1)]
    if choice == 3 and content:
        changed = bytearray(content)
        for _ in range(rng.randrange(1, 8)):
            changed[rng.randrange(len(changed))] = rng.randrange(256)
        return bytes(changed)
    if choice == 4:
        return content + text(rng) + b"\n"
    if choice == 5:
        at = rng.randrange(len(content) + 1)
        return content[:at] + text(rng) + content[at:]
    if choice == 6:
        return content * rng.choice([2, 50]) if len(content) < 20_000 else content
    return text(rng) + b"\n"


def setting(name, word):
    """A setting that is proposed on every machine."""
    return (b'[[setting]]\nlayer = "environment"\nname = "' + name + b'"\nsummary = "' + word +
            b'"\npropose = [{profile = "safe", value = "' + word + b'"}]\njudge = [{effect = "useful",'
            b' reason = "' + word + b'", source = "' + word + b'"}]\n')


def toml(rng):
    """One of an administrator's files, as an attacker would write it."""
    name = rng.choice([b"EVIL", *SHELL, *ESCAPES[:10]])
    quoted = name.replace(b"\\", b"\\\\").replace(b'"', b'\\"').replace(b"\n", b"\\n")
    escaped = quoted.replace(b"\x1b", b"\\u001b").replace(b"\x07", b"\\u0007").replace(b"\0", b"")
    return rng.choice([
        b".".join([b"a"] * rng.choice([10, 5000, 150_000])) + b" = 1\n",
        b"a = " + b"[" * rng.choice([10, 5000, 150_000]) + b"\n",
        b"a = " + b"{a=" * rng.choice([10, 5000, 50_000]) + b"1\n",
        b"[" + b".".join([b"t"] * 50_000) + b"]\n",
        setting(escaped, escaped),
        b'[[chip]]\nname = "' + escaped + b'"\ngfx = "gfx1010"\ngc = ["10.1.10"]\npci = ["731f"]\n',
        b'[[cause]]\nid = "' + escaped + b'"\n', b'[[pattern]]\nregex = "(a*)*(b*)*' + escaped + b'"\n',
        b'"' + escaped + b'" = "' + escaped + b'"\n', b"[[setting]]\n" * 20_000,
        b"x = " + rng.choice(NUMBERS) + b"\n", b"\xef\xbb\xbf[[setting]]\n", text(rng),
    ])


def modprobe(rng):
    return rng.choice([
        b"options amdgpu " + text(rng) + b"\n", b"options amdgpu noretry=" + text(rng) + b"\n",
        b"options amdgpu \\\n" * 5000 + b"a=1\n", b"options " + text(rng) + b" a=1\n",
        b'options amdgpu a="' + text(rng), b"install amdgpu " + text(rng) + b"\n",
        b"blacklist " + text(rng) + b"\n", b"options amdgpu " + b"a=1 " * 20_000 + b"\n",
        b"# Written by rocmfix (profile safe)\n" + text(rng), text(rng) * 3,
    ])


@functools.lru_cache(maxsize=4)
def bomb(kind):
    """1.5 GiB, packed into some hundred KiB: 24 members of 64 MiB."""
    zeros = bytes(64 << 20)
    member = lzma.compress(zeros, preset=0) if kind == "xz" else gzip.compress(zeros, 9, mtime=0)
    return member * 24


def newc(entries):
    """A cpio archive as an initramfs is one."""
    archive = []
    for name, content in [*entries, (b"TRAILER!!!", b"")]:
        fields = [1, 0o100644, 0, 0, 1, 0, len(content), 0, 0, 0, 0, len(name) + 1, 0]
        head = b"070701" + b"".join(b"%08X" % field for field in fields) + name + b"\0"
        archive += [head, bytes(-len(head) % 4), content, bytes(-len(content) % 4)]
    return b"".join(archive)


def initramfs(rng, release):
    module = f"usr/lib/modules/{release}/kernel/amdgpu.ko".encode()
    choice = rng.randrange(6)
    if choice == 0:
        return newc([(module + b".xz", bomb("xz"))] * rng.choice([1, 8]))
    if choice == 1:
        return newc([(b"etc/modprobe.d/a.conf", modprobe(rng)) for _ in range(50)])
    if choice == 2:
        return gzip.compress(newc([(module, module_image(rng))]))
    if choice == 3:
        return newc([(b"../../etc/modprobe.d/" + text(rng).replace(b"\0", b""), b"x")])
    if choice == 4:
        return bomb("gz")
    return newc([(b"early", b"x")]) + rng.randbytes(500)


def module_image(rng):
    """An ELF file with a section header table that lies."""
    def lie():
        return rng.choice([0, 1, 64, 0xffffffff, 0x7fffffffffffffff, (1 << 64) - 1,
                           rng.getrandbits(64)])

    ident = b"\x7fELF" + bytes([rng.choice([1, 2, 0]), 1, 1]) + bytes(9)
    count, names = rng.choice([0, 1, 3, 0xffff]), rng.choice([0, 1, 2, 0xffff])
    header = ident + struct.pack("<HHIQQQIHHHHHH", 1, 62, 1, 0, 0, rng.choice([64, lie()]), 0, 64, 0,
                                 0, rng.choice([64, 0, 1]), count, names)
    sections = b"".join(struct.pack("<IIQQQQIIQQ", rng.choice([0, 1, 9]), rng.choice([1, 3, 8]), 0, 0,
                                    lie(), lie(), 0, 0, 1, 0) for _ in range(3))
    return header + sections + b"\0.modinfo\0" + b"version=" + text(rng)


def module(rng, content):
    choice = rng.randrange(6)
    if choice == 0:
        return module_image(rng)
    if choice == 1:
        return lzma.compress(module_image(rng))
    if choice == 2:
        return gzip.compress(damage(rng, content))
    if choice == 3:
        return bomb("xz")
    return damage(rng, content)


def json_report(rng):
    """(document, what it is): for the descriptor on which the interposer reports."""
    good = (b'{"schema":1,"kind":"gpu_memory_fault","fault":{"address":"0x7f0000001000","reasons":'
            b'["page_not_present"]},"gpu":{"node":%s},"text":%s}')
    evil = b'"' + rng.choice(ESCAPES[:8]).replace(b"\x00", b"") + b'"'
    kinds = [
        ("brackets", b"[" * 50_000), ("deep object", b'{"a":' * 100_000),
        ("keys", b"{" + b",".join(b'"%d":0' % i for i in range(150_000)) + b"}"),
        ("large", good % (b"1", b'"' + b"x" * 3_000_000 + b'"')),
        ("good", good % (b"1", b'"x"')), ("escapes", good % (evil, evil)),
        ("unicode escapes", good % (b'"\\u001b[31m\\u202e"', b'"\\u0000"')),
        ("numbers", good % (rng.choice(NUMBERS), b"1e400")),
        ("types", b'{"kind":"gpu_memory_fault","fault":{"address":[],"reasons":{}},"gpu":[1]}'),
        ("reasons", b'{"kind":"gpu_memory_fault","fault":{"reasons":[[[1]]],"address":null}}'),
        ("lines", b"x\n" * 200_000), ("nuls", b"\0" * 100_000), ("random", rng.randbytes(5000)),
        ("deep fault", b'{"kind":"gpu_memory_fault","fault":{"a":' + b"[" * 40_000 + b"]" * 40_000 +
         b"}}"),
        ("an inner account", b'{"kind":"gpu_memory_fault","incidents":[7,{"causes":[1,"x",{"id":[]}]},'
         b'{"causes":"x"}],"lines":{"a":{"text":1}},"decision":"restart","layer":{"live":-1}}'),
        ("types of an inner account", b'{"kind":"gpu_hang","incidents":5,"lines":[[],{"text":%s}],'
         b'"decision":{"verdict":{}},"calls":{}}' % evil),
        ("processes", b'{"kind":"gpu_memory_fault","fault":{},"pid":-1,"program":%s,"rank":%s,"time":{},'
         b'"summary":%s}' % (evil, rng.choice(NUMBERS), evil)),
        ("truncated", good[:60]), ("invalid UTF-8", good % (b'"\xff\xfe"', b'"\xed\xa0\x80"')),
    ]
    name, document = rng.choice(kinds)
    return document + rng.choice([b"\n", b"\n", b""]), name
