// SPDX-License-Identifier: GPL-2.0
/*
 * A Windows program that uses a disk: for the tests of exports.
 *
 *	winio info DISK				what it answers to control requests
 *	winio write|verify DISK AT BYTES SEED [through]	a pattern, 1 MiB at a time
 *	winio try r|w|v DISK AT BYTES		one request; prints its error, 0: none
 *	winio random DISK BYTES COUNT SEED	many at once, checked against memory
 *	winio order DISK AT ROUNDS		many at once to one place: the last stays
 *	winio fuzz DISK COUNT SEED		control requests that make no sense
 *	winio flush|hold|trim DISK [AT BYTES]	hold: until standard input ends
 *	winio ask DISK CODE			a control request; prints three numbers
 *	winio journal DISK AT BYTES SEED through|flush
 *		records of 4 KiB; prints the number of each when it must be safe
 *	winio recheck DISK AT SEED LAST		records up to LAST are there
 */
#define __USE_MINGW_ANSI_STDIO 1
#include <windows.h>
#include <winioctl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CHUNK	(1u << 20)
#define RECORD	4096u

static void fail(const char *what)
{
	printf("%s: error %lu\n", what, GetLastError());
	exit(1);
}

static uint64_t mix(uint64_t n)
{
	n ^= n >> 33;
	n *= 0xff51afd7ed558ccdull;
	n ^= n >> 33;
	n *= 0xc4ceb9fe1a85ec53ull;
	return n ^ n >> 33;
}

static uint64_t random_state;

static uint64_t random_number(void)
{
	return mix(++random_state);
}

static void fill(void *to, uint64_t at, size_t bytes, uint64_t seed)
{
	uint64_t *word = to;
	size_t i;

	for (i = 0; i < bytes / 8; i++)
		word[i] = mix(seed << 48 ^ (at / 8 + i));
}

static void *pages(size_t bytes)
{
	void *memory = VirtualAlloc(NULL, bytes, MEM_COMMIT, PAGE_READWRITE);

	if (!memory)
		fail("no memory");
	return memory;
}

static HANDLE open_disk(const char *name, DWORD access, DWORD flags)
{
	HANDLE disk = CreateFileA(name, access, FILE_SHARE_READ | FILE_SHARE_WRITE,
				  NULL, OPEN_EXISTING, flags, NULL);

	if (disk == INVALID_HANDLE_VALUE)
		fail("open");
	return disk;
}

/* Wine 8 knows no other way to name the place. Returns an error. */
static DWORD transfer(HANDLE disk, char how, void *data, uint64_t at, DWORD bytes,
		      DWORD *done)
{
	OVERLAPPED place = {
		.Offset = (DWORD)at, .OffsetHigh = (DWORD)(at >> 32),
		.hEvent = CreateEventA(NULL, TRUE, FALSE, NULL),
	};
	DWORD error = 0;
	BOOL ok;

	*done = 0;
	if (how == 'w')
		ok = WriteFile(disk, data, bytes, done, &place);
	else
		ok = ReadFile(disk, data, bytes, done, &place);
	if (!ok && GetLastError() == ERROR_IO_PENDING)
		ok = GetOverlappedResult(disk, &place, done, TRUE);
	if (!ok)
		error = GetLastError();
	CloseHandle(place.hEvent);
	return error;
}

static void transfer_all(HANDLE disk, char how, void *data, uint64_t at, DWORD bytes)
{
	DWORD done, error = transfer(disk, how, data, at, bytes, &done);

	SetLastError(error);
	if (error || done != bytes) {
		printf("at %llu, %lu of %lu bytes, ", at, done, bytes);
		fail(how == 'w' ? "write" : "read");
	}
}

static int pattern(char how, const char *name, uint64_t at, uint64_t bytes,
		   uint64_t seed, DWORD flags)
{
	HANDLE disk = open_disk(name, how == 'w' ? GENERIC_READ | GENERIC_WRITE :
				GENERIC_READ, flags | FILE_FLAG_OVERLAPPED);
	char *data = pages(CHUNK), *wanted = pages(CHUNK);
	DWORD part;

	for (; bytes; bytes -= part, at += part) {
		part = bytes < CHUNK ? bytes : CHUNK;
		fill(wanted, at, part, seed);
		if (how == 'w') {
			transfer_all(disk, 'w', wanted, at, part);
			continue;
		}
		transfer_all(disk, 'r', data, at, part);
		if (!memcmp(data, wanted, part))
			continue;
		printf("wrong bytes at %llu\n", at);
		return 1;
	}
	CloseHandle(disk);
	return 0;
}

