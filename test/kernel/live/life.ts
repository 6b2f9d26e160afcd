import { expect, test } from '@jest/globals'
import { fromJson } from '../../from-json.ts'
import type { Backend } from '../../lab/backend.ts'
import type { Lab } from '../../lab/lab.ts'
import type { Machine } from '../../lab/machine.ts'
import { takeSnapshot } from '../../lab/snapshot.ts'
import { addresses } from '../../lab/topology.ts'
import type { OpenLab } from '../lifecycle/describe-lifecycle.ts'
import { inHost } from '../lifecycle/in-host.ts'
import { contain, inShop, inShopAgain, type Leased } from './in-live-host.ts'

const answererAt = async (
  from: Machine,
  port: number,
  { family = 'ip', protocol = 'tcp' }: { family?: 'ip' | 'ip6'; protocol?: 'tcp' | 'udp' } = {},
): Promise<string | null> => {
  const outcome = await from.probe({ protocol, destination: addresses[family].host, port })
  return outcome.delivered ? outcome.by : null
}

const web = "await host.ensureNetwork('web', { pool: 'classic', ipv6: true })"

const withTwoContainers = async (lab: Lab, backend: Backend): Promise<readonly Leased[]> => {
  const all = (await inShopAgain(
    lab,
    backend,
    `${web}; report([await leased('web', 'web-1'), await leased('web', 'web-2')])`,
  )) as readonly Leased[]
  for (const one of all) await contain(lab, one)
  return all
}

