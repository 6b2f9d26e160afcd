import { shellLine } from '@portolan/netfilter'
import { askBus, type DirectRule, type Passthrough, type Question } from './ask-bus.ts'
import { type BusConnection, connectToBus } from './bus/bus-connection.ts'
import { BusError, type Variant } from './bus/bus-value.ts'
import { type Block, block, type Configurations, isOurDescription, ourName } from './configuration.ts'

/**
 * Reads both configurations over D-Bus (firewalld.dbus(5)). It starts no firewall-cmd, of which each start takes a
 * quarter of a second.
 *
 * @param path - the socket of the system's bus
 * @returns null where the bus gives no answer. firewall-cmd may give one.
 */
export const readByBus = async (path: string): Promise<Configurations | null> => {
  try {
    const bus = await connectToBus(path)
    try {
      return await read(bus)
    } finally {
      bus.close()
    }
  } catch (error) {
    if (error instanceof BusError) return null
    throw error
  }
}

const read = async (bus: BusConnection): Promise<Configurations> => {
  // This question is asked alone. If it has no answer, the wait for each of the others is saved.
  const [zones] = await askBus(bus, [atRunTime('as', 'zone', 'getZones')])
  const [policies, ipsets, rules, passthroughs, zonePaths, policyPaths, ipsetPaths, keptRules, keptPasses] =
    await askBus(bus, [
      atRunTime('as', 'policy', 'getPolicies'),
      atRunTime('as', 'ipset', 'getIPSets'),
      atRunTime('a(sssias)', 'direct', 'getAllRules'),
      atRunTime('a(sas)', 'direct', 'getAllPassthroughs'),
      permanentQuestion('ao', config, '', 'listZones'),
      permanentQuestion('ao', config, '', 'listPolicies'),
      permanentQuestion('ao', config, '', 'listIPSets'),
      permanentQuestion('a(sssias)', config, '.direct', 'getAllRules'),
      permanentQuestion('a(sas)', config, '.direct', 'getAllPassthroughs'),
    ])
  const of = async <Signature extends Question['signature']>(
    names: readonly string[],
    question: (name: string) => Question<Signature>,
  ) => pairs(names, await askBus(bus, names.map(question)))
  const kept = async <Signature extends Question['signature']>(
    paths: readonly string[],
    part: string,
    method: string,
    signature: Signature,
  ) => {
    const names = await askBus(
      bus,
      paths.map((path) => nameOf(path, part)),
    )
    const found = await askBus(
      bus,
      paths.map((path) => permanentQuestion(signature, path, part, method)),
    )
    return pairs(names, found).sort(([one], [other]) => (one < other ? -1 : 1))
  }
  const zonesNow = await of(zones, (name) => atRunTime('a{sv}', 'zone', 'getZoneSettings2', name))
  const policiesNow = await of(policies, (name) => atRunTime('a{sv}', 'policy', 'getPolicySettings', name))
  const entriesNow = await of(ipsets, (name) => atRunTime('as', 'ipset', 'getEntries', name))
  const zonesKept = await kept(zonePaths, '.zone', 'getSettings2', 'a{sv}')
  const policiesKept = await kept(policyPaths, '.policy', 'getSettings', 'a{sv}')
  const entriesKept = await kept(ipsetPaths, '.ipset', 'getEntries', 'as')
  const keptEntries = new Map(entriesKept)
  return {
    now: {
      zones: zonesNow.map(blockOf),
      policies: policiesNow.map(blockOf),
      directRules: rules.map(ruleText),
      passthroughs: passthroughs.map(passthroughText),
      ipsets: [...ipsets].sort(),
      entries: new Map(entriesNow),
    },
    permanent: {
      zones: zonesKept.map(blockOf),
      policies: policiesKept.map(blockOf),
      directRules: keptRules.map(ruleText),
      passthroughs: keptPasses.map(passthroughText),
      ipsets: [...keptEntries.keys()],
      entries: new Map(ipsets.map((name) => [name, keptEntries.get(name) ?? []])),
    },
    ours: policiesKept.flatMap(([name, { description }]) =>
      ourName.test(name) && isOurDescription(`${description?.data ?? ''}`) ? [name] : [],
    ),
  }
}

const service = 'org.fedoraproject.FirewallD1'
const root = '/org/fedoraproject/FirewallD1'
const config = `${root}/config`

const atRunTime = <const Signature extends Question['signature']>(
  signature: Signature,
  part: string,
  member: string,
  ...words: readonly string[]
): Question<Signature> => ({
  signature,
  call: { path: root, interface: `${service}.${part}`, member, words },
})

const permanentQuestion = <const Signature extends Question['signature']>(
  signature: Signature,
  path: string,
  part: string,
  member: string,
): Question<Signature> => ({
  signature,
  call: { path, interface: `${service}.config${part}`, member, words: [] },
})

const nameOf = (path: string, part: string): Question<'s'> => ({
  signature: 's',
  call: {
    path,
    interface: 'org.freedesktop.DBus.Properties',
    member: 'Get',
    words: [`${service}.config${part}`, 'name'],
  },
})

const pairs = <Value>(names: readonly string[], values: readonly Value[]): (readonly [string, Value])[] =>
  values.map((value, at) => [names[at] ?? '', value])

/** The settings that firewall-cmd prints only when it is asked to say more. */
const unread: readonly string[] = ['version', 'short', 'description']

const blockOf = ([name, settings]: readonly [string, Readonly<Record<string, Variant>>]): Block =>
  block(
    name,
    Object.entries(settings)
      .filter(([key]) => !unread.includes(key))
      .flatMap(([key, value]) => printed(value).map((one) => `${labelOf(key)} ${one}`)),
  )

/** firewalld.dbus(5): rich rules have one key in a zone, and another in a policy. */
const labelOf = (key: string): string =>
  key === 'rules_str' || key === 'rich_rules' ? 'rich rule' : key.replaceAll('_', '-')

/** The values of a setting as firewall-cmd prints them. */
const printed = ({ type, data }: Variant): readonly string[] => {
  switch (type) {
    case 'b':
      return [data === true ? 'yes' : 'no']
    case 'i':
    case 's':
      return [`${data}`]
    case 'as':
      return data as readonly string[]
    case 'a(ss)':
      return (data as readonly (readonly string[])[]).map((words) => words.join('/'))
    case 'a(ssss)':
      return (data as readonly (readonly string[])[]).map(
        ([port, protocol, toPort, toAddress]) =>
          `port=${port}:proto=${protocol}:toport=${toPort}:toaddr=${toAddress}`,
      )
    default:
      throw new BusError(`a setting has the type ${type}`)
  }
}

const ruleText = ([family, table, chain, priority, words]: DirectRule): string =>
  `${family} ${table} ${chain} ${priority} ${shellLine(words)}`.trim()

const passthroughText = ([family, words]: Passthrough): string => `${family} ${shellLine(words)}`.trim()
