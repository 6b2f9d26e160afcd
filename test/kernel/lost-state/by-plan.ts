import { expect, test } from '@jest/globals'
import type { Backend } from '../../lab/backend.ts'
import { serves } from '../attach/in-namespace.ts'
import type { OpenLab } from '../lifecycle/describe-lifecycle.ts'
import { attachIn, leasesOf, loseState, openShop, runIn, shopOf } from './lost-shop.ts'

/** The next `apply` finds attached endpoints without a lease. */
export const byPlan = (open: OpenLab, backend: Backend): void => {
  test('an attached endpoint keeps its addresses and its lease, and no new service gets them', async () => {
    const lab = await open()
    const run = runIn(lab, backend)
    const { web, job } = await openShop(lab, backend)
    const before = await leasesOf(lab)
    await loseState(lab)
    const file = await lab.write('shop.yaml', shopOf('a', 'b', 'web', 'c'))
    const applied = await run('apply', '-f', file, '--yes', '--json')
    expect(applied).toMatchObject({ exitCode: 0 })
    const { addresses } = JSON.parse(applied.stdout)
    const given = (addresses as readonly { readonly service: string; readonly address: string }[]).map(
      ({ service, address }) => [service, address] as const,
    )
    expect(given.flatMap(([service, address]) => (service === 'web' ? [address] : [])).sort()).toEqual(
      [web.ip, web.ip6].sort(),
    )
    expect(given.map(([, address]) => address)).not.toContain(job.ip)
    expect(given.map(([, address]) => address)).not.toContain(job.ip6)
    expect(await leasesOf(lab)).toEqual(before)
    expect([await serves(lab, 'ip'), await serves(lab, 'ip6')]).toEqual(['web', 'web'])
    expect(await run('plan', '-f', file)).toMatchObject({ exitCode: 0 })
    // The endpoint keeps its lease until it is detached, as before.
    const late = await attachIn(lab, backend, 'late')
    expect([web.ip, job.ip]).not.toContain(late.ip)
    expect(await run('detach', 'job')).toMatchObject({ exitCode: 0 })
    expect((await attachIn(lab, backend, 'job', job.machine)).ip).toBe(job.ip)
  })

  test('plan names an attached endpoint with an inner interface that cannot be read', async () => {
    const lab = await open()
    const { file } = await openShop(lab, backend)
    await loseState(lab)
    // The inner end of the veth pair goes to a namespace without a process, which is in no engine's folder.
    const [port] = JSON.parse(await lab.host.mustRun(['ip', '-j', 'link', 'show', 'type', 'veth'])).filter(
      ({ ifalias = '' }) => ifalias.endsWith('endpoint=job'),
    )
    await lab.host.mustRun(['ip', 'link', 'delete', port.ifname])
    await lab.host.mustRun(['ip', 'link', 'add', 've-gone', 'type', 'veth', 'peer', 'name', 'gone0'])
    await lab.host.mustRun(['ip', 'link', 'set', 've-gone', 'alias', port.ifalias])
    const warning =
      /job is attached to network shop\/front without a lease, and its interface inside could not be read/
    const plan = async (): Promise<string> => (await runIn(lab, backend)('plan', '-f', file)).stdout
    // While the inner end is on this host, it is in no container.
    expect(await plan()).not.toMatch(warning)
    await lab.host.mustRun(['sh', '-c', 'touch /run/lab/hidden; unshare --net=/run/lab/hidden true'])
    await lab.host.mustRun(['ip', 'link', 'set', 'gone0', 'netns', '/run/lab/hidden'])
    expect(await plan()).toMatch(warning)
    await lab.host.mustRun(['umount', '/run/lab/hidden'])
  })
}
