// SPDX-License-Identifier: GPL-2.0
/*
 * The export bridge's NT end: an export as the SCSI disk that NT's disk driver drives.
 * Commands, mode and vital product data pages are those of SBC-3 and SPC-4.
 */
#include "export_nt.h"
#include "linuxbus.h"

#include <scsi.h>
#include <srb.h>

#define REVISION	"1   "
#define WRITE_PROTECTED	0x80	/* device-specific parameter of a mode header */
#define HAS_FUA		0x10
#define FUA_BIT		0x08	/* of a command's second byte */
#define MODE_ALL_PAGES	0x3f
#define MODE_CACHING	0x08
#define WRITE_CACHE	0x04
#define CAPACITY_CHANGED	0x09	/* qualifier of SCSI_ADSENSE_PARAMETERS_CHANGED */

/* A command and what it gets. */
struct command {
	struct export *export;
	PIRP irp;
	SCSI_REQUEST_BLOCK *srb;
	const UCHAR *cdb;
};

static u64 big_endian(const UCHAR *bytes, unsigned int n)
{
	u64 value = 0;

	while (n--)
		value = value << 8 | *bytes++;
	return value;
}

static void put_big_endian(UCHAR *bytes, unsigned int n, u64 value)
{
	while (n--) {
		bytes[n] = (UCHAR)value;
		value >>= 8;
	}
}

static SCSI_REQUEST_BLOCK *srb_of(PIRP irp)
{
	return IoGetCurrentIrpStackLocation(irp)->Parameters.Scsi.Srb;
}

/* ------------------------------------------------------------- the end -- */

struct outcome {
	UCHAR srb_status;
	UCHAR sense_key;	/* 0: none */
	UCHAR sense_code;
	UCHAR qualifier;
	NTSTATUS status;
};

static const struct outcome good = { .srb_status = SRB_STATUS_SUCCESS };

static struct outcome sense(UCHAR key, UCHAR code, UCHAR qualifier, NTSTATUS status)
{
	struct outcome outcome = {
		.srb_status = SRB_STATUS_ERROR,
		.sense_key = key,
		.sense_code = code,
		.qualifier = qualifier,
		.status = status,
	};

	return outcome;
}

static struct outcome illegal(UCHAR code)
{
	return sense(SCSI_SENSE_ILLEGAL_REQUEST, code, 0,
		     STATUS_INVALID_DEVICE_REQUEST);
}

static struct outcome outcome_of(s64 result, BOOLEAN write)
{
	struct outcome gone = {
		.srb_status = SRB_STATUS_NO_DEVICE,
		.status = STATUS_NO_SUCH_DEVICE,
	};

	switch (result) {
	case 0:
		return good;
	case -LINUX_EROFS:
		return sense(SCSI_SENSE_DATA_PROTECT, SCSI_ADSENSE_WRITE_PROTECT, 0,
			     STATUS_MEDIA_WRITE_PROTECTED);
	case -LINUX_ENOSPC:
		/* "space allocation failed write protect" */
		return sense(SCSI_SENSE_DATA_PROTECT, SCSI_ADSENSE_WRITE_PROTECT, 7,
			     STATUS_DISK_FULL);
	case -LINUX_ENODEV:
	case -LINUX_ENXIO:
		return gone;
	}
	/* "write error", "unrecovered read error" */
	return sense(SCSI_SENSE_MEDIUM_ERROR, write ? 0x0c : 0x11, 0,
		     STATUS_IO_DEVICE_ERROR);
}

static void put_sense(SCSI_REQUEST_BLOCK *srb, const struct outcome *outcome)
{
	SENSE_DATA *data = srb->SenseInfoBuffer;

	srb->ScsiStatus = SCSISTAT_CHECK_CONDITION;
	if (!data || srb->SenseInfoBufferLength < sizeof(*data) ||
	    (srb->SrbFlags & SRB_FLAGS_DISABLE_AUTOSENSE))
		return;
	RtlZeroMemory(data, sizeof(*data));
	data->ErrorCode = 0x70;		/* current, fixed format */
	data->SenseKey = outcome->sense_key;
	data->AdditionalSenseLength = sizeof(*data) - 8;
	data->AdditionalSenseCode = outcome->sense_code;
	data->AdditionalSenseCodeQualifier = outcome->qualifier;
	srb->SrbStatus |= SRB_STATUS_AUTOSENSE_VALID;
}

static NTSTATUS finish(PIRP irp, struct outcome outcome, u64 bytes)
{
	SCSI_REQUEST_BLOCK *srb = srb_of(irp);

	srb->SrbStatus = outcome.srb_status;
	srb->ScsiStatus = SCSISTAT_GOOD;
	srb->DataTransferLength = bytes;
	if (outcome.sense_key)
		put_sense(srb, &outcome);
	irp->IoStatus.Status = outcome.status;
	irp->IoStatus.Information = bytes;
	linuxbus_complete(irp, IO_DISK_INCREMENT);
	return outcome.status;
}

