import { expect, test } from '@jest/globals'
import { type Backend, backends } from '../../lab/backend.ts'
import type { Lab } from '../../lab/lab.ts'
import { addresses } from '../../lab/topology.ts'
import { whileStopped } from '../../lab/while-stopped.ts'
import type { OpenLab } from '../lifecycle/describe-lifecycle.ts'
import { inForce } from './in-force.ts'
import { contain, inShopAgain, type Leased } from './in-live-host.ts'
import { startWatcher } from './watcher.ts'

const served = async (lab: Lab, port: number): Promise<readonly boolean[]> => {
  const found: boolean[] = []
  for (const family of ['ip', 'ip6'] as const) {
    const { delivered } = await lab.client.probe({
      protocol: 'tcp',
      destination: addresses[family].host,
      port,
      timeoutMs: 1500,
    })
    found.push(delivered)
  }
  return found
}

/** The answers of a port over IPv4 and IPv6. */
const [inBoth, inNone] = [
  [true, true],
  [false, false],
]

/** Two programs hold one project, and the second one names another backend. */
export const otherBackend = (open: OpenLab, backend: Backend): void => {
  const other = backends[(backends.indexOf(backend) + 1) % backends.length] ?? backend
  const start = `await host.ensureNetwork('web', { pool: 'classic', ipv6: true })
    await host.lease('web', 'web-1')
    await host.publish({ hostPort: 8080, to: { endpoint: 'web-1', port: 80 } })`

  test(`an open host goes on in ${other} once another program names it, and a withdrawn port no longer answers`, async () => {
    const lab = await open()
    const leased = (await inShopAgain(
      lab,
      backend,
      `${start}; report(await leased('web', 'web-1'))`,
    )) as Leased
    await contain(lab, leased)
    expect(await served(lab, 8080)).toEqual(inBoth)
    const to = "to: { endpoint: 'web-1', port: 80 }"
    await inShopAgain(
      lab,
      backend,
      `const second = await open({ project: 'shop', backend: '${other}' }); await second.close()
       await host.publish({ hostPort: 9090, ${to} })
       const third = await open({ project: 'shop', backend: '${other}' })
       await host.unpublish({ hostPort: 8080 })
       await third.close()
       report('done')`,
    )
    expect([await served(lab, 8080), await served(lab, 9090)]).toEqual([inNone, inBoth])
    expect(await inForce(lab)).toEqual([other])
  })

  test(`a watch follows to ${other} once another program names it, and removes rules that are left in ${backend}`, async () => {
    const lab = await open()
    const leased = (await inShopAgain(
      lab,
      backend,
      `${start}; report(await leased('web', 'web-1'))`,
    )) as Leased
    await contain(lab, leased)
    const saved = await savedRules(lab, backend)
    await using watcher = await startWatcher(lab, backend)
    await inShopAgain(lab, other, 'await host.unpublish({ hostPort: 8080 }); report(null)')
    await watcher.next('the other backend', (event) => event.kind === 'watching' && event.backend === other)
    expect(await inForce(lab)).toEqual([other])
    // Loads the old backend's rules, as an old script or a killed switch would. It loads one family after the other.
    // The watch is stopped meanwhile: else it might repair the first family before the second is loaded.
    await whileStopped(watcher.running, saved.load)
    await watcher.next(
      'what is left',
      (event) => event.kind === 'drift' && event.changes.some(({ object }) => object === `${backend} rules`),
    )
    expect(await served(lab, 8080)).toEqual(inNone)
    expect(await inForce(lab)).toEqual([other])
  })
}

/** Saves the rules of a backend, and returns a function that loads them again. */
const savedRules = async (lab: Lab, backend: Backend): Promise<{ load(): Promise<unknown> }> => {
  if (backend === 'nftables') {
    await lab.host.writeText(
      '/run/lab/rules',
      await lab.host.mustRun(['nft', 'list', 'table', 'inet', 'portolan']),
    )
    return { load: () => lab.host.mustRun(['nft', '-f', '/run/lab/rules']) }
  }
  const families = [backend, backend.replace('iptables', 'ip6tables')]
  for (const program of families)
    await lab.host.writeText(`/run/lab/${program}`, await lab.host.mustRun([`${program}-save`]))
  return {
    load: async () => {
      for (const program of families) {
        await lab.host.mustRun(['sh', '-c', `${program}-restore < /run/lab/${program}`])
        // A watch reads rules of iptables-legacy every two seconds. It sees no change in a table that is again as it
        // was last read, so one more rule is added.
        await lab.host.mustRun([program, '-A', 'INPUT', '-i', 'eth7', '-j', 'ACCEPT'])
      }
    },
  }
}
