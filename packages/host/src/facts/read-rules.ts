import { eachAttribute, littleEndian, type MessageView, readText } from '@portolan/core/netlink'
import type { RoutingRuleFact } from '@portolan/netfilter'
import { addressText } from '../address/address-text.ts'
import type { NetlinkConnection } from '../netlink/connection.ts'
import { AF_INET, type AF_INET6 } from '../netlink/constants.ts'
import { dump } from '../netlink/request.ts'
import { RTM_GETRULE } from '../netlink/rtnetlink.ts'

/** include/uapi/linux/fib_rules.h */
const FRA_DST = 1
const FRA_SRC = 2
const FRA_IIFNAME = 3
const FRA_GOTO = 4
const FRA_PRIORITY = 6
const FRA_FWMARK = 10
const FRA_SUPPRESS_PREFIXLEN = 14
const FRA_TABLE = 15
const FRA_FWMASK = 16
const FRA_OIFNAME = 17
const FRA_L3MDEV = 19
const FRA_UID_RANGE = 20
const FRA_IP_PROTO = 22
const FRA_SPORT_RANGE = 23
const FRA_DPORT_RANGE = 24
const FRA_DSCP = 25
const FIB_RULE_INVERT = 0x2

/** The selectors that a rule fact has no key for. */
const others: Readonly<Record<number, string>> = {
  12: 'tun_id',
  13: 'suppress_ifgroup',
  19: 'l3mdev',
  26: 'flowlabel',
  28: 'sport mask',
  29: 'dport mask',
  30: 'dscp mask',
}

/** The masks of all ones, which mean a plain value (net/core/fib_rules.c, net/ipv4/fib_rules.c). */
const wholeMasks: Readonly<Record<number, number>> = { 28: 0xffff, 29: 0xffff, 30: 0x3f }

/** The names of FR_ACT_*, by number. */
const actions: Readonly<Record<number, string>> = {
  1: 'lookup',
  2: 'goto',
  3: 'nop',
  6: 'blackhole',
  7: 'unreachable',
  8: 'prohibit',
}

/** Lists the policy routing rules of one family, in the kernel's order, in which the kernel tries them. */
export const readRules = async (
  connection: NetlinkConnection,
  family: typeof AF_INET | typeof AF_INET6,
): Promise<{ rules: readonly RoutingRuleFact[]; consistent: boolean }> => {
  const rules: RoutingRuleFact[] = []
  const request = new Uint8Array(12)
  request[0] = family
  const consistent = await dump(connection, RTM_GETRULE, request, (part) => {
    if (part.view.getUint8(part.start) === family) rules.push(parseRule(part))
  })
  return { rules, consistent }
}

type Writable<T> = { -readonly [Key in keyof T]: T[Key] }

/** Reads one RTM_NEWRULE: struct fib_rule_hdr and its attributes. */
export const parseRule = ({ view, start, end }: MessageView): RoutingRuleFact => {
  const ip = view.getUint8(start) === AF_INET
  const size = ip ? 4 : 16
  const rule: Writable<RoutingRuleFact> = {
    family: ip ? 'ip' : 'ip6',
    priority: 0,
    table: view.getUint8(start + 4),
    action: actions[view.getUint8(start + 7)] ?? `action-${view.getUint8(start + 7)}`,
  }
  const other: string[] = view.getUint8(start + 3) === 0 ? [] : ['tos']
  eachAttribute(view, start + 12, end, (type, from, to) => {
    if (type === FRA_DST) rule.to = `${addressText(view, from, size)}/${view.getUint8(start + 1)}`
    else if (type === FRA_SRC) rule.from = `${addressText(view, from, size)}/${view.getUint8(start + 2)}`
    else if (type === FRA_IIFNAME) rule.in = readText(view, from, to)
    else if (type === FRA_OIFNAME) rule.out = readText(view, from, to)
    else if (type === FRA_PRIORITY) rule.priority = view.getUint32(from, littleEndian)
    else if (type === FRA_TABLE) rule.table = view.getUint32(from, littleEndian)
    else if (type === FRA_FWMARK) rule.mark = view.getUint32(from, littleEndian)
    else if (type === FRA_FWMASK) rule.mask = view.getUint32(from, littleEndian)
    else if (type === FRA_GOTO) rule.gotoPriority = view.getUint32(from, littleEndian)
    else if (type === FRA_SUPPRESS_PREFIXLEN) {
      const length = view.getInt32(from, littleEndian)
      if (length >= 0) rule.suppressPrefixLength = length
    } else if (type === FRA_IP_PROTO) rule.protocol = view.getUint8(from)
    else if (type === FRA_SPORT_RANGE) rule.sourcePorts = readPorts(view, from)
    else if (type === FRA_DPORT_RANGE) rule.destinationPorts = readPorts(view, from)
    else if (type === FRA_DSCP) rule.dscp = view.getUint8(from)
    else if (type === FRA_UID_RANGE) {
      const users = {
        first: view.getUint32(from, littleEndian),
        last: view.getUint32(from + 4, littleEndian),
      }
      // The kernel lists the range of all users where the rule names none.
      if (users.first !== 0 || users.last !== 0xffffffff) rule.users = users
    } else if (type in others && !isUnset(view, type, from, to)) other.push(others[type] ?? '')
  })
  if ((view.getUint32(start + 8, littleEndian) & FIB_RULE_INVERT) !== 0) rule.invert = true
  if (other.length > 0) rule.other = other
  return rule
}

const FRA_SUPPRESS_IFGROUP = 13

/** struct fib_rule_port_range */
const readPorts = (view: DataView, from: number): { first: number; last: number } => ({
  first: view.getUint16(from, littleEndian),
  last: view.getUint16(from + 2, littleEndian),
})

/**
 * Tells whether an attribute has its default value. The kernel sends some attributes also when they are not set
 * (`fib_nl_fill_rule`).
 */
const isUnset = (view: DataView, type: number, from: number, to: number): boolean => {
  if (type === FRA_SUPPRESS_IFGROUP) return view.getInt32(from, littleEndian) === -1
  const whole = wholeMasks[type]
  if (whole !== undefined)
    return (type === 30 ? view.getUint8(from) : view.getUint16(from, littleEndian)) === whole
  return type === FRA_L3MDEV && to > from && view.getUint8(from) === 0
}
