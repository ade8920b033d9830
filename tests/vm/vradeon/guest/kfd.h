/* SPDX-License-Identifier: MIT */
/* /dev/kfd as one process has it open, and the card that kfd_open() opened last. */
#ifndef KFD_H
#define KFD_H

#include <stdint.h>

extern int kfd_device;
extern uint32_t kfd_gpu_id;
/* the render node whose address space KFD has taken over */
extern int kfd_drm;

#endif
