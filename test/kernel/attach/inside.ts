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

const attachPublished = async (
  lab: Lab,
  backend: Backend,
): Promise<{ machine: Machine; attached: Attached }> => {
  const machine = await bareMachine(lab, 'web-1')
  const attached = await attach(lab, backend, machine)
  await inShopAgain(lab, backend, `${publish}; report(true)`)
  return { machine, attached }
}

/** The network inside an attached process, and its repair. */
export const inside = (open: OpenLab, backend: Backend): void => {
  test('a connection to an attached process succeeds with its first SYN as soon as attach returns', async () => {
    const lab = await open()
    const one = await bareMachine(lab, 'web-1')
    const answered = await inShopAgain(
      lab,
      backend,
      `const net = await import('node:net')
       const { readFileSync } = await import('node:fs')
       const repeatedSyns = () => {
         const [names, values] = readFileSync('/proc/net/netstat', 'utf8').split('\\n').map((line) => line.split(' '))
         return Number(values[names.indexOf('TCPSynRetrans')])
       }
       ${web}
       const { ip, ip6 } = await host.attach(${request(one, 'web-1')})
       const connected = (address) => new Promise((resolve) => {
         const socket = net.connect({ host: address, port: 80, timeout: 60_000 })
         socket.on('connect', () => { socket.destroy(); resolve('connected') })
         for (const fault of ['timeout', 'error']) socket.on(fault, () => { socket.destroy(); resolve(fault) })
       })
       const before = repeatedSyns()
       report([await connected(ip), await connected(ip6), repeatedSyns() - before])`,
    )
    // A port of a bridge, or an IPv6 address, that is not ready yet drops the first SYN. Then TCP sends a second one.
    expect(answered).toEqual(['connected', 'connected', 0])
  })

  test.each([
    ['a strict reverse path filter of the namespace becomes a loose one', 1, '2\n1\n'],
    ['a namespace without a reverse path filter gets none', 0, '0\n1\n'],
  ])('%s, and arp_notify is on', async (_title, filter, expected) => {
    const lab = await open()
    const one = await bareMachine(lab, 'web-1')
    // A new namespace takes these values from the machine.
    const filters = ['all', 'default'].map((name) => `net.ipv4.conf.${name}.rp_filter=${filter}`)
    await one.mustRun(['sysctl', '-q', '-w', ...filters])
    const settings = ['rp_filter', 'arp_notify'].map((name) => `/proc/sys/net/ipv4/conf/eth0/${name}`)
    await attach(lab, backend, one)
    expect(await one.mustRun(['cat', ...settings])).toBe(expected)
  })

  test('its interface has the leased addresses, the MAC of the lease, the MTU of the bridge, and a default route in each family', async () => {
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

  test('the MTU of one endpoint changes neither the bridge nor the endpoints that are attached later', async () => {
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

  test('a second attach of the same endpoint changes nothing and returns the same endpoint', async () => {
    const lab = await open()
    const { machine, attached } = await attachPublished(lab, backend)
    const state = async () => {
      await lab.host.quiet()
      return [await networkOf(machine), await lab.host.mustRun(['ip', 'link'])]
    }
    const before = await state()
    expect(await attach(lab, backend, machine)).toEqual(attached)
    expect(await state()).toEqual(before)
  })

  test.each([
    ['addresses were deleted', 'ip addr flush dev eth0'],
    ['default routes were deleted', 'ip route del default && ip -6 route del default'],
    ['interface was set down', 'ip link set eth0 down'],
  ])('a second attach repairs an endpoint after its %s', async (_damage, command) => {
    const lab = await open()
    const { machine, attached } = await attachPublished(lab, backend)
    await machine.mustRun(['sh', '-c', command])
    expect([await serves(lab, 'ip'), await serves(lab, 'ip6')]).toEqual([null, null])
    expect(await attach(lab, backend, machine)).toEqual(attached)
    expect([await serves(lab, 'ip'), await serves(lab, 'ip6')]).toEqual(['web-1', 'web-1'])
  })

  test('a second attach puts the host end back on the bridge with hairpin mode, and up, after another program took it off', async () => {
    const lab = await open()
    const { machine } = await attachPublished(lab, backend)
    const [port = ''] = await portsOf(lab)
    await lab.host.ip(`link set ${port} nomaster`, `link set ${port} down`)
    expect(await serves(lab, 'ip')).toBeNull()
    await attach(lab, backend, machine)
    expect([await serves(lab, 'ip'), await serves(lab, 'ip6')]).toEqual(['web-1', 'web-1'])
    // The container reaches its own port by way of the host only with hairpin mode.
    expect(await lab.host.mustRun(['ip', '-d', 'link', 'show', port])).toContain('hairpin on')
  })

  test('neighbours learn the new MAC of an address that another endpoint gets', async () => {
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

  test('the network that is attached first gives the default route, and the second one takes over when the first is detached', async () => {
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

  test('an endpoint gets the same addresses in a new process after its process has ended, and can be detached twice', async () => {
    const lab = await open()
    const { machine, attached } = await attachPublished(lab, backend)
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

  test('attach waits for the kernel to remove the interface of an ended process', async () => {
    const lab = await open()
    const { machine, attached } = await attachPublished(lab, backend)
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

  test('an endpoint has IPv6 where the namespace has disable_ipv6 on for new interfaces', async () => {
    const lab = await open()
    const one = await bareMachine(lab, 'web-1')
    await one.setSysctl('net.ipv6.conf.default.disable_ipv6', 1)
    const { ip6 } = await attach(lab, backend, one)
    expect(await lab.host.reach({ protocol: 'tcp', destination: ip6, port: 80 })).toMatchObject({
      by: 'web-1',
    })
  })
}
