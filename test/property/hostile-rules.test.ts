import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import * as iptables from '@portolan/iptables'
import { families } from '@portolan/netfilter'
import * as nftables from '@portolan/nftables'
import { arbitraryIntent } from '@portolan/testing'
import fc from 'fast-check'
import { type Backend, type Intent, type Plan, PortolanError, script } from 'portolan'
import { describeOnKernel } from '../lab/gate.ts'
import { backend } from './arbitrary/backend.ts'
import { hostileText } from './arbitrary/hostile.ts'
import { hostileInterfaces, hostileNames } from './arbitrary/hostile-intent.ts'
import { clear, iptablesProgram, listIptables, listNftables } from './support/load.ts'
import { insist, type Namespace, openNamespace } from './support/namespace.ts'
import { attempt, bareHost, isPlan } from './support/plan.ts'
import { runs } from './support/runs.ts'
import { iptablesStructure, nftStructure, type Structure } from './support/structure.ts'

/** The plan; null when its rules cannot be written. */
const writable = async (wanted: Intent, chosen: Backend): Promise<Plan | null> => {
  const outcome = await attempt(wanted, bareHost, chosen)
  if (!isPlan(outcome)) return null
  try {
    script(outcome, 'sh')
    return outcome
  } catch (error) {
    if (error instanceof PortolanError) return null
    throw error
  }
}

const compiled = ({ backend: chosen, desired }: Plan, labels: boolean): Structure =>
  chosen === 'nftables'
    ? nftStructure(nftables.compile(desired), { labels })
    : iptablesStructure(iptables.compile(desired), { labels })

/** Sorts the lines. Independent rules are ordered by their labels, and the order does not matter here. */
const unordered = (structure: Structure): Structure =>
  Object.fromEntries(Object.entries(structure).map(([name, lines]) => [name, [...lines].sort()]))

describe('a project', () => {
  test('of a hostile name is refused in every backend, even when it wants nothing', async () => {
    const empty: Intent = { project: '', networks: [], endpoints: [], mappings: [], notes: [] }
    await fc.assert(
      fc.asyncProperty(
        hostileText.filter((name) => !/^[a-z0-9][a-z0-9_-]{0,62}$/.test(name)),
        fc.oneof(arbitraryIntent(), fc.constant(empty)),
        backend,
        async (project, wanted, chosen) => {
          expect(await attempt({ ...wanted, project }, bareHost, chosen)).toBeInstanceOf(PortolanError)
        },
      ),
      runs(60),
    )
  })
})

describeOnKernel('hostile words in rules', 'iptables-legacy', () => {
  let namespace: Namespace
  beforeAll(() => {
    namespace = openNamespace()
  })
  afterAll(() => namespace[Symbol.dispose]())

  /** The kernel's rules after the plan's text was loaded on an empty host. */
  const loaded = (plan: Plan, format: 'nft' | 'nft-json', labels: boolean): Structure => {
    clear(namespace)
    if (plan.backend === 'nftables') {
      const text = script(plan, format)
      insist(namespace, 'nft', [...(format === 'nft' ? [] : ['-j']), '-f', '-'], text)
      return nftStructure(listNftables(namespace), { labels })
    }
    const text = script(plan, 'iptables-restore')
    for (const family of families) {
      const program = `${family === 'ip' ? 'iptables' : 'ip6tables'}-restore`
      if (!text.includes(`${program} --noflush <`)) continue
      insist(namespace, iptablesProgram(plan.backend, family, 'restore'), ['--noflush'], text)
    }
    return iptablesStructure(listIptables(namespace, plan.backend), { labels })
  }

  test('change nothing but the comments, whatever networks and services are called', async () => {
    await fc.assert(
      fc.asyncProperty(
        hostileNames,
        backend,
        fc.constantFrom('nft', 'nft-json'),
        async ({ hostile, plain }, chosen, format) => {
          const plan = await writable(hostile, chosen)
          fc.pre(plan !== null)
          const plainPlan = await writable(plain, chosen)
          if (plainPlan === null) throw new Error('the plain intent is refused')
          expect(unordered(loaded(plan, format, false))).toEqual(unordered(compiled(plainPlan, false)))
        },
      ),
      runs(20),
    )
  })

  test('are listed by the kernel as they were written, whatever interfaces are called', async () => {
    await fc.assert(
      fc.asyncProperty(
        hostileInterfaces,
        backend,
        fc.constantFrom('nft', 'nft-json'),
        async ({ hostile }, chosen, format) => {
          const plan = await writable(hostile, chosen)
          fc.pre(plan !== null)
          // nft prints comments of sets as JSON, but does not read them from JSON.
          const labels = chosen !== 'nftables' || format === 'nft'
          expect(loaded(plan, format, labels)).toEqual(compiled(plan, labels))
        },
      ),
      runs(15),
    )
  })

  test('leave the rules of others as they were', async () => {
    const foreign = '*filter\n:FORWARD DROP [0:0]\n-A FORWARD -s 192.0.2.66/32 -j DROP\nCOMMIT\n'
    await fc.assert(
      fc.asyncProperty(
        fc.oneof(hostileNames, hostileInterfaces),
        fc.constantFrom('iptables-nft', 'iptables-legacy'),
        async ({ hostile }, chosen) => {
          const plan = await writable(hostile, chosen)
          if (plan === null) return
          clear(namespace)
          insist(namespace, iptablesProgram(chosen, 'ip', 'restore'), [], foreign)
          const text = script(plan, 'iptables-restore')
          if (!text.includes('# Load them once, as root: iptables-restore')) return
          insist(namespace, iptablesProgram(chosen, 'ip', 'restore'), ['--noflush'], text)
          const listed = listIptables(namespace, chosen)
          const table = listed.tables.find(({ family, name }) => family === 'ip' && name === 'filter')
          const forward = table?.chains.find(({ name }) => name === 'FORWARD')
          expect(forward).toMatchObject({ policy: 'DROP' })
          const rules = forward?.rules.map(iptables.printRule) ?? []
          expect(rules[0]).toBe('-s 192.0.2.66/32 -j DROP')
          expect(rules.slice(1).filter((rule) => !rule.endsWith('-j PORTOLAN-ACCEPT'))).toEqual([])
          const others = table?.chains.filter(
            ({ name }) => name !== 'FORWARD' && !name.startsWith('PORTOLAN-'),
          )
          expect(others?.flatMap((chain) => chain.rules)).toEqual([])
        },
      ),
      runs(15),
    )
  })
})
