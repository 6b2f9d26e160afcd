import { describe, expect, test } from '@jest/globals'
import * as core from '@portolan/core'
import * as iptables from '@portolan/iptables'
import * as netfilter from '@portolan/netfilter'
import * as nftables from '@portolan/nftables'
import * as machine from 'portolan/machine'
import { packageEntries } from '../../script/package-entries.js'
import { signaturesOf } from './signatures.ts'

/**
 * Some functions take options or a request beside what another function made (facts, rulesets, leases). A person writes
 * the options, and JavaScript callers have no compiler that checks them. So a wrong option must end in an error of
 * Portolan. `foreign-errors.test.ts` has the functions that take nothing else.
 */
const desired = core.resolve(
  core.readCompose('services: {web: {image: x, ports: ["8080:80"]}}', { source: 'c.yaml', project: 'shop' }),
  {},
).desired
const facts: netfilter.HostFacts = { sysctls: { 'net.ipv4.ip_forward': '0' } }
const [legacy, nft] = [iptables.compile(desired), nftables.compile(desired)]
const model = iptables.lower(legacy)
const packet: netfilter.PacketInput = {
  family: 'ip',
  in: 'eth0',
  source: '192.0.2.7',
  sourcePort: 40_000,
  destination: '192.0.2.2',
  destinationPort: 8080,
  protocol: 'tcp',
}
const outcome = netfilter.evaluate(packet, facts, [model])
const holder = { project: 'shop', service: 'web', replica: 1 }
const member = { host: 'web-1', incarnation: 'a1' }
const subnet: core.LeasedSubnet = {
  kind: 'subnet',
  project: 'shop',
  network: 'web',
  family: 'ip',
  subnet: '10.1.0.0/24',
  gateway: '10.1.0.1',
  movedFrom: null,
}
const runner = { run: async () => ({ exitCode: 0, stdout: '', stderr: '' }), runsHere: false }
const none = (): null => null
const search = { setsSysctls: true, hidden: [], unsettled: [], published: [], about: () => true }
const mending = {
  ...{ networks: [], known: null, leaving: null },
  presence: { hasInterface: () => true, hasSubnetOf: () => true },
}

const run = async (steps: core.BlockSteps<unknown>): Promise<unknown> => {
  const store = core.memoryBlockStore()
  await core.runBlockSteps(store, core.setUpCluster(['10.64.0.0/12:24']))
  return core.runBlockSteps(store, steps)
}

type Call = (options: never) => unknown

