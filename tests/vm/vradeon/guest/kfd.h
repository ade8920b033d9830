/* SPDX-License-Identifier: MIT */
/* /dev/kfd as one process has it open; used by kfd.c and svm.c. */
#ifndef KFD_H
#define KFD_H

#include <stdint.h>

extern int kfd_device;
extern uint32_t kfd_gpu_id;

#endif
