import { expect, test } from '@jest/globals'
import { printStatus } from '../../src/status/print-status.ts'
import { styleFor } from '../../src/text/style.ts'
import { mapping, network, status } from './status-of.ts'

test('a mapping is a line with its counts, then networks follow', () => {
  expect(printStatus(status())).toEqual([
    'PROJECT  BACKEND   MAPPING                       TARGET         OPEN  PACKETS  BYTES  DRIFT  CONFLICTS',
    'shop     nftables  0.0.0.0:8080/tcp -> nginx:80  172.17.0.1:80  2     17       1400   -      -',
    '',
    'NETWORK   BACKEND   BRIDGE   SUBNETS        LINK  DRIFT  CONFLICTS',
    'shop/web  nftables  ptl-web  172.17.0.0/16  up    -      -',
  ])
})

test('what is not counted is a dash, and it is said why', () => {
  const uncounted = { connections: 2, packets: null, bytes: null }
  const off = printStatus(status({ accounting: false, mappings: [mapping(uncounted)] }))
  expect(off[1]).toContain('  2     -        -      -      -')
  expect(off.at(-1)).toContain('sysctl -w net.netfilter.nf_conntrack_acct=1')
  expect(printStatus(status({ mappings: [mapping(uncounted)] })).at(-1)).toContain(
    'began before the host counted',
  )
})

test('connections that rules counted have a column where rules count', () => {
  const [head, ...lines] = printStatus(
    status({ mappings: [mapping({ backend: 'iptables-nft', newConnections: 41 }), mapping()] }),
  )
  expect(head).toContain('  BYTES  NEW  DRIFT')
  expect(lines[0]).toContain('  1400   41   -')
  expect(lines[1]).toContain('  1400   -    -')
})

test('drift and conflicts stand beside a mapping, and what would mend them below', () => {
  const lines = printStatus(
    status({
      mappings: [mapping({ drift: 'missing', conflicts: { count: 3, worst: 'error' } })],
      drift: [
        {
          project: 'shop',
          part: 'nftables',
          action: 'add',
          object: 'map element',
          description: 'Adds it.',
        },
      ],
      lost: ['The rules of chain x are gone.'],
    }),
  )
  expect(lines[1]).toMatch(/missing +error \(3\)$/)
  expect(lines).toContain('What would bring back what is wanted')
  expect(lines).toContain('nftables: Adds it.')
  expect(lines.at(-1)).toMatch(/^The rules of chain x are gone\. .* apply that project again\.$/)
})

test('what cannot be told is a question mark, with the way to tell it', () => {
  const lines = printStatus(
    status({ conflicts: null, mappings: [mapping({ drift: 'unknown', conflicts: null })], networks: [] }),
  )
  expect(lines[1]).toMatch(/ \? +\?$/)
  expect(lines.at(-1)).toContain('portolan status -f FILE')
})

test('a long list of changes is cut, and says so', () => {
  const change = {
    project: null,
    part: 'nftables',
    action: 'add',
    object: 'rule',
    description: 'Adds a rule.',
  } as const
  const lines = printStatus(status({ drift: Array.from({ length: 25 }, () => change) }))
  expect(lines.filter((line) => line === 'nftables: Adds a rule.')).toHaveLength(20)
  expect(lines).toContain('and 5 more changes: --json tells all.')
})

test('networks on an interface, and what is attached, have a table each', () => {
  const of = { project: 'shop', network: 'web' }
  const printed = printStatus(
    status({
      ...{ mappings: [], networks: [] },
      parented: [
        {
          project: 'shop',
          name: 'lan',
          driver: 'macvlan',
          parent: 'eth1',
          subnets: ['10.2.0.0/24'],
          up: true,
        },
      ],
      endpoints: [
        { ...of, endpoint: 'a', addresses: ['10.1.0.2'], interface: 've-a', bridge: 'br-web', up: true },
        { ...of, endpoint: 'b', addresses: [], interface: 've-b', bridge: null, up: true },
        {
          ...of,
          network: 'lan',
          endpoint: 'c',
          addresses: ['10.2.0.2'],
          interface: null,
          bridge: null,
          up: null,
        },
      ],
    }),
  )
  expect(printed).toEqual([
    'No port is mapped.',
    '',
    'NETWORK   DRIVER   PARENT  SUBNETS      LINK',
    'shop/lan  macvlan  eth1    10.2.0.0/24  up',
    '',
    'ENDPOINT  NETWORK   ADDRESSES  INTERFACE  LINK',
    'a         shop/web  10.1.0.2   ve-a       up',
    'b         shop/web  -          ve-b       off its bridge',
    'c         shop/lan  10.2.0.2   -          ?',
  ])
})

