import { expect, test } from '@jest/globals'
import type { Lab } from '../lab/lab.ts'
import type { Machine } from '../lab/machine.ts'
import { addresses } from '../lab/topology.ts'
import { workerLabs } from '../lab/worker-labs.ts'
import { bareMachine } from './attach/in-namespace.ts'
import { inKeptProcess } from './lifecycle/in-host.ts'

const labs = workerLabs()

const compose = (mode: string): string => `name: shop
services:
  web: { networks: { lan: { ipv4_address: 192.0.2.200 } } }
networks:
  lan:
    driver: macvlan
    enable_ipv6: true
    driver_opts: { parent: eth0, macvlan_mode: ${mode} }
    ipam:
      config:
        - { subnet: 192.0.2.0/24, ip_range: 192.0.2.128/25, gateway: ${addresses.ip.neighbour} }
        - { subnet: "2001:db8:1::/64", gateway: "${addresses.ip6.neighbour}" }
`

/** Opens a lab, and applies the network `lan` on its host. */
const openLan = async (mode = 'bridge'): Promise<Lab> => {
  const lab = await labs.open()
  const file = await lab.write('compose.yaml', compose(mode))
  const applied = await lab.portolan(['apply', '--yes', '-f', file, '--state', '/run/lab/live'])
  expect({ code: applied.exitCode, said: applied.stderr }).toEqual({ code: 0, said: '' })
  return lab
}

interface Attached {
  readonly ip: string
  readonly ip6: string
  readonly mac: string
}

const inLan = (lab: Lab, code: string): Promise<unknown> =>
  inKeptProcess(
    lab,
    'nftables',
    `const host = await open({ project: 'other' })
     const errorOf = (work) => work.then(() => null, ({ code, message }) => ({ code, message }))
     ${code}
     await host.close()`,
  )

const attach = async (lab: Lab, machine: Machine, more = ''): Promise<Attached> =>
  (await inLan(
    lab,
    `report(await host.attach({ network: 'shop/lan', endpoint: '${machine.name}', netns: { pid: ${machine.pid} } ${more} }))`,
  )) as Attached

const reaches = async (from: Machine, destination: string): Promise<boolean> =>
  (await from.probe({ protocol: 'tcp', destination, port: 80 })).delivered

test('a container on a parent has its own addresses, MAC address and router there, and is reached in both families', async () => {
  await using lab = await openLan()
  const web = await bareMachine(lab, 'web')
  const db = await bareMachine(lab, 'db')
  const one = await attach(lab, web)
  const two = await attach(lab, db, ', mtu: 1400')
  expect(one).toMatchObject({ ip: '192.0.2.200', ip6: '2001:db8:1::1' })
  expect(two.ip).toBe('192.0.2.128')
  await lab.client.listen({ protocol: 'tcp', port: 80 })
  for (const family of ['ip', 'ip6'] as const) {
    // The client sees the container's own source, because nothing is translated.
    expect(
      await web.reach({ protocol: 'tcp', destination: addresses[family].client, port: 80 }),
    ).toMatchObject({ by: 'client', source: one[family] })
    expect(await lab.client.reach({ protocol: 'tcp', destination: one[family], port: 80 })).toMatchObject({
      by: 'web',
      source: addresses[family].client,
    })
    expect(await db.reach({ protocol: 'tcp', destination: one[family], port: 80 })).toMatchObject({
      by: 'web',
      source: two[family],
    })
    // As the plan says, the host and its own child interfaces do not reach each other.
    expect(await reaches(lab.host, one[family])).toBe(false)
  }
  expect(await web.mustRun(['ip', 'route'])).toContain(`default via ${addresses.ip.neighbour} dev eth0`)
  const inside = JSON.parse(await db.mustRun(['ip', '-d', '-j', 'link', 'show', 'eth0']))[0]
  expect(inside).toMatchObject({ address: two.mac, mtu: 1400, linkinfo: { info_kind: 'macvlan' } })
  // A second attach of the same namespace changes nothing. For another namespace it fails with a message.
  expect(await attach(lab, web)).toEqual(one)
  expect(
    await inLan(
      lab,
      `report(await errorOf(host.attach({ network: 'shop/lan', endpoint: 'web', interface: 'eth1', netns: { pid: ${db.pid} } })))`,
    ),
  ).toMatchObject({ code: 'ENDPOINT_ATTACHED' })
  expect(await db.mustRun(['ip', 'link'])).not.toContain('eth1')
})

