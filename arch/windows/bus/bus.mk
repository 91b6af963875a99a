# SPDX-License-Identifier: GPL-2.0
#
# $(BUILD)/linuxbus.sys, the bus of disks for a real NT kernel. Included behind nt.mk,
# whose flags it has.

BUS_SOURCES	:= $(wildcard $(NT_TOP)/arch/windows/bus/*.c) \
		   $(NT_TOP)/arch/windows/nt/text.c
BUS_OBJECTS	:= $(BUS_SOURCES:$(NT_TOP)/arch/windows/%.c=$(BUILD)/nt/%.o)

$(BUILD)/linuxbus.sys: $(BUS_OBJECTS)
	$(NT_CROSS)gcc $(NT_LDFLAGS) -o $@ $^ -lntoskrnl

-include $(BUS_OBJECTS:.o=.d)
