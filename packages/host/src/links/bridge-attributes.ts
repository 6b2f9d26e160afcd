import { InvalidRequestError } from '@portolan/netfilter'
import { attribute, attributeText, attributeU8, nested } from '../netlink/attribute.ts'
import {
  IFLA_BR_NF_CALL_IP6TABLES,
  IFLA_BR_NF_CALL_IPTABLES,
  IFLA_IFALIAS,
  IFLA_INFO_DATA,
  IFLA_INFO_KIND,
  IFLA_LINKINFO,
} from '../netlink/rtnetlink.ts'
import type { BridgeChange } from './links.ts'
import { mtuAttribute } from './mtu-attribute.ts'

/** IFALIASZ (include/uapi/linux/if.h), with the NUL that the kernel adds. */
const MOST_OF_ALIAS = 255

/**
 * IFLA_IFALIAS without a NUL: the kernel stores every byte it is given (`dev_set_alias`).
 *
 * @throws InvalidRequestError for an alias that the kernel would not store
 */
export const aliasAttribute = (alias: string): Uint8Array => {
  const bytes = new TextEncoder().encode(alias)
  if (bytes.length > MOST_OF_ALIAS)
    throw new InvalidRequestError(
      `An alias of ${bytes.length} bytes is too long for an interface: the kernel stores at most ${MOST_OF_ALIAS}. Choose a shorter one: "${alias.slice(0, 40)}...".`,
    )
  return attribute(IFLA_IFALIAS, bytes)
}

/** IFLA_LINKINFO of a bridge. */
export const bridgeInfo = (...data: readonly Uint8Array[]): Uint8Array =>
  nested(IFLA_LINKINFO, attributeText(IFLA_INFO_KIND, 'bridge'), nested(IFLA_INFO_DATA, ...data))

/** The attributes that decide whether frames between the bridge's own ports pass the IP hooks too (br_netfilter). */
export const netfilterData = (change: BridgeChange): readonly Uint8Array[] => [
  ...flag(IFLA_BR_NF_CALL_IPTABLES, change.nfCallIptables),
  ...flag(IFLA_BR_NF_CALL_IP6TABLES, change.nfCallIp6tables),
]

export const flag = (type: number, value: boolean | undefined): readonly Uint8Array[] =>
  value === undefined ? [] : [attributeU8(type, value ? 1 : 0)]

/** The attributes of the link itself, outside its bridge data. */
export const linkAttributes = (change: BridgeChange): readonly Uint8Array[] => [
  ...(change.alias === undefined ? [] : [aliasAttribute(change.alias)]),
  ...(change.mtu === undefined ? [] : [mtuAttribute(change.mtu)]),
]
