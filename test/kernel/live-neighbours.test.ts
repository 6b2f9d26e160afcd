import { expect, test } from '@jest/globals'
import type { Family } from '@portolan/netfilter'
import type { HostEvent } from 'portolan'
import type { Lab } from '../lab/lab.ts'
import { describeBeside } from '../lab/neighbour/describe-beside.ts'
import { startDocker } from '../lab/neighbour/docker.ts'
import { startFirewalld } from '../lab/neighbour/firewalld.ts'
import { startUfw } from '../lab/neighbour/ufw.ts'
import { workerLabs } from '../lab/worker-labs.ts'
import { expectWhole, openedShop, untilWhole } from './live/live-shop.ts'
import { startWatcher, type Watcher } from './live/watcher.ts'

/**
 * Makes a conflict of another kind and ends it. A check of the host that is due comes before a search for conflicts, and
 * events come in order. So by then the watch has repaired what the program changed.
 */
const catchUp = async ({ host }: Lab, watcher: Watcher): Promise<void> => {
  const isOverlap = (event: HostEvent): boolean =>
    (event.kind === 'conflict' || event.kind === 'conflict-gone') && event.conflict.kind === 'SubnetOverlap'
  await host.ip('route add 172.17.0.0/16 via 192.0.2.9 table 51')
  await watcher.next('the overlap', (event) => event.kind === 'conflict' && isOverlap(event))
  await host.ip('route del 172.17.0.0/16 table 51')
  await watcher.next('the end of the overlap', (event) => event.kind === 'conflict-gone' && isOverlap(event))
}

/** Switches forwarding off, which the watch repairs. Events come in order, so by then it has repaired all else too. */
const awaitRepairs = async ({ host }: Lab, watcher: Watcher, family: Family): Promise<void> => {
  const sysctl = { ip: 'net.ipv4.ip_forward', ip6: 'net.ipv6.conf.all.forwarding' }[family]
  await host.setSysctl(sysctl, 0)
  await watcher.next(
    `the repair of ${sysctl}`,
    (event) => event.kind === 'drift' && event.changes.some(({ object }) => object === `sysctl ${sysctl}`),
  )
}

/**
 * Another program does some things. After each, both ports must be as requested again, without a failed or contended
 * repair.
 */
const expectPortsKept = async (
  lab: Lab,
  watcher: Watcher,
  ...works: readonly (() => Promise<unknown>)[]
): Promise<void> => {
  const expectNoTrouble = async (): Promise<void> => {
    const trouble = (await watcher.events()).filter(({ kind }) => kind === 'failed' || kind === 'contended')
    expect(trouble).toEqual([])
  }
  for (const [at, work] of works.entries()) {
    await work()
    // In turns: four repairs of one sysctl in ten seconds are contended.
    await awaitRepairs(lab, watcher, at % 2 === 0 ? 'ip' : 'ip6')
    await untilWhole(lab)
    await expectNoTrouble()
  }
  // The searches for conflicts have to end well too.
  await catchUp(lab, watcher)
  await untilWhole(lab)
  await expectNoTrouble()
}

/** The lines of conflicts that a watch has written, without those of `catchUp`. */
const conflictLines = async (watcher: Watcher): Promise<readonly string[]> =>
  (await watcher.events()).flatMap((event) =>
    (event.kind === 'conflict' || event.kind === 'conflict-gone') && event.conflict.kind !== 'SubnetOverlap'
      ? [`${event.kind === 'conflict' ? '+' : '-'} ${event.conflict.message}`]
      : [],
  )

/** The conflicts that a reader of these lines takes to stand. */
const standing = (lines: readonly string[]): readonly string[] => {
  const messages = new Set<string>()
  for (const line of lines)
    if (line.startsWith('+')) messages.add(line.slice(2))
    else messages.delete(line.slice(2))
  return [...messages].toSorted()
}

describeBeside('a watched live project beside real programs', ['firewalld', 'ufw', 'docker'], () => {
  test.each(['nftables', 'iptables-nft'] as const)(
    'keeps its ports while firewalld is reloaded, restarted and stopped, %s',
    async (backend) => {
      await using lab = await workerLabs().open()
      const firewalld = await startFirewalld(lab)
      await openedShop(lab, backend)
      await using watcher = await startWatcher(lab, backend)
      await expectWhole(lab)
      await expectPortsKept(
        lab,
        watcher,
        () => firewalld.reload(),
        () => firewalld.command('--complete-reload'),
        () => firewalld.restart(),
        () => firewalld.stop(),
      )
    },
  )

  test.each(['nftables', 'iptables-nft'] as const)(
    'has told what stands, and nothing else, once firewalld was reloaded three times and restarted, %s',
    async (backend) => {
      await using lab = await workerLabs().open()
      const firewalld = await startFirewalld(lab)
      await openedShop(lab, backend)
      let lines: readonly string[] = []
      {
        await using watcher = await startWatcher(lab, backend)
        await catchUp(lab, watcher)
        for (let time = 0; time < 3; time += 1) await firewalld.reload()
        await firewalld.restart()
        await untilWhole(lab)
        // The end of a conflict that came and went is told after ten seconds, and each time of this takes six.
        await catchUp(lab, watcher)
        await catchUp(lab, watcher)
        lines = await conflictLines(watcher)
      }
      // A watch that starts reports all that it finds.
      await using later = await startWatcher(lab, backend)
      await catchUp(lab, later)
      expect(standing(lines)).toEqual(standing(await conflictLines(later)))
    },
  )

  test.each(['nftables', 'iptables-nft'] as const)(
    'keeps its ports while ufw is enabled, reloaded and disabled, %s',
    async (backend) => {
      await using lab = await workerLabs().open()
      await openedShop(lab, backend)
      await using watcher = await startWatcher(lab, backend)
      const ufw = await startUfw(lab, ['default allow routed'])
      await expectPortsKept(
        lab,
        watcher,
        async () => undefined,
        () => ufw.reload(),
        () => ufw.disable(),
      )
    },
  )

  test.each(['nftables', 'iptables-nft'] as const)(
    'keeps its ports while dockerd starts, restarts and stops, %s',
    async (backend) => {
      await using lab = await workerLabs().open()
      await openedShop(lab, backend)
      await using watcher = await startWatcher(lab, backend)
      const docker = await startDocker(lab, { bip: '172.30.0.1/16' })
      await expectPortsKept(
        lab,
        watcher,
        async () => undefined,
        () => docker.restart(),
        () => docker.stop(),
      )
    },
  )
})
