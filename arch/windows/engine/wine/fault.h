/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _WINE_FAULT_H
#define _WINE_FAULT_H

struct wsl4_vcpu;

void wine_fault_init(void);
void wine_fault_exit(void);
void wine_kick(struct wsl4_vcpu *vcpu);

#endif