void scsi_complete(const struct slot *slot)
{
	PIRP irp = slot->irp;
	BOOLEAN write = slot->op != WSL4_EXPORT_READ;
	u64 bytes = slot->result || !slot->has_data ? 0 : slot->bytes;

	finish(irp, outcome_of(slot->result, write), bytes);
}

/* ---------------------------------------------------------------- data -- */

/*
 * A transfer may be a part of what its IRP describes: then DataBuffer says which, in
 * addresses of the one who made the IRP.
 */
void *scsi_data(PIRP irp)
{
	SCSI_REQUEST_BLOCK *srb = srb_of(irp);
	PMDL mdl = irp->MdlAddress;
	u64 offset;
	u8 *memory;

	if (!mdl)
		return srb->DataBuffer;
	offset = (u64)((u8 *)srb->DataBuffer - (u8 *)MmGetMdlVirtualAddress(mdl));
	if (offset > MmGetMdlByteCount(mdl) ||
	    srb->DataTransferLength > MmGetMdlByteCount(mdl) - offset)
		return NULL;
	memory = irp_buffer(irp);
	return memory ? memory + offset : NULL;
}

/* As much of an answer as its command has room for. */
static NTSTATUS answer(struct command *command, const void *bytes, u64 size,
		       u64 room)
{
	UCHAR *to = scsi_data(command->irp);

	if (room > command->srb->DataTransferLength)
		room = command->srb->DataTransferLength;
	if (size > room)
		size = room;
	if (!to && size)
		return finish(command->irp, illegal(SCSI_ADSENSE_INVALID_CDB), 0);
	RtlCopyMemory(to, bytes, size);
	return finish(command->irp, good, size);
}

/* ------------------------------------------------------------ commands -- */

/* Text in a field that is padded with spaces. */
static void put_text(UCHAR *to, const char *text, unsigned int bytes)
{
	unsigned int i = 0;

	for (; i < bytes && text[i]; i++)
		to[i] = text[i];
	for (; i < bytes; i++)
		to[i] = ' ';
}

static unsigned int text_bytes(const char *text)
{
	unsigned int n = 0;

	while (text[n])
		n++;
	return n;
}

/* Vital product data: which pages there are, serial number, what it is called. */
static NTSTATUS vital_data(struct command *command)
{
	static const UCHAR pages[] = { 0x00, 0x80, 0x83 };
	const char *name = command->export->info.name;
	unsigned int n = text_bytes(name);
	UCHAR page[8 + 8 + WSL4_EXPORT_NAME] = { 0 };

	page[1] = command->cdb[2];
	switch (command->cdb[2]) {
	case 0x00:
		page[3] = sizeof(pages);
		RtlCopyMemory(page + 4, pages, sizeof(pages));
		break;
	case 0x80:
		page[3] = n;
		put_text(page + 4, name, n);
		break;
	case 0x83:
		page[3] = 4 + 8 + n;
		page[4] = 2;		/* ASCII */
		page[5] = 1;		/* T10 vendor identification */
		page[7] = 8 + n;
		put_text(page + 8, EXPORT_VENDOR, 8);
		put_text(page + 16, name, n);
		break;
	default:
		return finish(command->irp, illegal(SCSI_ADSENSE_INVALID_CDB), 0);
	}
	return answer(command, page, 4 + page[3], big_endian(command->cdb + 3, 2));
}

static NTSTATUS inquiry(struct command *command)
{
	UCHAR data[36] = {
		[2] = 5,	/* SPC-3 */
		[3] = 2,
		[4] = sizeof(data) - 5,
		[7] = 2,	/* commands are queued */
	};

	if (command->cdb[1] & 1)
		return vital_data(command);
	put_text(data + 8, EXPORT_VENDOR, 8);
	put_text(data + 16, command->export->info.name, 16);
	put_text(data + 32, REVISION, 4);
	return answer(command, data, sizeof(data), big_endian(command->cdb + 3, 2));
}

static u64 last_block(const struct export *export)
{
	return export->info.bytes / export->info.logical_block - 1;
}

static NTSTATUS capacity(struct command *command)
{
	u64 last = last_block(command->export);
	UCHAR data[8];

	put_big_endian(data, 4, last > 0xffffffff ? 0xffffffff : last);
	put_big_endian(data + 4, 4, command->export->info.logical_block);
	return answer(command, data, sizeof(data), sizeof(data));
}

