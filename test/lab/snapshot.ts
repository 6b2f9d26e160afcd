import { fromJson } from '../from-json.ts'
import type { Machine } from './machine.ts'

/** The state of a host as text. `destroy` has to leave it as it found it. */
export type Snapshot = Readonly<Record<string, string>>

// Left out: counters, which change; handles, which are never used again; the first object, which is nft's version.
const withoutVolatile = (ruleset: string): string => {
  const { nftables } = fromJson<{ readonly nftables: readonly object[] }>(ruleset)
  const steady = (_key: string, value: unknown): unknown => {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return value
    const { handle: _handle, packets: _packets, bytes: _bytes, ...rest } = value as Record<string, unknown>
    return rest
  }
  return nftables
    .filter((object) => !('metainfo' in object))
    .map((object) => JSON.stringify(object, steady))
    .join('\n')
}

/** An iptables-save text without its dates and counters. */
const rulesOf = (saved: string): string =>
  saved
    .split('\n')
    .filter((line) => !line.startsWith('#'))
    .map((line) => line.replace(/^(:.*) \[\d+:\d+\]$/, '$1'))
    .join('\n')

// The kernel never unregisters a legacy table. A table with no rules and only ACCEPT policies counts as gone.
const withoutEmptyTables = (saved: string): string => saved.replaceAll(/\*\w+\n(:\S+ ACCEPT\n)*COMMIT\n/g, '')

// Sysctls that the kernel counts or chooses by itself as time passes.
const volatileSysctls =
  /^net\.(netfilter\.nf_conntrack_count|core\.|ipv4\.tcp_fastopen_key|.*\.stable_secret)/

/** Turns `/proc/sys/net/ipv4/conf/eth0.7/forwarding:1` into sysctl's form: `net.ipv4.conf.eth0/7.forwarding = 1`. */
const sysctlOf = (line: string): string => {
  const [, path = '', value = ''] = /^\/proc\/sys\/([^:]*):(.*)$/.exec(line) ?? []
  return `${path.replaceAll('.', '\0').replaceAll('/', '.').replaceAll('\0', '/')} = ${value}`
}

const sysctlsOf = (text: string): string =>
  text
    .split('\n')
    .filter((line) => line !== '')
    .map(sysctlOf)
    .filter((line) => !volatileSysctls.test(line))
    .sort()
    .join('\n')

/** The parts of a snapshot, and the program that prints each. */
const readings = {
  nft: 'nft -j list ruleset',
  // grep, because sysctl(8) takes three times as long. It fails on write-only files, which is expected.
  sysctls: "grep -ras '' /proc/sys/net || true",
  'iptables-nft': 'iptables-nft-save',
  'iptables-legacy': 'iptables-legacy-save',
  'ip6tables-nft': 'ip6tables-nft-save',
  'ip6tables-legacy': 'ip6tables-legacy-save',
  addresses: 'ip -j addr',
  links: 'ip -j link',
  routes: 'ip -j route show table all',
  routes6: 'ip -6 -j route show table all',
  rules: 'ip -j rule',
  ports: 'bridge -j -d link',
  ipsec: "printf 'xfrm policy\\nxfrm state\\nxfrm policy getdefault\\n' | ip -batch -",
  qdiscs: 'tc qdisc',
} as const

const readText = (part: string, text: string): string => {
  if (part === 'nft') return withoutVolatile(text)
  if (part === 'sysctls') return sysctlsOf(text)
  if (part.endsWith('-nft')) return rulesOf(text)
  return part.endsWith('-legacy') ? withoutEmptyTables(rulesOf(text)) : text
}

/**
 * Reads rules of all three kinds, links, addresses, routes of every table, bridge ports, IPsec, queueing disciplines and
 * network sysctls.
 */
export const takeSnapshot = async (host: Machine): Promise<Snapshot> => {
  await host.quiet()
  // One shell runs all programs: entering the host for each would take longer than the reading itself.
  const printed = await host.mustRun(['sh', '-ec', Object.values(readings).join("\nprintf '\\0'\n")])
  const texts = printed.split('\0')
  return Object.fromEntries(
    Object.keys(readings).map((part, index) => [part, readText(part, texts[index] ?? '')]),
  )
}