test('what gives a host a block is said before the moves that need one', () => {
  const conflict = (network: string) => ({
    ...{ kind: 'SubnetOverlap' as const, severity: 'error' as const, certainty: 'certain' as const },
    ...{
      mapping: null,
      network,
      published: null,
      project: 'shop',
      message: '',
      witness: null,
      culprit: null,
    },
    remedy: {
      text: '',
      commands: ['portolan cluster release && portolan cluster join', `portolan move ${network}`],
    },
    trace: [],
  })
  expect(printStatus(status({ conflicts: ['front', 'back'].map(conflict) })).slice(-3)).toEqual([
    'First, a block for this host: portolan cluster release && portolan cluster join',
    'To move the network: portolan move front',
    'To move the network: portolan move back',
  ])
})

test('the way out of a lost block is said of a network that a program holds too', () => {
  const conflict = {
    ...{ kind: 'SubnetOverlap' as const, severity: 'error' as const, certainty: 'certain' as const },
    ...{ mapping: null, network: 'web', published: null, project: 'live', message: '', witness: null },
    culprit: {
      ...{ tool: 'cluster', text: 'block 10.64.1.0/24', table: null, family: null, chain: null },
      ...{ position: null, handle: null, owner: null, counters: null },
    },
    remedy: { text: 'End what is on the network.', commands: ['portolan cluster join'] },
    trace: [],
  }
  expect(printStatus(status({ conflicts: [conflict] })).slice(-2)).toEqual([
    'First, a block for this host: portolan cluster join',
    'For network web of project live: End what is on the network.',
  ])
})

test('a conflict of a network with both families says which one it is of', () => {
  const conflict = {
    ...{ kind: 'EgressDropped' as const, severity: 'error' as const, certainty: 'certain' as const },
    ...{ mapping: null, network: 'web', published: null, project: 'shop', message: '', culprit: null },
    witness: {
      ...{ family: 'ip6' as const, source: 'fd00::2', destination: '2001:db8::1', protocol: 'tcp' as const },
      ...{ sourcePort: 40_000, destinationPort: 80 },
    },
    remedy: { text: '', commands: [] },
    trace: [],
  }
  const lastOf = (...subnets: readonly string[]): string | undefined =>
    printStatus(status({ networks: [network({ subnets })], conflicts: [conflict] })).at(-1)
  expect(lastOf('172.17.0.0/16', 'fd00::/64')).toBe('error EgressDropped: network web over IPv6')
  expect(lastOf('fd00::/64')).toBe('error EgressDropped: network web')
  // A network without a gateway tells no subnet, so it may have both.
  expect(lastOf()).toBe('error EgressDropped: network web over IPv6')
})

test('an empty host and a project without ports are said in words', () => {
  expect(printStatus(status({ mappings: [], networks: [] }))).toEqual([
    'Nothing of Portolan is mapped on this host.',
  ])
  expect(printStatus(status({ mappings: [], networks: [], unread: ['Rules could not be read.'] }))).toEqual([
    'Nothing of Portolan is mapped on this host, as far as the host could be read.',
  ])
  expect(printStatus(status({ mappings: [], networks: [network({ up: false, backend: null })] }))).toEqual([
    'No port is mapped.',
    '',
    expect.any(String),
    'shop/web  -        ptl-web  172.17.0.0/16  down  -      -',
  ])
})

test('names of others cannot act on the terminal, and a line with an error is red', () => {
  const text = printStatus(
    status({ mappings: [mapping({ mapping: 'a\u001b[2Jb', conflicts: { count: 1, worst: 'error' } })] }),
    styleFor(true),
  ).join('\n')
  expect(text).toContain('a\\x1b[2Jb')
  const red = text.split('\u001b[31m')[1]?.split('\u001b[0m')[0]
  expect(red).toMatch(/^shop .* error$/)
})
