import { describe, expect, test } from '@jest/globals'
import type { Lab } from '../lab/lab.ts'
import type { Machine } from '../lab/machine.ts'
import { addresses } from '../lab/topology.ts'
import { workerLabs } from '../lab/worker-labs.ts'
import { bareMachine } from './attach/in-namespace.ts'
import { inHost } from './lifecycle/in-host.ts'

const labs = workerLabs()

/** A use of pipework, and what must hold after it, with the container `c` of process `pid`. */
interface Use {
  /** The commands as docs/pipework-one-by-one.md shows them. */
  readonly here: (pid: number) => string
  readonly holds: (lab: Lab, c: Machine) => Promise<void>
}

const inLab = (lab: Lab, code: string): Promise<unknown> =>
  inHost(
    lab,
    'nftables',
    `const host = await open({ project: 'lab' }); ${code}; report(null); await host.close()`,
  )

const link = async (machine: Machine, name: string) =>
  JSON.parse(await machine.mustRun(['ip', '-d', '-j', 'address', 'show', name]))[0]

const reached = async (from: Machine, destination: string): Promise<void> => {
  expect(await from.reach({ protocol: 'tcp', destination, port: 80 })).toMatchObject({ by: 'c' })
}

const br1 = `await host.ensureNetwork('br1', { ipv4: { subnet: '192.168.1.0/24', gateway: '192.168.1.254' }, bridge: 'br1' })`
const onBridge = (pid: number, more = ''): string =>
  `${br1}; await host.attach({ network: 'br1', endpoint: 'c', netns: { pid: ${pid} }, address: '192.168.1.1' ${more} })`

const lan = `await host.ensureParentedNetwork('lan', { parent: 'eth0', ipv4: { subnet: '192.0.2.0/24', gateway: '${addresses.ip.neighbour}' } })`
const onLan = (pid: number, more = ''): string =>
  `${lan}; await host.attach({ network: 'lan', endpoint: 'c', netns: { pid: ${pid} }, address: '192.0.2.77' ${more} })`

const uses: Readonly<Record<string, Use>> = {
  'pipework br1 $C 192.168.1.1/24: the bridge is made where there is none': {
    here: (pid) => onBridge(pid),
    holds: async (lab, c) => {
      await reached(lab.host, '192.168.1.1')
      expect(await lab.host.mustRun(['ip', '-o', 'link', 'show', 'br1'])).toContain('UP')
      await lab.outside.listen({ protocol: 'tcp', port: 80 })
      expect(await c.reach({ protocol: 'tcp', destination: addresses.ip.outside, port: 80 })).toMatchObject({
        by: 'outside',
      })
    },
  },
  'pipework br1 $C …, where the bridge is there: it stays as it is': {
    here: (pid) => `${br1}; ${onBridge(pid)}`,
    holds: async (lab) => reached(lab.host, '192.168.1.1'),
  },
  'pipework br1 -i eth1 $C …: the name inside': {
    here: (pid) => onBridge(pid, ", interface: 'eth1'"),
    holds: async (lab, c) => {
      expect((await link(c, 'eth1')).linkinfo.info_kind).toBe('veth')
      await reached(lab.host, '192.168.1.1')
    },
  },
  'pipework br1 $C 192.168.1.1/24@192.168.1.254: the gateway': {
    here: (pid) => onBridge(pid),
    holds: async (_, c) =>
      expect(await c.mustRun(['ip', 'route'])).toContain('default via 192.168.1.254 dev eth0'),
  },
  'pipework br1 $C … 52:54:00:00:00:01: the MAC address': {
    here: (pid) => onBridge(pid, ", mac: '52:54:00:00:00:01'"),
    holds: async (lab, c) => {
      expect((await link(c, 'eth0')).address).toBe('52:54:00:00:00:01')
      await reached(lab.host, '192.168.1.1')
    },
  },
  'pipework mtu 1400 br1 $C …: the MTU': {
    here: (pid) => onBridge(pid, ', mtu: 1400'),
    holds: async (_, c) => expect((await link(c, 'eth0')).mtu).toBe(1400),
  },
  'pipework eth0 $C 192.0.2.77/24: an interface of the host, by macvlan': {
    here: (pid) => onLan(pid),
    holds: async (lab, c) => {
      expect((await link(c, 'eth0')).linkinfo).toMatchObject({
        info_kind: 'macvlan',
        info_data: { mode: 'bridge' },
      })
      await reached(lab.client, '192.0.2.77')
      await reached(lab.neighbour, '192.0.2.77')
    },
  },
  'pipework eth0 $C … 52:54:00:00:00:02, with a gateway and an MTU': {
    here: (pid) => onLan(pid, ", mac: '52:54:00:00:00:02', mtu: 1280"),
    holds: async (lab, c) => {
      expect(await link(c, 'eth0')).toMatchObject({ address: '52:54:00:00:00:02', mtu: 1280 })
      expect(await c.mustRun(['ip', 'route'])).toContain(`default via ${addresses.ip.neighbour}`)
      await reached(lab.client, '192.0.2.77')
    },
  },
  'pipework --direct-phys eth1 $C …: the interface itself': {
    here: (pid) => `const { openLinks } = await import('@portolan/host')
      const links = openLinks(); await links.moveLink('eth1', { pid: ${pid} }, 'eth0'); links.close()`,
    holds: async (lab, c) => {
      await c.ip('addr add 198.51.100.77/24 dev eth0', 'link set eth0 up')
      await reached(lab.outside, '198.51.100.77')
    },
  },
}

