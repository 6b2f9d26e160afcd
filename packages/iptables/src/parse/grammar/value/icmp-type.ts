import type { Reader } from '../grammar.ts'
import { readWhole } from './number.ts'

/** iptables' names for types and codes (libipt_icmp, libip6t_icmp6), with the type or type/code. */
const names = {
  icmp: `any=any, echo-reply=0, pong=0, destination-unreachable=3, network-unreachable=3/0, host-unreachable=3/1,
protocol-unreachable=3/2, port-unreachable=3/3, fragmentation-needed=3/4, source-route-failed=3/5,
network-unknown=3/6, host-unknown=3/7, network-prohibited=3/9, host-prohibited=3/10, TOS-network-unreachable=3/11,
TOS-host-unreachable=3/12, communication-prohibited=3/13, host-precedence-violation=3/14, precedence-cutoff=3/15,
source-quench=4, redirect=5, network-redirect=5/0, host-redirect=5/1, TOS-network-redirect=5/2, TOS-host-redirect=5/3,
echo-request=8, ping=8, router-advertisement=9, router-solicitation=10, time-exceeded=11, ttl-exceeded=11,
ttl-zero-during-transit=11/0, ttl-zero-during-reassembly=11/1, parameter-problem=12, ip-header-bad=12/0,
required-option-missing=12/1, timestamp-request=13, timestamp-reply=14, address-mask-request=17, address-mask-reply=18`,
  icmp6: `destination-unreachable=1, no-route=1/0, communication-prohibited=1/1, beyond-scope=1/2,
address-unreachable=1/3, port-unreachable=1/4, failed-policy=1/5, reject-route=1/6, packet-too-big=2, time-exceeded=3,
ttl-exceeded=3, ttl-zero-during-transit=3/0, ttl-zero-during-reassembly=3/1, parameter-problem=4, bad-header=4/0,
unknown-header-type=4/1, unknown-option=4/2, echo-request=128, ping=128, echo-reply=129, pong=129, mld-listener-query=130,
mld-listener-report=131, mld-listener-done=132, mld-listener-reduction=132, router-solicitation=133,
router-advertisement=134, neighbour-solicitation=135, neighbor-solicitation=135, neighbour-advertisement=136,
neighbor-advertisement=136, redirect=137`,
} as const

const tableOf = (text: string): readonly (readonly [string, string])[] =>
  text.split(/,\s+/).map((entry) => {
    const [name = '', type = ''] = entry.split('=')
    return [name.toLowerCase(), type] as const
  })

const tables = { icmp: tableOf(names.icmp), icmp6: tableOf(names.icmp6) }

/** Reads a name, or a beginning that only one name has. */
const byName = (module: 'icmp' | 'icmp6', text: string): string | null => {
  const name = text.toLowerCase()
  const exact = tables[module].find(([known]) => known === name)
  if (exact !== undefined) return exact[1]
  const types = tables[module].filter(([known]) => known.startsWith(name))
  const [only, ...more] = types
  return only === undefined || name === '' || more.length > 0 ? null : only[1]
}

const byNumber = (module: 'icmp' | 'icmp6', text: string): string | null => {
  const [left = '', right, ...more] = text.split('/')
  const type = readWhole(left, 255)
  if (type === null || more.length > 0) return null
  // In the kernel ICMP type 255 stands for any type (net/netfilter/xt_tcpudp.c `icmp_type_code_match`).
  if (right === undefined) return module === 'icmp' && type === 255 ? 'any' : `${type}`
  const [low = '', high, ...rest] = right.split(':')
  const first = readWhole(low, 255)
  const last = high === undefined ? first : readWhole(high, 255)
  if (first === null || last === null || rest.length > 0 || last < first) return null
  if (first === 0 && last === 255) return module === 'icmp' && type === 255 ? 'any' : `${type}`
  return first === last ? `${type}/${first}` : `${type}/${first}:${last}`
}

/** Reads `8`, `3/4`, `echo-request` or `any`. */
export const icmpType =
  (module: 'icmp' | 'icmp6'): Reader =>
  (text) =>
    byNumber(module, text) ?? byName(module, text)
