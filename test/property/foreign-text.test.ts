import { describe, expect, test } from '@jest/globals'
import { packetsOfDesired } from '@portolan/core'
import * as iptables from '@portolan/iptables'
import { explain, findAnomalies, prepare, printStory } from '@portolan/netfilter'
import fc from 'fast-check'
import { classicPool, type HostFacts, lowerRules, noRules, planSubnets } from 'portolan'
import { type AddressMap, drawAddressMap, mapAddresses, printAddressMap } from 'portolan/picture'
import { jsonText } from '../../packages/portolan/src/command/output/json-text.ts'
import { printAnomalies } from '../../packages/portolan/src/hygiene/print-anomalies.ts'
import { printChanges } from '../../packages/portolan/src/plan/print/print-changes.ts'
import { printConflicts } from '../../packages/portolan/src/plan/print/print-conflicts.ts'
import { printPlan } from '../../packages/portolan/src/plan/print/print-plan.ts'
import { fromJson } from '../from-json.ts'
import { backend } from './arbitrary/backend.ts'
import { hostileNames } from './arbitrary/hostile-intent.ts'
import { hostFacts, lookAt, webIntent } from './conflicts/look.ts'
import { closed } from './conflicts/saved.ts'
import { leavesOf, type Path, withLeaf } from './support/leaves.ts'
import { attempt, bareHost, isPlan } from './support/plan.ts'
import { runs } from './support/runs.ts'

/** Names that others may give to a listener, an interface, an alias or a chain. */
const foreign = fc.oneof(
  fc.constantFrom(
    '\u001b[2J\u001b]0;owned\u0007',
    '\u009b31m',
    'a\nportolan: all is well',
    'a\r+ rule',
    '\u202egnp.exe',
    'a\u200b\u2028b',
    '\u0000\u007f\ufeff',
    '\ud800',
    '</text><script>\u0001',
  ),
  fc.string({ unit: 'binary', minLength: 1, maxLength: 20 }),
)

/** Expects no character that controls a terminal or is invisible. Only newlines may end lines. */
const expectShown = (text: string): void => {
  expect(text).toMatch(/^(\n|[^\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}])*$/u)
}

/** Keys whose strings come from a list in the types. No text from outside can be there. */
const closedKeys: ReadonlySet<string> = new Set([
  ...['kind', 'severity', 'certainty', 'effect', 'part', 'action', 'origin', 'family', 'mode', 'backend'],
])

const isForeign = ({ path, value }: { readonly path: Path; readonly value: unknown }): boolean =>
  typeof value === 'string' && !path.some((key) => closedKeys.has(key))

/** The data with a foreign text appended to one of its strings, or to all of them. */
const tainted = <Data>(data: Data, text: string, at: number | null): Data => {
  const leaves = leavesOf(data).filter(isForeign)
  const chosen = at === null ? leaves : leaves.slice(at % leaves.length, (at % leaves.length) + 1)
  return chosen.reduce<unknown>(
    (whole, { path, value }) => withLeaf(whole, path, `${String(value)}${text}`),
    data,
  ) as Data
}

const where = fc.oneof(fc.constant(null), fc.nat())

/** Expects that a printer writes no terminal control characters, and no more lines than for plain data. */
const holds = <Data>(data: Data, print: (data: Data) => string, times = 60): void => {
  expect(leavesOf(data).some(isForeign)).toBe(true)
  const lines = print(data).split('\n').length
  fc.assert(
    fc.property(foreign, where, (text, at) => {
      const printed = print(tainted(data, text, at))
      expectShown(printed)
      expect(printed.split('\n')).toHaveLength(lines)
    }),
    runs(times),
  )
}

const busyFacts: HostFacts = {
  ...hostFacts,
  sockets: [{ protocol: 'tcp', address: '0.0.0.0', port: 8080, process: 'nginx' }],
  nameservers: ['10.42.0.53'],
  networks: [{ engine: 'podman', name: 'pod', subnets: ['10.0.0.0/16'], file: '/etc/pod.json' }],
}

const rules = {
  ...noRules,
  'iptables-nft': iptables.parse(
    closed('-A FORWARD -s 172.30.1.0/24 -j DROP', '-A FORWARD -s 172.30.1.10/32 -j ACCEPT'),
  ),
}

const addressMap = (): AddressMap => {
  const subnets = planSubnets(busyFacts, [{ network: 'web', family: 'ip' }], [classicPool])
  const input = { family: 'ip', size: null, pools: [classicPool], options: {}, asked: 1 } as const
  return mapAddresses(busyFacts, { ...input, subnets, rejected: [], cells: 32 })
}