/** The life of a container's network, from its first call to its last. Each call opens a host of its own. */
export const life = (open: OpenLab, backend: Backend): void => {
  test('networks, leases and ports work as requested, and leave no trace once they are removed', async () => {
    const lab = await open()
    const before = await takeSnapshot(lab.host)
    const [first] = await withTwoContainers(lab, backend)
    expect(first).toMatchObject({ ip: '172.17.0.1', network: { ip: { subnet: '172.17.0.0/16' } } })

    const published = await inShop(
      lab,
      backend,
      `report(await host.publish([
         { hostPort: 8080, to: { endpoint: 'web-1', port: 80 }, allowFrom: ['${addresses.ip.client}', '${addresses.ip6.client}'] },
         { hostPort: '9000-9001', to: { endpoint: 'web-2', port: '80-81' } },
         { hostPort: 'auto', protocol: 'udp', to: { address: '${first?.ip}', port: 53 } },
         { hostPort: 9100, to: { endpoint: 'web-1', port: 80 }, interface: 'eth1' },
         { hostPort: 9200, to: [{ endpoint: 'web-1', port: 80, weight: 1 }, { endpoint: 'web-2', port: 80, weight: 1 }] },
       ]))`,
    )
    const automatic = (published as readonly { protocol: string; hostPort: number }[]).find(
      ({ protocol }) => protocol === 'udp',
    )?.hostPort
    expect(automatic).toBe(32768)
    for (const family of ['ip', 'ip6'] as const) {
      expect(await answererAt(lab.client, 8080, { family })).toBe('web-1')
      expect(await answererAt(lab.neighbour, 8080, { family })).toBeNull()
      for (const port of [9000, 9001]) expect(await answererAt(lab.neighbour, port, { family })).toBe('web-2')
      expect(await answererAt(lab.client, 9100, { family })).toBeNull()
      const { hostOutside: destination } = addresses[family]
      expect(await lab.outside.reach({ protocol: 'tcp', destination, port: 9100 })).toMatchObject({
        by: 'web-1',
      })
    }
    expect(await answererAt(lab.client, automatic ?? 0, { protocol: 'udp' })).toBe('web-1')
    const served = new Set<string | null>()
    for (let attempt = 0; attempt < 20; attempt += 1) served.add(await answererAt(lab.client, 9200))
    expect([...served].sort()).toEqual(['web-1', 'web-2'])

    await inShop(lab, backend, "await host.unpublish({ endpoint: 'web-1' }); report(host.published().length)")
    for (const port of [8080, automatic ?? 0]) expect(await answererAt(lab.client, port)).toBeNull()
    // The port that two endpoints shared belongs to the remaining one.
    for (let attempt = 0; attempt < 8; attempt += 1) expect(await answererAt(lab.client, 9200)).toBe('web-2')
    expect(await answererAt(lab.client, 9000)).toBe('web-2')

    for (const container of lab.containers.values()) await container[Symbol.asyncDispose]()
    const left = await inShop(
      lab,
      backend,
      `const refused = await attempt(host.removeNetwork('web'))
       await host.release('web', 'web-1'); await host.release('web', 'web-2')
       await host.removeNetwork('web')
       report([refused, host.networks(), host.published(), host.endpoints()])`,
    )
    expect(left).toEqual(['NETWORK_IN_USE', [], [], []])
    const destroyed = await lab.portolan(['destroy', '--all', '--yes', '--state', '/run/lab/live'])
    expect(destroyed).toMatchObject({ exitCode: 0 })
    expect(await takeSnapshot(lab.host)).toEqual(before)
  })

  test('calls that are made at the same time have the outcomes of calls one after the other', async () => {
    const lab = await open()
    await withTwoContainers(lab, backend)
    const outcomes = await inShopAgain(
      lab,
      backend,
      `const outcomeOf = (call) => call.then((ports) => (ports ?? []).map(({ family, hostPort }) => family + ' ' + hostPort), ({ code }) => code)
       const on = (port) => ({ endpoint: 'web-1', port })
       const calls = [
         ...Array.from({ length: 40 }, (_, at) => host.publish({ hostPort: 9300 + at, to: on(80) })),
         host.publish({ hostPort: 9300, to: on(81) }),
         host.publish({ hostPort: 9301, to: on(80) }),
         host.publish({ hostPort: 9400, to: { endpoint: 'none', port: 80 } }),
         host.publish({ hostPort: 9401, to: on(80) }),
         host.unpublish({ hostPort: 9401 }),
         host.unpublish([{ hostPort: 9300 }, { hostPort: 9402 }]),
         host.unpublish({ hostPort: '9310-9319' }),
         host.publish({ hostPort: 9300, to: on(81) }),
       ]
       report([(await Promise.all(calls.map(outcomeOf))).slice(39), host.published().length])`,
    )
    const both = (port: number) => [`ip ${port}`, `ip6 ${port}`]
    expect(outcomes).toEqual([
      [
        both(9339),
        'HOST_PORT_IN_USE',
        both(9301),
        'INVALID_REQUEST',
        both(9401),
        ...[[], [], []],
        both(9300),
      ],
      2 * 30,
    ])
    for (const port of [9300, 9309, 9339]) expect(await answererAt(lab.client, port)).toBe('web-1')
    for (const port of [9310, 9401]) expect(await answererAt(lab.client, port)).toBeNull()
  })

  test('unpublish withdraws a port in both families, also where one is routed without translation', async () => {
    const lab = await open()
    const published = await inShopAgain(
      lab,
      backend,
      `await host.ensureNetwork('half', { pool: 'classic', ipv6: { mode: 'routed' } })
       await host.lease('half', 'one')
       const own = () => host.published().map(({ family, hostPort }) => family + ' ' + hostPort)
       await host.publish([{ hostPort: 8443, to: { endpoint: 'one', port: 8443 } }, { hostPort: 80, to: { endpoint: 'one', port: 80 } }])
       const before = own()
       await host.unpublish({ hostPort: 8443 })
       report([before, own()])`,
    )
    expect(published).toEqual([
      ['ip 8443', 'ip6 8443', 'ip 80', 'ip6 80'],
      ['ip 80', 'ip6 80'],
    ])
  })

  test('the next process finds networks, leases and ports again, and the same calls change nothing', async () => {
    const lab = await open()
    const all = await withTwoContainers(lab, backend)
    const calls = `${web}
      const leases = [await leased('web', 'web-2'), await leased('web', 'web-1')].reverse()
      await host.publish({ hostPort: 8080, to: { endpoint: 'web-1', port: 80 } })
      const [auto] = await host.publish({ hostPort: 'auto', to: { endpoint: 'web-2', port: 81 } })
      report([leases, auto.hostPort, host.published().map(({ hostPort }) => hostPort).sort()])`
    const first = await inShop(lab, backend, calls)
    expect(first).toEqual([all, 32768, [32768, 32768, 8080, 8080].sort()])
    const rules = await takeSnapshot(lab.host)
    expect(await inShop(lab, backend, calls)).toEqual(first)
    expect(await takeSnapshot(lab.host)).toEqual(rules)
  })

  test('a port with allowFrom stays closed to other clients when the journal of its project is lost', async () => {
    const lab = await open()
    const [first] = await withTwoContainers(lab, backend)
    // Its containers belong to another project, and only the rules show that.
    const inGate = (code: string) =>
      inHost(lab, backend, `const host = await open({ project: 'gate' }); ${code}; await host.close()`)
    const port = (hostPort: number, more = '') =>
      `await host.publish({ hostPort: ${hostPort}, to: { address: '${first?.ip}', port: 80 }${more} })`
    await inGate(`${port(8080, `, allowFrom: ['${addresses.ip.client}']`)}; ${port(8081)}; report('done')`)
    expect(await answererAt(lab.client, 8080)).toBe('web-1')
    expect(await answererAt(lab.neighbour, 8080)).toBeNull()
    await lab.host.mustRun(['sh', '-c', 'rm /run/lab/live/live/gate.journal*'])
    await inGate(`${port(8082)}; report('done')`)
    expect(await answererAt(lab.neighbour, 8080)).toBeNull()
    for (const served of [8081, 8082]) expect(await answererAt(lab.neighbour, served)).toBe('web-1')
  })

  test('after a flush of the rules and the deletion of the bridge the next calls restore the port', async () => {
    const lab = await open()
    const [first] = await withTwoContainers(lab, backend)
    await inShopAgain(
      lab,
      backend,
      "report(await attempt(host.publish({ hostPort: 8080, to: { endpoint: 'web-1', port: 80 } })))",
    )
    expect(await answererAt(lab.client, 8080)).toBe('web-1')
    const flush =
      backend === 'iptables-legacy'
        ? [
            'sh',
            '-c',
            'for t in nat mangle raw filter; do for i in iptables ip6tables; do $i-legacy -t $t -F; $i-legacy -t $t -X; done; done',
          ]
        : ['nft', 'flush', 'ruleset']
    await lab.host.mustRun(flush)
    await lab.host.ip(`link del ${first?.bridge}`)
    expect(await answererAt(lab.client, 8080)).toBeNull()
    expect(
      await inShopAgain(lab, backend, `${web}; report(await attempt(host.attachPort('v-web-1', 'web')))`),
    ).toBe('done')
    // A new bridge carries packets a moment after its first port came up.
    await lab.host.areUp([first?.bridge ?? '', 'v-web-1'])
    expect(await answererAt(lab.client, 8080)).toBe('web-1')
  })

  test('a plan for the name of the live project is refused, and destroy removes the live project', async () => {
    const lab = await open()
    const [first] = await withTwoContainers(lab, backend)
    const state = ['--state', '/run/lab/live']
    const file = await lab.write('compose.yaml', 'services: {web: {ports: ["8080:80"]}}')
    const planned = await lab.portolan(['plan', '-f', file, '-p', 'shop', '--json', ...state])
    expect(planned.exitCode).toBe(1)
    expect(fromJson(planned.stdout)).toMatchObject({ error: { code: 'PROJECT_IS_LIVE' } })
    const removed = await lab.portolan(['destroy', '-p', 'shop', '--yes', ...state])
    expect(removed).toMatchObject({
      exitCode: 0,
      stdout: expect.stringContaining('that a live host wants of project shop'),
    })
    expect(await inShopAgain(lab, backend, 'report([host.networks(), host.endpoints()])')).toEqual([[], []])
    await expect(lab.host.mustRun(['ip', 'link', 'show', first?.bridge ?? ''])).rejects.toThrow(
      'does not exist',
    )
  })
}