test.each([
  ['bridge', true],
  ['private', false],
  // The lab's switch sends no frame back to the port it came from.
  ['vepa', false],
])('in mode %s clients reach a container; another container reaches it: %p', async (mode, expected) => {
  await using lab = await openLan(mode)
  const web = await bareMachine(lab, 'web')
  const db = await bareMachine(lab, 'db')
  const { ip } = await attach(lab, web)
  await attach(lab, db)
  expect(await reaches(lab.client, ip)).toBe(true)
  expect(await reaches(db, ip)).toBe(expected)
})

test('attach fails where the interface name is taken in the namespace, and leaves that interface and the address free', async () => {
  await using lab = await openLan()
  const db = await bareMachine(lab, 'db')
  await db.ip('link add eth0 type bridge')
  const before = await db.mustRun(['ip', '-d', '-o', 'link'])
  expect(
    await inLan(
      lab,
      `report(await errorOf(host.attach({ network: 'shop/lan', endpoint: 'db', netns: { pid: ${db.pid} } })))`,
    ),
  ).toMatchObject({ message: expect.stringContaining('an interface named eth0 is there already') })
  expect(await db.mustRun(['ip', '-d', '-o', 'link'])).toBe(before)
  // The lease was released, and is still free when the endpoint returns.
  await db.ip('link del eth0')
  expect((await attach(lab, db)).ip).toBe('192.0.2.128')
})

test('detach without a namespace is refused while the interface exists, with one it removes the interface', async () => {
  await using lab = await openLan()
  const db = await bareMachine(lab, 'db')
  const { ip } = await attach(lab, db)
  const links = await lab.host.mustRun(['ip', '-o', 'link'])
  expect(await inLan(lab, `report(await errorOf(host.detach('db', { network: 'shop/lan' })))`)).toMatchObject(
    {
      code: 'ENDPOINT_ATTACHED',
    },
  )
  expect(await reaches(lab.client, ip)).toBe(true)
  await inLan(
    lab,
    `await host.detach('db', { network: 'shop/lan', netns: { pid: ${db.pid} } }); report(null)`,
  )
  expect(await db.mustRun(['ip', 'link'])).not.toContain('eth0')
  // The probe for the MAC address leaves no interface.
  expect(await lab.host.mustRun(['ip', '-o', 'link'])).toBe(links)
  // No interface is left once the container has ended, so no namespace is needed.
  const api = await bareMachine(lab, 'api')
  await attach(lab, api)
  await api[Symbol.asyncDispose]()
  expect(await inLan(lab, `report(await errorOf(host.detach('api', { network: 'shop/lan' })))`)).toBeNull()
})

