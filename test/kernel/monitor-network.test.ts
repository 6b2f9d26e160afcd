import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { describeOnKernel } from '../lab/gate.ts'
import { type Lab, openLab } from '../lab/lab.ts'
import { watching } from './monitor/watching.ts'

/** The notices about some commands, up to the one that has all keys of `last`. */
const noticesUpTo = async (lab: Lab, commands: readonly string[], last: object): Promise<readonly object[]> =>
  (await watching(
    lab,
    `const last = ${JSON.stringify(last)}
    for (const command of ${JSON.stringify(commands)}) await run('sh', '-ec', command)
    const isPart = (part, whole) => typeof part === 'object' && part !== null
      ? Object.entries(part).every(([key, value]) => isPart(value, whole?.[key])) : part === whole
    report(await until((notice) => isPart(last, notice)))`,
  )) as readonly object[]

describeOnKernel('a monitor of the network', 'nftables', () => {
  let lab: Lab
  beforeAll(async () => {
    lab = await openLab()
    await lab.host.ip('link add br-web type bridge', 'link set br-web up', 'addr add 10.9.0.1/24 dev br-web')
    await lab.host.quiet()
  })
  afterAll(() => lab?.[Symbol.asyncDispose]())

  test.each<readonly [string, readonly string[], object]>([
    [
      'a link that is made',
      ['ip link add v-one type veth peer name v-two'],
      { kind: 'link', action: 'new', link: { name: 'v-one', kind: 'veth', up: false, master: null } },
    ],
    [
      'a link that becomes a port of a bridge',
      ['ip link set v-one master br-web'],
      { kind: 'link', action: 'changed', link: { name: 'v-one', master: 'br-web', hairpin: false } },
    ],
    [
      'the hairpin mode of a port, which only the bridge family reports',
      ['bridge link set dev v-one hairpin on'],
      { kind: 'link', action: 'changed', link: { name: 'v-one', master: 'br-web', hairpin: true } },
    ],
    [
      'the isolation of a port, set through /sys',
      ['unshare -m sh -ec "mount -t sysfs sysfs /sys; echo 1 > /sys/class/net/v-one/brport/isolated"'],
      { kind: 'link', action: 'changed', link: { name: 'v-one', isolated: true, hairpin: true } },
    ],
    [
      "a bridge's own setting of br_netfilter",
      ['ip link set br-web type bridge nf_call_iptables 1'],
      { kind: 'link', action: 'changed', link: { name: 'br-web', nfCallIptables: true } },
    ],
    [
      'a port that leaves its bridge',
      ['ip link set v-one nomaster'],
      { kind: 'link', action: 'changed', link: { name: 'v-one', master: null } },
    ],
    [
      'a link with another name',
      ['ip link set v-one name v-new'],
      { kind: 'link', action: 'changed', link: { name: 'v-new' } },
    ],
    [
      'a link that goes',
      ['ip link del v-new'],
      { kind: 'link', action: 'removed', link: { name: 'v-two', kind: 'veth' } },
    ],
    [
      'an address',
      ['ip addr add 10.9.1.1/24 dev br-web'],
      { kind: 'address', action: 'new', interface: 'br-web', address: '10.9.1.1/24' },
    ],
    [
      'an address that goes',
      ['ip addr del 10.9.1.1/24 dev br-web'],
      { kind: 'address', action: 'removed', interface: 'br-web', address: '10.9.1.1/24' },
    ],
    [
      'an address of IPv6',
      ['ip addr add fd00:9::1/64 dev br-web nodad'],
      { kind: 'address', action: 'new', interface: 'br-web', address: 'fd00:9::1/64' },
    ],
    [
      'a route of a table of its own',
      ['ip route add 10.99.0.0/16 via 10.9.0.2 table 77'],
      {
        kind: 'route',
        action: 'new',
        route: { destination: '10.99.0.0/16', gateway: '10.9.0.2', interface: 'br-web', table: 77 },
      },
    ],
    [
      'a route that goes',
      ['ip route del 10.99.0.0/16 table 77'],
      { kind: 'route', action: 'removed', route: { destination: '10.99.0.0/16', table: 77 } },
    ],
    [
      'a nexthop object that goes',
      ['ip nexthop add id 7 blackhole', 'ip route add 10.97.0.0/16 nhid 7', 'ip nexthop del id 7'],
      { kind: 'nexthop', action: 'removed', id: 7 },
    ],
    [
      'a route of IPv6',
      ['ip -6 route add blackhole fd00:99::/48'],
      { kind: 'route', action: 'new', route: { destination: 'fd00:99::/48', type: 'blackhole' } },
    ],
    [
      'a routing rule',
      ['ip rule add from 10.9.0.0/24 lookup 77 priority 900'],
      {
        kind: 'rule',
        action: 'new',
        rule: { family: 'ip', from: '10.9.0.0/24', table: 77, priority: 900 },
      },
    ],
    [
      'a routing rule of IPv6 that goes',
      ['ip -6 rule add lookup 77 priority 901', 'ip -6 rule del priority 901'],
      { kind: 'rule', action: 'removed', rule: { family: 'ip6', priority: 901 } },
    ],
    [
      'forwarding of the host that is switched off',
      ['sysctl -qw net.ipv4.ip_forward=1', 'sysctl -qw net.ipv4.ip_forward=0'],
      {
        kind: 'sysctl',
        family: 'ip',
        interface: 'all',
        name: 'net.ipv4.conf.all.forwarding',
        value: '0',
      },
    ],
    [
      'the reverse path filter of an interface',
      ['sysctl -qw net.ipv4.conf.br-web.rp_filter=2'],
      { kind: 'sysctl', interface: 'br-web', name: 'net.ipv4.conf.br-web.rp_filter', value: '2' },
    ],
    [
      'forwarding of IPv6',
      ['sysctl -qw net.ipv6.conf.all.forwarding=0', 'sysctl -qw net.ipv6.conf.all.forwarding=1'],
      { kind: 'sysctl', family: 'ip6', name: 'net.ipv6.conf.all.forwarding', value: '1' },
    ],
  ])('reports %s', async (_what, commands, last) => {
    expect((await noticesUpTo(lab, commands, last)).at(-1)).toMatchObject(last)
  })

  // The kernel sends no RTM_DELROUTE for these routes (net/ipv4/fib_frontend.c, `fib_disable_ip`). Only the link has a
  // notice.
  test('IPv4 routes that go down with their link give no notice of their own', async () => {
    await lab.host.ip('route add 10.98.0.0/16 via 10.9.0.2')
    const notices = await noticesUpTo(lab, ['ip link set br-web down', 'ip rule add lookup 5 priority 5'], {
      kind: 'rule',
    })
    expect(notices).toContainEqual(
      expect.objectContaining({ kind: 'link', link: expect.objectContaining({ name: 'br-web', up: false }) }),
    )
    expect(notices).not.toContainEqual(
      expect.objectContaining({ route: expect.objectContaining({ destination: '10.98.0.0/16' }) }),
    )
    expect(await lab.host.mustRun(['ip', 'route', 'show', '10.98.0.0/16'])).toBe('')
  })
})