/** Each function, called with good arguments beside the options, and a good value of every option. */
const cases: Readonly<Record<string, readonly [call: Call, good: Readonly<Record<string, unknown>>]>> = {
  'core acquireAddress': [
    (request) => core.acquireAddress(core.emptyLeases, request),
    {
      ...{ on: { project: 'shop', network: 'web' }, holder, subnet: '10.1.0.0/24', gateway: '10.1.0.1' },
      ...{ ipRange: null, address: null, mac: null, planned: true, isTaken: () => false, isAttached: none },
    },
  ],
  'core acquirePort': [
    (request) => core.acquirePort(core.emptyLeases, request),
    {
      ...{ holder: { ...holder, network: 'web', containerPort: 80 }, protocol: 'tcp', from: 32_768 },
      ...{ range: { first: 32_768, last: 60_999 }, isTaken: () => false, planned: true },
    },
  ],
  'core acquireSubnet': [
    (options) => core.acquireSubnet(core.emptyLeases, subnet, options),
    { tolerate: [] },
  ],
  'core announceNode': [
    (request) => run(core.announceNode(request)),
    { ...member, addresses: { ip: null, ip6: null } },
  ],
  'core blockObstacles': [
    (options) => core.blockObstacles(facts, options),
    { reserve: [], allow: [], leases: [] },
  ],
  'core claimBlocks': [
    (request) => run(core.claimBlocks(request)),
    {
      ...{ ...member, lease: null, renews: true, newNonce: () => 'n1', count: 1, remembered: [], inUse: [] },
      ...{ avoid: none, takeover: false, keeps: () => false, written: (command: string) => command },
    },
  ],
  'core diffSysctls': [
    (options) => core.diffSysctls(desired, facts, options),
    { writable: true, wording: netfilter.commandWording },
  ],
  'core findConflicts': [
    (options) => core.findConflicts(desired, facts, [model], options),
    { ...search, wording: netfilter.commandWording },
  ],
  'core releaseBlocks': [
    (request) => run(core.releaseBlocks(request)),
    { ...member, blocks: null, newNonce: () => 'n1' },
  ],
  'core resolve': [
    (options) =>
      core.resolve({ project: 'shop', networks: [], endpoints: [], mappings: [], notes: [] }, {}, options),
    { pools: [], reserve: [], allow: [], move: [], guardForwarding: true, wording: netfilter.commandWording },
  ],
  'core searchConflicts': [
    (options) => core.searchConflicts(desired, facts, [model], options),
    { ...search, wording: netfilter.commandWording },
  ],
  'core setUpCluster': [
    (options) => run(core.setUpCluster(['10.64.0.0/12:24'], options)),
    { forgetsReclaimed: true, written: (command: string) => command },
  ],
  'core planSubnets': [
    (options) => core.planSubnets({}, [], [], options),
    { reserve: [], allow: [], leases: [], project: 'shop', wording: netfilter.commandWording },
  ],
  'netfilter evaluate': [(options) => netfilter.evaluate(packet, facts, [model], options), { endpoints: [] }],
  'netfilter explain': [
    (options) => netfilter.explain(packet, outcome, options),
    { names: new Map(), sockets: [] },
  ],
  'netfilter findAnomalies': [(options) => netfilter.findAnomalies([model], options), { packets: [] }],
  'netfilter prepare': [(options) => netfilter.prepare(facts, [model], options), { endpoints: [] }],
  'iptables adopt': [(options) => iptables.adopt(legacy, desired, 'shop', options), { leaving: [] }],
  'iptables compile': [(options) => iptables.compile(desired, options), { leaving: [] }],
  'iptables inspect': [
    (options) => iptables.inspect(runner as never, 'iptables-nft', options),
    { legacyTables: { ip: [], ip6: [] }, nftTables: null, counters: false },
  ],
  'iptables lower': [(options) => iptables.lower(legacy, options), { tool: 'iptables-nft', numberedAs: [] }],
  'iptables mend': [(options) => iptables.mend(legacy, options), mending],
  'iptables parse': [(options) => iptables.parse('', 'x', 'ip', options), { onUnknown: none }],
  'iptables printScript': [(options) => iptables.printScript(legacy, options), { remarks: [], host: null }],
  'nftables apply': [
    (options) => nftables.apply([], runner as never, options),
    { socket: null, generation: null },
  ],
  'nftables applyLive': [
    (options) => nftables.applyLive([], { request: async () => [], close: none } as never, options),
    { generation: null },
  ],
  'nftables inspect': [
    (options) => nftables.inspect(runner as never, options).catch(onlyOptions),
    { socket: { request: async () => [] } },
  ],
  'nftables inspectAll': [
    (options) => nftables.inspectAll(runner as never, options).catch(onlyOptions),
    { socket: { request: async () => [] }, elsewhere: async () => [] },
  ],
  'nftables lower': [(options) => nftables.lower(nft, options), { readElsewhere: () => false }],
  'nftables mend': [(options) => nftables.mend(nft, options), mending],
  'nftables printScript': [(options) => nftables.printScript(nft, 'nft', options), { remarks: [] }],
  'machine lowerRules': [
    (options) => machine.lowerRules(machine.noRules, options),
    { numberedAs: machine.noRules },
  ],
}

