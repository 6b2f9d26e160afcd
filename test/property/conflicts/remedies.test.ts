import { describe, expect, test } from '@jest/globals'
import type { Conflict } from '@portolan/core'
import type { HostFacts } from '@portolan/netfilter'
import { hostFacts, look, type Scene, type Seen } from './look.ts'
import { closed, filter, mangle, nat, raw } from './saved.ts'

/** The host of the other tests, with Docker's bridge beside Portolan's. */
const beside: HostFacts = {
  ...hostFacts,
  interfaces: [
    ...(hostFacts.interfaces ?? []),
    { name: 'docker0', up: true, kind: 'bridge', addresses: ['172.29.0.1/16'] },
  ],
}

const remedyOf = ({ conflicts }: Seen, kind: string): Seen['conflicts'][number]['remedy'] | undefined =>
  conflicts.find((one) => one.kind === kind)?.remedy

const commands = async (scene: Scene, kind = 'ForwardDropped'): Promise<readonly string[]> =>
  remedyOf(await look({ facts: beside, ...scene }), kind)?.commands ?? []

const dockerUser = (...rules: readonly string[]): string =>
  closed(':DOCKER-USER - [0:0]', '-A FORWARD -j DOCKER-USER', ...rules)

const there = '-o pt-web -d 172.30.1.10 -p tcp --dport 80 -j ACCEPT'

describe('a remedy in DOCKER-USER', () => {
  test.each([
    ['before the RETURN that ends it', ['-A DOCKER-USER -j RETURN'], '-I DOCKER-USER 1'],
    [
      'behind the rules of the administrator, before the RETURN',
      [
        '-A DOCKER-USER -i eth0 -p tcp --sport 7 -j DROP',
        '-A DOCKER-USER -s 192.0.2.66/32 -j DROP',
        '-A DOCKER-USER -j RETURN',
      ],
      '-I DOCKER-USER 3',
    ],
    ['at its end, where nothing ends it', ['-A DOCKER-USER -s 192.0.2.66/32 -j DROP'], '-A DOCKER-USER'],
    ['at its end, where it is empty', [], '-A DOCKER-USER'],
  ])('stands %s', async (_, rules, place) => {
    const found = await look({ facts: beside, saved: dockerUser(...rules) })
    const dead = found.conflicts.find(({ severity }) => severity === 'error')
    expect(dead?.remedy.commands[0]).toBe(`iptables-nft -t filter ${place} ${there}`)
  })

  test('is not offered where a rule before it ends the chain, since the packets would not come to it', async () => {
    const saved = dockerUser('-A DOCKER-USER -i eth0 -j RETURN', '-A DOCKER-USER -i lo -j RETURN')
    const found = await look({ facts: beside, saved })
    const dead = found.conflicts.find(({ severity }) => severity === 'error')
    expect(dead?.remedy).toEqual({ text: expect.stringContaining('would not come to it'), commands: [] })
  })

  test('is not offered against a rule of the administrator', async () => {
    const saved = dockerUser('-A DOCKER-USER -i eth0 -o pt-web -j DROP').replace(
      'FORWARD DROP',
      'FORWARD ACCEPT',
    )
    const found = await look({ facts: beside, saved })
    expect(remedyOf(found, 'ForwardDropped')).toEqual({
      text: expect.stringContaining('administrator'),
      commands: [],
    })
  })
})

describe('a ban', () => {
  test.each([
    ['of one source', ['-A FORWARD -s 192.0.2.66/32 -j DROP']],
    ['of all but some', ['-A FORWARD -i eth0 ! -s 192.0.2.0/24 -o pt-web -j REJECT']],
    ['in a set', ['-A FORWARD -m set --match-set bans src -j DROP']],
    ['of a range', ['-A FORWARD -m iprange --src-range 192.0.2.60-192.0.2.70 -j DROP']],
    ['of recent ones', ['-A FORWARD -o pt-web -m recent --rcheck --seconds 60 --name bad --rsource -j DROP']],
    [
      'in a chain that a source leads to',
      [':banned - [0:0]', '-A FORWARD -s 192.0.2.66/32 -j banned', '-A banned -j DROP'],
    ],
  ])('%s gets words alone', async (_, rules) => {
    const saved = filter(...rules)
    const seen = await look({ facts: beside, saved })
    const remedies = seen.conflicts.filter(({ mapping }) => mapping !== null).map(({ remedy }) => remedy)
    expect(remedies).not.toEqual([])
    for (const remedy of remedies)
      expect(remedy).toEqual({ text: expect.stringContaining('Leave it'), commands: [] })
  })

  test('is passed by no remedy of a rule that stands in front of it', async () => {
    const rules = ['-A FORWARD -o pt-web -p tcp --dport 80 -j DROP', '-A FORWARD -s 192.0.2.66/32 -j DROP']
    const seen = await look({ facts: beside, saved: filter(...rules) })
    const dead = seen.conflicts.find(({ severity }) => severity === 'error')
    expect(dead?.remedy).toEqual({
      text: expect.stringContaining('such as a packet from 192.0.2.66'),
      commands: [],
    })
  })
})

