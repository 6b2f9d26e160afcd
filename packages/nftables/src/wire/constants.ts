/** include/uapi/linux/netfilter/nfnetlink.h */
export const NFNL_SUBSYS_NFTABLES = 10
export const NFNL_MSG_BATCH_BEGIN = 0x10
export const NFNL_MSG_BATCH_END = 0x11
export const NFNL_BATCH_GENID = 1
export const NFGENMSG_LENGTH = 4

/** include/uapi/linux/netfilter.h */
export const NFPROTO_UNSPEC = 0
export const NFPROTO_INET = 1
export const NFPROTO_IPV4 = 2
export const NFPROTO_IPV6 = 10

/** include/uapi/linux/netfilter/nf_tables.h */
export const NFT_MSG_NEWTABLE = 0
export const NFT_MSG_DELTABLE = 2
export const NFT_MSG_NEWCHAIN = 3
export const NFT_MSG_DELCHAIN = 5
export const NFT_MSG_NEWRULE = 6
export const NFT_MSG_DELRULE = 8
export const NFT_MSG_NEWSET = 9
export const NFT_MSG_DELSET = 11
export const NFT_MSG_NEWSETELEM = 12
export const NFT_MSG_GETSETELEM = 13
export const NFT_MSG_DELSETELEM = 14
export const NFT_MSG_NEWGEN = 15
export const NFT_MSG_GETGEN = 16
export const NFTA_GEN_ID = 1

export const NFTA_TABLE_NAME = 1
export const NFTA_TABLE_FLAGS = 2
export const NFTA_TABLE_USERDATA = 6

export const NFTA_CHAIN_TABLE = 1
export const NFTA_CHAIN_NAME = 3
export const NFTA_CHAIN_HOOK = 4
export const NFTA_CHAIN_POLICY = 5
export const NFTA_CHAIN_TYPE = 7
export const NFTA_CHAIN_USERDATA = 12
export const NFTA_HOOK_HOOKNUM = 1
export const NFTA_HOOK_PRIORITY = 2

export const NFTA_RULE_TABLE = 1
export const NFTA_RULE_CHAIN = 2
export const NFTA_RULE_EXPRESSIONS = 4
export const NFTA_RULE_USERDATA = 7
export const NFTA_EXPR_NAME = 1
export const NFTA_EXPR_DATA = 2

export const NFTA_SET_TABLE = 1
export const NFTA_SET_NAME = 2
export const NFTA_SET_FLAGS = 3
export const NFTA_SET_KEY_TYPE = 4
export const NFTA_SET_KEY_LEN = 5
export const NFTA_SET_DATA_TYPE = 6
export const NFTA_SET_DATA_LEN = 7
export const NFTA_SET_ID = 10
export const NFTA_SET_USERDATA = 13
export const NFT_SET_ANONYMOUS = 0x1
export const NFT_SET_CONSTANT = 0x2
export const NFT_SET_INTERVAL = 0x4
export const NFT_SET_MAP = 0x8
/** The data type of a verdict. */
export const NFT_DATA_VERDICT = 0xffffff00

export const NFTA_SET_ELEM_LIST_TABLE = 1
export const NFTA_SET_ELEM_LIST_SET = 2
export const NFTA_SET_ELEM_LIST_ELEMENTS = 3
export const NFTA_SET_ELEM_LIST_SET_ID = 4
export const NFTA_LIST_ELEM = 1
export const NFTA_SET_ELEM_KEY = 1
export const NFTA_SET_ELEM_DATA = 2
export const NFTA_SET_ELEM_FLAGS = 3
export const NFTA_SET_ELEM_USERDATA = 6
export const NFT_SET_ELEM_INTERVAL_END = 1
export const NFTA_DATA_VALUE = 1
export const NFTA_DATA_VERDICT = 2
export const NFTA_VERDICT_CODE = 1
export const NFTA_VERDICT_CHAIN = 2

export const NFT_REG_VERDICT = 0
export const NFT_REG_1 = 1
export const NFT_REG32_00 = 8

