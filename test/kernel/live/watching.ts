import { expect, test } from '@jest/globals'
import type { HostEvent } from 'portolan'
import { bridgeOf } from '../../lab/attach.ts'
import type { Backend } from '../../lab/backend.ts'
import { whileStopped } from '../../lab/while-stopped.ts'
import type { OpenLab } from '../lifecycle/describe-lifecycle.ts'
import { inHost } from '../lifecycle/in-host.ts'
import { expectWhole, openedShop, served, untilWhole } from './live-shop.ts'
import { startWatcher } from './watcher.ts'

const isRepair = (event: HostEvent): boolean => event.kind === 'drift' && event.outcome === 'repaired'

interface Damage {
  readonly name: string
  /** What a program other than Portolan runs on the host. */
  readonly argv: readonly string[]
  /** A pattern for the cause that the event must name. */
  readonly cause: RegExp
}

const sh = (text: string): readonly string[] => ['sh', '-ec', text]

const damagesTo: Readonly<Record<Backend, readonly Damage[]>> = {
  nftables: [
    {
      name: 'the ruleset flushed',
      argv: sh('nft flush ruleset'),
      cause: /^nft \(process \d+\) removed table inet portolan/,
    },
    {
      name: 'our table deleted',
      argv: sh('nft delete table inet portolan'),
      cause: /^nft \(process \d+\) removed table/,
    },
    {
      name: 'one chain emptied',
      argv: sh('nft flush chain inet portolan forward'),
      cause: /^nft \(process \d+\) removed from table inet portolan/,
    },
  ],
  'iptables-nft': [
    {
      name: 'the ruleset flushed',
      argv: sh('nft flush ruleset'),
      cause: /^nft \(process \d+\) removed table ip nat/,
    },
    {
      name: 'a jump removed',
      argv: sh(
        'iptables-nft -t nat -D $(iptables-nft -t nat -S PREROUTING | grep PORTOLAN | head -1 | cut -c4-)',
      ),
      cause: /^iptables-nft|^iptables \(process|removed from table ip nat/,
    },
    {
      name: 'a foreign accept in front of our jump',
      argv: sh('iptables-nft -t nat -I PREROUTING -p tcp --dport 8081 -j ACCEPT'),
      cause: /added to table ip nat/,
    },
  ],
  'iptables-legacy': [
    {
      name: 'all tables flushed',
      argv: sh('for t in nat mangle raw filter; do iptables-legacy -t $t -F; iptables-legacy -t $t -X; done'),
      cause: /^rules of iptables-legacy changed/,
    },
  ],
}

/** Changes by other programs on a watched host. */
export const watching = (open: OpenLab, backend: Backend): void => {
  test('repairs damage to rules, links and sysctls, and its events have the causes', async () => {
    const lab = await open()
    await openedShop(lab, backend)
    await using watcher = await startWatcher(lab, backend)
    await expectWhole(lab)
    // A repaired bridge has the same name again.
    const bridge = await bridgeOf(lab, 'web')
    const everywhere: readonly Damage[] = [
      {
        name: 'forwarding switched off',
        argv: sh('echo 0 > /proc/sys/net/ipv4/ip_forward'),
        cause: /forwarding became 0$/,
      },
      {
        name: 'the gateway address removed',
        argv: ['ip', 'addr', 'flush', 'dev', bridge, 'scope', 'global'],
        cause: /^address 172\.17\.42\.1\/16 was removed from/,
      },
      {
        name: 'a port released',
        argv: ['ip', 'link', 'set', 'v-web-1', 'nomaster'],
        cause: /^interface v-web-1 changed$/,
      },
      {
        name: 'the bridge deleted',
        argv: ['ip', 'link', 'del', bridge],
        // The kernel deletes a bridge in steps: it goes down, its ports leave, its addresses go, and last the bridge
        // itself, after a wait for its readers.
        cause: /^interface (br-\S+|v-web-1) (was removed|changed)$|was removed from br-/,
      },
    ]
    for (const { name, argv, cause } of [...damagesTo[backend], ...everywhere]) {
      const isOfLegacy = backend === 'iptables-legacy' && cause.source.includes('legacy')
      const damage = () => lab.host.mustRun(argv)
      // The watch is stopped meanwhile: a chain that a repair uses again could not be deleted.
      await (isOfLegacy ? whileStopped(watcher.running, damage) : damage())
      // Damage in several steps may be seen and repaired in steps. Rules of iptables-legacy are read every two seconds:
      // a regular check may come earlier, and then no cause is known.
      await watcher.next(
        name,
        (event) =>
          isRepair(event) &&
          event.kind === 'drift' &&
          (isOfLegacy || event.causes.some(({ text }) => cause.test(text))),
      )
      await lab.host.areUp([bridge, 'v-web-1'])
      await untilWhole(lab)
    }
    const failed = (await watcher.events()).filter(({ kind }) => kind === 'failed' || kind === 'contended')
    expect(failed).toEqual([])
  })

  test('gives events when a foreign rule stops a port, when a route crosses the subnet, and when these conflicts are gone', async () => {
    const lab = await open()
    await openedShop(lab, backend)
    await using watcher = await startWatcher(lab, backend)
    const rule =
      'add table inet foreign; add chain inet foreign f { type filter hook forward priority 0; }; add rule inet foreign f tcp dport 80 drop'
    await lab.host.mustRun(['nft', rule])
    const event = await watcher.next('a conflict', ({ kind }) => kind === 'conflict')
    expect(event).toMatchObject({
      conflict: { kind: 'ForwardDropped', severity: 'error', culprit: { table: 'foreign' } },
    })
    expect(await served(lab, 'client', 8080)).toBe(false)
    await lab.host.mustRun(['nft', 'delete table inet foreign'])
    await watcher.next(
      'its end',
      (one) => one.kind === 'conflict-gone' && one.conflict.kind === 'ForwardDropped',
    )
    await lab.host.ip('route add 172.17.0.0/16 via 192.0.2.9 table 51')
    expect(
      await watcher.next(
        'an overlap',
        (one) => one.kind === 'conflict' && one.conflict.kind === 'SubnetOverlap',
      ),
    ).toMatchObject({ conflict: { network: 'web' } })
    await lab.host.ip('route del 172.17.0.0/16 table 51')
    await watcher.next(
      'the end of the overlap',
      (one) => one.kind === 'conflict-gone' && one.conflict.kind === 'SubnetOverlap',
    )
    expect((await watcher.events()).filter(({ kind }) => kind === 'drift')).toEqual([])
  })

  test('gives no drift for ports that another process publishes and withdraws', async () => {
    const lab = await open()
    await openedShop(lab, backend)
    await using watcher = await startWatcher(lab, backend, { check: true })
    await inHost(
      lab,
      backend,
      `const host = await open({ project: 'shop' })
       const ports = Array.from({ length: 20 }, (_, at) => 9000 + at)
       for (const hostPort of ports) await host.publish({ hostPort, to: { endpoint: 'web-1', port: 80 } })
       for (const hostPort of ports) await host.unpublish({ hostPort })
       await host.close()
       report(null)`,
    )
    // A later event: events come in order, so all earlier ones have been written by then.
    await lab.host.mustRun(['sh', '-ec', 'echo 0 > /proc/sys/net/ipv4/ip_forward'])
    await watcher.next('the drift', ({ kind }) => kind === 'drift')
    const drifts = (await watcher.events()).filter(({ kind }) => kind === 'drift')
    expect(drifts).toEqual([
      expect.objectContaining({
        changes: [expect.objectContaining({ object: expect.stringContaining('ip_forward') })],
      }),
    ])
  })

  test('with check changes nothing, and reports each drift once', async () => {
    const lab = await open()
    await openedShop(lab, backend)
    await using watcher = await startWatcher(lab, backend, { check: true })
    await lab.host.mustRun(['sh', '-ec', 'echo 0 > /proc/sys/net/ipv4/ip_forward'])
    const event = await watcher.next('the drift', ({ kind }) => kind === 'drift')
    expect(event).toMatchObject({
      outcome: 'reported',
      changes: [{ object: expect.stringContaining('ip_forward') }],
    })
    // The new link makes the watch check the host. A due check comes before a search for conflicts, and events come in
    // order. So by the time of the conflict a repeated drift would have an event.
    await lab.host.ip('link add v-new type veth peer name v-other')
    await lab.host.ip('route add 172.17.0.0/16 via 192.0.2.9 table 51')
    await watcher.next('a later conflict', (one) => one.kind === 'conflict')
    expect((await watcher.events()).filter(({ kind }) => kind === 'drift')).toHaveLength(1)
    expect(await lab.host.sysctl('net.ipv4.ip_forward')).toBe('0')
  })
}
