import { parse } from '@portolan/iptables'
import { type HostFacts, type Packet, prepare } from '@portolan/netfilter'
import { lowerRules, noRules } from 'portolan'
import type { Entry } from '../entry.ts'
import { measure } from '../measure.ts'

const facts: HostFacts = {
  interfaces: [
    { name: 'eth0', up: true, addresses: ['192.0.2.2/24'] },
    { name: 'docker0', up: true, kind: 'bridge', addresses: ['172.17.0.1/16'] },
  ],
  routes: [
    { destination: '192.0.2.0/24', interface: 'eth0', table: 254, scope: 'link' },
    { destination: '172.17.0.0/16', interface: 'docker0', table: 254, scope: 'link' },
    { destination: '0.0.0.0/0', gateway: '192.0.2.1', interface: 'eth0', table: 254 },
    { destination: '192.0.2.2/32', interface: 'eth0', table: 255, type: 'local', scope: 'host' },
    { destination: '172.17.0.1/32', interface: 'docker0', table: 255, type: 'local', scope: 'host' },
  ],
  sysctls: { 'net.ipv4.ip_forward': '1' },
}

const addressOf = (at: number): string => `172.17.${(at >> 6) & 255}.${(at & 63) + 2}`

/** A DNAT rule and an accept rule for each port, as Docker writes them, behind a list of banned sources. */
const saved = (rules: number): string => {
  const banned = Math.floor(rules / 10)
  const ports = Math.floor((rules - banned) / 2)
  const each = <Line>(count: number, line: (at: number) => Line): readonly Line[] =>
    Array.from({ length: count }, (_, at) => line(at))
  return [
    '*nat',
    ':PREROUTING ACCEPT [0:0]',
    ':DOCKER - [0:0]',
    '-A PREROUTING -m addrtype --dst-type LOCAL -j DOCKER',
    ...each(
      ports,
      (at) =>
        `-A DOCKER ! -i docker0 -p tcp -m tcp --dport ${1024 + at} -j DNAT --to-destination ${addressOf(at)}:80`,
    ),
    'COMMIT',
    '*filter',
    ':INPUT DROP [0:0]',
    ':FORWARD DROP [0:0]',
    ':BANNED - [0:0]',
    '-A INPUT -j BANNED',
    '-A INPUT -p tcp -m tcp --dport 22 -j ACCEPT',
    '-A FORWARD -j BANNED',
    '-A FORWARD -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT',
    ...each(banned, (at) => `-A BANNED -s 198.18.${at & 255}.${at >> 8}/32 -j DROP`),
    ...each(
      ports,
      (at) => `-A FORWARD -d ${addressOf(at)}/32 ! -i docker0 -o docker0 -p tcp -m tcp --dport 80 -j ACCEPT`,
    ),
    'COMMIT',
    '',
  ].join('\n')
}

/** Packets from many clients to published ports, to closed ports and to ssh. */
const packets = (count: number): readonly Packet[] =>
  Array.from({ length: count }, (_, at) => ({
    family: 'ip',
    in: 'eth0',
    source: `198.${18 + (at % 2)}.${(at >> 8) & 255}.${at & 255}`,
    sourcePort: 1024 + (at % 60_000),
    destination: '192.0.2.2',
    destinationPort: at % 10 === 0 ? 22 : 1024 + ((at * 7) % 4_000),
    protocol: 'tcp',
  }))

export const entry: Entry = {
  about: 'the outcome of many packets on a host of many rules',
  needs: 'nothing',
  measure: async ({ count, rounds }) => {
    const [rules, asked] = [count(5_000), count(100_000)]
    const text = saved(rules)
    const flows = packets(asked)
    const outcomes = new Set<string>()
    const measured = await measure(
      () => {
        const host = prepare(facts, lowerRules({ ...noRules, 'iptables-legacy': parse(text) }))
        for (const flow of flows) outcomes.add(host.evaluate(flow).outcome)
      },
      { count: rounds(3), warmUp: 0 },
    )
    // Outcomes of a single kind would mean that the packets never met the rules.
    if (!outcomes.has('dropped') || !outcomes.has('forwarded') || !outcomes.has('local'))
      throw new Error(`outcomes of one kind only: ${[...outcomes].join(', ')}`)
    return [
      {
        what: `evaluate ${asked} packets against ${rules} rules, read and prepared`,
        unit: 'ms',
        measured,
        mark: { atMost: 30_000 },
        peers: [],
      },
    ]
  },
}