export const NFTA_IMMEDIATE_DREG = 1
export const NFTA_IMMEDIATE_DATA = 2
export const NFTA_CMP_SREG = 1
export const NFTA_CMP_OP = 2
export const NFTA_CMP_DATA = 3
export const NFT_CMP_EQ = 0
export const NFT_CMP_NEQ = 1
export const NFTA_RANGE_SREG = 1
export const NFTA_RANGE_OP = 2
export const NFTA_RANGE_FROM_DATA = 3
export const NFTA_RANGE_TO_DATA = 4
export const NFTA_LOOKUP_SET = 1
export const NFTA_LOOKUP_SREG = 2
export const NFTA_LOOKUP_DREG = 3
export const NFTA_LOOKUP_SET_ID = 4
export const NFTA_LOOKUP_FLAGS = 5
export const NFT_LOOKUP_F_INV = 1
export const NFTA_BITWISE_SREG = 1
export const NFTA_BITWISE_DREG = 2
export const NFTA_BITWISE_LEN = 3
export const NFTA_BITWISE_MASK = 4
export const NFTA_BITWISE_XOR = 5
export const NFTA_BYTEORDER_SREG = 1
export const NFTA_BYTEORDER_DREG = 2
export const NFTA_BYTEORDER_OP = 3
export const NFTA_BYTEORDER_LEN = 4
export const NFTA_BYTEORDER_SIZE = 5
export const NFT_BYTEORDER_HTON = 1
export const NFTA_PAYLOAD_DREG = 1
export const NFTA_PAYLOAD_BASE = 2
export const NFTA_PAYLOAD_OFFSET = 3
export const NFTA_PAYLOAD_LEN = 4
export const NFT_PAYLOAD_NETWORK_HEADER = 1
export const NFT_PAYLOAD_TRANSPORT_HEADER = 2
export const NFTA_META_DREG = 1
export const NFTA_META_KEY = 2
export const NFT_META_IIFNAME = 6
export const NFT_META_OIFNAME = 7
export const NFT_META_NFPROTO = 15
export const NFT_META_L4PROTO = 16
export const NFTA_CT_DREG = 1
export const NFTA_CT_KEY = 2
export const NFTA_CT_DIRECTION = 3
export const NFT_CT_STATE = 0
export const NFT_CT_DIRECTION = 1
export const NFT_CT_STATUS = 2
export const NFT_CT_SRC_IP = 19
export const NFT_CT_DST_IP = 20
export const NFT_CT_SRC_IP6 = 21
export const NFT_CT_DST_IP6 = 22
export const NFTA_FIB_DREG = 1
export const NFTA_FIB_RESULT = 2
export const NFTA_FIB_FLAGS = 3
export const NFT_FIB_RESULT_ADDRTYPE = 3
export const NFTA_FIB_F_SADDR = 1
export const NFTA_FIB_F_DADDR = 2
export const NFTA_NG_DREG = 1
export const NFTA_NG_MODULUS = 2
export const NFTA_NG_TYPE = 3
export const NFTA_NG_OFFSET = 4
export const NFT_NG_INCREMENTAL = 0
export const NFT_NG_RANDOM = 1
export const NFTA_NAT_TYPE = 1
export const NFTA_NAT_FAMILY = 2
export const NFTA_NAT_REG_ADDR_MIN = 3
export const NFTA_NAT_REG_PROTO_MIN = 5
export const NFTA_NAT_FLAGS = 7
export const NFT_NAT_SNAT = 0
export const NFT_NAT_DNAT = 1
/** include/uapi/linux/netfilter/nf_nat.h */
export const NF_NAT_RANGE_PROTO_SPECIFIED = 0x2

/** The type of a comment within user data (libnftnl, include/libnftnl/udata.h: NFTNL_UDATA_*_COMMENT). */
export const UDATA_TABLE_COMMENT = 0
export const UDATA_CHAIN_COMMENT = 0
export const UDATA_RULE_COMMENT = 0
export const UDATA_SET_ELEM_COMMENT = 0
export const UDATA_SET_COMMENT = 7
/** NFTNL_UDATA_SET_ELEM_FLAGS: marks an interval without an end, which reaches up to the last value of its type. */
export const UDATA_SET_ELEM_FLAGS = 1
export const UDATA_SET_ELEM_F_INTERVAL_OPEN = 1
export const UDATA_SET_KEYBYTEORDER = 0
export const UDATA_SET_DATABYTEORDER = 1
export const UDATA_SET_MERGE_ELEMENTS = 2
/** nft, include/datatype.h: enum byteorder. */
export const BYTEORDER_INVALID = 0
export const BYTEORDER_HOST_ENDIAN = 1
export const BYTEORDER_BIG_ENDIAN = 2

/** Constants that only the reader uses, from the same headers. */
export const NFT_MSG_GETTABLE = 1
export const NFT_MSG_GETCHAIN = 4
export const NFT_MSG_GETRULE = 7
export const NFT_MSG_GETSET = 10
export const NFTA_TABLE_USE = 3
export const NFTA_TABLE_HANDLE = 4
export const NFTA_CHAIN_HANDLE = 2
export const NFTA_CHAIN_USE = 6
export const NFTA_CHAIN_FLAGS = 10
export const NFT_CHAIN_BASE = 0x1
export const NFTA_RULE_HANDLE = 3
export const NFTA_RULE_POSITION = 6
export const NFTA_SET_DESC = 9
export const NFTA_SET_HANDLE = 16
export const NFTA_SET_TYPE = 19
export const NFTA_SET_COUNT = 20
export const NFT_CMP_LTE = 3
export const NFT_CMP_GTE = 5
export const NFT_RANGE_EQ = 0
export const NFT_RANGE_NEQ = 1
export const NFTA_BITWISE_OP = 6
export const NFTA_NAT_REG_ADDR_MAX = 4
export const NFTA_NAT_REG_PROTO_MAX = 6
export const NF_NAT_RANGE_MAP_IPS = 0x1
export const NFTA_MASQ_FLAGS = 1
export const UDATA_COMMENT = 0
export const UDATA_SET_KEY_TYPEOF = 3
export const UDATA_SET_DATA_TYPEOF = 4
export const UDATA_SET_DATA_INTERVAL = 6
