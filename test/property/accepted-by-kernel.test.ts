import { afterAll, beforeAll, expect, test } from '@jest/globals'
import * as iptables from '@portolan/iptables'
import { families } from '@portolan/netfilter'
import * as nftables from '@portolan/nftables'
import { arbitraryIntent } from '@portolan/testing'
import fc from 'fast-check'
import { type Backend, type Intent, type Plan, script } from 'portolan'
import { describeOnKernel } from '../lab/gate.ts'
import { iptablesProgram, listIptables, listNftables } from './support/load.ts'
import { insist, type Namespace, openNamespace } from './support/namespace.ts'
import { attempt, bareHost, isPlan } from './support/plan.ts'
import { runs } from './support/runs.ts'
import { iptablesStructure, nftStructure } from './support/structure.ts'

// One program loads many rulesets, because its start is most of the cost of a run.
const batch = fc.array(arbitraryIntent(), { minLength: 1, maxLength: 8 })

const plans = async (intents: readonly Intent[], backend: Backend): Promise<readonly Plan[]> =>
  (await Promise.all(intents.map((one) => attempt(one, bareHost, backend)))).filter(isPlan)

describeOnKernel('what is written for nftables', 'nftables', () => {
  let namespace: Namespace
  beforeAll(() => {
    namespace = openNamespace()
  })
  afterAll(() => namespace[Symbol.dispose]())

  const expectLoaded = (plan: Plan | undefined): void => {
    if (plan === undefined) return
    const labels = { labels: false }
    const wanted = nftStructure(nftables.compile(plan.desired), labels)
    expect(nftStructure(listNftables(namespace), labels)).toEqual(wanted)
  }

  test('is taken by `nft -f`, checked and loaded', async () => {
    await fc.assert(
      fc.asyncProperty(batch, async (intents) => {
        const made = await plans(intents, 'nftables')
        const texts = made.map((plan) => script(plan, 'nft'))
        insist(namespace, 'nft', ['-c', '-f', '-'], texts.join('\n'))
        // `nft --check` does not link a single ruleset up. Only the kernel finds a loop of chains, or a chain on a
        // wrong hook.
        insist(namespace, 'nft', ['-f', '-'], texts.join('\n'))
        expectLoaded(made.at(-1))
      }),
      runs(10),
    )
  })

  test('is taken by `nft -j -f`, checked and loaded', async () => {
    await fc.assert(
      fc.asyncProperty(batch, async (intents) => {
        const made = await plans(intents, 'nftables')
        const commands = made.flatMap((plan): readonly unknown[] => {
          const { nftables: list } = JSON.parse(script(plan, 'nft-json'))
          return list
        })
        const text = JSON.stringify({ nftables: commands })
        insist(namespace, 'nft', ['-j', '-c', '-f', '-'], text)
        insist(namespace, 'nft', ['-j', '-f', '-'], text)
        expectLoaded(made.at(-1))
      }),
      runs(10),
    )
  })
})

for (const variant of ['iptables-nft', 'iptables-legacy'] as const) {
  describeOnKernel(`what is written for ${variant}`, variant, () => {
    let namespace: Namespace
    beforeAll(() => {
      namespace = openNamespace()
    })
    afterAll(() => namespace[Symbol.dispose]())

    test('is taken by the restore programs of both families, tested and loaded', async () => {
      await fc.assert(
        fc.asyncProperty(batch, async (intents) => {
          const made = await plans(intents, variant)
          for (const family of families) {
            // A text for one family has no rules for the other's program: no `-4` and `-6` are in it.
            const program = `${family === 'ip' ? 'iptables' : 'ip6tables'}-restore`
            const own = made.filter((plan) =>
              script(plan, 'iptables-restore').includes(`${program} --noflush`),
            )
            const command = iptablesProgram(variant, family, 'restore')
            for (const plan of own) {
              const text = script(plan, 'iptables-restore')
              // Without `--noflush` each table is emptied first, so every ruleset is loaded on an empty host.
              insist(namespace, command, [], '*mangle\nCOMMIT\n*filter\nCOMMIT\n*nat\nCOMMIT\n')
              insist(namespace, command, ['--test', '--noflush'], text)
              insist(namespace, command, ['--noflush'], text)
            }
            const last = own.at(-1)
            if (last === undefined) continue
            const of = (ruleset: iptables.Ruleset) =>
              iptablesStructure(iptables.selectFamily(ruleset, family), { labels: true })
            expect(of(listIptables(namespace, variant))).toEqual(of(iptables.compile(last.desired)))
          }
        }),
        runs(variant === 'iptables-nft' ? 6 : 10),
      )
    })
  })
}
