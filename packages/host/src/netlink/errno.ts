/** include/uapi/asm-generic/errno-base.h, errno.h: errors of the kernel for a refused link or address. */
export const EPERM = 1
export const EACCES = 13
export const ENOENT = 2
export const ESRCH = 3
export const EBUSY = 16
export const EEXIST = 17
export const ENODEV = 19
export const EINVAL = 22
export const ERANGE = 34
export const EOPNOTSUPP = 95
export const EADDRINUSE = 98
export const EADDRNOTAVAIL = 99