test('a live host makes a network on an interface, attaches to it and removes it, without a file', async () => {
  await using lab = await labs.open()
  const web = await bareMachine(lab, 'web')
  const before = await lab.host.mustRun(['sh', '-c', 'ip -o link; nft list ruleset'])
  const lan = `{ parent: 'eth0', ipv4: { subnet: '192.0.2.0/24', gateway: '${addresses.ip.neighbour}', ipRange: '192.0.2.64/26' } }`
  expect(
    await inLan(
      lab,
      `const made = await host.ensureParentedNetwork('lan', ${lan})
       const again = await host.ensureParentedNetwork('lan', ${lan})
       report([made, again.ip, await host.attach({ network: 'lan', endpoint: 'web', netns: { pid: ${web.pid} }, mac: '02:42:00:00:00:77' })])`,
    ),
  ).toEqual([
    expect.objectContaining({ name: 'lan', parent: 'eth0', driver: { kind: 'macvlan', mode: 'bridge' } }),
    { subnet: '192.0.2.0/24', gateway: addresses.ip.neighbour },
    expect.objectContaining({ ip: '192.0.2.64', mac: '02:42:00:00:00:77' }),
  ])
  expect(await reaches(lab.client, '192.0.2.64')).toBe(true)
  expect(
    await inLan(
      lab,
      `report([
         await errorOf(host.ensureParentedNetwork('lan', { parent: 'eth1', ipv4: { subnet: '192.0.2.0/24' } })),
         await errorOf(host.ensureParentedNetwork('far', { parent: 'eth7' })),
         await errorOf(host.ensureParentedNetwork('far', { parent: 'eth0', driver: { kind: 'macvlan', mode: 'l2' } })),
         await errorOf(host.removeNetwork('lan'))])`,
    ),
  ).toEqual([
    {
      code: 'INVALID_REQUEST',
      message: expect.stringContaining('192.0.2.0/24 on eth0, and 192.0.2.0/24 on eth1'),
    },
    { code: 'CONFLICTS', message: expect.stringContaining('its parent eth7 is not on this host') },
    { code: 'INVALID_REQUEST', message: expect.stringContaining('the driver of network far') },
    { code: 'NETWORK_IN_USE', message: expect.stringContaining('web, 192.0.2.64') },
  ])
  expect(
    await inLan(
      lab,
      `await host.detach('web', { netns: { pid: ${web.pid} } }); await host.removeNetwork('lan'); await host.removeNetwork('lan')
       report(await errorOf(host.attach({ network: 'lan', endpoint: 'web', netns: { pid: ${web.pid} } })))`,
    ),
  ).toMatchObject({ code: 'INVALID_REQUEST' })
  expect(await web.mustRun(['ip', 'link'])).not.toContain('eth0')
  expect(await lab.host.mustRun(['sh', '-c', 'ip -o link; nft list ruleset'])).toBe(before)
})

test('the command makes a network on an interface, attaches a process, refuses wrong options, and detaches', async () => {
  await using lab = await labs.open()
  const c = await bareMachine(lab, 'c')
  const run = async (line: string) => lab.portolan(line.split(' '))
  const lan = '--parent eth0 --subnet 192.0.2.0/24 --ip-range 192.0.2.64/26'
  const [pid, before] = [c.pid, await lab.host.mustRun(['ip', '-o', 'link'])]
  for (const line of [
    `attach lan ${lan} --gateway ${addresses.ip.neighbour} --netns ${pid} --name c --mtu 1400`,
    // The network exists now, and is found by its name.
    `attach lan --netns ${pid} --name c`,
  ]) {
    expect(await run(line)).toMatchObject({
      exitCode: 0,
      stdout: expect.stringContaining('c is on network attach/lan: eth0 192.0.2.64, MAC 02:42:c0:00:02:40.'),
    })
    expect(await reaches(lab.client, '192.0.2.64')).toBe(true)
  }
  for (const [line, words] of [
    [`attach far --parent eth7 --netns ${pid}`, 'its parent eth7 is not on this host'],
    [`attach far --parent eth1 --driver macvlan:l2 --netns ${pid}`, 'expected macvlan with a mode of bridge'],
    [`attach far --parent eth1 --driver tap --netns ${pid}`, 'the driver of network far is'],
    [
      `attach far --parent eth1 --driver macvtap --netns ${pid}`,
      'is "macvtap:bridge", which is not supported:',
    ],
    [`attach far --driver ipvlan --netns ${pid}`, 'no interface is named: give --parent too'],
    [`attach far --parent eth1 --subnet 10.0.0.0 --netns ${pid}`, 'expected a prefix such as'],
    [`attach far --parent eth1 --gateway x --netns ${pid}`, 'expected an address such as'],
    [
      `attach far --parent eth1 --subnet 10.0.0.0/24 --subnet 10.1.0.0/24 --netns ${pid}`,
      'is given twice for IPv4',
    ],
    ['detach c', 'still has its interface on eth0'],
  ] as const)
    expect(await run(line)).toMatchObject({ exitCode: 1, stderr: expect.stringContaining(words) })
  for (const line of [`detach c --netns ${pid}`, 'destroy -p attach --yes'])
    expect(await run(line)).toMatchObject({ exitCode: 0, stderr: '' })
  expect(await c.mustRun(['ip', 'link'])).not.toContain('eth0')
  expect(await lab.host.mustRun(['ip', '-o', 'link'])).toBe(before)
})
