# SPDX-License-Identifier: GPL-2.0
#
# The NT half and the link of the driver. Included by the top Makefile, or used
# alone: make -f arch/windows/nt/nt.mk VMLINUX=... BUILD=...
#
#	$(BUILD)/nt.sys		the NT half alone
#	$(BUILD)/linux.sys	with VMLINUX behind it

BUILD		?= build
VMLINUX		?= $(BUILD)/vmlinux
HOSTCC		?= gcc
NT_CROSS	?= x86_64-w64-mingw32-
NT_IMAGE_BASE	?= 0x10000000
NT_TOP		:= $(patsubst %/arch/windows/nt/,%,$(dir $(abspath \
			$(lastword $(MAKEFILE_LIST)))))

NT_DDK		:= $(firstword $(wildcard /usr/share/mingw-w64/include/ddk \
			/usr/x86_64-w64-mingw32/include/ddk))

NT_SOURCES	:= $(wildcard $(NT_TOP)/arch/windows/nt/*.c) \
		   $(wildcard $(NT_TOP)/arch/windows/bridge/*/*_nt.c)
# NT_CONSOLE=n: a driver without the console bridge, a stand-in in its place.
ifeq ($(wildcard $(NT_TOP)/arch/windows/bridge/console/console_nt.c),)
NT_CONSOLE	:= n
endif
ifeq ($(NT_CONSOLE),n)
NT_SOURCES	:= $(filter-out $(NT_TOP)/arch/windows/bridge/console/%, \
			$(NT_SOURCES))
else
NT_SOURCES	:= $(filter-out %/console_none.c,$(NT_SOURCES))
endif
NT_OBJECTS	:= $(NT_SOURCES:$(NT_TOP)/arch/windows/%.c=$(BUILD)/nt/%.o) \
		   $(BUILD)/nt/version.res

# Kernel code: no vector registers, no C library, no stack probes, no tables
# that would need one; strict aliasing is off as in the Linux half.
NT_CFLAGS	:= -std=gnu11 -O2 -g -Wall -Wextra -Werror=implicit \
		   -ffreestanding -fno-strict-aliasing -fno-stack-protector \
		   -mgeneral-regs-only \
		   -mno-stack-arg-probe -mno-ms-bitfields \
		   -D_WIN32_WINNT=0x0601 \
		   -I$(NT_TOP)/arch/windows/include -I$(NT_TOP)/arch/windows/nt \
		   -I$(NT_TOP)/arch/windows/bus \
		   -I$(NT_DDK)

NT_LDFLAGS	:= -nostdlib -s -Wl,--subsystem,native:6.1 \
		   -Wl,--image-base,$(NT_IMAGE_BASE) \
		   -Wl,--entry,DriverEntry -Wl,--enable-reloc-section \
		   -Wl,--dynamicbase -Wl,--nxcompat \
		   -Wl,--file-alignment,0x1000 -Wl,--section-alignment,0x1000 \
		   -Wl,--exclude-all-symbols -Wl,--no-insert-timestamp

# The kernel's configuration is this half's, too.
NT_DEBUG	:= $(shell grep -s '^CONFIG_WSL4_DEBUG=y' $(dir $(VMLINUX)).config)
ifneq ($(NT_DEBUG),)
NT_CFLAGS	+= -DCONFIG_WSL4_DEBUG
endif

.PHONY: nt-flags
$(BUILD)/nt/flags: nt-flags
	@mkdir -p $(@D)
	@echo '$(NT_CFLAGS)' | cmp -s - $@ || echo '$(NT_CFLAGS)' >$@

$(BUILD)/nt/%.o: $(NT_TOP)/arch/windows/%.c $(NT_TOP)/arch/windows/nt/nt.mk \
		$(BUILD)/nt/flags
	@mkdir -p $(@D)
	$(NT_CROSS)gcc $(NT_CFLAGS) -MMD -MP -c -o $@ $<

$(BUILD)/nt/version.res: $(NT_TOP)/arch/windows/nt/version.rc
	@mkdir -p $(@D)
	$(NT_CROSS)windres -O coff -o $@ $<

$(BUILD)/nt.sys: $(NT_OBJECTS)
	$(NT_CROSS)gcc $(NT_LDFLAGS) -o $@ $^ -lntoskrnl -lhal

$(BUILD)/mkdriver: $(NT_TOP)/tools/mkdriver.c \
		$(NT_TOP)/arch/windows/include/wsl4/host.h
	@mkdir -p $(@D)
	$(HOSTCC) -O2 -Wall -Wextra -I$(NT_TOP)/arch/windows/include -o $@ $<

$(BUILD)/linux.sys: $(BUILD)/mkdriver $(BUILD)/nt.sys $(VMLINUX)
	$(BUILD)/mkdriver $(BUILD)/nt.sys $(VMLINUX) $@

-include $(patsubst %.o,%.d,$(filter %.o,$(NT_OBJECTS)))
