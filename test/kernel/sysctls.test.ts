import { afterAll, beforeAll, expect, test } from '@jest/globals'
import * as iptables from '@portolan/iptables'
import { type HostFacts, type Packet, parseHostFacts, prepare } from '@portolan/netfilter'
import { hostSysctls, linkSysctlNames } from '@portolan/netfilter/sysctls'
import * as nftables from '@portolan/nftables'
import { carrying } from '../lab/container.ts'
import { describeOnKernel } from '../lab/gate.ts'
import { type Lab, openLab } from '../lab/lab.ts'
import type { Machine } from '../lab/machine.ts'
import { addresses } from '../lab/topology.ts'

const PORT = 7000
const links = ['all', 'default', 'eth0', 'eth1', 'br-a', 'br-b', 'lo']

/** A datagram, its sender, and whether the kernel forwards or delivers it. */
interface Case {
  readonly title: string
  readonly set: Readonly<Record<string, number>>
  readonly from: 'neighbour' | 'twin'
  readonly family?: 'ip' | 'ip6'
  /** The source address. In some cases the neighbour forges an address of the host. */
  readonly source: string
  readonly to: 'host' | 'outside'
  readonly arrives: boolean
}

const forged = addresses.ip.hostOutside
const twinA = '172.30.1.10'
const twinB = '172.30.2.10'
const twinB6 = 'fd00:30:2::10'
const rp = (link: string): string => `net.ipv4.conf.${link}.rp_filter`
const accept = (link: string): string => `net.ipv4.conf.${link}.accept_local`

/** `twin` sends everything by br-a, whatever the source. */
const cases: readonly Case[] = [
  {
    title: 'a source of another bridge passes without a filter',
    set: {},
    from: 'twin',
    source: twinB,
    to: 'outside',
    arrives: true,
  },
  {
    title: 'a source of another bridge does not pass the strict filter of the bridge',
    set: { [rp('br-a')]: 1 },
    from: 'twin',
    source: twinB,
    to: 'outside',
    arrives: false,
  },
  {
    title: 'a source of another bridge does not pass the strict filter of all',
    set: { [rp('all')]: 1 },
    from: 'twin',
    source: twinB,
    to: 'outside',
    arrives: false,
  },
  {
    title: 'a source of another bridge does not pass the strict filter to a process of the host',
    set: { [rp('br-a')]: 1 },
    from: 'twin',
    source: twinB,
    to: 'host',
    arrives: false,
  },
  {
    title: 'the loose filter of the bridge is greater than the strict one of all',
    set: { [rp('all')]: 1, [rp('br-a')]: 2 },
    from: 'twin',
    source: twinB,
    to: 'outside',
    arrives: true,
  },
  {
    title: 'the loose filter of all is greater than the strict one of the bridge',
    set: { [rp('all')]: 2, [rp('br-a')]: 1 },
    from: 'twin',
    source: twinB,
    to: 'outside',
    arrives: true,
  },
  {
    title: 'the filter of another interface does not matter',
    set: { [rp('eth1')]: 1, [rp('br-b')]: 1 },
    from: 'twin',
    source: twinB,
    to: 'outside',
    arrives: true,
  },
  {
    title: 'a source of its own bridge passes the strict filter',
    set: { [rp('all')]: 1 },
    from: 'twin',
    source: twinA,
    to: 'outside',
    arrives: true,
  },
  {
    title: 'IPv6 has no such filter',
    set: { [rp('all')]: 1 },
    family: 'ip6',
    from: 'twin',
    source: twinB6,
    to: 'outside',
    arrives: true,
  },
  {
    title: 'a neighbour is not let in with an address of the host as source',
    set: {},
    from: 'neighbour',
    source: forged,
    to: 'host',
    arrives: false,
  },
  {
    title: 'accept_local of the interface lets an address of the host in as source',
    set: { [accept('eth0')]: 1 },
    from: 'neighbour',
    source: forged,
    to: 'host',
    arrives: true,
  },
  {
    title: 'accept_local of all lets an address of the host in as source',
    set: { [accept('all')]: 1 },
    from: 'neighbour',
    source: forged,
    to: 'host',
    arrives: true,
  },
  {
    title: 'accept_local of another interface does not let it in',
    set: { [accept('eth1')]: 1 },
    from: 'neighbour',
    source: forged,
    to: 'host',
    arrives: false,
  },
  {
    title: 'the strict filter drops it in spite of accept_local',
    set: { [accept('eth0')]: 1, [rp('eth0')]: 1 },
    from: 'neighbour',
    source: forged,
    to: 'host',
    arrives: false,
  },
  {
    title: 'the loose filter lets it in with accept_local',
    set: { [accept('eth0')]: 1, [rp('eth0')]: 2 },
    from: 'neighbour',
    source: forged,
    to: 'host',
    arrives: true,
  },
  {
    title: 'an interface that does not forward IPv4 drops the packet',
    set: { 'net.ipv4.conf.br-a.forwarding': 0 },
    from: 'twin',
    source: twinA,
    to: 'outside',
    arrives: false,
  },
  {
    title: 'a host that does not forward IPv6 drops the packet',
    set: { 'net.ipv6.conf.all.forwarding': 0 },
    family: 'ip6',
    from: 'twin',
    source: twinB6,
    to: 'outside',
    arrives: false,
  },
  {
    title: 'an interface with force_forwarding forwards IPv6 though the host does not',
    set: { 'net.ipv6.conf.all.forwarding': 0, 'net.ipv6.conf.br-a.force_forwarding': 1 },
    family: 'ip6',
    from: 'twin',
    source: twinB6,
    to: 'outside',
    arrives: true,
  },
]

