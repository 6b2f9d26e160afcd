import fc from 'fast-check'
import { address, mark, one, port, prefix, seldom } from './vocabulary.ts'

/** A rule at the edge of a device, where no connection is tracked and nothing is translated yet, or any more. */
const edgeRule: fc.Arbitrary<string> = one('ip', 'ip6' as const).chain((family) =>
  fc
    .tuple(
      fc.oneof(
        fc
          .tuple(one('saddr', 'daddr'), fc.oneof(address(family), prefix(family)))
          .map(([side, value]) => `${family} ${side} ${value}`),
        fc
          .tuple(one('saddr', 'daddr'), prefix(family), port)
          .map(([side, value, at]) => `${family} ${side} ${value} th dport ${at}`),
        fc.tuple(one('tcp', 'udp'), one('sport', 'dport'), port).map((parts) => parts.join(' ')),
        fc
          .tuple(prefix(family), port)
          .map(([to, at]) => `${family} daddr . th dport { ${to} . ${at}, ${to} . 7 }`),
      ),
      fc.oneof(
        { weight: 3, arbitrary: one('drop', 'accept', 'counter drop') },
        mark.map((value) => `meta mark set ${value}`),
        port.map((to) => `th dport 81 th dport set ${to}`),
      ),
    )
    .map((parts) => parts.join(' ')),
)

const devices = one(
  'device "eth0"',
  'device "eth1"',
  'devices = { eth0, eth1 }',
  'device "br-a"',
  'devices = { v-a1, v-a2 }',
  'device "v-b1"',
)

const chain = (name: string, hook: string): fc.Arbitrary<string> =>
  fc
    .tuple(devices, one(-10, 0, 10), fc.array(edgeRule, { minLength: 1, maxLength: 3 }))
    .map(([of, priority, rules]) =>
      [
        `  chain ${name} {`,
        `    type filter hook ${hook} ${of} priority ${priority}; policy accept;`,
        ...rules.map((rule) => `    ${rule}`),
        '  }',
      ].join('\n'),
    )

const table = (family: string, name: string, chains: readonly string[]): string =>
  [`table ${family} ${name} {`, ...chains, '}'].join('\n')

/**
 * Tables at the edges of devices: of the netdev family, at the ingress hook of inet, and of the bridge family; mostly
 * none.
 */
export const edgeTables: fc.Arbitrary<readonly string[]> = fc
  .tuple(
    seldom(5),
    seldom(6),
    seldom(20),
    fc.tuple(chain('in', 'ingress'), chain('out', 'egress')),
    chain('in', 'ingress'),
    fc.array(edgeRule, { minLength: 1, maxLength: 2 }),
  )
  .map(([hasNetdev, hasInet, hasBridge, ofDevices, ofInet, switched]) => [
    ...(hasNetdev ? [table('netdev', 'edge', ofDevices)] : []),
    ...(hasInet ? [table('inet', 'entry', [ofInet])] : []),
    ...(hasBridge
      ? [
          table('bridge', 'switch', [
            '  chain forward {',
            '    type filter hook forward priority 0; policy accept;',
            ...switched.map((rule) => `    ${rule}`),
            '  }',
          ]),
        ]
      : []),
  ])
