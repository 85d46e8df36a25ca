/* SPDX-License-Identifier: GPL-2.0 */
#ifndef ENA_BPF_EMBED_H
#define ENA_BPF_EMBED_H

/* EMBED(x, FILE): x_object up to x_object_end is FILE. */
#define EMBED(name, file)						\
	extern const char name##_object[], name##_object_end[];		\
	asm(".pushsection .rodata\n"					\
	    ".globl " #name "_object, " #name "_object_end\n"		\
	    ".balign 8\n"						\
	    #name "_object: .incbin \"" file "\"\n"			\
	    #name "_object_end:\n"					\
	    ".popsection")

#endif