/** No host answers here, so a reading with good options fails. Only a refusal of the options counts. */
const onlyOptions = (error: unknown): void => {
  if (error instanceof netfilter.InvalidRequestError) throw error
}

/** Functions without a case. */
const others: Readonly<Record<string, string>> = {
  'core firstFreeAddress': 'foreign-errors has it',
  'core mapAddresses': 'hostile-arguments has it',
  'core parseDotenv': 'foreign-errors has it',
  'core readCompose': 'foreign-errors has it',
  'core replicaName': 'its input is an endpoint or holder, and not options',
  'core readComposeFiles': 'hostile-input has it',
  'netfilter field': 'it is called for each match of each rule, by lowering code alone',
  'netfilter named': 'it is called for each match of each rule, by lowering code alone',
  'netfilter parsePrefix': 'foreign-errors has it',
  'iptables wholeFamilies': 'it takes the networks of bridges, and no options',
  'nftables isWhole': 'it takes the networks of bridges, and no options',
}

const kindOf = (value: unknown): string =>
  value === null ? 'null' : Array.isArray(value) ? 'list' : value instanceof Map ? 'map' : typeof value

const symbol = Symbol('s')
const values: readonly unknown[] = [
  ...[null, 0, Number.NaN, 1n, true, {}, [], [0], [null], ['x'], symbol, 'x', '', () => 0],
]

/** Is a value of another kind than the good one? Null stands for anything that may be absent. */
const isWrong = (good: unknown, value: unknown): boolean =>
  good === null ? kindOf(value) === 'boolean' || kindOf(value) === 'symbol' : kindOf(value) !== kindOf(good)

const mayBeNull: readonly string[] = ['gateway', 'ipRange', 'address', 'leaving', 'project']

/** Null: an error of Portolan, which says what is wrong. */
const faultOf = async (call: Call, options: unknown): Promise<string | null> => {
  try {
    await call(options as never)
    return 'is taken'
  } catch (error) {
    return error instanceof netfilter.PortolanError ? null : String(error)
  }
}

const shown = (value: unknown): string => (typeof value === 'object' ? JSON.stringify(value) : String(value))

describe('options beside results of other functions', () => {
  test('are checked in all functions that take some', () => {
    const packages = {
      core: '@portolan/core',
      netfilter: '@portolan/netfilter',
      iptables: '@portolan/iptables',
    }
    const asked = Object.entries({ ...packages, nftables: '@portolan/nftables' }).flatMap(
      ([short, specifier]) => {
        const entry = packageEntries.find((one) => one.specifier === specifier)
        return signaturesOf(entry?.package ?? specifier, 'index')
          .filter(({ parameters }) =>
            parameters.some(({ type }) =>
              /(Options|Request|Change)\b(?!\[)|^\{/.test(type.replaceAll(/readonly .*\[\]/g, '')),
            ),
          )
          .map(({ name }) => `${short} ${name}`)
      },
    )
    const known = [...Object.keys(cases), ...Object.keys(others)].filter(
      (name) => !name.startsWith('machine'),
    )
    expect(asked.filter((name) => !known.includes(name))).toEqual([])
  })

  test.each(Object.entries(cases))(
    '%s takes good ones, and refuses others with an error of Portolan',
    async (_name, [call, good]) => {
      await call(good as never)
      const faults: string[] = []
      const note = async (what: string, options: unknown): Promise<void> => {
        const fault = await faultOf(call, options)
        if (fault !== null) faults.push(`${what}: ${fault}`)
      }
      for (const value of values) if (kindOf(value) !== 'object') await note(`options ${shown(value)}`, value)
      await note('an unknown option', { ...good, noSuchOption: 1 })
      for (const [key, one] of Object.entries(good))
        for (const value of values)
          if (isWrong(one, value) && !(value === null && mayBeNull.includes(key)))
            await note(`${key} ${shown(value)}`, { ...good, [key]: value })
      expect(faults).toEqual([])
    },
  )
})
