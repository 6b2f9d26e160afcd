import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { evaluate, type HostFacts, type Packet, parseHostFacts } from '@portolan/netfilter'
import * as nftables from '@portolan/nftables'
import { describeOnKernel } from '../lab/gate.ts'
import { type Lab, openLab } from '../lab/lab.ts'
import { keepFlows } from '../lab/lasting-flows.ts'

/** When a rule translates to several addresses, the kernel chooses one by the flow's addresses. */
const translations = [
  {
    name: 'dnat',
    port: 1001,
    ip: 'dnat to 203.0.113.10-203.0.113.16',
    ip6: 'dnat to 2001:db8:2::10-2001:db8:2::16',
  },
  {
    name: 'persistent dnat',
    port: 1002,
    ip: 'dnat to 203.0.113.10-203.0.113.16 persistent',
    ip6: 'dnat to 2001:db8:2::10-2001:db8:2::16 persistent',
  },
  {
    name: 'dnat to a large range',
    port: 1003,
    ip: 'dnat to 198.51.100.7-203.0.113.200',
    ip6: 'dnat to 2001:db8:2:0:1::-2001:db8:2:0:3:0:0:5',
  },
  {
    name: 'dnat to a range of ports',
    port: 1007,
    ip: 'dnat to 203.0.113.10:8080-8083',
    ip6: 'dnat to [2001:db8:2::10]:8080-8083',
  },
  {
    name: 'dnat to a range of addresses and ports',
    port: 1008,
    ip: 'dnat to 203.0.113.10-203.0.113.13:8080-8081',
    ip6: 'dnat to [2001:db8:2::10]-[2001:db8:2::13]:8080-8081',
  },
  {
    name: 'snat',
    port: 1004,
    ip: 'snat to 198.51.100.101-198.51.100.107',
    ip6: 'snat to 2001:db8:2::101-2001:db8:2::107',
  },
  {
    name: 'persistent snat',
    port: 1005,
    ip: 'snat to 198.51.100.101-198.51.100.107 persistent',
    ip6: 'snat to 2001:db8:2::101-2001:db8:2::107 persistent',
  },
  {
    name: 'snat to a range that has some of the sources',
    port: 1006,
    ip: 'snat to 198.51.100.20-198.51.100.27',
    ip6: 'snat to 2001:db8:2::20-2001:db8:2::27',
  },
] as const

const rulesOf = (family: 'ip' | 'ip6'): string => {
  const of = (verb: string): string =>
    translations
      .filter((translation) => translation.ip.startsWith(verb))
      .map((translation) => `udp dport ${translation.port} ${translation[family]}`)
      .join('\n')
  return `table ${family} ranges {
  chain output { type nat hook output priority -100; ${of('dnat')}
  }
  chain postrouting { type nat hook postrouting priority 100; ${of('snat')}
  }
}`
}

/** Sources that the host has, and destinations that it sends to. */
const endsOfFlows = {
  ip: {
    source: (at: number) => `198.51.100.${16 + at}`,
    destination: (at: number) => `203.0.113.${30 + at}`,
  },
  ip6: {
    source: (at: number) => `2001:db8:2::${16 + at}`,
    destination: (at: number) => `2001:db8:2::${300 + at}`,
  },
} as const

const flows = 32

const sendOnce = async (lab: Lab, packet: Packet): Promise<void> => {
  await lab.host.probe({
    protocol: 'udp',
    ...(packet.source == null ? {} : { source: packet.source }),
    ...(packet.sourcePort == null ? {} : { sourcePort: packet.sourcePort }),
    destination: packet.destination,
    port: packet.destinationPort ?? 0,
    timeoutMs: 50,
  })
}

/** The translated end of each packet's flow in connection tracking, with its port. */
const translatedEnds = async (lab: Lab, packets: readonly Packet[]): Promise<readonly (string | null)[]> => {
  const family = packets[0]?.family === 'ip6' ? 'ipv6' : 'ipv4'
  const { stdout } = await lab.host.run(['conntrack', '-L', '-f', family])
  const found = new Map<string, string>()
  for (const line of stdout.split('\n')) {
    const endsOfFlows = [...line.matchAll(/src=(\S+) dst=(\S+) sport=(\d+) dport=(\d+)/g)]
    const [sent, answer] = endsOfFlows.map(([, source = '', destination = '', sport = '', dport = '']) => ({
      source,
      destination,
      sport,
      dport,
    }))
    if (sent === undefined || answer === undefined) continue
    const [address, port] =
      answer.source === sent.destination ? [answer.destination, answer.dport] : [answer.source, answer.sport]
    found.set(
      `${sent.sport} ${sent.dport}`,
      address.includes(':') ? `[${address}]:${port}` : `${address}:${port}`,
    )
  }
  return packets.map(
    ({ sourcePort, destinationPort }) => found.get(`${sourcePort} ${destinationPort}`) ?? null,
  )
}

describeOnKernel('a translation to a range', 'nftables', () => {
  let lab: Lab
  let facts: HostFacts
  beforeAll(async () => {
    lab = await openLab()
    await lab.host.ip(
      'route replace default via 198.51.100.9',
      'route replace default via 2001:db8:2::9',
      ...Array.from({ length: flows }, (_, at) => [
        `addr add ${endsOfFlows.ip.source(at)}/32 dev eth1`,
        `addr add ${endsOfFlows.ip6.source(at)}/128 dev eth1 nodad`,
      ]).flat(),
    )
    await keepFlows(lab.host)
    await lab.host.mustRun(['nft', '-f', '-'], { input: `${rulesOf('ip')}\n${rulesOf('ip6')}\n` })
    facts = parseHostFacts((await lab.portolan(['inspect'])).stdout, '<portolan inspect>')
  })
  afterAll(() => lab[Symbol.asyncDispose]())

  test.each(
    translations.flatMap((translation) =>
      (['ip', 'ip6'] as const).map((family) => ({ family, ...translation })),
    ),
  )(
    'the kernel chooses the address and port that the evaluator gives: $name, $family',
    async ({ family, port }) => {
      const packets = Array.from(
        { length: flows },
        (_, at): Packet => ({
          family,
          protocol: 'udp',
          in: null,
          source: endsOfFlows[family].source(at),
          // A source that the kernel has translated already, with its port, keeps that translation.
          sourcePort: port * 10 + at,
          destination: endsOfFlows[family].destination((at * 7) % flows),
          destinationPort: port,
          state: 'new',
        }),
      )
      const rules = nftables.lower(nftables.parse(await lab.host.mustRun(['nft', '-j', 'list', 'ruleset'])))
      const evaluated = packets.map((packet) => {
        const deed = evaluate(packet, facts, rules).trace.find(({ deed }) => deed.kind === 'translate')?.deed
        return deed?.kind === 'translate' ? deed.to : null
      })
      await Promise.all(packets.map((packet) => sendOnce(lab, packet)))
      expect(evaluated).not.toContain(null)
      expect(evaluated).toEqual(await translatedEnds(lab, packets))
      expect(new Set(evaluated).size).toBeGreaterThan(port === 1007 ? 0 : 3)
    },
  )
})
