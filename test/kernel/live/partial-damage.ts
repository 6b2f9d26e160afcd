import { expect, test } from '@jest/globals'
import type { Backend } from '../../lab/backend.ts'
import type { OpenLab } from '../lifecycle/describe-lifecycle.ts'
import { expectWhole, openedShop, served } from './live-shop.ts'
import { startWatcher } from './watcher.ts'

interface PartialDamage {
  readonly name: string
  /** A shell script that another program runs on the host. */
  readonly script: string
  /** The changes that the event must name: the action and the object. */
  readonly changes: readonly string[]
}

const elsewhere = '172.17.99.99'
const element = (port: number): string => `map element inet portolan dnat4 { tcp . ${port} }`

const inNftables: readonly PartialDamage[] = [
  {
    name: 'one element deleted',
    script: 'nft delete element inet portolan dnat4 { tcp . 8080 }',
    changes: [`add ${element(8080)}`],
  },
  {
    name: 'a map replaced',
    script: `nft 'flush map inet portolan dnat4; add element inet portolan dnat4 { tcp . 8080 : ${elsewhere} . 80 }'`,
    changes: [`change ${element(8080)}`, `add ${element(8081)}`],
  },
  {
    name: 'a foreign element in our map',
    script: `nft 'add element inet portolan dnat4 { tcp . 8085 : ${elsewhere} . 80 }'`,
    changes: [`remove ${element(8085)}`],
  },
  {
    name: 'a jump removed',
    script:
      "nft delete rule inet portolan nat_prerouting handle $(nft -a list chain inet portolan nat_prerouting | sed -n 's/.*jump published_ports # handle //p')",
    changes: ['change chain inet portolan nat_prerouting'],
  },
  {
    name: 'our jump behind a drop',
    script: 'nft insert rule inet portolan forward tcp dport 80 drop',
    changes: ['change chain inet portolan forward'],
  },
]

const inIptables = (program: string): readonly PartialDamage[] => {
  const nat = `${program} -w 5 -t nat`
  const number = `$(${nat} -S PORTOLAN-DNAT | grep '^-A' | sed -n '/--dport 8080 /=')`
  const rule = 'rule in nat PORTOLAN-DNAT (IPv4)'
  return [
    { name: 'one rule deleted', script: `${nat} -D PORTOLAN-DNAT ${number}`, changes: [`add ${rule}`] },
    {
      name: 'one rule replaced',
      script: `${nat} -R PORTOLAN-DNAT ${number} -p tcp --dport 8080 -j DNAT --to-destination ${elsewhere}:80`,
      changes: [`add ${rule}`, `remove ${rule}`],
    },
    {
      name: 'a foreign rule in our chain',
      script: `${nat} -I PORTOLAN-DNAT -p tcp --dport 8085 -j DNAT --to-destination ${elsewhere}:80`,
      changes: [`remove ${rule}`],
    },
    {
      name: 'our jump behind a drop',
      script: `${program} -w 5 -t mangle -I FORWARD -p tcp --dport 81 -j DROP`,
      changes: ['change rule in mangle FORWARD (IPv4)'],
    },
  ]
}

const damages: Readonly<Record<Backend, readonly PartialDamage[]>> = {
  nftables: inNftables,
  'iptables-nft': inIptables('iptables-nft'),
  'iptables-legacy': inIptables('iptables-legacy'),
}

const program: Readonly<Record<Backend, RegExp>> = {
  nftables: /^nft \(process \d+\) .* table inet portolan$/,
  'iptables-nft': /^iptables-nft \(process \d+\) .* table ip (nat|mangle)$/,
  'iptables-legacy': /^rules of iptables-legacy changed \(IPv4, .*(nat|mangle)/,
}

/** Other programs change a part of the rules, while most of Portolan's remain. */
export const partialDamage = (open: OpenLab, backend: Backend): void => {
  test('one deleted, replaced or added element or rule is repaired, and the event has the change and its cause', async () => {
    const lab = await open()
    await openedShop(lab, backend)
    await using watcher = await startWatcher(lab, backend)
    for (const { name, script, changes } of damages[backend]) {
      await lab.host.mustRun(['sh', '-ec', script])
      const event = await watcher.next(name, ({ kind }) => kind === 'drift')
      if (event.kind !== 'drift') throw new Error(event.kind)
      expect({
        name,
        outcome: event.outcome,
        changes: event.changes.map(({ action, object }) => `${action} ${object}`),
      }).toEqual({ name, outcome: 'repaired', changes })
      // Rules of iptables-legacy are read every two seconds. A regular check may repair them earlier, and then no cause
      // is known.
      if (backend !== 'iptables-legacy' || event.causes.length > 0)
        expect(event.causes).toContainEqual(
          expect.objectContaining({ text: expect.stringMatching(program[backend]) }),
        )
      await expectWhole(lab)
      expect(await served(lab, 'client', 8085)).toBe(false)
    }
    // The foreign drop rule that remains stops replies to a client's port 81. A conflict search may have found it by
    // now: a correct warning.
    const trouble = (await watcher.events()).filter(
      (event) =>
        event.kind === 'failed' ||
        event.kind === 'contended' ||
        (event.kind === 'conflict' && event.conflict.severity === 'error'),
    )
    expect(trouble).toEqual([])
  })
}
