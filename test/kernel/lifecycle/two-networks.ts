import { expect, test } from '@jest/globals'
import { attach, bridgeOf, type PlanJson } from '../../lab/attach.ts'
import type { Backend } from '../../lab/backend.ts'
import { carrying } from '../../lab/container.ts'
import type { Lab } from '../../lab/lab.ts'
import { takeSnapshot } from '../../lab/snapshot.ts'
import { addresses } from '../../lab/topology.ts'
import type { OpenLab } from './describe-lifecycle.ts'
import { inKeptProcess } from './in-host.ts'
import { mustSucceed, pilotOf } from './pilot.ts'

/** A container that is published by its address on `front`, and that has its default route by `rear`. */
const twin = `name: shop
networks:
  front:
    enable_ipv6: true
  rear:
    enable_ipv6: true
services:
  twin:
    networks:
      front: { priority: 10 }
      rear: {}
    ports: ['8080:80']
`

/** Turns on the strict reverse path filter, for existing and future interfaces. */
const setStrictFilter = async (lab: Lab): Promise<void> => {
  await lab.host.setSysctl('net.ipv4.conf.all.rp_filter', 1)
  await lab.host.setSysctl('net.ipv4.conf.default.rp_filter', 1)
}

const filterOf = async (lab: Lab, network: string): Promise<string> =>
  lab.host.sysctl(`net.ipv4.conf.${await bridgeOf(lab, network)}.rp_filter`)

/** The sysctls of the host, without those of the container's ports: these stay after the project. */
const ownSysctls = async (lab: Lab): Promise<readonly string[]> =>
  ((await takeSnapshot(lab.host)).sysctls ?? '').split('\n').filter((line) => !/\.v-(twin|rear)\./.test(line))

/** Whether the container with two networks answers a client of each family. */
const answers = async (lab: Lab): Promise<readonly boolean[]> =>
  Promise.all(
    (['ip', 'ip6'] as const).map(async (family) => {
      const probe = { protocol: 'tcp', destination: addresses[family].host, port: 8080 } as const
      return (await lab.client.probe({ ...probe, timeoutMs: 2500 })).delivered
    }),
  )

/** Starts the container on both networks. Its packets leave by `rear`, except those for `front`. */
const startTwin = async (lab: Lab, plan: PlanJson): Promise<void> => {
  const addressesOn = (network: string) => plan.addresses.filter((address) => address.network === network)
  const twin = await attach(lab, { ...plan, addresses: addressesOn('front') }, 'twin', { hairpin: true })
  const rear = await bridgeOf(lab, 'rear')
  await lab.host.ip(
    `link add v-rear type veth peer name eth1 netns ${twin.pid}`,
    `link set v-rear master ${rear} up`,
    'link set v-rear type bridge_slave hairpin on',
  )
  await twin.ip('link set eth1 up')
  for (const { family, subnet, gateway } of plan.subnets.filter(({ network }) => network === 'rear')) {
    const own = addressesOn('rear').find(({ address }) => address.includes(':') === (family === 'ip6'))
    const version = family === 'ip' ? '-4' : '-6'
    const prefix = `${own?.address}/${subnet.split('/')[1]}`
    await twin.mustRun([
      'ip',
      version,
      'addr',
      'add',
      prefix,
      'dev',
      'eth1',
      ...(family === 'ip' ? [] : ['nodad']),
    ])
    await twin.mustRun(['ip', version, 'route', 'replace', 'default', 'via', gateway ?? ''])
  }
  await carrying(lab.host, rear, 'v-rear')
}

/** A container on two networks answers by either of them. */
export const twoNetworks = (open: OpenLab, backend: Backend): void => {
  test('is reached though the host has the strict reverse path filter', async () => {
    const lab = await open()
    await setStrictFilter(lab)
    const sysctls = await ownSysctls(lab)
    const pilot = pilotOf(lab, backend)
    const planned = await pilot.applied(twin)
    await startTwin(lab, planned)
    expect(await answers(lab)).toEqual([true, true])
    expect([await filterOf(lab, 'front'), await filterOf(lab, 'rear')]).toEqual(['2', '2'])
    expect((await pilot.plan(twin)).changes).toEqual([])
    await pilot.destroy()
    expect(await ownSysctls(lab)).toEqual(sysctls)
  })

  test('loses IPv4 when the filter of its bridge becomes strict: plan shows the drift, and apply repairs it', async () => {
    const lab = await open()
    await setStrictFilter(lab)
    const pilot = pilotOf(lab, backend)
    const planned = await pilot.applied(twin)
    await startTwin(lab, planned)
    const name = `net.ipv4.conf.${await bridgeOf(lab, 'rear')}.rp_filter`
    await lab.host.setSysctl(name, 1)
    expect(await answers(lab)).toEqual([false, true])
    expect((await pilot.plan(twin)).changes.map(({ object }) => object)).toEqual([`sysctl ${name}`])
    await pilot.apply(twin)
    expect(await answers(lab)).toEqual([true, true])
  })

  test('has a conflict about the strict filter with --no-sysctl, and the remedy ends it', async () => {
    const lab = await open()
    await setStrictFilter(lab)
    const pilot = pilotOf(lab, backend)
    await lab.host.setSysctl('net.ipv4.ip_forward', 1)
    await lab.host.setSysctl('net.ipv6.conf.all.forwarding', 1)
    mustSucceed('apply', await pilot.run('apply', twin, '--yes', '--no-sysctl', '--force'))
    const plan = await pilot.plan(twin, '--no-sysctl')
    const found = plan.conflicts.filter(({ kind }) => kind === 'ReversePathFilterStrict') as readonly {
      readonly kind: string
      readonly severity: string
      readonly remedy?: { readonly commands: readonly string[] }
    }[]
    expect(found.map(({ severity }) => severity)).toEqual(['warning', 'warning'])
    await startTwin(lab, plan)
    expect(await answers(lab)).toEqual([false, true])
    for (const { remedy } of found)
      for (const command of remedy?.commands ?? []) await lab.host.mustRun(['sh', '-c', command])
    expect(await answers(lab)).toEqual([true, true])
    const kinds = (await pilot.plan(twin, '--no-sysctl')).conflicts.map(({ kind }) => kind)
    expect(kinds).not.toContain('ReversePathFilterStrict')
  })

  test('attachPort of a live host makes the filter of its bridge loose, and leaves the other bridge strict', async () => {
    const lab = await open()
    const pilot = pilotOf(lab, backend)
    await pilot.apply(twin)
    const names = await Promise.all(['front', 'rear'].map((network) => bridgeOf(lab, network)))
    for (const name of names) await lab.host.setSysctl(`net.ipv4.conf.${name}.rp_filter`, 1)
    await lab.host.ip('link add v-late type veth peer name v-peer')
    await inKeptProcess(
      lab,
      backend,
      `const host = await open()
       await host.attachPort('v-late', 'rear')
       await host.close()
       report('attached')`,
    )
    expect([await filterOf(lab, 'front'), await filterOf(lab, 'rear')]).toEqual(['1', '2'])
  })

  test('the sh script makes the filter of both bridges loose', async () => {
    const lab = await open()
    await setStrictFilter(lab)
    const { stdout } = mustSucceed(
      'script',
      await pilotOf(lab, backend).run('script', twin, '--format', 'sh'),
    )
    await lab.host.mustRun(['sh', await lab.write('apply.sh', stdout)])
    expect([await filterOf(lab, 'front'), await filterOf(lab, 'rear')]).toEqual(['2', '2'])
  })
}
