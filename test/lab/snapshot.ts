import type { Machine } from './machine.ts'

/** Everything of a host that `destroy` has to leave as it found it, as text to compare. */
export type Snapshot = Readonly<Record<string, string>>

// Counters count, handles are never reused, and the first object is nft's version.
const withoutVolatile = (ruleset: string): string => {
  const { nftables } = JSON.parse(ruleset) as { readonly nftables: readonly object[] }
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

// A legacy table that the kernel has once registered cannot be unregistered: empty and accepting is as good as gone.
const withoutEmptyTables = (saved: string): string => saved.replaceAll(/\*\w+\n(:\S+ ACCEPT\n)*COMMIT\n/g, '')

// What the kernel counts or decides by itself as time passes.
const volatileSysctls =
  /^net\.(netfilter\.nf_conntrack_count|core\.|ipv4\.tcp_fastopen_key|.*\.stable_secret)/

const sysctlsOf = (text: string): string =>
  text
    .split('\n')
    .filter((line) => !volatileSysctls.test(line))
    .sort()
    .join('\n')

/** Reads rules of all three kinds, links, addresses, routes of every table, bridge ports and network sysctls. */
export const takeSnapshot = async (host: Machine): Promise<Snapshot> => {
  const read = (...argv: string[]) => host.mustRun(argv)
  const [nft, sysctls] = await Promise.all([
    read('nft', '-j', 'list', 'ruleset'),
    // Some files are write-only; that is no failure.
    host.run(['sysctl', '-a', '--pattern', '^net\\.']),
  ])
  const snapshot: Record<string, string> = { nft: withoutVolatile(nft), sysctls: sysctlsOf(sysctls.stdout) }
  for (const family of ['iptables', 'ip6tables']) {
    snapshot[`${family}-nft`] = rulesOf(await read(`${family}-nft-save`))
    snapshot[`${family}-legacy`] = withoutEmptyTables(rulesOf(await read(`${family}-legacy-save`)))
  }
  snapshot.addresses = await read('ip', '-j', 'addr')
  snapshot.links = await read('ip', '-j', 'link')
  snapshot.routes = await read('ip', '-j', 'route', 'show', 'table', 'all')
  snapshot.routes6 = await read('ip', '-6', '-j', 'route', 'show', 'table', 'all')
  snapshot.rules = await read('ip', '-j', 'rule')
  snapshot.ports = await read('bridge', '-j', '-d', 'link')
  return snapshot
}
