/* What every test includes: cmocka with the headers it wants before it. */
#ifndef METRICSD_TEST_H
#define METRICSD_TEST_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#endif
