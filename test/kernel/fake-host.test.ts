import { expect, test } from '@jest/globals'
import * as nftables from '@portolan/nftables'
import { arbitraryForeignRules, fakeHost, type RuleTexts, smallHost } from '@portolan/testing'
import fc from 'fast-check'
import {
  lookedUpTexts,
  refusedTexts,
  takenTexts,
} from '../../packages/testing/test/nft-text/refused-texts.ts'
import { type Backend, backends } from '../lab/backend.ts'
import { addresses } from '../lab/topology.ts'
import { applyInLab, applyOnFake } from './fake-host/compose-on-both.ts'
import {
  type Compared,
  compareFlows,
  containAll,
  factsOf,
  loadForeign,
  runInLab,
  runOnFake,
} from './fake-host/two-hosts.ts'
import { describeLifecycle } from './lifecycle/describe-lifecycle.ts'

const dropped = `*filter
:INPUT ACCEPT [0:0]
:FORWARD ACCEPT [0:0]
:OUTPUT ACCEPT [0:0]
-A FORWARD -s ${addresses.ip.client}/32 -p tcp -m tcp --dport 80 -j DROP
COMMIT
`

/** Foreign rules of another dialect beside each backend. */
const drawn = (backend: Backend): readonly [string, RuleTexts] => {
  const at = backends.indexOf(backend) + 1
  const dialect = backends[at % backends.length] ?? 'nftables'
  const seed = Number(process.env.PORTOLAN_SEED)
  const [rules = {}] = fc.sample(arbitraryForeignRules(dialect), { numRuns: 1, seed })
  return [`rules of ${dialect}`, rules]
}

describeLifecycle("foreign rules in nft's own language", 'nftables', (open) => {
  test('are read as nft lists them', async () => {
    const lab = await open()
    const seed = Number(process.env.PORTOLAN_SEED)
    for (const rules of fc.sample(arbitraryForeignRules('nftables'), { numRuns: 25, seed })) {
      await loadForeign(lab, rules)
      const listed = nftables.parse(await lab.host.mustRun(['nft', '-j', 'list', 'ruleset']))
      const read = fakeHost(smallHost, rules).rules.nftables
      expect({ rules, read: withoutHandles(read) }).toEqual({ rules, read: withoutHandles(listed) })
    }
  })
})

describeLifecycle("texts in nft's own language", 'nftables', (open) => {
  test('are refused by nft or the kernel where the fake host refuses them', async () => {
    const lab = await open()
    const taken: string[] = []
    for (const [text] of refusedTexts) {
      await lab.host.mustRun(['nft', 'flush', 'ruleset'])
      const { exitCode } = await lab.host.run(['nft', '-f', '-'], { input: text })
      if (exitCode === 0) taken.push(text)
    }
    expect(taken).toEqual([])
    for (const [text] of [...refusedTexts, ...lookedUpTexts])
      expect(() => fakeHost(smallHost, { nft: text })).toThrow()
  })

  test('are taken by nft, and read as it lists them, where the fake host takes them', async () => {
    const lab = await open()
    for (const text of takenTexts) {
      await lab.host.mustRun(['nft', 'flush', 'ruleset'])
      await lab.host.mustRun(['nft', '-f', '-'], { input: text })
      const listed = nftables.parse(await lab.host.mustRun(['nft', '-j', 'list', 'ruleset']))
      const read = fakeHost(smallHost, { nft: text }).rules.nftables
      expect({ text, read: withoutHandles(read) }).toEqual({ text, read: withoutHandles(listed) })
    }
  })
})

const withoutHandles = (rules: nftables.Ruleset): unknown =>
  JSON.parse(JSON.stringify(rules, (key, value) => (key === 'handle' ? undefined : value)))

const isApart = ({ simulated: { to, seenAs, outcome }, real: came }: Compared): boolean =>
  outcome === 'delivered'
    ? to?.kind !== 'container' || came?.by !== to.service || came.source !== seenAs?.source
    : came !== null

for (const backend of backends) {
  describeLifecycle('a simulated host and a real one', backend, (open) => {
    test('tell the same of a live project, and bring its packets to the same places', async () => {
      const lab = await open()
      const facts = await factsOf(lab)
      const foreign = [['no rules', {}] as const, ['a drop', { iptables: dropped }] as const, drawn(backend)]
      for (const [name, rules] of foreign) {
        await loadForeign(lab, rules)
        const fake = fakeHost(facts, rules)
        const simulated = await runOnFake(fake, backend)
        const real = await runInLab(lab, backend)
        expect({ name, rules, report: simulated }).toEqual({ name, rules, report: real })
        if (name === 'no rules') await containAll(lab, real)
        const compared = await compareFlows(lab, fake, real)
        expect(compared.length).toBeGreaterThan(40)
        if (name === 'no rules')
          expect(compared.filter(({ real: came }) => came !== null).length).toBeGreaterThan(20)
        const ofClient = compared.filter(
          ({ flow: { from, to } }) => from.address === addresses.ip.client && to.port === 8080,
        )
        if (name === 'a drop') expect(ofClient.map(({ real: came }) => came)).toEqual([null])
        const apart = compared.filter(isApart)
        expect(apart.map((one) => ({ name, rules, ...one, way: String(one.simulated) }))).toEqual([])
      }
    })

    test('make the same of a Compose file: subnets, addresses, rules, and what becomes of packets', async () => {
      const lab = await open()
      const [fake, simulated] = await applyOnFake(await factsOf(lab), backend)
      const [asked, real] = await applyInLab(lab, backend)
      expect(Object.keys(real.rules).length).toBeGreaterThan(5)
      expect(simulated).toEqual(real)
      const compared = await compareFlows(lab, fake, asked)
      expect(compared.filter(({ real: came }) => came !== null).length).toBeGreaterThan(20)
      expect(compared.filter(({ real: came }) => came === null).length).toBeGreaterThan(10)
      const apart = compared.filter(isApart)
      expect(apart.map((one) => ({ ...one, way: String(one.simulated) }))).toEqual([])
    })
  })
}
