/** include/uapi/linux/netlink.h: the numbers that every netlink family shares. */
export const NLMSG_ERROR = 2
export const NLMSG_DONE = 3

export const NLM_F_REQUEST = 0x1
export const NLM_F_ACK = 0x4
export const NLM_F_DUMP_INTR = 0x10
export const NLM_F_DUMP = 0x300
export const NLM_F_REPLACE = 0x100
export const NLM_F_EXCL = 0x200
export const NLM_F_CREATE = 0x400
export const NLM_F_APPEND = 0x800

export const NLA_F_NESTED = 0x8000
/** Strips NLA_F_NESTED and NLA_F_NET_BYTEORDER. */
export const NLA_TYPE_MASK = 0x3fff

/** struct nlmsghdr: length, type, flags, sequence, port. */
export const NLMSG_HEADER_LENGTH = 16