static NTSTATUS capacity16(struct command *command)
{
	const struct wsl4_export_info *info = &command->export->info;
	u32 block = info->logical_block;
	UCHAR data[32] = { 0 };

	if ((command->cdb[1] & 0x1f) != SERVICE_ACTION_READ_CAPACITY16)
		return finish(command->irp, illegal(SCSI_ADSENSE_INVALID_CDB), 0);
	put_big_endian(data, 8, last_block(command->export));
	put_big_endian(data + 8, 4, block);
	while (block < info->physical_block) {
		block <<= 1;
		data[13]++;
	}
	return answer(command, data, sizeof(data), big_endian(command->cdb + 10, 4));
}

static NTSTATUS mode_sense(struct command *command)
{
	BOOLEAN ten = command->cdb[0] == SCSIOP_MODE_SENSE10;
	UCHAR wanted = command->cdb[2] & MODE_ALL_PAGES;
	unsigned int head = ten ? 8 : 4, bytes = head;
	UCHAR data[8 + 20] = { 0 };

	if (wanted == MODE_CACHING || wanted == MODE_ALL_PAGES) {
		data[head] = MODE_CACHING;
		data[head + 1] = 18;
		data[head + 2] = WRITE_CACHE;
		bytes += 20;
	} else if (wanted) {
		return finish(command->irp, illegal(SCSI_ADSENSE_INVALID_CDB), 0);
	}
	data[ten ? 1 : 0] = bytes - (ten ? 2 : 1);
	data[ten ? 3 : 2] = HAS_FUA;
	if (command->export->info.flags & WSL4_EXPORT_READ_ONLY)
		data[ten ? 3 : 2] |= WRITE_PROTECTED;
	return answer(command, data, bytes, ten ? big_endian(command->cdb + 7, 2) :
						  command->cdb[4]);
}

static NTSTATUS report_luns(struct command *command)
{
	UCHAR data[16] = { [3] = 8 };

	return answer(command, data, sizeof(data), big_endian(command->cdb + 6, 4));
}

static NTSTATUS no_sense(struct command *command)
{
	UCHAR data[18] = { [0] = 0x70, [7] = 10 };

	return answer(command, data, sizeof(data), command->cdb[4]);
}

static NTSTATUS nothing_to_do(struct command *command)
{
	return finish(command->irp, good, 0);
}

/* ----------------------------------------------------- what Linux does -- */

struct transfer {
	UCHAR op;		/* WSL4_EXPORT_* */
	UCHAR block_at;		/* where the command has its first block */
	UCHAR block_bytes;
	UCHAR count_at;
	UCHAR count_bytes;
	BOOLEAN has_data;
};

static const struct transfer *transfer_of(UCHAR code)
{
	static const struct {
		UCHAR code;
		struct transfer transfer;
	} list[] = {
		{ SCSIOP_READ, { WSL4_EXPORT_READ, 2, 4, 7, 2, TRUE } },
		{ SCSIOP_WRITE, { WSL4_EXPORT_WRITE, 2, 4, 7, 2, TRUE } },
		{ SCSIOP_READ12, { WSL4_EXPORT_READ, 2, 4, 6, 4, TRUE } },
		{ SCSIOP_WRITE12, { WSL4_EXPORT_WRITE, 2, 4, 6, 4, TRUE } },
		{ SCSIOP_READ16, { WSL4_EXPORT_READ, 2, 8, 10, 4, TRUE } },
		{ SCSIOP_WRITE16, { WSL4_EXPORT_WRITE, 2, 8, 10, 4, TRUE } },
		{ SCSIOP_VERIFY, { WSL4_EXPORT_READ, 2, 4, 7, 2, FALSE } },
		{ SCSIOP_VERIFY16, { WSL4_EXPORT_READ, 2, 8, 10, 4, FALSE } },
	};
	size_t i;

	for (i = 0; i < ARRAYSIZE(list); i++)
		if (list[i].code == code)
			return &list[i].transfer;
	return NULL;
}

static NTSTATUS check_blocks(const struct export *export, const UCHAR *cdb,
			     const struct transfer *transfer, u64 room,
			     struct slot *slot)
{
	u64 first = big_endian(cdb + transfer->block_at, transfer->block_bytes);
	u64 count = big_endian(cdb + transfer->count_at, transfer->count_bytes);
	u64 blocks = last_block(export) + 1;