describe('a use of pipework', () => {
  test.each(Object.entries(uses))('%s', async (_, { here, holds }) => {
    await using lab = await labs.open()
    const c = await bareMachine(lab, 'c')
    await inLab(lab, here(c.pid))
    await holds(lab, c)
  })

  test.each([
    ['a VLAN', `{ parent: 'eth1.100', ipv4: { subnet: '203.0.113.0/24' } }`, 'vlan', 'CONFIG_VLAN_8021Q'],
    [
      'ipvlan',
      `{ parent: 'eth1', driver: { kind: 'ipvlan', mode: 'l2', flag: 'bridge' }, ipv4: { subnet: '198.51.100.0/24' } }`,
      'ipvlan',
      'CONFIG_IPVLAN',
    ],
  ])(
    '%s is attached where the kernel supports it, and else the error names the kernel option',
    async (_, options, kind, option) => {
      await using lab = await labs.open()
      const c = await bareMachine(lab, 'c')
      const outcome = (await inHost(
        lab,
        'nftables',
        `const host = await open({ project: 'lab' })
       const attachToLan = async () => {
         await host.ensureParentedNetwork('lan', ${options})
         await host.attach({ network: 'lan', endpoint: 'c', netns: { pid: ${c.pid} } })
       }
       report(await attachToLan().then(() => null, ({ message }) => message))
       await host.close()`,
      )) as string | null
      const made = await c.run(['ip', '-d', 'link', 'show', 'eth0'])
      if (outcome === null) expect(made.stdout).toContain(kind === 'vlan' ? 'macvlan' : kind)
      else {
        expect(outcome).toContain(`this kernel has no links of kind ${kind}`)
        expect(outcome).toContain(option)
        expect(made.exitCode).not.toBe(0)
      }
    },
  )

  test('the interface goes with its container, and detach then releases the address', async () => {
    await using lab = await labs.open()
    const before = await lab.host.mustRun(['ip', '-o', 'link'])
    for (const on of [onBridge, onLan]) {
      const c = await bareMachine(lab, 'c')
      await inLab(lab, on(c.pid))
      await c[Symbol.asyncDispose]()
      await inLab(
        lab,
        `await host.detach('c'); await host.removeNetwork('br1'); await host.removeNetwork('lan')`,
      )
      expect(await lab.host.mustRun(['ip', '-o', 'link'])).toBe(before)
    }
  })
})
