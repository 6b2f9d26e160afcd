import { expect, test } from '@jest/globals'
import type { Backend } from '../../lab/backend.ts'
import type { Lab } from '../../lab/lab.ts'
import type { Machine } from '../../lab/machine.ts'
import { until } from '../../lab/until.ts'
import type { OpenLab } from '../lifecycle/describe-lifecycle.ts'
import { inShopAgain } from '../live/in-live-host.ts'
import {
  type Attached,
  attach,
  bareMachine,
  networkOf,
  portsOf,
  request,
  serves,
  web,
} from './in-namespace.ts'

const publish = "await host.publish({ hostPort: 8080, to: { endpoint: 'web-1', port: 80 } })"

const published = async (lab: Lab, backend: Backend): Promise<{ machine: Machine; attached: Attached }> => {
  const machine = await bareMachine(lab, 'web-1')
  const attached = await attach(lab, backend, machine)
  await inShopAgain(lab, backend, `${publish}; report(true)`)
  return { machine, attached }
}

/** The network inside an attached process, and its repair. */
export const inside = (open: OpenLab, backend: Backend): void => {
  test('once attach returns, packets pass: it waits for no timer of the kernel', async () => {
    const lab = await open()
    const one = await bareMachine(lab, 'web-1')
    const answered = await inShopAgain(
      lab,
      backend,
      `const net = await import('node:net')
       const { readFileSync } = await import('node:fs')
       const sentAgain = () => {
         const [names, values] = readFileSync('/proc/net/netstat', 'utf8').split('\\n').map((line) => line.split(' '))
         return Number(values[names.indexOf('TCPSynRetrans')])
       }
       ${web}
       const { ip, ip6 } = await host.attach(${request(one, 'web-1')})
       const connected = (address) => new Promise((resolve) => {
         const socket = net.connect({ host: address, port: 80, timeout: 60_000 })
         socket.on('connect', () => { socket.destroy(); resolve('at once') })
         for (const fault of ['timeout', 'error']) socket.on(fault, () => { socket.destroy(); resolve(fault) })
       })
       const before = sentAgain()
       report([await connected(ip), await connected(ip6), sentAgain() - before])`,
    )
    // TCP repeats a SYN after one second at the earliest. A faster answer means that no timer was involved.
    expect(answered).toEqual(['at once', 'at once', 0])
  })

  test('a strict reverse path filter in the namespace is loosened, and what is so already is left as it is', async () => {
    const lab = await open()
    const one = await bareMachine(lab, 'web-1')
    await one.mustRun(['sysctl', '-q', '-w', 'net.ipv4.conf.all.rp_filter=1'])
    const settings = ['rp_filter', 'arp_notify'].map((name) => `/proc/sys/net/ipv4/conf/eth0/${name}`)
    await attach(lab, backend, one)
    expect(await one.mustRun(['cat', ...settings])).toBe('2\n1\n')
  })

  test('it has its lease, the MAC of it, the MTU of the bridge, and a default route in each family', async () => {
    const lab = await open()
    const one = await bareMachine(lab, 'web-1')
    await inShopAgain(
      lab,
      backend,
      `await host.ensureNetwork('web', { pool: 'classic', ipv6: true, mtu: 1400 }); report(0)`,
    )
    const { ip, ip6, mac } = (await inShopAgain(
      lab,
      backend,
      `report(await host.attach(${request(one, 'web-1')}))`,
    )) as Attached
    expect({ ip, mac }).toEqual({ ip: '172.17.0.1', mac: '02:42:ac:11:00:01' })
    const [link] = JSON.parse(await one.mustRun(['ip', '-j', 'address', 'show', 'dev', 'eth0']))
    expect(link).toMatchObject({ ifname: 'eth0', address: mac, mtu: 1400, operstate: 'UP' })
    expect(link.addr_info).toEqual(
      expect.arrayContaining([
        expect.objectContaining({ local: ip, prefixlen: 16, broadcast: '172.17.255.255' }),
        expect.objectContaining({ local: ip6, prefixlen: 64, nodad: true }),
      ]),
    )
    expect(await one.mustRun(['ip', 'route', 'show', 'default'])).toBe('default via 172.17.42.1 dev eth0 \n')
    expect(await one.mustRun(['ip', '-6', 'route', 'show', 'default'])).toMatch(
      /^default via \S+ dev eth0 metric 1024 /,
    )
    expect(await one.mustRun(['ip', '-o', 'link', 'show', 'lo'])).toContain('LOWER_UP')
    expect(await one.sysctl('net.ipv6.conf.eth0.accept_ra')).toBe('0')
  })

  test('an MTU of its own is the endpoint’s alone: the bridge and those that come later keep theirs', async () => {
    const lab = await open()
    const [small, large, plain] = [
      await bareMachine(lab, 'web-1'),
      await bareMachine(lab, 'web-2'),
      await bareMachine(lab, 'web-3'),
    ]
    const mtuOf = async (machine: Machine, name: string): Promise<string | undefined> =>
      / mtu (\d+) /.exec(await machine.mustRun(['ip', '-o', 'link', 'show', name]))?.[1]
    const bridge = (await inShopAgain(
      lab,
      backend,
      `${web}
       await host.attach(${request(large, 'web-2', 'mtu: 9000')})
       await host.attach(${request(small, 'web-1', 'mtu: 1280')})
       report(host.networks()[0].bridge)`,
    )) as string
    expect(await mtuOf(lab.host, bridge)).toBe('1500')
    await attach(lab, backend, plain)
    expect([
      await mtuOf(small, 'eth0'),
      await mtuOf(large, 'eth0'),
      await mtuOf(plain, 'eth0'),
      await mtuOf(lab.host, bridge),
    ]).toEqual(['1280', '9000', '1500', '1500'])
  })

  test('again it changes nothing, and gives the same', async () => {
    const lab = await open()
    const { machine, attached } = await published(lab, backend)
    const seen = async () => {
      await lab.host.quiet()
      return [await networkOf(machine), await lab.host.mustRun(['ip', 'link'])]
    }
    const before = await seen()
    expect(await attach(lab, backend, machine)).toEqual(attached)
    expect(await seen()).toEqual(before)
  })

  test.each([
    ['its addresses inside', (one: Machine) => one.ip('addr flush dev eth0')],
    [
      'its routes inside',
      (one: Machine) => one.ip('route del default', '-6 route del default').catch(() => {}),
    ],
    ['its interface down', (one: Machine) => one.ip('link set eth0 down')],
  ])('it mends %s', async (_what, damage) => {
    const lab = await open()
    const { machine, attached } = await published(lab, backend)
    await damage(machine)
    expect(await attach(lab, backend, machine)).toEqual(attached)
    expect([await serves(lab, 'ip'), await serves(lab, 'ip6')]).toEqual(['web-1', 'web-1'])
  })

  test('it mends an end on the host that another program released and set down', async () => {
    const lab = await open()
    const { machine } = await published(lab, backend)
    const [port = ''] = await portsOf(lab)
    await lab.host.ip(`link set ${port} nomaster`, `link set ${port} down`)
    expect(await serves(lab, 'ip')).toBeNull()
    await attach(lab, backend, machine)
    expect([await serves(lab, 'ip'), await serves(lab, 'ip6')]).toEqual(['web-1', 'web-1'])
    // The container reaches its own port by way of the host only with hairpin mode.
    expect(await lab.host.mustRun(['ip', '-d', 'link', 'show', port])).toContain('hairpin on')
  })

  test('neighbours hear of an address that has come to another MAC', async () => {
    const lab = await open()
    const one = await bareMachine(lab, 'web-1')
    const two = await bareMachine(lab, 'web-2')
    await attach(lab, backend, one)
    const [ip, ip6] = ['172.17.0.9', (await attach(lab, backend, one)).ip6.replace(/[^:]*$/, '99')]
    const stale = '02:42:ac:11:99:99'
    await one.ip(
      `neigh replace ${ip} lladdr ${stale} dev eth0 nud stale`,
      `neigh replace ${ip6} lladdr ${stale} dev eth0 nud stale`,
    )
    const { mac } = await attach(lab, backend, two, `address: '${ip}', address6: '${ip6}'`)
    for (const address of [ip, ip6]) {
      const known = (): Promise<string> => one.mustRun(['ip', 'neigh', 'show', address])
      await until(`${mac} for ${address}`, async () => (await known()).includes(`lladdr ${mac}`), {
        shows: known,
      })
    }
  })

  test('of two networks the first gives the default route, and the other takes over when it is detached', async () => {
    const lab = await open()
    const one = await bareMachine(lab, 'web-1')
    await lab.outside.listen({ protocol: 'tcp', port: 7 })
    await inShopAgain(
      lab,
      backend,
      `${web}; await host.ensureNetwork('db', { ipv6: true })
       await host.attach(${request(one, 'web-1')})
       report(await host.attach({ network: 'db', endpoint: 'web-1', netns: { pid: ${one.pid} }, interface: 'eth1' }))`,
    )
    const gateways = async (): Promise<readonly string[]> =>
      (await one.mustRun(['sh', '-c', 'ip route show default; ip -6 route show default']))
        .split('\n')
        .map((line) => /dev \S+/.exec(line)?.[0] ?? '')
        .filter((device) => device !== '')
    expect(await gateways()).toEqual(['dev eth0', 'dev eth1', 'dev eth0', 'dev eth1'])
    for (const detached of ['web', null]) {
      if (detached !== null)
        await inShopAgain(lab, backend, `await host.detach('web-1', { network: '${detached}' }); report(0)`)
      for (const destination of ['198.51.100.9', '2001:db8:2::9'])
        expect(await one.reach({ protocol: 'tcp', destination, port: 7 })).toMatchObject({ by: 'outside' })
    }
    expect(await gateways()).toEqual(['dev eth1', 'dev eth1'])
  })

  test('a process that is gone takes its interface along; its endpoint comes back with the same addresses', async () => {
    const lab = await open()
    const { machine, attached } = await published(lab, backend)
    await machine[Symbol.asyncDispose]()
    const next = await bareMachine(lab, 'web-1')
    expect(await attach(lab, backend, next)).toEqual(attached)
    expect([await serves(lab, 'ip'), await serves(lab, 'ip6')]).toEqual(['web-1', 'web-1'])
    expect(await portsOf(lab)).toHaveLength(1)
    await next[Symbol.asyncDispose]()
    expect(
      await inShopAgain(
        lab,
        backend,
        "await host.detach('web-1'); await host.detach('web-1'); report([host.endpoints(), host.published()])",
      ),
    ).toEqual([[], []])
    expect(await portsOf(lab)).toEqual([])
  })

  test('an interface of a process that is gone may stay for a moment, and is waited for', async () => {
    const lab = await open()
    const { machine, attached } = await published(lab, backend)
    // The kernel removes namespaces one after another, and a namespace with many links takes long.
    const before = await bareMachine(lab, 'before')
    await before.ip(...Array.from({ length: 400 }, (_, at) => `link add b${at} type bridge`))
    const next = await bareMachine(lab, 'web-1')
    await before[Symbol.asyncDispose]()
    await machine[Symbol.asyncDispose]()
    expect(await attach(lab, backend, next)).toEqual(attached)
    expect(await serves(lab, 'ip')).toBe('web-1')
    expect(await portsOf(lab)).toHaveLength(1)
  })

  test('where IPv6 is off for new interfaces, it has IPv6 all the same', async () => {
    const lab = await open()
    const one = await bareMachine(lab, 'web-1')
    await one.setSysctl('net.ipv6.conf.default.disable_ipv6', 1)
    const { ip6 } = await attach(lab, backend, one)
    expect(await lab.host.reach({ protocol: 'tcp', destination: ip6, port: 80 })).toMatchObject({
      by: 'web-1',
    })
  })
}