/**
 * Opens a monitor, with two more names for the module: `broken` makes its readings of iptables-legacy fail, and
 * `readings(n)` waits until it has done so many more of them.
 */
const countingMonitor = `(() => {
  globalThis.broken = false
  let count = 0
  globalThis.readings = async (more) => {
    const wanted = count + more
    while (count < wanted) await new Promise((resolve) => setTimeout(resolve, 10))
  }
  const runner = createRunner()
  const run = async (...all) => {
    const outcome = broken ? { exitCode: 4, stdout: '', stderr: 'Broken' } : await runner.run(...all)
    count += 1
    return outcome
  }
  return openMonitor({ legacy: { runner: { run }, intervalMs: 100 } })
})()`

describeOnKernel('a monitor of the rules of iptables-legacy', 'iptables-legacy', () => {
  let lab: Lab
  beforeAll(async () => {
    lab = await openLab()
    await lab.host.quiet()
  })
  afterAll(() => lab?.[Symbol.asyncDispose]())

  test('reports a table that its first rule registers', async () => {
    const notices = await noticesUpTo(lab, ['iptables-legacy -A FORWARD -j DROP'], { kind: 'legacy-rules' })
    expect(notices).toEqual([{ kind: 'legacy-rules', family: 'ip', tables: ['filter'] }])
  })

  test('reports an added rule with its family and table', async () => {
    await lab.host.mustRun(['ip6tables-legacy', '-t', 'nat', '-L', '-n'])
    const notices = await noticesUpTo(lab, ['ip6tables-legacy -t nat -A POSTROUTING -j MASQUERADE'], {
      kind: 'legacy-rules',
    })
    expect(notices).toEqual([{ kind: 'legacy-rules', family: 'ip6', tables: ['nat'] }])
  })

  test('reports once that the rules cannot be read, and later changes again', async () => {
    await lab.host.mustRun(['iptables-legacy', '-L', '-n'])
    const notices = await watching(
      lab,
      `broken = true
      const [lost] = await until(({ kind }) => kind === 'lost')
      await readings(5)
      await run('iptables-legacy', '-N', 'AFTER')
      broken = false
      report([lost, ...await until(({ kind }) => kind === 'legacy-rules')])`,
      countingMonitor,
    )
    expect(notices).toEqual([
      { kind: 'lost', reason: expect.stringContaining('iptables-legacy-save failed: Broken') },
      { kind: 'legacy-rules', family: 'ip', tables: ['filter'] },
    ])
  })

  test('reports nothing when only packet counters change', async () => {
    await lab.host.mustRun(['iptables-legacy', '-I', 'OUTPUT', '-j', 'ACCEPT'])
    const notices = await watching(
      lab,
      // The first reading may have begun before the packet. The rule comes after a reading that has the new counters.
      `await run('bash', '-c', 'echo > /dev/udp/127.0.0.1/9')
      await readings(2)
      await run('iptables-legacy', '-t', 'mangle', '-A', 'OUTPUT', '-j', 'ACCEPT')
      report(await until(({ kind }) => kind === 'legacy-rules'))`,
      countingMonitor,
    )
    expect(notices).toEqual([{ kind: 'legacy-rules', family: 'ip', tables: ['mangle'] }])
    expect(await lab.host.mustRun(['iptables-legacy', '-vnL', 'OUTPUT'])).toMatch(/^ +[1-9]\d* .*ACCEPT/m)
  })
})