describe('whatever others call their things, no control character but a newline is printed by', () => {
  test('a plan', async () => {
    const { plan } = await lookAt({ rules, facts: busyFacts })
    const { project, backend, subnets, addresses, conflicts, notes, summary, desired, leases } = plan
    const shown = {
      project,
      backend,
      subnets,
      addresses,
      conflicts: conflicts.slice(0, 3),
      notes,
      summary,
      desired,
    }
    const changes = plan.changes.filter(({ part }) => part !== 'nftables')
    holds(
      { ...shown, notes: [{ text: 'a note', place: { source: 'compose.yaml', line: 1, column: 1 } }] },
      (one) => printPlan({ ...plan, ...one, leases, changes }),
    )
    holds(
      plan.changes.slice(0, 3).map(({ part, action, object, description, before, after, reverse }) => ({
        part,
        action,
        object,
        description,
        before,
        after: after?.split('\n')[0] ?? null,
        reverse,
      })),
      (some) =>
        // Without operations: only the texts are printed.
        printChanges(some as unknown as typeof plan.changes)
          .filter((line) => !/^ {4}[-+~] /.test(line) || expectShown(line) === undefined)
          .join(' '),
    )
    holds(conflicts.slice(0, 5), (some) => printConflicts(some).join('\n'))
  })

  test('String(plan), by way of the host and the file', async () => {
    await fc.assert(
      fc.asyncProperty(foreign, async (text) => {
        const [socket] = busyFacts.sockets ?? []
        const facts: HostFacts = {
          ...busyFacts,
          sockets: [{ ...socket, protocol: 'tcp', address: '0.0.0.0', port: 8080, process: `nginx${text}` }],
          networks: [{ engine: 'podman', name: text, subnets: ['10.0.0.0/16'], file: `/etc/${text}` }],
          interfaces: [...(hostFacts.interfaces ?? []), { name: 'pt-web', alias: text }],
          routes: [...(hostFacts.routes ?? []), { destination: '172.17.0.0/16', interface: text }],
        }
        const more = webIntent.replace('services:', '  auto: {}\nservices:')
        const { plan } = await lookAt({ rules: noRules, facts, intent: more })
        expect(plan.conflicts.map(({ kind }) => kind)).toEqual(
          expect.arrayContaining(['HostPortTaken', 'BridgeNameTaken']),
        )
        expectShown(String(plan))
      }),
      runs(30),
    )
  })

  test('the story of a packet', async () => {
    const { plan, facts } = await lookAt({ rules, facts: busyFacts })
    const packet = {
      family: 'ip',
      in: 'eth0',
      source: '192.0.2.9',
      sourcePort: 4000,
      destination: '172.30.1.10',
      destinationPort: 80,
      protocol: 'tcp',
    } as const
    const outcome = prepare(facts, lowerRules(rules)).evaluate(packet)
    expect(outcome.trace.length).toBeGreaterThan(0)
    holds(explain(packet, outcome, { sockets: busyFacts.sockets ?? [] }), (story) => printStory(story))
    expect(plan.project).toBe('shop')
  })

  test('the anomalies among rules', async () => {
    const { plan } = await lookAt({ rules: noRules, facts: busyFacts })
    const anomalies = findAnomalies(lowerRules(rules), { packets: packetsOfDesired(plan.desired) })
    holds(anomalies, (some) => printAnomalies(some).join('\n'))
  })

  test('the picture of the address space, as text and as SVG', () => {
    fc.assert(
      fc.property(foreign, where, (text, at) => {
        const map = tainted(addressMap(), text, at)
        expectShown(printAddressMap(map, { columns: 80 }))
        expectShown(drawAddressMap(map))
      }),
      runs(60),
    )
  })
})

test('JSON that is printed is plain, and reads back as the value that it was made of', () => {
  fc.assert(
    fc.property(fc.array(foreign), (texts) => {
      const value = { texts, [texts.join()]: 1 }
      for (const indent of [0, 2]) {
        const text = jsonText(value, null, indent)
        expectShown(text)
        expect(fromJson(text)).toEqual(value)
      }
    }),
  )
})

test('a plan that a program asks for, whatever it calls networks and services', async () => {
  let plans = 0
  await fc.assert(
    fc.asyncProperty(hostileNames, backend, async ({ hostile }, chosen) => {
      const plan = await attempt(hostile, bareHost, chosen)
      if (!isPlan(plan)) return
      plans += 1
      expectShown(String(plan))
    }),
    runs(60),
  )
  expect(plans).toBeGreaterThan(0)
})