/* ------------------------------------------------------------ questions -- */

static DWORD ask(HANDLE disk, DWORD code, void *in, DWORD in_bytes, void *out,
		 DWORD out_bytes)
{
	DWORD got = 0;

	memset(out, 0xee, out_bytes);
	return DeviceIoControl(disk, code, in, in_bytes, out, out_bytes, &got, NULL) ?
	       0 : GetLastError();
}

static DWORD ask_property(HANDLE disk, STORAGE_PROPERTY_ID id, void *out, DWORD bytes)
{
	STORAGE_PROPERTY_QUERY query = {
		.PropertyId = id, .QueryType = PropertyStandardQuery,
	};

	return ask(disk, IOCTL_STORAGE_QUERY_PROPERTY, &query, sizeof(query), out,
		   bytes);
}

static void tell_geometry(HANDLE disk)
{
	GET_LENGTH_INFORMATION length;
	DISK_GEOMETRY geometry;
	DISK_GEOMETRY_EX ex;
	DWORD error;

	error = ask(disk, IOCTL_DISK_GET_LENGTH_INFO, NULL, 0, &length,
		    sizeof(length));
	printf("length %lu %lld\n", error, length.Length.QuadPart);
	error = ask(disk, IOCTL_DISK_GET_DRIVE_GEOMETRY, NULL, 0, &geometry,
		    sizeof(geometry));
	printf("geometry %lu %lld %d %lu %lu %lu\n", error,
	       geometry.Cylinders.QuadPart, geometry.MediaType,
	       geometry.TracksPerCylinder, geometry.SectorsPerTrack,
	       geometry.BytesPerSector);
	error = ask(disk, IOCTL_DISK_GET_DRIVE_GEOMETRY_EX, NULL, 0, &ex,
		    sizeof(ex));
	printf("geometry_ex %lu %lld %lu\n", error, ex.DiskSize.QuadPart,
	       ex.Geometry.BytesPerSector);
	error = ask(disk, IOCTL_STORAGE_GET_MEDIA_TYPES, NULL, 0, &geometry,
		    sizeof(geometry));
	printf("media_types %lu %d\n", error, geometry.MediaType);
}

static void tell_partitions(HANDLE disk)
{
	DRIVE_LAYOUT_INFORMATION_EX layout;
	PARTITION_INFORMATION_EX ex;
	PARTITION_INFORMATION old;
	DWORD error;

	error = ask(disk, IOCTL_DISK_GET_PARTITION_INFO, NULL, 0, &old, sizeof(old));
	printf("partition %lu %lld %lld %lu\n", error, old.StartingOffset.QuadPart,
	       old.PartitionLength.QuadPart, old.PartitionNumber);
	error = ask(disk, IOCTL_DISK_GET_PARTITION_INFO_EX, NULL, 0, &ex, sizeof(ex));
	printf("partition_ex %lu %d %lld\n", error, ex.PartitionStyle,
	       ex.PartitionLength.QuadPart);
	error = ask(disk, IOCTL_DISK_GET_DRIVE_LAYOUT_EX, NULL, 0, &layout,
		    sizeof(layout));
	printf("layout_ex %lu %lu %lu\n", error, layout.PartitionStyle,
	       layout.PartitionCount);
}

static const char *text_at(const void *base, DWORD offset, DWORD size)
{
	return offset && offset < size ? (const char *)base + offset : "";
}

