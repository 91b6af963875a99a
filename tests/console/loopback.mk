# SPDX-License-Identifier: GPL-2.0
#
# The console bridge's NT end with a toy in Linux's place, and the fuzzer of its
# control codes:
#
#	$(BUILD)/tests/loopback.sys
#	$(BUILD)/tests/ioctl-fuzz.exe

CONSOLE_TOP	:= $(patsubst %/tests/console/,%,$(dir $(abspath \
			$(lastword $(MAKEFILE_LIST)))))
BUILD		?= build
include $(CONSOLE_TOP)/arch/windows/nt/nt.mk

LOOPBACK_SOURCES := $(wildcard $(CONSOLE_TOP)/arch/windows/bridge/console/*_nt.c) \
		    $(CONSOLE_TOP)/arch/windows/nt/clock.c \
		    $(CONSOLE_TOP)/arch/windows/nt/thread.c \
		    $(CONSOLE_TOP)/tests/console/loopback_nt.c

$(BUILD)/tests/loopback.sys: $(LOOPBACK_SOURCES) \
		$(wildcard $(CONSOLE_TOP)/arch/windows/bridge/console/*.h)
	@mkdir -p $(@D)
	$(NT_CROSS)gcc $(NT_CFLAGS) $(NT_LDFLAGS) -o $@ $(LOOPBACK_SOURCES) \
		-lntoskrnl -lhal

$(BUILD)/tests/ioctl-fuzz.exe: $(CONSOLE_TOP)/tests/ioctl-fuzz/ioctl_fuzz.c \
		$(CONSOLE_TOP)/arch/windows/bridge/console/ioctl.h
	@mkdir -p $(@D)
	$(NT_CROSS)gcc -O2 -Wall -Wextra -s -I$(CONSOLE_TOP)/arch/windows/include \
		-o $@ $<