const initial: Readonly<Record<string, number>> = {
  'net.ipv4.ip_forward': 1,
  'net.ipv6.conf.all.forwarding': 1,
  ...Object.fromEntries(
    links.flatMap((link) => [
      [rp(link), 0],
      [accept(link), 0],
    ]),
  ),
}

const setUp = async (lab: Lab): Promise<Machine> => {
  const { host, outside, neighbour } = lab
  await host.ip(
    ...['a', 'b'].flatMap((name, at) => [
      `link add br-${name} type bridge`,
      `link set br-${name} up`,
      `addr add 172.30.${at + 1}.1/24 dev br-${name}`,
      `addr add fd00:30:${at + 1}::1/64 dev br-${name} nodad`,
    ]),
  )
  const twin = await lab.container({
    name: 'twin',
    bridge: 'br-a',
    address: `${twinA}/24`,
    address6: 'fd00:30:1::10/64',
    gateway: '172.30.1.1',
    gateway6: 'fd00:30:1::1',
  })
  await host.ip(
    `link add v-twin2 type veth peer name eth1 netns ${twin.pid}`,
    'link set v-twin2 master br-b up',
  )
  await twin.ip('link set eth1 up', `addr add ${twinB}/24 dev eth1`, `addr add ${twinB6}/64 dev eth1 nodad`)
  // With a prefix as source the neighbour would use eth1 only for its link. All other packets leave by eth0.
  await carrying(host, 'br-a', 'br-b', 'v-twin2')
  await neighbour.ip(`addr add ${forged}/32 dev lo`)
  await neighbour.setSysctl('net.ipv4.conf.all.arp_ignore', 1)
  for (const machine of [host, outside]) await machine.listen({ protocol: 'udp', port: PORT })
  return twin
}

const factsOf = async (lab: Lab): Promise<HostFacts> => {
  const { exitCode, stdout, stderr } = await lab.portolan(['inspect'])
  if (exitCode !== 0) throw new Error(`portolan inspect exited ${exitCode}: ${stderr}`)
  return parseHostFacts(stdout, '<portolan inspect>')
}

