# SPDX-License-Identifier: GPL-2.0
#
# WSL4: Linux as a Windows NT driver.
#
#	make run		a Linux shell (installs, builds, starts what it needs)
#	make run CMD='...'	runs a command there, with its exit status
#	make check		the tests
#	make ARCH=windows	build/linux.sys and build/wsl4.exe only
#	make ARCH=windows menuconfig (savedefconfig, ...): the kernel's own
#
# LINUX=	another 6.12.y: a tarball or an unpacked tree
# BUILD=	output directory
# CONFIG=	defconfig of arch/windows/configs to start from

SHELL		:= /bin/bash
TOP		:= $(patsubst %/,%,$(dir $(abspath $(lastword $(MAKEFILE_LIST)))))
BUILD		?= $(TOP)/build
LINUX		?= /usr/src/linux-source-6.12.tar.xz
CONFIG		?= windows_defconfig
JOBS		?= $(shell nproc)
KTREE		:= $(BUILD)/tree
KOBJ		:= $(BUILD)/kernel
VMLINUX		:= $(KOBJ)/vmlinux
KMAKE		= $(MAKE) -C $(KTREE) O=$(KOBJ) ARCH=windows

.DEFAULT_GOAL	:= all

# What the kernel's own makefile is asked for, by name.
PASS := menuconfig nconfig config oldconfig olddefconfig savedefconfig \
	listnewconfig defconfig tinyconfig allnoconfig kernelrelease \
	kernelversion

include $(TOP)/arch/windows/nt/nt.mk
include $(TOP)/tools/wsl4/wsl4.mk

PHONY := all kernel vmlinux overlay run check packages clean $(PASS)

all: $(BUILD)/linux.sys $(BUILD)/wsl4.exe $(BUILD)/wsl4-unix

packages:
	@$(TOP)/scripts/setup-packages

# The tree is unpacked once for each source; the overlay is laid anew.
$(BUILD)/tree.stamp: $(TOP)/Makefile
	@mkdir -p $(BUILD)
	@LINUX='$(LINUX)' $(TOP)/scripts/unpack $(KTREE)
	@touch $@

overlay: $(BUILD)/tree.stamp
	@rsync -a --delete $(TOP)/arch/windows/ $(KTREE)/arch/windows/

$(KOBJ)/.config: | overlay
	@mkdir -p $(KOBJ)
	+@$(KMAKE) -s $(CONFIG)

# kbuild knows what is new; vmlinux keeps its time when nothing was.
vmlinux: overlay $(KOBJ)/.config
	+@$(KMAKE) -s -j$(JOBS) vmlinux

$(VMLINUX): vmlinux ;
kernel: vmlinux

$(PASS): overlay
	@mkdir -p $(KOBJ)
	+@$(KMAKE) $@

run: packages
	+@$(MAKE) --no-print-directory all
	@CMD='$(subst ','\'',$(CMD))' $(TOP)/scripts/run

check: packages
	+@$(MAKE) --no-print-directory all
	@$(TOP)/scripts/check

clean:
	rm -rf $(BUILD)

.PHONY: $(PHONY)
