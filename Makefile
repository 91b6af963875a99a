# SPDX-License-Identifier: GPL-2.0
#
# WSL4: Linux as a Windows NT driver.
#
#	make run		a Linux shell (installs, builds, starts what it needs)
#	make run CMD='...'	runs a command there, with its exit status
#	make check		the tests; they need a second kernel, build/check/linux.sys
#	make check-nt REACTOS_ISO=...	the tests on a real NT kernel
#	make bench		figures beside native Linux's; UML= names a User Mode Linux
#	make bench-nt REACTOS_ISO=...	on a real NT kernel, beside a stock Linux
#	make soak		what takes longer: load and restarts
#	make torture		100 rounds of pulling the plug; ROUNDS=, BREAK=flush
#	make ARCH=windows	build/linux.sys, linuxbus.sys and wsl4.exe only
#	make ARCH=windows menuconfig (savedefconfig, ...): the kernel's own
#
# LINUX=	another 6.12.y: a tarball or an unpacked tree
# BUILD=	output directory
# ROOTFS=	make run's disk, if not rootfs.ext4 there
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
# Two kernels built at once share one make's jobs.
KJOBS		= $(if $(findstring jobserver,$(MAKEFLAGS)),,-j$(JOBS))

# The kernel of the tests: the same sources with lockdep, KUnit and the like.
CHECK		:= $(BUILD)/check
CHECK_CONFIG	:= windows_defconfig check.config

.DEFAULT_GOAL	:= all

# What the kernel's own makefile is asked for, by name.
PASS := menuconfig nconfig config oldconfig olddefconfig savedefconfig \
	listnewconfig defconfig tinyconfig allnoconfig kernelrelease \
	kernelversion

include $(TOP)/arch/windows/nt/nt.mk
include $(TOP)/arch/windows/bus/bus.mk
include $(TOP)/tools/wsl4/wsl4.mk

PHONY := all kernel check-driver torture-driver torture overlay run check check-nt bench bench-nt soak packages clean $(PASS)

all: $(BUILD)/linux.sys $(BUILD)/linuxbus.sys $(BUILD)/wsl4.exe $(BUILD)/wsl4-unix

packages:
	@$(TOP)/scripts/setup-packages

# The tree is unpacked once for each source; the overlay is laid anew.
$(BUILD)/tree.stamp: $(TOP)/scripts/unpack
	@mkdir -p $(BUILD)
	@LINUX='$(LINUX)' $(TOP)/scripts/unpack $(KTREE)
	@touch $@

overlay: $(BUILD)/tree.stamp
	@rsync -a --delete $(TOP)/arch/windows/ $(KTREE)/arch/windows/

# $(call kernel,TARGET,OBJECTS,CONFIGS): vmlinux below OBJECTS, by the name TARGET.
# kbuild knows what is new; vmlinux keeps its time when nothing was. A
# configuration that somebody has edited only gets what is new in Kconfig.
define kernel
.PHONY: $(1)
$(1): KOBJ := $(2)
$(1): overlay $(2)/.config
	+@$$(KMAKE) -s $$(KJOBS) vmlinux

$(2)/vmlinux: $(1) ;

$(2)/.config: KOBJ := $(2)
$(2)/.config: $(wildcard $(3:%=$(TOP)/arch/windows/configs/%)) $(KCONFIGS) | overlay
	@mkdir -p $$(@D)
	+@if [ ! -f $$@ ] || cmp -s $$@ $$@.made; then \
		$$(KMAKE) -s $(3) && cp $$@ $$@.made; \
	else \
		$$(KMAKE) -s olddefconfig && touch $$@; \
	fi
endef

KCONFIGS := $(wildcard $(TOP)/arch/windows/Kconfig*)
$(eval $(call kernel,vmlinux,$(KOBJ),$(CONFIG)))
$(eval $(call kernel,check-vmlinux,$(CHECK)/kernel,$(CHECK_CONFIG)))
kernel: vmlinux

# nt.mk has the rule for build/linux.sys.
# Its NT half has assertions (CONFIG_WSL4_DEBUG).
$(CHECK)/linux.sys: $(CHECK)/kernel/vmlinux FORCE
	+@$(MAKE) --no-print-directory -f $(TOP)/arch/windows/nt/nt.mk \
		BUILD=$(CHECK) VMLINUX=$(CHECK)/kernel/vmlinux $@
FORCE:
check-driver: $(CHECK)/linux.sys

# The product's kernel with the debug build's NT half: its disks can be tortured.
TORTURE		:= $(BUILD)/torture
$(TORTURE)/linux.sys: vmlinux FORCE
	+@$(MAKE) --no-print-directory -f $(TOP)/arch/windows/nt/nt.mk \
		BUILD=$(TORTURE) VMLINUX=$(VMLINUX) NT_DEBUG=y $@
torture-driver: $(TORTURE)/linux.sys

$(PASS): overlay
	@mkdir -p $(KOBJ)
	+@$(KMAKE) $@

run: packages
	+@$(MAKE) --no-print-directory all
	@CMD='$(subst ','\'',$(value CMD))' $(TOP)/scripts/run

check: packages
	+@$(MAKE) --no-print-directory $(KJOBS) \
		all $(CHECK)/linux.sys $(TORTURE)/linux.sys
	@$(TOP)/scripts/check

# On a real NT kernel, in QEMU; REACTOS_ISO= names a ReactOS x64 live CD.
check-nt: packages
	+@$(MAKE) --no-print-directory $(KJOBS) all $(CHECK)/linux.sys
	@REACTOS_ISO='$(REACTOS_ISO)' $(TOP)/scripts/check \
		$(TOP)/tests/nt.t $(TOP)/tests/nt-disk.t $(TOP)/tests/nt-faults.t \
		$(TOP)/tests/nt-restarts.t $(TOP)/tests/nt-flood.t $(TOP)/tests/nt-soak.t

# UML= names a User Mode Linux to measure as well.
bench: packages
	+@$(MAKE) --no-print-directory all
	@$(TOP)/scripts/bench
	@$(TOP)/scripts/bench-disks

# In ReactOS, beside a stock kernel; REACTOS_ISO= as for check-nt.
bench-nt: packages
	+@$(MAKE) --no-print-directory all
	@REACTOS_ISO='$(REACTOS_ISO)' $(TOP)/scripts/bench-nt

soak: packages
	+@$(MAKE) --no-print-directory $(KJOBS) all
	@$(TOP)/scripts/soak

ROUNDS	?= 100
torture: packages
	+@$(MAKE) --no-print-directory $(KJOBS) all $(TORTURE)/linux.sys
	@BREAK='$(BREAK)' $(TOP)/scripts/torture '$(ROUNDS)'

clean:
	rm -rf $(BUILD)

.PHONY: $(PHONY)
