import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { bridgeMac } from '@portolan/core/planning'
import * as iptables from '@portolan/iptables'
import * as nftables from '@portolan/nftables'
import { arbitraryIntent } from '@portolan/testing'
import fc from 'fast-check'
import { type Intent, type Plan, PortolanError, script } from 'portolan'
import { describeOnKernel } from '../lab/gate.ts'
import { backend, backends } from './arbitrary/backend.ts'
import { type HostilePair, hostileInterfaces, hostileNames } from './arbitrary/hostile-intent.ts'
import { attempt, bareHost, isPlan } from './support/plan.ts'
import { runs } from './support/runs.ts'
import { openStubbedShell, type Ran, type StubbedShell } from './support/stubbed-shell.ts'

const shells = ['/bin/dash', '/bin/bash'].filter((path) => existsSync(path))
const shell = fc.constantFrom(...shells)

/** The script; null: Portolan refuses the intent. */
const shellText = (plan: Plan): string | null => {
  try {
    return script(plan, 'sh')
  } catch (error) {
    if (error instanceof PortolanError) return null
    throw error
  }
}

const macOf = ({ desired, observed }: Plan, index: number): string => {
  const network = desired.networks[index]
  return network === undefined ? '' : bridgeMac(desired.project, network, observed.facts)
}

describe('a shell script for any intent', () => {
  test('is one that dash and bash can read', async () => {
    expect(shells.length).toBeGreaterThan(0)
    await fc.assert(
      fc.asyncProperty(
        fc.array(arbitraryIntent(), { minLength: 1, maxLength: 6 }),
        shell,
        async (intents, path) => {
          const outcomes = await Promise.all(
            intents.flatMap((wanted) => backends.map((one) => attempt(wanted, bareHost, one))),
          )
          const texts = outcomes.filter(isPlan).map((plan) => script(plan, 'sh'))
          const { status, stderr } = spawnSync(path, ['-n'], { input: texts.join(''), encoding: 'utf8' })
          expect({ status, stderr }).toEqual({ status: 0, stderr: '' })
        },
      ),
      runs(12),
    )
  })
})

/** The files that the script may write to, from the kernel's documentation and not from Portolan's code. */
const sysctlFiles = ({ desired }: Plan): readonly string[] => [
  '/proc/sys/net/ipv4/ip_forward',
  '/proc/sys/net/ipv6/conf/all/forwarding',
  ...desired.networks.map(({ bridge }) => `/proc/sys/net/ipv4/conf/${bridge}/route_localnet`),
]

const rulesOf = ({ desired, backend: chosen }: Plan): readonly string[] => {
  if (chosen === 'nftables') return [nftables.printScript(nftables.compile(desired), 'nft')]
  // The jumps to Portolan's chains are added one by one, where they are missing.
  const compiled = iptables.withoutJumps(iptables.compile(desired))
  return (['ip', 'ip6'] as const)
    .map((family) => iptables.printScript(iptables.selectFamily(compiled, family)))
    .filter((text) => text !== '')
}

describeOnKernel('a shell script of hostile words', 'nftables', () => {
  let stubbed: StubbedShell
  beforeAll(() => {
    stubbed = openStubbedShell()
  })
  afterAll(() => stubbed[Symbol.dispose]())

  const run = (plan: Plan, path: string): Ran | null => {
    const text = shellText(plan)
    return text === null ? null : stubbed.run(text, path, sysctlFiles(plan))
  }

  const planOf = async (wanted: Intent, chosen: (typeof backends)[number]): Promise<Plan | null> => {
    const outcome = await attempt(wanted, bareHost, chosen)
    return isPlan(outcome) ? outcome : null
  }

  /** Runs both scripts and compares them. Returns whether there was a hostile script to run. */
  const expectSame = async (
    { hostile, plain }: HostilePair,
    chosen: (typeof backends)[number],
    path: string,
  ): Promise<boolean> => {
    const plan = await planOf(hostile, chosen)
    const ran = plan === null ? null : run(plan, path)
    if (plan === null || ran === null) return false
    expect(ran).toMatchObject({ escaped: [], output: '', exitCode: 0 })
    expect(ran.calls.flatMap(({ input }) => (input === '' ? [] : [input]))).toEqual(rulesOf(plan))

    const plainPlan = await planOf(plain, chosen)
    const expected = plainPlan === null ? null : run(plainPlan, path)
    if (plainPlan === null || expected === null) throw new Error('the plain intent is refused')
    const bridges = new Map<string, string>()
    const aliases = new Map<string, string>()
    const macs = new Map<string, string>()
    plainPlan.desired.networks.forEach((network, index) => {
      const other = plan.desired.networks[index]
      bridges.set(network.bridge, other?.bridge ?? '')
      aliases.set(network.name, encodeURIComponent(other?.name ?? ''))
      // The MAC address is computed from the names.
      macs.set(macOf(plainPlan, index), macOf(plan, index))
    })
    /** A bridge has its network's name in its alias, as one word. */
    const renamed = (word: string): string =>
      bridges.get(word) ??
      macs.get(word) ??
      word.replace(
        /^(portolan project=\S+ network=)([^\s=]+)/,
        (_, before: string, name: string) => `${before}${aliases.get(name)}`,
      )
    expect(ran.calls.map((call) => call.words)).toEqual(expected.calls.map((call) => call.words.map(renamed)))
    const files = Object.entries(expected.sysctls).map(([file, value]) => [
      file.replace(/(?<=conf\/)(?!all\/)[^/]+/, (name) => bridges.get(name) ?? name),
      value,
    ])
    expect(ran.sysctls).toEqual(Object.fromEntries(files))
    return true
  }

  test('runs the very programs, with the very words, that it runs for plain names', async () => {
    await fc.assert(
      fc.asyncProperty(hostileNames, backend, shell, async (pair, chosen, path) => {
        fc.pre(await expectSame(pair, chosen, path))
      }),
      runs(12),
    )
  })

  test('takes the name of an interface as one word, or is refused', async () => {
    await fc.assert(
      fc.asyncProperty(hostileInterfaces, backend, shell, async (pair, chosen, path) => {
        fc.pre(await expectSame(pair, chosen, path))
      }),
      runs(8),
    )
  })
})
