/** include/uapi/linux/rtnetlink.h, if_link.h, if_addr.h: the numbers of rtnetlink that Portolan uses. */
export const RTM_NEWLINK = 16
export const RTM_DELLINK = 17
export const RTM_GETLINK = 18
export const RTM_SETLINK = 19
export const RTM_NEWADDR = 20
export const RTM_DELADDR = 21
export const RTM_GETADDR = 22
export const RTM_NEWROUTE = 24
export const RTM_DELROUTE = 25
export const RTM_GETROUTE = 26
export const RTM_GETNEIGH = 30
export const RTM_NEWRULE = 32
export const RTM_DELRULE = 33
export const RTM_GETRULE = 34
export const RTM_NEWNETCONF = 80
export const RTM_NEWNSID = 88
export const RTM_GETNSID = 90
export const RTM_NEWNEXTHOP = 104
export const RTM_DELNEXTHOP = 105

export const IFF_UP = 0x1
export const IFF_RUNNING = 0x40

export const IFLA_ADDRESS = 1
export const IFLA_IFNAME = 3
export const IFLA_MTU = 4
export const IFLA_LINK = 5
export const IFLA_MASTER = 10
export const IFLA_PROTINFO = 12
export const IFLA_LINKINFO = 18
export const IFLA_IFALIAS = 20
export const IFLA_AF_SPEC = 26
export const IFLA_NET_NS_FD = 28
export const IFLA_LINK_NETNSID = 37
export const IFLA_TARGET_NETNSID = 46
export const IFLA_CARRIER_UP_COUNT = 47

export const IFLA_INET_CONF = 1
export const IFLA_INET6_CONF = 2

export const IFLA_INFO_KIND = 1
export const IFLA_INFO_DATA = 2
export const IFLA_INFO_SLAVE_KIND = 4
export const IFLA_INFO_SLAVE_DATA = 5

export const IFLA_BR_FORWARD_DELAY = 1
export const IFLA_BR_STP_STATE = 5
export const IFLA_BR_NF_CALL_IPTABLES = 36
export const IFLA_BR_NF_CALL_IP6TABLES = 37

export const IFLA_MACVLAN_MODE = 1

export const IFLA_IPVLAN_MODE = 1
export const IFLA_IPVLAN_FLAGS = 2

export const IFLA_VLAN_ID = 1

/** include/uapi/linux/veth.h. */
export const VETH_INFO_PEER = 1

/** include/uapi/linux/net_namespace.h. */
export const NETNSA_NSID = 1
export const NETNSA_FD = 3

export const IFLA_BRPORT_MODE = 4
export const IFLA_BRPORT_ISOLATED = 33

export const IFA_ADDRESS = 1
export const IFA_LOCAL = 2
export const IFA_FLAGS = 8
export const IFA_PROTO = 11
/** The flag of an address that is usable at once, without duplicate address detection (RFC 4862, section 5.4). */
export const IFA_F_NODAD = 0x2

export const RTM_F_CLONED = 0x200
