#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0
"""Compares the drivers of each cipher and hash of the kernel's with each other.

usage: compare.py SECONDS [PROCESSES]

Where /proc/crypto has several drivers for one name, each gets the same random keys and
data, in pieces of random size; what they give must be what the driver of the lowest
priority gives, which is the one in C. Prints each comparison's name and how often it
was made; exits 1 at the first difference.
"""
import os
import random
import socket
import sys
import time

KINDS = {"shash": "hash", "ahash": "hash", "skcipher": "skcipher",
         "lskcipher": "skcipher", "aead": "aead"}

# Modes in C of the cipher in C are only there when somebody has asked for them.
IN_C = [("skcipher", "ecb(aes-generic)"), ("skcipher", "cbc(aes-generic)"),
        ("skcipher", "ctr(aes-generic)"), ("skcipher", "xts(ecb(aes-generic))"),
        ("aead", "gcm_base(ctr(aes-generic),ghash-generic)")]


def entries():
    """The paragraphs of /proc/crypto as dictionaries."""
    with open("/proc/crypto", encoding="ascii") as file:
        for paragraph in file.read().split("\n\n"):
            yield {key.strip(): value.strip() for key, _, value in
                   (line.partition(":") for line in paragraph.splitlines())}


def families():
    """{(kind, name): [entry, ...]}, the driver in C first, only those to compare."""
    found = {}
    for algorithm in IN_C:
        with socket.socket(socket.AF_ALG, socket.SOCK_SEQPACKET) as master:
            master.bind(algorithm)
    for entry in entries():
        kind = KINDS.get(entry.get("type", ""))
        if kind and entry["internal"] == "no":
            found.setdefault((kind, entry["name"]), []).append(entry)
    for family in found.values():
        family.sort(key=lambda entry: int(entry["priority"]))
    return {key: family for key, family in found.items() if len(family) > 1}


def open_driver(kind, entry, key, tag=0):
    """A socket of AF_ALG's for that driver, or None if it wants what key is not."""
    master = socket.socket(socket.AF_ALG, socket.SOCK_SEQPACKET)
    with master:
        master.bind((kind, entry["driver"]))
        if key:
            try:
                master.setsockopt(socket.SOL_ALG, socket.ALG_SET_KEY, key)
            except OSError:
                return None
        if tag:
            master.setsockopt(socket.SOL_ALG, socket.ALG_SET_AEAD_AUTHSIZE, None, tag)
        return master.accept()[0]


def digest(entry, key, data, cuts):
    operation = open_driver("hash", entry, key)
    if operation is None:
        return None
    with operation:
        for begin, end in zip([0] + cuts, cuts + [len(data)]):
            operation.send(data[begin:end], socket.MSG_MORE)
        operation.send(b"")
        return operation.recv(int(entry["digestsize"]))


def crypt(entry, key, data, iv, direction):
    operation = open_driver("skcipher", entry, key)
    if operation is None:
        return None
    with operation:
        operation.sendmsg_afalg([data], op=direction, **({"iv": iv} if iv else {}))
        out = b""
        while len(out) < len(data):
            out += operation.recv(len(data) - len(out))
        return out


def authenticate(entry, key, data, iv, direction):
    """Encrypts, or verifies and decrypts; the first 16 bytes are not encrypted."""
    operation = open_driver("aead", entry, key, 16)
    if operation is None:
        return None
    size = len(data) + (16 if direction == socket.ALG_OP_ENCRYPT else -16)
    with operation:
        operation.sendmsg_afalg([data], op=direction, iv=iv, assoclen=16)
        return operation.recv(size)


def compare_hash(family, rng):
    data = rng.randbytes(rng.randrange(20000))
    cuts = sorted(rng.randrange(len(data) + 1) for _ in range(rng.randrange(4)))
    # CRCs take a key that they need not have, MACs of one block cipher want one.
    key = b"" if rng.randrange(2) else rng.randbytes(rng.choice((4, 8, 16, 32)))
    results = []
    for entry in family:
        try:
            results.append(digest(entry, key, data, cuts))
        except OSError:
            results.append(None)
    return results


def compare_cipher(family, rng, crypt_one):
    first = family[0]
    sizes = range(int(first.get("min keysize", 16)), int(first.get("max keysize", 32)) + 1)
    block = max(int(entry["blocksize"]) for entry in family)
    key = rng.randbytes(rng.choice([size for size in sizes if size % 8 == 0] or sizes))
    data = rng.randbytes(block * rng.randrange(16, 1 + 16000 // block))
    iv = rng.randbytes(int(first["ivsize"]))
    results = []
    for entry in family:
        done = crypt_one(entry, key, data, iv, socket.ALG_OP_ENCRYPT)
        results.append(done)
        if done is not None:
            again = crypt_one(entry, key, done, iv, socket.ALG_OP_DECRYPT)
            assert again == data, f"{entry['driver']} does not decrypt"
    return results


CRYPT = {"skcipher": crypt, "aead": authenticate}


def work(seconds, seed):
    """Compares for that long; {drivers: how often}."""
    rng = random.Random(seed)
    counts = {}
    end = time.monotonic() + seconds
    todo = families()
    while time.monotonic() < end:
        for (kind, name), family in todo.items():
            if kind == "hash":
                results = compare_hash(family, rng)
            else:
                results = compare_cipher(family, rng, CRYPT[kind])
            label = name + ": " + " ".join(entry["driver"] for entry in family)
            if any(result != results[0] for result in results):
                print("not the same,", label)
                sys.exit(1)
            if results[0] is not None:
                counts[label] = counts.get(label, 0) + 1
    return counts


def main():
    seconds = float(sys.argv[1])
    processes = int(sys.argv[2]) if len(sys.argv) > 2 else 1
    children = []
    for _ in range(processes - 1):
        child = os.fork()
        if child == 0:
            work(seconds, os.urandom(8))
            os._exit(0)
        children.append(child)
    counts = work(seconds, os.urandom(8))
    for child in children:
        if os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]):
            sys.exit(1)
    for label, count in sorted(counts.items()):
        print(count, label)


main()
