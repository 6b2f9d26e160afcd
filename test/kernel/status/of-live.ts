import { expect, test } from '@jest/globals'
import type { HostStatus } from 'portolan'
import type { Backend } from '../../lab/backend.ts'
import type { Lab } from '../../lab/lab.ts'
import { addresses } from '../../lab/topology.ts'
import type { OpenLab } from '../lifecycle/describe-lifecycle.ts'
import { contain, inShopAgain, type Leased } from '../live/in-live-host.ts'
import { deleteMapping, deleteRule, flushRules } from './damage.ts'
import { echoPort, openConnections, startEcho } from './held-connections.ts'
import { driftOf, readStatus } from './read-status.ts'

const state = ['--state', '/run/lab/live']

/** The status of a live host's project, in the library and in the command. */
export const statusOfLive = (open: OpenLab, backend: Backend): void => {
  const published = async (): Promise<Lab> => {
    const lab = await open()
    const leased = (await inShopAgain(
      lab,
      backend,
      `await host.ensureNetwork('web', { pool: 'classic' })
       const web = await leased('web', 'web-1')
       await host.publish([
         { hostPort: 8080, to: { endpoint: 'web-1', port: 80 } },
         { hostPort: 8081, to: { endpoint: 'web-1', port: 80 }, allowFrom: ['${addresses.ip.client}'] },
         { hostPort: 9000, to: { endpoint: 'web-1', port: ${echoPort} } },
       ])
       report(web)`,
    )) as Leased
    const container = await contain(lab, leased)
    // Hairpin mode is on, as after attachPort.
    await lab.host.ip(`link set ${container.port} type bridge_slave hairpin on`)
    lab.use(await startEcho(container))
    return lab
  }
  const inLibrary = async (lab: Lab): Promise<HostStatus> =>
    (await inShopAgain(lab, backend, 'report(await host.status())')) as HostStatus

  test('is the same in the library and in the command, without drift', async () => {
    const lab = await published()
    const held = lab.use(await openConnections(lab.client, addresses.ip.host, 9000, 2))
    const status = await inLibrary(lab)
    expect(driftOf(status)).toEqual(['ip 8080/tcp: none', 'ip 8081/tcp: none', 'ip 9000/tcp: none'])
    expect(status.mappings.map(({ connections }) => connections)).toEqual([0, 0, 2])
    expect(status.mappings[0]?.targets).toEqual([
      { service: 'web-1', network: 'web', address: '172.17.0.1', port: 80 },
    ])
    expect(status).toMatchObject({
      networks: [{ name: 'web', subnets: ['172.17.0.0/16'], up: true, drift: 'none' }],
      drift: [],
      lost: [],
      conflicts: [],
      unread: [],
    })
    const { of: _of, ...command } = await readStatus(lab, ...state)
    expect(command).toEqual(status)
    await held.close()
    expect((await inLibrary(lab)).mappings.map(({ connections }) => connections)).toEqual([0, 0, 0])
  })

  test('shows what another program deletes as missing, until the next call restores it', async () => {
    const lab = await published()
    await deleteMapping(lab, backend, 9000)
    expect(driftOf(await inLibrary(lab))).toEqual([
      'ip 8080/tcp: none',
      'ip 8081/tcp: none',
      'ip 9000/tcp: missing',
    ])
    // Deletes the rules that keep other clients out.
    if (backend === 'nftables')
      await lab.host.mustRun(['nft', 'flush', 'map', 'inet', 'portolan', 'restricted4'])
    else await deleteRule(lab, backend, 'mangle', '--dport 8081 ')
    expect(driftOf(await readStatus(lab, ...state))).toEqual([
      'ip 8080/tcp: none',
      'ip 8081/tcp: changed',
      'ip 9000/tcp: missing',
    ])
    await inShopAgain(
      lab,
      backend,
      `await host.publish({ hostPort: 8080, to: { endpoint: 'web-1', port: 80 } }); report(null)`,
    )
    expect(await inLibrary(lab)).toMatchObject({ drift: [], lost: [] })

    await flushRules(lab, backend)
    const flushed = await readStatus(lab, '--backend', backend, ...state)
    expect(new Set(flushed.mappings.map(({ drift }) => drift))).toEqual(new Set(['missing']))
    expect(flushed.networks).toMatchObject([{ name: 'web', drift: 'changed', backend: null }])
    await lab.host.ip(`link delete ${flushed.networks[0]?.bridge}`)
    const { networks, drift } = await readStatus(lab, '--backend', backend, ...state)
    expect(networks).toMatchObject([{ name: 'web', up: false, drift: 'missing' }])
    expect(drift.some(({ part, project }) => part === 'link' && project === 'shop')).toBe(true)
  })
}