describe('a remedy against rules that are told together, one for each interface,', () => {
  const intent = `name: shop
networks:
  web:
    ipam: {config: [{subnet: 172.30.1.0/24, gateway: 172.30.1.1}]}
    driver_opts: {com.docker.network.bridge.name: pt-web, com.docker.network.bridge.gateway_mode_ipv4: routed}
services:
  nginx: {networks: {web: {ipv4_address: 172.30.1.10}}, ports: ["80"]}
`
  const eth0 = '-A FORWARD -i eth0 -o pt-web -j DROP'
  const firstTold = async (...rules: readonly string[]): Promise<Conflict | undefined> => {
    const { conflicts } = await look({
      facts: beside,
      saved: filter(...rules, '-A FORWARD -o pt-web -j DROP'),
      intent,
    })
    return conflicts.find(({ mapping, culprit }) => mapping !== null && culprit?.text === eth0)
  }

  test('passes by all of them', async () => {
    const found = await firstTold(eth0, '-A FORWARD -i eth1 -o pt-web -j DROP')
    expect(found?.message).toContain('1 more rule does the same')
    expect(found?.remedy.commands[0]).toBe(
      'iptables-nft -t filter -I FORWARD 1 -o pt-web -d 172.30.1.10 -p tcp --dport 80 -j ACCEPT',
    )
  })

  test('is not offered where it would pass a ban beside them, which is told apart', async () => {
    const found = await firstTold(eth0, '-A FORWARD -s 203.0.113.66/32 -o pt-web -j DROP')
    expect(found?.remedy).toEqual({
      text: expect.stringContaining('such as a packet from 203.0.113.66'),
      commands: [],
    })
  })
})

describe('a ban behind the culprit that asks for bits of the source', () => {
  const drop = '-A FORWARD -o pt-web -p tcp --dport 80 -j DROP'

  test('is passed by no remedy, whichever sources it is for', async () => {
    const seen = await look({ saved: filter(drop, '-A FORWARD -s 0.0.0.77/0.0.0.255 -j DROP') })
    expect(remedyOf(seen, 'ForwardDropped')).toEqual({
      text: expect.stringContaining('computes with the bits'),
      commands: [],
    })
  })
})

describe('a remedy before the routing decision', () => {
  test('for what leaves a network opens no port of the host to its containers', async () => {
    const seen = await look({ saved: mangle('-A PREROUTING -i pt-web -j DROP') })
    expect(remedyOf(seen, 'EgressDropped')).toEqual({
      text: expect.stringMatching(/by pt-web to (192\.0\.2\.2|203\.0\.113\.2|172\.30\.1\.1):/),
      commands: [],
    })
  })
})

describe('a remedy in front of connection tracking', () => {
  test.each(['ReplyDropped', 'NetworkDropped'])(
    'for answers (%s) lets no container call a port of the host',
    async (kind) => {
      const seen = await look({ saved: raw('-A PREROUTING -i pt-web -j DROP') })
      expect(remedyOf(seen, kind)).toEqual({
        text: expect.stringMatching(/by pt-web to (192\.0\.2\.2|203\.0\.113\.2|172\.30\.1\.1):/),
        commands: [],
      })
    },
  )
})

test('a remedy for the answers to the host lets in answers of the network alone', async () => {
  const saved = filter('-A INPUT -i pt-web -j DROP', '-A INPUT -s 198.51.100.0/24 -j DROP')
  expect(await commands({ saved, facts: hostFacts }, 'NetworkDropped')).toEqual([
    'iptables-nft -t filter -I INPUT 1 -i pt-web -s 172.30.1.0/24 -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT',
  ])
})

test('a remedy never lets in the answers of every flow of the host', async () => {
  const saved = mangle('-A PREROUTING -i eth0 -p tcp -m tcp --sport 443 -j DROP')
  expect(await commands({ saved, facts: hostFacts }, 'EgressDropped')).toEqual([])
})

