import { expect, test } from '@jest/globals'
import * as nftables from '@portolan/nftables'
import { arbitraryForeignRules, fakeHost, type RuleTexts, smallHost } from '@portolan/testing'
import fc from 'fast-check'
import {
  lookedUpTexts,
  refusedTexts,
  takenTexts,
} from '../../packages/testing/test/nft-text/refused-texts.ts'
import { fromJson } from '../from-json.ts'
import { type Backend, backends } from '../lab/backend.ts'
import { addresses } from '../lab/topology.ts'
import { applyInLab, applyOnFake } from './fake-host/compose-on-both.ts'
import {
  type Compared,
  compareFlows,
  factsOf,
  loadForeign,
  runInLab,
  runOnFake,
  startContainers,
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
const drawForeignRules = (backend: Backend): readonly [string, RuleTexts] => {
  const at = backends.indexOf(backend) + 1
  const dialect = backends[at % backends.length] ?? 'nftables'
  const seed = Number(process.env.PORTOLAN_SEED)
  const [rules = {}] = fc.sample(arbitraryForeignRules(dialect), { numRuns: 1, seed })
  return [`rules of ${dialect}`, rules]
}

describeLifecycle("random foreign rules in nft's own language on a fake host", 'nftables', (open) => {
  test('are read as nft lists them on a real host', async () => {
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
  test('a text that the fake host refuses is refused by nft or the kernel too', async () => {
    const lab = await open()
    const accepted: string[] = []
    for (const [text] of refusedTexts) {
      await lab.host.mustRun(['nft', 'flush', 'ruleset'])
      const { exitCode } = await lab.host.run(['nft', '-f', '-'], { input: text })
      if (exitCode === 0) accepted.push(text)
    }
    expect(accepted).toEqual([])
    for (const [text] of [...refusedTexts, ...lookedUpTexts])
      expect(() => fakeHost(smallHost, { nft: text })).toThrow()
  })

  test('a text that the fake host accepts is accepted by nft, and read as nft lists it', async () => {
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
  fromJson(JSON.stringify(rules, (key, value) => (key === 'handle' ? undefined : value)))

const differs = ({ simulated: { to, seenAs, outcome }, real: came }: Compared): boolean =>
  outcome === 'delivered'
    ? to?.kind !== 'container' || came?.by !== to.service || came.source !== seenAs?.source
    : came !== null

for (const backend of backends) {
  describeLifecycle('a fake host and a real host', backend, (open) => {
    test('report the same about a live project, and deliver its packets to the same containers', async () => {
      const lab = await open()
      const facts = await factsOf(lab)
      const foreign = [
        ['no rules', {}] as const,
        ['a drop', { iptables: dropped }] as const,
        drawForeignRules(backend),
      ]
      for (const [name, rules] of foreign) {
        await loadForeign(lab, rules)
        const fake = fakeHost(facts, rules)
        const simulated = await runOnFake(fake, backend)
        const real = await runInLab(lab, backend)
        expect({ name, rules, report: simulated }).toEqual({ name, rules, report: real })
        if (name === 'no rules') await startContainers(lab, real)
        const compared = await compareFlows(lab, fake, real)
        expect(compared.length).toBeGreaterThan(40)
        if (name === 'no rules')
          expect(compared.filter(({ real: came }) => came !== null).length).toBeGreaterThan(20)
        const ofClient = compared.filter(
          ({ flow: { from, to } }) => from.address === addresses.ip.client && to.port === 8080,
        )
        if (name === 'a drop') expect(ofClient.map(({ real: came }) => came)).toEqual([null])
        const differing = compared.filter(differs)
        expect(differing.map((one) => ({ name, rules, ...one, way: String(one.simulated) }))).toEqual([])
      }
    })

    test('have the same subnets, addresses, rules and deliveries after apply of a Compose file', async () => {
      const lab = await open()
      const [fake, simulated] = await applyOnFake(await factsOf(lab), backend)
      const [project, real] = await applyInLab(lab, backend)
      expect(Object.keys(real.rules).length).toBeGreaterThan(5)
      expect(simulated).toEqual(real)
      const compared = await compareFlows(lab, fake, project)
      expect(compared.filter(({ real: came }) => came !== null).length).toBeGreaterThan(20)
      expect(compared.filter(({ real: came }) => came === null).length).toBeGreaterThan(10)
      const differing = compared.filter(differs)
      expect(differing.map((one) => ({ ...one, way: String(one.simulated) }))).toEqual([])
    })
  })
}
