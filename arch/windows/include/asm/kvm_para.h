/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _ASM_WINDOWS_KVM_PARA_H
#define _ASM_WINDOWS_KVM_PARA_H

#include <asm-generic/kvm_para.h>

#endif /* _ASM_WINDOWS_KVM_PARA_H */
