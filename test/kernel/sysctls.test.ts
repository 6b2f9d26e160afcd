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
import { type Case, cases, forged, initial, links, PORT, twinA, twinB, twinB6 } from './sysctl-cases.ts'

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
