import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { outwardInterfaces } from '@portolan/core'
import * as iptables from '@portolan/iptables'
import type { HostFacts } from '@portolan/netfilter'
import * as nftables from '@portolan/nftables'
import { arbitraryFacts, arbitraryIntent } from '@portolan/testing'
import fc from 'fast-check'
import { type Backend, type HostRules, noRules, type Plan } from 'portolan'
import { describeOnKernel } from '../lab/gate.ts'
import { backend } from './arbitrary/backend.ts'
import { clear, listIptables, listNftables } from './support/load.ts'
import { type Namespace, openNamespace } from './support/namespace.ts'
import { attempt, type Host, isPlan } from './support/plan.ts'
import { runs } from './support/runs.ts'
import { settle } from './support/settle.ts'
import { iptablesStructure, nftStructure, type Structure } from './support/structure.ts'

const labels = { labels: true }

/** The rules of each backend as text. Rules with the same effect have the same text. */
const structures = (rules: Omit<HostRules, 'unread'>): Readonly<Record<Backend, Structure>> => ({
  nftables: nftStructure(rules.nftables, labels),
  'iptables-nft': iptablesStructure(rules['iptables-nft'], labels),
  'iptables-legacy': iptablesStructure(rules['iptables-legacy'], labels),
})

/** The rules of a host on which only this plan, made with these facts, has been applied. */
const alone = ({ backend: chosen, desired }: Plan, facts: HostFacts): Omit<HostRules, 'unread'> => ({
  ...noRules,
  [chosen]:
    chosen === 'nftables'
      ? nftables.compile(desired)
      : iptables.compile(desired, { leaving: outwardInterfaces(facts) }),
})

const steps = fc.array(fc.record({ wanted: arbitraryIntent({ project: 0 }), chosen: backend }), {
  minLength: 2,
  maxLength: 4,
})

describe('one plan after another', () => {
  test('ends where the last would have begun, whatever backends were in between', async () => {
    await fc.assert(
      fc.asyncProperty(steps, arbitraryFacts(), async (sequence, facts) => {
        let host: Host = { facts, rules: noRules }
        for (const { wanted, chosen } of sequence) {
          const plan = await attempt(wanted, host, chosen)
          if (!isPlan(plan)) continue
          const before = host.facts
          host = settle(host, plan)
          expect(structures(host.rules)).toEqual(structures(alone(plan, before)))
          const bridges = (host.facts.interfaces ?? []).flatMap(({ name, alias = '' }) =>
            alias.startsWith('portolan project=') ? [name] : [],
          )
          // A foreign interface with a bridge's name is a conflict, and stays unchanged.
          const names = new Set(facts.interfaces?.map(({ name }) => name))
          const ours = plan.desired.networks.map(({ bridge }) => bridge).filter((name) => !names.has(name))
          expect(bridges.sort()).toEqual(ours.sort())
        }
      }),
      runs(60),
    )
  })
})

describeOnKernel('one plan after another, carried out', 'iptables-legacy', () => {
  let namespace: Namespace
  beforeAll(() => {
    namespace = openNamespace()
  })
  afterAll(() => namespace[Symbol.dispose]())

  const readRules = async (): Promise<HostRules> => {
    const registered = (file: string) =>
      namespace
        .run('cat', [`/proc/net/${file}`])
        .stdout.split('\n')
        .filter(Boolean)
    const legacyTables = { ip: registered('ip_tables_names'), ip6: registered('ip6_tables_names') }
    return {
      nftables: await nftables.inspect(namespace.runner),
      'iptables-nft': await iptables.inspect(namespace.runner, 'iptables-nft'),
      'iptables-legacy': await iptables.inspect(namespace.runner, 'iptables-legacy', { legacyTables }),
      unread: [],
    }
  }

  /**
   * Carries out a plan's changes to rules. Neighbouring changes of one backend are applied at once, as `apply` does.
   */
  const carryOut = async ({ changes }: Plan): Promise<void> => {
    await nftables.apply(
      changes.flatMap((change) => (change.part === 'nftables' ? [change] : [])),
      namespace.runner,
    )
    for (const variant of ['iptables-nft', 'iptables-legacy'] as const) {
      await iptables.apply(
        changes.flatMap((change) => (change.part === variant ? [change] : [])),
        namespace.runner,
        variant,
      )
    }
  }

  const listed = (): Readonly<Record<Backend, Structure>> =>
    structures({
      nftables: {
        ...nftables.emptyRuleset,
        tables: listNftables(namespace).tables.filter(({ name }) => name === 'portolan'),
      },
      'iptables-nft': listIptables(namespace, 'iptables-nft'),
      'iptables-legacy': listIptables(namespace, 'iptables-legacy'),
    })

  test('leaves the kernel with the last alone, and then nothing to do', async () => {
    await fc.assert(
      fc.asyncProperty(steps, async (sequence) => {
        clear(namespace)
        let facts: Host['facts'] = {}
        for (const { wanted, chosen } of sequence) {
          const plan = await attempt(wanted, { facts, rules: await readRules() }, chosen)
          if (!isPlan(plan)) continue
          await carryOut(plan)
          expect(listed()).toEqual(structures(alone(plan, facts)))
          facts = settle({ facts, rules: plan.observed.rules }, plan).facts
          const again = await attempt(wanted, { facts, rules: await readRules() }, chosen)
          expect(isPlan(again) ? again.changes : again).toEqual([])
        }
      }),
      runs(6),
    )
  })
})
