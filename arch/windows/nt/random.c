// SPDX-License-Identifier: GPL-2.0
/*
 * Entropy for Linux: NT's generator (under Wine the host's), and the
 * processor's own exclusive-ored over it.
 */
#include "winehost.h"

#define KSEC_RANDOM	0x390008	/* IOCTL of \Device\KsecDD */

#define CPUID_1_ECX_RDRAND	(1u << 30)

static BOOLEAN have_rdrand(void)
{
	u32 eax = 1, ebx, ecx = 0, edx;

	asm volatile("cpuid" : "+a" (eax), "=b" (ebx), "+c" (ecx), "=d" (edx));
	return (ecx & CPUID_1_ECX_RDRAND) != 0;
}

static BOOLEAN rdrand(u64 *value)
{
	u8 good;
	int i;

	for (i = 0; i < 10; i++) {
		asm volatile("rdrand %0; setc %1" : "=r" (*value), "=qm" (good)
			     : : "cc");
		if (good)
			return TRUE;
	}
	return FALSE;
}

static BOOLEAN mix_processor(u8 *buffer, u32 bytes)
{
	u64 value = 0;
	u32 i;

	if (!have_rdrand())
		return FALSE;
	for (i = 0; i < bytes; i++) {
		if (i % sizeof(value) == 0 && !rdrand(&value))
			return FALSE;
		buffer[i] ^= value >> (i % sizeof(value) * 8);
	}
	return TRUE;
}

static BOOLEAN from_wine_host(u8 *buffer, u32 bytes)
{
	s64 got;
	u32 done;

	for (done = 0; done < bytes; done += got) {
		got = host_syscall(HOST_SYS_GETRANDOM, (u64)(buffer + done),
				   bytes - done, 0, 0, 0, 0);
		if (got <= 0)
			return FALSE;
	}
	return TRUE;
}

static BOOLEAN from_nt(u8 *buffer, u32 bytes)
{
	UNICODE_STRING name = RTL_CONSTANT_STRING(L"\\Device\\KsecDD");
	OBJECT_ATTRIBUTES attributes;
	IO_STATUS_BLOCK io;
	NTSTATUS status;
	HANDLE device;

	InitializeObjectAttributes(&attributes, &name,
				   OBJ_CASE_INSENSITIVE | OBJ_KERNEL_HANDLE,
				   NULL, NULL);
	status = ZwCreateFile(&device, FILE_READ_DATA | SYNCHRONIZE,
			      &attributes, &io, NULL, FILE_ATTRIBUTE_NORMAL,
			      FILE_SHARE_READ | FILE_SHARE_WRITE, FILE_OPEN,
			      FILE_SYNCHRONOUS_IO_NONALERT, NULL, 0);
	if (!NT_SUCCESS(status))
		return FALSE;
	status = ZwDeviceIoControlFile(device, NULL, NULL, NULL, &io,
				       KSEC_RANDOM, buffer, bytes, buffer,
				       bytes);
	ZwClose(device);
	return NT_SUCCESS(status) && io.Information == bytes;
}

BOOLEAN random_fill(u8 *buffer, u32 bytes)
{
	BOOLEAN good;

	memset(buffer, 0, bytes);
	good = nt_under_wine ? from_wine_host(buffer, bytes) :
			       from_nt(buffer, bytes);
	if (mix_processor(buffer, bytes))
		good = TRUE;
	return good;
}
