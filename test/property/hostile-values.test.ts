import { afterAll, beforeAll, expect, test } from '@jest/globals'
import * as iptables from '@portolan/iptables'
import { families } from '@portolan/netfilter'
import { arbitraryIntent } from '@portolan/testing'
import fc from 'fast-check'
import { type Intent, PortolanError, readCompose, script } from 'portolan'
import { composeName } from '../../packages/testing/src/arbitrary/names.ts'
import { describeOnKernel } from '../lab/gate.ts'
import { backend } from './arbitrary/backend.ts'
import { hostileInterface, hostileText } from './arbitrary/hostile.ts'
import { leavesOf, type Path, withLeaf } from './support/leaves.ts'
import { attempt, bareHost, isPlan } from './support/plan.ts'
import { runs } from './support/runs.ts'
import { openStubbedShell, type StubbedShell } from './support/stubbed-shell.ts'

// Sometimes a plain word, so that not everything is refused.
const text = fc.oneof(
  { weight: 2, arbitrary: hostileText },
  { weight: 2, arbitrary: hostileInterface },
  { weight: 1, arbitrary: composeName },
)

/** Numbers that are no valid port, MTU, weight or count, and values of other types instead of a number. */
const odd = fc.constantFrom<unknown>(
  Number.NaN,
  -1,
  0,
  0.5,
  65536,
  1e9,
  Number.POSITIVE_INFINITY,
  '80 -j ACCEPT',
  '1; > canary',
)

const numbers = ['mtu', 'weight', 'replica', 'first', 'last']
const lists = ['pools', 'allowFrom']
const untouched = ['place', 'notes', 'hostPorts', 'external', 'internal', 'icc', 'masquerade']

/** A value that the types allow at the end of a path; null: no string or number is allowed there. */
const leafFor = (path: Path, found: unknown, word: string, number: unknown): unknown => {
  const key = path.at(-1) ?? ''
  if (untouched.includes(key)) return null
  if (numbers.includes(key)) return number
  if (lists.includes(key)) return [word]
  // A network's family is an object, while an endpoint's is its address.
  if (found === null && path[0] === 'networks' && (key === 'ip' || key === 'ip6')) return null
  return word
}

const options = [
  ['com.docker.network.bridge.name', 'br0'],
  ['com.docker.network.bridge.host_binding_ipv4', '127.0.0.1'],
  ['com.docker.network.bridge.gateway_mode_ipv4', 'routed'],
  ['com.docker.network.driver.mtu', '1400'],
] as const

const plainWords = ['web', 'nginx', '8081:80', 'eth0'] as const

/** A Compose file made of five words: network, service, port, interface, and a driver option. */
const composeText = (words: readonly string[], option: string): string => {
  const [network, service, port, entry, value] = words
  return `name: demo
networks:
  ${network}:
    driver_opts: {${option}: ${value}}
services:
  ${service}:
    networks: [${network}]
    ports:
      - ${port}
      - {target: 80, published: 8080, x-portolan: {interface: ${entry}}}
`
}

describeOnKernel('a value that is not what it should be', 'nftables', () => {
  let stubbed: StubbedShell
  beforeAll(() => {
    stubbed = openStubbedShell()
  })
  afterAll(() => stubbed[Symbol.dispose]())

  /** Expects an error of Portolan, or scripts that contain no more than the plan. */
  const expectHarmless = async (
    wanted: Intent,
    chosen: 'nftables' | 'iptables-nft' | 'iptables-legacy',
  ): Promise<boolean> => {
    try {
      const plan = await attempt(wanted, bareHost, chosen)
      if (!isPlan(plan)) return false
      const ran = stubbed.run(script(plan, 'sh'), '/bin/sh', [
        '/proc/sys/net/ipv4/ip_forward',
        '/proc/sys/net/ipv6/conf/all/forwarding',
        ...plan.desired.networks.map(({ bridge }) => `/proc/sys/net/ipv4/conf/${bridge}/route_localnet`),
      ])
      expect(ran).toMatchObject({ escaped: [], output: '', exitCode: 0 })
      if (chosen !== 'nftables') {
        // An additional word in a rule would be one that Portolan's own parser does not know at that place.
        const rules = script(plan, 'iptables-restore')
        for (const family of families) {
          const read = iptables.selectFamily(iptables.parse(rules, 'script', family), family)
          const wrong = iptables.diff(read, iptables.selectFamily(iptables.compile(plan.desired), family))
          if (rules.includes(`${family === 'ip' ? 'iptables' : 'ip6tables'}-restore --noflush <`))
            expect(wrong).toEqual([])
        }
      }
      return true
    } catch (error) {
      if (error instanceof PortolanError) return false
      throw error
    }
  }

  test('anywhere in an intent is refused with an error of ours, or means no more than itself', async () => {
    let harmless = 0
    await fc.assert(
      fc.asyncProperty(
        arbitraryIntent(),
        fc.nat(),
        text,
        odd,
        backend,
        async (wanted, place, word, number, chosen) => {
          const leaves = leavesOf(wanted).flatMap(({ path, value }) => {
            const leaf = leafFor(path, value, word, number)
            return leaf === null ? [] : [{ path, leaf }]
          })
          const chosenLeaf = leaves[place % leaves.length] ?? { path: [], leaf: wanted }
          // No reader has checked this intent: a program may have made it from any values.
          if (await expectHarmless(withLeaf(wanted, chosenLeaf.path, chosenLeaf.leaf) as Intent, chosen))
            harmless += 1
        },
      ),
      runs(150),
    )
    expect(harmless).toBeGreaterThan(0)
  })

  const composeFiles = (quote: (word: string) => string): fc.Arbitrary<string> =>
    fc.tuple(text, fc.nat(4), fc.constantFrom(...options)).map(([word, where, [option, value]]) =>
      composeText(
        [...plainWords, value].map((plain, index) => quote(index === where ? word : plain)),
        option,
      ),
    )

  test.each([
    ['between quotes', JSON.stringify],
    ['without quotes', String],
  ])(
    'in a Compose file, %s, is refused with an error of ours, or means no more than itself',
    async (_, quote) => {
      let harmless = 0
      await fc.assert(
        fc.asyncProperty(composeFiles(quote), backend, async (file, chosen) => {
          let wanted: Intent
          try {
            wanted = readCompose(file, { source: 'compose.yaml' })
          } catch (error) {
            expect(error).toBeInstanceOf(PortolanError)
            return
          }
          if (await expectHarmless(wanted, chosen)) harmless += 1
        }),
        runs(100),
      )
      expect(harmless).toBeGreaterThan(0)
    },
  )
})