static void tell_properties(HANDLE disk)
{
	STORAGE_ACCESS_ALIGNMENT_DESCRIPTOR alignment;
	DEVICE_TRIM_DESCRIPTOR trim;
	union {
		STORAGE_DESCRIPTOR_HEADER head;
		STORAGE_DEVICE_DESCRIPTOR device;
		char bytes[512];
	} out;
	DWORD error;

	error = ask_property(disk, StorageDeviceProperty, &out, sizeof(out.head));
	printf("device_size %lu %s\n", error,
	       out.head.Size > sizeof(out.device) ? "larger" : "too small");
	error = ask_property(disk, StorageDeviceProperty, &out, sizeof(out));
	printf("device %lu bus %d removable %d vendor %s product %s\n", error,
	       out.device.BusType, out.device.RemovableMedia,
	       text_at(&out, out.device.VendorIdOffset, sizeof(out)),
	       text_at(&out, out.device.ProductIdOffset, sizeof(out)));
	error = ask_property(disk, StorageAccessAlignmentProperty, &alignment,
			     sizeof(alignment));
	printf("alignment %lu %lu %lu\n", error, alignment.BytesPerLogicalSector,
	       alignment.BytesPerPhysicalSector);
	error = ask_property(disk, StorageDeviceTrimProperty, &trim, sizeof(trim));
	printf("trim %lu %d\n", error, trim.TrimEnabled);
	error = ask_property(disk, (STORAGE_PROPERTY_ID)9999, &out, sizeof(out));
	printf("no_property %lu\n", error);
}

static int info(const char *name)
{
	HANDLE disk = open_disk(name, GENERIC_READ, 0);
	STORAGE_DEVICE_NUMBER number;
	STORAGE_HOTPLUG_INFO hotplug;
	char out[64];
	DWORD error;

	tell_geometry(disk);
	tell_partitions(disk);
	tell_properties(disk);
	error = ask(disk, IOCTL_STORAGE_GET_DEVICE_NUMBER, NULL, 0, &number,
		    sizeof(number));
	printf("number %lu type %lu partition %ld\n", error, number.DeviceType,
	       (long)number.PartitionNumber);
	error = ask(disk, IOCTL_STORAGE_GET_HOTPLUG_INFO, NULL, 0, &hotplug,
		    sizeof(hotplug));
	printf("hotplug %lu media %d device %d\n", error, hotplug.MediaHotplug,
	       hotplug.DeviceHotplug);
	printf("writable %lu\n", ask(disk, IOCTL_DISK_IS_WRITABLE, NULL, 0, out, 0));
	printf("check_verify %lu\n",
	       ask(disk, IOCTL_STORAGE_CHECK_VERIFY, NULL, 0, out, 0));
	printf("short %lu\n", ask(disk, IOCTL_DISK_GET_LENGTH_INFO, NULL, 0, out, 4));
	printf("unknown %lu\n", ask(disk, CTL_CODE(FILE_DEVICE_DISK, 0x7ff, 0, 0),
				    NULL, 0, out, sizeof(out)));
	return 0;
}

/* ------------------------------------------------------------- requests -- */

static int try_one(char how, const char *name, uint64_t at, DWORD bytes)
{
	DWORD access = how == 'w' ? GENERIC_READ | GENERIC_WRITE : GENERIC_READ;
	HANDLE disk = open_disk(name, access, how == 'v' ? 0 : FILE_FLAG_OVERLAPPED);
	VERIFY_INFORMATION verify = { .StartingOffset.QuadPart = at, .Length = bytes };
	void *data = pages(bytes + 4096);
	DWORD done = 0, error;

	if (how == 'v')
		error = ask(disk, IOCTL_DISK_VERIFY, &verify, sizeof(verify), data, 0);
	else
		error = transfer(disk, how, data, at, bytes, &done);
	printf("%lu %lu\n", error, done);
	return 0;
}

static int flush(const char *name)
{
	HANDLE disk = open_disk(name, GENERIC_READ | GENERIC_WRITE, 0);

	if (!FlushFileBuffers(disk))
		fail("flush");
	return 0;
}

static int hold(const char *name)
{
	HANDLE disk = open_disk(name, GENERIC_READ, 0);

	(void)disk;
	printf("held\n");
	fflush(stdout);
	while (getchar() != EOF)
		;
	return 0;
}

static int ask_numbers(const char *name, DWORD code)
{
	HANDLE disk = open_disk(name, GENERIC_READ, 0);
	DWORD out[3] = { 0 }, got;

	if (!DeviceIoControl(disk, code, NULL, 0, out, sizeof(out), &got, NULL))
		fail("ask");
	printf("%lu %lu %lu\n", out[0], out[1], out[2]);
	return 0;
}

