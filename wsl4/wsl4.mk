# SPDX-License-Identifier: GPL-2.0
include $(patsubst %/wsl4/,%,$(dir $(abspath $(lastword $(MAKEFILE_LIST)))))/tools/wsl4/wsl4.mk
