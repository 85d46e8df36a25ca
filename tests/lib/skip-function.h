/* SPDX-License-Identifier: GPL-2.0 */
/* For a module's kprobe that makes a function fail: Debian's kernels have no
 * fault injection. The probe is at the function's start. With a post_handler it
 * is never made a jump, which could not skip the function.
 */
#ifndef SKIP_FUNCTION_H
#define SKIP_FUNCTION_H

#include <linux/kprobes.h>
#include <linux/linkage.h>

void return_at_once(void);
asm(".pushsection .text, \"ax\"\n"
	".type return_at_once, @function\n"
	"return_at_once:\n\t"
	"endbr64\n\t"		/* ASM_ENDBR, which 5.10 does not have */
	ASM_RET
	".size return_at_once, .-return_at_once\n"
	".popsection");

/* What the pre_handler returns if the function is to return value instead. */
static int skip_function(struct pt_regs *regs, unsigned long value)
{
	regs_set_return_value(regs, value);
	instruction_pointer_set(regs, (unsigned long)return_at_once);
	return 1;
}

static void not_a_jump(struct kprobe *p, struct pt_regs *regs,
		       unsigned long flags)
{
}

#endif