	if (first > blocks || count > blocks - first)
		return STATUS_NONEXISTENT_SECTOR;
	slot->op = transfer->op;
	slot->position = first * export->info.logical_block;
	slot->bytes = count * export->info.logical_block;
	slot->has_data = transfer->has_data;
	if (slot->has_data && slot->bytes > room)
		return STATUS_INVALID_PARAMETER;
	if (slot->op == WSL4_EXPORT_READ)
		return STATUS_SUCCESS;
	if (export->info.flags & WSL4_EXPORT_READ_ONLY)
		return STATUS_MEDIA_WRITE_PROTECTED;
	if (cdb[1] & FUA_BIT)
		slot->flags = WSL4_EXPORT_FUA;
	return STATUS_SUCCESS;
}

NTSTATUS scsi_check(const struct export *export, PIRP irp, struct slot *slot)
{
	const SCSI_REQUEST_BLOCK *srb = srb_of(irp);
	const struct transfer *transfer = NULL;

	if (srb->Function == SRB_FUNCTION_EXECUTE_SCSI)
		transfer = transfer_of(srb->Cdb[0]);
	if (transfer)
		return check_blocks(export, srb->Cdb, transfer,
				    srb->DataTransferLength, slot);
	slot->op = WSL4_EXPORT_FLUSH;
	slot->bytes = 1;
	return STATUS_SUCCESS;
}

static struct outcome refusal(NTSTATUS status)
{
	switch (status) {
	case STATUS_MEDIA_WRITE_PROTECTED:
		return outcome_of(-LINUX_EROFS, TRUE);
	case STATUS_NONEXISTENT_SECTOR:
		return illegal(SCSI_ADSENSE_ILLEGAL_BLOCK);
	case STATUS_DEVICE_NOT_CONNECTED:
		return outcome_of(-LINUX_ENODEV, FALSE);
	}
	return illegal(SCSI_ADSENSE_INVALID_CDB);
}

static NTSTATUS queue(struct command *command)
{
	NTSTATUS status;

	/* For the case that nobody ever gets to it. */
	command->srb->SrbStatus = SRB_STATUS_NO_DEVICE;
	status = request_submit(command->export, command->irp);
	if (status == STATUS_PENDING)
		return status;
	return finish(command->irp, NT_SUCCESS(status) ? good : refusal(status), 0);
}

/*
 * A unit attention: NT's disk driver asks for the capacity, and then again what it had
 * asked. SPC-4 names the three commands that do not report one.
 */
static BOOLEAN attention(struct command *command, struct outcome *outcome)
{
	switch (command->cdb[0]) {
	case SCSIOP_INQUIRY:
	case SCSIOP_REPORT_LUNS:
	case SCSIOP_REQUEST_SENSE:
		return FALSE;
	}
	if (!command->export->resized ||
	    !InterlockedExchange(&command->export->resized, FALSE))
		return FALSE;
	*outcome = sense(SCSI_SENSE_UNIT_ATTENTION, SCSI_ADSENSE_PARAMETERS_CHANGED,
			 CAPACITY_CHANGED, STATUS_IO_DEVICE_ERROR);
	return TRUE;
}

static NTSTATUS execute(struct command *command)
{
	static const struct {
		UCHAR code;
		NTSTATUS (*routine)(struct command *command);
	} list[] = {
		{ SCSIOP_TEST_UNIT_READY, nothing_to_do },
		{ SCSIOP_REQUEST_SENSE, no_sense },
		{ SCSIOP_INQUIRY, inquiry },
		{ SCSIOP_MODE_SENSE, mode_sense },
		{ SCSIOP_MODE_SENSE10, mode_sense },
		{ SCSIOP_START_STOP_UNIT, nothing_to_do },
		{ SCSIOP_MEDIUM_REMOVAL, nothing_to_do },
		{ SCSIOP_READ_CAPACITY, capacity },
		{ SCSIOP_READ_CAPACITY16, capacity16 },
		{ SCSIOP_REPORT_LUNS, report_luns },
		{ SCSIOP_SYNCHRONIZE_CACHE, queue },
		{ SCSIOP_SYNCHRONIZE_CACHE16, queue },
	};
	UCHAR code = command->cdb[0];
	struct outcome outcome;
	size_t i;

	if (attention(command, &outcome))
		return finish(command->irp, outcome, 0);
	if (transfer_of(code))
		return queue(command);
	for (i = 0; i < ARRAYSIZE(list); i++)
		if (list[i].code == code)
			return list[i].routine(command);
	return finish(command->irp, illegal(SCSI_ADSENSE_ILLEGAL_COMMAND), 0);
}

NTSTATUS scsi_submit(struct export *export, PIRP irp)
{
	SCSI_REQUEST_BLOCK *srb = srb_of(irp);
	struct command command = {
		.export = export,
		.irp = irp,
		.srb = srb,
		.cdb = srb->Cdb,
	};

	if (srb->Function == SRB_FUNCTION_EXECUTE_SCSI)
		return execute(&command);
	return queue(&command);
}
