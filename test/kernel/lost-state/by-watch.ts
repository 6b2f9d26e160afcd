import { expect, test } from '@jest/globals'
import type { HostEvent } from 'portolan'
import { fromJson } from '../../from-json.ts'
import { attach, bridgeOf } from '../../lab/attach.ts'
import type { Backend } from '../../lab/backend.ts'
import type { Lab } from '../../lab/lab.ts'
import { takeSnapshot } from '../../lab/snapshot.ts'
import { until } from '../../lab/until.ts'
import { serves } from '../attach/in-namespace.ts'
import type { OpenLab } from '../lifecycle/describe-lifecycle.ts'
import { followEvents, type Watcher } from '../live/watcher.ts'
import { attachIn, leasesOf, loseScript, loseState, openShop, runIn, shopOf, state } from './lost-shop.ts'

const log = '/run/lab/events'

/** Starts a watch of the file, and reads its events. */
export const startWatch = async (lab: Lab, backend: Backend, file: string) => {
  await lab.host.writeText(log, '')
  const words = ['watch', '-f', file, '--state', state, '--backend', backend, '--json']
  const argv = ['sh', '-c', `exec "$@" >> ${log}`, 'sh', ...lab.command, ...words]
  const running = lab.host.start(argv, { timeoutMs: 300_000 })
  const { next, events } = followEvents(lab, log, running)
  const inForce = () => next('watching', ({ kind }) => kind === 'watching')
  await inForce()
  const stop = async (): Promise<void> => {
    running.kill('SIGTERM')
    expect(await running.outcome).toMatchObject({ exitCode: 0 })
  }
  return { next, events, inForce, reload: () => running.kill('SIGHUP'), stop }
}

/** Makes and deletes a link. The kernel reports it, so the watch checks the host. */
export const makeWatchCheck = (lab: Lab): Promise<string> =>
  lab.host.mustRun(['sh', '-c', 'ip link add looked type bridge && ip link delete looked'])

/** Other drift events may come earlier, for example about a port that has just been attached. */
const isLeasedAgain = (event: HostEvent): boolean =>
  event.kind === 'drift' &&
  event.outcome === 'repaired' &&
  event.changes.some(({ object }) => object === 'leases')

/** Waits until the watch says that it has stored its leases again. */
export const untilLeasedAgain = (next: Watcher['next']) => next('leased again', isLeasedAgain)

/** A watch notices by itself that its leases are lost. */
export const byWatch = (open: OpenLab, backend: Backend): void => {
  test('leases the same addresses again, and changes nothing else on the host', async () => {
    const lab = await open()
    const run = runIn(lab, backend)
    const { file, web, job } = await openShop(lab, backend)
    const watch = await startWatch(lab, backend, file)
    const [before, snapshot] = [await leasesOf(lab), await takeSnapshot(lab.host)]
    // The watch notices the loss although nothing else changes on the host.
    await loseState(lab)
    expect(await untilLeasedAgain(watch.next)).toMatchObject({
      changes: [{ action: 'add', object: 'leases', description: expect.stringContaining('lost') }],
    })
    expect(await leasesOf(lab)).toEqual(before)
    expect(await takeSnapshot(lab.host)).toEqual(snapshot)
    expect([await serves(lab, 'ip'), await serves(lab, 'ip6')]).toEqual(['web', 'web'])
    // No drift is left: the watch neither leases again nor plans.
    expect(await run('plan', '-f', file)).toMatchObject({ exitCode: 0 })
    const late = await attachIn(lab, backend, 'late')
    expect([web.ip, job.ip]).not.toContain(late.ip)
    expect(await attachIn(lab, backend, 'web', web.machine)).toMatchObject({ ip: web.ip, ip6: web.ip6 })
    await makeWatchCheck(lab)
    // The state is lost a second time, and an empty directory takes its place.
    const more = await leasesOf(lab)
    const asEmpty = `mkdir ${state}.lost && mv --exchange -T ${state}.lost ${state}`
    await lab.host.mustRun(['sh', '-c', asEmpty])
    await makeWatchCheck(lab)
    await untilLeasedAgain(watch.next)
    expect(await leasesOf(lab)).toEqual(more)
    expect((await watch.events()).filter(isLeasedAgain)).toHaveLength(2)
    await watch.stop()
  })

  test('keeps the address of a service that another program attached, also when gateways or rules are lost at the same time', async () => {
    const lab = await open()
    const run = runIn(lab, backend)
    for (const services of [['first', 'web'], ['web']])
      await run('apply', '-f', await lab.write('shop.yaml', shopOf(...services)), '--yes')
    const file = '/run/lab/shop.yaml'
    const plan = async () => JSON.parse((await run('plan', '-f', file, '--json')).stdout)
    const before = await plan()
    await attach(lab, before, 'web')
    const bridge = await bridgeOf(lab, 'front')
    const watch = await startWatch(lab, backend, file)
    await lab.host.mustRun(['sh', '-c', `${loseScript(state)}; ip address flush dev ${bridge} scope global`])
    expect(await untilLeasedAgain(watch.next)).toMatchObject({
      changes: expect.arrayContaining([expect.objectContaining({ object: 'leases' })]),
    })
    expect(await plan()).toMatchObject({
      addresses: before.addresses,
      summary: { add: 0, change: 0, remove: 0 },
    })
    expect([await serves(lab, 'ip'), await serves(lab, 'ip6')]).toEqual(['web', 'web'])
    // The new text is planned with the leases that only the watch's memory has.
    await loseState(lab)
    await lab.write('shop.yaml', shopOf('a', 'web'))
    watch.reload()
    await watch.inForce()
    expect(await serves(lab, 'ip')).toBe('web')
    // When the leases cannot be written, an event says so, and the rules are restored all the same.
    const asFile = `touch ${state}.file && mv --exchange -T ${state}.file ${state} && rm -r ${state}.file`
    await lab.host.mustRun(['sh', '-c', `${asFile} && nft flush ruleset`])
    await watch.next('refused', ({ kind }) => kind === 'failed')
    await until('an answer of web', async () => (await serves(lab, 'ip')) === 'web', {
      shows: () => serves(lab, 'ip'),
    })
    await lab.host.mustRun(['rm', state])
    await untilLeasedAgain(watch.next)
    expect(await plan()).toMatchObject({ summary: { add: 0, change: 0, remove: 0 } })
    await watch.stop()
  })

  test('gives no service an address in use when it reads a new text after the loss', async () => {
    const lab = await open()
    const { file, web, job } = await openShop(lab, backend)
    const watch = await startWatch(lab, backend, file)
    await loseState(lab)
    await lab.write('shop.yaml', shopOf('a', 'b', 'web', 'c'))
    watch.reload()
    await watch.inForce()
    const { stdout } = await runIn(lab, backend)('plan', '-f', file, '--json')
    const { addresses, summary } = fromJson<{
      readonly addresses: readonly { readonly service: string; readonly address: string }[]
      readonly summary: unknown
    }>(stdout)
    expect(summary).toEqual({ add: 0, change: 0, remove: 0 })
    const of = (one: string) =>
      addresses.flatMap(({ service, address }) => (service === one ? [address] : []))
    expect(of('web').sort()).toEqual([web.ip, web.ip6].sort())
    const others = ['a', 'b', 'c'].flatMap(of)
    expect(others.filter((address) => [job.ip, job.ip6].includes(address))).toEqual([])
    expect(await serves(lab, 'ip')).toBe('web')
    await watch.stop()
  })
}