static int trim(const char *name, uint64_t at, uint64_t bytes)
{
	HANDLE disk = open_disk(name, GENERIC_READ | GENERIC_WRITE, 0);
	struct {
		DEVICE_MANAGE_DATA_SET_ATTRIBUTES set;
		DEVICE_DATA_SET_RANGE range;
	} in = {
		.set.Size = sizeof(in.set),
		.set.Action = DeviceDsmAction_Trim,
		.set.DataSetRangesOffset = (DWORD)((char *)&in.range - (char *)&in),
		.set.DataSetRangesLength = sizeof(in.range),
		.range.StartingOffset = at,
		.range.LengthInBytes = bytes,
	};
	char out[8];

	printf("%lu\n", ask(disk, IOCTL_STORAGE_MANAGE_DATA_SET_ATTRIBUTES, &in,
			    sizeof(in), out, 0));
	return 0;
}

/* ------------------------------------------------------ many at a time -- */

#define LANES		16
#define LANE_MAX	(300u << 10)

/* A lane has a part of the disk to itself, so its order is known. */
struct lane {
	OVERLAPPED place;
	char *data;
	char *wanted;		/* what its part holds */
	uint64_t start, size;
	uint64_t at;
	DWORD bytes;
	char how;
};

static void lane_submit(HANDLE disk, struct lane *lane)
{
	uint64_t at = lane->start + lane->at;
	BOOL ok;

	lane->place.Offset = (DWORD)at;
	lane->place.OffsetHigh = (DWORD)(at >> 32);
	if (lane->how == 'w')
		ok = WriteFile(disk, lane->data, lane->bytes, NULL, &lane->place);
	else
		ok = ReadFile(disk, lane->data, lane->bytes, NULL, &lane->place);
	if (!ok && GetLastError() != ERROR_IO_PENDING)
		fail("begin");
}

static void lane_begin(HANDLE disk, struct lane *lane)
{
	uint64_t sectors = lane->size / 512, at = random_number() % sectors;
	DWORD most = LANE_MAX / 512;

	if (most > sectors - at)
		most = sectors - at;
	lane->bytes = 512 * (1 + random_number() % most);
	if (random_number() % 3)
		lane->bytes = lane->bytes % 8192 ? 512 + lane->bytes % 8192 / 512 * 512 :
						   512;
	if (lane->bytes > (sectors - at) * 512)
		lane->bytes = (sectors - at) * 512;
	lane->at = at * 512;
	lane->how = random_number() % 2 ? 'w' : 'r';
	if (lane->how == 'w') {
		fill(lane->data, lane->at, lane->bytes, random_number());
		memcpy(lane->wanted + lane->at, lane->data, lane->bytes);
	}
	lane_submit(disk, lane);
}

static void lane_end(HANDLE disk, struct lane *lane)
{
	DWORD done = 0;

	if (!GetOverlappedResult(disk, &lane->place, &done, TRUE))
		fail("end");
	if (done != lane->bytes) {
		printf("%lu of %lu bytes\n", done, lane->bytes);
		exit(1);
	}
	if (lane->how == 'w' || !memcmp(lane->data, lane->wanted + lane->at, done))
		return;
	printf("wrong bytes at %llu\n", lane->start + lane->at);
	exit(1);
}

static int random_io(const char *name, uint64_t bytes, unsigned int count)
{
	HANDLE disk = open_disk(name, GENERIC_READ | GENERIC_WRITE,
				FILE_FLAG_OVERLAPPED | FILE_FLAG_NO_BUFFERING);
	static struct lane lanes[LANES];
	unsigned int i;

	for (i = 0; i < LANES; i++) {
		lanes[i].size = bytes / LANES / 512 * 512;
		lanes[i].start = i * lanes[i].size;
		lanes[i].data = pages(LANE_MAX + 8192);
		lanes[i].wanted = pages(lanes[i].size);
		lanes[i].place.hEvent = CreateEventA(NULL, TRUE, FALSE, NULL);
		fill(lanes[i].wanted, lanes[i].start, lanes[i].size, 1);
		transfer_all(disk, 'w', lanes[i].wanted, lanes[i].start,
			     lanes[i].size);
	}
	for (i = 0; i < LANES; i++)
		lane_begin(disk, &lanes[i]);
	for (i = 0; i < count; i++) {
		lane_end(disk, &lanes[i % LANES]);
		lane_begin(disk, &lanes[i % LANES]);
	}
	for (i = 0; i < LANES; i++)
		lane_end(disk, &lanes[i]);
	return 0;
}

