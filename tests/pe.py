#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""What a Windows file is made of, checked. Prints TAP.

usage: pe.py driver FILE IMPORTS    a native driver; IMPORTS lists the names
                                    that it may import, one a line
       pe.py program FILE           a console program
"""

import struct
import sys

SCN_CODE, SCN_BSS = 0x20, 0x80
SCN_DISCARD = 0x02000000
SCN_X, SCN_R, SCN_W = 0x20000000, 0x40000000, 0x80000000
DLL_HIGH_ENTROPY, DLL_DYNAMIC_BASE, DLL_NX = 0x20, 0x40, 0x100
DIR_IMPORT, DIR_RESOURCE, DIR_RELOC, DIR_TLS = 1, 2, 5, 9
DIR_DELAY = 13
PAGE = 4096

count = failed = 0


def ok(good, text, *why):
    global count, failed
    count += 1
    print(f"{'ok' if good else 'not ok'} {count} - {text}")
    if not good:
        failed += 1
        for line in why:
            print(f'# {line}', file=sys.stderr)
    return good


class Section:
    def __init__(self, raw):
        (name, self.size, self.rva, self.file_size, self.offset, _, _, _, _,
         self.flags) = struct.unpack('<8s6I2HI', raw)
        self.name = name.rstrip(b'\0').decode('ascii', 'replace')
        self.end = self.rva + max(self.size, self.file_size)

    def __str__(self):
        return (f'{self.name}: {self.rva:#x}..{self.end:#x} '
                f'flags {self.flags:#010x}')


class Image:
    def __init__(self, path):
        with open(path, 'rb') as f:
            self.data = f.read()
        d = self.data
        if d[:2] != b'MZ':
            raise ValueError('no MZ')
        self.pe = struct.unpack_from('<I', d, 0x3c)[0]
        if d[self.pe:self.pe + 4] != b'PE\0\0':
            raise ValueError('no PE')
        (self.machine, n, _, _, _, optional, self.characteristics) = \
            struct.unpack_from('<HHIIIHH', d, self.pe + 4)
        self.opt = self.pe + 24
        self.magic = struct.unpack_from('<H', d, self.opt)[0]
        self.entry = struct.unpack_from('<I', d, self.opt + 16)[0]
        self.base, self.align, self.file_align = \
            struct.unpack_from('<QII', d, self.opt + 24)
        self.image_size, self.header_size, self.checksum, self.subsystem, \
            self.dll = struct.unpack_from('<IIIHH', d, self.opt + 56)
        dirs = struct.unpack_from('<I', d, self.opt + 108)[0]
        self.dirs = [struct.unpack_from('<II', d, self.opt + 112 + 8 * i)
                     for i in range(min(dirs, 16))]
        table = self.opt + optional
        self.sections = [Section(d[table + 40 * i:table + 40 * i + 40])
                         for i in range(n)]

    def directory(self, i):
        return self.dirs[i] if i < len(self.dirs) else (0, 0)

    def section_of(self, rva):
        for s in self.sections:
            if s.rva <= rva < s.end:
                return s
        return None

    def at(self, rva, size):
        s = self.section_of(rva)
        if s is None:
            raise ValueError(f'{rva:#x} is in no section')
        off = rva - s.rva
        if off + size > s.file_size:
            raw = self.data[s.offset + off:s.offset + s.file_size]
            return raw + b'\0' * (size - len(raw))
        return self.data[s.offset + off:s.offset + off + size]

    def string(self, rva):
        text = b''
        while not text.endswith(b'\0'):
            text += self.at(rva + len(text), 1)
        return text[:-1].decode('ascii')

    def real_checksum(self):
        at = self.opt + 64
        d = bytearray(self.data)
        d[at:at + 4] = b'\0' * 4
        size = len(d)
        if size % 2:
            d.append(0)
        # One's complement addition of words, by 32 bits at a time.
        d += b'\0' * (-len(d) % 4)
        total = sum(struct.unpack(f'<{len(d) // 4}I', d))
        while total >> 16:
            total = (total & 0xffff) + (total >> 16)
        return total + size

    def imports(self):
        rva, _ = self.directory(DIR_IMPORT)
        names = []
        while rva:
            table, _, _, name, iat = struct.unpack('<5I', self.at(rva, 20))
            if not name:
                break
            dll = self.string(name).lower()
            thunk = table or iat
            while True:
                value = struct.unpack('<Q', self.at(thunk, 8))[0]
                if not value:
                    break
                by_ordinal = value >> 63
                names.append((dll, f'#{value & 0xffff}' if by_ordinal else
                              self.string((value & 0x7fffffff) + 2)))
                thunk += 8
            rva += 20
        return names

    def relocations(self):
        rva, size = self.directory(DIR_RELOC)
        blob = self.at(rva, size) if size else b''
        at = 0
        while at < size:
            page, length = struct.unpack_from('<II', blob, at)
            if length < 8 or length % 4 or at + length > size or page % PAGE:
                raise ValueError(f'block at {at:#x}: page {page:#x}, '
                                 f'{length} bytes')
            for (entry,) in struct.iter_unpack('<H', blob[at + 8:at + length]):
                yield entry >> 12, page + (entry & 0xfff)
            at += length


def common(image):
    ok(image.magic == 0x20b, 'PE32+')
    ok(image.machine == 0x8664, 'for x86-64')
    ok(image.align == PAGE, 'sections are aligned to pages',
       f'alignment {image.align}')
    ok(image.dll & DLL_NX, 'NX compatible')
    ok(image.dll & DLL_DYNAMIC_BASE, 'may be moved')
    both = [str(s) for s in image.sections
            if s.flags & SCN_X and s.flags & SCN_W]
    ok(not both, 'no section is both writable and executable', *both)
    end = image.header_size
    wrong = []
    for s in image.sections:
        if s.rva % PAGE or s.rva < end or \
                s.offset + s.file_size > len(image.data):
            wrong.append(str(s))
        end = s.end
    ok(not wrong, 'sections are in order and in the file', *wrong)
    ok(image.image_size == (end + PAGE - 1) // PAGE * PAGE,
       'the size of the image is that of its sections',
       f'{image.image_size:#x}, sections end at {end:#x}')
    s = image.section_of(image.entry)
    ok(s and s.flags & SCN_X, 'the entry point is code')


def check_relocations(image):
    types, wrong, last, n, unsorted = set(), [], -1, 0, 0
    for kind, rva in image.relocations():
        if kind == 0:
            continue
        types.add(kind)
        n += 1
        unsorted += rva < last
        last = rva
        s = image.section_of(rva)
        if s is None or image.section_of(rva + 7) is not s or \
                s.flags & SCN_DISCARD:
            wrong.append(f'at {rva:#x} in {s and s.name}')
            continue
        target = struct.unpack('<Q', image.at(rva, 8))[0] - image.base
        # One past the end of a section is an address, too.
        if not image.section_of(target) and \
                not image.section_of(target - 1) and \
                not 0 <= target < image.header_size:
            wrong.append(f'at {rva:#x} in {s.name}: points to '
                         f'base + {target:#x}')
    ok(types == {10}, 'all relocations are of type DIR64', f'types {types}')
    ok(n > 1000, 'there are many of them', f'{n}')
    ok(not unsorted, 'they are sorted', f'{unsorted} are not')
    ok(not wrong, 'each lies in a section and points into the image',
       f'{len(wrong)} of {n}', *wrong[:10])


def version_strings(image):
    rva, size = image.directory(DIR_RESOURCE)
    blob = image.at(rva, size) if size else b''
    return 'VS_VERSION_INFO'.encode('utf-16le') in blob, blob


def driver(image, allowed):
    common(image)
    ok(image.subsystem == 1, 'native subsystem')
    ok(image.checksum == image.real_checksum(), 'the checksum is right',
       f'{image.checksum:#x}, not {image.real_checksum():#x}')
    check_relocations(image)
    found, blob = version_strings(image)
    ok(found, 'has a version resource')
    for key in 'FileVersion', 'ProductName', 'LegalCopyright':
        ok(key.encode('utf-16le') in blob, f'the version has a {key}')
    imports = image.imports()
    ok({dll for dll, _ in imports} <= {'ntoskrnl.exe', 'hal.dll'},
       'imports from ntoskrnl.exe and hal.dll alone',
       f'{ {dll for dll, _ in imports} }')
    other = sorted(name for _, name in imports if name not in allowed)
    ok(not other, 'imports what every NT has, the rest is looked up', *other)
    ok(not image.directory(DIR_TLS)[1] and not image.directory(DIR_DELAY)[1],
       'no TLS, no delayed imports')
    names = [s.name for s in image.sections]
    bad = [n for n in names
           if n.startswith(('.comment', '.note', '.debug', '.eh_frame'))]
    ok(not bad, 'no sections of ELF only', *bad)


def program(image):
    common(image)
    ok(image.subsystem == 3, 'console subsystem')
    ok(image.dll & DLL_HIGH_ENTROPY, 'high entropy addresses')
    ok(image.directory(DIR_RELOC)[1], 'has relocations')


def main(argv):
    if len(argv) == 4 and argv[1] == 'driver':
        with open(argv[3]) as f:
            allowed = {line.split('#')[0].strip() for line in f}
        driver(Image(argv[2]), allowed)
    elif len(argv) == 3 and argv[1] == 'program':
        program(Image(argv[2]))
    else:
        sys.exit(__doc__)
    print(f'1..{count}')
    return failed != 0


if __name__ == '__main__':
    sys.exit(main(sys.argv))