describeOnKernel('the sysctls of a host', 'iptables-legacy', () => {
  let lab: Lab
  let twin: Machine
  beforeAll(async () => {
    lab = await openLab({ bridgeNf: 0 })
    twin = await setUp(lab)
  })
  afterAll(() => lab?.[Symbol.asyncDispose]())

  const reset = async (): Promise<void> => {
    for (const [name, value] of Object.entries(initial)) await lab.host.setSysctl(name, value)
  }

  /** True: the receiver got the datagram. An expected datagram is sent again until it arrives. */
  const send = async ({
    from,
    source,
    to,
    family = 'ip',
    arrives,
  }: Pick<Case, 'from' | 'source' | 'to' | 'family' | 'arrives'>): Promise<boolean> => {
    const sender = from === 'twin' ? twin : lab.neighbour
    const receiver = to === 'host' ? lab.host : lab.outside
    await receiver.heard({ clear: true })
    const probe = { protocol: 'udp', destination: addresses[family][to], port: PORT, source } as const
    for (let attempt = 0; attempt < (arrives ? 10 : 2); attempt += 1) {
      await sender.probe({ ...probe, timeoutMs: 150 })
      if ((await receiver.heard()).some((one) => one.source === source)) return true
    }
    return false
  }

  const packetOf = ({ from, source, to, family = 'ip' }: Case): Packet => ({
    family,
    in: from === 'twin' ? 'br-a' : 'eth0',
    source,
    destination: addresses[family][to],
    destinationPort: PORT,
    protocol: 'udp',
  })

  test('that the evaluator uses are all read, for each interface, for all and for default', async () => {
    const { sysctls = {} } = await factsOf(lab)
    const wanted = links.flatMap((link) => [
      ...linkSysctlNames('ipv4', link),
      ...linkSysctlNames('ipv6', link),
    ])
    const missing = [...hostSysctls, ...wanted].filter((name) => sysctls[name] === undefined)
    // Kernels before 6.17 have no force_forwarding.
    expect(missing.filter((name) => !name.endsWith('.force_forwarding'))).toEqual([])
    expect(sysctls['net.ipv4.conf.eth0.accept_local']).toBe('0')
  })

  test.each(cases.map((one) => [one.title, one] as const))('%s', async (_title, one) => {
    await reset()
    for (const [name, value] of Object.entries(one.set)) await lab.host.setSysctl(name, value)
    const { at } = prepare(await factsOf(lab), []).evaluate(packetOf(one))
    expect({ kernel: await send(one), evaluator: at !== null }).toEqual({
      kernel: one.arrives,
      evaluator: one.arrives,
    })
  })

  test.each([
    [
      'nft',
      'table ip6 t { chain c { type filter hook prerouting priority -300; fib saddr . iif oif missing drop; }; }',
    ],
    ['ip6tables-legacy', '*raw\n-A PREROUTING -m rpfilter --invert -j DROP\nCOMMIT\n'],
  ])('a rule of %s may be a strict filter of IPv6', async (tool, text) => {
    await reset()
    const one = { from: 'twin', source: twinB6, to: 'outside', family: 'ip6', arrives: false } as const
    const isNft = tool === 'nft'
    await lab.host.mustRun(isNft ? ['nft', '-f', '-'] : ['ip6tables-legacy-restore', '--noflush'], {
      input: text,
    })
    const facts = await factsOf(lab)
    const rules = isNft
      ? nftables.lower(nftables.parse(await lab.host.mustRun(['nft', '-j', 'list', 'ruleset'])))
      : iptables.lower(
          iptables.parse(await lab.host.mustRun(['ip6tables-legacy-save']), 'ip6tables-legacy-save', 'ip6'),
          { tool: 'iptables-legacy' },
        )
    const { outcome } = prepare(facts, [rules]).evaluate(packetOf({ ...one, title: '', set: {} }))
    expect({ kernel: await send(one), evaluator: outcome }).toEqual({ kernel: false, evaluator: 'dropped' })
    await lab.host.mustRun(isNft ? ['nft', 'flush', 'ruleset'] : ['ip6tables-legacy', '-t', 'raw', '-F'])
    expect(await send({ ...one, arrives: true })).toBe(true)
  })
})