/*
 * A disk executes commands for the same sectors as if one came after the other; NT's
 * file systems and cache count on it. Sizes differ, so that not only equal places are
 * compared.
 */
static void order_round(HANDLE disk, struct lane *lanes, uint64_t at, uint64_t seed)
{
	unsigned int i;

	for (i = 0; i < LANES; i++) {
		lanes[i].start = at;
		lanes[i].at = 0;
		lanes[i].how = 'w';
		lanes[i].bytes = RECORD * (LANES - i);
		fill(lanes[i].data, at, lanes[i].bytes, seed + i);
		lane_submit(disk, &lanes[i]);
	}
	for (i = 0; i < LANES; i++)
		lane_end(disk, &lanes[i]);
}

static int order(const char *name, uint64_t at, unsigned int rounds)
{
	HANDLE disk = open_disk(name, GENERIC_READ | GENERIC_WRITE,
				FILE_FLAG_OVERLAPPED | FILE_FLAG_NO_BUFFERING);
	char *data = pages(RECORD * LANES), *wanted = pages(RECORD);
	static struct lane lanes[LANES];
	unsigned int i, round, wrong = 0;

	for (i = 0; i < LANES; i++) {
		lanes[i].data = pages(RECORD * LANES);
		lanes[i].place.hEvent = CreateEventA(NULL, TRUE, FALSE, NULL);
	}
	for (round = 0; round < rounds; round++) {
		order_round(disk, lanes, at, round * LANES);
		transfer_all(disk, 'r', data, at, RECORD * LANES);
		/* Block i was last written by lane LANES - 1 - i. */
		for (i = 0; i < LANES; i++) {
			fill(wanted, at + i * RECORD, RECORD,
			     round * LANES + LANES - 1 - i);
			wrong += !!memcmp(data + i * RECORD, wanted, RECORD);
		}
	}
	printf("%u blocks are not the last\n", wrong);
	return !!wrong;
}

/* ----------------------------------------------------------------- fuzz -- */

static DWORD fuzz_code(void)
{
	static const DWORD known[] = {
		IOCTL_DISK_GET_LENGTH_INFO, IOCTL_DISK_GET_DRIVE_GEOMETRY,
		IOCTL_DISK_GET_DRIVE_GEOMETRY_EX, IOCTL_DISK_GET_PARTITION_INFO,
		IOCTL_DISK_GET_PARTITION_INFO_EX, IOCTL_DISK_GET_DRIVE_LAYOUT,
		IOCTL_DISK_GET_DRIVE_LAYOUT_EX, IOCTL_DISK_GET_MEDIA_TYPES,
		IOCTL_STORAGE_GET_MEDIA_TYPES_EX, IOCTL_STORAGE_GET_HOTPLUG_INFO,
		IOCTL_STORAGE_GET_DEVICE_NUMBER, IOCTL_STORAGE_QUERY_PROPERTY,
		IOCTL_DISK_IS_WRITABLE, IOCTL_DISK_VERIFY,
		IOCTL_STORAGE_CHECK_VERIFY, IOCTL_STORAGE_CHECK_VERIFY2,
		IOCTL_STORAGE_MANAGE_DATA_SET_ATTRIBUTES, FSCTL_LOCK_VOLUME,
		FSCTL_DISMOUNT_VOLUME, FSCTL_SET_ZERO_DATA,
	};
	uint64_t n = random_number();

	if (n % 4)
		return known[n / 4 % (sizeof(known) / sizeof(known[0]))];
	return CTL_CODE(n / 4 % 2 ? FILE_DEVICE_DISK : FILE_DEVICE_MASS_STORAGE,
			n / 8 % 4096, n / 65536 % 4, n / 262144 % 4);
}

