# SPDX-License-Identifier: GPL-2.0
#
# Writes files in a directory, and prints a line about each thing that fsync() and the
# like have promised to keep; or reads those lines and looks whether it is kept.
#
#	python3 journal.py write DIR SEED
#	python3 journal.py check DIR SEED <LINES
#
# Lines:	append FILE RECORD	records up to this one are in the file
#		slot FILE SLOT VERSION	this or a newer version is in the place
#		file NAME VERSION	this or a newer version has the name
#		going NAME VERSION	it may be gone from now on
#		gone NAME VERSION	it is, but for newer versions

import hashlib
import os
import random
import sys
import time

SECTOR = 512
SLOT = 4096


def sector(*what):
    """A sector that tells what it is: its text, and a hash of that to fill it."""
    text = (' '.join(map(str, what)) + '\n').encode()
    body = hashlib.sha512(text).digest() * (SECTOR // 64)
    return text + body[len(text):]


def version_of(data):
    """The last word of a sector's text; None if it is no sector of ours."""
    words = data[:data.find(b'\n')].decode('latin-1').split(' ')
    if data != sector(*words):
        return None
    return words[:-1], int(words[-1])


class Writer:
    def __init__(self, directory, seed):
        self.dir = directory
        self.seed = seed
        self.random = random.Random(seed)
        self.records = {}
        self.versions = {}
        self.doomed = {}
        self.dirfd = os.open(directory, os.O_RDONLY)

    def path(self, name):
        return os.path.join(self.dir, name)

    @staticmethod
    def tell(*words):
        os.write(1, (' '.join(map(str, words)) + '\n').encode())

    def append(self):
        name = 'append%d' % self.random.randrange(3)
        first = self.records.get(name, 0)
        count = self.random.choice((1, 1, 1, 3, 40))
        fd = os.open(self.path(name), os.O_CREAT | os.O_WRONLY | os.O_APPEND)
        for record in range(first, first + count):
            os.write(fd, sector(self.seed, name, record, 0))
        os.fsync(fd)
        if not first:
            os.fsync(self.dirfd)
        os.close(fd)
        self.records[name] = first + count
        self.tell('append', name, first + count - 1)

    def slot(self):
        name = 'slots%d' % self.random.randrange(2)
        slot = self.random.randrange(64)
        version = self.versions.get((name, slot), 0) + 1
        dsync = self.random.randrange(2)
        fresh = not os.path.exists(self.path(name))
        fd = os.open(self.path(name),
                     os.O_CREAT | os.O_RDWR | (os.O_DSYNC if dsync else 0))
        if fresh:
            os.posix_fallocate(fd, 0, 64 * SLOT)
            os.fsync(fd)
            os.fsync(self.dirfd)
        data = b''.join(sector(self.seed, name, slot, part, version)
                        for part in range(SLOT // SECTOR))
        os.pwrite(fd, data, slot * SLOT)
        if not dsync:
            os.fdatasync(fd)
        os.close(fd)
        self.versions[name, slot] = version
        self.tell('slot', name, slot, version)

    def replace(self):
        name = 'file%d' % self.random.randrange(20)
        if name in self.doomed:
            return
        version = self.versions.get(name, 0) + 1
        fd = os.open(self.path(name + '.new'),
                     os.O_CREAT | os.O_WRONLY | os.O_TRUNC)
        for part in range(1 + version * 7 % 64):
            os.write(fd, sector(self.seed, name, part, version))
        os.fsync(fd)
        os.close(fd)
        os.rename(self.path(name + '.new'), self.path(name))
        os.fsync(self.dirfd)
        self.versions[name] = version
        self.tell('file', name, version)

    # Its line is on its way for a while: whoever reads it must have it when the file
    # goes, or a file that is gone would be one that is lost.
    def remove(self):
        name = 'file%d' % self.random.randrange(20)
        if name not in self.doomed and os.path.exists(self.path(name)):
            self.doomed[name] = time.monotonic() + 1
            self.tell('going', name, self.versions[name])

    def bury(self):
        for name in [n for n, at in self.doomed.items() if at < time.monotonic()]:
            os.unlink(self.path(name))
            os.fsync(self.dirfd)
            del self.doomed[name]
            self.tell('gone', name, self.versions[name])

    def run(self):
        while True:
            self.random.choice((self.append, self.append, self.slot, self.slot,
                                self.replace, self.replace, self.remove))()
            self.bury()


class Checker:
    def __init__(self, directory, seed):
        self.dir = directory
        self.seed = seed
        self.lost = []
        self.promises = 0

    def read(self, name):
        try:
            with open(os.path.join(self.dir, name), 'rb') as file:
                return file.read()
        except FileNotFoundError:
            return None

    def complain(self, *words):
        self.lost.append(' '.join(map(str, words)))

    def append(self, name, record):
        data = self.read(name) or b''
        wanted = b''.join(sector(self.seed, name, n, 0) for n in range(record + 1))
        if data[:len(wanted)] != wanted:
            same = os.path.commonprefix((data, wanted))
            self.complain(name, 'has', len(same) // SECTOR, 'of', record + 1,
                          'records')

    def slot(self, name, slot, version):
        data = (self.read(name) or b'')[slot * SLOT:(slot + 1) * SLOT]
        for part in range(SLOT // SECTOR):
            got = version_of(data[part * SECTOR:(part + 1) * SECTOR])
            if (not got or got[1] < version or
                    got[0] != [str(self.seed), name, str(slot), str(part)]):
                self.complain(name, 'slot', slot, 'part', part, 'of version',
                              version, 'has', got)
                return

    def file(self, name, version, may_be_gone):
        data = self.read(name)
        if data is None:
            if not may_be_gone:
                self.complain(name, 'version', version, 'is not there')
            return
        got = version_of(data[:SECTOR])
        if not got or got[1] < version:
            self.complain(name, 'version', version, 'has', got)
            return
        wanted = b''.join(sector(self.seed, name, part, got[1])
                          for part in range(1 + got[1] * 7 % 64))
        if data != wanted:
            self.complain(name, 'version', got[1], 'is not whole')

    def gone(self, name, version):
        data = self.read(name)
        got = version_of(data[:SECTOR]) if data is not None else None
        if data is not None and (not got or got[1] <= version):
            self.complain(name, 'version', version, 'is still there')

    def run(self, lines):
        appends, slots, files = {}, {}, {}
        for line in lines:
            words = line.split()
            # The last line may have been cut by the end.
            if not line.endswith('\n'):
                break
            self.promises += 1
            if words[0] == 'append':
                appends[words[1]] = int(words[2])
            elif words[0] == 'slot':
                slots[words[1], int(words[2])] = int(words[3])
            else:
                files[words[1]] = words[0], int(words[2])
        for name, record in appends.items():
            self.append(name, record)
        for (name, slot), version in slots.items():
            self.slot(name, slot, version)
        for name, (what, version) in files.items():
            if what == 'gone':
                self.gone(name, version)
            else:
                self.file(name, version, what == 'going')
        for line in self.lost[:20]:
            print('lost:', line)
        print('%d promises, %d lost' % (self.promises, len(self.lost)))
        return 1 if self.lost else 0


def main():
    what, directory, seed = sys.argv[1], sys.argv[2], int(sys.argv[3])
    if what == 'write':
        Writer(directory, seed).run()
    sys.exit(Checker(directory, seed).run(sys.stdin))


main()
