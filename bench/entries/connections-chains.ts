import type { Entry } from '../entry.ts'
import { firstPort, target } from '../mappings.ts'
import { ourLibrary } from '../peer/ours.ts'
import { onHost, type Place } from '../peer/place.ts'
import { runProgram } from '../program.ts'
import { type RatesInTurn, ratesInTurn } from '../rates-in-turn.ts'
import type { Row } from '../row.ts'
import { direct, openTriple, type Triple, throughEngine, type Wiring } from '../triple.ts'

const backends = ['nftables', 'iptables-nft', 'iptables-legacy'] as const
type Backend = (typeof backends)[number]

const iptablesChains = ['mangle PORTOLAN-FORWARD', 'filter PORTOLAN-ACCEPT', 'nat PORTOLAN-SNAT'] as const

/** Portolan's chains that can be emptied while the port still answers. */
const chains: Readonly<Record<Backend, readonly string[]>> = {
  nftables: ['forward', 'nat_postrouting'],
  'iptables-nft': iptablesChains,
  'iptables-legacy': iptablesChains,
}

const noNat = 'no NAT'
const oneRule = 'one rule of NAT'
const withHooks = 'one rule of NAT, and an empty chain at each hook'

export const entry: Entry = {
  about: 'what each chain costs of the new connections a second of processor time',
  needs: 'namespace',
  measure: async ({ count, rounds, isQuick }) => {
    const [ports, connections] = [count(10_000), count(2_000)]
    const size = { count: rounds(40), warmUp: rounds(2) }
    const rows: Row[] = []
    for (const backend of isQuick ? backends.slice(0, 1) : backends) {
      const publish: Wiring = throughEngine((place, size) =>
        ourLibrary('apply', backend).publish(place, size, 60_000),
      )
      const without =
        (names: readonly string[]): Wiring =>
        async (place, size) => {
          const wired = await publish(place, size)
          for (const name of names) empty(place, backend, name)
          return wired
        }
      const wirings = new Map<string, Wiring>([
        [noNat, direct],
        [oneRule, publishedByOneRule(backend)],
        [withHooks, publishedByOneRule(backend, emptyHooks)],
        ['all chains', publish],
        ['the ports alone', without(chains[backend])],
        ...chains[backend].map((name): [string, Wiring] => [`all but ${name}`, without([name])]),
      ])
      const triples = new Map<string, Triple>()
      try {
        for (const [name, wiring] of wirings)
          triples.set(name, await openTriple(`bench${triples.size}`, wiring, ports))
        rows.push(...rowsOf(backend, ratesInTurn(triples, connections, size, 'byProcessor'), triples))
      } finally {
        for (const triple of triples.values()) triple[Symbol.dispose]()
      }
    }
    return rows
  },
}

const rowsOf = (backend: Backend, rates: RatesInTurn, names: ReadonlyMap<string, unknown>): readonly Row[] =>
  [...names.keys()].flatMap((name) => {
    const measured = rates.spread(name)
    return name === noNat || measured === null
      ? []
      : [
          {
            what: `${backend}: ${name}`,
            unit: '1/s',
            measured,
            mark: null,
            peers: [rates.beside(name, noNat)],
          },
        ]
  })

const noHooks: Readonly<Record<Backend, string>> = { nftables: '', 'iptables-nft': '', 'iptables-legacy': '' }

const emptyIptablesHooks = `*mangle
:FORWARD ACCEPT [0:0]
COMMIT
*filter
:FORWARD ACCEPT [0:0]
COMMIT
*nat
:POSTROUTING ACCEPT [0:0]
COMMIT
`

const emptyHooks: Readonly<Record<Backend, string>> = {
  nftables: `table inet hooks {
  chain forward { type filter hook forward priority 0; }
  chain postrouting { type nat hook postrouting priority 95; }
}
`,
  'iptables-nft': emptyIptablesHooks,
  'iptables-legacy': emptyIptablesHooks,
}

/** The smallest ruleset that translates. Its cost is the kernel's, and not that of an engine. */
const publishedByOneRule =
  (backend: Backend, hooks: Readonly<Record<Backend, string>> = noHooks): Wiring =>
  async (place, ports) => {
    const wired = await direct(place, ports)
    const port = firstPort + ports - 1
    const load = backend === 'nftables' ? ['nft', '-f', '-'] : [`${backend}-restore`, '-w', '--noflush']
    runProgram(onHost(place, load), `${oneRuleOf(backend, port)}${hooks[backend]}`)
    return { ...wired, address: '10.88.0.1', port }
  }

const oneRuleOf = (backend: Backend, port: number): string =>
  backend === 'nftables'
    ? `table ip published {
  map ports { type inet_proto . inet_service : ipv4_addr . inet_service; }
  chain nat { type nat hook prerouting priority -105; dnat to meta l4proto . th dport map @ports; }
}
add element ip published ports { tcp . ${port} : ${target.address} . ${target.port} }
`
    : `*nat
:PREROUTING ACCEPT [0:0]
-A PREROUTING -p tcp -m tcp --dport ${port} -j DNAT --to-destination ${target.address}:${target.port}
COMMIT
`

const empty = (place: Place, backend: Backend, name: string): void => {
  const [table = '', chain = ''] = name.split(' ')
  const words =
    backend === 'nftables'
      ? ['nft', 'flush', 'chain', 'inet', 'portolan', name]
      : [backend, '-w', '-t', table, '-F', chain]
  runProgram(onHost(place, words))
}