describe('a remedy for what leaves a network', () => {
  test('names the uplinks, so that containers of Docker stay out of reach', async () => {
    expect(await commands({ saved: closed() }, 'EgressDropped')).toEqual([
      'iptables-nft -t filter -A FORWARD -i pt-web -o eth0 -s 172.30.1.0/24 -j ACCEPT',
      'iptables-nft -t filter -A FORWARD -i pt-web -o eth1 -s 172.30.1.0/24 -j ACCEPT',
      'iptables-nft -t filter -A FORWARD -o pt-web -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT',
    ])
  })

  test('is not offered where the uplink leads to what nothing else opens', async () => {
    // A host port that is forwarded to a machine behind the uplink, for some clients only.
    const saved =
      nat(
        '-A PREROUTING -p tcp -m tcp --dport 9000 -m addrtype --dst-type LOCAL -j DNAT --to-destination 192.0.2.50:22',
      ) + closed()
    const seen = await look({ facts: beside, saved })
    expect(remedyOf(seen, 'EgressDropped')).toEqual({
      text: expect.stringMatching(/by pt-web to [\d.]+:9000\/tcp/),
      commands: [],
    })
  })
})

test('what a foreign translation sends to the container is not opened with it', async () => {
  const saved =
    nat('-A PREROUTING -p tcp -m tcp --dport 9999 -j DNAT --to-destination 172.30.1.10:80') + closed()
  const seen = await look({ facts: beside, saved })
  const dead = seen.conflicts.find(({ severity }) => severity === 'error')
  expect(dead?.remedy).toEqual({ text: expect.stringMatching(/:9999\/tcp/), commands: [] })
})

/** The number of remedy commands for each mapping with an error. */
const offeredFor = (conflicts: readonly Conflict[]): readonly string[] =>
  conflicts
    .filter(({ severity, mapping }) => severity === 'error' && mapping !== null)
    .map(({ mapping, remedy }) => `${mapping?.slice(0, 12)} ${remedy.commands.length}`)

test('of two mappings that one policy stops, each has a verdict of its own where something else tells them apart', async () => {
  const intent = `name: shop
networks:
  web:
    ipam: {config: [{subnet: 172.30.1.0/24, gateway: 172.30.1.1}]}
    driver_opts: {com.docker.network.bridge.name: pt-web}
services:
  nginx: {networks: {web: {ipv4_address: 172.30.1.10}}, ports: ["8080:80", "8081:81", "8082:82"]}
`
  const rules = [
    '-A FORWARD -o pt-web -p tcp -j DROP',
    '-A FORWARD -o pt-web -p tcp --dport 81 -s 192.0.2.66/32 -j DROP',
  ]
  const { conflicts } = await look({ facts: beside, saved: filter(...rules), intent })
  expect(offeredFor(conflicts)).toEqual(['0.0.0.0:8080 2', '0.0.0.0:8081 0', '0.0.0.0:8082 2'])
})

test('of two mappings whose containers a rule tells apart by bits of their address, each has a verdict of its own', async () => {
  const intent = `name: shop
networks:
  web:
    ipam: {config: [{subnet: 172.30.1.0/24, gateway: 172.30.1.1}]}
    driver_opts: {com.docker.network.bridge.name: pt-web}
services:
  one: {networks: {web: {ipv4_address: 172.30.1.10}}, ports: ["8080:80"]}
  two: {networks: {web: {ipv4_address: 172.30.1.11}}, ports: ["8081:80"]}
`
  const rules = [
    '-A FORWARD -o pt-web -p tcp -j DROP',
    '-A FORWARD -d 0.0.0.11/0.0.0.255 -s 192.0.2.66/32 -j DROP',
  ]
  const { conflicts } = await look({ facts: beside, saved: filter(...rules), intent })
  expect(offeredFor(conflicts)).toEqual(['0.0.0.0:8080 2', '0.0.0.0:8081 0'])
})

test('beyond the remedies that are checked, none is offered, and the reason is told', async () => {
  const ports = Array.from({ length: 100 }, (_, at) => 8001 + at)
  const intent = `
name: shop
networks:
  web:
    ipam: {config: [{subnet: 172.30.1.0/24, gateway: 172.30.1.1}]}
services:
  web: {networks: {web: {ipv4_address: 172.30.1.10}}, ports: ['8001-8100:8001-8100']}
`
  const rules = ports.map((port) => `-A FORWARD -d 172.30.1.10/32 -p tcp -m tcp --dport ${port} -j DROP`)
  const { conflicts } = await look({ facts: beside, saved: filter(...rules), intent })
  const dead = conflicts.filter(({ severity }) => severity === 'error')
  const unchecked = dead.filter(({ remedy }) => remedy.text.includes('too many such rules to check'))
  expect(dead).toHaveLength(ports.length)
  expect(unchecked.length).toBeGreaterThan(0)
  for (const { remedy } of unchecked) expect(remedy.commands).toEqual([])
})
