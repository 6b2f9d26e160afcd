/** include/uapi/linux/netlink.h: protocols of netlink. */
export const NETLINK_ROUTE = 0
export const NETLINK_SOCK_DIAG = 4
export const NETLINK_XFRM = 6
export const NETLINK_NETFILTER = 12

/** include/linux/socket.h: families of addresses. */
export const AF_UNSPEC = 0
export const AF_INET = 2
export const AF_BRIDGE = 7
export const AF_INET6 = 10