static int fuzz(const char *name, unsigned int count)
{
	HANDLE disk = open_disk(name, GENERIC_READ | GENERIC_WRITE, 0);
	static uint64_t in[64], out[64];
	DWORD got, in_bytes, out_bytes;
	unsigned int i, j, good = 0;

	for (i = 0; i < count; i++) {
		in_bytes = random_number() % (sizeof(in) + 1);
		out_bytes = random_number() % (sizeof(out) + 1);
		for (j = 0; j < sizeof(in) / 8; j++) {
			in[j] = random_number();
			if (random_number() % 2)
				in[j] &= 0xff000000ffull;
		}
		good += !!DeviceIoControl(disk, fuzz_code(), in, in_bytes, out,
					  out_bytes, &got, NULL);
	}
	printf("%u of %u succeeded\n", good, count);
	return 0;
}

/* -------------------------------------------------------------- journal -- */

static int journal(const char *name, uint64_t at, uint64_t bytes, uint64_t seed,
		   const char *how)
{
	DWORD through = strcmp(how, "through") ? 0 : FILE_FLAG_WRITE_THROUGH;
	HANDLE disk = open_disk(name, GENERIC_READ | GENERIC_WRITE,
				FILE_FLAG_OVERLAPPED | through);
	char *data = pages(RECORD);
	uint64_t i;

	for (i = 0; i < bytes / RECORD; i++) {
		fill(data, i * RECORD, RECORD, seed);
		transfer_all(disk, 'w', data, at + i * RECORD, RECORD);
		if (!through && !FlushFileBuffers(disk))
			fail("flush");
		printf("%llu\n", i);
		fflush(stdout);
	}
	return 0;
}

static int recheck(const char *name, uint64_t at, uint64_t seed, uint64_t last)
{
	HANDLE disk = open_disk(name, GENERIC_READ, FILE_FLAG_OVERLAPPED);
	char *data = pages(RECORD), *wanted = pages(RECORD);
	uint64_t i, lost = 0;

	for (i = 0; i <= last; i++) {
		fill(wanted, i * RECORD, RECORD, seed);
		transfer_all(disk, 'r', data, at + i * RECORD, RECORD);
		lost += !!memcmp(data, wanted, RECORD);
	}
	printf("%llu lost\n", lost);
	return lost ? 1 : 0;
}

static uint64_t number(const char *text)
{
	return strtoull(text, NULL, 0);
}

static int run(int argc, char **argv)
{
	const char *what = argc > 2 ? argv[1] : "", *disk = argc > 2 ? argv[2] : "";
	DWORD flags = argc > 6 ? FILE_FLAG_WRITE_THROUGH : 0;

	random_state = argc > 4 ? number(argv[argc - 1]) << 32 : 1;
	if (!strcmp(what, "info"))
		return info(disk);
	if (!strcmp(what, "flush"))
		return flush(disk);
	if (!strcmp(what, "hold"))
		return hold(disk);
	if (!strcmp(what, "write") && argc >= 6)
		return pattern('w', disk, number(argv[3]), number(argv[4]),
			       number(argv[5]), flags);
	if (!strcmp(what, "verify") && argc == 6)
		return pattern('r', disk, number(argv[3]), number(argv[4]),
			       number(argv[5]), 0);
	if (!strcmp(what, "try") && argc == 6)
		return try_one(argv[2][0], argv[3], number(argv[4]), number(argv[5]));
	if (!strcmp(what, "ask") && argc == 4)
		return ask_numbers(disk, number(argv[3]));
	if (!strcmp(what, "trim") && argc == 5)
		return trim(disk, number(argv[3]), number(argv[4]));
	if (!strcmp(what, "random") && argc == 6)
		return random_io(disk, number(argv[3]), number(argv[4]));
	if (!strcmp(what, "order") && argc == 5)
		return order(disk, number(argv[3]), number(argv[4]));
	if (!strcmp(what, "fuzz") && argc == 5)
		return fuzz(disk, number(argv[3]));
	if (!strcmp(what, "journal") && argc == 7)
		return journal(disk, number(argv[3]), number(argv[4]),
			       number(argv[5]), argv[6]);
	if (!strcmp(what, "recheck") && argc == 6)
		return recheck(disk, number(argv[3]), number(argv[4]),
			       number(argv[5]));
	printf("see the top of winio.c\n");
	return 2;
}

int main(int argc, char **argv)
{
	return run(argc, argv);
}
