/* SPDX-License-Identifier: GPL-2.0 */
/*
 * As much of KUnit as our suite needs, for kernels without CONFIG_KUNIT: the
 * same file builds as a module that runs its suite when it is loaded, writes
 * KTAP to the kernel log, and fails to load if a test failed. With kernel.h it
 * builds as a program that does the same.
 */
#ifndef SHIM_KUNIT_TEST_H
#define SHIM_KUNIT_TEST_H

#include <linux/module.h>
#include <linux/string.h>

#define KUNIT_PARAM_DESC_SIZE 128
#define KUNIT_SHIM_MAX_MESSAGES 3

struct kunit {
	const void *param_value;
	int failures;
};

struct kunit_case {
	void (*run_case)(struct kunit *test);
	const char *name;
	const void *(*generate_params)(const void *prev, char *desc);
};

struct kunit_suite {
	const char name[64];
	struct kunit_case *test_cases;
};

#define KUNIT_CASE_PARAM(run, generate)					\
	{ .run_case = run, .name = #run, .generate_params = generate }

#define KUNIT_ARRAY_PARAM(what, array, get_desc)			\
static const void *what##_gen_params(const void *prev, char *desc)	\
{									\
	__auto_type all = &(array);					\
	typeof(&(*all)[0]) next = prev ? (typeof(next))prev + 1 : *all;	\
									\
	if (next == *all + ARRAY_SIZE(*all))				\
		return NULL;						\
	get_desc(next, desc);						\
	return next;							\
}

#define KUNIT_EXPECT_EQ_MSG(test, left, right, format, ...) do {	\
	long __left = (left), __right = (right);			\
									\
	if (__left == __right)						\
		break;							\
	if ((test)->failures++ >= KUNIT_SHIM_MAX_MESSAGES)		\
		break;							\
	pr_info("    # %s:%d: %s is %ld, expected %ld: " format "\n",	\
		kbasename(__FILE__), __LINE__, #right, __right, __left,	\
		##__VA_ARGS__);						\
} while (0)

#define KUNIT_EXPECT_EQ(test, left, right)				\
	KUNIT_EXPECT_EQ_MSG(test, left, right, "%s", #left)

#define KUNIT_EXPECT_FALSE_MSG(test, value, format, ...)		\
	KUNIT_EXPECT_EQ_MSG(test, false, value, format, ##__VA_ARGS__)

static inline bool kunit_run_case(struct kunit_case *test_case)
{
	char desc[KUNIT_PARAM_DESC_SIZE];
	const void *param = NULL;
	bool failed = false;
	int n = 0;

	pr_info("    KTAP version 1\n");
	pr_info("    # Subtest: %s\n", test_case->name);
	while ((param = test_case->generate_params(param, desc))) {
		struct kunit test = { .param_value = param };

		test_case->run_case(&test);
		failed |= test.failures > 0;
		pr_info("    %s %d %s\n", test.failures ? "not ok" : "ok", ++n,
			desc);
		cond_resched();
	}
	pr_info("    1..%d\n", n);
	return !failed;
}

static inline int kunit_run_suite(struct kunit_suite *suite)
{
	struct kunit_case *test_case;
	bool passed = true, ok;
	int n = 0;

	pr_info("KTAP version 1\n");
	pr_info("# Suite: %s\n", suite->name);
	for (test_case = suite->test_cases; test_case->run_case; test_case++) {
		ok = kunit_run_case(test_case);
		passed &= ok;
		pr_info("%s %d %s\n", ok ? "ok" : "not ok", ++n,
			test_case->name);
	}
	pr_info("1..%d\n", n);
	return passed ? 0 : -EINVAL;
}

static struct kunit_suite *const kunit_shim_suite;

#define kunit_test_suite(suite)						\
static struct kunit_suite *const kunit_shim_suite = &(suite)

static int __init kunit_shim_init(void)
{
	return kunit_run_suite(kunit_shim_suite);
}
module_init(kunit_shim_init);

static void __exit kunit_shim_exit(void)
{
}
module_exit(kunit_shim_exit);

#endif /* SHIM_KUNIT_TEST_H */
