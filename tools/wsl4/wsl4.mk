# SPDX-License-Identifier: GPL-2.0
#
# wsl4: included by the top Makefile, or used alone:
# make -f tools/wsl4/wsl4.mk BUILD=... wsl4-programs
#
#	$(BUILD)/wsl4.exe	for Windows and Wine
#	$(BUILD)/wsl4-unix	its front end for a Unix terminal, see ./wsl4

BUILD		?= build
HOSTCC		?= gcc
NT_CROSS	?= x86_64-w64-mingw32-
WSL4_TOP	:= $(patsubst %/tools/wsl4/,%,$(dir $(abspath \
			$(lastword $(MAKEFILE_LIST)))))
WSL4_DIR	:= $(WSL4_TOP)/tools/wsl4

WSL4_CFLAGS	:= -std=gnu11 -D_GNU_SOURCE -O2 -Wall -Wextra -MMD -MP -I$(WSL4_DIR) \
		   -I$(WSL4_TOP)/arch/windows/include \
		   -I$(WSL4_TOP)/arch/windows/bridge/console

WSL4_OBJECTS	:= $(addprefix $(BUILD)/wsl4.exe.d/,console.o control.o \
			device.o export.o front.o list.o mount.o options.o \
			run.o wsl4.o)
WSL4_UNIX	:= $(addprefix $(BUILD)/wsl4-unix.d/,options.o pump.o \
			session_unix.o terminal.o wsl4_unix.o)

.PHONY: wsl4-programs
wsl4-programs: $(BUILD)/wsl4.exe $(BUILD)/wsl4-unix

$(BUILD)/wsl4.exe.d/%.o: $(WSL4_DIR)/%.c
	@mkdir -p $(@D)
	$(NT_CROSS)gcc $(WSL4_CFLAGS) -D_WIN32_WINNT=0x0601 -c -o $@ $<

$(BUILD)/wsl4.exe: $(WSL4_OBJECTS)
	$(NT_CROSS)gcc -s -mconsole -Wl,--dynamicbase -Wl,--nxcompat \
		-Wl,--no-insert-timestamp -o $@ $^

$(BUILD)/wsl4-unix.d/%.o: $(WSL4_DIR)/%.c
	@mkdir -p $(@D)
	$(HOSTCC) $(WSL4_CFLAGS) -c -o $@ $<

$(BUILD)/wsl4-unix: $(WSL4_UNIX)
	$(HOSTCC) -o $@ $^

-include $(WSL4_OBJECTS:.o=.d) $(WSL4_UNIX:.o=.d)
